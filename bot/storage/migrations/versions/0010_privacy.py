"""Whose a file is, and what somebody did or looked at, without reading through all of it."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("ix_media_key", "media", ["key"])
    op.create_index("ix_audit_log_who_number", "audit_log", ["who", "number"])
    op.create_index("ix_audit_log_action_number", "audit_log", ["action", "number"])
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
