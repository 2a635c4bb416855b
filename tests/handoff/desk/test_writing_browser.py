"""Writing in a real Chromium: canned replies and suggestions by keys, the gate, photos, the countdown."""

import asyncio
import os
import random
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, Route, expect

from handoff.writing import CannedReply, Suggestion, Window
from tests.handoff.desk.conftest import CONVERSATION, PASSWORD, House
from tests.handoff.desk.test_browser import fits, log_in, open_page, packed, png

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PATH = f"/desk/c/{CONVERSATION}"
SHOTS = os.environ.get("SUDA_TEST_SHOTS", "")
"""A folder for pictures of the pages; none are taken when it is empty."""


async def at_the_composer(chromium: Chromium, house: House, faults: list[str], size: str = "desktop") -> Page:
    page = await open_page(chromium, house, faults, size)
    await log_in(page, path=PATH)
    return page


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")


async def lay_in(house: House) -> None:
    """Two shared canned replies."""
    keep = house.writing.storage.keep_canned
    await keep(CannedReply(shortcut="nh", title="问候", text="{市民}您好，我是坐席{坐席}。"))
    await keep(CannedReply(shortcut="dj", title="已登记", text="您反映的事项已登记，工单号{工单号}，由{部门}办理。"))
    house.writing.values |= {"市民": "张先生", "部门": "路灯管理所"}


@pytest.fixture
def faults() -> list[str]:
    return []


async def test_a_canned_reply_by_keys_only(house: House, chromium: Chromium, faults: list[str]) -> None:
    await lay_in(house)
    page = await at_the_composer(chromium, house, faults)

    await page.keyboard.press("/")
    await expect(page.locator("[data-canned-search]")).to_be_focused()
    await shoot(page, "canned")
    await page.keyboard.type("dj")
    await expect(page.locator(".canned-one:visible")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_have_value("您反映的事项已登记，工单号{工单号}，由路灯管理所办理。")
    await expect(page.locator("[data-unfilled]")).to_have_text("待填：{工单号}")
    await shoot(page, "unfilled")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("alert")).to_contain_text("还有没填的：{工单号}")
    await expect(page.locator("#text")).to_have_value("您反映的事项已登记，工单号{工单号}，由路灯管理所办理。")
    # the first that is open is selected when it is laid in; here it is by hand
    await page.locator("#text").fill("")
    await page.keyboard.press("/")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.keyboard.type("AS1")
    await expect(page.locator("#text")).to_have_value("您反映的事项已登记，工单号AS1，由路灯管理所办理。")
    await page.keyboard.press("Control+Enter")

    await expect(page.locator(".line-operator")).to_contain_text("工单号AS1")
    assert faults == []


