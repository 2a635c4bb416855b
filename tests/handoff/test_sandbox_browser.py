"""A clerk works on a ticket in a real browser, on a phone and on a desk."""

import pytest
from playwright.async_api import Browser, Page, expect

from handoff.ticket import TicketStatus
from tests.handoff.sandbox_rig import Front, serving, until
from tests.handoff.tickets import ticket

TICKET = ticket(attachments=(), related=())


async def press(page: Page, button: str, **fields: str) -> None:
    await page.locator("summary", has_text=button).first.click()
    form = page.locator("details[open] form")
    for name, value in fields.items():
        await form.locator(f"[name={name}]").fill(value)
    await form.get_by_role("button").click()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
async def test_a_clerk_accepts_dispatches_and_resolves_a_ticket(chromium: Browser, width: int, height: int) -> None:
    front = Front()
    faults: list[str] = []
    async with serving(":memory:", front) as (sandbox, server):
        await sandbox.submit(TICKET)
        page = await chromium.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(str(server.make_url("/sandbox")))
        assert await page.evaluate("document.documentElement.scrollWidth") == width

        await page.get_by_role("link", name=TICKET.title).click()
        await press(page, "受理", promised_date="2026-12-03")
        await expect(page.locator(".heading .status")).to_have_text("已受理")
        await press(page, "转办", unit="市照明管理处")
        await expect(page.locator(".heading .status")).to_have_text("已转办")
        await press(page, "办结", text="灯泡已更换，夜间试亮正常。")
        await expect(page.locator(".heading .status")).to_have_text("已办结，待您评价")

        assert await page.evaluate("document.documentElement.scrollWidth") == width
        await until(lambda: len(front.updates) == 3)
        await page.close()
    assert [told.status for told in front.updates] == [
        TicketStatus.ACCEPTED,
        TicketStatus.DISPATCHED,
        TicketStatus.RESOLVED,
    ]
    assert front.updates[2].text == "灯泡已更换，夜间试亮正常。"
    assert not [fault for fault in faults if "favicon" not in fault and "404" not in fault]


@pytest.mark.browser
async def test_a_form_that_lacks_what_the_citizen_needs_is_not_sent(chromium: Browser) -> None:
    front = Front()
    async with serving(":memory:", front) as (sandbox, server):
        await sandbox.submit(TICKET)
        page = await chromium.new_page(locale="zh-CN")
        await page.goto(str(server.make_url(f"/sandbox/tickets/{TICKET.ticket_no}")))

        await press(page, "不予受理", reason="正在诉讼中")

        assert await page.locator("[name=legal_basis]:invalid").count()
        await expect(page.locator(".heading .status")).to_have_text("已提交，待受理")
        await page.close()
    assert not front.updates
