"""Two operators, their supervisor and a citizen at once, each in a real Chromium over one node."""

import os
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from bot.app import Service
from bot.conversation import Holder
from bot.storage.figures import Span
from bot.storage.rules import OPERATOR_LIFE
from handoff.console.auth import hash_password
from handoff.desk import Operator
from tests.flows.node import PATIENCE, ROOT, serving, until_true
from tests.flows.team import Together

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PHONE, DESKTOP = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
PASSWORD = "a long password"
PEOPLE = (("wangli", "王丽", "operator"), ("zhaoqiang", "赵强", "operator"), ("chen", "陈班长", "supervisor"))
SHOTS = os.environ.get("SUDA_TEST_SHOTS", "")
"""A folder for pictures of the pages; none are taken when it is empty."""


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """A node of a city whose operators work in groups."""
    cities = tmp_path / "cities"
    shutil.copytree(ROOT / "cities" / "anshan", cities / "anshan")
    pack = cities / "anshan" / "city.toml"
    pack.write_text(pack.read_text("utf-8").replace("[human]", '[human]\ngroups = ["住建组", "社保组"]', 1), "utf-8")
    async with serving(tmp_path / "data", SUDA_SETTLE_WEB_QUIET="0", SUDA_CITIES=str(cities)) as running:
        for name, shown, role in PEOPLE:
            account = Operator(name=name, display_name=shown, role=role, password_hash=hash_password(PASSWORD))
            await running.storage.save_operator(account)
        yield running


async def visit(chromium: Browser, service: Service, faults: list[str], size: ViewportSize = DESKTOP) -> Page:
    """Somebody with a browser of his own."""
    context = await chromium.new_context(base_url=service.base_url, viewport=size)
    context.set_default_timeout(PATIENCE * 1000)
    expect.set_options(timeout=PATIENCE * 1000)
    page = await context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    return page


async def log_in(page: Page, name: str) -> None:
    """To the list."""
    await page.goto("/desk")
    await page.get_by_label("用户名").fill(name)
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await expect(page.locator("[data-live-state=on]")).to_be_visible()


async def say(citizen: Page, text: str) -> None:
    """The citizen writes."""
    await citizen.locator("#words").fill(text)
    await citizen.locator("#words").press("Enter")


async def shoot(page: Page, name: str) -> None:
    """A picture at both sizes, for eyes."""
    if SHOTS:
        for size, view in {"desktop": DESKTOP, "phone": PHONE}.items():
            await page.set_viewport_size(view)
            await page.screenshot(path=Path(SHOTS) / f"queue-{name}-{size}.png")
        await page.set_viewport_size(DESKTOP)
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


async def holder(service: Service) -> tuple[Holder, str]:
    """Who has the one conversation."""
    conversation = (await service.storage.conversations(None))[0].conversation
    return conversation.holder, conversation.operator


