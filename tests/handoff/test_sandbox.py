"""The built-in case system: tickets in, steps out over the real front door, and nothing lost by a restart."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from handoff.errors import CaseSystemRefused, CaseSystemUnavailable, StepRefused
from handoff.sandbox import Sandbox, SignedPost
from handoff.sandbox_store import SandboxStore
from handoff.states import Who
from handoff.ticket import CaseEvent, CaseEventKind, StatusUpdate, Ticket, TicketAttachment, TicketStatus
from tests.handoff.sandbox_rig import SECRET, TABLE, Front, serving, until
from tests.handoff.tickets import TICKET, ticket, update


def event(kind: CaseEventKind, event_id: str = "c1", **words: str | bool) -> CaseEvent:
    return CaseEvent(
        id=event_id,
        ticket_no=TICKET.ticket_no,
        kind=kind,
        at="2026-11-25T09:00:00+08:00",
        text=str(words.get("text", "")),
        rating=str(words["rating"]) if "rating" in words else None,
        second_supervision=bool(words.get("second_supervision", False)),
        attachments=(TicketAttachment(id="p1", kind="image", url="/media/p1"),) if "photo" in words else (),
    )


async def test_a_ticket_gets_a_number_and_the_same_ticket_again_gets_the_same_answer() -> None:
    async with serving(":memory:", Front()) as (sandbox, _):
        first = await sandbox.submit(TICKET)
        again = await sandbox.submit(TICKET)
        other = await sandbox.submit(ticket(ticket_no="AS2"))

        assert sandbox.name == "sandbox"
        assert first == again == await sandbox.lookup(TICKET.ticket_no)
        assert (first.status, first.ticket_no) == (TicketStatus.SUBMITTED, TICKET.ticket_no)
        assert first.external_no
        assert first.external_no != other.external_no
        assert await sandbox.lookup("AS9") is None


async def test_a_clerks_steps_reach_suda_in_order_and_signed() -> None:
    front = Front()
    async with serving(":memory:", front) as (sandbox, _):
        await sandbox.submit(TICKET)
        steps = [TicketStatus.ACCEPTED, TicketStatus.DISPATCHED, TicketStatus.IN_PROGRESS, TicketStatus.RESOLVED]
        for number, status in enumerate(steps):
            assert await sandbox.take_step(update(status, f"s{number}"))
        assert not await sandbox.take_step(update(TicketStatus.RESOLVED, "s3"))
        await until(lambda: len(front.updates) == 4)

        assert [told.status for told in front.updates] == steps
        now = await sandbox.lookup(TICKET.ticket_no)
        assert now is not None
        assert now.status is TicketStatus.RESOLVED


async def test_a_step_that_the_table_does_not_name_is_refused_and_leaves_nothing_behind() -> None:
    front = Front()
    async with serving(":memory:", front) as (sandbox, _):
        await sandbox.submit(TICKET)

        with pytest.raises(StepRefused):
            await sandbox.take_step(update(TicketStatus.ARCHIVED))

        assert await sandbox.take_step(update(TicketStatus.ACCEPTED))
        await until(lambda: bool(front.updates))
        assert [told.status for told in front.updates] == [TicketStatus.ACCEPTED]


async def test_what_suda_does_not_take_is_told_again_until_it_does_and_in_order() -> None:
    front = Front()
    front.closed = True
    async with serving(":memory:", front) as (sandbox, _):
        await sandbox.submit(TICKET)
        await sandbox.take_step(update(TicketStatus.ACCEPTED, "s1"))
        await sandbox.take_step(update(TicketStatus.RESOLVED, "s2"))
        await until(lambda: front.calls >= 3)
        assert not front.updates

        front.closed = False
        await until(lambda: len(front.updates) == 2)

        assert [told.event_id for told in front.updates] == ["s1", "s2"]


async def test_what_was_not_told_yet_is_told_after_a_restart(tmp_path: Path) -> None:
    front = Front()
    front.closed = True
    async with serving(tmp_path / "sandbox.db", front) as (sandbox, _):
        number = (await sandbox.submit(TICKET)).external_no
        await sandbox.take_step(update(TicketStatus.ACCEPTED, "s1"))
        await until(lambda: front.calls >= 1)
    front.closed = False

    async with serving(tmp_path / "sandbox.db", front) as (sandbox, _):
        await until(lambda: len(front.updates) == 1)

        assert (await sandbox.submit(TICKET)).event_id == "s1"
        assert (await sandbox.submit(ticket(ticket_no="AS2"))).external_no != number


async def test_a_wrong_secret_is_no_reason_to_forget_a_step() -> None:
    front = Front()
    async with serving(":memory:", front, secret="not theirs") as (sandbox, _):
        await sandbox.submit(TICKET)
        await sandbox.take_step(update(TicketStatus.ACCEPTED))
        await until(lambda: len(front.counted) >= 2)

        assert set(front.counted) == {"forged"}


async def test_an_absent_suda_is_named_unavailable() -> None:
    with pytest.raises(CaseSystemUnavailable, match="ClientConnectorError"):
        await SignedPost("http://127.0.0.1:9/handoff/status", SECRET)(update(TicketStatus.ACCEPTED))


async def test_what_the_citizen_does_is_taken_once_and_changes_the_ticket() -> None:
    async with serving(":memory:", Front()) as (sandbox, _):
        await sandbox.submit(TICKET)
        for _ in range(2):
            await sandbox.send(event(CaseEventKind.URGE, "c1", text="三天了"))
            await sandbox.send(event(CaseEventKind.SUPPLEMENT, "c2", photo=True))
        await sandbox.take_step(update(TicketStatus.RESOLVED, "s1"))
        await sandbox.send(event(CaseEventKind.RATING, "c3", rating="不满意"))
        await sandbox.send(event(CaseEventKind.REOPEN, "c4", second_supervision=True, text="还是不亮"))

        now = await sandbox.lookup(TICKET.ticket_no)
        held = await _held(sandbox)
        assert now is not None
        assert now.status is TicketStatus.REOPENED
        assert (held.urge_count, held.supplement_count, held.rating, held.supervision_rounds) == (1, 1, "不满意", 1)


async def test_a_reopening_without_second_supervision_and_a_withdrawal_are_taken() -> None:
    async with serving(":memory:", Front()) as (sandbox, _):
        await sandbox.submit(TICKET)
        await sandbox.take_step(update(TicketStatus.RESOLVED, "s1"))
        await sandbox.send(event(CaseEventKind.REOPEN, "c1"))
        await sandbox.send(event(CaseEventKind.WITHDRAW, "c2"))

        assert (await _held(sandbox)).status is TicketStatus.WITHDRAWN


async def test_a_wish_that_comes_too_late_stays_on_the_timeline(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.db"
    async with serving(database, Front()) as (sandbox, _):
        await sandbox.submit(TICKET)
        await sandbox.take_step(update(TicketStatus.RESOLVED, "s1"))
        await sandbox.send(event(CaseEventKind.WITHDRAW, "c1"))

        assert (await _held(sandbox)).status is TicketStatus.RESOLVED
    with sqlite3.connect(database) as record:
        entries = "".join(row[0].decode() for row in record.execute("SELECT entry FROM timeline"))
    record.close()
    assert "市民撤回（当前状态“已办结，待您评价”，状态未变）" in entries


async def test_an_event_for_a_ticket_that_nobody_knows_is_refused() -> None:
    async with serving(":memory:", Front()) as (sandbox, _):
        with pytest.raises(CaseSystemRefused):
            await sandbox.send(event(CaseEventKind.URGE))


async def test_name_and_number_of_a_confidential_citizen_are_not_kept() -> None:
    async with serving(":memory:", Front()) as (sandbox, _):
        await sandbox.submit(ticket(confidential=True))

        held = await _held(sandbox)
        assert (held.contact.name, held.contact.phone) == (None, None)
        assert all("138" not in line.text for line in held.transcript)


async def test_a_fault_of_the_store_does_not_end_the_telling(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    front = Front()
    database = tmp_path / "sandbox.db"
    async with serving(database, front) as (sandbox, _):
        await sandbox.submit(TICKET)
        with sqlite3.connect(database) as record:
            record.execute("ALTER TABLE notices RENAME COLUMN next_at TO hidden")
        await _wake(sandbox)
        await until(lambda: "could not look after its notices" in caplog.text)
        with sqlite3.connect(database) as record:
            record.execute("ALTER TABLE notices RENAME COLUMN hidden TO next_at")
        record.close()
        await sandbox.take_step(update(TicketStatus.ACCEPTED))

        await until(lambda: bool(front.updates))


async def test_a_store_that_is_not_open_says_so_and_opening_or_closing_twice_is_harmless() -> None:
    store = SandboxStore(":memory:")
    await store.close()
    with pytest.raises(CaseSystemUnavailable, match="not open"):
        await store.held("AS1")
    await store.open()
    await store.open()
    assert await store.held("AS1") is None
    await store.close()


async def test_other_machines_are_let_in_only_with_a_login() -> None:
    async def notify(update: StatusUpdate) -> None:
        raise AssertionError(update)

    with pytest.raises(ValueError, match="login"):
        Sandbox(":memory:", notify, TABLE, loopback_only=False)
    sandbox = Sandbox(":memory:", notify, TABLE)
    await sandbox.stop()


async def test_two_clerks_at_once_leave_a_ticket_that_the_table_allows() -> None:
    front = Front()
    async with serving(":memory:", front) as (sandbox, _):
        await sandbox.submit(TICKET)
        results = await asyncio.gather(
            sandbox.take_step(update(TicketStatus.ACCEPTED, "s1")),
            sandbox.take_step(update(TicketStatus.ACCEPTED, "s2")),
            return_exceptions=True,
        )

        assert sum(result is True for result in results) == 1
        assert TABLE.allowed((await _held(sandbox)).status, Who.CLERK)


async def _held(sandbox: Sandbox) -> Ticket:
    held = await sandbox.held(TICKET.ticket_no)
    assert held is not None
    return held


async def _wake(sandbox: Sandbox) -> None:
    """Make the telling loop look again, as after any step."""
    sandbox.wake()
