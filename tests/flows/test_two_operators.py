"""What the desk promises, with two operators, a citizen and where he matters a supervisor at once, over one node."""

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.desk import numbers
from bot.turn import Outcomes, Turn
from channels.message import Address, Message, MessageKind
from tests.flows.cutting import CuttingProxy
from tests.flows.node import until_true
from tests.flows.team import (
    Team,
    answers,
    box,
    gathered,
    give_back,
    is_live,
    keys_of,
    lines,
    opens,
    said_by,
    say,
    takes,
)
from tests.flows.town import at_rest, tickets_of
from tests.handoff.desk.test_browser import png

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

LAMP = "永乐街道幸福小区2号楼晚上黑得看不见路，灯坏了半个月没人管"
NAME, NUMBER = "薛桂芳", "13900002471"


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    async with gathered(tmp_path) as team:
        yield team


async def test_both_see_the_photo_and_what_was_understood_and_one_corrects_and_files_the_ticket(
    team: Team, tmp_path: Path
) -> None:
    photo = tmp_path / "现场.png"
    photo.write_bytes(png(320, 200))
    citizen = await team.comes(LAMP)
    await citizen.set_input_files("#files", photo)
    await expect(said_by(citizen, "bot").last).to_contain_text("附")
    await say(citizen, "人工")
    wangli, zhaoqiang = await team.at_the_desk("wangli"), await team.at_the_desk("zhaoqiang")
    for page in (wangli, zhaoqiang):
        await opens(page)
        await expect(page.locator(".line-citizen img")).to_have_js_property("naturalWidth", 320)
        await expect(page.locator("[data-part=facts]").first).to_contain_text("类别")
    await takes(wangli)
    await expect(zhaoqiang.locator("[data-draft]")).to_contain_text("接管会话后可以修改和提交")

    await wangli.get_by_role("combobox", name="类别").fill("cnbr")
    await expect(wangli.locator("[data-combo-list] li").first).to_contain_text("冬季采暖")
    await wangli.get_by_role("combobox", name="类别").press("Enter")
    await wangli.get_by_label("电话").fill("13900001111")
    await wangli.get_by_role("button", name="提交工单").click()

    await expect(said_by(citizen, "system").last).to_contain_text("已为您登记")
    (kept,) = await team.service.storage.conversations(None)
    (ticket,) = await tickets_of(team.service, kept.conversation.id)
    for page in (wangli, zhaoqiang):
        await expect(page.locator("[data-part=around]")).to_contain_text(ticket.ticket_no)
    await expect(said_by(citizen, "system").last).to_contain_text(ticket.ticket_no)
    assert ticket.category is not None
    assert (ticket.category.path[-1], len(ticket.attachments)) == ("冬季采暖", 1)
    (corrected,) = await team.service.storage.corrections()
    assert "冬季采暖" in str(corrected)


async def test_a_canned_reply_and_the_gate_at_work_while_a_colleague_looks_on(team: Team) -> None:
    citizen = await team.comes("人工")
    wangli, zhaoqiang = await team.at_the_desk("wangli"), await team.at_the_desk("zhaoqiang")
    for page in (wangli, zhaoqiang):
        await opens(page)
    await takes(wangli)

    await wangli.keyboard.press("Escape")
    await wangli.keyboard.press("/")
    await wangli.keyboard.type("nh")
    await wangli.keyboard.press("Enter")
    await expect(box(wangli)).to_have_value(re.compile(r"^\{市民\}您好，我是坐席王丽"))
    await wangli.keyboard.type("王先生")  # what nobody knows yet is selected, to be written over
    await expect(box(wangli)).to_have_value(re.compile("^王先生您好，我是坐席王丽"))
    assert await said_by(citizen, "operator").count() == 0, "laid in, not sent"
    await box(wangli).press("Control+Enter")
    await expect(said_by(citizen, "operator").last).to_contain_text("我是坐席王丽")

    await box(wangli).fill("我们会尽快处理。")
    await box(wangli).press("Control+Enter")
    await expect(wangli.locator("[data-gate]")).to_contain_text("尽快")
    await expect(box(wangli)).to_have_value("我们会尽快处理。")
    await at_rest(team.service)
    await expect(said_by(citizen, "operator")).to_have_count(1)
    await wangli.get_by_role("button", name="仍然发送").click()
    await expect(said_by(citizen, "operator")).to_have_count(2)
    await expect(lines(zhaoqiang, "operator")).to_have_count(2)

    await box(wangli).press_sequentially("请稍等", delay=30)
    await expect(citizen.locator("#typist")).to_have_text("王丽正在输入")
    await citizen.locator("#words").press_sequentially("好的", delay=30)
    await expect(wangli.get_by_text("市民正在输入…")).to_be_visible()


