"""The latest change of each conversation, numbered in the order of the commits, for live pages."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

# SQLite counts by itself only in a column that is INTEGER to the letter
Counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "changes",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("number", Counter, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_changes"),
    )
    op.create_index("ix_changes_number", "changes", ["number"])
    op.create_table(
        "counters",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", Counter, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
