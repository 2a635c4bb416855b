"""The door out of the SQL record: deliveries, their order and their fates. Each function runs in one transaction."""

from collections.abc import Collection, Iterable, Sequence
from itertools import takewhile

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)

from bot.storage import rules
from bot.storage.dialect import put
from bot.storage.rows import decode, delivery_of, delivery_values
from bot.storage.schema import deliveries as table
from bot.storage.schema import events, nodes
from bot.storage.sql_changes import touch
from bot.turn import Delivery, Destination, Fate
from channels.channel import Fit
from channels.message import Message, Reply

# asked for with every message, so they are built once
_THIS: BindParameter[str] = bindparam("this")
_MINE = table.c.conversation_id == _THIS
_REOPENABLE = select(table).where(_MINE, table.c.fate.in_([str(Fate.HELD), str(Fate.UNKNOWN)]))
_MAY_LEAVE = (
    select(table)
    .where(_MINE, table.c.fate.in_([str(fate) for fate in (*rules.UNDER_WAY, Fate.UNKNOWN)]))
    .order_by(table.c.seq)
    .with_for_update()
)
_CARRIED = table.c.fate.in_([str(fate) for fate in rules.CARRIED])
_IN_SLOT = select(table).where(table.c.slot == bindparam("carrier"), _MINE, _CARRIED).order_by(table.c.seq)
_SLOT_SENT = (
    update(table)
    .where(table.c.slot == bindparam("carrier"), _CARRIED)
    .values(fate=str(Fate.SENT), error="")
    .returning(table.c.conversation_id)
)
_UNDER_WAY = (
    select(table)
    .where(_MINE, table.c.destination == bindparam("to"), table.c.fate.in_([str(fate) for fate in rules.UNDER_WAY]))
    .order_by(table.c.seq)
)
_UNDER_WAY_LOCKED = _UNDER_WAY.with_for_update()


def heads(connection: Connection, now: float, limit: int) -> Sequence[Delivery]:
    """The first delivery of each line, if it is PENDING and due."""
    due = select(table).where(_first_of_line(), table.c.due_at <= now)
    return _read(connection, due.order_by(table.c.seq).limit(limit))


def next_due(connection: Connection) -> float | None:
    """When the next delivery that nothing holds back is due."""
    due: float | None = connection.scalar(select(func.min(table.c.due_at)).where(_first_of_line()))
    return due


def behind(connection: Connection, delivery: Delivery, now: float) -> Sequence[Delivery]:
    """The due PENDING deliveries right behind this one."""
    line = _read(connection, _UNDER_WAY, this=delivery.conversation_id, to=str(delivery.destination))
    after = [other for other in line if other.seq > delivery.seq]
    return list(takewhile(lambda d: d.due_at <= now, rules.leading_pending(after)))


def sending(connection: Connection, delivery_ids: Sequence[str], sender: str) -> bool:
    """Mark as SENDING if all are PENDING. `sender` is this node and this sending: by it a sending that was marked,
    and whose answer was lost with the server, is known when it is asked for again."""
    mine = table.c.id.in_(delivery_ids)
    chosen = select(table.c.id, table.c.fate, table.c.sender).where(mine).order_by(table.c.seq).with_for_update()
    found = connection.execute(chosen).all()
    if all(row.fate == str(Fate.SENDING) and row.sender == sender for row in found):
        return bool(found)
    if {row.id for row in found if row.fate == str(Fate.PENDING)} != set(delivery_ids):
        return False
    values = {"fate": str(Fate.SENDING), "attempts": table.c.attempts + 1, "slot": "", "sender": sender}
    changed = connection.scalars(update(table).where(mine).values(values).returning(table.c.conversation_id))
    touch(connection, *changed)
    return True


def mark(connection: Connection, delivery_ids: Sequence[str], fate: Fate, error: str, due_at: float, node: str) -> None:
    """Set the fate of deliveries. One that was given up for lost and is being sent by another node stays as it is."""
    slot = {"slot": ""} if fate in (Fate.PENDING, Fate.HELD) else {}
    values = {"fate": str(fate), "error": error, "due_at": due_at, "sender": node, **slot}
    elsewhere = and_(table.c.fate == str(Fate.SENDING), ~_sent_by(node))
    marking = update(table).where(table.c.id.in_(delivery_ids), ~elsewhere).values(values)
    touch(connection, *connection.scalars(marking.returning(table.c.conversation_id)))


def claim_slot(connection: Connection, conversation_id: str, message_id: str, fit: Fit, sender: str) -> Sequence[Reply]:
    """Claim replies for the response to a message."""
    carried = _read(connection, _IN_SLOT, carrier=message_id, this=conversation_id)
    if carried:
        return _replies(carried)
    line = _read(connection, _UNDER_WAY_LOCKED, this=conversation_id, to=str(Destination.CITIZEN))
    if any(d.fate is Fate.SENDING for d in line):
        return []
    pending = rules.leading_pending(line)
    claimed = pending[: fit(_replies(pending))] if pending else ()
    if claimed:
        values = {"fate": str(Fate.SENDING), "attempts": table.c.attempts + 1, "slot": message_id, "sender": sender}
        connection.execute(update(table).where(table.c.id.in_([d.id for d in claimed])).values(values))
        touch(connection, conversation_id)
    return _replies(claimed)


