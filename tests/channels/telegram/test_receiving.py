"""Updates become messages: by webhook and by polling, each once, and only after they were written down."""

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from channels.message import MessageKind
from channels.telegram.channel import TelegramChannel
from tests.channels.telegram.service import BotService
from tests.fakes.telegram import BAD_GATEWAY, Fault, TelegramServer

FOUND = {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "好"}}


async def test_a_citizen_writes_and_is_answered(telegram: TelegramServer, service: BotService) -> None:
    citizen = telegram.citizen("王小明")

    number = await citizen.says("楼下的路灯不亮了")
    await citizen.sees("收到:楼下的路灯不亮了")

    [message] = service.received
    assert message.id == f"telegram:main:{number}"
    assert message.address.key == f"telegram:main:{citizen.id}"
    assert (message.kind, message.text, message.name) == (MessageKind.TEXT, "楼下的路灯不亮了", "王小明")


async def test_an_update_delivered_three_times_has_one_effect(telegram: TelegramServer, service: BotService) -> None:
    telegram.times = 3
    citizen = telegram.citizen()

    await citizen.says("井盖丢了")
    await citizen.says("还没人来")
    await citizen.sees("收到:还没人来")

    assert citizen.texts == ["收到:井盖丢了", "收到:还没人来"]


async def test_what_was_not_written_down_comes_again(telegram: TelegramServer, service: BotService) -> None:
    citizen = telegram.citizen()
    service.away = True

    said = asyncio.create_task(citizen.says("记下来"))
    await asyncio.sleep(0.2)
    refused = not service.received and not said.done()
    service.away = False
    await said

    assert refused
    await citizen.sees("收到:记下来")
    assert len(service.received) == 1


async def test_a_tapped_button_is_a_choice_and_its_clock_is_stopped(
    telegram: TelegramServer, service: BotService
) -> None:
    citizen = telegram.citizen()
    await citizen.says("选")
    await citizen.sees("收到:选")

    await citizen.taps("道路积水")
    await citizen.sees("收到:road")
    await citizen.taps("路灯不亮")  # its value is too long for a button
    await citizen.sees("收到:路灯不亮")

    chosen, by_words = service.received[1:]
    assert (chosen.kind, chosen.choice, chosen.text) == (MessageKind.CHOICE, "road", "道路积水")
    assert (by_words.kind, by_words.choice, by_words.text) == (MessageKind.TEXT, "", "路灯不亮")
    await telegram.until(lambda: len(telegram.answered_taps) == 2)


async def test_a_tap_that_cannot_be_answered_is_a_choice_all_the_same(
    telegram: TelegramServer, hooked: BotService
) -> None:
    citizen = telegram.citizen()
    await citizen.says("选")
    telegram.next("answerCallbackQuery", Fault(status=400, description="Bad Request: query is too old"))

    await citizen.taps("道路积水")

    await citizen.sees("收到:road")


async def test_a_photo_can_be_fetched(telegram: TelegramServer, service: BotService) -> None:
    citizen = telegram.citizen()

    await citizen.photo(b"\xff\xd8 a large photo", caption="就是这里")
    await citizen.sees("收到:就是这里")
    [attachment] = service.received[0].attachments
    media = await service.channel.fetch(attachment)

    assert service.received[0].kind is MessageKind.IMAGE
    assert media.content == b"\xff\xd8 a large photo"
    assert (media.mime, media.filename) == ("image/jpeg", "file_1.jpg")


async def test_blocking_and_coming_back_is_noticed(telegram: TelegramServer, service: BotService) -> None:
    citizen = telegram.citizen()

    await citizen.says("/start street-5")
    await citizen.blocks()
    await citizen.unblocks()

    assert [message.kind for message in service.received] == [
        MessageKind.FOLLOW,
        MessageKind.UNFOLLOW,
        MessageKind.FOLLOW,
    ]
    assert service.received[0].choice == "street-5"


async def test_a_webhook_without_the_secret_is_forged(telegram: TelegramServer, hooked: BotService) -> None:
    body = json.dumps(FOUND).encode()

    statuses = [await telegram.post(body, secret) for secret in ("", "wrong", "密", telegram.secret + "x")]

    assert statuses == [403, 403, 403, 403]
    assert hooked.received == []
    assert hooked.counted["telegram", "forged"] == 4


