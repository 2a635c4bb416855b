"""Canned replies of the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# SQLite counts by itself only in a column that is INTEGER to the letter
Counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "canned_replies",
        sa.Column("id", Counter, nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("shortcut", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_canned_replies"),
        sa.UniqueConstraint("owner", "shortcut", name="uq_canned_replies_owner"),
    )
