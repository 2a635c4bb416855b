"""Addresses that belong to one citizen, the codes that link them, and wrong codes."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

# SQLite counts by itself only in a column that is INTEGER to the letter
Counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "person_addresses",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_person_addresses"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_person_addresses_conversation_id"),
    )
    op.create_index("ix_person_addresses_person", "person_addresses", ["person"])
    op.create_table(
        "link_codes",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_link_codes"),
        sa.UniqueConstraint("code", name="uq_link_codes_code"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_link_codes_conversation_id"),
    )
    op.create_table(
        "link_tries",
        sa.Column("id", Counter, autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_link_tries"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_link_tries_conversation_id"),
    )
    op.create_index("ix_link_tries_conversation_id_at", "link_tries", ["conversation_id", "at"])
    op.create_index("ix_link_tries_at", "link_tries", ["at"])