async def test_a_malformed_webhook_is_kept_and_not_repeated(telegram: TelegramServer, hooked: BotService) -> None:
    bodies = [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"update_id":"x"}',
        b'{"update_id":1,"message":{}}',
        b"[" * 5000,
    ]

    statuses = [await telegram.post(body) for body in bodies]

    assert statuses == [200] * len(bodies)
    assert [body for _, _, body, _ in hooked.buried] == bodies
    assert hooked.counted["telegram", "malformed"] == len(bodies)


async def test_a_huge_body_is_refused(telegram: TelegramServer, hooked: BotService) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(100_000)

    assert await telegram.post(io.BytesIO(bytes(2_000_000))) == 413
    assert await telegram.post(endless()) == 413  # sent in chunks, without a length
    assert hooked.counted["telegram", "oversized"] == 2


async def test_half_a_body_is_no_fault_of_ours(telegram: TelegramServer, hooked: BotService) -> None:
    port = hooked.server.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {hooked.channel.path} HTTP/1.1\r\nHost: x\r\nX-Telegram-Bot-Api-Secret-Token: {telegram.secret}\r\n"
    writer.write(f"{head}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello".encode())
    status = await asyncio.wait_for(reader.readline(), 10)
    writer.close()

    assert status.split()[1] == b"400"


async def test_polling_survives_everything_that_telegram_answers(telegram: TelegramServer, polling: BotService) -> None:
    citizen = telegram.citizen()
    telegram.next(
        "getUpdates",
        BAD_GATEWAY,
        Fault(status=429, description="Too Many Requests", retry_after=1),
        Fault(status=409, description="Conflict: terminated by other getUpdates request"),
        Fault(status=401, description="Unauthorized"),
        Fault(body="no json"),
        Fault(cut=True),
    )

    await citizen.says("还在吗")

    await citizen.sees("收到:还在吗")


async def test_polling_puts_aside_what_it_cannot_read_and_goes_on(
    telegram: TelegramServer, polling: BotService
) -> None:
    citizen = telegram.citizen()

    await telegram.deliver({"message": {"chat": "strange"}})
    await citizen.says("好消息")

    await citizen.sees("收到:好消息")
    assert len(polling.buried) == 1
    assert b"strange" in polling.buried[0][2]


async def test_an_update_without_a_number_does_not_turn_the_loop_mad(
    telegram: TelegramServer, polling: BotService
) -> None:
    citizen = telegram.citizen()
    telegram.next("getUpdates", Fault(body='{"ok":true,"result":[{"message":{}}]}'))

    await citizen.says("好消息")

    await citizen.sees("收到:好消息")
    assert len(polling.buried) == 1


@pytest.mark.parametrize("mode", ["webhook", "polling"])
async def test_telegram_being_away_at_the_start_stops_nothing(mode: str) -> None:
    telegram = TelegramServer()
    await telegram.start()
    port = telegram.port
    await telegram.stop()
    service = BotService(telegram, mode)

    await service.open()
    await telegram.start(port)

    citizen = telegram.citizen()
    await telegram.until(lambda: telegram.webhook or telegram.count("getUpdates"))
    await citizen.says("终于来了")
    await citizen.sees("收到:终于来了")
    await service.close()
    await telegram.stop()


async def test_without_a_public_address_the_webhook_is_left_to_others(telegram: TelegramServer) -> None:
    service = BotService(telegram, "webhook", public_url="")
    await service.open()
    await service.close()

    assert telegram.calls == []


def test_a_webhook_without_a_secret_is_refused_at_the_start(telegram: TelegramServer) -> None:
    with pytest.raises(ValueError, match="secret"):
        BotService(telegram, "webhook", secret="")


def test_nobody_without_a_bot_imports_the_library() -> None:
    code = (
        "import channels.telegram.channel, sys; raise SystemExit('telegram' in sys.modules or 'httpx' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert TelegramChannel.name == "telegram"
