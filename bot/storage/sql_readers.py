"""How the SQL record is read by people: threads, lists, tickets, and the ledger over all of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, delete, func, or_, select

from bot.conversation import Holder
from bot.storage import sql_links
from bot.storage.base import AuditReport, HeldConversation, RecordLine
from bot.storage.rows import AnyRow, conversation_of, correction_of, decode, media_of
from bot.storage.schema import conversations as talks
from bot.storage.schema import corrections as learned
from bot.storage.schema import dead_letters, deliveries, events, media, tickets
from bot.storage.schema import lines as said
from bot.storage.schema import questions as asked
from bot.turn import Correction, EventKind, Fate, Outcomes, Question
from channels.message import Attachment, Message, Reply
from handoff.desk import OperatorAction
from handoff.ticket import Ticket


def lines(
    connection: Connection, conversation_id: str, after: int, limit: int, notes: bool = True
) -> Sequence[RecordLine]:
    """What was said after the cursor."""
    mine = _said().where(said.c.conversation_id == conversation_id, said.c.cursor > after)
    if not notes:
        mine = mine.where(or_(events.c.kind.is_(None), events.c.kind != str(EventKind.OPERATOR)))
    return _lines_of(connection, conversation_id, connection.execute(mine.order_by(said.c.cursor).limit(limit)))


def last_lines(connection: Connection, conversation_id: str, limit: int, before: int | None) -> Sequence[RecordLine]:
    """The last that was said, or the last before a cursor."""
    mine = _said().where(said.c.conversation_id == conversation_id)
    if before is not None:
        mine = mine.where(said.c.cursor < before)
    rows = connection.execute(mine.order_by(said.c.cursor.desc()).limit(limit)).all()
    return _lines_of(connection, conversation_id, reversed(rows))


def _said() -> "Select[tuple[Any, ...]]":
    where_the_words_are = said.outerjoin(events, said.c.event_seq == events.c.seq).outerjoin(
        deliveries, said.c.delivery_seq == deliveries.c.seq
    )
    columns = (
        said.c.cursor,
        said.c.at,
        events.c.kind,
        events.c.body.label("message"),
        deliveries.c.body.label("reply"),
    )
    return select(*columns, deliveries.c.fate).select_from(where_the_words_are)


def _lines_of(connection: Connection, conversation_id: str, rows: Iterable[AnyRow]) -> Sequence[RecordLine]:
    stored = _attachments(connection, conversation_id)
    found = []
    for row in rows:
        fate = Fate(row.fate) if row.reply else None
        found.append(RecordLine(cursor=row.cursor, body=_body(row, stored), fate=fate, at=row.at))
    return found


def conversations(
    connection: Connection,
    holder: Holder | None,
    limit: int,
    behind: tuple[float, str] | None = None,
    group: str | None = None,
) -> Sequence[HeldConversation]:
    """By holder, with their last words."""
    chosen = select(talks) if holder is None else select(talks).where(talks.c.holder == str(holder))
    if group is not None:
        chosen = chosen.where(talks.c.desk_group == group)
    order = (talks.c.rank, talks.c.waiting_since) if holder is Holder.WAITING else (talks.c.last_at.desc(),)
    if behind:
        at, name = behind
        chosen = chosen.where(talks.c.last_at <= at, or_(talks.c.last_at < at, talks.c.id > name))
    return with_last_words(connection, chosen.order_by(*order, talks.c.id).limit(limit))


def with_last_words(connection: Connection, chosen: "Select[tuple[Any, ...]]") -> Sequence[HeldConversation]:
    """Rows of conversations as the desk lists them."""
    rows = connection.execute(chosen).all()
    ids = [row.id for row in rows]
    theirs, linked = _tickets(connection, ids), sql_links.linked_of(connection, ids)
    return [
        HeldConversation(
            conversation=replace(conversation_of(row, tuple(theirs.get(row.id, ()))), linked=linked.get(row.id, ())),
            last_text=row.last_text,
            last_at=row.last_at,
        )
        for row in rows
    ]


def count(connection: Connection, holder: Holder) -> int:
    """How many conversations this holder has."""
    return connection.scalar(select(func.count()).where(talks.c.holder == str(holder))) or 0


def find_ticket(connection: Connection, ticket_no: str) -> tuple[str, Ticket] | None:
    """(conversation id, ticket) by our number."""
    found = select(tickets.c.conversation_id, tickets.c.body).where(tickets.c.ticket_no == ticket_no)
    row = connection.execute(found).one_or_none()
    return (row.conversation_id, decode(row.body, Ticket)) if row else None


def tickets_near(
    connection: Connection, since: float, category: str, street: str, limit: int
) -> Sequence[tuple[str, Ticket]]:
    """Tickets since a moment in a category or a street, latest first."""
    named = [tickets.c.category == category] * bool(category) + [tickets.c.street == street] * bool(street)
    if not named:
        return []
    near = select(tickets.c.conversation_id, tickets.c.body).where(tickets.c.taken_at >= since, or_(*named))
    rows = connection.execute(near.order_by(tickets.c.taken_at.desc(), tickets.c.seq.desc()).limit(limit))
    return [(row.conversation_id, decode(row.body, Ticket)) for row in rows]


def corrections(connection: Connection, limit: int) -> Sequence[Correction]:
    """Where operators knew better than the machine."""
    return [correction_of(row) for row in connection.execute(select(learned).order_by(learned.c.seq).limit(limit))]


def drop_corrections(connection: Connection, conversation_id: str) -> int:
    """Forget what one citizen's words taught."""
    return connection.execute(delete(learned).where(learned.c.conversation_id == conversation_id)).rowcount


