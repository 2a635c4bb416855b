"""A citizen who talks with a real city's mind, and a clock that obeys the test."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

import msgspec

from bot.agent import Agent
from bot.appeal import Appeal
from bot.city import City
from bot.conversation import Conversation, Holder, Stage
from bot.dialogue import Dialogue
from bot.knowledge_base import KnowledgeBase
from bot.mind import Mind
from bot.storage.rules import as_kept
from bot.turn import Event, EventKind, Outcomes, Timeout, Turn
from channels.message import Address, Attachment, Choice, Message, MessageKind, Pin, Reply, Speaker
from faq.entry import Entry
from faq.knowledge import STARTER
from handoff.desk import ActionKind, OperatorAction, Outcome
from handoff.ticket import CaseEvent, StatusUpdate, Ticket, TicketStatus
from nlu.interpretation import Interpretation

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
LONGEST = 600
"""Characters of a reply, that an elder still reads it; the words of clerks and curated answers come on top."""
_CITIES = Path(__file__).parents[3] / "cities"
_ASKS: dict[Stage, Callable[[Appeal], bool]] = {
    Stage.WHAT: lambda draft: draft.has_what,
    Stage.WHERE: lambda draft: bool(draft.place and (draft.place.text or draft.place.district)) or draft.no_place,
    Stage.PLACE_CHOICE: lambda draft: len(draft.place_choices) < 2,
    Stage.CATEGORY: lambda draft: draft.category_chosen,
    Stage.CONTACT: lambda draft: bool(draft.phone) or draft.contact_declined or draft.anonymous,
}
"""Stages that ask for a slot, and when that slot is filled."""


@cache
def mind(city: str) -> Mind:
    """The mind of a city, read once."""
    return Mind(City.find(city, _CITIES), privacy_url="https://suda.example/privacy")


@cache
def questions(city: str) -> KnowledgeBase:
    """What the city's knowledge base answers on the day of the talks."""
    return KnowledgeBase([STARTER, _CITIES / city / "faq.jsonl"], lambda: date(2026, 11, 24))


def _with(city: str, book: tuple[Entry, ...]) -> KnowledgeBase:
    base = KnowledgeBase([STARTER, _CITIES / city / "faq.jsonl"], lambda: date(2026, 11, 24))
    base.amend({entry.id: entry for entry in book})
    return base


@cache
def _agent(city: str, ahead: int, attended: bool, guess: float, sure: float, book: tuple[Entry, ...]) -> Agent:
    async def count(_: str) -> int:
        return ahead

    async def look() -> bool:
        return attended

    of = mind(city)
    base = questions(city) if not book else _with(city, book)
    rules = replace(of.rules, guess=guess or of.rules.guess, sure=sure or of.rules.sure, entry=base.entry)

    async def read(text: str) -> Interpretation:
        return of.interpreter.parse(text)

    dialogue = Dialogue(rules, of.texts)
    return Agent(read=read, ask=base.ask, dialogue=dialogue, ahead=count, attended=look, draw=lambda: "482913")


def _given(agent: Agent) -> Agent:
    return agent


def photo(name: str = "1.jpg", kind: MessageKind = MessageKind.IMAGE) -> Attachment:
    """Something to attach."""
    return Attachment(id=f"att:{name}", kind=kind, filename=name, key=name)


