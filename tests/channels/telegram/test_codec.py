"""Every kind of update maps onto a message, and the library reads the same in it as we do."""

import json
from typing import Any

import pytest
import telegram
from hypothesis import given
from hypothesis import strategies as st

from channels.errors import MalformedRequest
from channels.message import Choice, Message, MessageKind
from channels.telegram import codec
from tests.channels.telegram.service import reply

FILE: dict[str, Any] = {"file_id": "F1", "file_unique_id": "U1", "file_size": 9}
LOCATION = {"latitude": 41.1, "longitude": 122.9}
KINDS: list[tuple[dict[str, Any], MessageKind, str]] = [
    ({"text": "路灯坏了"}, MessageKind.TEXT, "路灯坏了"),
    ({"text": "/start"}, MessageKind.FOLLOW, ""),
    ({"text": "/start@suda_bot x"}, MessageKind.FOLLOW, ""),
    ({"text": "/starting"}, MessageKind.TEXT, "/starting"),
    ({"voice": {**FILE, "duration": 2, "mime_type": "audio/ogg"}}, MessageKind.VOICE, ""),
    ({"audio": {**FILE, "duration": 2, "file_name": "a.mp3"}, "caption": "听"}, MessageKind.VOICE, "听"),
    ({"video": {**FILE, "duration": 2, "width": 1, "height": 1}}, MessageKind.VIDEO, ""),
    ({"video_note": {**FILE, "duration": 2, "length": 1}}, MessageKind.VIDEO, ""),
    ({"animation": {**FILE, "duration": 2, "width": 1, "height": 1}, "document": FILE}, MessageKind.VIDEO, ""),
    ({"document": {**FILE, "file_name": "a.pdf", "mime_type": "application/pdf"}}, MessageKind.FILE, ""),
    ({"document": {**FILE, "file_name": "a.png", "mime_type": "image/png"}}, MessageKind.IMAGE, ""),
    ({"photo": [{**FILE, "width": 9, "height": 9}, {**FILE, "width": 1, "height": 1}]}, MessageKind.IMAGE, ""),
    ({"location": LOCATION}, MessageKind.LOCATION, ""),
    (
        {"location": LOCATION, "venue": {"location": LOCATION, "title": "公园", "address": "某路"}},
        MessageKind.LOCATION,
        "",
    ),
    (
        {
            "sticker": {**FILE, "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}
            | {"emoji": "👍"}
        },
        MessageKind.STICKER,
        "👍",
    ),
    ({"contact": {"phone_number": "13800000000", "first_name": "明", "last_name": "王"}}, MessageKind.TEXT, "王明"),
    ({"dice": {"emoji": "🎲", "value": 3}}, MessageKind.UNKNOWN, ""),
    ({"something_new": {"x": 1}}, MessageKind.UNKNOWN, ""),
    ({"pinned_message": {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}}}, MessageKind.EVENT, ""),
]


def said(**content: Any) -> dict[str, Any]:
    """A message in a private chat."""
    sender = {"id": 7, "is_bot": False, "first_name": "小明", "last_name": "王"}
    return {"message_id": 3, "date": 1_700_000_000, "chat": {"id": 7, "type": "private"}, "from": sender, **content}


def read(update: dict[str, Any]) -> Message:
    """The message in an update."""
    return codec.read(codec.parse(json.dumps({"update_id": 42, **update}).encode()), "main", 5.0).message


@pytest.mark.parametrize(("content", "kind", "text"), KINDS)
def test_every_kind_becomes_a_message(content: dict[str, Any], kind: MessageKind, text: str) -> None:
    message = read({"message": said(**content)})

    assert message.kind is kind
    assert message.text.endswith(text)
    assert message.id == "telegram:main:42"
    assert message.sent_at == 1_700_000_000
    assert message.name == "小明 王"
    assert bool(message.attachments) is (kind in _WITH_FILE)
    if kind in (MessageKind.UNKNOWN, MessageKind.EVENT):
        assert set(content) <= set(message.raw["message"])  # type: ignore[call-overload]  # a JSON object


@pytest.mark.parametrize(("content", "kind", "text"), KINDS)
def test_the_library_reads_the_same(content: dict[str, Any], kind: MessageKind, text: str) -> None:
    update = {"update_id": 42, "message": said(**content)}
    theirs = telegram.Update.de_json(json.loads(json.dumps(update)), None)
    ours = read(update)

    assert theirs.message is not None
    assert ours.id.endswith(f":{theirs.update_id}")
    assert ours.address.user == str(theirs.message.chat.id)
    assert ours.sent_at == theirs.message.date.timestamp()
    if kind is MessageKind.TEXT and theirs.message.text:
        assert ours.text == theirs.message.text
    if ours.attachments:
        assert ours.attachments[0].media_id == "F1"
        assert theirs.message.effective_attachment
    if theirs.message.location:
        assert ours.pin is not None
        assert (ours.pin.latitude, ours.pin.longitude) == (41.1, 122.9)


