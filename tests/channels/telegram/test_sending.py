"""Replies become messages with buttons, and each failure is named by what the caller can do."""

import logging
import traceback

import pytest
import structlog
from structlog.testing import capture_logs

from channels.channel import Media
from channels.errors import ChannelUnavailable, OutcomeUnknown, ReplyRejected
from channels.message import Attachment, Choice, MessageKind, Speaker
from tests.channels.telegram.service import BotService, reply
from tests.fakes.telegram import BAD_GATEWAY, TOO_MANY, Fault, TelegramServer


async def test_choices_are_numbered_buttons(telegram: TelegramServer, hooked: BotService) -> None:
    citizen = telegram.citizen()
    choices = (Choice(value="yes", label="确认提交"), Choice(value="no", label="修改"))

    await hooked.channel.send(reply(citizen.id, "请确认", choices=choices))

    [sent] = citizen.screen
    assert sent.text == "请确认"
    assert sent.buttons == (("1. 确认提交", "v:yes"), ("2. 修改", "v:no"))


async def test_words_are_never_markup(telegram: TelegramServer, hooked: BotService) -> None:
    citizen = telegram.citizen()

    await hooked.channel.send(reply(citizen.id, "*粗* <b>x</b> [链接](http://x) _"))

    assert citizen.texts == ["*粗* <b>x</b> [链接](http://x) _"]
    assert "parse_mode" not in telegram.calls[-1][1]


async def test_who_speaks_and_what_may_be_a_repetition_is_said(telegram: TelegramServer, hooked: BotService) -> None:
    citizen = telegram.citizen()

    await hooked.channel.send(reply(citizen.id, "您好", speaker=Speaker.OPERATOR, speaker_name="王敏"))
    await hooked.channel.send(reply(citizen.id, "您好", speaker=Speaker.OPERATOR))
    await hooked.channel.send(reply(citizen.id, "已受理", speaker=Speaker.SYSTEM, repeated=True))
    await hooked.channel.send(reply(citizen.id, "早说的", belated=True))

    assert citizen.texts == [
        "【坐席 王敏】您好",
        "【坐席】您好",
        "\uff08可能重复\uff09【系统】已受理",
        "\uff08智能助手稍早的答复\uff09早说的",
    ]


