"""From a WeChat message to a ticket, to the clerk, and back to the same chat until it is rated."""

import asyncio
from pathlib import Path

import pytest

from channels.message import Message, MessageKind
from handoff.ticket import TicketStatus
from tests.flows.node import eventually, until_true
from tests.flows.town import at_rest, clerk_takes, fetched, on_wechat, tickets_of, words_of

ME = "wechat:main:oCitizen1"


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_a_matter_becomes_a_ticket_and_its_result_comes_back_to_the_same_chat(tmp_path: Path, mode: str) -> None:
    async with on_wechat(tmp_path, mode) as (wx, service):
        citizen = wx.citizen("oCitizen1")

        await citizen.says("铁西区和平小区3号楼门口的路灯坏了一个星期")
        await citizen.says("我姓王，电话13900001111")
        await citizen.sees("请核对")
        await citizen.taps("确认提交")
        await citizen.sees("已为您登记")
        (ticket,) = await tickets_of(service, ME)
        number = ticket.ticket_no
        await clerk_takes(service, number, TicketStatus.ACCEPTED)
        await citizen.sees("已受理")
        await clerk_takes(service, number, TicketStatus.DISPATCHED, unit="路灯管理所")
        await citizen.sees("路灯管理所")
        await clerk_takes(service, number, TicketStatus.RESOLVED, text="路灯已修好。")
        await citizen.sees("路灯已修好")
        await citizen.taps("不满意")
        await citizen.sees("二次督办")
        await at_rest(service)

        assert ticket.place is not None
        assert ticket.place.district == "铁西区"
        assert ticket.contact.phone == "13900001111"
        (reopened,) = await tickets_of(service, ME)
        assert (reopened.status, reopened.supervision_rounds) == (TicketStatus.REOPENED, 1)
        assert service.sandbox is not None
        held = await service.sandbox.held(number)
        assert held is not None
        assert (held.status, held.rating) == (TicketStatus.REOPENED, reopened.rating)
        assert not any(shown.failed for shown in citizen.screen)


async def test_the_answer_travels_in_the_webhooks_own_response(tmp_path: Path) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")

        shown = await citizen.says("你好")

        assert shown.text
        assert not shown.pushed
        await at_rest(service)
        assert len(citizen.screen) == 1
        assert not wx.interface.named("send")


async def test_a_slow_turn_is_answered_with_success_and_pushed_later(tmp_path: Path) -> None:
    slow = {"SUDA_SETTLE_WECHAT_QUIET": "0.8", "SUDA_SLOT_SECONDS": "0.2"}
    async with on_wechat(tmp_path, more=slow) as (wx, _):
        citizen = wx.citizen("oCitizen1")

        shown = await citizen.says("小区门口的井盖不见了")

        assert (shown.text, shown.failed) == ("", False)
        pushed = await citizen.sees("什么地方")
        assert pushed.pushed
        assert wx.attempts[-1].body == b"success"


async def test_every_message_is_answered_once_though_wechat_asks_three_times(tmp_path: Path) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")

        shown = await citizen.says("你好", lose=2)

        assert shown.tries == 3
        await at_rest(service)
        assert citizen.texts == [shown.text]
        assert len({attempt.body for attempt in wx.attempts}) == 3, "encrypted anew, and the same words"
        assert len(await service.storage.lines(ME)) == 2, "one message, one reply"


async def test_a_burst_of_fragments_and_a_photo_is_one_turn_with_one_reply(tmp_path: Path) -> None:
    patient = {"SUDA_SETTLE_WECHAT_QUIET": "1", "SUDA_SETTLE_WECHAT_MOST": "8"}
    async with on_wechat(tmp_path, more=patient) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        answers = []

        async def kept(count: int) -> bool:
            return len(await service.storage.lines(ME)) == count

        for count, text in enumerate(("我要反映个事", "铁东区和平小区5号楼", "下水井堵了，污水外冒"), start=1):
            answers.append(asyncio.create_task(citizen.says(text)))
            await until_true(lambda count=count: kept(count))  # type: ignore[misc] # a lambda over the count of now
        answers.append(asyncio.create_task(citizen.sends_photo()))
        shown = [one.text for one in await asyncio.gather(*answers)]

        assert len([text for text in shown if text]) == 1, "one of the four webhooks carries the reply"
        assert len(await words_of(service, ME)) == 1
        draft = (await service.storage.load(ME)).conversation.draft
        assert draft is not None
        assert len(draft.message_ids) == 4
        assert [attachment.kind for attachment in draft.attachments] == [MessageKind.IMAGE]


async def test_a_photo_is_fetched_at_once_and_stands_in_the_ticket_as_a_signed_link(tmp_path: Path) -> None:
    photo = b"\xff\xd8\xff\xe0 a picture of the street"
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        await citizen.says("铁东区和平小区5号楼下水井堵了，污水外冒")

        await citizen.sends_photo(photo)
        await eventually(lambda: wx.interface.named("media"))
        wx.advance(4 * 86400)  # WeChat has forgotten it
        await citizen.says("不留")
        await citizen.says("确认")
        await citizen.sees("已为您登记")
        await at_rest(service)

        (ticket,) = await tickets_of(service, ME)
        assert service.sandbox is not None
        held = await service.sandbox.held(ticket.ticket_no)
        assert held is not None
        (attachment,) = held.attachments
        assert await fetched(attachment.url) == (200, photo)
        assert (await fetched(attachment.url.replace("signature=", "signature=0")))[0] == 403
        said = [line.body for line in await service.storage.lines(ME) if isinstance(line.body, Message)]
        (kept,) = [attachment for message in said for attachment in message.attachments]
        assert kept.key, "so the desk can show it"


async def test_who_unfollows_is_told_the_result_when_he_comes_back(tmp_path: Path) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        for text in ("铁东区和平小区5号楼下水井堵了", "不留", "确认"):
            await citizen.says(text)
        (ticket,) = await tickets_of(service, ME)
        before = len(citizen.screen)

        assert (await citizen.unfollows()).text == ""
        await clerk_takes(service, ticket.ticket_no, TicketStatus.ACCEPTED)
        await clerk_takes(service, ticket.ticket_no, TicketStatus.RESOLVED, text="已疏通。")

        async def resolved() -> bool:
            return (await tickets_of(service, ME))[0].status is TicketStatus.RESOLVED

        await until_true(resolved)
        await at_rest(service)
        assert len(citizen.screen) == before, "nobody is there to read it"
        back = await citizen.follows()

        assert "已疏通" in back.text
        assert "您好" in back.text
