"""The record in figures: who waited for a person and how long, what people did, and what is overdue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bot.conversation import Conversation, Holder
from bot.turn import Fate, Outcomes
from handoff.numbers import LooseEnd, LooseEnds

BY_THE_BOT = (Outcomes.ANSWER, Outcomes.QUESTION, Outcomes.TICKET, Outcomes.TOLD)
"""Ends of a turn in which the bot itself had the word."""

PUT_BACK = ("lost_operator", "operator_left", "transferred")
"""Reasons to wait of those whom people had already: they wait on, and wished for a person once."""

STUCK = (Fate.REFUSED, Fate.UNKNOWN)
"""Fates of deliveries that a person must look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    """One stay of a conversation with people: from the wait (or the taking over) to the giving back.

    A conversation that goes to another operator, or back to the queue, begins a new one once somebody has answered.
    Until then he waits on, whoever had it in hand.
    """

    conversation_id: str
    reason: str
    """Why a person was wanted; empty when an operator took it over from the bot, or from a colleague."""
    asked_at: float
    waited_until: float | None = None
    """When an operator took it, or the bot had it back; None while it waits."""
    operator: str = ""
    operator_name: str = ""
    answered_at: float | None = None
    """The operator's first words."""
    last_answer_at: float | None = None
    ended_at: float | None = None

    @property
    def is_wished(self) -> bool:
        """The citizen, or the bot for him, wished for a person, and it is the first stint of that wish."""
        return self.reason not in ("", *PUT_BACK)

    def answered(self, at: float) -> "Stint":
        """The stint after the operator said something."""
        first = at if self.answered_at is None else self.answered_at
        return replace(self, answered_at=first, last_answer_at=at)

    @property
    def first_answer(self) -> "FirstAnswer":
        """The operator's first words, when he has said some."""
        assert self.answered_at is not None
        assert self.waited_until is not None
        return FirstAnswer(
            operator=self.operator,
            operator_name=self.operator_name,
            waited=self.answered_at - self.asked_at if self.is_wished else None,
            took=self.answered_at - self.waited_until,
        )


@dataclass(frozen=True, slots=True)
class Following:
    """What becomes of the open stint: as it is now, and the one that begins."""

    open: Stint | None
    begun: Stint | None


def follow(stint: Stint | None, conversation: Conversation, now: float) -> Following:
    """The stints after the conversation changed; `stint` is the open one."""
    match conversation.holder:
        case Holder.BOT:
            return Following(stint and _ended(stint, now), None)
        case Holder.WAITING:
            if stint and not stint.operator:
                return Following(stint, None)
            if stint and stint.is_wished and stint.answered_at is None:
                return Following(replace(stint, waited_until=None, operator="", operator_name=""), None)
            waits = Stint(
                conversation_id=conversation.id,
                reason=conversation.waiting_reason or "asked",
                asked_at=conversation.waiting_since or now,
            )
            return Following(stint and _ended(stint, now), waits)
        case Holder.OPERATOR:
            if stint and stint.operator == conversation.operator:
                return Following(stint, None)
            if stint and (not stint.operator or (stint.is_wished and stint.answered_at is None)):
                return Following(_taken(replace(stint, waited_until=now), conversation), None)
            held = Stint(conversation_id=conversation.id, reason="", asked_at=now, waited_until=now)
            return Following(stint and _ended(stint, now), _taken(held, conversation))


def _taken(stint: Stint, conversation: Conversation) -> Stint:
    return replace(stint, operator=conversation.operator, operator_name=conversation.operator_name)


def _ended(stint: Stint, now: float) -> Stint:
    until = now if stint.waited_until is None else stint.waited_until
    return replace(stint, waited_until=until, ended_at=now)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in equal parts, such as a day in hours."""

    start: float
    width: float
    parts: int

    @property
    def end(self) -> float:
        """Where it ends; that moment is not in it."""
        return self.start + self.width * self.parts

    def part(self, at: float) -> int:
        """In which part a moment of the span lies."""
        return min(self.parts - 1, int((at - self.start) // self.width))


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswer:
    """An operator's first words in a stint."""

    operator: str
    operator_name: str
    waited: float | None
    """Seconds since the citizen wanted a person; None when nobody had asked for one."""
    took: float
    """Seconds since the operator had the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What happened in a span."""

    messages: tuple[int, ...]
    """What citizens sent, by part of the span."""
    by_bot: tuple[int, ...]
    """Those of them that the bot answered."""
    handed: tuple[int, ...]
    """How often a person was wanted."""
    waiting: tuple[int, ...]
    """Most citizens that waited at once."""
    answers: tuple[FirstAnswer, ...]
    ratings: dict[str, int] = field(default_factory=dict)
    """Grades of tickets."""
    service: dict[str, int] = field(default_factory=dict)
    """Grades of operators' service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How it stands now."""

    waiting: int
    held: int
    oldest: float | None
    """Since when the first in the queue waits."""
    holding: dict[tuple[str, str], int] = field(default_factory=dict)
    """Conversations by operator: (account, name)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds after which something is overdue."""

    bot: float
    """A message that nobody handled."""
    waiting: float
    """A citizen who waits for a person."""
    held: float
    """A citizen who wrote to an operator."""


def busiest(waits: Iterable[tuple[float, float | None]], span: Span) -> tuple[int, ...]:
    """The most that waited at once in each part; a wait is (since, until), None while it lasts."""
    steps = [
        step
        for since, until in waits
        if since < span.end and (until is None or until > span.start)
        for step in ((max(since, span.start), 1), (until if until is not None else span.end, -1))
    ]
    most, now, part = [0] * span.parts, 0, 0
    for at, change in sorted(step for step in steps if step[0] < span.end):
        here = span.part(at)
        while part < here:
            part += 1
            # a wait that ends as the part begins is not in it
            most[part] = now if at > span.start + part * span.width else 0
        now += change
        most[part] = max(most[part], now)
    for later in range(part + 1, span.parts):
        most[later] = now
    return tuple(most)


def tally(parts: Iterable[tuple[int, int]], span: Span) -> tuple[int, ...]:
    """Numbers by part of a span, from (part, number)."""
    sums = [0] * span.parts
    for part, number in parts:
        sums[part] += number
    return tuple(sums)


def gather(found: Sequence[tuple[str, int, Sequence[LooseEnd]]]) -> LooseEnds:
    """What was found of each kind, as one list with the oldest first."""
    ends = sorted((end for _, _, some in found for end in some), key=lambda end: (end.since, end.conversation_id))
    return LooseEnds(counts={kind: count for kind, count, _ in found if count}, ends=tuple(ends))
