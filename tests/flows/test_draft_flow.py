"""The ticket draft beside the conversation, in a real Chromium over one node: corrected, filed, learned from."""

import json
import os
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from bot.app import Service
from handoff.console.auth import hash_password
from handoff.desk import Operator
from nlu.training.rows import read_examples
from tests.flows.node import PATIENCE, environment, free_port, serving, suda, until_true

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PHONE, DESKTOP = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
PASSWORD = "a long password"
SHOTS = os.environ.get("SUDA_TEST_SHOTS", "")
WORDS = "永乐街道幸福小区2号楼晚上黑得看不见路，灯坏了半个月没人管"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(tmp_path, SUDA_SETTLE_WEB_QUIET="0") as running:
        account = Operator(
            name="wangli", display_name="王丽", role="operator", password_hash=hash_password(PASSWORD), disabled=False
        )
        await running.storage.save_operator(account)
        yield running


async def test_an_operator_corrects_the_draft_and_files_it_and_the_machine_may_learn_from_it(
    service: Service, chromium: Browser, tmp_path: Path
) -> None:
    faults: list[str] = []
    citizen = await _visit(chromium, service, PHONE, faults)
    await citizen.goto("/chat")
    await expect(citizen.locator("#state")).to_have_text("在线")
    await _say(citizen, WORDS)
    await expect(_said_by(citizen, "bot").last).to_contain_text("电话")
    await _say(citizen, "我姓王，电话13900001111")
    await expect(_said_by(citizen, "bot").last).to_contain_text("13900001111")
    await _say(citizen, "人工")

    operator = await _visit(chromium, service, DESKTOP, faults)
    await _log_in(operator)
    await operator.locator("[data-part=waiting] a").first.click()
    await expect(operator.locator("[data-draft]")).to_contain_text("接管会话后可以修改和提交")
    await operator.get_by_role("button", name="接管", exact=True).click()
    await expect(operator.get_by_label("事项")).to_have_value(WORDS)
    await _shoot(operator, "draft-held")

    await operator.get_by_role("combobox", name="类别").fill("cnbr")
    await expect(operator.locator("[data-combo-list] li").first).to_contain_text("冬季采暖")
    await _shoot(operator, "draft-search")
    await operator.get_by_role("combobox", name="类别").press("Enter")
    await expect(operator.get_by_role("combobox", name="类别")).to_have_value(
        "城乡建设 > 城市建设和市政管理 > 冬季采暖"
    )
    await operator.get_by_label("诉求类型").select_option("投诉")
    await operator.get_by_label("地点", exact=True).fill("永乐街道幸福小区2号楼东侧")
    await operator.get_by_label("地点", exact=True).press("Tab")
    await expect(operator.locator("[data-place-parts]")).to_contain_text("铁西区")
    await operator.get_by_label("电话").fill("139x")
    await operator.get_by_role("button", name="提交工单").click()
    await expect(operator.locator("#fault-phone")).to_contain_text("核对")
    await expect(operator.locator("[data-draft-says]")).to_have_text("")
    await expect(operator.get_by_label("地点", exact=True)).to_have_value("永乐街道幸福小区2号楼东侧")
    await _shoot(operator, "draft-fault")
    await operator.get_by_label("电话").fill("13900001111")
    await operator.get_by_role("button", name="提交工单").click()

    await expect(_said_by(citizen, "system").last).to_contain_text("已为您登记")
    (ticket,) = (await service.storage.conversations(None))[0].conversation.tickets
    await expect(_said_by(citizen, "system").last).to_contain_text(ticket.ticket_no)
    await expect(operator.locator("[data-part=around]")).to_contain_text(ticket.ticket_no)
    await _shoot(operator, "draft-filed")
    await _shoot(citizen, "draft-told")
    assert ticket.category is not None
    assert (ticket.category.path[-1], ticket.appeal_type) == ("冬季采暖", "投诉")
    assert ticket.place is not None
    assert (ticket.place.district, ticket.place.street) == ("铁西区", "永乐街道")
    assert ticket.contact.phone == "13900001111"
    sandbox = service.sandbox
    assert sandbox is not None
    await until_true(lambda: sandbox.held(ticket.ticket_no))
    await operator.goto(f"/desk/t/{ticket.ticket_no}")
    await expect(operator.locator("main")).to_contain_text("＊＊＊＊＊＊＊1111")
    await _shoot(operator, "ticket")

    printed = suda(environment(tmp_path, free_port()), "nlu", "export-corrections")
    assert printed.returncode == 0, printed.stderr
    (row,) = [json.loads(line) for line in printed.stdout.splitlines()]
    assert row["text"] == WORDS
    assert row["category"] == ["城乡建设", "城市建设和市政管理", "冬季采暖"]
    assert row["appeal_type"] == "投诉"
    rows = tmp_path / "rows.jsonl"
    rows.write_text(printed.stdout, "utf-8")
    (example,) = read_examples(rows)
    assert example.path == tuple(row["category"])
    assert faults == []


