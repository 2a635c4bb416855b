"""What is live about the desk in a real Chromium: tabs in step, the truth about the line, notices, long lists."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, expect

from handoff.desk import ActionKind, OperatorAction
from tests.handoff.desk.conftest import CONVERSATION, House
from tests.handoff.desk.test_browser import SIZES, faults, fits, furnish, log_in, open_page

__all__ = ["faults"]  # fixtures

pytestmark = pytest.mark.browser


async def another_tab(page: Page, path: str) -> Page:
    """A tab beside this one, in the same browser."""
    tab = await page.context.new_page()
    tab.set_default_timeout(10_000)
    await tab.goto(path)
    await expect(tab.locator("[data-live-state=on]")).to_be_visible()
    return tab


async def test_all_tabs_of_a_browser_are_live_over_one_connection(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    page = await open_page(chromium, house, faults)
    await log_in(page, path=f"/desk/c/{CONVERSATION}")
    tabs = [page, *[await another_tab(page, f"/desk/c/{CONVERSATION}") for _ in range(7)]]
    assert len(house.desk.subscribers) == 1, "a browser opens no more than six to a server"

    house.desk.says(CONVERSATION, "citizen", "还在吗", at=house.clock.now)
    for tab in tabs:
        await expect(tab.locator(".line-citizen .line-text").last).to_have_text("还在吗")

    await page.close()  # the one that held it
    house.desk.says(CONVERSATION, "citizen", "有人吗", at=house.clock.now)
    for tab in tabs[1:]:
        await expect(tab.locator(".line-citizen .line-text").last).to_have_text("有人吗")
    assert faults == []


async def test_what_is_typed_in_one_tab_stands_in_the_other_and_is_gone_when_sent(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    page = await open_page(chromium, house, faults)
    await log_in(page, path=f"/desk/c/{CONVERSATION}")
    tab = await another_tab(page, f"/desk/c/{CONVERSATION}")

    await page.get_by_label("回复市民").fill("您好，正在查")
    await expect(tab.get_by_label("回复市民")).to_have_value("您好，正在查")
    await tab.get_by_role("button", name="接管并发送").click()
    await expect(tab.locator(".line-operator .line-text")).to_have_text("您好，正在查")

    await expect(page.locator(".line-operator .line-text")).to_have_text("您好，正在查")
    await expect(page.get_by_label("回复市民")).to_have_value("")


async def test_nobody_reads_the_drafts_of_who_logged_out(house: House, chromium: Chromium, faults: list[str]) -> None:
    page = await open_page(chromium, house, faults)
    await log_in(page, path=f"/desk/c/{CONVERSATION}")
    await page.get_by_label("回复市民").fill("写给张先生的")
    await page.get_by_role("button", name="退出").click()
    await expect(page.get_by_label("用户名")).to_be_visible()

    assert await page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('desk-draft '))") == []


async def test_a_session_that_ends_while_the_page_is_open_says_so_and_keeps_what_was_typed(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    page = await open_page(chromium, house, faults)
    await log_in(page, path=f"/desk/c/{CONVERSATION}")
    tab = await another_tab(page, "/desk")
    await page.get_by_label("回复市民").fill("写到一半")

    house.clock.now += 13 * 3600

    for each in (page, tab):
        await expect(each.get_by_text("登录已结束，页面不再更新。")).to_be_visible()
        await expect(each.locator("[data-live-state=over]")).to_have_text("登录已结束")
    await expect(page.get_by_label("回复市民")).to_have_value("写到一半")
    await page.get_by_role("link", name="重新登录").click()
    await expect(page.get_by_text("登录已过期")).to_be_visible()


@pytest.fixture
async def withholding(house: House) -> AsyncIterator[str]:
    """The address of a proxy that passes an answer on when it is whole, and not before."""
    async with aiohttp.ClientSession(auto_decompress=False, timeout=aiohttp.ClientTimeout(total=None)) as onward:

        async def keep_back(request: web.Request) -> web.Response:
            headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "content-length")}
            asking = onward.request(
                request.method,
                house.base + request.path_qs,
                headers=headers,
                data=await request.read(),
                allow_redirects=False,
            )
            async with asking as answer:
                content = await answer.read()
                kept = [
                    (k, v)
                    for k, v in answer.headers.items()
                    if k.lower() not in ("transfer-encoding", "content-length")
                ]
                return web.Response(body=content, status=answer.status, headers=kept)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", keep_back)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        await runner.cleanup()


async def test_a_page_is_live_behind_a_proxy_that_keeps_answers_back(
    house: House, chromium: Chromium, faults: list[str], withholding: str
) -> None:
    house.desk.warm_seconds = 1.0
    page = await open_page(chromium, house, faults)
    await page.goto(f"{withholding}/desk")
    await page.get_by_label("用户名").fill("wangli")
    await page.get_by_label("密码").fill("a long enough pass phrase")
    await page.get_by_role("button", name="登录").click()

    await expect(page.locator("[data-live-state=on]")).to_be_visible(timeout=20_000)
    for number in range(3):
        house.desk.wants_a_person(f"web:main:p{number}", f"第 {number} 位", at=house.clock.now)
        await expect(page.get_by_text(f"第 {number} 位")).to_be_visible(timeout=5_000)


async def test_notices_are_off_until_chosen_and_come_for_who_waits_and_who_writes_to_me(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    page = await open_page(chromium, house, faults)
    await page.context.grant_permissions(["notifications"])
    await page.add_init_script(
        "window.notices = []; window.Notification = class extends EventTarget {"
        " static permission = 'default'; static async requestPermission() { return this.permission = 'granted'; }"
        " constructor(title, options) { super(); window.notices.push([title, options.tag]); } };"
    )
    await log_in(page)
    house.desk.wants_a_person("web:main:u2", "我也找人工", at=house.clock.now)
    await expect(page.get_by_text("我也找人工")).to_be_visible()
    assert await page.evaluate("window.notices") == []

    await page.get_by_text("提醒", exact=True).click()
    await page.get_by_label("桌面通知").check()
    await page.get_by_label("声音").check()
    house.desk.wants_a_person("web:main:u3", "还有我", at=house.clock.now)
    await expect(page.get_by_text("还有我")).to_be_visible()
    expected = [["有市民等候人工", "desk waits web:main:u3"]]
    assert await page.evaluate("window.notices") == expected
    assert await page.locator("[data-alerts]").get_attribute("data-sounded") == "2", "once to hear it, once for him"

    claim = OperatorAction(
        id="c", conversation_id=CONVERSATION, operator="wangli", operator_name="王丽", kind=ActionKind.CLAIM, at=1.0
    )
    await house.desk.act(claim)
    await expect(page.locator("[data-part=mine-count]")).to_have_text("1")
    await page.evaluate("window.notices = []")
    house.desk.says(CONVERSATION, "operator", "您好", at=house.clock.now + 1)
    house.desk.says(CONVERSATION, "citizen", "好的谢谢", at=house.clock.now + 2)
    await expect(page.get_by_text("好的谢谢")).to_be_visible()
    assert await page.evaluate("window.notices") == [["您的会话有新消息", f"desk mine {CONVERSATION}"]]
    assert faults == []


async def test_an_open_dialog_a_focused_row_and_typed_words_outlive_a_refresh(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    furnish(house)
    page = await open_page(chromium, house, faults)
    await log_in(page, path=f"/desk/c/{CONVERSATION}")
    await page.get_by_label("搜索会话").fill("路")
    row = page.locator("[data-part=waiting] a").nth(1)
    await row.focus()
    path = await row.get_attribute("href")

    house.desk.wants_a_person("web:main:first", "我等得最久", at=house.clock.now - 9000)
    await expect(page.get_by_text("我等得最久")).to_be_visible()
    assert await page.evaluate("document.activeElement.getAttribute('href')") == path
    await expect(page.get_by_label("搜索会话")).to_have_value("路")

    await page.keyboard.press("?")
    house.desk.says(CONVERSATION, "citizen", "又来一句", at=house.clock.now)
    await expect(page.locator(".line-citizen .line-text").last).to_have_text("又来一句")
    await expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
async def test_long_lists_have_pages_and_a_search(
    house: House, chromium: Chromium, faults: list[str], size: str
) -> None:
    for number in range(60):
        house.desk.wants_a_person(f"web:main:n{number:02}", f"第 {number} 件事", at=house.clock.now - 60 * number)
        await house.desk.act(
            OperatorAction(
                id=f"z{number}",
                conversation_id=f"web:main:n{number:02}",
                operator="zhaoqiang",
                operator_name="赵强",
                kind=ActionKind.CLAIM,
                at=1.0,
            )
        )
    for number in range(5):
        house.desk.says(CONVERSATION, "citizen", f"补充 {number}", at=house.clock.now - 599 + number)
    house.desk.page = 3
    page = await open_page(chromium, house, faults, size)
    await log_in(page)
    await expect(page.get_by_text("第 0 件事")).to_be_visible()
    await expect(page.get_by_text("第 59 件事")).to_be_hidden()
    await look(page, f"list-{size}")
    await page.get_by_role("link", name="更早的会话").click()
    await expect(page.get_by_text("第 59 件事")).to_be_visible()
    await page.get_by_role("link", name="回到最新的会话").click()

    await page.get_by_label("搜索会话").fill("第 42 件")
    await page.get_by_role("button", name="搜索").click()
    await expect(page.locator("[data-part=found] li")).to_have_count(1)
    await look(page, f"search-{size}")
    await page.get_by_label("搜索会话").fill("没有这样的话")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("没有搜到“没有这样的话”。")).to_be_visible()

    await page.goto(f"/desk/c/{CONVERSATION}")
    await expect(page.locator(".line-text")).to_have_text(["补充 2", "补充 3", "补充 4"])
    await page.get_by_role("link", name="看更早的内容").click()
    await expect(page.locator(".line-text")).to_have_text(["楼下的路灯坏了三天，想找人工", "补充 0", "补充 1"])
    await page.get_by_role("link", name="回到最新的内容").click()
    await expect(page.locator(".line-text").last).to_have_text("补充 4")
    if size == "desktop":
        await page.get_by_text("提醒", exact=True).click()
        await look(page, f"alerts-{size}")
    assert ("wangli", "searched", "1") in house.desk.notes, "noted, without the words"
    assert faults == []


async def look(page: Page, name: str) -> None:
    """It fits; and may be looked at."""
    assert await fits(page), f"{name} is wider than the screen"
    if shots := os.environ.get("SUDA_SHOTS"):
        await asyncio.to_thread(Path(shots).mkdir, parents=True, exist_ok=True)
        await page.screenshot(path=Path(shots) / f"live-{name}.png")


async def test_a_thousand_who_wait_are_listed_live_and_the_page_stays_usable(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    for each in range(1000):
        house.desk.wants_a_person(f"web:main:c{each:04}", f"等候的第 {each} 位", at=house.clock.now - 5000 + each)
    page = await open_page(chromium, house, faults)
    await log_in(page)
    waiting = page.locator("[data-part=waiting] li")
    await expect(waiting).to_have_count(200)
    for shown in (400, 600, 800, 1000, 1001):
        await page.locator("[data-part=waiting-more] a").first.click()
        await expect(waiting).to_have_count(shown)
    assert page.url.endswith("shown=6"), "the page was not left"
    await expect(page.get_by_text("再显示")).to_be_hidden()

    began = await page.evaluate("performance.now()")
    house.desk.wants_a_person("web:main:late", "刚来的一位", at=house.clock.now)
    await expect(page.get_by_text("刚来的一位")).to_have_count(1)
    assert await page.evaluate("performance.now()") - began < 5000, "also on a machine that does other things beside"
    await expect(page.locator("[data-part=waiting-count]")).to_have_text("1002")
    await waiting.nth(700).locator("a").click()
    await expect(page.locator(".line-citizen .line-text")).to_have_text("等候的第 700 位")
    await expect(waiting).to_have_count(1002)
    await page.get_by_role("link", name="只看前 200 条").click()
    await expect(waiting).to_have_count(200)
    assert faults == []
