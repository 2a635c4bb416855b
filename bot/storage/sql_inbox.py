"""The door into the SQL record: events, and the turns that handle them. Each function runs in one transaction."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select, update

from bot.conversation import Conversation
from bot.storage import rules, sql_links
from bot.storage.base import Loaded, StaleTurn
from bot.storage.dialect import add, put
from bot.storage.rows import (
    AnyRow,
    conversation_of,
    conversation_values,
    correction_values,
    decode,
    delivery_values,
    event_of,
    event_values,
    media_values,
    ticket_values,
)
from bot.storage.schema import (
    conversations,
    corrections,
    events,
    lines,
    media,
    person_addresses,
    questions,
    ratings,
    tickets,
    timeouts,
)
from bot.storage.schema import deliveries as outgoing
from bot.storage.sql_changes import touch
from bot.storage.sql_figures import note_holder, note_rating
from bot.storage.sql_outbox import overtake, reopen
from bot.storage.sql_people import keep_reveal, note
from bot.storage.sql_presence import seen_at
from bot.turn import Delivery, Event, Outcomes, Timeout, Turn
from channels.message import Address, Message, Reply
from handoff.clock import due_moment
from handoff.desk import ActionKind, ActionResult, OperatorAction, Outcome
from handoff.ticket import CaseEvent, CaseEventKind, Ticket

# Building a statement costs more than running it: those of every message and turn are built once.
_THIS: BindParameter[str] = bindparam("this")
_KNOWN = select(events.c.seq).where(events.c.id == _THIS)
_MET = select(conversations.c.id).where(conversations.c.id == _THIS)
_CHANGING = update(conversations).where(conversations.c.id == _THIS)
_SAVING = _CHANGING.where(conversations.c.version == bindparam("loaded"))
_LOADING = select(conversations.c.body, conversations.c.version).where(conversations.c.id == _THIS)
# Who has linked nothing, as most, is found out on the way: a statement of its own would cost every turn.
_LINKED = select(person_addresses.c.person).where(person_addresses.c.conversation_id == _THIS).scalar_subquery()
_LOADING_ALL = _LOADING.add_columns(_LINKED.label("person"))
_TICKETS = select(tickets.c.body).where(tickets.c.conversation_id == _THIS).order_by(tickets.c.seq)
_UNHANDLED = (
    select(events).where(events.c.conversation_id == _THIS, events.c.handled_at.is_(None)).order_by(events.c.seq)
)
_ENDING = update(events).where(events.c.id == _THIS, events.c.handled_at.is_(None))
_ADDING_LINE = lines.insert().inline()


def append(connection: Connection, event: Event) -> bool:
    """Write an event down; False when it was there already."""
    fresh = _write_down(connection, event)
    if isinstance(event.body, Timeout):
        drop_timeout(connection, event.conversation_id, event.body.name, event.body.due_at)
    return fresh


def act(connection: Connection, event: Event) -> ActionResult:
    """Write an operator's action down and set the holder."""
    assert isinstance(event.body, OperatorAction)
    row = _conversation_row(connection, event.conversation_id)
    if row is None:
        return ActionResult(outcome=Outcome.GONE)
    conversation = conversation_of(row, ())
    if _known(connection, event.id):
        return ActionResult(outcome=Outcome.DONE, holder=conversation.operator_name)
    if event.body.kind is ActionKind.LOSE and rules.is_untrue(event.body, seen_at(connection, event.body.operator)):
        return ActionResult(outcome=Outcome.NOT_HELD)
    if event.body.kind is ActionKind.PART and not sql_links.part(connection, conversation.id, event.at):
        return ActionResult(outcome=Outcome.UNLINKED)
    after, result = conversation.after(event.body)
    if result.outcome is Outcome.DONE:
        _write_down(connection, event)
        said = {"last_at": event.at} if rules.makes_note(event.body) else {}
        changed = {**conversation_values(replace(after, version=after.version + 1), event.at), **said}
        connection.execute(_CHANGING, {"this": after.id, **changed})
        if rules.takes(conversation, after):
            overtake(connection, after.id)
        touch(connection, after.id)
        note_holder(connection, after, event.at, spoke=event.body.kind is ActionKind.REPLY)
        note(connection, rules.doer(event.body), event.body.kind.value, after.id, event.at)
        if reason := rules.lifted(conversation, event.body):
            keep_reveal(connection, reason)
            note(connection, event.body.operator, "secrecy_lifted", after.id, event.at)
    return result


