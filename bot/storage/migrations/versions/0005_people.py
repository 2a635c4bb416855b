"""People of the desk: sessions, wrong guesses, second factors, reasons; the audit log becomes a chain."""

import sqlalchemy as sa
from alembic import op

from bot.storage.chain import HEAD, Head, link
from handoff.people import Noted

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables, and carry what was noted so far into the chain."""
    op.add_column("operators", sa.Column("temporary", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.create_table(
        "desk_sessions",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_desk_sessions"),
    )
    op.create_index("ix_desk_sessions_operator", "desk_sessions", ["operator"])
    op.create_table(
        "login_failures",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_login_failures"),
    )
    op.create_index("ix_login_failures_until", "login_failures", ["until"])
    op.create_table(
        "second_factors",
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("operator", name="pk_second_factors"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("operator", "digest", name="pk_recovery_codes"),
    )
    op.create_table(
        "reveals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reveals"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_reveals_conversation_id"),
    )
    op.create_index("ix_reveals_conversation_id_at", "reveals", ["conversation_id", "at"])
    log = op.create_table(
        "audit_log",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_log"),
    )
    _carry_over(log)
    op.drop_table("notes")


def _carry_over(log: sa.Table) -> None:
    connection, head = op.get_bind(), Head()
    rows = connection.execute(sa.text("SELECT at, who, action, subject FROM notes ORDER BY id")).all()
    for row in rows:
        line = Noted(number=head.number + 1, at=row.at, who=row.who, action=row.action, subject=row.subject)
        head = Head(line.number, link(line, head.hash))
        values = {"number": line.number, "at": row.at, "who": row.who, "action": row.action, "subject": row.subject}
        connection.execute(log.insert().values(**values, hash=head.hash))
    kept = sa.table("kept_values", sa.column("name", sa.String), sa.column("value", sa.Text))
    connection.execute(kept.insert().values(name=HEAD, value=str(head)))