def slot_sent(connection: Connection, message_id: str) -> None:
    """What the slot carries is SENT."""
    touch(connection, *connection.scalars(_SLOT_SENT, {"carrier": message_id}))


def release(connection: Connection, conversation_id: str, now: float) -> None:
    """Replies that wait for a slot are due now."""
    line = _read(connection, _UNDER_WAY, this=conversation_id, to=str(Destination.CITIZEN))
    waiting = [delivery for delivery in line if rules.waits_for_slot(delivery, now)]
    if waiting:
        connection.execute(update(table).where(table.c.id.in_([d.id for d in waiting])).values(due_at=now))


def reopen(connection: Connection, conversation_id: str, due_at: float) -> None:
    """The citizen is there again: what was held or unknown may go out."""
    kept = [delivery_of(row) for row in connection.execute(_REOPENABLE, {"this": conversation_id})]
    changed = (rules.reopened(delivery, due_at) for delivery in kept)
    _write(connection, (delivery for delivery in changed if delivery))


def overtake(connection: Connection, conversation_id: str) -> None:
    """A person took the conversation: what the bot said before, and has not left, is marked."""
    late = [delivery_of(row) for row in connection.execute(_MAY_LEAVE, {"this": conversation_id})]
    for delivery in filter(None, map(rules.overtaken, late)):
        # The words only: the fate of one that is leaving is its sender's.
        connection.execute(
            update(table).where(table.c.id == delivery.id).values(body=delivery_values(delivery)["body"])
        )


def attend(connection: Connection, node: str, now: float) -> None:
    """This node is there."""
    put(connection, nodes, {"name": node, "seen_at": now}, key=("name",))


def leave(connection: Connection, node: str) -> None:
    """This node goes."""
    connection.execute(delete(nodes).where(nodes.c.name == node))


def recover(connection: Connection, now: float) -> int:
    """After a crash, a fate for what was SENDING by nodes that are gone."""
    gone = nodes.c.seen_at <= now - rules.NODE_LIFE
    connection.execute(delete(nodes).where(gone))
    there = exists().where(_sent_by(nodes.c.name))
    # Two nodes that look at once do not both find it: the second waits for the first, and then it is SENDING no more.
    stranded = select(table).where(table.c.fate == str(Fate.SENDING), ~there).order_by(table.c.seq)
    found = _read(connection, stranded.with_for_update())
    sent_at = _sent_at(connection, {delivery.slot for delivery in found if delivery.slot})
    fated = [rules.recovered(delivery, now, sent_at.get(delivery.slot)) for delivery in found]
    _write(connection, fated)
    return sum(delivery.fate is Fate.UNKNOWN for delivery in fated)


def _sent_at(connection: Connection, message_ids: Collection[str]) -> dict[str, float]:
    """When the citizens sent these messages."""
    chosen = select(events.c.id, events.c.body).where(events.c.id.in_(message_ids))
    return {row.id: decode(row.body, Message).sent_at for row in connection.execute(chosen)}


def _sent_by(node: "str | ColumnElement[str]") -> ColumnElement[bool]:
    return table.c.sender.startswith(node, autoescape=isinstance(node, str))


def replay(connection: Connection, delivery_id: str, now: float) -> bool:
    """Send again by a person's order."""
    found = _read(connection, select(table).where(table.c.id == delivery_id).with_for_update())
    again = [changed for delivery in found if (changed := rules.replayed(delivery, now))]
    _write(connection, again)
    return bool(again)


def deliveries(connection: Connection, fates: Sequence[Fate], destination: Destination | None) -> Sequence[Delivery]:
    """All deliveries with one of these fates."""
    chosen = select(table).where(table.c.fate.in_([str(fate) for fate in fates]))
    if destination:
        chosen = chosen.where(table.c.destination == str(destination))
    return _read(connection, chosen.order_by(table.c.seq))


def _first_of_line() -> ColumnElement[bool]:
    """PENDING, with nothing under way before it in its conversation to its destination."""
    earlier = table.alias("earlier")
    before = and_(
        earlier.c.conversation_id == table.c.conversation_id,
        earlier.c.destination == table.c.destination,
        earlier.c.seq < table.c.seq,
        earlier.c.fate.in_([str(fate) for fate in rules.UNDER_WAY]),
    )
    return and_(table.c.fate == str(Fate.PENDING), ~exists().where(before))


def _read(connection: Connection, statement: "Select[tuple[object, ...]]", **values: str) -> list[Delivery]:
    return [delivery_of(row) for row in connection.execute(statement, values)]


def _write(connection: Connection, changed: Iterable[Delivery]) -> None:
    for delivery in changed:
        connection.execute(update(table).where(table.c.id == delivery.id).values(delivery_values(delivery)))
        touch(connection, delivery.conversation_id)


def _replies(deliveries: Iterable[Delivery]) -> list[Reply]:
    return [d.body for d in deliveries if isinstance(d.body, Reply)]
