"""The people of the desk in the record in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from bot.storage.chain import ChainReport, Head, follow, link
from bot.storage.schema import legible
from handoff.desk import Operator
from handoff.people import ANYTHING, FORGOTTEN_AFTER, Entered, Noted, OpenSession, Person, Reveal, Sought, after_failure


class MemoryPeople:
    """The part of `MemoryStorage` that is about accounts and the audit log."""

    def __init__(self) -> None:
        super().__init__()
        self._operators: dict[str, Operator] = {}
        self._sessions: dict[str, OpenSession] = {}
        self._failures: dict[str, tuple[int, float]] = {}
        self._factors: dict[str, tuple[str, set[str], int]] = {}
        self._reveals: list[Reveal] = []
        self._log: list[tuple[Noted, str]] = []

    async def operator(self, name: str) -> Operator | None:
        """The account of that name."""
        return self._operators.get(name)

    async def people(self) -> Sequence[Person]:
        """All accounts, by name."""
        return [
            Person(
                operator=self._operators[name],
                second_factor=name in self._factors,
                seen_at=max((each.seen_at for each in self._sessions.values() if each.operator == name), default=0.0),
            )
            for name in sorted(self._operators)
        ]

    async def add_operator(self, operator: Operator) -> bool:
        """Make an account."""
        if operator.name in self._operators:
            return False
        self._operators[operator.name] = operator
        return True

    async def save_operator(self, operator: Operator) -> None:
        """Add or change an account."""
        known = self._operators.get(operator.name)
        self._operators[operator.name] = operator
        if operator.disabled or (known and known.password_hash != operator.password_hash):
            self._sessions = {k: each for k, each in self._sessions.items() if each.operator != operator.name}

    async def choose_language(self, operator: str, language: str) -> None:
        """In which language he reads the desk."""
        if known := self._operators.get(operator):
            self._operators[operator] = replace(known, language=language)

    async def open_session(self, session: OpenSession) -> None:
        """Keep a session."""
        self._sessions[session.key] = session

    async def entered(self, key: str) -> Entered | None:
        """The session and its account."""
        session = self._sessions.get(key)
        operator = self._operators.get(session.operator) if session else None
        if session is None or operator is None or operator.disabled:
            return None
        return Entered(session=session, operator=operator)

    async def session_seen(self, key: str, at: float) -> None:
        """The session was used."""
        if session := self._sessions.get(key):
            self._sessions[key] = replace(session, seen_at=at)

    async def sessions(self, operator: str) -> Sequence[OpenSession]:
        """An account's sessions, latest used first."""
        mine = [each for each in self._sessions.values() if each.operator == operator]
        return sorted(mine, key=lambda each: (-each.seen_at, each.key))

    async def end_session(self, operator: str, key: str) -> bool:
        """End a session of this account."""
        session = self._sessions.get(key)
        if session is None or session.operator != operator:
            return False
        del self._sessions[key]
        return True

    async def drop_sessions(self, seen_before: float) -> None:
        """Forget sessions that were not used since."""
        self._sessions = {k: each for k, each in self._sessions.items() if each.seen_at >= seen_before}

    async def charge(self, patience: Mapping[str, int], now: float) -> float:
        """Count a failure for each key, unless one of them has to wait."""
        if wait := await self.login_wait(tuple(patience), now):
            return wait
        for key, patient in patience.items():
            self._failures[key] = after_failure(*self._failures.get(key, (0, 0.0)), patient, now)
        self._failures = {k: each for k, each in self._failures.items() if now - each[1] < FORGOTTEN_AFTER}
        return 0.0

    async def login_wait(self, keys: Sequence[str], now: float) -> float:
        """How long the next try has to wait."""
        return max(0.0, *(self._failures.get(key, (0, 0.0))[1] - now for key in keys))

    async def refund(self, key: str, now: float) -> None:
        """Take one failure back."""
        count = self._failures.get(key, (0, 0.0))[0] - 1
        if count > 0:
            self._failures[key] = (count, now)
        else:
            self._failures.pop(key, None)

    async def forgive(self, key: str) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)

    async def second_factor(self, operator: str) -> str | None:
        """The sealed secret."""
        factor = self._factors.get(operator)
        return factor[0] if factor else None

    async def set_second_factor(self, operator: str, sealed: str, recovery: Sequence[str], step: int) -> None:
        """Keep a secret and the digests of its recovery codes."""
        self._factors[operator] = (sealed, set(recovery), step)

    async def drop_second_factor(self, operator: str) -> None:
        """Forget secret and recovery codes."""
        self._factors.pop(operator, None)

    async def use_step(self, operator: str, step: int) -> bool:
        """Use up a time step."""
        factor = self._factors.get(operator)
        if factor is None or factor[2] >= step:
            return False
        self._factors[operator] = (*factor[:2], step)
        return True

    async def use_recovery(self, operator: str, digest: str) -> bool:
        """Use up a recovery code."""
        factor = self._factors.get(operator)
        if factor is None or digest not in factor[1]:
            return False
        factor[1].discard(digest)
        return True

    async def keep_reveal(self, reveal: Reveal) -> None:
        """Keep why somebody looks."""
        number = self._reveals[-1].number + 1 if self._reveals else 1
        self._reveals.append(replace(reveal, number=number))

    async def revealed(self, operator: str, conversation_id: str, since: float) -> bool:
        """Whether he gave a reason since then."""
        mine = (each for each in self._reveals if (each.operator, each.conversation_id) == (operator, conversation_id))
        return any(each.at > since for each in mine)

    async def reveals(self, limit: int = 200, sought: Sought = ANYTHING) -> Sequence[Reveal]:
        """Reasons that are sought, latest first."""
        found = (r for r in self._reveals[::-1] if _is_sought(r, r.operator, r.conversation_id, sought))
        return list(islice(found, limit))

    async def note(self, who: str, action: str, subject: str, at: float) -> None:
        """A line at the end of the audit log's chain."""
        number, before = len(self._log) + 1, self._log[-1][1] if self._log else ""
        words = {"who": legible(who), "action": legible(action), "subject": legible(subject)}
        line = Noted(number=number, at=at, **words)
        self._log.append((line, link(line, before)))

    async def notes(self, limit: int = 1000) -> Sequence[tuple[float, str, str, str]]:
        """(at, who, action, subject), latest first."""
        return [(line.at, line.who, line.action, line.subject) for line in await self.noted(limit)]

    async def noted(self, limit: int = 200, sought: Sought = ANYTHING) -> Sequence[Noted]:
        """Those that are sought, with their numbers."""
        lines = (line for line, _ in self._log[::-1] if _is_act(line.action, sought.action))
        return list(islice((line for line in lines if _is_sought(line, line.who, line.subject, sought)), limit))

    async def follow_notes(self, anchor: Head | None = None) -> ChainReport:
        """Follow the chain of the audit log."""
        kept = Head(len(self._log), self._log[-1][1]) if self._log else Head()
        return follow(self._log, kept, anchor)


def _is_act(action: str, sought: str) -> bool:
    return action.startswith(sought[:-1]) if sought.endswith("*") else sought in ("", action)


def _is_sought(row: Noted | Reveal, who: str, subject: str, sought: Sought) -> bool:
    return (
        sought.who in (None, who)
        and (not sought.subject or f"{subject} ".startswith(f"{sought.subject} "))
        and row.at >= sought.since
        and (not sought.until or row.at < sought.until)
        and (sought.before is None or row.number < sought.before)
    )