async def test_two_operators_and_two_tabs_are_in_step_after_a_cut(team: Team) -> None:
    citizen = await team.comes("人工")
    port = int(team.service.base_url.rpartition(":")[2])
    async with CuttingProxy(lambda: port).open() as proxy:
        wangli = await team.at_the_desk("wangli", proxy.url)
        await opens(wangli)
        tab = await wangli.context.new_page()
        await tab.goto(wangli.url)
        zhaoqiang = await team.at_the_desk("zhaoqiang", proxy.url)
        await opens(zhaoqiang)
        pages = (wangli, tab, zhaoqiang)
        for page in pages:
            await is_live(page)
            await page.evaluate("window.neverReloaded = true")
        await takes(wangli)
        await expect(tab.locator("#reply[data-holds]")).to_be_visible()
        await box(tab).fill("写到一半")
        await expect(box(wangli)).to_have_value("写到一半")

        for number in range(3):
            assert proxy.cut()
            await say(citizen, f"断开时的第{number}句")
            for page in pages:
                await expect(lines(page, "citizen").last).to_contain_text(f"断开时的第{number}句")
                await is_live(page)

        await box(tab).press("Control+Enter")
        await expect(said_by(citizen, "operator")).to_have_text(["写到一半"])
        await expect(box(wangli)).to_have_value("")
        shown = await keys_of(tab)
        assert len(shown) == len(set(shown))
        for page in pages:
            await expect(lines(page, "operator")).to_have_count(1)
            assert await page.evaluate("window.neverReloaded")

        async def in_step() -> bool:
            return await keys_of(wangli) == await keys_of(tab) == await keys_of(zhaoqiang)

        await until_true(in_step)


async def reads(page: Page) -> list[str]:
    """Which of the citizen's secrets stand anywhere on the page."""
    content = await page.content()
    return [word for word in (NAME, NUMBER) if word in content]


async def test_what_a_citizen_keeps_secret_is_shown_to_the_one_who_says_why_and_nobody_else(team: Team) -> None:
    await team.comes(LAMP, f"我叫{NAME}，电话{NUMBER}", "请给我保密", "人工")
    wangli, zhaoqiang = await team.at_the_desk("wangli"), await team.at_the_desk("zhaoqiang")
    for page in (wangli, zhaoqiang):
        await opens(page)
        await expect(page.locator(".hidden-note")).to_be_visible()
        assert await reads(page) == []

    await wangli.locator(".hidden-note summary").click()
    await wangli.get_by_label("为什么需要看").fill("承办单位退单，需电话核实")
    await wangli.get_by_role("button", name="显示十分钟").click()
    await expect(wangli.get_by_text("请勿外传")).to_be_visible()

    assert await reads(wangli) == [NAME, NUMBER]
    await zhaoqiang.reload()
    await expect(zhaoqiang.locator(".hidden-note")).to_be_visible()
    assert await reads(zhaoqiang) == []
    chen = await team.at_the_desk("chen")
    await chen.goto("/desk/audit")
    await expect(chen.locator("main")).to_contain_text("承办单位退单，需电话核实")
    assert await reads(chen) == []
    assert await team.noted("revealed") == [("wangli", "revealed")]


