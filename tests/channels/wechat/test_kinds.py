"""Whatever a citizen does in WeChat arrives as what it is, through the encrypted webhook."""

from collections.abc import Awaitable, Callable

import pytest

from channels.message import MessageKind
from tests.channels.wechat.harness import connected
from tests.fakes.wechat import Citizen, Shown

Act = Callable[[Citizen], Awaitable[Shown]]

ACTS: list[tuple[Act, MessageKind]] = [
    (lambda citizen: citizen.says("在吗"), MessageKind.TEXT),
    (lambda citizen: citizen.sends_photo(), MessageKind.IMAGE),
    (lambda citizen: citizen.sends_voice(recognition="路灯不亮"), MessageKind.VOICE),
    (lambda citizen: citizen.sends_voice(), MessageKind.VOICE),
    (lambda citizen: citizen.sends_video(), MessageKind.VIDEO),
    (lambda citizen: citizen.sends_video(short=True), MessageKind.VIDEO),
    (lambda citizen: citizen.sends_file("合同.pdf"), MessageKind.FILE),
    (lambda citizen: citizen.sends_location(41.1, 122.9, "站前"), MessageKind.LOCATION),
    (lambda citizen: citizen.sends_link("通知"), MessageKind.LINK),
    (lambda citizen: citizen.sends_card("小程序"), MessageKind.LINK),
    (lambda citizen: citizen.follows(), MessageKind.FOLLOW),
    (lambda citizen: citizen.follows("12"), MessageKind.FOLLOW),
    (lambda citizen: citizen.scans("12"), MessageKind.SCAN),
    (lambda citizen: citizen.clicks("new"), MessageKind.CHOICE),
    (lambda citizen: citizen.sends({"MsgType": "hologram", "Depth": 3}), MessageKind.UNKNOWN),
]
QUIET: list[tuple[Act, MessageKind]] = [
    (lambda citizen: citizen.unfollows(), MessageKind.UNFOLLOW),
    (lambda citizen: citizen.views("https://example.org"), MessageKind.EVENT),
    (lambda citizen: citizen.reports_location(41.1, 122.9), MessageKind.EVENT),
    (lambda citizen: citizen.does("TEMPLATESENDJOBFINISH", {"MsgID": 7}), MessageKind.EVENT),
]


@pytest.mark.parametrize(("act", "kind"), ACTS)
async def test_what_a_citizen_does_is_answered_at_once(act: Act, kind: MessageKind) -> None:
    async with connected() as line:
        shown = await act(line.wx.citizen("oA1"))

        assert (line.book.last.kind, line.book.last.address.user) == (kind, "oA1")
        assert shown.text.startswith("收到：")


@pytest.mark.parametrize(("act", "kind"), QUIET)
async def test_what_wechat_tells_is_kept_and_not_answered(act: Act, kind: MessageKind) -> None:
    async with connected() as line:
        shown = await act(line.wx.citizen("oA1"))

        assert (line.book.last.kind, shown.text) == (kind, "")
