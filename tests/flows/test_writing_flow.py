"""Writing over a whole node: what fills canned replies, what the gate knows, and a citizen and an operator in
browsers, who see each other type and a photo come."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot.app import Service
from handoff.console.auth import hash_password
from handoff.desk import ActionKind, Operator, Thread
from handoff.ticket import TicketStatus
from handoff.writing import Doubt, Help
from tests.flows.node import serving
from tests.flows.town import at_rest, clerk_takes, on_wechat, operator_does, tickets_of
from tests.handoff.desk.test_browser import png

ME = "wechat:main:oCitizen1"
PASSWORD = "a long password"
WANGLI = Operator(name="wangli", display_name="王丽", role="operator", password_hash="")


async def help_at(service: Service, conversation: str) -> Help:
    """What the composer of this conversation shows 王丽."""
    thread = await service.desk.thread(conversation)
    assert isinstance(thread, Thread)
    return await service.writing.help(thread, WANGLI)


async def test_the_shipped_replies_are_filled_from_the_record_and_laid_in_once(tmp_path: Path) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        await citizen.says("铁西区和平小区3号楼门口的路灯坏了一个星期")
        await citizen.says("我姓王，电话13900001111")
        await citizen.sees("请核对")
        await citizen.taps("确认提交")
        await citizen.sees("已为您登记")
        (ticket,) = await tickets_of(service, ME)
        await clerk_takes(service, ticket.ticket_no, TicketStatus.ACCEPTED)
        await clerk_takes(service, ticket.ticket_no, TicketStatus.DISPATCHED, unit="路灯管理所")
        await citizen.sees("路灯管理所")
        await citizen.says("转人工")
        await at_rest(service)

        shown = await help_at(service, ME)

        registered = next(reply.text for reply in shown.replies if reply.shortcut == "dj")
        assert f"工单号{ticket.ticket_no}，由路灯管理所办理" in registered
        assert "{" not in registered
        assert shown.window is not None
        assert 0 < shown.window.left <= 5
        (doubt,) = await service.writing.warnings(ME, "请问您的电话是多少？")
        assert (doubt.doubt, "13900001111" in doubt.words) == (Doubt.ASKED_AGAIN, True)
        many = len(shown.replies)
        (first, *_) = shown.replies
        assert await service.writing.drop(first.id, first.owner)
    async with on_wechat(tmp_path) as (_, service):
        assert len(await service.writing.replies(WANGLI)) == many - 1, "what was deleted does not come back"


async def test_a_citizens_complaint_is_not_called_a_question_without_a_warning(tmp_path: Path) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        await citizen.says("我要投诉铁西区和平小区物业乱收费")
        await citizen.says("转人工")
        await at_rest(service)

        (doubt,) = await service.writing.warnings(ME, "已按咨询件登记。")

        assert doubt.doubt is Doubt.RETYPED
        assert await service.writing.warnings(ME, "已按投诉登记，11月30日前答复您。") == ()


async def test_the_answer_to_his_last_question_is_suggested_and_nothing_is_sent(tmp_path: Path) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        await citizen.says("转人工")
        await operator_does(service, ME, ActionKind.CLAIM)
        await citizen.says("火警电话是多少")
        await citizen.says("人呢")
        await at_rest(service)
        before = len(citizen.screen)

        shown = await help_at(service, ME)

        assert "119" in shown.suggestions[0].answer
        assert shown.suggestions[0].source
        await at_rest(service)
        assert len(citizen.screen) == before


@pytest.mark.parametrize("words", ["我姓王，电话13900001111", "13900001111", "人工", "转人工", "谢谢", "快点处理啊"])
async def test_what_asks_nothing_is_answered_by_no_suggestion(tmp_path: Path, words: str) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        await citizen.says("转人工")
        await operator_does(service, ME, ActionKind.CLAIM)
        await citizen.says(words)
        await at_rest(service)

        assert (await help_at(service, ME)).suggestions == ()


async def visit(chromium: Browser, service: Service, faults: list[str]) -> Page:
    context = await chromium.new_context(base_url=service.base_url)
    page = await context.new_page()
    page.set_default_timeout(30_000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    return page


@pytest.mark.browser
@pytest.mark.timeout(240)
async def test_a_citizen_and_an_operator_see_each_other_type_and_a_photo_come(
    tmp_path: Path, chromium: Browser
) -> None:
    faults: list[str] = []
    photo = tmp_path / "修好的灯.png"
    photo.write_bytes(png(320, 200))
    async with serving(tmp_path, SUDA_SETTLE_WEB_QUIET="0") as service:
        await service.storage.save_operator(
            Operator(name="wangli", display_name="王丽", role="operator", password_hash=hash_password(PASSWORD))
        )
        citizen, operator = await visit(chromium, service, faults), await visit(chromium, service, faults)
        await citizen.goto("/chat")
        await expect(citizen.locator("#state")).to_have_text("在线")
        await citizen.locator("#words").fill("转人工")
        await citizen.locator("#words").press("Enter")
        await expect(citizen.locator(".line.bot")).not_to_have_count(0, timeout=30_000)
        await operator.goto("/desk")
        await operator.get_by_label("用户名").fill("wangli")
        await operator.get_by_label("密码").fill(PASSWORD)
        await operator.get_by_role("button", name="登录").click()
        await operator.locator(".lists .head").first.click()
        await operator.get_by_role("button", name="接管", exact=True).click()
        await expect(operator.locator("#reply[data-holds]")).to_be_visible(timeout=30_000)

        await citizen.locator("#words").press_sequentially("火警电话是多少", delay=20)
        await expect(operator.get_by_text("市民正在输入…")).to_be_visible(timeout=15_000)
        await citizen.locator("#words").press("Enter")
        await expect(operator.locator(".suggest-one").first).to_contain_text("火警", timeout=30_000)
        await operator.locator(".suggest-one").first.click()
        await expect(operator.locator("#text")).to_have_value(re.compile("119"))
        await expect(citizen.locator("#typist")).to_have_text("王丽正在输入")
        await operator.locator("[data-files]").set_input_files(photo)
        await expect(operator.locator("[data-enclosed] img")).to_be_visible()
        await operator.locator("#text").press("Control+Enter")

        await expect(citizen.locator(".line.operator .media img")).to_be_visible(timeout=30_000)
        await expect(operator.locator(".line-operator img")).to_be_visible()
        shown = citizen.locator(".line.operator .media img")
        assert await shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320
        conversation = (await service.desk.held("wangli"))[0].conversation_id
        assert "正在输入" not in str(await service.storage.lines(conversation))
    assert faults == []