async def test_a_conversation_goes_from_hand_to_hand_and_back_with_one_speaker(
    service: Service, chromium: Browser
) -> None:
    faults: list[str] = []
    citizen = await visit(chromium, service, faults, PHONE)
    wangli, zhaoqiang, chen = [await visit(chromium, service, faults) for _ in PEOPLE]
    for page, (name, _, _) in zip((wangli, zhaoqiang, chen), PEOPLE, strict=True):
        await log_in(page, name)
    await citizen.goto("/chat")
    await expect(citizen.locator("#state")).to_have_text("在线")
    await say(citizen, "人工")

    # The supervisor whispers; the operator who takes it reads it, and the citizen never.
    await chen.get_by_role("link", name="人工").first.click()
    await chen.locator(".panel summary", has_text="提示").click()
    await chen.get_by_label("给坐席的提示").fill("老客户，先核对上次的工单")
    await shoot(chen, "whisper")
    await chen.get_by_role("button", name="写入提示").click()
    await expect(chen.locator(".line-note")).to_contain_text("老客户")

    # Two take it at once: one has it, the other reads by whom.
    for page in (wangli, zhaoqiang):
        await page.get_by_role("link", name="人工").first.click()
    await expect(zhaoqiang.locator(".line-note")).to_contain_text("市民看不到")
    async with Together("claim", [wangli, zhaoqiang], first=wangli):
        for page in (zhaoqiang, wangli):
            await page.get_by_role("button", name="接管", exact=True).click(no_wait_after=True)
    await expect(wangli.get_by_text("在您手中")).to_be_visible()
    await expect(zhaoqiang.locator("[data-part=says]")).to_contain_text("王丽")
    await expect(zhaoqiang.get_by_text("王丽 正在处理，您可以看，不能回复。")).to_be_visible()
    await say(citizen, "铁西区幸福小区3号楼门口的路灯坏了一个星期")
    await expect(wangli.locator(".line-citizen").last).to_contain_text("路灯")
    assert await holder(service) == (Holder.OPERATOR, "wangli")

    # Passed on to a group with a note; a colleague finds it by the group.
    await wangli.locator(".panel summary", has_text="转交").click()
    await wangli.get_by_label("转交给").select_option("group:住建组")
    await wangli.get_by_label("备注").fill("路灯的事，市民很着急")
    await shoot(wangli, "transfer")
    await wangli.get_by_role("button", name="转过去").click()
    await expect(wangli.get_by_text("已转交")).to_be_visible()
    await expect(citizen.locator(".line.system .bubble").last).to_contain_text("住建组")
    await zhaoqiang.goto("/desk")
    await zhaoqiang.get_by_role("link", name="社保组").click()
    await expect(zhaoqiang.locator("[data-key=none]", has_text="这个组没有人在等。")).to_be_visible()
    await zhaoqiang.get_by_role("link", name="住建组 1").click()
    await shoot(zhaoqiang, "group")
    await zhaoqiang.locator("[data-part=waiting] .head").click()
    await zhaoqiang.get_by_label("回复市民").fill("您好，我是赵强，接着办。")
    await zhaoqiang.get_by_label("回复市民").press("Control+Enter")
    await expect(zhaoqiang.get_by_text("在您手中")).to_be_visible()

    # The supervisor gives it to another; who had it can no longer speak.
    await chen.locator(".panel summary", has_text="指派").click()
    await chen.get_by_label("指派给").select_option("to:wangli")
    await chen.get_by_role("button", name="指派给他").click()
    await expect(zhaoqiang.get_by_text("王丽 正在处理，您可以看，不能回复。")).to_be_visible()
    await wangli.get_by_role("link", name="路灯").first.click()
    await shoot(wangli, "held")

    # Given back with a word: the bot goes on with what was said to the operators.
    await wangli.locator(".panel summary", has_text="交回机器人").click()
    await wangli.get_by_label("交回前的话").fill("路灯的事请接着登记，再见。")
    await shoot(wangli, "parting")
    await wangli.get_by_role("button", name="交回", exact=True).click()
    await expect(wangli.get_by_text("已交回机器人。")).to_be_visible()
    await say(citizen, "不留电话")
    await expect(citizen.get_by_text("请核对").last).to_contain_text("幸福小区")
    assert await holder(service) == (Holder.BOT, "")

    seen = await citizen.locator("body").inner_text()
    assert "老客户" not in seen
    assert "市民很着急" not in seen
    assert "再见" in seen

    async def all_are_there() -> bool:
        there = await service.storage.present(time.time() - OPERATOR_LIFE)
        return set(there) == {"wangli", "zhaoqiang", "chen"}

    await until_true(all_are_there)
    assert faults == []


async def test_a_conversation_is_closed_with_a_look_at_what_nobody_filed_and_the_citizen_grades_it(
    service: Service, chromium: Browser
) -> None:
    faults: list[str] = []
    citizen = await visit(chromium, service, faults, PHONE)
    await citizen.goto("/chat")
    await say(citizen, "人工")
    await expect(citizen.get_by_text("现在没有坐席在线")).to_be_visible()
    await say(citizen, "铁东区胜利路58号的路灯坏了三天了")
    wangli = await visit(chromium, service, faults)
    await log_in(wangli, "wangli")
    await say(citizen, "坐席来了吗")
    await expect(citizen.get_by_text("您排在最前面")).to_be_visible()
    await wangli.locator("[data-part=waiting] .head").click()
    await wangli.get_by_label("回复市民").fill("您好，这盏灯今晚七点前修好。")
    await wangli.get_by_label("回复市民").press("Control+Enter")
    await expect(wangli.get_by_text("在您手中")).to_be_visible()

    await wangli.locator(".panel summary", has_text="结束").click()
    await wangli.get_by_label("结束语").fill("我们会尽快回复您")
    await wangli.get_by_role("button", name="确认结束").click()
    await expect(wangli.locator(".panel[open] [data-gate]")).to_contain_text("还没有提交成工单")
    await expect(wangli.locator(".panel[open] [data-gate]")).to_contain_text("没有说到哪一天")
    await expect(wangli.get_by_label("结束语")).to_have_value("我们会尽快回复您")
    await shoot(wangli, "closing")
    await wangli.get_by_label("结束语").fill("今晚七点前修好，不用登记。再见")
    await wangli.get_by_role("button", name="仍然结束").click()
    await expect(wangli.get_by_text("已结束会话。")).to_be_visible()

    await expect(citizen.get_by_text("没有登记成工单")).to_be_visible()
    await shoot(citizen, "closed")
    await citizen.locator("button[data-label=满意]").click()
    await expect(citizen.get_by_text("谢谢您的评价：满意。")).to_be_visible()
    assert await holder(service) == (Holder.BOT, "")
    kept = await service.storage.figures(Span(time.time() - 3600, 7200, 1))
    assert kept.service == {"满意": 1}
    assert kept.ratings == {}
    assert faults == []


