"""A citizen on the web chat and on Telegram: he links both, his tickets are his in each, and they are parted again."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from bot.app import Service
from channels.message import Address, Message, MessageKind
from handoff.console.auth import hash_password
from handoff.desk import ActionKind, Operator
from handoff.ticket import TicketStatus
from tests.fakes.telegram import Citizen, TelegramServer
from tests.flows.node import PATIENCE, serving, until_true
from tests.flows.town import at_rest, clerk_takes, operator_does, telegram_settings, tickets_of, words_of

PHONE, DESKTOP = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
PASSWORD = "a long password"
SHOTS = os.environ.get("SUDA_TEST_SHOTS", "")
MATTER = "铁东区解放街道幸福小区5号楼下水井堵了，污水外冒"
WEB, TELEGRAM = (Address(channel=name, account="main", user="u1") for name in ("web", "telegram"))


@asynccontextmanager
async def a_town(folder: Path) -> AsyncIterator[tuple[Citizen, Service]]:
    """A node with a web chat and a Telegram bot, a citizen there, an operator and a supervisor."""
    async with (
        TelegramServer() as telegram,
        serving(folder, SUDA_SETTLE_WEB_QUIET="0", **telegram_settings(telegram)) as service,
    ):
        for name, shown, role in (("wangli", "王丽", "operator"), ("sunjie", "孙洁", "supervisor")):
            hashed = hash_password(PASSWORD)
            account = Operator(name=name, display_name=shown, role=role, password_hash=hashed)
            await service.storage.save_operator(account)
        yield telegram.citizen(), service


@pytest.mark.browser
@pytest.mark.timeout(240)
async def test_a_citizen_links_two_chats_and_a_supervisor_parts_them(tmp_path: Path, chromium: Browser) -> None:
    faults: list[str] = []
    async with a_town(tmp_path) as (citizen, service):
        await _submit(citizen)
        there = f"telegram:main:{citizen.id}"
        await at_rest(service)
        (ticket,) = await tickets_of(service, there)
        page = await _visit(chromium, service, PHONE, faults)
        await page.goto("/chat")
        await expect(page.locator("#state")).to_have_text("在线")

        await _say(page, "我的工单")
        await expect(_bot(page).last).to_contain_text("回复“绑定”就能一起查")
        await _say(page, "绑定")
        await expect(_bot(page).last).to_contain_text("绑定码：")
        code = re.search(r"绑定码：(\d{6})", await _bot(page).last.inner_text())
        assert code
        await citizen.says(f"绑定 {code[1]}")
        await citizen.sees("和您的网页算同一个人")
        await expect(page.locator(".line.system .bubble").last).to_contain_text("您在Telegram上和这里绑定了")
        await _shoot(page, "links-chat")

        await _say(page, "我的工单")
        await expect(_bot(page).last).to_contain_text("（在Telegram登记）")
        await _say(page, "催一下")
        await expect(_bot(page).last).to_contain_text(f"已为工单 {ticket.ticket_no}")
        await clerk_takes(service, ticket.ticket_no, TicketStatus.RESOLVED, text="下水井已疏通")
        await citizen.sees("下水井已疏通")
        assert not [words for words in await words_of(service, await _there(service)) if "疏通" in words]
        await _say(page, f"{ticket.ticket_no} 非常满意")
        await expect(_bot(page).last).to_contain_text("谢谢您的评价")
        await at_rest(service)
        (rated,) = await tickets_of(service, there)
        assert rated.rating == "非常满意"
        await _say(page, "人工")
        await expect(_bot(page).last).to_contain_text("转人工")
        await at_rest(service)
        (urged,) = await tickets_of(service, there)
        assert urged.urge_count == 1

        desk = await _visit(chromium, service, DESKTOP, faults)
        await _log_in(desk, "wangli")
        await desk.locator("[data-part=waiting] a").first.click()
        links = desk.locator(".links")
        await expect(links).to_contain_text("Telegram的会话")
        await expect(links).to_contain_text("起绑定")
        await expect(desk.locator("[data-part=around] .tickets").first).to_contain_text(ticket.ticket_no)
        await expect(links.get_by_text("绑错了")).to_have_count(0)
        for shade in ("light", "dark"):
            await desk.emulate_media(color_scheme=shade)
            await links.scroll_into_view_if_needed()
            await _shoot(desk, f"links-aside-{shade}")
        await links.get_by_role("link", name="Telegram的会话").click()
        await expect(desk.locator(".line-citizen .line-text").first).to_contain_text("下水井堵了")
        await expect(desk.locator("[data-part=facts]")).to_contain_text("绑定聊天")

        boss = await _visit(chromium, service, DESKTOP, faults)
        await _log_in(boss, "sunjie")
        await boss.locator("[data-part=waiting] a").first.click()
        await expect(boss.locator("[data-part=lines]")).to_contain_text("绑定码：******")
        assert code[1] not in await boss.locator("[data-part=lines]").inner_text()
        await boss.get_by_text("绑错了").click()
        await _shoot(boss, "links-part")
        await boss.get_by_role("button", name="解除绑定").click()
        await expect(boss.locator("[data-part=says]")).to_contain_text("已解除绑定")
        await expect(boss.locator(".links")).to_have_count(0)
        await expect(boss.locator(".line-note").last).to_contain_text("解除了与这位市民其他渠道的绑定")
        await expect(page.locator(".line.system .bubble").last).to_contain_text("坐席已把这里和您其他聊天的绑定解除")
        await citizen.sees("您的网页已和这里解除绑定")
        await _say(page, f"{ticket.ticket_no} 到哪一步了")
        await expect(_bot(page).last).to_contain_text("没有在您名下查到")

        acts = [(who, act) for _, who, act, _ in await service.storage.notes() if act == "part"]
        assert acts == [("sunjie", "part")]
        assert faults == []


@pytest.mark.browser
@pytest.mark.timeout(240)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_secrecy_is_not_got_around_by_a_link(tmp_path: Path, chromium: Browser, size: ViewportSize) -> None:
    faults: list[str] = []
    async with a_town(tmp_path) as (_, service):
        await _tell(service, TELEGRAM, MATTER, "我叫薛桂芳，电话13900002471", "确认")
        await _tell(service, WEB, "举报铁西区人民路128号饭店偷排油烟", "匿名", "确认")
        await _link(service, WEB, TELEGRAM)
        await _tell(service, WEB, "我的工单")
        await _tell(service, TELEGRAM, "我的工单")
        (open_one,), (secret,) = [await tickets_of(service, each.key) for each in (TELEGRAM, WEB)]
        await _tell(service, TELEGRAM, f"{secret.ticket_no} 到哪一步了")
        await _tell(service, WEB, f"{open_one.ticket_no.lower()} 到哪一步了")
        desk = await _visit(chromium, service, size, faults)
        await _log_in(desk, "sunjie")

        sheet = "" if size == DESKTOP else "/ticket"
        await desk.goto(f"/desk/c/{WEB.key}{sheet}")
        await expect(desk.locator(".links")).to_contain_text("有一边要求保密或匿名")
        await _shoot(desk, "links-secret")
        from_secret = await desk.content()
        await desk.goto(f"/desk/c/{TELEGRAM.key}{sheet}")
        await expect(desk.locator(".links")).to_contain_text("有一边要求保密或匿名")
        from_open = await desk.content()
        await desk.goto(f"/desk/c/{WEB.key}")
        await desk.locator(".hidden-note summary").click()
        await desk.get_by_label("为什么需要看").fill("承办单位退单，需电话核实")
        await desk.get_by_role("button", name="显示十分钟").click()
        await expect(desk.locator("[data-part=says]")).to_contain_text("已显示")
        await desk.goto(f"/desk/c/{WEB.key}{sheet}")

        await expect(desk.locator(".links a")).to_have_text("Telegram的会话")
        await expect(desk.locator("[data-part=around]")).to_contain_text(open_one.ticket_no)
        await desk.locator(".links").scroll_into_view_if_needed()
        await _shoot(desk, "links-revealed")
        told = (TELEGRAM.key, open_one.ticket_no, open_one.title)
        assert [word for word in (*told, "薛桂芳") if word in _read_of(from_secret)] == []
        assert [word for word in (WEB.key, secret.ticket_no, secret.title) if word in _read_of(from_open)] == []
        for each in (WEB, TELEGRAM):
            said = (await words_of(service, each.key))[-2]
            assert open_one.ticket_no in said, "he himself reads all of them"
            assert secret.ticket_no in said

        await _tell(service, TELEGRAM, f"{secret.ticket_no} 现在到哪了")
        await desk.goto(f"/desk/c/{TELEGRAM.key}")
        beside = await desk.content()
        await _tell(service, TELEGRAM, "解除绑定")
        await desk.goto(f"/desk/c/{TELEGRAM.key}")
        await expect(desk.locator(".lines")).to_contain_text("已解除绑定")
        parted = await desk.content()
        await desk.goto(f"/desk?q={secret.ticket_no}")
        found = await desk.locator(f"a[href*='{TELEGRAM.key}']").count()
        assert [word for word in (secret.ticket_no, secret.title) if word in _read_of(beside) + _read_of(parted)] == []
        assert found == 0, "what was told of the other chat leads nobody from it to this one"
        assert faults == []


async def test_the_citizen_parts_them_himself_and_guessing_is_of_no_use(tmp_path: Path) -> None:
    async with a_town(tmp_path) as (_, service):
        await _link(service, WEB, TELEGRAM)
        await _tell(service, TELEGRAM, "解除绑定")
        await _tell(service, TELEGRAM, *("绑定 000000" for _ in range(6)))

        async def told() -> bool:
            return "您的Telegram已和这里解除绑定" in (await words_of(service, WEB.key))[-1]

        await until_true(told)
        mine = await words_of(service, TELEGRAM.key)
        assert [("不对" in words, "太多了" in words) for words in mine[-6:]] == [(True, False)] * 4 + [
            (False, True)
        ] * 2
        assert await operator_does(service, WEB.key, ActionKind.PART) == "unlinked"
        assert (await service.storage.audit()).put_aside == ()


_COUNT = iter(range(1, 1000))


async def _tell(service: Service, address: Address, *lines: str) -> None:
    """He writes these, and each is answered."""
    for line in lines:
        message = Message(
            id=f"{address.key}-{next(_COUNT)}",
            address=address,
            kind=MessageKind.TEXT,
            sent_at=1_790_000_000.0,
            text=line,
        )
        await service.inbox.receive(message)
        await at_rest(service)


async def _link(service: Service, first: Address, second: Address) -> None:
    await _tell(service, second, "你好")
    await _tell(service, first, "绑定")
    code = re.search(r"绑定码：(\d{6})", (await words_of(service, first.key))[-1])
    assert code
    await _tell(service, second, f"绑定 {code[1]}")
    assert (await service.storage.load(first.key)).conversation.linked[0].id == second.key

    async def told() -> bool:
        return "和这里绑定了" in (await words_of(service, first.key))[-1]

    await until_true(told)


def _read_of(page: str) -> str:
    """The conversation and what stands beside it, without the list of all conversations."""
    return page[page.index("<main") :]


async def _there(service: Service) -> str:
    """The conversation of the web chat."""
    ids = [held.conversation.id for held in await service.storage.conversations(None)]
    (mine,) = [each for each in ids if each.startswith("web:")]
    return mine


async def _submit(citizen: Citizen) -> None:
    await citizen.says(MATTER)
    await citizen.sees("称呼和电话")
    await citizen.says("不留")
    await citizen.sees("请核对")
    await citizen.taps("确认提交")
    await citizen.sees("已为您登记")


async def _log_in(page: Page, name: str) -> None:
    await page.goto("/desk")
    await page.get_by_label("用户名").fill(name)
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await expect(page.locator("[data-live-state=on]")).to_be_visible()


async def _visit(chromium: Browser, service: Service, viewport: ViewportSize, faults: list[str]) -> Page:
    context = await chromium.new_context(base_url=service.base_url, viewport=viewport, locale="zh-CN")
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


def _bot(page: Page) -> Locator:
    return page.locator(".line.bot .bubble")


async def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        size = "phone" if page.viewport_size == PHONE else "desktop"
        await page.screenshot(path=f"{SHOTS}/{name}-{size}.png")