def questions(connection: Connection, decision: str | None, limit: int) -> Sequence[Question]:
    """Questions that were asked, latest first."""
    chosen = select(asked) if decision is None else select(asked).where(asked.c.decision == decision)
    rows = connection.execute(chosen.order_by(asked.c.id.desc()).limit(limit))
    return [Question(text=r.text, decision=r.decision, entry_id=r.entry_id, vote=r.vote) for r in rows]


def audit(connection: Connection) -> AuditReport:
    """The open-loop ledger, by queries over all rows: it believes no counter and no constraint."""
    message = events.c.kind == str(EventKind.MESSAGE)
    handled = events.c.handled_at.is_not(None)
    submitted = deliveries.c.body_kind == "ticket"
    known_outcome = events.c.outcome.in_([str(outcome) for outcome in Outcomes])
    known_fate = deliveries.c.fate.in_([str(fate) for fate in Fate])
    open_rows = select(deliveries.c.id, deliveries.c.fate, deliveries.c.error).order_by(deliveries.c.seq)
    put_aside = select(events.c.id, events.c.error).where(events.c.outcome == str(Outcomes.PUT_ASIDE))
    twice = select(deliveries.c.ticket_no).where(submitted).group_by(deliveries.c.ticket_no).having(func.count() > 1)
    sent_out = select(deliveries.c.ticket_no).where(submitted)
    orphans = select(tickets.c.ticket_no).where(tickets.c.ticket_no.not_in(sent_out))
    unhandled = select(events.c.id).where(events.c.handled_at.is_(None)).order_by(events.c.seq)
    outcomeless = select(events.c.id).where(handled, or_(events.c.outcome.is_(None), ~known_outcome))
    fateless = select(deliveries.c.id).where(or_(deliveries.c.fate.is_(None), ~known_fate))
    waiting = select(talks.c.id).where(talks.c.holder == str(Holder.WAITING)).order_by(talks.c.id)

    return AuditReport(
        messages=_count(connection, events, message),
        outcomes=_tally(connection, events.c.outcome, message, known_outcome),
        unhandled=tuple(connection.scalars(unhandled)),
        outcomeless=tuple(connection.scalars(outcomeless.order_by(events.c.seq))),
        deliveries=_tally(connection, deliveries.c.fate, known_fate),
        open_deliveries=tuple(
            (row.id, row.fate or "", row.error) for row in connection.execute(open_rows) if row.fate != str(Fate.SENT)
        ),
        fateless=tuple(connection.scalars(fateless.order_by(deliveries.c.seq))),
        put_aside=tuple((row.id, row.error) for row in connection.execute(put_aside.order_by(events.c.seq))),
        dead_letters=_count(connection, dead_letters),
        waiting=tuple(connection.scalars(waiting)),
        drafts=tuple(connection.scalars(select(talks.c.id).where(talks.c.drafting).order_by(talks.c.id))),
        media=_tally(connection, media.c.fate),
        tickets=_tally(connection, tickets.c.status),
        doubled_tickets=tuple(connection.scalars(twice.order_by(deliveries.c.ticket_no))),
        orphan_tickets=tuple(connection.scalars(orphans.order_by(tickets.c.ticket_no))),
    )


def _count(connection: Connection, table: FromClause, *conditions: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def _tally(connection: Connection, column: ColumnElement[str], *conditions: ColumnElement[bool]) -> dict[str, int]:
    counted = select(column, func.count()).where(*conditions).group_by(column)
    return {row[0]: row[1] for row in connection.execute(counted)}


def _attachments(connection: Connection, conversation_id: str) -> dict[str, Attachment]:
    """The conversation's attachments as they stand; one that another conversation brought first is not among them."""
    mine = select(media).where(media.c.conversation_id == conversation_id)
    return {job.attachment.id: job.attachment for job in map(media_of, connection.execute(mine))}


def _body(row: AnyRow, stored: dict[str, Attachment]) -> Message | Reply | OperatorAction:
    if row.reply:
        return decode(row.reply, Reply)
    if row.kind == str(EventKind.OPERATOR):
        return decode(row.message, OperatorAction)
    return _with_attachments(decode(row.message, Message), stored)


def _with_attachments(message: Message, stored: dict[str, Attachment]) -> Message:
    return replace(message, attachments=tuple(stored.get(each.id, each) for each in message.attachments))


def _tickets(connection: Connection, conversation_ids: Iterable[str]) -> dict[str, list[Ticket]]:
    theirs = select(tickets.c.conversation_id, tickets.c.body).where(tickets.c.conversation_id.in_(conversation_ids))
    found: dict[str, list[Ticket]] = {}
    for row in connection.execute(theirs.order_by(tickets.c.seq)):
        found.setdefault(row.conversation_id, []).append(decode(row.body, Ticket))
    return found
