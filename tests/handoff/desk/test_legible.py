"""Names and words of strangers with scripts, right-to-left and control characters: on every list, title and table."""

import csv
import html
import io
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from bot.desk.numbers import NumbersDesk
from bot.storage.memory import MemoryStorage
from bot.turn import Fate
from handoff.console.numbers_words import as_csv
from handoff.desk import LineFile
from handoff.legible import legible
from handoff.states import StateTable
from tests.handoff.desk.busy_day import Day
from tests.handoff.desk.conftest import Browser, House
from tests.handoff.desk.reading_room import Room, open_room
from tests.handoff.desk.test_browser import faults, log_in, open_page

__all__ = ["faults"]

SCRIPT = '"><script>alert(1)</script>'
TURNED = f"\u202e{SCRIPT}\u2066\u200f张\x00三\x1b[31m\u2028\x85"
SHOWN = f"{SCRIPT}张三[31m"
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
UYGHUR = "مۇھەممەت"
THURSDAY = 1_795_677_600.0


def clean(page: str) -> str:
    """A page without anything that could run or turn around; what it shows, as people read it."""
    assert not UNSEEN.search(page), UNSEEN.search(page)
    assert "<script>alert" not in page
    assert not re.search(r"<script(?! src=)", page)
    return html.unescape(page)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("张三", "张三"),
        (UYGHUR, UYGHUR),
        ("一行\n又一行\t完", "一行\n又一行\t完"),
        ("照片\u202egpj.exe", "照片gpj.exe"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        (TURNED, SHOWN),
    ],
)
def test_what_is_seen_stays_and_what_turns_words_around_goes(given: str, shown: str) -> None:
    assert legible(given) == shown


async def test_every_list_of_the_desk_shows_a_strangers_name_as_words(house: House, wangli: Browser) -> None:
    desk, other = house.desk, "web:main:u9"
    desk.wants_a_person(other, f"{TURNED}要找人工", at=house.clock.now, name=TURNED, category=TURNED, place=TURNED)
    desk.wants_a_person("web:main:u8", TURNED, at=house.clock.now, name=UYGHUR)
    thread = desk.threads[other]
    line = replace(thread.lines[0], files=(LineFile(kind="file", key="k", name="发票\u202efdp.exe"),))
    desk.threads[other] = replace(thread, lines=(line,), understood=(("事项", TURNED),), tickets=(("1", TURNED, "好"),))
    zhao = desk.operators["zhaoqiang"]
    desk.operators["zhaoqiang"] = replace(zhao, display_name=TURNED)

    pages = []
    for path in ("/desk", "/desk?q=人工", f"/desk/c/{other}"):
        await wangli.get(path)
        pages.append(clean(wangli.page))
    listed, found, opened = pages
    await wangli.act("claim", other)
    mine = clean(wangli.page)

    assert f"{SHOWN}要找人工" in listed
    assert f"{SHOWN} · {SHOWN}" in listed, "place and category"
    assert f"{SHOWN}要找人工" in found
    assert f"<title>{SHOWN} · " in opened
    assert "发票fdp.exe" in opened
    assert opened.count(SHOWN) >= 5
    assert "已接管" in mine
    assert f">{SHOWN}" in mine, "a colleague to pass it on to"


async def test_the_pages_about_people_and_the_log_do_so_too(house: House, password_hash: str) -> None:
    house.desk.hire("chenjing", TURNED, password_hash, "admin")
    await house.desk.people.note("chenjing", TURNED, f"web:main:{TURNED}", house.clock.now)
    browser = house.open_browser()
    await browser.log_in("chenjing")

    for path in ("/desk/people", "/desk/me", "/desk/audit", "/desk/replies"):
        await browser.get(path)
        assert SHOWN in clean(browser.page), path


@pytest.fixture
async def room(tmp_path: Path, password_hash: str) -> AsyncIterator[Room]:
    async with open_room(tmp_path, password_hash) as opened:
        yield opened


async def test_so_do_the_questions_that_citizens_asked_in_vain(room: Room) -> None:
    await room.asked(f"{TURNED}老年证在哪儿办")
    browser = room.open_browser()
    await browser.log_in("liumin")

    await browser.get("/desk/faq/gaps")

    assert f"{SHOWN}老年证在哪儿办" in clean(browser.page)


@pytest.mark.parametrize(
    "begun", ["=1+1", "+1", "-1", "@SUM(A1)", " =1+1", "\u202e=1+1", "＝1+1", "\x00@x", "\u00a0-1"]
)
async def test_no_cell_of_the_table_is_a_formula(begun: str) -> None:
    storage = MemoryStorage()
    await Day(storage).replies_in_vain(f"{begun}:main:u", Fate.REFUSED, "x", THURSDAY - 10)

    report = await NumbersDesk(storage, states=StateTable.load(), clock=lambda: THURSDAY).report("day")

    rows = list(csv.reader(io.StringIO(as_csv(report).decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if f"{legible(begun)}:main:u" in cell] == [f"'{legible(begun)}:main:u"]
    assert not [cell for cell in cells if cell.strip()[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠")]
    assert not UNSEEN.search("".join(cells))


@pytest.mark.browser
async def test_in_a_browser_nothing_runs_and_no_name_turns_what_stands_beside_it(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    other = "web:main:u9"
    house.desk.wants_a_person(other, f"{UYGHUR} 12", at=house.clock.now - 500, name=TURNED, place=UYGHUR)
    page = await open_page(chromium, house, faults, "desktop")
    await log_in(page)

    row = page.locator(f'[data-key="{other}"]')
    await expect(row.locator(".head-words")).to_have_text(f"{UYGHUR} 12")
    wait = await row.locator(".head-wait").bounding_box()
    words = await row.locator(".head-words").bounding_box()
    await row.locator("a").click()

    assert wait
    assert words
    assert wait["y"] < words["y"]
    assert f"{SHOWN} · " in await page.title()
    for place in (".line-text", ".top-who h1", ".head-words"):
        found = page.locator(place).first
        assert await found.evaluate("each => getComputedStyle(each).unicodeBidi") == "plaintext", place
    assert faults == []