async def test_a_slash_within_words_is_a_slash_and_escape_leads_back(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    await lay_in(house)
    page = await at_the_composer(chromium, house, faults)

    await page.locator("#text").focus()
    await page.keyboard.type("每月5/6号")
    await expect(page.locator("[data-canned]")).not_to_have_attribute("open", "")
    await page.keyboard.press("Enter")
    await page.keyboard.type("/")
    await expect(page.locator("[data-canned-search]")).to_be_focused()
    await page.keyboard.press("Escape")

    await expect(page.locator("#text")).to_be_focused()
    await expect(page.locator("#text")).to_have_value("每月5/6号\n")
    await page.reload()
    await expect(page.locator("#text")).to_have_value("每月5/6号\n")
    assert faults == []


async def test_a_slash_that_was_let_go_does_not_come_back(house: House, chromium: Chromium, faults: list[str]) -> None:
    page = await at_the_composer(chromium, house, faults)
    await page.locator("#text").press("/")
    await expect(page.locator("[data-canned-search]")).to_be_focused()
    await page.keyboard.press("Escape")

    await page.reload()
    await expect(page.locator("[data-live-state=on]")).to_be_visible()

    await expect(page.locator("#text")).to_have_value("")
    assert await page.evaluate("Object.values(localStorage).filter((words) => words.includes('/'))") == []
    assert faults == []


async def test_a_suggestion_by_one_key_or_a_click_is_laid_in_and_not_sent(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    house.writing.suggestions = (
        Suggestion(question="路灯坏了找谁", answer="城区路灯由路灯管理所负责，拨打8890。"),
        Suggestion(question="小区里的灯呢", answer="小区内由物业负责。"),
    )
    page = await at_the_composer(chromium, house, faults)

    await page.keyboard.press("1")
    await expect(page.locator("#text")).to_have_value("")
    await page.keyboard.press("Alt+1")
    await expect(page.locator("#text")).to_have_value("城区路灯由路灯管理所负责，拨打8890。")
    await shoot(page, "suggested")
    await page.get_by_role("button", name="小区里的灯呢").click()

    await expect(page.locator("#text")).to_have_value("城区路灯由路灯管理所负责，拨打8890。\n小区内由物业负责。")
    await page.locator("#text").press("Alt+2")
    assert (await page.locator("#text").input_value()).count("物业") == 2
    assert [line.who for line in house.desk.threads[CONVERSATION].lines] == ["citizen"]
    assert faults == []


async def test_the_gate_asks_once_more_and_other_words_are_looked_at_anew(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    page = await at_the_composer(chromium, house, faults)
    await page.locator("#text").fill("我们会尽快处理。")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("[data-gate]")).to_contain_text("“尽快”没有说到哪一天")
    await expect(page.locator("[data-send]")).to_contain_text("仍然发送")
    await shoot(page, "gate")
    await page.locator("#text").press_sequentially("马上")
    await expect(page.locator("[data-gate]")).to_have_count(0)
    await expect(page.locator("[data-send]")).to_contain_text("发送")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("[data-gate]")).to_contain_text("“马上”")

    await page.locator("#text").press("Control+Enter")

    await expect(page.locator(".line-operator")).to_contain_text("马上")
    assert ("wangli", "reply_sent_despite:vague", CONVERSATION) in house.desk.notes
    assert faults == []


def noise(megabytes: int) -> bytes:
    """A photo of this size that cannot be made smaller, as cameras take them at night."""
    width, height = 2048, megabytes * 1024 * 1024 // (2048 * 3)
    grain = random.Random(0)
    return packed(width, height, b"".join(b"\0" + grain.randbytes(width * 3) for _ in range(height)), level=0)


@pytest.mark.parametrize(("megabytes", "words"), [(20, "超过 10 MB"), (50, "超过 48 MB")])
async def test_without_a_script_too_a_photo_too_large_is_a_clear_word_and_what_was_typed_stays(
    house: House, chromium: Chromium, tmp_path: Path, megabytes: int, words: str
) -> None:
    large = tmp_path / "大照片.png"
    large.write_bytes(noise(megabytes))
    context = await chromium.new_context(base_url=house.base, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(PATH)
    await page.get_by_label("用户名").fill("wangli")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.locator("#text").fill("照片请看附件。")
    await page.locator("[data-files]").set_input_files(large)
    await page.locator("[data-send]").click()

    await expect(page.get_by_role("alert").first).to_contain_text(words)
    await expect(page.locator("#text")).to_have_value("照片请看附件。")
    assert ("wangli", "file_refused", CONVERSATION) in house.desk.notes
    assert [line.who for line in house.desk.threads[CONVERSATION].lines] == ["citizen"]


async def test_photos_are_shown_before_they_go_and_one_too_large_is_a_clear_word(
    house: House, chromium: Chromium, faults: list[str], tmp_path: Path
) -> None:
    photo, large = tmp_path / "修好的灯.png", tmp_path / "大照片.png"
    photo.write_bytes(png(320, 200))
    large.write_bytes(noise(20))
    page = await at_the_composer(chromium, house, faults)

    await page.locator("[data-files]").set_input_files([photo, large])
    await expect(page.locator("[data-enclosed] img")).to_be_visible()
    await expect(page.locator("[data-file-problem]")).to_contain_text("20.0 MB，超过 10 MB")
    async with asyncio.timeout(10):
        while ("wangli", "file_refused", CONVERSATION) not in house.desk.notes:  # noqa: ASYNC110  # a list sets no event
            await asyncio.sleep(0.02)
    await shoot(page, "enclosed")
    await page.get_by_role("button", name="不发 修好的灯.png").click()
    await expect(page.locator("[data-enclosed] li")).to_have_count(0)
    await page.locator("[data-files]").set_input_files(photo)
    await expect(page.locator("[data-enclosed] img")).to_be_visible()
    await page.locator("#text").press("Control+Enter")

    await expect(page.locator(".line-operator img")).to_be_visible()
    await expect(page.locator("[data-enclosed] li")).to_have_count(0)
    assert [line.kind for line in house.desk.threads[CONVERSATION].lines] == ["text", "image"]
    assert faults == []


async def test_the_window_ticks_down_and_says_when_it_is_closed(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    house.desk.wants_a_person("wechat:main:o1", "人工", at=house.clock.now)
    house.writing.window = Window(left=2, until=house.clock.now + 175)
    page = await open_page(chromium, house, faults)
    await page.clock.install()
    await log_in(page, path="/desk/c/wechat:main:o1")

    await expect(page.locator("[data-window]")).to_have_text("本窗口还可发送 2 条，剩 2 分钟")
    await page.clock.run_for(120_000)
    await expect(page.locator("[data-window]")).to_have_text("本窗口还可发送 2 条，不到 1 分钟")
    await page.clock.run_for(60_000)

    await expect(page.locator("[data-window]")).to_contain_text("窗口已关闭")
    await expect(page.locator("#carriage")).to_contain_text("不能发文件")
    assert faults == []


async def test_typing_is_seen_and_told(house: House, chromium: Chromium, faults: list[str]) -> None:
    page = await at_the_composer(chromium, house, faults)
    await page.locator("#text").press_sequentially("您好")
    assert house.writing.typed == [], "nobody is told of one who does not hold the conversation"
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".line-operator")).to_contain_text("您好")

    house.writing.citizen_types = True
    await expect(page.get_by_text("市民正在输入…")).to_be_visible()
    house.writing.citizen_types = False
    await expect(page.get_by_text("市民正在输入…")).to_be_hidden()
    await page.locator("#text").press_sequentially("请稍等，我查一下", delay=5)

    async with asyncio.timeout(10):
        while not house.writing.typed:  # noqa: ASYNC110  # a list sets no event
            await asyncio.sleep(0.02)
    assert house.writing.typed == [(CONVERSATION, "wangli")], "once in some seconds"
    assert faults == []


@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_the_page_of_canned_replies_fits_and_keeps_one(
    house: House, chromium: Chromium, faults: list[str], size: str
) -> None:
    await lay_in(house)
    page = await open_page(chromium, house, faults, size)
    await page.goto("/desk/replies")
    await page.get_by_label("用户名").fill("wangli")
    await page.get_by_label("密码").fill("a long enough pass phrase")
    await page.get_by_role("button", name="登录").click()
    await page.get_by_label("快捷码").fill("xx")
    await page.get_by_label("标题").fill("谢谢来信")
    await page.get_by_label("内容").fill("谢谢{市民}来信。")
    await page.get_by_role("button", name="保存").click()

    await expect(page.get_by_role("status")).to_have_text("已保存。")
    await expect(page.get_by_text("谢谢{市民}来信。")).to_be_visible()
    assert await fits(page)
    await shoot(page, f"replies-{size}")
    assert faults == []


async def test_the_composer_fits_a_phone(house: House, chromium: Chromium, faults: list[str]) -> None:
    await lay_in(house)
    house.writing.suggestions = (Suggestion(question="路灯坏了找谁", answer="城区路灯由路灯管理所负责。"),)
    page = await at_the_composer(chromium, house, faults, "phone")
    await expect(page.locator(".suggest-one")).to_be_visible()
    await shoot(page, "phone-suggested")
    tall = await page.locator(".composer").evaluate("composer => composer.offsetHeight / innerHeight")
    assert tall < 0.3
    await page.locator("[data-canned-open]").click()
    await expect(page.locator(".canned-one").first).to_be_visible()
    await shoot(page, "phone-canned")
    await page.locator(".canned-one").first.click()

    await expect(page.locator("#text")).not_to_have_value("")
    assert await fits(page)
    await shoot(page, "phone-composer")
    assert faults == []


async def test_who_types_on_while_a_reply_is_on_its_way_loses_nothing_and_sends_both(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    page = await at_the_composer(chromium, house, faults)
    go = asyncio.Event()

    async def slow(route: Route) -> None:
        await go.wait()
        await route.continue_()

    await page.route("**/reply", slow, times=1)
    await page.locator("#text").fill("您好，我来看看。")
    await page.keyboard.press("Control+Enter")
    await page.keyboard.type("请稍等")
    await page.keyboard.press("Control+Enter")
    await page.keyboard.type("五分钟。")
    go.set()

    await expect(page.locator(".line-operator")).to_have_text([re.compile("我来看看。"), re.compile("请稍等五分钟。")])
    await expect(page.locator("#text")).to_have_value("")
    assert faults == []
