"""A record from before figures were kept: what it knew is counted after the migration."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bot.conversation import Conversation, Holder
from bot.storage.dialect import open_engine
from bot.storage.figures import Patience, Span
from bot.storage.migrate import migrate
from bot.storage.rows import encode
from bot.storage.sql import SqlStorage
from handoff.clock import due_moment
from handoff.ticket import CaseEvent, CaseEventKind, Clock, StatusUpdate, Ticket, TicketStatus
from tests.bot.storage.makers import LI, NOW, WANG, ticket
from tests.servers.postgres import PostgresServer

DUE = Clock(name="办理", due_at="2027-01-15T16:00:00+08:00", promised=True)  # NOW
TOLD = StatusUpdate(event_id="e", ticket_no="T2", status=TicketStatus.EXTENDED, at="", promised_date="2027-01-20")
TICKETS = (
    replace(ticket("T1"), clocks=(replace(DUE, promised=False), replace(DUE, due_at="2027-02-15T16:00:00+08:00"))),
    replace(ticket("T2"), clocks=(DUE,), status=TicketStatus.EXTENDED, history=(TOLD,)),
    replace(ticket("T3"), clocks=(DUE,), status=TicketStatus.RESOLVED),
    replace(ticket("T4"), clocks=(DUE,), status=TicketStatus.IN_PROGRESS),
    ticket("T5"),
)
GRADE = CaseEvent(id="g", ticket_no="T3", kind=CaseEventKind.RATING, at="2027-01-15T16:00:00+08:00", rating="满意")
URGE = CaseEvent(id="u", ticket_no="T3", kind=CaseEventKind.URGE, at="2027-01-15T16:00:00+08:00")


def put(connection: Connection, table: str, **row: Any) -> None:
    columns = ", ".join(row)
    connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(f':{name}' for name in row)})"), row)


def fill(url: str) -> None:
    """What the version before wrote."""
    waits = Conversation(id=LI.key, address=LI).waiting("unhappy", NOW - 900)
    held = replace(
        Conversation(id=WANG.key, address=WANG),
        holder=Holder.OPERATOR,
        operator="zhao",
        operator_name="Zhao",
        waiting_since=NOW - 60,
    )
    engine = open_engine(url)
    with engine.begin() as connection:
        for each in (waits, held):
            last = {"updated_at": NOW, "last_text": "", "last_at": NOW, "drafting": False}
            kept = {"holder": str(each.holder), "waiting_since": each.waiting_since, "body": encode(each)}
            put(connection, "conversations", id=each.id, version=1, **last, **kept)
        for filed in TICKETS:
            row = {"conversation_id": LI.key, "status": str(filed.status), "body": encode(filed)}
            put(connection, "tickets", ticket_no=filed.ticket_no, **row)
        for event in (GRADE, URGE):
            row = {"conversation_id": LI.key, "destination": "case_system", "body_kind": "case_event", "slot": ""}
            sent = {"ticket_no": "T3", "fate": "sent", "due_at": 0.0, "attempts": 1, "error": ""}
            put(connection, "deliveries", id=event.id, body=encode(event), **row, **sent)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A record at the version before."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/suda.db"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.database()
    migrate(url, "0003")
    return url


async def test_what_lasts_what_was_graded_and_what_is_due_is_known_after_the_migration(before: str) -> None:
    fill(before)
    migrate(before)
    record = SqlStorage(before)
    await record.start()
    standing = await record.standing()
    figures = await record.figures(Span(NOW - 1, 3600.0, 1))
    loose = await record.loose_ends(NOW + 1, Patience(bot=1, waiting=1, held=1))
    await record.stop()

    assert (standing.waiting, standing.held, standing.holding) == (1, 1, {("zhao", "Zhao"): 1})
    assert figures.ratings == {"满意": 1}
    assert [(end.kind, end.detail, end.since) for end in loose.ends if end.kind == "waiting"] == [
        ("waiting", "unhappy", NOW - 900)
    ]
    assert [end.subject for end in loose.ends if end.kind == "ticket"] == ["T1", "T4"]


@pytest.mark.parametrize("each", TICKETS, ids=lambda each: each.ticket_no)
def test_the_migration_reckons_dates_as_the_service_does(tmp_path: Path, each: Ticket) -> None:
    url = f"sqlite:///{tmp_path}/suda.db"
    migrate(url, "0003")
    fill(url)
    migrate(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        found = text("SELECT due_at FROM tickets WHERE ticket_no = :number")
        assert connection.scalar(found, {"number": each.ticket_no}) == due_moment(each)
    engine.dispose()
