"""Canned replies in the SQL record: shared ones, and those of each operator."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from bot.storage.dialect import add
from bot.storage.schema import canned_replies as table
from handoff.writing import SHARED, CannedReply, Kept


def canned_replies(connection: Connection, owner: str) -> Sequence[CannedReply]:
    """The shared ones and this owner's, by shortcut; of one shortcut the shared one first."""
    mine = select(table).where(table.c.owner.in_((SHARED, owner))).order_by(table.c.shortcut, table.c.owner)
    return [CannedReply(**row._mapping) for row in connection.execute(mine)]


def keep_canned(connection: Connection, reply: CannedReply) -> Kept:
    """Add one, or change it."""
    words = {"shortcut": reply.shortcut, "title": reply.title, "text": reply.text}
    if reply.id == 0:
        added = add(connection, table, {"owner": reply.owner, "version": 1, **words})
        return Kept.DOUBLED if added is None else Kept.DONE
    same = (table.c.owner == reply.owner) & (table.c.shortcut == reply.shortcut) & (table.c.id != reply.id)
    if connection.scalar(select(table.c.id).where(same)) is not None:
        return Kept.DOUBLED
    mine = (table.c.id == reply.id) & (table.c.owner == reply.owner) & (table.c.version == reply.version)
    changed = connection.execute(update(table).where(mine).values(version=reply.version + 1, **words))
    return Kept.DONE if changed.rowcount else Kept.LATE


def drop_canned(connection: Connection, reply_id: int, owner: str) -> bool:
    """Delete one of this owner."""
    mine = (table.c.id == reply_id) & (table.c.owner == owner)
    return connection.execute(delete(table).where(mine)).rowcount > 0