async def test_on_a_phone_what_was_typed_outlives_an_expired_session_and_photos_open_large(
    service: Service, chromium: Browser, tmp_path: Path
) -> None:
    faults: list[str] = []
    citizen = await _visit(chromium, service, PHONE, faults)
    await citizen.goto("/chat")
    await _say(citizen, WORDS)
    await expect(_said_by(citizen, "bot").last).to_contain_text("电话")
    photo = tmp_path / "现场.png"
    await citizen.screenshot(path=photo)
    await citizen.set_input_files("#files", photo)
    await expect(_said_by(citizen, "bot").last).to_contain_text("附")
    operator = await _visit(chromium, service, PHONE, faults)
    await _log_in(operator)
    await operator.locator("[data-part=recent] a").first.click()
    await operator.get_by_role("button", name="接管", exact=True).click()
    await expect(operator.get_by_label("回复市民")).to_be_visible()
    await operator.locator("[data-photo]").click()
    await expect(operator.locator("[data-large-image]")).to_have_js_property("naturalWidth", PHONE["width"])
    await _shoot(operator, "photo-large")
    await operator.get_by_role("button", name="关闭").click()
    # The board is behind him now, and he is there all the same.
    async with operator.expect_request(lambda it: it.url.endswith("/desk/here") and "/ticket" in it.frame.url):
        await operator.get_by_role("link", name="理解与工单").click()
    await operator.get_by_label("标题").fill("幸福小区2号楼楼道灯不亮")
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert await operator.evaluate(wide)
    await _shoot(operator, "draft-page")

    await operator.context.clear_cookies()
    await operator.get_by_role("button", name="保存草稿").click()
    await operator.get_by_label("用户名").fill("wangli")
    await operator.get_by_label("密码").fill(PASSWORD)
    await operator.get_by_role("button", name="登录").click()
    await operator.get_by_role("link", name="理解与工单").click()
    await expect(operator.get_by_label("标题")).to_have_value("幸福小区2号楼楼道灯不亮")
    await operator.get_by_role("combobox", name="类别").fill("ld")
    await expect(operator.locator("[data-combo-list] li").first).to_contain_text("路灯")
    await _shoot(operator, "draft-search")
    await operator.locator("[data-combo-list] li").first.click()
    await operator.get_by_role("button", name="保存草稿").click()
    await expect(operator.locator("[data-part=says]")).to_contain_text("草稿已保存")
    await _shoot(operator, "draft-kept")

    draft = (await service.storage.conversations(None))[0].conversation.draft
    assert draft is not None
    assert draft.title == "幸福小区2号楼楼道灯不亮"
    assert draft.category is not None
    assert draft.category.path[-1] == "城市公共设施"
    assert len(draft.attachments) == 1
    assert faults == []


async def test_what_the_citizen_says_meanwhile_comes_into_the_form_and_what_was_typed_stays(
    service: Service, chromium: Browser
) -> None:
    faults: list[str] = []
    citizen = await _visit(chromium, service, PHONE, faults)
    await citizen.goto("/chat")
    await _say(citizen, WORDS)
    await expect(_said_by(citizen, "bot").last).to_contain_text("电话")
    operator = await _visit(chromium, service, DESKTOP, faults)
    await _log_in(operator)
    await operator.locator("[data-part=recent] a").first.click()
    await operator.get_by_role("button", name="接管", exact=True).click()
    await operator.get_by_label("标题").fill("楼道灯不亮")
    await _say(citizen, "我姓李，电话13700002222")

    await expect(operator.get_by_label("电话")).to_have_value("13700002222")
    await expect(operator.locator("[data-draft-says]")).to_contain_text("已填进来")
    await expect(operator.get_by_label("标题")).to_have_value("楼道灯不亮")
    await operator.get_by_label("电话").fill("13900001111")
    await _say(citizen, "电话写错了，是13700003333")
    await expect(operator.locator("#clash-phone")).to_contain_text("13700003333")
    await expect(operator.get_by_label("电话")).to_have_value("13900001111")
    await _shoot(operator, "draft-clash")
    await operator.reload()
    await expect(operator.get_by_label("电话")).to_have_value("13900001111")
    await expect(operator.get_by_label("标题")).to_have_value("楼道灯不亮")
    await _say(citizen, "又错了，电话是13700004444")
    await expect(operator.locator("#clash-phone")).to_contain_text("13700004444")
    await operator.get_by_role("button", name="改用更新的").click()
    await expect(operator.get_by_label("电话")).to_have_value("13700004444")
    await expect(operator.get_by_label("电话")).to_be_focused()
    await operator.get_by_role("combobox", name="类别").fill("cnbr")
    await expect(operator.locator("[data-combo-list] li").first).to_contain_text("冬季采暖")
    await operator.get_by_role("combobox", name="类别").press("Enter")
    await operator.locator("#middle").focus()
    await operator.keyboard.press("d")
    await expect(operator.get_by_role("combobox", name="类别")).to_be_focused()
    await operator.locator("#middle").focus()
    await operator.keyboard.press("s")
    await expect(operator.get_by_role("button", name="提交工单")).to_be_focused()
    await operator.keyboard.press("Enter")

    await expect(_said_by(citizen, "system").last).to_contain_text("已为您登记")
    (ticket,) = (await service.storage.conversations(None))[0].conversation.tickets
    assert (ticket.title, ticket.contact.phone) == ("楼道灯不亮", "13700004444")
    assert faults == []


