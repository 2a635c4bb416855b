"""The queue of the desk: places in line, and when something was heard of each operator."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table, the column and its index."""
    op.create_table(
        "desk_presence",
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("operator", name="pk_desk_presence"),
    )
    op.add_column("conversations", sa.Column("rank", sa.Integer(), nullable=False, server_default="2"))
    op.drop_index("ix_conversations_holder_waiting_since", "conversations")
    op.create_index("ix_conversations_holder_rank_waiting_since", "conversations", ["holder", "rank", "waiting_since"])