def test_pins_are_wgs84_and_a_venue_gives_its_name() -> None:
    pin = read({"message": said(location=LOCATION)}).pin
    venue = read({"message": said(venue={"location": LOCATION, "title": "公园", "address": "某路 5 号"})}).pin

    assert pin is not None
    assert venue is not None
    assert (pin.datum, pin.label) == ("wgs84", "")
    assert (venue.datum, venue.label, venue.latitude) == ("wgs84", "公园 某路 5 号", 41.1)


def test_the_largest_photo_is_taken() -> None:
    sizes = [{**FILE, "file_id": name, "width": width, "height": 9} for name, width in (("s", 1), ("l", 99), ("m", 50))]

    [attachment] = read({"message": said(photo=sizes)}).attachments

    assert (attachment.media_id, attachment.mime, attachment.id) == ("l", "image/jpeg", "telegram:main:42:0")


def test_an_edited_message_is_a_correction_and_a_live_location_is_an_event() -> None:
    edited = read({"edited_message": said(text="不是3栋", edit_date=1_700_000_099)})
    started = read({"edited_message": said(text="/start", edit_date=1_700_000_099)})
    moved = read({"edited_message": said(location=LOCATION, edit_date=1_700_000_099)})

    assert (edited.kind, edited.text, edited.sent_at) == (MessageKind.TEXT, "更正\uff1a不是3栋", 1_700_000_099)
    assert started.kind is MessageKind.TEXT
    assert moved.kind is MessageKind.EVENT


@pytest.mark.parametrize(
    "update",
    [
        {"message": {**said(text="群里的话"), "chat": {"id": -5, "type": "group"}}},
        {"edited_message": {**said(text="群里的话"), "chat": {"id": -5, "type": "supergroup"}}},
        {"channel_post": {**said(text="公告"), "chat": {"id": -5, "type": "channel"}}},
        {"inline_query": {"id": "1", "from": {"id": -5}, "query": "x", "offset": ""}},
        {"message_reaction": {"chat": {"id": -5, "type": "private"}, "message_id": 1}},
        {
            "my_chat_member": {
                "chat": {"id": -5, "type": "group"},
                "from": {"id": 7},
                "new_chat_member": {"status": "left"},
            }
        },
    ],
)
def test_only_a_private_chat_is_a_conversation(update: dict[str, Any]) -> None:
    message = read(update)

    assert message.kind is MessageKind.EVENT
    assert message.address.user == "-5"
    assert set(update) <= set(message.raw)


def test_what_names_nobody_is_kept_all_the_same() -> None:
    message = read({"poll": {"id": "1"}, "from": "x", "new": {"chat": {"id": "strange"}}})

    assert (message.kind, message.address.user, message.sent_at) == (MessageKind.EVENT, "0", 5.0)


@pytest.mark.parametrize(
    ("tap", "kind", "choice", "text"),
    [
        ({"data": "v:road", "message": True}, MessageKind.CHOICE, "road", "道路积水"),
        ({"data": "v:gone", "message": True}, MessageKind.CHOICE, "gone", "gone"),
        ({"data": "v:road"}, MessageKind.CHOICE, "road", "road"),
        ({"data": "n:2", "message": True}, MessageKind.TEXT, "", "没有数字"),
        ({"data": "old"}, MessageKind.TEXT, "", "old"),
        ({}, MessageKind.TEXT, "", ""),
    ],
)
def test_a_tap_is_a_choice(tap: dict[str, Any], kind: MessageKind, choice: str, text: str) -> None:
    keyboard = [[{"text": "1. 道路积水", "callback_data": "v:road"}], [{"text": "没有数字", "callback_data": "n:2"}]]
    if tap.get("message"):
        tap = {**tap, "message": said(text="选", reply_markup={"inline_keyboard": keyboard})}

    message = read({"callback_query": {"id": "t1", "from": {"id": 7, "first_name": "明"}, **tap}})

    assert (message.kind, message.choice, message.text) == (kind, choice, text)
    assert message.address.user == "7"


def test_nul_never_enters_the_record() -> None:
    message = read({"message": said(text="a\0b")})

    assert message.text == "ab"


def test_a_reason_never_quotes_the_citizen() -> None:
    with pytest.raises(MalformedRequest) as told:
        read({"message": said(text=["秘密"])})

    assert "秘密" not in str(told.value)


@given(text=st.text(max_size=9000))
def test_parts_fit_and_lose_nothing_but_blanks(text: str) -> None:
    parts = codec.texts(reply(7, text))

    assert all(len(part.encode("utf-16-le", "surrogatepass")) // 2 <= 4096 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.replace("\0", "").split())


@given(value=st.text(max_size=80), label=st.text(max_size=20))
def test_buttons_fit_into_telegrams_64_bytes(value: str, label: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    [(_, data)] = codec.buttons([Choice(value=value, label=label)])

    assert 1 <= len(data.encode()) <= 64


_WITH_FILE = (MessageKind.VOICE, MessageKind.VIDEO, MessageKind.FILE, MessageKind.IMAGE)
