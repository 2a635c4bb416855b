"""The tables of the record. Bodies are JSON; what is asked for by a query has a column of its own."""

from typing import Any

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
    TypeDecorator,
    UniqueConstraint,
    text,
)

VERSION = "0013"
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


class Word(TypeDecorator[str]):
    """A name or an id, written or asked for, as any database takes it: PostgreSQL knows no NUL, none half a letter."""

    impl: type[String] = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """What is not legible is left out."""
        return value if value is None else legible(value)


class Words(Word):
    """The same for what people write."""

    impl = Text
    cache_ok = True


def legible(text: str) -> str:
    """The text as every database takes it."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _number(name: str) -> Column[int]:
    return Column(name, Counter, primary_key=True, autoincrement=True)


def _conversation() -> Column[str]:
    return Column("conversation_id", Word, ForeignKey("conversations.id"), nullable=False)


conversations = Table(
    "conversations",
    metadata,
    Column("id", Word, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("holder", Word, nullable=False),
    Column("waiting_since", Double, nullable=False),
    Column("rank", Integer, nullable=False, server_default="2"),
    Column("desk_group", Word, nullable=False, server_default=""),
    Column("drafting", Boolean, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("last_text", Words, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("body", Words, nullable=False),
    Index(None, "holder", "rank", "waiting_since"),
    Index(None, "last_at"),
)

events = Table(
    "events",
    metadata,
    _number("seq"),
    Column("id", Word, nullable=False, unique=True),
    _conversation(),
    Column("kind", Word, nullable=False),
    Column("body", Words, nullable=False),
    Column("at", Double, nullable=False),
    Column("handled_at", Double),
    Column("outcome", Word),
    Column("error", Words, nullable=False),
    Index(
        "ix_events_unhandled",
        "conversation_id",
        "seq",
        sqlite_where=text("handled_at IS NULL"),
        postgresql_where=text("handled_at IS NULL"),
    ),
    # figures are read from this index alone
    Index(None, "kind", "at", "outcome"),
    Index(
        "ix_events_put_aside",
        "seq",
        sqlite_where=text("outcome = 'put_aside'"),
        postgresql_where=text("outcome = 'put_aside'"),
    ),
)

deliveries = Table(
    "deliveries",
    metadata,
    _number("seq"),
    Column("id", Word, nullable=False, unique=True),
    _conversation(),
    Column("destination", Word, nullable=False),
    Column("body_kind", Word, nullable=False),
    Column("ticket_no", Word, nullable=False),
    Column("body", Words, nullable=False),
    Column("fate", Word),
    Column("due_at", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Words, nullable=False),
    Column("slot", Word, nullable=False),
    Column("sender", Word, nullable=False, server_default=""),
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
    Column("ticket_no", Word, nullable=False, unique=True),
    _conversation(),
    Column("status", Word, nullable=False),
    Column("body", Words, nullable=False),
    Column("due_at", Double),
    Column("category", Word, nullable=False, server_default=""),
    Column("street", Word, nullable=False, server_default=""),
    Column("taken_at", Double, nullable=False, server_default="0"),
    Index(None, "conversation_id", "seq"),
    Index(
        "ix_tickets_due", "due_at", sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL")
    ),
    Index(None, "category", "taken_at"),
    Index(None, "street", "taken_at"),
)

corrections = Table(
    "corrections",
    metadata,
    _number("seq"),
    Column("id", Word, nullable=False, unique=True),
    _conversation(),
    Column("at", Double, nullable=False),
    Column("who", Word, nullable=False),
    Column("text", Words, nullable=False),
    Column("machine", Words, nullable=False),
    Column("operator", Words, nullable=False),
    Index(None, "conversation_id"),
)

timeouts = Table(
    "timeouts",
    metadata,
    Column("conversation_id", Word, ForeignKey("conversations.id"), primary_key=True),
    Column("name", Word, primary_key=True),
    Column("due_at", Double, nullable=False),
    Column("subject", Words, nullable=False),
    Index(None, "due_at"),
)

questions = Table(
    "questions",
    metadata,
    _number("id"),
    _conversation(),
    Column("at", Double, nullable=False),
    Column("text", Words, nullable=False),
    Column("decision", Word, nullable=False),
    Column("entry_id", Word, nullable=False),
    Column("vote", Word, nullable=False),
    Index(None, "decision", "id"),
    Index(None, "at"),
)

faq_versions = Table(
    "faq_versions",
    metadata,
    _number("seq"),
    Column("entry_id", Word, nullable=False),
    Column("version", Integer, nullable=False),
    Column("fields", Words, nullable=False),
    Column("author", Word, nullable=False),
    Column("at", Double, nullable=False),
    Column("note", Words, nullable=False),
    UniqueConstraint("entry_id", "version"),
)

stints = Table(
    "stints",
    metadata,
    _number("id"),
    _conversation(),
    Column("reason", Word, nullable=False),
    Column("asked_at", Double, nullable=False),
    Column("waited_until", Double),
    Column("operator", Word, nullable=False),
    Column("operator_name", Word, nullable=False),
    Column("answered_at", Double),
    Column("last_answer_at", Double),
    Column("ended_at", Double),
    Index(None, "asked_at"),
    Index(None, "waited_until"),
    Index(None, "answered_at"),
    Index(None, "conversation_id", "ended_at"),
    Index(
        "ix_stints_open", "operator", sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")
    ),
)

ratings = Table(
    "ratings",
    metadata,
    _number("id"),
    Column("ticket_no", Word, nullable=False),
    Column("rating", Word, nullable=False),
    # of the operator's service in a conversation, and not of a ticket
    Column("operator", Word, nullable=False, server_default=""),
    Column("at", Double, nullable=False),
    Index(None, "at"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    _number("id"),
    Column("channel", Word, nullable=False),
    Column("account", Word, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("reason", Words, nullable=False),
    Column("at", Double, nullable=False),
)

media = Table(
    "media",
    metadata,
    _number("seq"),
    Column("attachment_id", Word, nullable=False, unique=True),
    _conversation(),
    Column("address", Word, nullable=False),
    Column("body", Words, nullable=False),
    Column("key", Word, nullable=False),
    Column("fate", Word, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("error", Words, nullable=False),
    Index(None, "fate", "due_at"),
    Index(None, "conversation_id", "key"),
    Index(None, "key"),
)

kept_values = Table(
    "kept_values",
    metadata,
    Column("name", Word, primary_key=True),
    Column("value", Words, nullable=False),
)

operators = Table(
    "operators",
    metadata,
    Column("name", Word, primary_key=True),
    Column("display_name", Word, nullable=False),
    Column("role", Word, nullable=False),
    Column("password_hash", Word, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("temporary", Boolean, nullable=False, server_default=text("false")),
    Column("language", Word, nullable=False, server_default=text("''")),
)

desk_sessions = Table(
    "desk_sessions",
    metadata,
    Column("key", Word, primary_key=True),
    Column("operator", Word, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("peer", Word, nullable=False),
    Column("browser", Word, nullable=False),
    Index(None, "operator"),
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("key", Word, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("until", Double, nullable=False),
    Index(None, "until"),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("operator", Word, primary_key=True),
    Column("sealed", Word, nullable=False),
    Column("last_step", BigInteger, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("operator", Word, primary_key=True),
    Column("digest", Word, primary_key=True),
)

reveals = Table(
    "reveals",
    metadata,
    _number("id"),
    _conversation(),
    Column("operator", Word, nullable=False),
    Column("reason", Words, nullable=False),
    Column("at", Double, nullable=False),
    Index(None, "conversation_id", "at"),
)

audit_log = Table(
    "audit_log",
    metadata,
    # Counted by the chain itself and not by the database, whose counters have gaps.
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("who", Word, nullable=False),
    Column("action", Word, nullable=False),
    Column("subject", Word, nullable=False),
    Column("hash", Word, nullable=False),
    Index(None, "who", "number"),
    Index(None, "action", "number"),
    Index(None, "at"),
)

canned_replies = Table(
    "canned_replies",
    metadata,
    _number("id"),
    Column("owner", Word, nullable=False),
    Column("shortcut", Word, nullable=False),
    Column("title", Word, nullable=False),
    Column("text", Words, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("owner", "shortcut"),
)

nodes = Table(
    "nodes",
    metadata,
    Column("name", Word, primary_key=True),
    Column("seen_at", Double, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    # No foreign key: its check would wait for whoever holds the conversation, and nothing may be waited for here.
    Column("conversation_id", Word, primary_key=True),
    Column("number", Counter, nullable=False),
    Index(None, "number"),
)
"""The latest change of each conversation."""

counters = Table(
    "counters",
    metadata,
    Column("name", Word, primary_key=True),
    Column("value", Counter, nullable=False),
)

desk_presence = Table(
    "desk_presence",
    metadata,
    Column("operator", Word, primary_key=True),
    Column("seen_at", Double, nullable=False),
)

person_addresses = Table(
    "person_addresses",
    metadata,
    Column("conversation_id", Word, ForeignKey("conversations.id"), primary_key=True),
    Column("person", Word, nullable=False),
    Column("since", Double, nullable=False),
    Index(None, "person"),
)
"""Addresses that citizens linked themselves: who belongs together, and nothing else about them."""

link_codes = Table(
    "link_codes",
    metadata,
    Column("conversation_id", Word, ForeignKey("conversations.id"), primary_key=True),
    Column("code", Word, nullable=False, unique=True),
    Column("until", Double, nullable=False),
)

link_tries = Table(
    "link_tries",
    metadata,
    _number("id"),
    _conversation(),
    Column("at", Double, nullable=False),
    Index(None, "conversation_id", "at"),
    Index(None, "at"),
)
"""Wrong codes of the last hour."""
