"""The audit log in SQL: whatever is done to it behind the service's back shows, and where."""

import asyncio
from pathlib import Path

import pytest

from bot.storage.dialect import open_engine
from bot.storage.migrate import migrate
from bot.storage.sql import SqlStorage
from tests.bot.storage.makers import NOW
from tests.bot.storage.test_sql import change, opened

LINE = "INSERT INTO audit_log (number, at, who, action, subject, hash) VALUES "
TAMPERED = [
    ("UPDATE audit_log SET who = 'qian' WHERE number = 3", 3, "changed"),
    ("UPDATE audit_log SET at = at + 1 WHERE number = 1", 1, "changed"),
    ("DELETE FROM audit_log WHERE number = 4", 4, "missing"),
    ("DELETE FROM audit_log WHERE number = 1", 1, "missing"),
    ("DELETE FROM audit_log WHERE number > 4", 5, "went on to line 6"),
    ("DELETE FROM audit_log", 1, "went on to line 6"),
    ("DELETE FROM audit_log WHERE number = 2; UPDATE audit_log SET number = number - 1 WHERE number > 2", 2, "changed"),
    (LINE + "(7, 1, 'zhao', 'login', '', 'made up')", 7, "changed"),
    ("UPDATE kept_values SET value = '5:' || (SELECT hash FROM audit_log WHERE number = 5) WHERE name = 'audit-head'",
     6, "not written by the service"),
    ("DELETE FROM kept_values WHERE name = 'audit-head'", 6, "no head kept"),
    ("UPDATE audit_log SET number = 99 WHERE number = 2; UPDATE audit_log SET number = 2 WHERE number = 3;"
     "UPDATE audit_log SET number = 3 WHERE number = 99", 2, "changed"),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "row", "fault"), TAMPERED)
async def test_what_was_tampered_with_is_named_by_its_first_bad_row(
    sql_url: str, statements: str, row: int, fault: str
) -> None:
    async with opened(sql_url) as record:
        for number in range(6):
            await record.note("zhao", "looked", f"c{number}", NOW + number)
        assert (await record.follow_notes()).bad_row == 0
    change(sql_url, *statements.split(";"))

    async with opened(sql_url) as record:
        report = await record.follow_notes()
        await record.note("zhao", "looked", "later", NOW + 9)
        later = await record.follow_notes()

    assert report.bad_row == row
    assert fault in report.fault
    assert 0 < later.bad_row <= row + 1, "going on does not heal it"


async def test_lines_of_several_writers_at_once_are_one_chain(sql_url: str) -> None:
    async def write(storage: SqlStorage, who: str) -> None:
        for number in range(25):
            await storage.note(who, "looked", f"c{number}", NOW)

    async with opened(sql_url) as one, opened(sql_url) as two, opened(sql_url) as three:
        await asyncio.gather(*(write(node, f"{name}{node is two}") for node in (one, two, three) for name in "ab"))

        report = await three.follow_notes()

    assert (report.head.number, report.bad_row) == (150, 0)


async def test_what_was_noted_before_the_chain_is_carried_into_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/suda.db"
    migrate(url, "0003")
    change(
        url,
        "INSERT INTO notes VALUES (2, 1.5, 'zhao', 'login', 'p'), (7, 0.1, '', 'x', '市')",
        "INSERT INTO operators VALUES ('zhao', '赵强', 'operator', 'h', 0)",
    )
    migrate(url)

    async with opened(url) as record:
        report = await record.follow_notes()
        assert (report.head.number, report.bad_row) == (2, 0)
        assert list(await record.notes()) == [(0.1, "", "x", "市"), (1.5, "zhao", "login", "p")]
        zhao = await record.operator("zhao")
    assert zhao is not None
    assert not zhao.temporary
    engine = open_engine(url)
    with engine.connect() as connection:
        assert not engine.dialect.has_table(connection, "notes")
    engine.dispose()
