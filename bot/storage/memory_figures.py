"""Figures of the record in memory: the same stints, counted by going through all of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from bot.conversation import Conversation, Holder
from bot.storage.figures import (
    BY_THE_BOT,
    STUCK,
    Figures,
    Patience,
    Span,
    Standing,
    Stint,
    busiest,
    follow,
    gather,
    tally,
)
from bot.turn import Delivery, Event, Fate, Outcomes, ServiceGrade
from channels.message import Message
from handoff.clock import due_moment
from handoff.numbers import LooseEnd, LooseEnds
from handoff.ticket import CaseEvent, CaseEventKind, Ticket


class Ending(Protocol):
    """How an event ended."""

    @property
    def outcome(self) -> Outcomes:
        """In what."""
        ...

    @property
    def error(self) -> str:
        """What failed."""
        ...


class Ledger:
    """Stints and grades, in the order in which they began."""

    def __init__(self) -> None:
        self.stints: list[Stint] = []
        self._open: dict[str, int] = {}
        self._grades: list[tuple[float, str]] = []
        self._service: list[tuple[float, str]] = []

    def note_holder(self, conversation: Conversation, now: float, *, spoke: bool = False) -> None:
        """Follow who holds a conversation; `spoke`: the operator has just said something."""
        at = self._open.get(conversation.id)
        after = follow(None if at is None else self.stints[at], conversation, now)
        still, begun = after.open, after.begun
        if spoke and begun:
            begun = begun.answered(now)
        elif spoke and still:
            still = still.answered(now)
        if at is not None and still:
            self.stints[at] = still
            if still.ended_at is not None:
                del self._open[conversation.id]
        if begun:
            self._open[conversation.id] = len(self.stints)
            self.stints.append(begun)

    def note_ratings(self, deliveries: Sequence[Delivery], now: float) -> None:
        """Keep the grades that citizens gave."""
        events = [d.body for d in deliveries if isinstance(d.body, CaseEvent)]
        self._grades += [(now, event.rating or "") for event in events if event.kind is CaseEventKind.RATING]

    def note_service(self, grades: Sequence[ServiceGrade], now: float) -> None:
        """Keep how citizens liked operators' service."""
        self._service += [(now, each.grade) for each in grades]

    def open(self) -> Iterator[Stint]:
        """The stints that last."""
        return (self.stints[at] for at in self._open.values())

    def holder(self, conversation_id: str) -> str:
        """Who holds a conversation, by name."""
        at = self._open.get(conversation_id)
        return "" if at is None else self.stints[at].operator_name

    def standing(self, conversations: Mapping[str, Conversation]) -> Standing:
        """How it stands now."""
        waits = [c.waiting_since for c in conversations.values() if c.holder is Holder.WAITING]
        return Standing(
            waiting=len(waits),
            oldest=min(waits, default=None),
            held=sum(c.holder is Holder.OPERATOR for c in conversations.values()),
            holding=dict(Counter((s.operator, s.operator_name) for s in self.open() if s.operator)),
        )

    def figures(self, span: Span, events: Sequence[tuple[Event, Ending | None]]) -> Figures:
        """What happened in a span."""
        came = [
            (span.part(event.at), ending)
            for event, ending in events
            if isinstance(event.body, Message) and _within(event.at, span)
        ]
        wanted = [stint for stint in self.stints if stint.reason]
        wishes = [stint for stint in wanted if stint.is_wished and _within(stint.asked_at, span)]
        answered = [stint for stint in self.stints if _within(stint.answered_at, span)]
        return Figures(
            messages=tally(((part, 1) for part, _ in came), span),
            by_bot=tally(((part, 1) for part, ending in came if ending and ending.outcome in BY_THE_BOT), span),
            handed=tally(((span.part(stint.asked_at), 1) for stint in wishes), span),
            waiting=busiest(((s.asked_at, s.waited_until) for s in wanted), span),
            answers=tuple(s.first_answer for s in sorted(answered, key=lambda s: s.answered_at or 0.0)),
            ratings=dict(Counter(grade for at, grade in self._grades if _within(at, span))),
            service=dict(Counter(grade for at, grade in self._service if _within(at, span))),
        )

    def late_answers(self, before: float, written: Mapping[str, Sequence[float]]) -> Iterator[LooseEnd]:
        """Held conversations whose citizen waits for words; `written`: when each citizen wrote."""
        for stint in self.open():
            if not stint.operator:
                continue
            heard = stint.last_answer_at or stint.waited_until or 0.0
            since = next((at for at in written.get(stint.conversation_id, ()) if at > heard), None)
            if stint.reason and stint.answered_at is None:
                since = stint.asked_at
            if since is not None and since < before:
                yield LooseEnd(
                    kind="unanswered",
                    conversation_id=stint.conversation_id,
                    since=since,
                    operator=stint.operator_name,
                )

    def late_waits(self, before: float) -> Iterator[LooseEnd]:
        """Citizens who wait for a person."""
        for stint in self.open():
            if stint.waited_until is None and stint.asked_at < before:
                yield LooseEnd(
                    kind="waiting",
                    conversation_id=stint.conversation_id,
                    since=stint.asked_at,
                    detail=stint.reason,
                )


