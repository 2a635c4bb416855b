"""What only the SQL record promises: it survives crashes, knows its version, and shares its file."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from bot.storage.base import WrongRecord
from bot.storage.dialect import open_engine
from bot.storage.migrate import current_version, migrate
from bot.storage.rows import encode
from bot.storage.schema import VERSION, metadata
from bot.storage.sql import SqlStorage
from bot.turn import Fate
from handoff.ticket import Category, TicketPlace
from tests.bot.storage.makers import LI, NOW, WANG, fates, handle, message, reply, ticket, to_case_system


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[SqlStorage]:
    """The record at this URL, open."""
    record = SqlStorage(url)
    await record.start()
    try:
        yield record
    finally:
        await record.stop()


def change(url: str, *statements: str) -> None:
    """Tamper with a record behind its back."""
    engine = open_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_migrations_make_exactly_the_tables_of_the_schema(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/suda.db"
    assert current_version(url) is None
    migrate(url)
    migrate(url)

    assert current_version(url) == VERSION
    engine = open_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


async def test_tickets_of_an_older_record_are_found_by_category_and_street(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/suda.db"
    migrate(url, "0003")
    category, place = Category(code="010208", path=("a", "b", "c")), TicketPlace(street="永乐街道")
    old = replace(ticket("T1"), category=category, place=place)
    plain = ticket("T2")
    engine = open_engine(url)
    with engine.begin() as connection:
        met = "INSERT INTO conversations VALUES (:id, 0, 'bot', 0, 0, 0, '', 0, '{}')"
        connection.execute(text(met), {"id": LI.key})
        for each in (old, plain):
            row = {"no": each.ticket_no, "id": LI.key, "body": encode(each)}
            kept = (
                "INSERT INTO tickets (ticket_no, conversation_id, status, body) VALUES (:no, :id, 'submitted', :body)"
            )
            connection.execute(text(kept), row)
    engine.dispose()

    migrate(url)

    async with opened(url) as record:
        assert await record.tickets_near(1.0, "010208", "") == [(LI.key, old)]
        assert await record.tickets_near(1.0, "", "永乐街道") == [(LI.key, old)]
        assert await record.find_ticket("T2") == (LI.key, plain)


async def test_a_record_that_was_never_migrated_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(WrongRecord, match="suda migrate"):
        await SqlStorage(f"sqlite:///{tmp_path}/suda.db").start()


async def test_a_record_of_another_version_is_refused(record_url: str) -> None:
    change(record_url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(WrongRecord, match="9999"):
        await SqlStorage(record_url).start()


async def test_a_record_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    record = SqlStorage(f"sqlite:///{tmp_path}/no/such/folder/suda.db")

    with pytest.raises(Exception, match="unable to open"):
        await record.start()
    with pytest.raises(RuntimeError, match="not open"):
        await record.ready()


def test_a_record_in_memory_is_not_made_by_accident() -> None:
    with pytest.raises(ValueError, match="MemoryStorage"):
        SqlStorage("sqlite://")


async def test_sqlite_waits_for_the_disk_at_every_commit(record_url: str) -> None:
    engine = open_engine(record_url)
    with engine.connect() as connection:
        found = {name: connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")}
        found["foreign_keys"] = connection.scalar(text("PRAGMA foreign_keys"))
    engine.dispose()

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_a_record_that_is_opened_again_holds_all_that_it_held(sql_url: str) -> None:
    async with opened(sql_url) as record:
        await record.append(message("m1"))
        await handle(record, LI, reply("r1"), to_case_system("t1", ticket("1")), tickets=(ticket("1"),))
        await record.sending(["r1", "t1"])
        before = await record.load(LI.key), await record.lines(LI.key), await record.audit()

    async with opened(sql_url) as record:
        assert (await record.load(LI.key), await record.lines(LI.key), await record.audit()) == before
        assert await record.recover(NOW) == 1
        assert await fates(record) == {"r1": Fate.UNKNOWN, "t1": Fate.PENDING}


async def test_stopping_finishes_what_was_handed_in(sql_url: str) -> None:
    async with opened(sql_url) as record:
        waiting = [asyncio.create_task(record.append(message(f"m{number}"))) for number in range(50)]
        await asyncio.sleep(0)
    assert all(await asyncio.gather(*waiting))

    async with opened(sql_url) as record:
        assert len((await record.load(LI.key)).events) == 50


async def test_who_gives_up_waiting_harms_nobody(sql_url: str) -> None:
    async with opened(sql_url) as record:
        waiting = [asyncio.create_task(record.append(message(f"m{number}"))) for number in range(9)]
        await asyncio.sleep(0)
        for task in waiting[::2]:
            task.cancel()
        results = await asyncio.gather(*waiting, return_exceptions=True)

        assert results[1::2] == [True] * 4
        written = {event.id for event in (await record.load(LI.key)).events}
        assert {"m1", "m3", "m5", "m7"} <= written


def test_two_threads_append_to_one_record(sql_url: str) -> None:
    async def append(name: str) -> list[bool]:
        async with opened(sql_url) as record:
            return [await record.append(message(f"{name}{number}")) for number in range(30)]

    answers: list[list[bool]] = []
    threads = [
        threading.Thread(target=lambda name: answers.append(asyncio.run(append(name))), args=(name,))
        for name in ("a", "b", "same", "same")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def count() -> int:
        async with opened(sql_url) as record:
            return (await record.audit()).messages

    assert asyncio.run(count()) == 90
    assert sum(sum(answer) for answer in answers) == 90


def test_what_was_acknowledged_survives_a_kill(sql_url: str) -> None:
    command = [sys.executable, "-m", "tests.bot.storage.append_forever", sql_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        acknowledged = [process.stdout.readline().strip() for _ in range(300)]
        os.kill(process.pid, signal.SIGKILL)
        # what the pipe still holds was acknowledged too; a last line may be cut off
        acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]

    async def written() -> set[str]:
        async with opened(sql_url) as record:
            return {event.id for event in (await record.load(LI.key)).events}

    found = asyncio.run(written())
    assert len(acknowledged) >= 300
    assert found.issuperset(acknowledged)
    assert len(found) <= len(acknowledged) + 8  # at most one in flight per citizen


async def test_the_ledger_believes_no_counter(sql_url: str) -> None:
    async with opened(sql_url) as record:
        await record.append(message("m1"))
        await handle(record, LI, reply("r1"), reply("r2"), to_case_system("t1", ticket("1")), tickets=(ticket("1"),))
        await record.append(message("w1", WANG))
        await handle(record, WANG)
        change(
            sql_url,
            "UPDATE events SET outcome = NULL WHERE id = 'm1'",
            "UPDATE events SET outcome = 'vanished' WHERE id = 'w1'",
            "UPDATE deliveries SET fate = NULL WHERE id = 'r1'",
            "UPDATE deliveries SET fate = 'lost' WHERE id = 'r2'",
            "DELETE FROM deliveries WHERE id = 't1'",
        )
        report = await record.audit()

    assert report.outcomeless == ("m1", "w1")
    assert report.fateless == ("r1", "r2")
    assert report.open_deliveries == (("r1", "", ""), ("r2", "lost", ""))
    assert report.orphan_tickets == ("1",)
    assert (report.outcomes, report.deliveries) == ({}, {})
