"""From a WeChat message to a ticket, to the clerk, and back to the same chat until it is rated."""

from pathlib import Path

from bot.app import Service
from handoff.ticket import StatusUpdate, TicketStatus
from tests.fakes.wechat import WeChatServer
from tests.flows.node import eventually, serving


def wechat_settings(wx: WeChatServer) -> dict[str, str]:
    """The settings that point a node at the simulated WeChat."""
    return {
        "SUDA_WECHAT_APP_ID": wx.seal.app_id,
        "SUDA_WECHAT_APP_SECRET": wx.app_secret,
        "SUDA_WECHAT_TOKEN": wx.seal.token,
        "SUDA_WECHAT_AES_KEY": wx.seal.aes_key,
        "SUDA_WECHAT_MODE": str(wx.seal.mode),
        "SUDA_WECHAT_API_BASE": wx.api_base,
        "SUDA_SETTLE_WECHAT_QUIET": "0",
    }


async def _step(service: Service, ticket_no: str, status: TicketStatus, **words: str) -> None:
    assert service.sandbox is not None
    update = StatusUpdate(
        event_id=f"{ticket_no}-{status}", ticket_no=ticket_no, status=status, at="2026-11-23T10:00:00+08:00", **words
    )
    assert await service.sandbox.take_step(update)


async def test_a_matter_becomes_a_ticket_and_its_result_comes_back_to_the_same_chat(tmp_path: Path) -> None:
    async with WeChatServer(webhook="") as wx, serving(tmp_path, **wechat_settings(wx)) as service:
        wx.webhook = f"{service.base_url}/channels/wechat/main"
        citizen = wx.citizen("oCitizen1")

        await citizen.says("铁西区繁荣街道和平小区3号楼门口路灯坏了一个星期")
        await citizen.says("我姓王，电话13900001111")
        await citizen.sees("请核对")
        await citizen.says("确认")
        await citizen.sees("已为您登记")
        ((number, ticket),) = [(t.ticket_no, t) for t in await _tickets(service)]
        await _step(service, number, TicketStatus.ACCEPTED)
        await citizen.sees("已受理")
        await _step(service, number, TicketStatus.DISPATCHED, unit="路灯管理所")
        await citizen.sees("路灯管理所")
        await _step(service, number, TicketStatus.RESOLVED, text="路灯已修好。")
        await citizen.sees("路灯已修好")
        await citizen.says("不满意")
        await citizen.sees("二次督办")

        assert ticket.place is not None
        assert ticket.place.district == "铁西区"
        assert ticket.contact.phone == "13900001111"
        (reopened,) = await _tickets(service)
        assert reopened.status is TicketStatus.REOPENED
        assert reopened.supervision_rounds == 1
        held = await service.sandbox.held(number) if service.sandbox else None
        assert held is not None
        assert held.ticket.status is TicketStatus.REOPENED


async def _tickets(service: Service):  # type: ignore[no-untyped-def]
    loaded = await service.storage.load("wechat:main:oCitizen1")
    return loaded.conversation.tickets


async def test_every_message_is_answered_once_though_wechat_asks_three_times(tmp_path: Path) -> None:
    async with WeChatServer(webhook="") as wx, serving(tmp_path, **wechat_settings(wx)) as service:
        wx.webhook = f"{service.base_url}/channels/wechat/main"
        citizen = wx.citizen("oCitizen1")

        shown = await citizen.says("你好", lose=2)

        assert shown.tries == 3
        await eventually(lambda: len(citizen.texts) == 1)
        lines = await service.storage.lines("wechat:main:oCitizen1")
        assert len(lines) == 2, "one message, one reply"
