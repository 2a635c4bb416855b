"""What the SQL record keeps beside conversations: media, values, dead letters. Each function is a transaction."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select, update

from bot.storage.base import DeadLetter, MediaJob
from bot.storage.dialect import put
from bot.storage.rows import encode, media_of
from bot.storage.schema import dead_letters, kept_values
from bot.storage.schema import media as table
from bot.storage.sql_changes import touch


def media_due(connection: Connection, now: float, limit: int) -> Sequence[MediaJob]:
    """Attachments to fetch now."""
    due = select(table).where(table.c.fate == "pending", table.c.due_at <= now)
    return [media_of(row) for row in connection.execute(due.order_by(table.c.due_at, table.c.seq).limit(limit))]


def media_mark(
    connection: Connection, attachment_id: str, fate: str, key: str, mime: str, size: int, error: str, due_at: float
) -> None:
    """What became of fetching an attachment."""
    mine = table.c.attachment_id == attachment_id
    row = connection.execute(select(table).where(mine).with_for_update()).one()
    old = media_of(row).attachment
    new = replace(old, key=key or old.key, mime=mime or old.mime, size=size or old.size)
    state = {"fate": fate, "attempts": table.c.attempts + 1, "error": error, "due_at": due_at}
    connection.execute(update(table).where(mine).values(body=encode(new), key=new.key, **state))
    touch(connection, row.conversation_id)


def media(connection: Connection, attachment_id: str) -> MediaJob | None:
    """The attachment as it stands."""
    row = connection.execute(select(table).where(table.c.attachment_id == attachment_id)).one_or_none()
    return media_of(row) if row else None


def owns_media(connection: Connection, conversation_id: str, key: str) -> bool:
    """Whether a stored file was sent in this conversation."""
    mine = select(table.c.seq).where(table.c.conversation_id == conversation_id, table.c.key == key)
    return bool(key) and connection.scalar(mine.limit(1)) is not None


def media_owners(connection: Connection, key: str) -> Sequence[str]:
    """Conversations in which citizens sent a stored file."""
    if not key:
        return []
    whose = select(table.c.conversation_id).where(table.c.key == key).distinct()
    return sorted(connection.scalars(whose))


def bury(connection: Connection, channel: str, account: str, body: bytes, reason: str, at: float) -> None:
    """Keep a signed but unreadable webhook."""
    values = {"channel": channel, "account": account, "body": body, "reason": reason, "at": at}
    connection.execute(dead_letters.insert().values(values))


def buried(connection: Connection, limit: int) -> Sequence[DeadLetter]:
    """Unreadable webhooks, latest first."""
    latest = select(dead_letters).order_by(dead_letters.c.id.desc()).limit(limit)
    return [DeadLetter(**row._mapping) for row in connection.execute(latest)]


def value(connection: Connection, name: str) -> str | None:
    """A value by name."""
    return connection.scalar(select(kept_values.c.value).where(kept_values.c.name == name))


def set_value(connection: Connection, name: str, kept: str) -> None:
    """Keep a value."""
    put(connection, kept_values, {"name": name, "value": kept}, key=("name",))
