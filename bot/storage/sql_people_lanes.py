"""The people of the desk in the SQL record: which lane each unit of work takes."""

from collections.abc import Mapping, Sequence

from bot.storage import sql_people
from bot.storage.chain import ChainReport, Head
from bot.storage.lane import Lane
from handoff.desk import Operator
from handoff.people import ANYTHING, Entered, Noted, OpenSession, Person, Reveal, Sought


class SqlPeople:
    """The part of `SqlStorage` that is about accounts and the audit log."""

    _writer: Lane
    _reader: Lane
    _searcher: Lane

    async def operator(self, name: str) -> Operator | None:
        """The account of that name."""
        return await self._reader.run(lambda c: sql_people.operator(c, name))

    async def people(self) -> Sequence[Person]:
        """All accounts, by name."""
        return await self._reader.run(sql_people.people)

    async def add_operator(self, operator: Operator) -> bool:
        """Make an account; False, and nothing changed, when there is one of that name."""
        return await self._writer.run(lambda c: sql_people.add_operator(c, operator))

    async def save_operator(self, operator: Operator) -> None:
        """Add or change an account. One that is disabled, or has another password than before, loses its sessions."""
        await self._writer.run(lambda c: sql_people.save_operator(c, operator))

    async def choose_language(self, operator: str, language: str) -> None:
        """In which language he reads the desk."""
        await self._writer.run(lambda c: sql_people.choose_language(c, operator, language))

    async def open_session(self, session: OpenSession) -> None:
        """Keep a session."""
        await self._writer.run(lambda c: sql_people.open_session(c, session))

    async def entered(self, key: str) -> Entered | None:
        """The session and its account; None when either is gone or the account is disabled."""
        return await self._reader.run(lambda c: sql_people.entered(c, key))

    async def session_seen(self, key: str, at: float) -> None:
        """The session was used."""
        await self._writer.run(lambda c: sql_people.session_seen(c, key, at))

    async def sessions(self, operator: str) -> Sequence[OpenSession]:
        """An account's sessions, latest used first."""
        return await self._reader.run(lambda c: sql_people.sessions(c, operator))

    async def end_session(self, operator: str, key: str) -> bool:
        """End a session of this account; False when there is no such."""
        return await self._writer.run(lambda c: sql_people.end_session(c, operator, key))

    async def drop_sessions(self, seen_before: float) -> None:
        """Forget sessions that were not used since."""
        await self._writer.run(lambda c: sql_people.drop_sessions(c, seen_before))

    async def charge(self, patience: Mapping[str, int], now: float) -> float:
        """Count a failure for each key and return 0, or count none and return how long one of them has to wait."""
        return await self._writer.run(lambda c: sql_people.charge(c, patience, now))

    async def login_wait(self, keys: Sequence[str], now: float) -> float:
        """How long the next try with one of these keys has to wait."""
        return await self._reader.run(lambda c: sql_people.login_wait(c, keys, now))

    async def refund(self, key: str, now: float) -> None:
        """Take one failure back."""
        await self._writer.run(lambda c: sql_people.refund(c, key, now))

    async def forgive(self, key: str) -> None:
        """Forget the failures of a key."""
        await self._writer.run(lambda c: sql_people.forgive(c, key))

    async def second_factor(self, operator: str) -> str | None:
        """The sealed secret."""
        return await self._reader.run(lambda c: sql_people.second_factor(c, operator))

    async def set_second_factor(self, operator: str, sealed: str, recovery: Sequence[str], step: int) -> None:
        """Keep a secret, the digests of its recovery codes, and the last time step that was used."""
        await self._writer.run(lambda c: sql_people.set_second_factor(c, operator, sealed, recovery, step))

    async def drop_second_factor(self, operator: str) -> None:
        """Forget secret and recovery codes."""
        await self._writer.run(lambda c: sql_people.drop_second_factor(c, operator))

    async def use_step(self, operator: str, step: int) -> bool:
        """Use up a time step; False when it or a later one was used."""
        return await self._writer.run(lambda c: sql_people.use_step(c, operator, step))

    async def use_recovery(self, operator: str, digest: str) -> bool:
        """Use up a recovery code; False when there is no such."""
        return await self._writer.run(lambda c: sql_people.use_recovery(c, operator, digest))

    async def keep_reveal(self, reveal: Reveal) -> None:
        """Keep why somebody looks at what is hidden."""
        await self._writer.run(lambda c: sql_people.keep_reveal(c, reveal))

    async def revealed(self, operator: str, conversation_id: str, since: float) -> bool:
        """Whether he gave a reason since then."""
        return await self._reader.run(lambda c: sql_people.revealed(c, operator, conversation_id, since))

    async def reveals(self, limit: int = 200, sought: Sought = ANYTHING) -> Sequence[Reveal]:
        """Reasons that are sought, latest first."""
        return await self._searcher.run(lambda c: sql_people.reveals(c, limit, sought))

    async def note(self, who: str, action: str, subject: str, at: float) -> None:
        """A line at the end of the audit log's chain: ids and acts only."""
        await self._writer.run(lambda c: sql_people.note(c, who, action, subject, at))

    async def notes(self, limit: int = 1000) -> Sequence[tuple[float, str, str, str]]:
        """(at, who, action, subject), latest first."""
        return await self._reader.run(lambda c: sql_people.notes(c, limit))

    async def noted(self, limit: int = 200, sought: Sought = ANYTHING) -> Sequence[Noted]:
        """Those that are sought, with their numbers."""
        return await self._searcher.run(lambda c: sql_people.noted(c, limit, sought))

    async def follow_notes(self, anchor: Head | None = None) -> ChainReport:
        """Follow the chain of the audit log to its end, or to the first line that is not as it was written."""
        return await self._reader.run(lambda c: sql_people.follow_notes(c, anchor))
