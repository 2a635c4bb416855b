"""The numbers page and the choice of light or dark in a real Chromium."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, expect

from bot.turn import Outcomes
from tests.handoff.desk.busy_day import Day, fill
from tests.handoff.desk.conftest import PASSWORD
from tests.handoff.desk.reading_room import Room, open_room

pytestmark = pytest.mark.browser


@pytest.fixture
async def room(tmp_path: Path, password_hash: str) -> AsyncIterator[Room]:
    async with open_room(tmp_path, password_hash) as opened:
        await fill(opened.storage, opened.clock.now)
        yield opened


async def enter(context: BrowserContext, path: str = "/desk/numbers") -> Page:
    """The page as the supervisor sees it."""
    page = await context.new_page()
    page.set_default_timeout(20_000)
    await page.goto(f"/desk/login?next={path}")
    await page.get_by_label("用户名").fill("sunjie")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.wait_for_url(f"**{path}")
    return page


async def test_numbers_and_charts_are_fresh_without_reloading(room: Room, chromium: Chromium) -> None:
    context = await chromium.new_context(base_url=room.base_url, viewport={"width": 1280, "height": 800})
    page = await enter(context)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    waiting = page.locator(".numbers-card", has_text="等候人工").locator("strong")
    await expect(waiting).to_have_text("3")
    await expect(page.locator(".numbers-plot canvas")).to_have_count(3)
    before = await page.locator("[data-chart=waiting] canvas").screenshot()
    await page.evaluate("window.neverReloaded = true")

    for number in range(20):
        await Day(room.storage).wants_a_person(f"wechat:main:new{number}", room.clock.now)
    room.clock.now += 6
    await expect(waiting).to_have_text("23", timeout=20_000)
    after = await page.locator("[data-chart=waiting] canvas").screenshot()

    assert await page.evaluate("window.neverReloaded")
    assert before != after, "the chart was drawn anew"
    assert faults == []


async def test_each_chart_is_a_table_too_and_without_scripts_nothing_else(room: Room, chromium: Chromium) -> None:
    context = await chromium.new_context(base_url=room.base_url, java_script_enabled=False)
    page = await enter(context)
    rows = page.get_by_role("region", name="来信，数字").get_by_role("row")

    await expect(rows.last).to_be_visible()
    shown = [await hour.get_by_role("cell").first.inner_text() for hour in (await rows.all())[1:]]
    assert sum(map(int, shown)) > 0
    await expect(page.locator(".numbers-plot").first).to_be_hidden()
    await expect(page.locator(".shade")).to_be_hidden()


async def test_what_is_owed_opens_its_conversation(room: Room, chromium: Chromium) -> None:
    context = await chromium.new_context(base_url=room.base_url)
    page = await enter(context)
    late = page.get_by_role("region", name="工单超期").get_by_role("link")
    assert await late.get_attribute("href") == "/desk/c/web%3Amain%3Aw1"


async def test_light_or_dark_is_kept_in_this_browser_and_followed_by_its_other_pages(
    room: Room, chromium: Chromium
) -> None:
    context = await chromium.new_context(base_url=room.base_url, color_scheme="light")
    page = await enter(context)
    other = await context.new_page()
    await other.goto("/desk")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = await page.evaluate(ground)

    await page.locator(".shade > summary").click()
    await page.get_by_role("button", name="深色").click()
    dark = await page.evaluate(ground)
    await expect(other.locator("html")).to_have_attribute("data-shade", "dark")
    await page.reload()
    again = await page.evaluate(ground)
    await page.locator(".shade > summary").click()
    await page.get_by_role("button", name="自动").click()

    assert dark == again != light
    assert await page.evaluate(ground) == light
    await page.emulate_media(color_scheme="dark")
    assert await page.evaluate(ground) == dark


async def test_an_expired_session_leads_to_the_login(room: Room, chromium: Chromium) -> None:
    context = await chromium.new_context(base_url=room.base_url)
    page = await enter(context)
    await Day(room.storage).writes("web:main:late", room.clock.now, Outcomes.ANSWER)
    room.clock.now += 13 * 3600
    await page.wait_for_url("**/desk/login**", timeout=20_000)
