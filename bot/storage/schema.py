"""The tables of the record. Bodies are JSON; what is asked for by a query has a column of its own."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

VERSION = "0002"
"""The migration that completes the tables below; a record at another one is not opened."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts by itself only in a column that is INTEGER to the letter
Counter = BigInteger().with_variant(Integer, "sqlite")


def _number(name: str) -> Column[int]:
    return Column(name, Counter, primary_key=True, autoincrement=True)


def _conversation() -> Column[str]:
    return Column("conversation_id", String, ForeignKey("conversations.id"), nullable=False)


conversations = Table(
    "conversations",
    metadata,
    Column("id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("holder", String, nullable=False),
    Column("waiting_since", Double, nullable=False),
    Column("drafting", Boolean, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("last_text", Text, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "holder", "waiting_since"),
    Index(None, "last_at"),
)

events = Table(
    "events",
    metadata,
    _number("seq"),
    Column("id", String, nullable=False, unique=True),
    _conversation(),
    Column("kind", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("handled_at", Double),
    Column("outcome", String),
    Column("error", Text, nullable=False),
    Index(
        "ix_events_unhandled",
        "conversation_id",
        "seq",
        sqlite_where=text("handled_at IS NULL"),
        postgresql_where=text("handled_at IS NULL"),
    ),
)

deliveries = Table(
    "deliveries",
    metadata,
    _number("seq"),
    Column("id", String, nullable=False, unique=True),
    _conversation(),
    Column("destination", String, nullable=False),
    Column("body_kind", String, nullable=False),
    Column("ticket_no", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("fate", String),
    Column("due_at", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("slot", String, nullable=False),
    Index(None, "conversation_id", "fate", "seq"),
    Index(None, "fate", "due_at"),
    Index(None, "slot"),
)

lines = Table(
    "lines",
    metadata,
    _number("cursor"),
    _conversation(),
    Column("event_seq", Counter, ForeignKey("events.seq")),
    Column("delivery_seq", Counter, ForeignKey("deliveries.seq")),
    Column("at", Double, nullable=False),
    Index(None, "conversation_id", "cursor"),
)

tickets = Table(
    "tickets",
    metadata,
    _number("seq"),
    Column("ticket_no", String, nullable=False, unique=True),
    _conversation(),
    Column("status", String, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "conversation_id", "seq"),
)

timeouts = Table(
    "timeouts",
    metadata,
    Column("conversation_id", String, ForeignKey("conversations.id"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("due_at", Double, nullable=False),
    Column("subject", Text, nullable=False),
    Index(None, "due_at"),
)

questions = Table(
    "questions",
    metadata,
    _number("id"),
    _conversation(),
    Column("at", Double, nullable=False),
    Column("text", Text, nullable=False),
    Column("decision", String, nullable=False),
    Column("entry_id", String, nullable=False),
    Column("vote", String, nullable=False),
    Index(None, "decision", "id"),
    Index(None, "at"),
)

faq_versions = Table(
    "faq_versions",
    metadata,
    _number("seq"),
    Column("entry_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("fields", Text, nullable=False),
    Column("author", String, nullable=False),
    Column("at", Double, nullable=False),
    Column("note", Text, nullable=False),
    UniqueConstraint("entry_id", "version"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    _number("id"),
    Column("channel", String, nullable=False),
    Column("account", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Double, nullable=False),
)

media = Table(
    "media",
    metadata,
    _number("seq"),
    Column("attachment_id", String, nullable=False, unique=True),
    _conversation(),
    Column("address", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("key", String, nullable=False),
    Column("fate", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("error", Text, nullable=False),
    Index(None, "fate", "due_at"),
    Index(None, "conversation_id", "key"),
)

kept_values = Table(
    "kept_values",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

operators = Table(
    "operators",
    metadata,
    Column("name", String, primary_key=True),
    Column("display_name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    _number("id"),
    Column("at", Double, nullable=False),
    Column("who", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
)
