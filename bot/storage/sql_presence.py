"""Who of the desk is there, and who is before whom in line, in the SQL record."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select, tuple_

from bot.conversation import Conversation, Holder
from bot.storage.dialect import put
from bot.storage.rows import conversation_of
from bot.storage.schema import conversations as talks
from bot.storage.schema import desk_presence

_WAITING = talks.c.holder == str(Holder.WAITING)


def ahead(connection: Connection, conversation_id: str) -> int:
    """How many of its group wait before this conversation; all whom anybody serves, if it does not wait."""
    place = (talks.c.rank, talks.c.waiting_since, talks.c.id)
    known = select(*place, talks.c.desk_group).where(talks.c.id == conversation_id, _WAITING)
    mine = connection.execute(known).one_or_none()
    served = talks.c.desk_group == (mine.desk_group if mine else "")
    waiting = select(func.count()).select_from(talks).where(_WAITING, served)
    before = waiting if mine is None else waiting.where(tuple_(*place) < tuple_(*mine[:3]))
    return connection.scalar(before) or 0


def queue_lengths(connection: Connection) -> dict[str, int]:
    """How many wait for each group."""
    waiting = select(talks.c.desk_group, func.count()).where(_WAITING).group_by(talks.c.desk_group)
    return {row[0]: row[1] for row in connection.execute(waiting)}


def seen(connection: Connection, operator: str, at: float) -> None:
    """Something was heard of an operator."""
    put(connection, desk_presence, {"operator": operator, "seen_at": at}, key=("operator",))


def unseen(connection: Connection, operator: str) -> None:
    """He said himself that he is gone."""
    connection.execute(delete(desk_presence).where(desk_presence.c.operator == operator))


def seen_at(connection: Connection, operator: str) -> float:
    """When something was heard of him last; 0 for never."""
    found = select(desk_presence.c.seen_at).where(desk_presence.c.operator == operator)
    return connection.scalar(found) or 0.0


def present(connection: Connection, since: float) -> Sequence[str]:
    """Operators of whom something was heard."""
    names = select(desk_presence.c.operator).where(desk_presence.c.seen_at >= since)
    return list(connection.scalars(names.order_by(desk_presence.c.operator)))


def absent(connection: Connection, since: float) -> Sequence[Conversation]:
    """Conversations held by operators of whom nothing was heard since then."""
    heard = {row.operator: row.seen_at for row in connection.execute(select(desk_presence))}
    held = select(talks.c.body, talks.c.version).where(talks.c.holder == str(Holder.OPERATOR))
    found = [conversation_of(row, ()) for row in connection.execute(held)]
    return [each for each in found if heard.get(each.operator, each.waiting_since) < since]
