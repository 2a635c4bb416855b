"""A citizen, an operator and a clerk, each in a real Chromium, over one node: from the first word to the rating."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from bot.app import Service
from handoff.console.auth import hash_password
from handoff.desk import Operator
from handoff.ticket import TicketStatus
from tests.flows.node import PATIENCE, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PHONE, DESKTOP = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
PASSWORD = "a long password"
SHOTS = os.environ.get("SUDA_TEST_SHOTS", "")
"""A folder for pictures of the pages; none are taken when it is empty."""


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(tmp_path, SUDA_SETTLE_WEB_QUIET="0") as running:
        account = Operator(
            name="wangli", display_name="王丽", role="operator", password_hash=hash_password(PASSWORD), disabled=False
        )
        await running.storage.save_operator(account)
        yield running


async def test_from_the_first_word_to_the_rating(service: Service, chromium: Browser, tmp_path: Path) -> None:
    faults: list[str] = []
    citizen = await _visit(chromium, service, PHONE, faults)
    await citizen.goto("/chat")
    await expect(citizen.locator("#state")).to_have_text("在线")

    await _say(citizen, "铁西区幸福小区3号楼门口的路灯坏了一个星期，老人晚上出门看不见")
    await expect(_said_by(citizen, "bot").last).to_contain_text("称呼和电话")
    photo = tmp_path / "现场.png"
    await citizen.screenshot(path=photo)  # any picture will do
    await citizen.set_input_files("#files", photo)
    await expect(_said_by(citizen, "bot").last).to_contain_text("附")
    await _say(citizen, "我姓王，电话13900001111")
    await expect(_said_by(citizen, "bot").last).to_contain_text("13900001111")
    await _shoot(citizen, "chat-card")
    await citizen.get_by_role("button", name="确认提交").last.click()
    await expect(_said_by(citizen, "bot").last).to_contain_text("已为您登记")

    operator = await _visit(chromium, service, DESKTOP, faults)
    await _take_over(citizen, operator)
    clerk = await _visit(chromium, service, DESKTOP, faults)
    await _work_on_it(clerk)

    await expect(_said_by(citizen, "system").last).to_contain_text("灯泡已更换")
    await _shoot(citizen, "chat-resolved")
    await citizen.get_by_role("button", name="非常满意").click()
    await expect(_said_by(citizen, "bot").last).to_contain_text("谢谢您的评价")
    await _shoot(citizen, "chat-rated")

    conversation = (await service.storage.conversations(None))[0].conversation
    (ticket,) = conversation.tickets
    assert (ticket.status, ticket.rating) == (TicketStatus.RATED, "非常满意")
    assert ticket.place is not None
    assert ticket.place.district == "铁西区"
    assert len(ticket.attachments) == 1
    await _look_around(chromium, service, faults)
    assert faults == []


async def _take_over(citizen: Page, operator: Page) -> None:
    """人工: claimed, answered and given back in a second browser."""
    await operator.goto("/desk")
    await operator.get_by_label("用户名").fill("wangli")
    await operator.get_by_label("密码").fill(PASSWORD)
    await operator.get_by_role("button", name="登录").click()
    await expect(operator.locator("[data-live-state=on]")).to_be_visible()
    await _say(citizen, "人工")
    await expect(_said_by(citizen, "bot").last).to_contain_text("转人工")
    await expect(operator.locator("[data-part=waiting-count]")).to_have_text("1")
    await _shoot(operator, "desk-waiting")
    await operator.get_by_role("link", name="人工").first.click()
    await operator.get_by_role("button", name="接管", exact=True).click()
    await expect(_said_by(citizen, "system").last).to_contain_text("王丽")
    await operator.get_by_label("回复市民").fill("您好，我是王丽，路灯的事我来盯。")
    await operator.get_by_label("回复市民").press("Control+Enter")
    await expect(_said_by(citizen, "operator").last).to_contain_text("我来盯")
    await _say(citizen, "好的，多谢你")
    await expect(operator.locator(".line-citizen .line-text").last).to_have_text("好的，多谢你")
    await expect(operator.locator("img").first).to_have_js_property("complete", True)
    await _shoot(operator, "desk-thread")
    await _shoot(citizen, "chat-operator")
    await operator.locator(".panel summary", has_text="交回机器人").click()
    await operator.get_by_role("button", name="交回", exact=True).click()
    await expect(_said_by(citizen, "system").last).to_contain_text("坐席已把会话交回")


async def _work_on_it(clerk: Page) -> None:
    """The clerk accepts, dispatches and resolves at the built-in case system."""
    await clerk.goto("/sandbox")
    await _shoot(clerk, "sandbox-list")
    await clerk.get_by_role("link", name="路灯").first.click()
    await expect(clerk.locator(".files img")).to_have_js_property("naturalWidth", PHONE["width"])
    await _step(clerk, "受理", promised_date="2036-12-03")
    await _step(clerk, "转办", unit="市照明管理处")
    await _shoot(clerk, "sandbox-ticket")
    await _step(clerk, "办结", text="灯泡已更换，夜间试亮正常。")


async def _step(clerk: Page, button: str, **fields: str) -> None:
    await clerk.locator("summary", has_text=button).first.click()
    form = clerk.locator("details[open] form")
    for name, value in fields.items():
        if await form.locator(f"[name={name}]").count():
            await form.locator(f"[name={name}]").fill(value)
    await form.get_by_role("button").click()
    await expect(clerk.locator("details[open]")).to_have_count(0)


async def _look_around(chromium: Browser, service: Service, faults: list[str]) -> None:
    """Every page on phone and desktop, none wider than its screen."""
    for size, viewport in (("phone", PHONE), ("desktop", DESKTOP)):
        page = await _visit(chromium, service, viewport, faults)
        for name in ("chat", "privacy", "sandbox", "desk/login"):
            await page.goto(f"/{name}")
            wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            assert await page.evaluate(wide), (size, name)
            await _shoot(page, f"{name.replace('/', '-')}-{size}")


async def _visit(chromium: Browser, service: Service, viewport: ViewportSize, faults: list[str]) -> Page:
    """A person with a browser of his own."""
    context: BrowserContext = await chromium.new_context(
        base_url=service.base_url, viewport=viewport, locale="zh-CN", has_touch=viewport == PHONE
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    expect.set_options(timeout=PATIENCE * 1000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    page.on("response", lambda answer: faults.append(answer.url) if answer.status >= 500 else None)
    return page


async def _say(page: Page, text: str) -> None:
    await page.fill("#words", text)
    await page.press("#words", "Enter")


def _said_by(page: Page, who: str) -> Locator:
    return page.locator(f".line.{who} .bubble")


async def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        size = "phone" if page.viewport_size == PHONE else "desktop"
        await page.screenshot(path=f"{SHOTS}/flow-{name}-{size}.png")
