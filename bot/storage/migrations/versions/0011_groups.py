"""Who waits for which group, as a column; grades that citizens give to an operator's service."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns, and fill in the groups of those who wait or are held."""
    op.add_column("conversations", sa.Column("desk_group", sa.String(), nullable=False, server_default=""))
    op.add_column("ratings", sa.Column("operator", sa.String(), nullable=False, server_default=""))
    _fill()


def _fill() -> None:
    talks = sa.table("conversations", *(sa.column(name) for name in ("id", "holder", "body", "desk_group")))
    connection = op.get_bind()
    with_people = sa.select(talks.c.id, talks.c.body).where(talks.c.holder != "bot")
    for conversation_id, body in connection.execute(with_people).all():
        group = json.loads(body).get("group", "")
        if group:
            connection.execute(talks.update().where(talks.c.id == conversation_id).values(desk_group=group))
