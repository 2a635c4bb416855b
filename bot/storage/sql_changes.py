"""Which conversations changed, and in what order: each transaction numbers those that it changed right before it ends.

The number comes from one row that stays locked until the commit, so numbers grow in the order of the commits, over all
nodes: who has read up to one of them misses none before it. Nothing is waited for while that row is locked, and so it
is locked for no longer than a commit takes, and closes no circle of locks.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Transaction, select

from bot.storage.base import Change
from bot.storage.dialect import count_up, put_all
from bot.storage.schema import changes as table
from bot.storage.schema import counters

_COUNTER = "changes"
_LATEST = select(counters.c.value).where(counters.c.name == _COUNTER)


def touch(connection: Connection, *conversation_ids: str) -> None:
    """What the desk shows of these conversations is different once this transaction is committed."""
    if not conversation_ids:
        return
    transaction = connection.get_transaction()
    noted: tuple[Transaction | None, dict[str, None]] | None = connection.info.get(_COUNTER)
    if noted is None or noted[0] is not transaction:  # what another one left behind when it was rolled back
        noted = connection.info[_COUNTER] = (transaction, {})
    noted[1].update(dict.fromkeys(conversation_ids))


def number(connection: Connection) -> None:
    """Number what was touched; the last thing that a transaction does."""
    noted = connection.info.pop(_COUNTER, None)
    if noted is None or noted[0] is not connection.get_transaction():
        return
    ids = list(noted[1])
    last = count_up(connection, counters, _COUNTER, len(ids))
    numbered = [{"conversation_id": each, "number": last - len(ids) + place} for place, each in enumerate(ids, 1)]
    put_all(connection, table, numbered, key=("conversation_id",))


def changes(connection: Connection, after: int, limit: int) -> Sequence[Change]:
    """Conversations that changed after this number, by their latest change, in order."""
    later = select(table).where(table.c.number > after).order_by(table.c.number).limit(limit)
    return [Change(number=row.number, conversation_id=row.conversation_id) for row in connection.execute(later)]


def latest(connection: Connection) -> int:
    """The number of the latest change; 0 before the first."""
    return connection.scalar(_LATEST) or 0
