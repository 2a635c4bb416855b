"""The supervisor's page: what it shows, who may see it, and what is downloaded."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.desk.numbers import NumbersDesk, spans
from bot.storage.memory import MemoryStorage
from bot.turn import Fate
from handoff.clock import CHINA
from handoff.console.numbers_words import as_csv, lasting
from handoff.numbers import PERIODS
from handoff.states import StateTable
from tests.handoff.desk.busy_day import Day, fill
from tests.handoff.desk.conftest import Browser, Clock
from tests.handoff.desk.reading_room import Room, open_room

THURSDAY = datetime(2026, 11, 26, 15, 20, tzinfo=CHINA).timestamp()


@pytest.fixture
async def room(tmp_path: Path, password_hash: str) -> AsyncIterator[Room]:
    async with open_room(tmp_path, password_hash) as opened:
        yield opened


async def enter(room: Room, name: str = "sunjie") -> Browser:
    browser = room.open_browser()
    await browser.log_in(name)
    return browser


@pytest.fixture
async def numbers() -> NumbersDesk:
    storage = MemoryStorage()
    await fill(storage, THURSDAY)
    return NumbersDesk(storage, states=StateTable.load(), clock=lambda: THURSDAY)


async def test_a_day_in_numbers(numbers: NumbersDesk) -> None:
    report = await numbers.report("day")

    assert (report.waiting, report.held, report.oldest) == (3, 1, THURSDAY - 1000)
    assert (report.this.messages, report.this.by_bot, report.this.handed) == (34, 24, 8)
    assert (report.this.answered, report.this.median, report.this.p90) == (5, 100.0, 900.0)
    assert report.this.ratings == {"非常满意": 1, "满意": 2, "不满意": 1}
    assert report.before.messages == 24
    assert [(load.operator, load.holding, load.answered, load.median) for load in report.load] == [
        ("wangli", 1, 3, 20.0),
        ("zhaoqiang", 0, 2, 20.0),
    ]
    assert sum(part.messages for part in report.parts) == 34
    assert sum(part.messages_before or 0 for part in report.parts) == 24
    assert len(report.parts) == 16, "hours that have not begun are not shown"
    assert max(part.waiting for part in report.parts) == 3


async def test_all_that_is_owed_is_listed_with_its_age(numbers: NumbersDesk) -> None:
    loose = (await numbers.report("day")).loose

    assert dict(loose.counts) == {
        "unhandled": 1,
        "waiting": 2,
        "unanswered": 1,
        "ticket": 1,
        "refused": 1,
        "unknown": 1,
        "put_aside": 1,
    }
    late = next(end for end in loose.ends if end.kind == "ticket")
    assert (late.subject, late.detail, late.conversation_id) == ("AS20261101-0007", "办理中", "web:main:w1")


async def test_a_report_is_shown_again_for_five_seconds() -> None:
    storage, clock = MemoryStorage(), Clock(now=THURSDAY)
    numbers = NumbersDesk(storage, states=StateTable.load(), clock=clock)
    first = await numbers.report("day")
    await Day(storage).writes("web:main:u1", THURSDAY)
    clock.now += 4.9
    again = await numbers.report("day")
    clock.now += 0.1
    fresh = await numbers.report("day")

    assert again is first
    assert fresh.this.messages == 1


@pytest.mark.parametrize(
    ("period", "first", "parts", "earlier", "earlier_parts"),
    [
        ("day", "2026-11-26", 24, "2026-11-25", 24),
        ("week", "2026-11-23", 7, "2026-11-16", 7),
        ("month", "2026-11-01", 30, "2026-10-01", 31),
    ],
)
def test_periods_begin_at_midnight_in_beijing(
    period: str, first: str, parts: int, earlier: str, earlier_parts: int
) -> None:
    this, before = spans(period, THURSDAY)

    assert [datetime.fromtimestamp(span.start, CHINA).isoformat() for span in (this, before)] == [
        f"{first}T00:00:00+08:00",
        f"{earlier}T00:00:00+08:00",
    ]
    assert (this.parts, before.parts) == (parts, earlier_parts)
    assert before.end == this.start


@pytest.mark.parametrize("period", PERIODS)
async def test_each_period_has_its_page(room: Room, period: str) -> None:
    room.clock.now = THURSDAY
    await fill(room.storage, room.clock.now)
    sunjie = await enter(room)

    response = await sunjie.get(f"/desk/numbers?period={period}")

    assert response.status == 200
    assert "等候人工" in sunjie.page
    assert "/desk/c/web%3Amain%3Aw1" in sunjie.page


@pytest.mark.parametrize("path", ["/desk/numbers", "/desk/numbers/figures.csv"])
@pytest.mark.parametrize("name", ["wangli", "liumin"])
async def test_others_are_told_clearly_and_it_is_noted(room: Room, name: str, path: str) -> None:
    browser = await enter(room, name)

    response = await browser.get(path)

    assert response.status == 403
    assert "不能这样做" in browser.page
    assert 'href="/desk/numbers"' not in browser.page
    assert room.desk.notes[-1] == (name, "role_refused", f"supervise {path}")


async def test_who_is_not_logged_in_comes_back_to_it(room: Room) -> None:
    browser = room.open_browser()
    response = await browser.get("/desk/numbers")
    assert response.url.path == "/desk/login"
    assert browser.hidden("next") == "/desk/numbers"


async def test_an_unknown_period_or_kind_is_the_day(room: Room) -> None:
    sunjie = await enter(room)
    response = await sunjie.get("/desk/numbers?period=century&kind=%3Cscript%3E")
    assert response.status == 200
    assert "今天" in sunjie.page
    assert "<script>" not in sunjie.page.replace('<script src="', "")


async def test_a_kind_is_shown_in_part_until_asked_for(room: Room) -> None:
    day = Day(room.storage)
    for number in range(14):
        await day.writes(f"web:main:u{number}", room.clock.now - 100 - number, None)
    sunjie = await enter(room)

    await sunjie.get("/desk/numbers")
    part = sunjie.page.count("owed-row")
    await sunjie.get("/desk/numbers?kind=unhandled")

    assert part == 10
    assert sunjie.page.count("owed-row") == 14


async def test_the_download_says_what_the_page_shows_and_runs_nowhere(room: Room) -> None:
    room.clock.now = THURSDAY
    await fill(room.storage, room.clock.now)
    await Day(room.storage).replies_in_vain("web:main:w3", Fate.REFUSED, "=cmd|' /C calc'!A0", room.clock.now - 10)
    sunjie = await enter(room)

    response = await sunjie.get("/desk/numbers/figures.csv")
    rows = list(csv.reader(io.StringIO(sunjie.page.removeprefix("\ufeff"))))

    assert response.headers["Content-Disposition"].startswith("attachment")
    assert ["来信", "34", "24"] in rows
    assert ["赵强", "zhaoqiang", "0", "2", "20.0"] in rows
    assert any(row[0] == "工单超期" and row[1] == "web:main:w1" for row in rows if row)
    assert room.desk.notes[-1] == ("sunjie", "numbers_exported", "day")
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row)


async def test_a_cell_that_a_spreadsheet_would_run_is_a_text() -> None:
    storage = MemoryStorage()
    await Day(storage).replies_in_vain("=1+1:main:u", Fate.REFUSED, "x", THURSDAY - 10)
    report = await NumbersDesk(storage, states=StateTable.load(), clock=lambda: THURSDAY).report("day")

    assert "'=1+1:main:u" in as_csv(report).decode("utf-8-sig")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "—"), (-3, "0 秒"), (45.4, "45 秒"), (200, "3 分 20 秒"), (7500, "2 小时 5 分"), (200000, "2 天 7 小时")],
)
def test_lengths_of_time_in_words(seconds: float | None, words: str) -> None:
    assert lasting(seconds) == words