async def test_whose_role_may_not_reads_a_clear_word_nothing_happens_and_it_is_noted(team: Team) -> None:
    await team.comes("人工")
    (kept,) = await team.service.storage.conversations(None)
    wangli = await team.at_the_desk("wangli")
    editor = await team.visit()
    await editor.goto("/desk")
    await editor.get_by_label("用户名").fill("liumin")
    await editor.get_by_label("密码").fill("a long password")
    await editor.get_by_role("button", name="登录").click()
    await editor.wait_for_url("**/desk/faq")

    for page, path in ((wangli, "/desk/numbers"), (wangli, "/desk/audit"), (wangli, "/desk/people")):
        await page.goto(path)
        await expect(page.get_by_role("alert")).to_contain_text("没有生效")
    await editor.goto(f"/desk/c/{kept.conversation.id}")
    await expect(editor.get_by_role("alert")).to_contain_text("没有生效")
    assert "人工" not in await editor.locator("main").inner_text()

    refused = await team.noted("role_refused")
    assert refused.count(("wangli", "role_refused")) == 3
    assert ("liumin", "role_refused") in refused
    assert await team.holder() == ""


def card(page: Page, name: str) -> str:
    """Where a number stands on the supervisor's page."""
    return f".numbers-card:has(dt:text-is('{name}')) strong"


async def waits_since(team: Team, at: float) -> Address:
    """A citizen whom nobody answered from then on."""
    late, record = Address(channel="web", account="main", user="waits-for-long"), team.service.storage
    body = Message(id="late-1", address=late, kind=MessageKind.TEXT, sent_at=at, text="你好")
    await team.service.inbox.receive(body)
    await at_rest(team.service)
    waiting = (await record.load(late.key)).conversation.waiting("asked", at)
    await record.commit(Turn(conversation=waiting, events=(), outcome=Outcomes.HANDOVER), at)
    return late


async def test_the_supervisors_numbers_move_while_citizens_and_operators_act(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Page and node ask ten times as often as they do, or the test would mostly wait.
    monkeypatch.setattr(numbers, "FRESH", numbers.FRESH / 10)
    chen = await team.visit()
    await chen.add_init_script("const every = setInterval; window.setInterval = (act, ms) => every(act, ms / 10)")
    await chen.goto("/desk/numbers")
    await chen.get_by_label("用户名").fill("chen")
    await chen.get_by_label("密码").fill("a long password")
    await chen.get_by_role("button", name="登录").click()
    waiting, held = chen.locator(card(chen, "等候人工")), chen.locator(card(chen, "坐席处理中"))
    await expect(waiting).to_have_text("0")
    await chen.evaluate("window.neverReloaded = true")

    await team.comes("人工")
    await expect(waiting).to_have_text("1")
    wangli, zhaoqiang = await team.at_the_desk("wangli"), await team.at_the_desk("zhaoqiang")
    await opens(wangli)
    await takes(wangli)
    await expect(waiting).to_have_text("0")
    await expect(held).to_have_text("1")
    await answers(wangli, "您好，我是王丽。")
    load = chen.locator("[data-part=load] tr", has_text="王丽")
    await expect(load).to_contain_text(re.compile(r"王丽\s*1\s*1"))

    # Somebody has waited for ten minutes: that is overdue until a colleague answers.
    late = await waits_since(team, time.time() - 600)
    owed = chen.locator(f"[data-part=owed] a[href*='{late.user}']")
    await expect(owed).to_be_visible()
    await team.look(chen, "numbers-owed")
    await zhaoqiang.goto(f"/desk/c/{late.key}")
    await is_live(zhaoqiang)
    await answers(zhaoqiang, "您好，我是赵强，让您久等了。")
    await expect(owed).to_have_count(0)
    await expect(held).to_have_text("2")
    await give_back(wangli)
    await expect(held).to_have_text("1")
    assert await chen.evaluate("window.neverReloaded")
