"""Figures of the SQL record: stints are followed in the transaction that changes who holds a conversation."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from bot.conversation import Conversation, Holder
from bot.storage.figures import (
    BY_THE_BOT,
    PUT_BACK,
    STUCK,
    Figures,
    FirstAnswer,
    Patience,
    Span,
    Standing,
    Stint,
    busiest,
    follow,
    gather,
    tally,
)
from bot.storage.schema import conversations as talks
from bot.storage.schema import deliveries, events, lines, ratings, stints, tickets
from bot.turn import EventKind, Fate, Outcomes
from handoff.numbers import LooseEnd, LooseEnds
from handoff.ticket import CaseEvent

_FIELDS = tuple(column.name for column in stints.c if column.name != "id")
# asked for with every turn, so it is built once
_OPEN = select(stints).where(stints.c.conversation_id == bindparam("this"), stints.c.ended_at.is_(None))


def note_holder(connection: Connection, conversation: Conversation, now: float, *, spoke: bool = False) -> None:
    """Follow who holds a conversation whose row is saved; `spoke`: the operator has just said something."""
    row = connection.execute(_OPEN, {"this": conversation.id}).one_or_none()
    was = _stint(row) if row else None
    after = follow(was, conversation, now)
    still, begun = after.open, after.begun
    if spoke and begun:
        begun = begun.answered(now)
    elif spoke and still:
        still = still.answered(now)
    if row and still and still != was:
        connection.execute(update(stints).where(stints.c.id == row.id).values(_values(still)))
    if begun:
        connection.execute(stints.insert(), _values(begun))


def note_rating(connection: Connection, event: CaseEvent, now: float) -> None:
    """Keep a grade that a citizen gave, in the order of time."""
    connection.execute(ratings.insert(), {"ticket_no": event.ticket_no, "rating": event.rating or "", "at": now})


def standing(connection: Connection) -> Standing:
    """How it stands now."""
    held = stints.c.ended_at.is_(None) & (stints.c.operator != "")
    by_operator = select(stints.c.operator, stints.c.operator_name, func.count()).where(held)
    rows = connection.execute(by_operator.group_by(stints.c.operator, stints.c.operator_name))
    waits = talks.c.holder == str(Holder.WAITING)
    waiting, oldest = connection.execute(select(func.count(), func.min(talks.c.waiting_since)).where(waits)).one()
    holds = select(func.count()).where(talks.c.holder == str(Holder.OPERATOR))
    return Standing(
        waiting=waiting,
        oldest=oldest,
        held=connection.scalar(holds) or 0,
        holding={(operator, name): number for operator, name, number in rows},
    )


_FROM, _TO = bindparam("since", type_=Double), bindparam("until", type_=Double)
# A count without groups goes through the index alone, twice as fast as one query with a group for each part.
_CAME = select(
    func.count(), func.sum(case((events.c.outcome.in_([str(each) for each in BY_THE_BOT]), 1), else_=0))
).where(events.c.kind == str(EventKind.MESSAGE), events.c.at >= _FROM, events.c.at < _TO)
_WISHED = and_(stints.c.reason != "", stints.c.reason.not_in(PUT_BACK))
_WAITS = select(stints.c.asked_at, stints.c.waited_until, _WISHED.label("wished")).where(
    stints.c.reason != "",
    or_(
        and_(stints.c.asked_at >= _FROM, stints.c.asked_at < _TO),
        and_(stints.c.waited_until >= _FROM, stints.c.asked_at < _FROM),
        and_(stints.c.waited_until.is_(None), stints.c.asked_at < _FROM),
    ),
)
_ANSWERED = (
    select(
        stints.c.operator,
        stints.c.operator_name,
        case((_WISHED, stints.c.answered_at - stints.c.asked_at)).label("waited"),
        (stints.c.answered_at - stints.c.waited_until).label("took"),
    )
    .where(stints.c.answered_at >= _FROM, stints.c.answered_at < _TO)
    .order_by(stints.c.answered_at, stints.c.id)
)
_GRADED = (
    select(ratings.c.operator, ratings.c.rating, func.count())
    .where(ratings.c.at >= _FROM, ratings.c.at < _TO)
    .group_by(ratings.c.operator, ratings.c.rating)
)


def figures(connection: Connection, span: Span) -> Figures:
    """What happened in a span."""
    whole = {"since": span.start, "until": span.end}
    edges = [span.start + span.width * number for number in range(span.parts + 1)]
    came = [connection.execute(_CAME, {"since": since, "until": until}).one() for since, until in pairwise(edges)]
    waits = [tuple(row) for row in connection.execute(_WAITS, whole)]
    graded = connection.execute(_GRADED, whole).all()
    service: Counter[str] = Counter()
    for operator, grade, number in graded:
        service[grade] += number if operator else 0
    return Figures(
        messages=tuple(row[0] for row in came),
        by_bot=tuple(row[1] or 0 for row in came),
        handed=tally(((span.part(at), 1) for at, _, wished in waits if wished and span.start <= at < span.end), span),
        waiting=busiest(((asked, until) for asked, until, _ in waits), span),
        answers=tuple(FirstAnswer(**row._mapping) for row in connection.execute(_ANSWERED, whole)),
        ratings={grade: number for operator, grade, number in graded if not operator},
        service={grade: number for grade, number in service.items() if number},
    )


def loose_ends(connection: Connection, now: float, patience: Patience, most: int) -> LooseEnds:
    """What is overdue, at most so many of each kind."""
    return gather(
        [
            _found(connection, "unhandled", _unhandled(now - patience.bot), most),
            _found(connection, "waiting", _waiting(now - patience.waiting), most),
            _unanswered(connection, now - patience.held, most),
            _found(connection, "ticket", _late_tickets(now), most),
            *(_found(connection, str(fate), _deliveries(deliveries.c.fate == str(fate)), most) for fate in STUCK),
            _found(connection, "retrying", _deliveries(_RETRYING), most),
            _found(connection, "put_aside", _put_aside(), most),
        ]
    )


_RETRYING = and_(deliveries.c.fate == str(Fate.PENDING), deliveries.c.attempts > 0, deliveries.c.error != "")


def _holder(conversation_id: ColumnElement[str]) -> ColumnElement[str]:
    """Who holds a conversation, by name."""
    last = stints.alias("last")  # the statement around it may read stints too
    mine = select(last.c.operator_name).where(last.c.conversation_id == conversation_id, last.c.ended_at.is_(None))
    return func.coalesce(mine.limit(1).scalar_subquery(), "")


def _end(conversation_id: Any, since: Any, subject: Any = "", detail: Any = "") -> "Select[tuple[Any, ...]]":
    shown = (since.label("since"), _literal(subject).label("subject"), _literal(detail).label("detail"))
    return select(conversation_id.label("conversation_id"), *shown, _holder(conversation_id).label("operator"))


def _literal(value: Any) -> Any:
    return bindparam(None, value, unique=True) if isinstance(value, str) else value


def _unhandled(before: float) -> "Select[tuple[Any, ...]]":
    # Reckoned, not compared as they stand: else SQLite goes through all messages instead of the few unhandled ones.
    message, late = events.c.kind.concat("") == str(EventKind.MESSAGE), events.c.at + 0.0 < before
    waits = and_(events.c.handled_at.is_(None), message, late)
    return _end(events.c.conversation_id, func.min(events.c.at)).where(waits).group_by(events.c.conversation_id)


def _waiting(before: float) -> "Select[tuple[Any, ...]]":
    waits = and_(stints.c.waited_until.is_(None), stints.c.asked_at < before)
    return _end(stints.c.conversation_id, stints.c.asked_at, detail=stints.c.reason).where(waits)


def _late_tickets(now: float) -> "Select[tuple[Any, ...]]":
    shown = _end(tickets.c.conversation_id, tickets.c.due_at, tickets.c.ticket_no, tickets.c.status)
    return shown.where(tickets.c.due_at < now)


def _deliveries(condition: ColumnElement[bool]) -> "Select[tuple[Any, ...]]":
    said = select(lines.c.at).where(lines.c.delivery_seq == deliveries.c.seq)
    mine = said.where(lines.c.conversation_id == deliveries.c.conversation_id).limit(1).scalar_subquery()
    since = func.coalesce(mine, deliveries.c.due_at)
    subject = func.coalesce(func.nullif(deliveries.c.ticket_no, ""), deliveries.c.body_kind)
    return _end(deliveries.c.conversation_id, since, subject, deliveries.c.error).where(condition)


def _put_aside() -> "Select[tuple[Any, ...]]":
    """A failure is settled once an operator has spoken with the citizen after it."""
    later = and_(stints.c.conversation_id == events.c.conversation_id, stints.c.last_answer_at > events.c.at)
    aside = and_(events.c.outcome == str(Outcomes.PUT_ASIDE), ~exists().where(later))
    return _end(events.c.conversation_id, events.c.at, events.c.kind, events.c.error).where(aside)


def _unanswered(connection: Connection, before: float, most: int) -> tuple[str, int, Sequence[LooseEnd]]:
    """Held conversations in which the citizen has waited for words since before that moment."""
    theirs = and_(lines.c.conversation_id == stints.c.conversation_id, lines.c.event_seq.is_not(None))
    heard = func.coalesce(stints.c.last_answer_at, stints.c.waited_until)
    first = select(func.min(lines.c.at)).where(theirs, lines.c.at > heard).scalar_subquery()
    held = and_(stints.c.ended_at.is_(None), stints.c.operator != "")
    found = []
    for row in connection.execute(select(stints, first.label("written_at")).where(held)):
        stint = _stint(row)
        # who asked for a person waits since then, whether he wrote more or not
        since = stint.asked_at if stint.reason and stint.answered_at is None else row.written_at
        if since is not None and since < before:
            found.append(
                LooseEnd(
                    kind="unanswered",
                    conversation_id=stint.conversation_id,
                    since=since,
                    operator=stint.operator_name,
                )
            )
    found.sort(key=lambda end: (end.since, end.conversation_id))
    return "unanswered", len(found), found[:most]


def _found(
    connection: Connection, kind: str, statement: "Select[tuple[Any, ...]]", most: int
) -> tuple[str, int, Sequence[LooseEnd]]:
    chosen = statement.subquery()
    oldest = select(chosen).order_by(chosen.c.since, chosen.c.conversation_id, chosen.c.subject).limit(most)
    ends = [LooseEnd(kind=kind, **row._mapping) for row in connection.execute(oldest)]
    count = len(ends) if len(ends) < most else connection.scalar(select(func.count()).select_from(chosen)) or 0
    return kind, count, ends


def _stint(row: "Row[Any]") -> Stint:
    return Stint(**{name: row._mapping[name] for name in _FIELDS})


def _values(stint: Stint) -> dict[str, Any]:
    return {name: getattr(stint, name) for name in _FIELDS}
