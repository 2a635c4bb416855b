"""Every kind of WeChat message becomes the message it is."""

from collections.abc import Mapping

import pytest

from channels.errors import MalformedRequest
from channels.message import Message, MessageKind
from channels.wechat.codec import Incoming, read
from tests.fakes.wechat_seal import xml_of

HEAD: dict[str, object] = {"ToUserName": "gh_suda", "FromUserName": "oA1", "CreateTime": 1790000000}
NUMBER = 24000000000000001


def incoming(fields: Mapping[str, object], *, numbered: bool = True) -> Incoming:
    """What is read of a message with these elements."""
    tail: dict[str, object] = {"MsgId": NUMBER} if numbered else {}
    return read(xml_of({**HEAD, **fields, **tail}), account="main", labels={"new": "我要反映"})


def message(**fields: object) -> Message:
    """The same, the message alone."""
    return incoming(fields).message


def event(name: str, **fields: object) -> Message:
    """An event, which has no MsgId."""
    return incoming({"MsgType": "event", "Event": name, **fields}, numbered=False).message


def test_a_text_keeps_its_words_and_says_who_wrote_when_to_whom() -> None:
    read_one = incoming({"MsgType": "text", "Content": "路灯\n不亮 <!DOCTYPE> & 🙂"})
    text = read_one.message

    assert (text.kind, text.text) == (MessageKind.TEXT, "路灯\n不亮 <!DOCTYPE> & 🙂")
    assert (text.id, text.address.key) == (f"wechat:main:oA1:{NUMBER}", "wechat:main:oA1")
    assert (text.sent_at, read_one.written_to, read_one.answerable) == (1790000000.0, "gh_suda", True)


def test_a_photo_has_its_reference_and_its_address() -> None:
    (photo,) = message(MsgType="image", PicUrl="http://p/1", MediaId="m1").attachments

    assert (photo.kind, photo.media_id, photo.url) == (MessageKind.IMAGE, "m1", "http://p/1")
    assert photo.id == f"wechat:main:oA1:{NUMBER}:0"


@pytest.mark.parametrize(("fields", "words"), [({"Recognition": "路灯不亮。"}, "路灯不亮。"), ({}, "")])
def test_a_voice_message_has_the_words_that_were_recognised_or_none(fields: dict[str, object], words: str) -> None:
    voice = message(MsgType="voice", MediaId="m2", Format="amr", **fields)

    assert (voice.kind, voice.text) == (MessageKind.VOICE, words)
    assert (voice.attachments[0].media_id, voice.attachments[0].mime) == ("m2", "audio/amr")


def test_a_voice_message_with_its_number_spelt_msgid_is_the_same_voice_message() -> None:
    fields = {"MsgType": "voice", "MediaId": "m2", "Format": "amr", "MsgID": NUMBER}

    assert incoming(fields, numbered=False).message.id == f"wechat:main:oA1:{NUMBER}"


@pytest.mark.parametrize("kind", ["video", "shortvideo"])
def test_a_video_is_a_video(kind: str) -> None:
    video = message(MsgType=kind, MediaId="m3", ThumbMediaId="t")

    assert (video.kind, video.attachments[0].kind) == (MessageKind.VIDEO, MessageKind.VIDEO)


@pytest.mark.parametrize(("size", "bytes_"), [("2048", 2048), ("many", 0)])
def test_a_file_has_its_name_and_size(size: str, bytes_: int) -> None:
    (file,) = message(MsgType="file", Title="合同.pdf", FileKey="k", FileTotalLen=size).attachments

    assert (file.kind, file.filename, file.size, file.media_id) == (MessageKind.FILE, "合同.pdf", bytes_, "k")


def test_a_pin_keeps_wechats_datum_and_x_is_the_latitude() -> None:
    pin = message(MsgType="location", Location_X="41.108", Location_Y="122.994", Scale="16", Label="站前").pin

    assert pin is not None
    assert (pin.latitude, pin.longitude, pin.datum, pin.label) == (41.108, 122.994, "gcj02", "站前")


@pytest.mark.parametrize("kind", ["link", "miniprogrampage"])
def test_what_is_shared_keeps_its_title_and_all_the_rest(kind: str) -> None:
    link = message(MsgType=kind, Title="通知", Url="https://example.org/?a=1&b=2")

    assert (link.kind, link.text, link.raw["Url"]) == (MessageKind.LINK, "通知", "https://example.org/?a=1&b=2")


def test_a_tapped_choice_has_its_value_and_its_words() -> None:
    tap = message(MsgType="text", Content="铁东区", bizmsgmenuid="d:1")

    assert (tap.kind, tap.choice, tap.text) == (MessageKind.CHOICE, "d:1", "铁东区")


def test_an_unknown_kind_is_kept_as_it_came() -> None:
    strange = message(MsgType="hologram", Depth="3")

    assert (strange.kind, strange.raw["Depth"]) == (MessageKind.UNKNOWN, "3")