class Citizen:
    """One citizen at one address.

    Each turn is decided twice and must come out equal; the conversation is written out and read back in between, as a
    restart would; and no question may be for a slot that is filled.
    """

    def __init__(
        self,
        city: str = "anshan",
        *,
        at: str = "2026-11-24T10:00:00+08:00",
        user: str = "zhang",
        ahead: int = 0,
        attended: bool = True,
        guess: float = 0.0,
        sure: float = 0.0,
        book: tuple[Entry, ...] = (),
        agent: Agent | None = None,
    ) -> None:
        """`ahead` wait for a person, and somebody is at the desk if it is `attended`; below `guess` the category is
        asked for, below `sure` shown with others; `book` stands over the city's knowledge base;
        `agent` is another than that city's."""
        self.address = Address(channel="web", account="main", user=user)
        self.conversation = Conversation(id=self.address.key, address=self.address)
        self.now = datetime.fromisoformat(at).timestamp()
        self.turn: Turn | None = None
        self.log: list[str] = []
        """All that was said by either side, for a test that fails and for reading."""
        self.asked: list[Stage] = []
        """The stage after each turn."""
        self.case_events: list[CaseEvent] = []
        self.submitted: list[Ticket] = []
        self.timeouts: dict[str, Timeout] = {}
        self._city = city
        self._agent = partial(_given, agent) if agent else partial(_agent, city, ahead, attended, guess, sure, book)
        self._count = 0

    # what a citizen does

    def says(self, *lines: str, after: float = MINUTE) -> str:
        """A line a turn; the bot's answer to the last."""
        for line in lines:
            self.sends(self.text(line), after=after)
        return self.heard

    def bursts(self, *parts: "str | Attachment", after: float = MINUTE) -> str:
        """Fragments and photos in one turn."""
        return self.sends(*(self.text(p) if isinstance(p, str) else self.media(p) for p in parts), after=after)

    def taps(self, label: str, after: float = MINUTE) -> str:
        """Tap the choice of that label in what was said last."""
        choice = next(choice for choice in self.choices if choice.label.startswith(label))
        return self.taps_value(choice.value, choice.label, after=after)

    def taps_value(self, value: str, label: str = "", after: float = MINUTE) -> str:
        """Tap a choice, perhaps one of long ago."""
        return self.sends(self.message(MessageKind.CHOICE, text=label, choice=value), after=after)

    def shows(self, name: str = "1.jpg", after: float = MINUTE) -> str:
        """A photo without words."""
        return self.sends(self.media(photo(name)), after=after)

    def pins(self, label: str = "", latitude: float = 41.11, longitude: float = 122.99) -> str:
        """A place on the map."""
        pin = Pin(latitude=latitude, longitude=longitude, datum="gcj02", label=label)
        return self.sends(replace(self.message(MessageKind.LOCATION), pin=pin))

    def speaks(self, recognised: str = "") -> str:
        """A voice message, with or without recognised words."""
        voice = (photo("v.amr", MessageKind.VOICE),)
        return self.sends(replace(self.message(MessageKind.VOICE, text=recognised), attachments=voice))

    def does(self, kind: MessageKind) -> str:
        """Follow, scan, a sticker, a link, something unknown."""
        return self.sends(self.message(kind))

    def sends(self, *messages: Message, after: float = MINUTE) -> str:
        """These messages as one turn."""
        self.now += after
        events = tuple(
            Event(id=m.id, conversation_id=self.conversation.id, kind=EventKind.MESSAGE, body=m, at=self.now)
            for m in messages
        )
        self.log += [f"> {m.text or f'[{m.kind}]'}" for m in messages]
        before, now = self.conversation, self.now
        agent = self._agent()
        turn = asyncio.run(agent.on_messages(before, events, now))
        copies = tuple(replace(event, body=reread(event.body)) for event in events)
        again = asyncio.run(agent.on_messages(reread(before), copies, now))
        assert turn == again, "the same turn decided twice is equal"
        self._take(turn)
        silent = all(m.kind in (MessageKind.EVENT, MessageKind.UNFOLLOW) for m in messages)
        assert silent or turn.outcome is not Outcomes.NOTED, self.story
        return self.heard

    def message(self, kind: MessageKind, text: str = "", choice: str = "") -> Message:
        """A message of that kind, its id made of its place in the talk."""
        self._count += 1
        message_id = f"{self.address.key}:m{self._count}"
        return Message(id=message_id, address=self.address, kind=kind, sent_at=self.now, text=text, choice=choice)

    def text(self, line: str) -> Message:
        """Written words."""
        return self.message(MessageKind.TEXT, text=line)

    def media(self, attachment: Attachment) -> Message:
        """A message that carries it."""
        return replace(self.message(attachment.kind), attachments=(attachment,))

    # what the others do

    def hears_of(self, ticket: Ticket, status: TicketStatus, **told: str) -> str:
        """The case system tells a step of a ticket."""
        self.now += MINUTE
        event_id = told.pop("event_id", f"case-{self._next()}")
        at = mind(self._city).rules.iso(self.now)
        update = StatusUpdate(event_id=event_id, ticket_no=ticket.ticket_no, status=status, at=at, actor="承办", **told)  # type: ignore[arg-type]  # words only
        return self._happens(EventKind.STATUS, update)

    def operator(self, kind: ActionKind, text: str = "", *, dropped: str = "") -> str:
        """An operator claims, replies, gives back; the record decides who holds, as the inbox does."""
        self.now += MINUTE
        action = OperatorAction(
            id=f"act-{self._next()}",
            conversation_id=self.conversation.id,
            operator="li",
            operator_name="小李",
            kind=kind,
            at=self.now,
            text=text,
            dropped=dropped,
        )
        kept = as_kept(self.conversation, action)
        self.conversation, result = self.conversation.after(action)
        assert result.outcome is Outcome.DONE, result
        return self._happens(EventKind.OPERATOR, kept)

    def waits(self, seconds: float) -> list[str]:
        """Time passes, and the clock rings what was asked for; what was said meanwhile."""
        until, said = self.now + seconds, []
        while due := sorted((t for t in self.timeouts.values() if t.due_at <= until), key=lambda t: t.due_at):
            timeout = due[0]
            del self.timeouts[timeout.name]
            self.now = timeout.due_at
            said.append(self._happens(EventKind.TIMEOUT, timeout))
        self.now = until
        return said

    # what is to be seen

    @property
    def replies(self) -> list[Reply]:
        """What the last turn told the citizen."""
        bodies = [delivery.body for delivery in self.turn.deliveries] if self.turn else []
        return [body for body in bodies if isinstance(body, Reply)]

    @property
    def heard(self) -> str:
        """The words of the last turn."""
        return "\n".join(reply.text for reply in self.replies)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What the last turn's replies offer to tap."""
        return tuple(choice for reply in self.replies for choice in reply.choices)

    @property
    def labels(self) -> list[str]:
        """The words on them."""
        return [choice.label for choice in self.choices]

    @property
    def draft(self) -> Appeal:
        """The open draft, which must be there."""
        assert self.conversation.draft is not None, self.story
        return self.conversation.draft

    @property
    def stage(self) -> Stage:
        """What the bot asked for last."""
        return self.conversation.stage

    @property
    def holder(self) -> Holder:
        """Who speaks with the citizen."""
        return self.conversation.holder

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        """All his tickets as they stand."""
        return self.conversation.tickets

    @property
    def ticket(self) -> Ticket:
        """His one ticket."""
        assert len(self.tickets) == 1, self.story
        return self.tickets[0]

    @property
    def outcome(self) -> Outcomes:
        """In what the last turn ended."""
        assert self.turn is not None
        return self.turn.outcome

    @property
    def story(self) -> str:
        """The talk so far."""
        return "\n".join(self.log)

    @property
    def everything(self) -> str:
        """All that is kept or sent away of the conversation, as text, but for the citizen's own messages."""
        leaving = list(self.turn.deliveries) if self.turn else []
        return msgspec.json.encode([self.conversation, self.tickets, leaving]).decode()

    # inside

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _happens(self, kind: EventKind, body: StatusUpdate | OperatorAction | Timeout) -> str:
        event = Event(id=f"e{self._next()}", conversation_id=self.conversation.id, kind=kind, body=body, at=self.now)
        agent = self._agent()
        turn = asyncio.run(agent.on_event(self.conversation, event, self.now))
        again = asyncio.run(agent.on_event(reread(self.conversation), replace(event, body=reread(body)), self.now))
        assert turn == again
        self._take(turn)
        return self.heard

    def _take(self, turn: Turn) -> None:
        self.turn = turn
        self.conversation = reread(turn.conversation)
        assert self.conversation == turn.conversation, "what is written is what is read"
        for delivery in turn.deliveries:
            if isinstance(delivery.body, Ticket):
                self.submitted.append(delivery.body)
            elif isinstance(delivery.body, CaseEvent):
                self.case_events.append(delivery.body)
        for name in turn.cancelled:
            self.timeouts.pop(name, None)
        self.timeouts.update({timeout.name: timeout for timeout in turn.timeouts})
        for reply in self.replies:
            self.log += [f"{_MARK[reply.speaker]} {reply.text}", *(f"  [{c.label}]" for c in reply.choices)]
        self.asked.append(self.stage)
        self._check()

    def _check(self) -> None:
        draft = self.conversation.draft
        is_filled = _ASKS.get(self.stage)
        if draft is not None and is_filled is not None and self.replies:
            assert not is_filled(draft), f"asked for what is known\n{self.story}"
        ids = [delivery.id for delivery in self.turn.deliveries] if self.turn else []
        assert len(ids) == len(set(ids)), ids
        for reply in self.replies:
            assert "{" not in reply.text, reply.text
            assert reply.text.strip(), "no reply is empty"


T = TypeVar("T")
_MARK = {Speaker.BOT: "<", Speaker.SYSTEM: "!", Speaker.OPERATOR: "@"}


def reread(value: T) -> T:
    """The value written out and read back, as after a restart."""
    return msgspec.json.decode(msgspec.json.encode(value), type=type(value))