def ready(connection: Connection) -> Sequence[str]:
    """Conversations with unhandled events, oldest first."""
    column = events.c.conversation_id
    unhandled = select(column).where(events.c.handled_at.is_(None)).group_by(column)
    return list(connection.scalars(unhandled.order_by(func.min(events.c.seq))))


def load(connection: Connection, conversation_id: str) -> Loaded:
    """The conversation with its tickets and its unhandled events."""
    row = connection.execute(_LOADING_ALL, {"this": conversation_id}).one_or_none()
    if row is None:
        unknown = Conversation(id=conversation_id, address=Address.parse(conversation_id))
        return Loaded(conversation=unknown, events=())
    submitted = tuple(decode(body, Ticket) for body in connection.scalars(_TICKETS, {"this": conversation_id}))
    unhandled = tuple(event_of(each) for each in connection.execute(_UNHANDLED, {"this": conversation_id}))
    linked = sql_links.linked(connection, conversation_id) if row.person else ()
    return Loaded(conversation=replace(conversation_of(row, submitted), linked=linked), events=unhandled)


def commit(connection: Connection, turn: Turn, now: float) -> None:
    """Write all of a turn."""
    conversation_id = turn.conversation.id
    touch(connection, conversation_id)
    sql_links.borrow(connection, turn.conversation, [ticket.ticket_no for ticket in turn.tickets])
    _save(connection, turn.conversation, now)
    if turn.link:
        sql_links.take_step(connection, conversation_id, turn.link, now)
    note_holder(connection, turn.conversation, now)
    _end(connection, turn.events, turn.outcome, "", now)
    for ticket in turn.tickets:
        _put_ticket(connection, turn.conversation.owner_of(ticket.ticket_no), ticket)
    fresh = [delivery.body for delivery in turn.deliveries if _send_out(connection, delivery, now)]
    for body in fresh:
        if isinstance(body, CaseEvent) and body.kind is CaseEventKind.RATING:
            note_rating(connection, body, now)
    if any(isinstance(body, Reply) for body in fresh):
        # The last words stay the citizen's own: a list of the bot's answers would tell an operator nothing.
        connection.execute(_CHANGING, {"this": conversation_id, "last_at": now})
    for name in turn.cancelled:
        gone = delete(timeouts).where(timeouts.c.conversation_id == conversation_id, timeouts.c.name == name)
        connection.execute(gone)
    for timeout in turn.timeouts:
        row = {"name": timeout.name, "due_at": timeout.due_at, "subject": timeout.subject}
        put(connection, timeouts, {"conversation_id": conversation_id, **row}, key=("conversation_id", "name"))
    for asked in turn.questions:
        kept = {"text": asked.text, "decision": asked.decision, "entry_id": asked.entry_id, "vote": asked.vote}
        connection.execute(questions.insert(), {"conversation_id": conversation_id, "at": now, **kept})
    for each in turn.grades:
        kept = {"ticket_no": "", "rating": each.grade, "operator": each.operator}
        connection.execute(ratings.insert(), {**kept, "at": now})
    for correction in turn.corrections:
        add(connection, corrections, {"conversation_id": conversation_id, **correction_values(correction)})


def put_aside(connection: Connection, event_ids: Sequence[str], error: str, turn: Turn, now: float) -> None:
    """Like `commit`, for events whose handling failed."""
    others = tuple(each for each in turn.events if each not in event_ids)
    commit(connection, replace(turn, events=others), now)
    _end(connection, event_ids, Outcomes.PUT_ASIDE, error, now)


def due_timeouts(connection: Connection, now: float) -> Sequence[tuple[str, Timeout]]:
    """All timeouts that are due, the earliest first."""
    due = select(timeouts).where(timeouts.c.due_at <= now)
    rows = connection.execute(due.order_by(timeouts.c.due_at, timeouts.c.conversation_id, timeouts.c.name))
    return [(r.conversation_id, Timeout(name=r.name, due_at=r.due_at, subject=r.subject)) for r in rows]


