"""In which language each operator reads the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column; nobody has chosen yet."""
    op.add_column("operators", sa.Column("language", sa.String(), nullable=False, server_default=sa.text("''")))
