"""Which addresses belong to one citizen, in memory."""

from dataclasses import replace

from bot.conversation import Conversation, Linked
from bot.storage.base import StaleTurn
from bot.storage.memory_outbox import MemoryOutbox
from bot.storage.rules import TRIES_LAST
from bot.turn import LinkFacts, LinkKind, LinkStep, Timeout, Turn
from channels.message import Address
from handoff.ticket import Ticket


class MemoryLinks(MemoryOutbox):
    """The part of a `MemoryStorage` that knows who belongs together."""

    def __init__(self) -> None:
        super().__init__()
        self._conversations: dict[str, Conversation] = {}
        self._tickets: dict[str, tuple[str, Ticket]] = {}
        self._timeouts: dict[tuple[str, str], Timeout] = {}
        self._persons: dict[str, tuple[str, float]] = {}
        self._codes: dict[str, tuple[str, float]] = {}
        self._tries: list[tuple[str, float]] = []

    async def link_facts(self, conversation_id: str, code: str, now: float) -> LinkFacts:
        """What is known of a code."""
        good = (who for who, (each, until) in self._codes.items() if each == code and until > now)
        offered_by = next(good, "")
        tries = [who for who, at in self._tries if at > now - TRIES_LAST]
        return LinkFacts(
            offered_by=offered_by,
            theirs=len(self._group(offered_by)) or 1,
            wrong=tries.count(conversation_id),
            wrong_anywhere=len(tries),
        )

    def _linked(self, conversation_id: str) -> tuple[Linked, ...]:
        others = sorted((self._persons[each][1], each) for each in self._group(conversation_id))
        return tuple(
            Linked(
                id=other,
                since=max(since, self._persons[conversation_id][1]),
                version=self._conversations[other].version,
                tickets=tuple(ticket for where, ticket in self._tickets.values() if where == other),
            )
            for since, other in others
            if other != conversation_id
        )

    def _check_links(self, turn: Turn, now: float) -> None:
        """Raises StaleTurn where links or linked conversations are not as the turn was decided upon."""
        mine, step = turn.conversation, turn.link
        owners = {mine.owner_of(ticket.ticket_no) for ticket in turn.tickets} - {mine.id}
        as_loaded = {other.id: other.version for other in mine.linked}
        stale = not owners <= set(self._group(mine.id))
        stale = stale or any(self._conversations[each].version != as_loaded[each] for each in owners)
        if step is not None and step.kind is LinkKind.OFFER:
            taken = (who for who, (code, until) in self._codes.items() if code == step.code and until > now)
            stale = stale or any(who != mine.id for who in taken)
        if step is not None and step.kind is LinkKind.JOIN:
            code, until = self._codes.get(step.other, ("", 0.0))
            stale = stale or code != step.code or until <= now
        if stale:
            raise StaleTurn(mine.id)
        for each in owners:
            other = self._conversations[each]
            self._conversations[each] = replace(other, version=other.version + 1)
            self._touch(each)

    def _take_step(self, conversation_id: str, step: LinkStep, now: float) -> None:
        match step.kind:
            case LinkKind.OFFER:
                self._codes[conversation_id] = step.code, step.until
            case LinkKind.WRONG:
                self._tries = [tried for tried in self._tries if tried[1] > now - TRIES_LAST]
                self._tries.append((conversation_id, now))
            case LinkKind.JOIN:
                self._join(conversation_id, step, now)
            case LinkKind.PART:
                self._part(conversation_id, now)

    def _join(self, conversation_id: str, step: LinkStep, now: float) -> None:
        del self._codes[step.other]
        here, there = (self._persons.get(each, ("", now)) for each in (conversation_id, step.other))
        person = there[0] or here[0] or step.person
        for each in {*self._group(conversation_id), conversation_id, step.other}:
            self._persons[each] = person, self._persons.get(each, ("", now))[1]
        self._ring(step.other, "linked", conversation_id, now)
        for each in self._group(conversation_id):
            self._touch(each)

    def _part(self, conversation_id: str, now: float) -> bool:
        self._codes.pop(conversation_id, None)
        others = [each for each in self._group(conversation_id) if each != conversation_id]
        if not others:
            return False
        for each in (conversation_id, *(others if len(others) == 1 else ())):
            del self._persons[each]
        for each in others:
            self._ring(each, "parted", conversation_id, now)
            self._touch(each)
        self._touch(conversation_id)
        return True

    def _forget(self, conversation_id: str, now: float) -> None:
        """Nothing of links is known of an address any more."""
        self._part(conversation_id, now)
        self._tries = [tried for tried in self._tries if tried[0] != conversation_id]

    def _group(self, conversation_id: str) -> list[str]:
        person, _ = self._persons.get(conversation_id, ("", 0.0))
        return [each for each, (of, _) in self._persons.items() if of == person] if person else []

    def _ring(self, conversation_id: str, name: str, by: str, now: float) -> None:
        self._timeouts[conversation_id, name] = Timeout(name=name, due_at=now, subject=Address.parse(by).channel)
