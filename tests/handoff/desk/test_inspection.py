"""The audit page: who did it where nobody logged in, what is found by an act, every look, and all of it on a phone."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from handoff.people import SERVICE
from tests.handoff.desk.conftest import CONVERSATION, Browser, House
from tests.handoff.desk.memory_drafting import TICKET
from tests.handoff.desk.reading_room import Room, open_room
from tests.handoff.desk.test_browser import faults, fits, log_in, open_page
from tests.handoff.desk.test_people_browser import shoot

__all__ = ["faults"]

REFRESH = {"X-Desk-Refresh": "1"}


@pytest.fixture
async def room(tmp_path: Path, password_hash: str) -> AsyncIterator[Room]:
    async with open_room(tmp_path, password_hash) as opened:
        yield opened


def rows(page: str) -> list[tuple[str, str, str]]:
    """(who, act, subject) of what others than who reads the page did, as people read it."""
    lines = re.findall(r'<tr><td>\d+</td><td>.*?</td><td>(.*?)</td><td>(.*?)</td><td class="\S+?">(.*?)</td>', page)
    told = [(re.sub("<.*?>", "", who), html.unescape(act), subject) for who, act, subject in lines]
    return [line for line in told if line[0] != "陈静"]


async def test_what_the_service_did_stands_under_its_name_and_a_stranger_under_none(
    house: House, boss: Browser
) -> None:
    people, now = house.desk.people, house.clock.now
    await people.note(SERVICE, "lose", CONVERSATION, now)
    await people.note("", "login_failed", "192.0.2.1", now)
    await people.note("cli", "operator_saved", "wangli", now)
    await people.note("wangli", "claim", CONVERSATION, now)

    await boss.get("/desk/audit")
    assert rows(boss.page)[:4] == [
        ("王丽", "接管", CONVERSATION),
        ("命令行", "命令行保存账号", "wangli"),
        ("未登录", "登录失败", "192.0.2.1"),
        ("系统", "坐席掉线，会话退回排队", CONVERSATION),
    ]

    await boss.get(f"/desk/audit?who={SERVICE}")
    assert [who for who, _, _ in rows(boss.page)] == ["系统"]
    await boss.get("/desk/audit?who=-")
    assert [who for who, _, _ in rows(boss.page)] == ["未登录"]


async def test_nobody_can_be_hired_under_the_name_of_the_service(house: House, boss: Browser) -> None:
    await boss.get("/desk/people")

    response = await boss.post("/desk/people", {"csrf": boss.hidden("csrf"), "name": SERVICE, "role": "operator"})

    assert response.status == 422
    assert SERVICE not in house.desk.operators


async def test_an_act_without_effect_and_one_despite_a_warning_are_said_and_found(house: House, boss: Browser) -> None:
    for action in ("claim_taken", "reply_sent_despite:vague+retyped", "close_despite:unfiled", "reply", "faq_late"):
        await house.desk.people.note("wangli", action, CONVERSATION, house.clock.now)

    await boss.get("/desk/audit")
    assert [act for _, act, _ in rows(boss.page)][:5] == [
        "条目没有保存：别人先改了",
        "回复",
        "结束会话（提醒过：有事没有登记）",
        "回复（提醒过：承诺没有日期、投诉改咨询）",
        "接管：没有生效（已被同事接管）",
    ]

    for action, found in (("reply_sent_despite:*", 1), ("close_despite:*", 1), ("claim_taken", 1), ("reply", 1)):
        await boss.get("/desk/audit", params={"action": action})
        assert len(rows(boss.page)) == found, action
        assert f'<option value="{action}" selected>' in boss.page


async def test_the_list_with_citizens_last_words_is_a_look_and_noted_once_in_half_an_hour(
    house: House, wangli: Browser
) -> None:
    def looks() -> int:
        return house.desk.notes.count(("wangli", "list_opened", ""))

    assert looks() == 1, "the login leads to the list"
    for path in ("/desk", f"/desk/c/{CONVERSATION}", "/desk?q=路灯"):
        await wangli.get(path)
    assert looks() == 1

    house.clock.now += 1801
    await wangli.get("/desk", headers=REFRESH)
    assert looks() == 2, "also when the page asked of its own accord"


async def test_a_search_is_noted_by_how_much_it_found(house: House, wangli: Browser) -> None:
    await wangli.get("/desk?q=路灯")

    assert house.desk.notes[-1] == ("wangli", "searched", "1")


async def test_looks_beside_a_conversation_and_at_drafts_and_tickets_are_noted_however_the_page_came(
    room: Room,
) -> None:
    room.desk.wants_a_person(CONVERSATION, "路灯坏了", at=room.clock.now - 60)
    browser = room.open_browser()
    await browser.log_in("wangli")
    noted = room.desk.notes

    for _ in range(2):
        await browser.get(f"/desk/c/{CONVERSATION}")
    linked = [(act, subject) for _, act, subject in noted if act == "linked_seen"]
    assert linked == [("linked_seen", "telegram:main:u3")], "of the other nothing is shown"

    for path, look in (
        (f"/desk/c/{CONVERSATION}/ticket", ("wangli", "draft_opened", CONVERSATION)),
        (f"/desk/t/{TICKET}", ("wangli", "ticket_opened", TICKET)),
    ):
        for _ in range(2):
            await browser.get(path, headers=REFRESH)
        assert noted.count(look) == 1, path


async def test_what_citizens_asked_in_vain_is_a_look_too(room: Room) -> None:
    await room.asked("老年证在哪儿办")
    browser = room.open_browser()
    await browser.log_in("liumin")

    for _ in range(2):
        await browser.get("/desk/faq/gaps")

    assert room.desk.notes.count(("liumin", "gaps_opened", "")) == 1


@pytest.mark.browser
@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_on_a_phone_too_a_line_is_in_sight_with_what_was_acted_upon(
    house: House, chromium: Chromium, faults: list[str], password_hash: str, size: str
) -> None:
    house.desk.hire("chenjing", "陈静", password_hash, "admin")
    people, long = house.desk.people, f"wechat:gh_0123456789ab:o{'Xy9' * 9}"
    for who, action, subject in (
        (SERVICE, "lose", long),
        ("", "login_failed", "192.0.2.1"),
        ("wangli", "reply_sent_despite:vague+retyped", CONVERSATION),
        ("wangli", "file_opened", f"{long} 0123456789ab"),
    ):
        await people.note(who, action, subject, house.clock.now)
    page = await open_page(chromium, house, faults, size)
    await log_in(page, "chenjing")
    await page.goto("/desk/audit")

    lines = page.locator(".audit-lines tbody tr")
    await expect(lines.first).to_be_visible()
    assert await fits(page)
    width = await page.evaluate("document.documentElement.clientWidth")
    for cell in await lines.locator("td").all():
        box = await cell.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width, await cell.text_content()
    await expect(lines.filter(has_text="系统")).to_contain_text(long)
    await shoot(page, f"audit-{size}")
    if size == "phone":
        await page.emulate_media(color_scheme="dark")
        await shoot(page, "audit-phone-dark")
    assert faults == []
