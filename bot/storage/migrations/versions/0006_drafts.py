"""What operators knew better than the machine; tickets found again by category and street."""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table and the columns, and fill these for the tickets that are there."""
    op.create_table(
        "corrections",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_corrections_conversation_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_corrections"),
        sa.UniqueConstraint("id", name="uq_corrections_id"),
    )
    op.create_index("ix_corrections_conversation_id", "corrections", ["conversation_id"])
    op.add_column("tickets", sa.Column("category", sa.String(), nullable=False, server_default=""))
    op.add_column("tickets", sa.Column("street", sa.String(), nullable=False, server_default=""))
    op.add_column("tickets", sa.Column("taken_at", sa.Double(), nullable=False, server_default="0"))
    op.create_index("ix_tickets_category_taken_at", "tickets", ["category", "taken_at"])
    op.create_index("ix_tickets_street_taken_at", "tickets", ["street", "taken_at"])
    _fill()


def _fill() -> None:
    tickets = sa.table("tickets", *(sa.column(name) for name in ("seq", "body", "category", "street", "taken_at")))
    connection = op.get_bind()
    for seq, body in connection.execute(sa.select(tickets.c.seq, tickets.c.body)).all():
        ticket = json.loads(body)
        found = {
            "category": (ticket.get("category") or {}).get("code") or "",
            "street": (ticket.get("place") or {}).get("street") or "",
            "taken_at": datetime.fromisoformat(ticket["accepted_at"]).timestamp(),
        }
        connection.execute(tickets.update().where(tickets.c.seq == seq).values(**found))
