"""Every error of WeChat's interface is told as what can be done about it, and a token is fetched once for all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    OutcomeUnknown,
    ReplyRejected,
    WindowClosed,
)
from channels.message import MessageKind
from channels.wechat.api import WeChatApi, _Token
from tests.channels.wechat.harness import connected, reply_for
from tests.fakes.wechat import WeChatServer
from tests.fakes.wechat_api import Fault

User = tuple[WeChatServer, WeChatApi]


@asynccontextmanager
async def api(timeout: float = 5.0, secret: str = "made-up-secret", largest: int = 1000) -> AsyncIterator[User]:
    """The interface of a simulator where the citizen oA1 has just written."""
    async with WeChatServer() as wx:
        client = WeChatApi(
            app_id=wx.seal.app_id,
            app_secret=secret,
            base=wx.api_base + "/",
            clock=wx.clock,
            timeout=timeout,
            largest_media=largest,
        )
        await client.open()
        wx.interface.grant("oA1", "message")
        try:
            yield wx, client
        finally:
            await client.close()


async def test_a_text_arrives_with_its_own_characters() -> None:
    async with api() as (wx, client):
        await client.send_text("oA1", "您好 🙂 \\u4f60 <a>")

        assert wx.citizen("oA1").texts == ["您好 🙂 \\u4f60 <a>"]


async def test_a_hundred_sends_fetch_one_token() -> None:
    async with api() as (wx, client):
        wx.faults.next("token", Fault(delay=0.1))
        sends = await asyncio.gather(*(client.send_text("oA1", str(n)) for n in range(100)), return_exceptions=True)

        assert sum(error is None for error in sends) == 5
        assert len(wx.interface.named("token")) == 1


async def test_a_token_is_renewed_five_minutes_before_its_end() -> None:
    async with api() as (wx, client):
        await client.send_text("oA1", "一")
        wx.advance(6890)
        await client.send_text("oA1", "二")
        assert len(wx.interface.named("token")) == 1

        wx.advance(20)
        await client.send_text("oA1", "三")

        assert len(wx.interface.named("token")) == 2


async def test_a_token_that_somebody_else_renewed_costs_one_more_fetch_and_no_reply() -> None:
    async with api() as (wx, client):
        await client.send_text("oA1", "一")
        wx.interface.renew_token()
        await asyncio.gather(client.send_text("oA1", "二"), client.send_text("oA1", "三"))

        assert sorted(wx.citizen("oA1").texts) == sorted(["一", "二", "三"])
        assert [call.body["force_refresh"] for call in wx.interface.named("token")] == [False, False]


async def test_a_token_that_stays_bad_is_forced_once_and_never_asked_for_in_a_circle() -> None:
    async with api() as (wx, client):
        wx.faults.always("send", Fault(errcode=40001))
        for _ in range(3):
            with pytest.raises(ChannelUnavailable):
                await client.send_text("oA1", "一")

        assert len(wx.interface.named("send")) == 6
        forced = [call.body["force_refresh"] for call in wx.interface.named("token")]
        assert forced.count(True) == 1
        assert len(forced) <= 5


async def test_a_forced_renewal_brings_the_next_try_through() -> None:
    async with api() as (wx, client):
        wx.faults.next("send", Fault(errcode=42001))

        await client.send_text("oA1", "一")

        assert wx.citizen("oA1").texts == ["一"]


@pytest.mark.parametrize(
    ("code", "error", "retry_after"),
    [
        (-1, ChannelUnavailable, 5.0),
        (45009, ChannelUnavailable, 3600.0),
        (45011, ChannelUnavailable, 60.0),
        (40164, ChannelUnavailable, 300.0),
        (45015, WindowClosed, None),
        (45047, WindowClosed, None),
        (48001, WindowClosed, None),
        *((code, ReplyRejected, None) for code in (48002, 50002, 43004, 40003, 43101, 45002, 99999)),
    ],
)
async def test_an_error_code_says_what_to_do(code: int, error: type[ChannelError], retry_after: float | None) -> None:
    async with api() as (wx, client):
        wx.faults.next("send", Fault(errcode=code))

        with pytest.raises(error, match=str(code)) as caught:
            await client.send_text("oA1", "一")

        assert getattr(caught.value, "retry_after", None) == retry_after
        assert wx.citizen("oA1").texts == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=502), ChannelUnavailable),
        (Fault(status=429), ChannelUnavailable),
        (Fault(status=302), ChannelUnavailable),
        (Fault(status=504), OutcomeUnknown),
        (Fault(cut="before"), OutcomeUnknown),
        (Fault(cut="after"), OutcomeUnknown),
        (Fault(delay=0.5), OutcomeUnknown),
        (Fault(body=b"<html>"), OutcomeUnknown),
        (Fault(body=b"[]"), OutcomeUnknown),
        (Fault(body=b'{"errcode": "odd"}'), ChannelUnavailable),
    ],
)
async def test_a_broken_send_is_unknown_unless_it_surely_did_not_happen(
    fault: Fault, error: type[ChannelError]
) -> None:
    async with api(timeout=0.2) as (wx, client):
        wx.faults.next("send", fault)

        with pytest.raises(error):
            await client.send_text("oA1", "一")


async def test_nobody_there_means_that_nothing_left() -> None:
    client = WeChatApi(app_id="a", app_secret="s", base="http://127.0.0.1:1")
    with pytest.raises(ChannelUnavailable):
        await client.send_text("oA1", "一")
    await client.open()
    with pytest.raises(ChannelUnavailable):
        await client.send_text("oA1", "一")
    await client.close()
    await client.close()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(cut="after"),
        Fault(delay=0.5),
        Fault(errcode=45009),
        Fault(body=b"{}"),
        Fault(body=b'{"access_token": 1, "expires_in": "x"}'),
    ],
)
async def test_without_a_token_nothing_left(fault: Fault) -> None:
    async with api(timeout=0.2) as (wx, client):
        wx.faults.next("token", fault)

        with pytest.raises(ChannelUnavailable):
            await client.send_text("oA1", "一")


async def test_a_wrong_secret_holds_replies_and_does_not_refuse_them() -> None:
    async with api(secret="wrong") as (_, client):
        with pytest.raises(ChannelUnavailable, match="40125") as caught:
            await client.send_text("oA1", "一")

        assert caught.value.retry_after == 300.0


async def test_no_secret_shows_in_an_error() -> None:
    async with api(timeout=0.2) as (wx, client):
        wx.faults.next("send", Fault(cut="after"))
        with pytest.raises(OutcomeUnknown) as caught:
            await client.send_text("oA1", "一")

        token = wx.interface.renew_token()
        assert token not in repr(caught.value) + repr(caught.value.__cause__)
        assert "made-up" not in repr(_Token("made-up", 1.0))


async def test_media_are_fetched_with_their_type() -> None:
    async with api() as (wx, client):
        photo = await client.media(wx.interface.keep_media(b"jpeg", "image/jpeg"))
        video = await client.media(wx.interface.keep_media(b"mp4", "video/mp4"))

        assert (photo.content, photo.mime, photo.filename.endswith(".jpeg")) == (b"jpeg", "image/jpeg", True)
        assert (video.content, video.mime, video.filename) == (b"mp4", "video/mp4", "")


async def test_media_are_gone_after_three_days() -> None:
    async with api() as (wx, client):
        media_id = wx.interface.keep_media(b"jpeg", "image/jpeg")
        wx.advance(3 * 86400 + 1)

        with pytest.raises(ReplyRejected, match="40007"):
            await client.media(media_id)


@pytest.mark.parametrize("fault", [Fault(cut="after"), Fault(delay=0.5), Fault(status=500), Fault(errcode=-1)])
async def test_a_broken_fetch_is_tried_again(fault: Fault) -> None:
    async with api(timeout=0.2) as (wx, client):
        media_id = wx.interface.keep_media(b"jpeg", "image/jpeg")
        wx.faults.next("media", fault, fault)

        with pytest.raises(ChannelUnavailable):
            await client.media(media_id)


async def test_a_fetch_that_brings_neither_file_nor_error_is_tried_again() -> None:
    async with api() as (wx, client):
        wx.faults.next("media", Fault(body=b"{}"))

        with pytest.raises(ChannelUnavailable, match="neither"):
            await client.media("m")


async def test_a_file_larger_than_we_take_is_refused() -> None:
    async with api(largest=10) as (wx, client):
        media_id = wx.interface.keep_media(b"x" * 11, "image/jpeg")
        client._token = _Token(wx.interface.renew_token(), wx.clock() + 100)

        with pytest.raises(ReplyRejected, match="larger"):
            await client.media(media_id)


async def test_typing_is_shown_and_a_refusal_of_it_is_no_error() -> None:
    async with api() as (wx, client):
        await client.type_on("oA1")
        await client.type_on("oA1", typing=False)
        await client.type_on("o-stranger")

        assert wx.interface.typing == ["Typing", "CancelTyping"]


async def test_a_long_reply_goes_in_parts_and_a_break_between_them_is_not_repeated_blindly() -> None:
    async with connected(silent=True, slot_seconds=0.0) as line:
        citizen = line.wx.citizen("oA1")
        await citizen.says("请讲")
        await line.channel.send(reply_for("oA1", "很长的话。" * 200))
        assert len(citizen.texts) == 2

        line.wx.faults.next("send", Fault(), Fault(status=502))
        with pytest.raises(OutcomeUnknown, match="1 of 2"):
            await line.channel.send(reply_for("oA1", "又很长的话。" * 150))

        assert (await line.channel.quota_left("oA1"))[0] == 2


async def test_what_will_never_fit_or_shows_nothing_is_refused() -> None:
    async with connected() as line:
        await line.ledger.refill("oA1", MessageKind.TEXT, line.wx.clock())
        for text in ("长" * 5000, " \x08 "):
            with pytest.raises(ReplyRejected):
                await line.channel.send(reply_for("oA1", text))

        assert line.wx.interface.named("send") == []


async def test_a_send_without_an_answer_counts_and_one_that_did_not_leave_does_not() -> None:
    async with connected(silent=True, slot_seconds=0.0) as line:
        await line.wx.citizen("oA1").says("在吗")
        line.wx.faults.next("send", Fault(status=503), Fault(cut="after"))
        with pytest.raises(ChannelUnavailable):
            await line.channel.send(reply_for("oA1", "在"))
        assert (await line.channel.quota_left("oA1"))[0] == 5

        with pytest.raises(OutcomeUnknown):
            await line.channel.send(reply_for("oA1", "在"))

        assert (await line.channel.quota_left("oA1"))[0] == 4
        assert line.wx.interface.left("oA1") == 4


async def test_typing_reaches_the_citizen_through_the_channel() -> None:
    async with connected(silent=True, slot_seconds=0.0) as line:
        await line.wx.citizen("oA1").says("在吗")
        await line.channel.typing("oA1")

        assert line.wx.interface.typing == ["Typing"]


async def test_a_check_says_whether_wechat_knows_us() -> None:
    async with connected() as line:
        await line.channel.check()
        line.wx.advance(7200)
        line.wx.faults.next("token", Fault(errcode=40164))

        with pytest.raises(ChannelUnavailable, match="40164"):
            await line.channel.check()
