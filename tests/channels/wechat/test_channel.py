"""What the WeChat channel promises, against the simulator over loopback."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import ClientSession
from yarl import URL

from channels.errors import WindowClosed
from channels.message import Message, MessageKind, Reply
from channels.wechat.channel import WeChatChannel
from channels.wechat.envelope import Mode
from channels.wechat.quota import MemoryLedger
from tests.channels.wechat.harness import Book, connected, reply_for, reply_to
from tests.fakes.wechat import BROKEN
from tests.fakes.wechat_seal import Seal, xml_of

MODES = ["plain", "compatible", "safe"]


@pytest.mark.parametrize("mode", MODES)
async def test_a_citizen_reads_the_answer_in_every_mode(mode: str) -> None:
    async with connected(mode) as line:
        assert await line.wx.verify()

        shown = await line.wx.citizen("oA1").says("路灯不亮 <b>&]]></b> 🙂")

        assert (shown.text, shown.tries, shown.failed) == ("收到：路灯不亮 <b>&]]></b> 🙂", 1, False)
        assert line.book.sent == [line.book.last.id]
        assert line.book.last.text == "路灯不亮 <b>&]]></b> 🙂"


async def test_the_url_is_confirmed_to_nobody_who_does_not_know_the_token() -> None:
    async with connected() as line, ClientSession() as browser:
        query = line.wx.seal.query() | {"echostr": "<script>", "signature": "0" * 40}
        answer = await browser.get(line.wx.webhook, params=query)

        assert answer.status == 403
        assert await answer.text() == ""
        assert line.book.counts == ["forged"]


async def test_a_resent_message_gets_the_stored_reply_and_no_second_turn() -> None:
    async with connected() as line:
        shown = await line.wx.citizen("oA1").says("井盖丢了", lose=2)

        assert (shown.text, shown.tries) == ("收到：井盖丢了", 3)
        assert len(line.book.messages) == 1
        assert len(line.book.arrivals) == 3
        assert line.book.counts == ["repeated", "repeated"]


async def test_a_late_turn_is_answered_with_success_within_the_slot_and_pushed_later() -> None:
    async with connected(silent=True, slot_seconds=0.1, patience=2.0) as line:
        citizen = line.wx.citizen("oA1")
        shown = await citizen.says("垃圾没人收")
        assert (shown.text, shown.tries, shown.failed) == ("", 1, False)
        assert line.wx.attempts[0].body == b"success"

        await line.channel.send(reply_to(line.book.last.address, "已记下"))

        assert (await citizen.sees("已记下")).pushed
        assert line.book.sent == []


async def test_the_slot_ends_before_wechat_gives_up_and_the_message_says_when() -> None:
    async with connected() as line:
        before = line.wx.clock()
        await line.wx.citizen("oA1").says("在吗")

        assert 4.0 < line.book.last.slot_until - before < 4.6
        assert 4.0 < line.book.timeouts[0] <= 4.3


async def test_wechat_tries_three_times_and_then_says_that_the_service_is_broken() -> None:
    async with connected() as line:
        line.book.refusals = 3

        shown = await line.wx.citizen("oA1").says("有人吗")

        assert (shown.text, shown.failed, shown.tries) == (BROKEN, True, 3)
        assert [attempt.status for attempt in line.wx.attempts] == [500, 500, 500]


async def test_a_message_that_could_not_be_written_down_at_first_is_not_lost() -> None:
    async with connected() as line:
        line.book.refusals = 2

        shown = await line.wx.citizen("oA1").says("有人吗")

        assert (shown.text, shown.tries) == ("收到：有人吗", 3)


async def test_an_answer_that_never_reached_wechat_is_not_called_sent() -> None:
    async with connected(silent=True, patience=0.2) as line:
        shown = await line.wx.citizen("oA1").says("有人吗")
        line.book.ready.set()
        await asyncio.wait_for(line.book.claimed.wait(), 5)

        assert shown.failed
        assert line.book.sent == []


async def test_events_are_acknowledged_at_once_and_never_answered() -> None:
    async with connected() as line:
        citizen = line.wx.citizen("oA1")
        for shown in (
            await citizen.unfollows(),
            await citizen.views("https://example.org"),
            await citizen.reports_location(41.1, 122.9),
            await citizen.does("TEMPLATESENDJOBFINISH", {"MsgID": 7, "Status": "success"}),
        ):
            assert (shown.text, shown.tries) == ("", 1)

        assert line.book.timeouts == []
        assert all(message.slot_until == 0 for message in line.book.messages.values())


async def test_a_menu_button_is_known_by_its_words() -> None:
    menu = [{"name": "办事", "sub_button": [{"name": "我要反映", "type": "click", "key": "new"}]}]
    async with connected(menu=menu) as line:
        await line.wx.citizen("oA1").clicks("new")
        await line.channel.set_menu()

        assert (line.book.last.kind, line.book.last.choice) == (MessageKind.CHOICE, "new")
        assert line.book.last.text == "我要反映"
        assert line.wx.interface.menu == menu


async def test_a_choice_is_tapped_and_comes_back_with_its_value() -> None:
    def ask(message: Message) -> Sequence[Reply]:
        return [reply_to(message.address, "是哪里？", choices=[("d:1&2", "铁东 <区>"), ("d:3", "铁西区")])]

    async with connected(answer=ask) as line:
        citizen = line.wx.citizen("oA1")
        shown = await citizen.says("路灯不亮")
        assert shown.plain == "是哪里？\n1. 铁东 ＜区＞\n2. 铁西区"

        await citizen.taps("铁东")

        assert line.book.last.kind is MessageKind.CHOICE
        assert (line.book.last.choice, line.book.last.text) == ("d:1&2", "铁东 ＜区＞")


async def test_waiting_replies_go_into_one_response_as_far_as_they_fit() -> None:
    def three(message: Message) -> Sequence[Reply]:
        return [reply_to(message.address, words * 300) for words in ("一", "二", "三")]

    async with connected(answer=three) as line:
        shown = await line.wx.citizen("oA1").says("怎么样了")

        assert shown.text == "一" * 300 + "\n\n" + "二" * 300


async def test_a_reply_with_nothing_to_show_is_a_plain_success() -> None:
    async with connected(answer=lambda message: [reply_to(message.address, "\x08")]) as line:
        shown = await line.wx.citizen("oA1").says("嗯")

        assert (shown.text, shown.failed) == ("", False)
        assert line.book.sent == [line.book.last.id]


@pytest.mark.parametrize("mode", MODES)
async def test_a_forged_webhook_is_refused_and_counted(mode: str) -> None:
    async with connected(mode) as line:
        stranger = Seal(token="guessed", aes_key=line.wx.seal.aes_key, mode=mode)
        query, body = stranger.webhook(text_xml("我是假的"), now=line.wx.clock())

        assert (await line.wx.post(query, body))[0] == 403
        assert line.book.counts == ["forged"]
        assert line.book.messages == {}


async def test_a_plain_body_is_not_believed_in_safe_mode() -> None:
    async with connected("safe") as line:
        query, body = Seal(mode="plain").webhook(text_xml("明文"), now=line.wx.clock())

        assert (await line.wx.post(query, body))[0] == 403


@pytest.mark.parametrize("seconds", [-400, 400])
async def test_an_old_url_is_not_believed_in_plain_mode(seconds: float) -> None:
    async with connected("plain") as line:
        query, body = line.wx.seal.webhook(text_xml("很久以前"), now=line.wx.clock() + seconds)

        assert (await line.wx.post(query, body))[0] == 403


async def test_a_seen_url_carries_no_other_body_in_plain_mode() -> None:
    async with connected("plain") as line:
        query, body = line.wx.seal.webhook(text_xml("真的"), now=line.wx.clock())
        assert (await line.wx.post(query, body))[0] == 200
        assert (await line.wx.post(query, body))[0] == 200

        assert (await line.wx.post(query, body.replace("真的".encode(), "假的".encode())))[0] == 403


async def test_what_is_signed_but_unreadable_is_kept_and_answered_with_success() -> None:
    async with connected() as line:
        xml = "<xml><FromUserName>a</FromUserName><FromUserName>b</FromUserName><MsgType>text</MsgType></xml>"

        assert await line.wx.post(*line.wx.seal.webhook(xml)) == (200, b"success")
        channel, account, body, reason = line.book.buried[0]
        assert (channel, account, body.decode()) == ("wechat", "main", xml)
        assert "FromUserName" in reason
        assert line.book.counts == ["malformed"]


async def test_an_oversized_body_is_not_read() -> None:
    async with connected() as line, ClientSession() as attacker:

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"x" * 4096

        assert (await line.wx.post(line.wx.seal.query(), b"x" * 70_000))[0] == 413
        answer = await attacker.post(line.wx.webhook, params=line.wx.seal.query(), data=endless())
        assert answer.status == 413
        assert line.book.counts == ["oversized", "oversized"]


async def test_a_packed_body_is_not_unpacked() -> None:
    async with connected() as line, ClientSession() as attacker:
        for body in (b"not gzip", gzip.compress(b"x" * 5_000_000)):
            answer = await attacker.post(
                line.wx.webhook, params=line.wx.seal.query(), data=body, headers={"Content-Encoding": "gzip"}
            )
            assert answer.status == 415


async def test_a_body_that_breaks_off_is_a_bad_request() -> None:
    async with connected() as line:
        url = URL(line.wx.webhook)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        head = f"POST {url.path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"
        writer.write(head.encode())
        await writer.drain()
        writer.write(b"not a length\r\n")
        status = await asyncio.wait_for(reader.readline(), 5)
        writer.close()

        assert b" 5" not in status[:12]
        assert line.book.messages == {}


async def test_after_five_pushes_the_channel_waits_for_the_citizen_without_asking_wechat() -> None:
    async with connected(silent=True, slot_seconds=0.0) as line:
        citizen = line.wx.citizen("oA1")
        await citizen.says("请告诉我进展")
        for number in range(5):
            await line.channel.send(reply_for("oA1", f"进展 {number}"))
        with pytest.raises(WindowClosed):
            await line.channel.send(reply_for("oA1", "进展 5"))
        assert len(line.wx.interface.named("send")) == 5
        assert (await line.channel.quota_left("oA1"))[0] == 0

        await citizen.says("好的")
        await line.channel.send(reply_for("oA1", "进展 5"))

        assert citizen.texts[-1] == "进展 5"


async def test_a_tap_on_the_menu_opens_a_minute_only() -> None:
    async with connected(silent=True, slot_seconds=0.0) as line:
        await line.wx.citizen("oA1").clicks("status")
        await line.channel.send(reply_for("oA1", "办理中"))
        assert (await line.channel.quota_left("oA1"))[0] == 2

        line.wx.advance(61)

        with pytest.raises(WindowClosed):
            await line.channel.send(reply_for("oA1", "还在办理"))


async def test_when_wechat_counts_otherwise_its_count_holds() -> None:
    async with connected(silent=True, slot_seconds=0.0) as line:
        await line.ledger.refill("oA1", MessageKind.TEXT, line.wx.clock())
        for _ in range(2):
            with pytest.raises(WindowClosed):
                await line.channel.send(reply_for("oA1", "有进展"))

        assert [call.code for call in line.wx.interface.named("send")] == [45015]


async def test_several_waiting_replies_cost_one_push() -> None:
    async with connected(silent=True, slot_seconds=0.0) as line:
        citizen = line.wx.citizen("oA1")
        await citizen.says("怎么样了")
        others = [reply_for("oA2", "别人的")]

        carried = await line.channel.send_many([reply_for("oA1", "已受理"), reply_for("oA1", "已派单"), *others])

        assert carried == 2
        assert citizen.texts == ["已受理\n\n已派单"]
        assert (await line.channel.quota_left("oA1"))[0] == 4


async def test_a_photo_is_fetched_as_it_was_sent() -> None:
    async with connected() as line:
        await line.wx.citizen("oA1").sends_photo(b"\xff\xd8 hole in the road")
        (attachment,) = line.book.last.attachments

        media = await line.channel.fetch(attachment)

        assert (media.content, media.mime) == (b"\xff\xd8 hole in the road", "image/jpeg")


async def test_a_hundred_citizens_at_once_are_all_answered_in_time() -> None:
    async with connected() as line:
        citizens = [line.wx.citizen(f"o{number}") for number in range(100)]

        shown = await asyncio.gather(*(citizen.says(f"我是{citizen.openid}") for citizen in citizens))

        assert [one.text for one in shown] == [f"收到：我是{citizen.openid}" for citizen in citizens]


def text_xml(words: str) -> str:
    """A text message as WeChat writes it."""
    head: dict[str, object] = {"ToUserName": "gh_suda", "FromUserName": "oA1", "CreateTime": 1790000000}
    return xml_of({**head, "MsgType": "text", "Content": words, "MsgId": 24000000000000001})


@pytest.mark.parametrize(
    ("token", "aes_key", "fault"),
    [("", Seal().aes_key, "token"), ("t", "short", "EncodingAESKey"), ("t", "", "EncodingAESKey")],
)
def test_a_wrong_configuration_is_named_at_once(token: str, aes_key: str, fault: str) -> None:
    book = Book()
    with pytest.raises(ValueError, match=fault):
        WeChatChannel(
            account="main",
            app_id="wx1",
            app_secret="s",
            token=token,
            aes_key=aes_key,
            mode=Mode.SAFE,
            receive=book.receive,
            bury=book.bury,
            count=book.count,
            quota=MemoryLedger(),
        )
