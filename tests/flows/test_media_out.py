"""Photos and files of an operator, out by each channel, with fates like words; and that he is typing."""

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from bot.app import Service
from bot.turn import Fate
from channels.message import Reply
from handoff.desk import ActionKind, Enclosure, Operator, OperatorAction
from tests.fakes.telegram import Fault, TelegramServer
from tests.fakes.wechat_api import Fault as WeChatFault
from tests.flows.node import serving, until_true
from tests.flows.town import at_rest, on_wechat, telegram_settings

ME = "wechat:main:oCitizen1"
PHOTO = b"\x89PNG\r\n\x1a\n a picture of a lamp"
PDF = b"%PDF-1.4 a form"
WANGLI = Operator(name="wangli", display_name="王丽", role="operator", password_hash="")


async def send(service: Service, conversation: str, *files: tuple[str, bytes], text: str = "", number: int = 0) -> None:
    """What the composer does with a reply that has files."""
    enclosures: list[Enclosure] = []
    for name, content in files:
        enclosures.append(await service.writing.enclose(conversation, name, content))
    action = OperatorAction(
        id=f"{conversation}-{number}",
        conversation_id=conversation,
        operator=WANGLI.name,
        operator_name=WANGLI.display_name,
        kind=ActionKind.REPLY,
        at=1_790_000_000.0,
        text=text,
        enclosures=tuple(enclosures),
    )
    result = await service.inbox.act(action)
    assert str(result.outcome) == "done"


async def fates_of(service: Service, conversation: str) -> list[tuple[str, str, Fate | None]]:
    """What the operator said, by kind, with its fate."""
    lines = await service.storage.lines(conversation)
    said = [
        (line.body, line.fate) for line in lines if isinstance(line.body, Reply) and line.body.speaker == "operator"
    ]
    return [(body.text, body.attachments[0].kind if body.attachments else "", fate) for body, fate in said]


async def last_fate(service: Service, conversation: str) -> Fate | None:
    """The fate of what the operator said last; None while nothing is said."""
    return next((fate for _, _, fate in reversed(await fates_of(service, conversation))), None)


async def test_words_and_a_photo_go_to_wechat_in_their_order_each_with_its_fate(tmp_path: Path) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        await citizen.says("转人工")

        await send(service, ME, ("修好的路灯.png", PHOTO), text="路灯已修好，照片如下。")
        await citizen.sees("照片如下")
        await wx.until(lambda: bool(wx.interface.photos))
        await at_rest(service)

        assert wx.interface.photos == [("oCitizen1", PHOTO, "image/png")]
        said = await fates_of(service, ME)
        assert said == [("路灯已修好，照片如下。", "", Fate.SENT), ("", "image", Fate.SENT)]
        sends = [call.body["msgtype"] for call in wx.interface.named("send") if call.code == 0]
        assert sends == ["text", "image"]


async def test_a_photo_waits_when_wechats_window_is_used_up_and_goes_at_the_next_contact(tmp_path: Path) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        await citizen.says("转人工")
        for number in range(5):
            await send(service, ME, text=f"第{number}句", number=number)
            await citizen.sees(f"第{number}句")

        await send(service, ME, ("灯.png", PHOTO), number=9)

        async def held() -> bool:
            return await last_fate(service, ME) is Fate.HELD

        await until_true(held)
        assert not wx.interface.named("upload"), "nothing is laid down at WeChat that cannot be shown"
        await citizen.says("修好了吗")
        await wx.until(lambda: bool(wx.interface.photos))
        await at_rest(service)
        assert await last_fate(service, ME) is Fate.SENT


async def test_an_upload_to_wechat_whose_answer_is_lost_is_made_again_and_the_photo_shown_once(tmp_path: Path) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        await wx.citizen("oCitizen1").says("转人工")
        wx.faults.next("upload", WeChatFault(cut="after"))

        await send(service, ME, ("灯.png", PHOTO))
        await wx.until(lambda: bool(wx.interface.photos), timeout=30.0)
        await at_rest(service)

        assert len(wx.interface.photos) == 1
        assert len(wx.interface.named("upload")) == 2


async def test_a_photo_that_wechat_refuses_is_told_as_refused(tmp_path: Path) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        await wx.citizen("oCitizen1").says("转人工")
        wx.faults.next("upload", WeChatFault(errcode=40009))

        await send(service, ME, ("灯.png", PHOTO))

        async def refused() -> bool:
            return await last_fate(service, ME) is Fate.REFUSED

        await until_true(refused)
        assert wx.interface.photos == []


async def test_a_photo_and_a_file_go_to_telegram(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, serving(tmp_path, **telegram_settings(telegram)) as service:
        citizen = telegram.citizen()
        conversation = f"telegram:main:{citizen.id}"
        await citizen.says("转人工")

        await send(service, conversation, ("灯.png", PHOTO), ("申请表.pdf", PDF), text="请看附件。")
        await telegram.until(lambda: [sent for sent in citizen.screen if sent.content])
        await telegram.until(lambda: len([sent for sent in citizen.screen if sent.content]) == 2)
        await at_rest(service)

        photo, file = [sent for sent in citizen.screen if sent.content]
        assert ("photo" in photo.raw, photo.content) == (True, PHOTO)
        assert (file.raw["document"]["file_name"], file.content) == ("申请表.pdf", PDF)
        assert "王丽" in photo.text, "the citizen reads who sent it"
        assert [fate for _, _, fate in await fates_of(service, conversation)] == [Fate.SENT] * 3


async def test_a_photo_to_telegram_whose_answer_is_lost_is_not_sent_again_unmarked(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, serving(tmp_path, **telegram_settings(telegram)) as service:
        citizen = telegram.citizen()
        conversation = f"telegram:main:{citizen.id}"
        await citizen.says("转人工")
        telegram.next("sendPhoto", Fault(cut=True, delivered=True))

        await send(service, conversation, ("灯.png", PHOTO))

        async def unknown() -> bool:
            return await last_fate(service, conversation) is Fate.UNKNOWN

        await until_true(unknown)
        assert telegram.count("sendPhoto") == 1
        await citizen.says("在吗")
        await telegram.until(lambda: telegram.count("sendPhoto") == 2)
        await citizen.sees("可能重复")


async def test_that_an_operator_writes_is_shown_on_wechat_and_telegram_and_is_in_no_record(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(TelegramServer())
        wx, service = await stack.enter_async_context(on_wechat(tmp_path, more=telegram_settings(telegram)))
        citizen = telegram.citizen()
        by_telegram = f"telegram:main:{citizen.id}"
        await wx.citizen("oCitizen1").says("转人工")
        await citizen.says("转人工")
        for conversation in (ME, by_telegram):
            await send(service, conversation, text="您好，我来处理。")
        await at_rest(service)
        before = [await service.storage.lines(conversation) for conversation in (ME, by_telegram)]

        for conversation in (ME, by_telegram):
            for _ in range(3):
                await service.writing.typing(conversation, WANGLI)
            await service.writing.typing(conversation, replace(WANGLI, name="zhaoqiang"))

        await wx.until(lambda: bool(wx.interface.typing))
        await telegram.until(lambda: telegram.chat_actions)
        assert wx.interface.typing == ["Typing"], "once in some seconds, and of nobody who does not hold it"
        assert telegram.chat_actions == [(citizen.id, "typing")]
        assert [await service.storage.lines(conversation) for conversation in (ME, by_telegram)] == before
