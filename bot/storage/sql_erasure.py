"""A citizen is erased from the SQL record at his request, in one transaction; the audit log's chain stays whole."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, func, select, update

from bot.storage import erasure, sql_links
from bot.storage.erasure import Holdings
from bot.storage.rows import conversation_of, conversation_values, decode, delivery_of, encode, event_of, ticket_values
from bot.storage.schema import (
    conversations,
    corrections,
    deliveries,
    events,
    lines,
    media,
    questions,
    reveals,
    timeouts,
)
from bot.storage.schema import tickets as filed
from bot.storage.sql_changes import touch
from bot.storage.sql_figures import note_holder
from bot.storage.sql_people import note
from bot.turn import Destination, Event, EventKind, Fate
from handoff.clock import due_moment
from handoff.ticket import Ticket


def holdings(connection: Connection, conversation_id: str) -> Holdings | None:
    """What there is to erase; None when nobody is known by this address."""
    known = connection.scalar(select(conversations.c.id).where(conversations.c.id == conversation_id))
    if known is None:
        return None

    def count(table: object, *conditions: object) -> int:
        mine = table.c.conversation_id == conversation_id  # type: ignore[attr-defined]  # tables have columns
        counted = select(func.count()).select_from(table).where(mine, *conditions)  # type: ignore[arg-type]  # same
        return connection.scalar(counted) or 0

    to_case_system = deliveries.c.destination == str(Destination.CASE_SYSTEM)
    under_way = to_case_system & deliveries.c.fate.in_([str(fate) for fate in erasure.GOES_OUT])
    return Holdings(
        messages=count(events, events.c.kind == str(EventKind.MESSAGE)),
        replies=count(deliveries, deliveries.c.destination == str(Destination.CITIZEN)),
        acts=count(events, events.c.kind == str(EventKind.OPERATOR)),
        tickets=count(filed),
        files=count(media),
        corrections=count(corrections),
        questions=count(questions, questions.c.text != ""),
        reasons=count(reveals),
        keys=tuple(_keys(connection, conversation_id)),
        hindrances=erasure.hindrances(
            unhandled=count(events, events.c.handled_at.is_(None)),
            leaving=count(deliveries, under_way | (deliveries.c.fate == str(Fate.SENDING))),
            fetching=count(media, media.c.fate == "pending"),
        ),
    )


def erase(connection: Connection, conversation_id: str, who: str, now: float) -> Holdings | None:
    """Take a citizen's words, names, numbers and files out; nothing is changed while something hinders it."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # or they would stay in the file for the curious
    row = connection.execute(select(conversations).where(conversations.c.id == conversation_id).with_for_update())
    found = row.one_or_none()
    had = holdings(connection, conversation_id)
    if found is None or had is None or had.hindrances:
        return had
    mine = {table: table.c.conversation_id == conversation_id for table in (events, deliveries, filed)}
    for table in (lines, corrections, reveals, timeouts, media):
        connection.execute(delete(table).where(table.c.conversation_id == conversation_id))
    sql_links.forget(connection, conversation_id, now)
    # That an entry was of use stays true without the words.
    connection.execute(update(questions).where(questions.c.conversation_id == conversation_id).values(text=""))
    unsent = deliveries.c.fate != str(Fate.SENT)
    connection.execute(
        delete(deliveries).where(mine[deliveries], unsent, deliveries.c.destination == str(Destination.CITIZEN))
    )
    for event in _events(connection, conversation_id):
        happened = {"body": encode(erasure.left_of_event(event.body)), "error": ""}
        connection.execute(update(events).where(events.c.seq == event.seq).values(happened))
    for each in [delivery_of(row) for row in connection.execute(select(deliveries).where(mine[deliveries]))]:
        sent = {"body": encode(erasure.left_of_delivery(each.body)), "error": ""}
        connection.execute(update(deliveries).where(deliveries.c.seq == each.seq).values(sent))
    gone = [decode(body, Ticket) for body in connection.scalars(select(filed.c.body).where(mine[filed]))]
    for ticket in map(erasure.left_of_ticket, gone):
        values = {**ticket_values(ticket), "due_at": due_moment(ticket)}
        connection.execute(update(filed).where(filed.c.ticket_no == ticket.ticket_no).values(values))
    left = erasure.left_of_conversation(conversation_of(found, ()))
    # A turn that was begun upon the words finds another version, and decides again upon what is left.
    values = {**conversation_values(left, now), "version": left.version + 1, "last_text": ""}
    connection.execute(update(conversations).where(conversations.c.id == conversation_id).values(values))
    note_holder(connection, left, now)
    _forget_told(connection, [ticket.ticket_no for ticket in gone], now)
    note(connection, who, "citizen_erased", conversation_id, now)
    touch(connection, conversation_id)
    return had


def _forget_told(connection: Connection, gone: Sequence[str], now: float) -> None:
    """Of the chats that he linked, now or once, take out the titles that were told there."""
    others = {
        row.id: row
        for number in gone
        for row in connection.execute(
            select(conversations).where(conversations.c.body.contains(number, autoescape=True))
        )
    }
    for other, row in others.items():
        conversation = conversation_of(row, ())
        told = erasure.quotes_of(conversation, gone)
        if not told:
            continue
        theirs = select(deliveries).where(
            deliveries.c.conversation_id == other, deliveries.c.destination == str(Destination.CITIZEN)
        )
        for each in [delivery_of(sent) for sent in connection.execute(theirs)]:
            body = encode(erasure.left_of_telling(each.body, told))
            connection.execute(update(deliveries).where(deliveries.c.seq == each.seq).values(body=body))
        left = erasure.left_of_other(conversation, told)
        values = {
            **conversation_values(left, now),
            "version": left.version + 1,
            "last_text": erasure.without_titles(row.last_text, told),
        }
        connection.execute(update(conversations).where(conversations.c.id == other).values(values))
        touch(connection, other)


def _events(connection: Connection, conversation_id: str) -> list[Event]:
    theirs = select(events).where(events.c.conversation_id == conversation_id)
    return [event_of(row) for row in connection.execute(theirs)]


def _keys(connection: Connection, conversation_id: str) -> Iterable[str]:
    """Stored files of this conversation that no other has; the same file may have gone to many."""
    own = select(media.c.key).where(media.c.conversation_id == conversation_id, media.c.key != "")
    keys = set(connection.scalars(own))
    out = select(deliveries).where(deliveries.c.conversation_id == conversation_id)
    for row in connection.execute(out):
        keys |= erasure.keys_in(delivery_of(row).body)
    for event in _events(connection, conversation_id):
        keys |= erasure.keys_in(event.body)
    for key in sorted(keys):
        theirs = select(media.c.seq).where(media.c.key == key, media.c.conversation_id != conversation_id)
        sent = select(deliveries.c.seq).where(
            deliveries.c.body.contains(key, autoescape=True), deliveries.c.conversation_id != conversation_id
        )
        if connection.scalar(theirs.limit(1)) is None and connection.scalar(sent.limit(1)) is None:
            yield key