def drop_timeout(connection: Connection, conversation_id: str, name: str, due_at: float) -> None:
    """Forget a timeout, unless a later one took its place."""
    mine = delete(timeouts).where(timeouts.c.conversation_id == conversation_id, timeouts.c.name == name)
    connection.execute(mine.where(timeouts.c.due_at == due_at))


def _write_down(connection: Connection, event: Event) -> bool:
    if _known(connection, event.id):
        return False
    message = event.body if isinstance(event.body, Message) else None
    shown = message if message and rules.makes_line(message) else None
    _meet(connection, event, shown)
    seq = add(connection, events, event_values(event))
    if seq is None:  # another process was quicker
        return False
    if shown or (isinstance(event.body, OperatorAction) and rules.makes_note(event.body)):
        line = {"conversation_id": event.conversation_id, "event_seq": seq, "at": event.at}
        connection.execute(_ADDING_LINE, line)
        touch(connection, event.conversation_id)
    if message:
        _take_in(connection, event, message)
    return True


def _known(connection: Connection, event_id: str) -> bool:
    return connection.scalar(_KNOWN, {"this": event_id}) is not None


def _meet(connection: Connection, event: Event, shown: Message | None) -> None:
    """Make the conversation known, and these its last words."""
    this = {"this": event.conversation_id}
    last = {"last_text": shown.text, "last_at": event.at} if shown else {"last_text": "", "last_at": 0.0}
    # Who writes a line holds the conversation's row, so lines are committed in the order of their cursors: a page
    # that has read up to one of them misses none before it.
    changed = shown is not None and connection.execute(_CHANGING, {**this, **last}).rowcount > 0
    if changed or connection.scalar(_MET, this):
        return
    unknown = Conversation(id=event.conversation_id, address=Address.parse(event.conversation_id))
    row = {"id": event.conversation_id, **conversation_values(unknown, event.at), **last}
    if add(connection, conversations, row) is None and shown:  # another process met him first
        connection.execute(_CHANGING, {**this, **last})


def _take_in(connection: Connection, event: Event, message: Message) -> None:
    for attachment in message.attachments:
        fate = rules.media_fate(attachment)
        if fate:
            add(connection, media, media_values(event, message, attachment, fate))
    if rules.is_contact(message):
        reopen(connection, event.conversation_id, message.slot_until or event.at)


def _conversation_row(connection: Connection, conversation_id: str) -> AnyRow | None:
    return connection.execute(_LOADING.with_for_update(), {"this": conversation_id}).one_or_none()


def _save(connection: Connection, conversation: Conversation, now: float) -> None:
    values = conversation_values(replace(conversation, version=conversation.version + 1), now)
    loaded = {"this": conversation.id, "loaded": conversation.version}
    if connection.execute(_SAVING, {**loaded, **values}).rowcount == 1:
        return
    row = {"id": conversation.id, "last_text": "", "last_at": 0.0, **values}
    if conversation.version != 0 or add(connection, conversations, row) is None:
        raise StaleTurn(conversation.id)


def _end(connection: Connection, event_ids: Sequence[str], outcome: Outcomes, error: str, now: float) -> None:
    ending = {"handled_at": now, "outcome": str(outcome), "error": error}
    if event_ids:
        connection.execute(_ENDING, [{"this": each, **ending} for each in event_ids])


def _put_ticket(connection: Connection, conversation_id: str, ticket: Ticket) -> None:
    row = {"conversation_id": conversation_id, **ticket_values(ticket), "due_at": due_moment(ticket)}
    put(connection, tickets, {"ticket_no": ticket.ticket_no, **row}, key=("ticket_no",))


def _send_out(connection: Connection, delivery: Delivery, now: float) -> bool:
    seq = add(connection, outgoing, delivery_values(delivery))
    if seq is not None and isinstance(delivery.body, Reply):
        line = {"conversation_id": delivery.conversation_id, "delivery_seq": seq, "at": now}
        connection.execute(_ADDING_LINE, line)
    return seq is not None
