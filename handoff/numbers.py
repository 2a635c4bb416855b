"""What a supervisor sees: how it stands, what happened, who did it, and what is owed to citizens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

PERIODS = ("day", "week", "month")
"""Today, this week from Monday on, this month; each is compared with the one before, up to the same moment."""

KINDS = ("put_aside", "unhandled", "waiting", "unanswered", "ticket", "refused", "unknown", "retrying")
"""What may be overdue, the most urgent first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseEnd:
    """Something that is owed to a citizen and overdue."""

    kind: str
    """One of KINDS."""
    conversation_id: str
    since: float
    """When it became open; of a ticket: when it was due."""
    subject: str = ""
    """A ticket's number, or what was to be delivered: reply, ticket, case_event."""
    detail: str = ""
    """Why a person was wanted, a ticket's status, or what failed."""
    operator: str = ""
    """Who holds the conversation, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseEnds:
    """What is overdue: how much of each kind, and the oldest of each."""

    counts: Mapping[str, int]
    ends: tuple[LooseEnd, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What happened in a period, in a few numbers."""

    messages: int
    by_bot: int
    """Messages that the bot answered."""
    handed: int
    """How often a person was wanted."""
    answered: int
    """How many of those who wanted a person heard from one."""
    median: float | None
    """Seconds from wanting a person to his first words; None when nobody heard from one."""
    p90: float | None
    """Nine of ten heard within so many seconds."""
    ratings: Mapping[str, int] = field(default_factory=dict)
    """Grades of tickets."""
    service: Mapping[str, int] = field(default_factory=dict)
    """Grades of operators' service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What an operator has in hand and did in the period."""

    operator: str
    name: str
    holding: int
    answered: int
    """Conversations in which he said his first words in the period."""
    median: float | None
    """Seconds from having a conversation to his first words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An hour or a day of the period."""

    at: float
    """When it begins."""
    messages: int
    handed: int
    waiting: int
    """Most that waited at once."""
    messages_before: int | None
    """In the same part of the period before; None when it had no such part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that the page shows, as it was at one moment."""

    at: float
    period: str
    waiting: int
    held: int
    oldest: float | None
    """Since when the first in the queue waits."""
    this: Totals
    before: Totals
    """The period before, up to the same moment of it."""
    load: tuple[Load, ...]
    parts: tuple[Part, ...]
    """Those that have begun."""
    loose: LooseEnds


class Numbers(Protocol):
    """The service behind the page."""

    async def report(self, period: str) -> Report:
        """The report on one of PERIODS, at most a few seconds old."""
        ...
