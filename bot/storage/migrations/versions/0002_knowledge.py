"""The knowledge base as people keep it: every version of an entry, and questions by their time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# SQLite counts by itself only in a column that is INTEGER to the letter
Counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table and the index."""
    op.create_table(
        "faq_versions",
        sa.Column("seq", Counter, nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_faq_versions"),
        sa.UniqueConstraint("entry_id", "version", name="uq_faq_versions_entry_id"),
    )
    op.create_index("ix_questions_at", "questions", ["at"])