async def test_a_long_reply_comes_in_parts_with_the_buttons_below_the_last(
    telegram: TelegramServer, hooked: BotService
) -> None:
    citizen = telegram.citizen()
    lines = "\n".join(f"第{number}行" + "字" * 90 for number in range(60)) + "\n" + "🚧" * 5000

    await hooked.channel.send(reply(citizen.id, lines, choices=(Choice(value="a", label="好"),)))

    assert "".join(citizen.texts).replace("\n", "") == lines.replace("\n", "")
    assert all(len(text.encode("utf-16-le")) // 2 <= 4096 for text in citizen.texts)
    assert citizen.texts[0].endswith("字")
    assert [bool(sent.buttons) for sent in citizen.screen] == [False] * (len(citizen.screen) - 1) + [True]


async def test_a_flood_limit_between_two_parts_is_waited_for(telegram: TelegramServer, hooked: BotService) -> None:
    citizen = telegram.citizen()
    telegram.next("sendMessage", Fault(), TOO_MANY)  # the first is answered oddly but is 200

    with pytest.raises(OutcomeUnknown):
        await hooked.channel.send(reply(citizen.id, "x"))
    telegram._faults.clear()
    telegram.next("sendMessage", Fault(delivered=True), TOO_MANY)
    await hooked.channel.send(reply(citizen.id, "字" * 5000))

    assert len(citizen.screen) == 2


@pytest.mark.parametrize("fault", [Fault(status=400, description="Bad Request"), BAD_GATEWAY])
async def test_a_reply_of_which_only_the_beginning_arrived_is_not_repeated_unmarked(
    telegram: TelegramServer, hooked: BotService, fault: Fault
) -> None:
    citizen = telegram.citizen()
    telegram.next("sendMessage", Fault(delivered=True), fault)

    with pytest.raises(OutcomeUnknown):
        await hooked.channel.send(reply(citizen.id, "字" * 5000))


async def test_a_flood_limit_says_when_to_try_again(telegram: TelegramServer, hooked: BotService) -> None:
    telegram.next("sendMessage", Fault(status=429, description="Too Many Requests", retry_after=7))

    with pytest.raises(ChannelUnavailable) as told:
        await hooked.channel.send(reply(telegram.citizen().id, "好"))
    assert told.value.retry_after == 7

    telegram.next("sendMessage", Fault(status=429, description="Too Many Requests"))
    with pytest.raises(ChannelUnavailable):
        await hooked.channel.send(reply(telegram.citizen().id, "好"))


async def test_a_citizen_who_blocked_us_or_is_unknown_is_never_tried_again(
    telegram: TelegramServer, hooked: BotService
) -> None:
    citizen = telegram.citizen()
    citizen.blocked = True

    for user in (citizen.id, 1, "nobody", "", "５x"):
        with pytest.raises(ReplyRejected):
            await hooked.channel.send(reply(user, "好"))
    with pytest.raises(ReplyRejected):
        await hooked.channel.send(reply(citizen.id, " \n "))


async def test_a_late_answer_is_an_unknown_outcome_not_a_failure(telegram: TelegramServer, hooked: BotService) -> None:
    citizen = telegram.citizen()
    telegram.next("sendMessage", Fault(hang=1.5, delivered=True))

    with pytest.raises(OutcomeUnknown):
        await hooked.channel.send(reply(citizen.id, "只有一次"))

    assert citizen.texts == ["只有一次"]


@pytest.mark.parametrize("fault", [BAD_GATEWAY, Fault(status=500), Fault(cut=True), Fault(body="?")])
async def test_what_may_have_been_delivered_is_told_so(
    telegram: TelegramServer, hooked: BotService, fault: Fault
) -> None:
    telegram.next("sendMessage", fault)

    with pytest.raises(OutcomeUnknown):
        await hooked.channel.send(reply(telegram.citizen().id, "好"))


async def test_what_never_left_is_tried_again(telegram: TelegramServer, hooked: BotService) -> None:
    citizen = telegram.citizen()
    telegram.next("sendMessage", Fault(status=401, description="Unauthorized"))
    with pytest.raises(ChannelUnavailable):
        await hooked.channel.send(reply(citizen.id, "好"))
    port = telegram.port
    await telegram.stop()

    with pytest.raises(ChannelUnavailable):
        await hooked.channel.send(reply(citizen.id, "好"))

    await telegram.start(port)
    await hooked.channel.send(reply(citizen.id, "好"))
    assert citizen.texts == ["好"]


async def test_a_file_that_cannot_be_had(telegram: TelegramServer, hooked: BotService) -> None:
    gone = Attachment(id="a", kind=MessageKind.FILE, media_id="nothing")
    there = Attachment(id="b", kind=MessageKind.FILE, media_id=telegram.store(b"content", "documents/x.unknown"))
    huge = Attachment(id="c", kind=MessageKind.VIDEO, media_id=telegram.store(bytes(21 * 1024 * 1024), "videos/x.mp4"))
    telegram.next("file", BAD_GATEWAY, Fault(status=404, description="Not Found"))

    for attachment, kind in ((gone, ReplyRejected), (huge, ReplyRejected), (there, ChannelUnavailable)):
        with pytest.raises(kind):
            await hooked.channel.fetch(attachment)
    with pytest.raises(ChannelUnavailable):
        await hooked.channel.fetch(there)

    expected = Media(content=b"content", mime="application/octet-stream", filename="x.unknown")
    assert await hooked.channel.fetch(there) == expected


async def test_the_token_is_in_no_error_and_in_no_log(
    telegram: TelegramServer, polling: BotService, caplog: pytest.LogCaptureFixture
) -> None:
    citizen = telegram.citizen()
    file = Attachment(id="a", kind=MessageKind.FILE, media_id=telegram.store(b"content", "x.txt"))
    faults = [BAD_GATEWAY, Fault(cut=True), Fault(status=401, description=f"Unauthorized {telegram.token}"), TOO_MANY]
    words = []
    structlog.configure(cache_logger_on_first_use=False)

    with caplog.at_level(logging.INFO), capture_logs() as logs:
        for fault in faults:
            telegram.next("sendMessage", fault)
            telegram.next("getUpdates", fault)
            telegram.next("file", fault)
            for call in (_send(polling, citizen.id), polling.channel.fetch(file)):
                with pytest.raises((ChannelUnavailable, OutcomeUnknown)) as told:
                    await call
                words.append("".join(traceback.format_exception(told.value)))
        await telegram.until(lambda: not telegram._faults["getUpdates"])

    secret = telegram.token.partition(":")[2]
    assert all(secret not in word for word in words)
    assert all(secret not in record.getMessage() + str(record.exc_info) for record in caplog.records)
    assert secret not in repr(logs)


async def _send(service: BotService, user: int) -> None:
    await service.channel.send(reply(user, "好"))
