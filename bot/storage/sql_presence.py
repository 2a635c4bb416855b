"""Who of the desk is there, and who is before whom in line, in the SQL record."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, tuple_

from bot.conversation import Conversation, Holder
from bot.storage.dialect import put
from bot.storage.rows import conversation_of
from bot.storage.schema import conversations as talks
from bot.storage.schema import desk_presence

_WAITING = talks.c.holder == str(Holder.WAITING)


def ahead(connection: Connection, conversation_id: str) -> int:
    """How many wait before this conversation; all who wait, if it does not."""
    place = (talks.c.rank, talks.c.waiting_since, talks.c.id)
    mine = connection.execute(select(*place).where(talks.c.id == conversation_id, _WAITING)).one_or_none()
    waiting = select(func.count()).select_from(talks).where(_WAITING)
    before = waiting if mine is None else waiting.where(tuple_(*place) < tuple_(*mine))
    return connection.scalar(before) or 0


def seen(connection: Connection, operator: str, at: float) -> None:
    """Something was heard of an operator."""
    put(connection, desk_presence, {"operator": operator, "seen_at": at}, key=("operator",))


def seen_at(connection: Connection, operator: str) -> float:
    """When something was heard of him last; 0 for never."""
    found = select(desk_presence.c.seen_at).where(desk_presence.c.operator == operator)
    return connection.scalar(found) or 0.0


def present(connection: Connection, since: float) -> Sequence[str]:
    """Operators of whom something was heard."""
    names = select(desk_presence.c.operator).where(desk_presence.c.seen_at >= since)
    return list(connection.scalars(names.order_by(desk_presence.c.operator)))


def absent(connection: Connection, since: float) -> Sequence[Conversation]:
    """Conversations held since before then, by operators of whom nothing was heard since then."""
    there = set(present(connection, since))
    held = select(talks.c.body, talks.c.version).where(
        talks.c.holder == str(Holder.OPERATOR), talks.c.waiting_since < since
    )
    found = [conversation_of(row, ()) for row in connection.execute(held)]
    return [conversation for conversation in found if conversation.operator not in there]