@pytest.mark.parametrize(
    ("happened", "kind", "choice"),
    [
        (event("subscribe", EventKey=""), MessageKind.FOLLOW, ""),
        (event("subscribe", EventKey="qrscene_12", Ticket="T"), MessageKind.FOLLOW, "12"),
        (event("unsubscribe"), MessageKind.UNFOLLOW, ""),
        (event("SCAN", EventKey="12"), MessageKind.SCAN, "12"),
        (event("CLICK", EventKey="new"), MessageKind.CHOICE, "new"),
        (event("scancode_waitmsg", EventKey="new"), MessageKind.CHOICE, "new"),
        (event("VIEW", EventKey="https://example.org"), MessageKind.EVENT, "https://example.org"),
        (event("TEMPLATESENDJOBFINISH", MsgID=5, Status="success"), MessageKind.EVENT, ""),
        (event("MASSSENDJOBFINISH", MsgID=5), MessageKind.EVENT, ""),
        (event("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": {"TemplateId": "t"}}), "event", ""),
        (event("something_new"), MessageKind.EVENT, ""),
    ],
)
def test_an_event_is_what_the_citizen_did(happened: Message, kind: str, choice: str) -> None:
    assert (happened.kind, happened.choice) == (kind, choice)


def test_a_menu_button_brings_its_words() -> None:
    assert event("CLICK", EventKey="new").text == "我要反映"
    assert event("CLICK", EventKey="进度").text == "进度", "a key that has no label is the words themselves"


def test_a_location_told_by_the_app_is_no_message() -> None:
    told = event("LOCATION", Latitude="41.1", Longitude="122.9", Precision="30")

    assert told.kind is MessageKind.EVENT
    assert told.pin is not None


def test_two_events_of_one_second_are_two_events() -> None:
    same_second = [event("subscribe", EventKey=""), event("CLICK", EventKey="a"), event("CLICK", EventKey="b")]
    reports = [event("TEMPLATESENDJOBFINISH", MsgID=1), event("TEMPLATESENDJOBFINISH", MsgID=2)]

    assert len({one.id for one in same_second + reports}) == 5
    assert same_second[1].id == "wechat:main:oA1:1790000000:click:a"


def test_an_event_with_a_long_key_has_a_short_id() -> None:
    one, other = (event("VIEW", EventKey="https://example.org/" + "x" * 300 + end) for end in "ab")

    assert len(one.id) < 120
    assert one.id != other.id


def test_a_message_without_a_number_is_known_again_by_what_it_is() -> None:
    fields = {"MsgType": "text", "Content": "你好"}
    first, again = (incoming(fields, numbered=False).message.id for _ in range(2))
    other = incoming({**fields, "Content": "再见"}, numbered=False).message.id

    assert first == again != other


def test_characters_that_xml_does_not_know_cost_no_message() -> None:
    assert message(MsgType="text", Content="路灯\x08不亮\x00").text == "路灯不亮"


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "{}",
        "<xml/>",
        "<xml>words</xml>",
        "<xml><MsgType>text</MsgType>",
        "<html></html>",
        '<!DOCTYPE xml [<!ENTITY a "b">]><xml><MsgType>text</MsgType></xml>',
        "<!-- <xml> --><!DOCTYPE xml><xml><MsgType>text</MsgType></xml>",
        xml_of({**HEAD, "Content": "no kind"}),
        xml_of({**HEAD, "MsgType": {"a": "b"}}),
        xml_of({**HEAD, "MsgType": "text"}) + "<more/>",
        xml_of({**HEAD, "MsgType": "text"}).replace("</xml>", "<MsgType>text</MsgType></xml>"),
        xml_of({**HEAD, "MsgType": "text"}).replace("</xml>", "<FromUserName>oB2</FromUserName></xml>"),
        xml_of({**HEAD, "MsgType": "text"}).replace("</xml>", "<Content>a</Content><Content>b</Content></xml>"),
        xml_of({**HEAD, "MsgType": "text"}).replace("<MsgType>", '<MsgType a="b">'),
        xml_of({**HEAD, "MsgType": "text", "FromUserName": ""}),
        xml_of({**HEAD, "MsgType": "text", "FromUserName": "o" * 200}),
        xml_of({**HEAD, "MsgType": "text", "CreateTime": "yesterday"}),
        xml_of({**HEAD, "MsgType": "text", "CreateTime": "９"}),
        xml_of({**HEAD, "MsgType": "image"}),
        xml_of({**HEAD, "MsgType": "location", "Location_X": "north", "Location_Y": "1"}),
        xml_of({**HEAD, "MsgType": "location", "Location_X": "nan", "Location_Y": "1"}),
        xml_of({**HEAD, "MsgType": "location", "Location_X": "1", "Location_Y": "1000"}),
        xml_of({**HEAD, "MsgType": "event", "Event": {"a": "b"}}),
        xml_of({**HEAD, "MsgType": "event"}).replace("</xml>", "<EventKey/><EventKey/><Event>subscribe</Event></xml>"),
        xml_of({**HEAD, "MsgType": "new", "Deep": ""}).replace("<![CDATA[]]>", "<a>" * 20 + "</a>" * 20),
        "<xml>" + "<a>" * 5000 + "</a>" * 5000 + "</xml>",
        "<xml>\ud800</xml>",
    ],
)
def test_what_cannot_be_read_is_said_to_be_malformed(xml: str) -> None:
    with pytest.raises(MalformedRequest):
        read(xml, account="main")
