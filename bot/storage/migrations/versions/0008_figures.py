"""Figures for supervisors: how long people waited for a person, what they graded, when tickets are due."""

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

# SQLite counts by itself only in a column that is INTEGER to the letter
Counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_SETTLED = (
    "answered_directly",
    "rejected_out_of_scope",
    "cannot_resolve_now",
    "resolved",
    "called_back",
    "rated",
    "merged_into",
    "withdrawn",
    "archived",
)


def upgrade() -> None:
    """Make tables, column and indexes, and fill them with what the record knows."""
    op.create_table(
        "stints",
        sa.Column("id", Counter, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.Column("waited_until", sa.Double()),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("operator_name", sa.String(), nullable=False),
        sa.Column("answered_at", sa.Double()),
        sa.Column("last_answer_at", sa.Double()),
        sa.Column("ended_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_stints"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_stints_conversation_id"),
    )
    for column in ("asked_at", "waited_until", "answered_at"):
        op.create_index(f"ix_stints_{column}", "stints", [column])
    op.create_index("ix_stints_conversation_id_ended_at", "stints", ["conversation_id", "ended_at"])
    _index_some("ix_stints_open", "stints", "operator", "ended_at IS NULL")
    op.create_table(
        "ratings",
        sa.Column("id", Counter, nullable=False),
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("rating", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ratings"),
    )
    op.create_index("ix_ratings_at", "ratings", ["at"])
    op.create_index("ix_events_kind_at_outcome", "events", ["kind", "at", "outcome"])
    _index_some("ix_events_put_aside", "events", "seq", "outcome = 'put_aside'")
    op.add_column("tickets", sa.Column("due_at", sa.Double()))
    _index_some("ix_tickets_due", "tickets", "due_at", "due_at IS NOT NULL")
    _fill(op.get_bind())


def _index_some(name: str, table: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def _fill(connection: sa.Connection) -> None:
    """Stays with people that last, grades that were given, and when open tickets are due."""
    held = sa.text("SELECT id, holder, waiting_since, body FROM conversations WHERE holder <> 'bot'")
    stint = sa.text(
        "INSERT INTO stints (conversation_id, reason, asked_at, waited_until, operator, operator_name)"
        " VALUES (:conversation_id, :reason, :asked_at, :waited_until, :operator, :operator_name)"
    )
    for row in connection.execute(held).all():
        body, waits = json.loads(row.body), row.holder == "waiting"
        values = {
            "conversation_id": row.id,
            "reason": (body.get("waiting_reason") or "asked") if waits else "",
            "asked_at": row.waiting_since,
            "waited_until": None if waits else row.waiting_since,
            "operator": "" if waits else body.get("operator", ""),
            "operator_name": "" if waits else body.get("operator_name", ""),
        }
        connection.execute(stint, values)
    graded = sa.text("INSERT INTO ratings (ticket_no, rating, at) VALUES (:ticket_no, :rating, :at)")
    told = connection.execute(sa.text("SELECT body FROM deliveries WHERE body_kind = 'case_event' ORDER BY seq"))
    for event in map(json.loads, told.scalars().all()):
        if event["kind"] == "rating":
            at = datetime.fromisoformat(event["at"]).timestamp()
            connection.execute(graded, {"ticket_no": event["ticket_no"], "rating": event["rating"] or "", "at": at})
    due = sa.text("UPDATE tickets SET due_at = :due WHERE seq = :seq")
    for row in connection.execute(sa.text("SELECT seq, status, body FROM tickets")).all():
        if row.status not in _SETTLED and (moment := _due(row.status, json.loads(row.body))):
            connection.execute(due, {"due": moment.timestamp(), "seq": row.seq})


def _due(status: str, ticket: dict[str, Any]) -> datetime | None:
    """As the service tells it of an open ticket: what was promised last, else by law."""
    clocks = ticket["clocks"]
    if status == "submitted" and clocks:
        return datetime.fromisoformat(clocks[0]["due_at"])
    told = next((step["promised_date"] for step in reversed(ticket["history"]) if step["promised_date"]), "")
    if told:
        return datetime.fromisoformat(f"{told[:10]}T23:59:59+08:00")
    promised = next((clock for clock in clocks if clock["promised"]), clocks[-1] if clocks else None)
    return datetime.fromisoformat(promised["due_at"]) if promised else None