def find_loose_ends(
    ledger: Ledger,
    *,
    now: float,
    patience: Patience,
    most: int,
    unhandled: Sequence[Event],
    written: Mapping[str, Sequence[float]],
    tickets: Sequence[tuple[str, Ticket]],
    deliveries: Sequence[tuple[Delivery, float]],
    aside: Sequence[tuple[Event, str]],
) -> LooseEnds:
    """What is overdue, from all that the record holds."""
    late = now - patience.bot
    messages: dict[str, float] = {}
    for event in unhandled:
        if isinstance(event.body, Message) and event.at < late:
            messages.setdefault(event.conversation_id, event.at)
    spoken = {stint.conversation_id: stint.last_answer_at or 0.0 for stint in ledger.stints}
    found = {
        "unhandled": [
            LooseEnd(kind="unhandled", conversation_id=where, since=at, operator=ledger.holder(where))
            for where, at in messages.items()
        ],
        "waiting": list(ledger.late_waits(now - patience.waiting)),
        "unanswered": list(ledger.late_answers(now - patience.held, written)),
        "ticket": [
            LooseEnd(
                kind="ticket",
                conversation_id=where,
                since=due,
                subject=ticket.ticket_no,
                detail=str(ticket.status),
                operator=ledger.holder(where),
            )
            for where, ticket in tickets
            if (due := due_moment(ticket)) is not None and due < now
        ],
    }
    for fate in (*STUCK, Fate.PENDING):
        kind = "retrying" if fate is Fate.PENDING else str(fate)
        found[kind] = [
            LooseEnd(
                kind=kind,
                conversation_id=delivery.conversation_id,
                since=at,
                subject=(delivery.body.ticket_no if isinstance(delivery.body, Ticket | CaseEvent) else "")
                or delivery.body_kind,
                detail=delivery.error,
                operator=ledger.holder(delivery.conversation_id),
            )
            for delivery, at in deliveries
            if delivery.fate is fate and (fate is not Fate.PENDING or (delivery.attempts and delivery.error))
        ]
    found["put_aside"] = [
        LooseEnd(
            kind="put_aside",
            conversation_id=event.conversation_id,
            since=event.at,
            subject=str(event.kind),
            detail=error,
            operator=ledger.holder(event.conversation_id),
        )
        for event, error in aside
        if spoken.get(event.conversation_id, 0.0) <= event.at
    ]
    return gather([(kind, len(ends), sorted(ends, key=_age)[:most]) for kind, ends in found.items()])


def _age(end: LooseEnd) -> tuple[float, str, str]:
    return end.since, end.conversation_id, end.subject


def _within(at: float | None, span: Span) -> bool:
    return at is not None and span.start <= at < span.end