async def test_of_what_was_typed_nothing_stays_in_the_browser_after_the_logout(
    service: Service, chromium: Browser
) -> None:
    faults: list[str] = []
    operator, tab = await _typing(service, chromium, faults)

    await operator.get_by_role("button", name="退出").click()
    await operator.get_by_role("button", name="退出，放回排队").click()

    for page in (operator, tab):
        await expect(page.get_by_label("用户名")).to_be_visible()
        await until_true(partial(_forgot, page))
    assert faults == []


async def test_what_was_typed_in_a_session_that_ended_is_kept_from_whoever_logs_in_next(
    service: Service, chromium: Browser
) -> None:
    faults: list[str] = []
    account = Operator(
        name="zhaoqiang", display_name="赵强", role="operator", password_hash=hash_password(PASSWORD), disabled=False
    )
    await service.storage.save_operator(account)
    operator, tab = await _typing(service, chromium, faults)
    await operator.context.clear_cookies()

    await _log_in(operator, "zhaoqiang")
    await tab.goto("/desk/me")

    for page in (operator, tab):
        assert await _forgot(page)
    assert faults == []


async def _typing(service: Service, chromium: Browser, faults: list[str]) -> tuple[Page, Page]:
    """Two tabs of 王丽, a name, a number and a reply typed in them and not sent."""
    citizen = await _visit(chromium, service, PHONE, faults)
    await citizen.goto("/chat")
    await _say(citizen, WORDS)
    await expect(_said_by(citizen, "bot").last).to_contain_text("电话")
    operator = await _visit(chromium, service, DESKTOP, faults)
    await _log_in(operator)
    await operator.locator("[data-part=recent] a").first.click()
    await operator.get_by_role("button", name="接管", exact=True).click()
    await operator.get_by_label("称呼").fill("李桂芳")
    await operator.get_by_label("电话").fill("13700002222")
    await operator.get_by_label("回复市民").fill("李桂芳您好")
    tab = await operator.context.new_page()
    await tab.goto(f"{operator.url.partition('?')[0]}/ticket")
    await tab.get_by_label("电话").fill("13700002222")
    for page in (operator, tab):
        assert not await _forgot(page)
    return operator, tab


async def _forgot(page: Page) -> bool:
    """Neither of the browser's storages holds a word of it."""
    kept = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    return not any(word in kept for word in ("李桂芳", "13700002222", "desk-draft"))


async def _log_in(page: Page, name: str = "wangli") -> None:
    await page.goto("/desk")
    await page.get_by_label("用户名").fill(name)
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await expect(page.locator("[data-live-state=on]")).to_be_visible()


async def _visit(chromium: Browser, service: Service, viewport: ViewportSize, faults: list[str]) -> Page:
    context = await chromium.new_context(
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
        await page.screenshot(path=f"{SHOTS}/{name}-{size}.png")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_why_something_secret_becomes_public_is_asked_only_then_and_kept(
    service: Service, chromium: Browser, size: ViewportSize
) -> None:
    faults: list[str] = []
    citizen = await _visit(chromium, service, size, faults)
    await citizen.goto("/chat")
    for words in (WORDS, "请保密"):
        await _say(citizen, words)
        await expect(_said_by(citizen, "bot").last).to_be_visible()
    operator = await _visit(chromium, service, size, faults)
    await _log_in(operator)
    await operator.locator("[data-part=recent] a").first.click()
    await operator.get_by_role("button", name="接管", exact=True).click()
    await expect(operator.get_by_text("姓名、电话、照片、文件和定位已隐藏")).to_be_visible()
    if size is PHONE:
        await operator.get_by_role("link", name="理解与工单").click()
    secrecy, reason = operator.get_by_label("保密", exact=True), operator.get_by_label("改为不保密的理由")
    await expect(secrecy).to_have_value("confidential")
    await expect(reason).to_be_hidden()

    await secrecy.select_option("")
    await expect(reason).to_be_visible()
    await operator.get_by_role("button", name="保存草稿").click()
    await expect(operator.locator("#fault-reason")).to_contain_text("请写明理由")
    await _shoot(operator, f"draft-reason-{size['width']}")
    await reason.fill("市民来电同意公开")
    await operator.get_by_role("button", name="保存草稿").click()

    await expect(operator.locator("[data-part=says]")).to_contain_text("草稿已保存")
    await expect(reason).to_have_count(0)
    assert [each.reason for each in await service.storage.reveals()] == ["市民来电同意公开"]
    assert faults == []