async def begins_with_wangli(service: Service, chromium: Browser, faults: list[str]) -> tuple[Page, Page]:
    """A citizen in the hands of 王丽."""
    citizen, wangli = [await visit(chromium, service, faults, size) for size in (PHONE, DESKTOP)]
    await log_in(wangli, "wangli")
    await citizen.goto("/chat")
    await say(citizen, "人工")
    await wangli.locator("[data-part=waiting] .head").click()
    await wangli.get_by_role("button", name="接管", exact=True).click()
    await expect(wangli.get_by_text("在您手中")).to_be_visible()
    return citizen, wangli


async def test_whose_conversation_is_taken_away_reads_by_whom_and_keeps_what_he_typed(
    service: Service, chromium: Browser
) -> None:
    faults: list[str] = []
    citizen, wangli = await begins_with_wangli(service, chromium, faults)
    chen = await visit(chromium, service, faults)
    await log_in(chen, "chen")
    await wangli.get_by_label("回复市民").fill("您好，我查一下路灯的")
    await wangli.locator(".panel summary", has_text="转交").click()
    await wangli.get_by_label("备注").fill("市民住三楼")

    await chen.goto(wangli.url)
    await expect(chen.get_by_text("王丽 处理中").first).to_be_visible()
    await chen.locator("#middle").focus()
    await chen.keyboard.press("c")
    await expect(chen.locator("[data-take]")).to_be_focused()
    assert await holder(service) == (Holder.OPERATOR, "wangli"), "that takes a second key"
    await shoot(chen, "take-over")
    await chen.keyboard.press("Enter")
    await expect(chen.get_by_text("在您手中")).to_be_visible()

    await expect(wangli.locator(".taken")).to_contain_text("陈班长 接管了会话，不再由您处理。")
    await expect(wangli.locator(".say-notice")).to_have_count(0)
    await expect(wangli.locator("#kept")).to_have_value("您好，我查一下路灯的")
    await expect(wangli.locator("#orphaned")).to_have_value("市民住三楼")
    await expect(wangli.locator("#reply")).to_have_count(0)
    await expect(wangli.locator(".line-note").last).to_contain_text("陈班长 接管了会话")
    await shoot(wangli, "taken")
    await expect(citizen.locator(".line.system .bubble").last).to_contain_text("由坐席 陈班长 接着办")
    await say(citizen, "在吗")
    await expect(wangli.locator(".line-citizen").last).to_contain_text("在吗")
    await expect(wangli.locator(".taken")).to_be_visible()
    await expect(wangli.locator("#orphaned")).to_have_value("市民住三楼")

    # Put back for her: she takes it again, and what she typed is in the box.
    await chen.locator(".panel summary", has_text="转交").click()
    await chen.get_by_label("转交给").select_option("queue:")
    await chen.get_by_role("button", name="转过去").click()
    await expect(wangli.get_by_label("回复市民")).to_have_value("您好，我查一下路灯的")
    await wangli.get_by_role("button", name="接管", exact=True).click()
    await expect(wangli.get_by_text("在您手中")).to_be_visible()
    await expect(wangli.get_by_label("回复市民")).to_have_value("您好，我查一下路灯的")
    await expect(wangli.locator(".taken")).to_have_count(0)
    assert faults == []


async def test_who_logs_out_is_asked_and_his_citizen_is_told_at_once_and_stands_first(
    service: Service, chromium: Browser
) -> None:
    faults: list[str] = []
    citizen, wangli = await begins_with_wangli(service, chromium, faults)
    chen = await visit(chromium, service, faults)
    await log_in(chen, "chen")
    tab = await wangli.context.new_page()
    await tab.goto(wangli.url)
    await wangli.get_by_label("回复市民").fill("没写完的话")

    await wangli.get_by_role("button", name="退出").click()
    await expect(wangli.get_by_role("heading", name="您手中还有 1 个会话")).to_be_visible()
    await shoot(wangli, "leaving")
    await wangli.get_by_role("link", name="先不退出").click()
    await wangli.locator("[data-part=mine] .head").click()
    await expect(wangli.get_by_label("回复市民")).to_have_value("没写完的话")
    assert await holder(service) == (Holder.OPERATOR, "wangli")

    await wangli.get_by_role("button", name="退出").click()
    await wangli.get_by_role("button", name="退出，放回排队").click()
    await expect(wangli.get_by_text("已退出登录。")).to_be_visible()
    await expect(citizen.locator(".line.system .bubble").last).to_contain_text("坐席 王丽 已下线，您的会话已退回排队")
    await expect(chen.locator("[data-part=waiting] .head")).to_contain_text("坐席退出退回")
    assert await holder(service) == (Holder.WAITING, "")
    for page in (wangli, tab):
        await expect(page.get_by_label("用户名")).to_be_visible()
        kept = await page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)].join(' ')")
        assert "desk-draft" not in kept
    assert faults == []
