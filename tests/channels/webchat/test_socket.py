"""The socket: what is said is acknowledged once written down, and lines arrive by cursor."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import WSCloseCode, WSMsgType

from channels.message import Address, MessageKind, Reply
from channels.webchat.visitor import Seal
from tests.channels.webchat.conftest import Arrive
from tests.channels.webchat.service import ChatService, Visitor, until


async def test_a_message_is_acknowledged_and_answered(service: ChatService, arrive: Arrive) -> None:
    visitor = await arrive()

    ack = await visitor.say("路灯坏了", "message-0001")

    assert ack == {"type": "ack", "id": "message-0001"}
    await visitor.see("收到:路灯坏了")
    assert [line["who"] for line in visitor.lines] == ["citizen", "bot"]
    assert visitor.lines[0]["client"] == "message-0001"
    [message] = service.received
    assert message.id == f"web:main:{visitor.user}:message-0001"
    assert message.address.key == f"web:main:{visitor.user}"
    assert (message.kind, message.text) == (MessageKind.TEXT, "路灯坏了")


async def test_a_message_sent_again_after_a_cut_has_one_effect(service: ChatService, arrive: Arrive) -> None:
    visitor = await arrive()
    await visitor.say("井盖丢了", "message-0001")
    await visitor.connect()

    ack = await visitor.say("井盖丢了", "message-0001")

    assert ack["type"] == "ack"
    assert len(service.received) == 1
    await visitor.see("收到:井盖丢了")
    assert visitor.texts == ["井盖丢了", "收到:井盖丢了"]


async def test_after_a_restart_the_page_gets_what_it_missed_and_nothing_twice(
    service: ChatService, arrive: Arrive
) -> None:
    visitor = await arrive()
    await visitor.say("停水了", "message-0001")
    await visitor.see("收到:停水了")

    async def meanwhile() -> None:
        await service.tell(visitor.user, "已转自来水公司", identity="r1")
        await service.tell(visitor.user, "预计今晚恢复", identity="r2")

    await service.restart(meanwhile)
    await visitor.connect()
    await visitor.see("预计今晚恢复")

    assert visitor.texts == ["停水了", "收到:停水了", "已转自来水公司", "预计今晚恢复"]


async def test_sending_a_reply_twice_shows_it_once(service: ChatService, arrive: Arrive) -> None:
    visitor = await arrive()
    await visitor.say("你好", "message-0001")

    await service.tell(visitor.user, "已受理", identity="same")
    await service.tell(visitor.user, "已受理", identity="same")
    await visitor.say("再见", "message-0002")
    await visitor.see("收到:再见")

    assert visitor.texts.count("已受理") == 1


async def test_a_long_history_comes_whole_and_in_order(service: ChatService, arrive: Arrive) -> None:
    visitor = await arrive()
    for number in range(250):
        service.mailbox.put(
            Reply(id=f"r{number}", address=_address(visitor), text=str(number), at=1_700_000_000.0 + number)
        )
    await service.tell(visitor.user, "完", identity="end")

    await visitor.see("完")

    assert visitor.texts == [*(str(number) for number in range(250)), "完"]


async def test_two_open_pages_of_a_visitor_show_the_same(service: ChatService, arrive: Arrive) -> None:
    one = await arrive()
    other = Visitor(service, token=one.token)
    await other.connect()

    await one.say("噪音太大", "message-0001")
    await other.see("收到:噪音太大")
    await service.channel.typing(one.user, "王敏")

    assert (await other.frame("typing"))["name"] == "王敏"
    await other.close()


async def test_that_a_visitor_types_is_told_a_few_times_and_kept_nowhere() -> None:
    writing: list[Address] = []
    service = ChatService(heard_typing=writing.append)
    await service.start()
    visitor = Visitor(service)
    await visitor.connect()

    for _ in range(20):
        await visitor.say_raw({"type": "typing"})
    await visitor.say("路灯不亮", "message-0001")
    await visitor.see("收到:路灯不亮")

    assert writing == [_address(visitor)] * 4
    assert [message.text for message in service.received] == ["路灯不亮"]
    await visitor.close()
    await service.stop()


async def test_a_visitor_sees_only_his_own_conversation(service: ChatService, arrive: Arrive) -> None:
    one, other = await arrive(), await arrive()

    await one.say("我的秘密", "message-0001")
    await other.say("别的事", "message-0001")
    await other.see("收到:别的事")

    assert one.user != other.user
    assert "我的秘密" not in other.texts


async def test_a_page_that_nobody_woke_looks_again_by_itself() -> None:
    service = ChatService(heartbeat=0.05)
    await service.start()
    visitor = Visitor(service)
    await visitor.connect()

    service.mailbox.put(Reply(id="r1", address=_address(visitor), text="另一进程写的", at=1.0))

    await visitor.see("另一进程写的")
    await visitor.close()
    await service.stop()


async def test_a_page_that_comes_back_while_the_service_stops_is_sent_away_too(service: ChatService) -> None:
    visitor = Visitor(service)
    await service.channel.stop()

    await visitor.connect()

    assert visitor.socket is not None
    async with asyncio.timeout(5):
        assert (await visitor.socket.receive()).data == WSCloseCode.GOING_AWAY
    await visitor.close()


async def test_choices_pins_and_attachments_become_messages_of_their_kind(service: ChatService, arrive: Arrive) -> None:
    visitor = await arrive()
    _, uploaded = await visitor.upload(b"\x89PNG\r\n\x1a\n" + bytes(10), "现场.png")

    await visitor.say("路灯不亮", "message-0001", choice="lamp")
    await visitor.say("", "message-0002", pin={"latitude": 41.1, "longitude": 122.9})
    await visitor.say("看照片", "message-0003", attachments=[uploaded["grant"]])

    chosen, pinned, photo = service.received
    assert (chosen.kind, chosen.choice, chosen.text) == (MessageKind.CHOICE, "lamp", "路灯不亮")
    assert pinned.kind is MessageKind.LOCATION
    assert pinned.pin is not None
    assert (pinned.pin.datum, pinned.pin.latitude, pinned.pin.longitude) == ("wgs84", 41.1, 122.9)
    assert photo.kind is MessageKind.IMAGE
    [attachment] = photo.attachments
    assert (attachment.mime, attachment.filename, attachment.size) == ("image/png", "现场.png", 18)
    assert (await service.channel.fetch(attachment)).content.startswith(b"\x89PNG")


async def test_a_forged_token_is_sent_away_and_counted(service: ChatService, arrive: Arrive) -> None:
    real = await arrive()
    forger = Visitor(service, token=f"{real.user}.{'0' * 64}")

    code = await _refused_with(forger, {"type": "hello", "token": forger.token})

    assert code == 4403
    assert service.counted["web", "forged"] == 1
    await forger.close()


@pytest.mark.parametrize("first", ["{}", "not json", '{"type":"ping"}', '{"type":"hello","cursor":-1}'])
async def test_who_does_not_say_hello_is_sent_away(service: ChatService, first: str) -> None:
    stranger = Visitor(service)

    code = await _refused_with(stranger, first)

    assert code == WSCloseCode.POLICY_VIOLATION
    await stranger.close()


async def test_who_stays_silent_is_sent_away() -> None:
    service = ChatService(hello_within=0.05)
    await service.start()
    async with aiohttp.ClientSession() as http, http.ws_connect(service.url("/channels/web/socket")) as socket:
        closed = await socket.receive(timeout=10)

    assert closed.data == WSCloseCode.POLICY_VIOLATION
    await service.stop()


async def test_who_leaves_without_hello_leaves_no_trace(service: ChatService) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(service.url("/channels/web/socket")) as socket:
        await socket.close()

    assert service.counted == {}


async def test_a_malformed_frame_is_kept_answered_and_the_connection_lives(
    service: ChatService, arrive: Arrive
) -> None:
    visitor = await arrive()

    for number, frame in enumerate(_MALFORMED):
        await visitor.say_raw(frame)
        refusal = await visitor.frame("error")
        assert refusal["code"] == "malformed", frame
        assert len(service.buried) == number + 1
    assert (await visitor.say("还在", "message-0001"))["type"] == "ack"

    channel, account, body, reason = service.buried[1]
    assert (channel, account, json.loads(body)["type"]) == ("web", "main", "dance")
    assert reason
    assert service.counted["web", "malformed"] == len(_MALFORMED)


async def test_a_refused_message_is_named_so_that_its_page_stops_sending_it(
    service: ChatService, arrive: Arrive
) -> None:
    visitor = await arrive()

    refusal = await visitor.say("长" * 4001, "message-0001")

    assert refusal == {"type": "error", "code": "malformed", "id": "message-0001"}
    assert "长长" in service.buried[0][2].decode()


async def test_binary_frames_are_malformed(service: ChatService, arrive: Arrive) -> None:
    visitor = await arrive()
    assert visitor.socket is not None

    await visitor.socket.send_bytes(b"\xff\xfe")

    assert (await visitor.frame("error"))["code"] == "malformed"


async def test_an_oversized_frame_closes_with_1009(service: ChatService, arrive: Arrive) -> None:
    visitor = await arrive()
    assert visitor.socket is not None

    await visitor.say_raw(json.dumps({"type": "message", "id": "message-0001", "text": "x" * 70_000}))
    closed = await visitor.socket.receive(timeout=10)

    assert (closed.type, closed.data) == (WSMsgType.CLOSE, WSCloseCode.MESSAGE_TOO_BIG)
    await until(lambda: service.counted["web", "oversized"] == 1)


async def test_an_attachment_of_somebody_else_is_refused(service: ChatService, arrive: Arrive) -> None:
    owner, thief = await arrive(), await arrive()
    _, uploaded = await owner.upload(b"\x89PNG\r\n\x1a\n" + bytes(10))

    refusal = await thief.say("我的照片", "message-0001", attachments=[uploaded["grant"]])

    assert refusal["code"] == "malformed"
    assert service.received == []
    assert service.counted["web", "forged"] == 1
    assert len(service.buried) == 1


async def test_too_fast_is_told_politely_and_the_message_is_taken_later() -> None:
    service = ChatService(messages=(3, 0.3))
    await service.start()
    visitor = Visitor(service)
    await visitor.connect()

    for number in range(3):
        assert (await visitor.say("快", f"message-000{number}"))["type"] == "ack"
    refusal = await visitor.say("太快", "message-0009")
    await visitor.say_raw("not json")
    malformed = await visitor.frame("error")

    assert refusal == {"type": "error", "code": "too_fast", "id": "message-0009"}
    assert malformed["code"] == "too_fast"
    assert service.buried == []
    async with asyncio.timeout(10):
        while (await visitor.say("太快", "message-0009"))["type"] == "error":
            pass
    assert service.received[-1].text == "太快"
    await visitor.close()
    await service.stop()


async def test_what_cannot_be_written_down_is_not_acknowledged(service: ChatService, arrive: Arrive) -> None:
    visitor = await arrive()
    service.away = True

    refusal = await visitor.say("记下来", "message-0001")
    await visitor.say_raw("not json")
    other = await visitor.frame("error")
    service.away = False
    ack = await visitor.say("记下来", "message-0001")

    assert refusal == {"type": "error", "code": "unavailable", "id": "message-0001"}
    assert other["code"] == "unavailable"
    assert ack["type"] == "ack"


async def test_when_the_mailbox_fails_the_page_is_asked_to_come_back(service: ChatService) -> None:
    async def fail(user: str, cursor: int, limit: int) -> list[object]:
        raise OSError("the record is away")

    service.mailbox.after = fail  # type: ignore[method-assign, assignment]  # a record that went away
    visitor = Visitor(service)
    await visitor.connect()
    assert visitor.socket is not None

    closed = await visitor.socket.receive(timeout=10)

    assert closed.data == WSCloseCode.TRY_AGAIN_LATER
    await visitor.close()


async def test_the_line_is_proved_alive(arrive: Arrive) -> None:
    visitor = await arrive()

    await visitor.say_raw({"type": "hello"})
    await visitor.say_raw({"type": "ping"})

    assert await visitor.frame("pong") == {"type": "pong"}


async def test_a_plain_request_to_the_socket_is_told_to_upgrade(service: ChatService) -> None:
    async with aiohttp.ClientSession() as http, http.get(service.url("/channels/web/socket")) as response:
        assert response.status == 426


async def test_a_cookie_counts_only_on_our_own_page(service: ChatService) -> None:
    visitor = Visitor(service)
    await (await visitor.http.get(service.url("/chat"))).read()
    url = service.url("/channels/web/socket")

    own = await _welcome(visitor, url, service.url("").rstrip("/"))
    foreign = await _welcome(visitor, url, "https://evil.example")

    assert own["token"] == ""  # the cookie keeps it
    assert foreign["token"] != ""  # somebody new
    await visitor.close()


def test_a_short_secret_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Seal(b"short")


_MALFORMED: list[object] = [
    "not json",
    {"type": "dance"},
    [],
    "null",
    {"type": "message", "id": "short", "text": "x"},
    {"type": "message", "id": "message-0001\n", "text": "x"},
    {"type": "message", "id": "message-0001"},
    {"type": "message", "id": "message-0001", "text": "  "},
    {"type": "message", "id": "message-0001", "text": 5},
    {"type": "message", "id": "message-0001", "pin": {"latitude": 91, "longitude": 0}},
    {"type": "message", "id": "message-0001", "attachments": ["a"] * 10},
    '{"type":"ping","deep":' + "[" * 20_000 + "]" * 20_000 + "}",
    '{"type":"message","id":"message-0001","text":"\\ud800"}',
]


def _address(visitor: Visitor) -> Address:
    return Address(channel="web", account="main", user=visitor.user)


async def _refused_with(visitor: Visitor, first: object) -> int:
    async with visitor.http.ws_connect(visitor.service.url("/channels/web/socket")) as socket:
        await socket.send_str(first if isinstance(first, str) else json.dumps(first))
        closed = await socket.receive(timeout=10)
        return int(closed.data)


async def _welcome(visitor: Visitor, url: str, origin: str) -> dict[str, str]:
    async with visitor.http.ws_connect(url, headers={"Origin": origin}) as socket:
        await socket.send_str('{"type":"hello"}')
        welcome: dict[str, str] = await socket.receive_json(timeout=10)
        return welcome
