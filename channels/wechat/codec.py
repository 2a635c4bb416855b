"""A WeChat message's XML turned into a `Message`: every kind has a home, and what has none is kept raw."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from wechatpy import parse_message

from channels.errors import MalformedRequest
from channels.message import Address, Attachment, Message, MessageKind, Pin
from channels.wechat.envelope import checked_xml, text_of

Elements = Mapping[str, object]

_DEPTH = 8
"""WeChat nests three deep (menu photos); deeper is an attack on whoever walks the raw message later."""

_MIMES = {"amr": "audio/amr", "mp3": "audio/mpeg", "speex": "audio/speex", "silk": "audio/silk"}
_SILENT = {MessageKind.EVENT, MessageKind.UNFOLLOW}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A read message, and to which of our names (原始 ID, `gh_…`) it was written: the answer comes from there."""

    message: Message
    written_to: str

    @property
    def answerable(self) -> bool:
        """An answer in the webhook's own response would reach the citizen."""
        return self.message.kind not in _SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What only one kind of message has, before it is put under its address."""

    kind: MessageKind
    text: str = ""
    choice: str = ""
    attachment: Attachment | None = None
    pin: Pin | None = None
    keep_raw: bool = False


def read(xml: str, *, account: str, labels: Mapping[str, str] | None = None) -> Incoming:
    """The message in the XML; `labels` are the menu's words by their key. Raises only `MalformedRequest`."""
    elements = _parsed(xml)
    user = text_of(elements, "FromUserName")
    if not 0 < len(user) <= 128:
        raise MalformedRequest("no FromUserName that could be an OpenID")
    address = Address(channel="wechat", account=account, user=user)
    sent_at = _whole(elements, "CreateTime")
    message_id = f"{address.key}:{_identity(elements, sent_at, xml)}"
    body = _body(elements, message_id, labels or {})
    message = Message(
        id=message_id,
        address=address,
        kind=body.kind,
        sent_at=float(sent_at),
        text=body.text,
        choice=body.choice,
        attachments=(body.attachment,) if body.attachment else (),
        pin=body.pin,
        raw=dict(elements) if body.keep_raw else {},
    )
    return Incoming(message=message, written_to=text_of(elements, "ToUserName"))


def _parsed(xml: str) -> Elements:
    text = checked_xml(xml)
    try:
        elements = parse_message(text)._data
    except Exception as error:  # wechatpy lets TypeError, KeyError, AttributeError, ExpatError … out
        raise MalformedRequest(f"the message does not parse ({type(error).__name__})") from error
    _refuse_depth(elements)
    return elements  # type: ignore[no-any-return]  # wechatpy ships no types; it is the parsed dict


def _refuse_depth(elements: object) -> None:
    level = [elements]
    for _ in range(_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise MalformedRequest("nested deeper than any message")


def _inside(value: object) -> list[object]:
    match value:
        case dict():
            return list(value.values())
        case list():
            return list(value)
        case _:
            return []


def _identity(elements: Elements, sent_at: int, xml: str) -> str:
    """What is the same when WeChat delivers again. MsgId alone is not unique, so it stands under account and OpenID."""
    kind = text_of(elements, "MsgType").lower()
    number = text_of(elements, "MsgId") or text_of(elements, "MsgID")
    if kind == "event":
        key = text_of(elements, "EventKey") or number
        return f"{sent_at}:{text_of(elements, 'Event').lower()[:64]}:{_short(key)}"
    return _short(number) if number else f"{sent_at}:{_digest(xml)}"


def _short(key: str) -> str:
    return key if len(key) <= 64 else _digest(key)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _body(elements: Elements, message_id: str, labels: Mapping[str, str]) -> Body:
    match text_of(elements, "MsgType").lower():
        case "text":
            return _written(elements)
        case "image":
            return Body(kind=MessageKind.IMAGE, attachment=_media(elements, message_id, MessageKind.IMAGE))
        case "voice":
            recognised = text_of(elements, "Recognition").strip()
            attachment = _media(elements, message_id, MessageKind.VOICE)
            return Body(kind=MessageKind.VOICE, text=recognised, attachment=attachment)
        case "video" | "shortvideo":
            return Body(kind=MessageKind.VIDEO, attachment=_media(elements, message_id, MessageKind.VIDEO))
        case "file":
            return Body(kind=MessageKind.FILE, attachment=_file(elements, message_id), keep_raw=True)
        case "location":
            return Body(kind=MessageKind.LOCATION, pin=_pin(elements, "Location_X", "Location_Y"))
        case "link" | "miniprogrampage":
            return Body(kind=MessageKind.LINK, text=text_of(elements, "Title"), keep_raw=True)
        case "event":
            return _event(elements, labels)
        case _:
            return Body(kind=MessageKind.UNKNOWN, keep_raw=True)


def _written(elements: Elements) -> Body:
    """A tapped choice comes as a text with the number of the link; older clients spell it in small letters."""
    tapped = text_of(elements, "bizmsgmenuid") or text_of(elements, "BizMsgMenuId")
    kind = MessageKind.CHOICE if tapped else MessageKind.TEXT
    return Body(kind=kind, text=text_of(elements, "Content"), choice=tapped)


def _event(elements: Elements, labels: Mapping[str, str]) -> Body:
    key = text_of(elements, "EventKey")
    match text_of(elements, "Event").lower():
        case "subscribe" | "subscribe_scan":  # wechatpy names the second, and takes `qrscene_` off its key
            return Body(kind=MessageKind.FOLLOW, choice=key.removeprefix("qrscene_"))
        case "unsubscribe":
            return Body(kind=MessageKind.UNFOLLOW)
        case "scan":
            return Body(kind=MessageKind.SCAN, choice=key)
        case "click":  # a key without a label is the words themselves: a menu of `进度` needs nothing else
            return Body(kind=MessageKind.CHOICE, choice=key, text=labels.get(key, key))
        case "scancode_push" | "scancode_waitmsg":
            return Body(kind=MessageKind.CHOICE, choice=key, text=labels.get(key, ""), keep_raw=True)
        case "location":  # the app reports where the citizen is when he opens the chat: he did not say anything
            return Body(kind=MessageKind.EVENT, pin=_pin(elements, "Latitude", "Longitude"), keep_raw=True)
        case _:  # delivery reports, opened links, templates, mass sending: told by WeChat, not said by the citizen
            return Body(kind=MessageKind.EVENT, choice=key[:256], keep_raw=True)


def _media(elements: Elements, message_id: str, kind: MessageKind) -> Attachment:
    media_id = text_of(elements, "MediaId")
    if not media_id:
        raise MalformedRequest("a photo, voice or video message without MediaId")
    audio_format = text_of(elements, "Format").lower()
    return Attachment(
        id=f"{message_id}:0",
        kind=kind,
        media_id=media_id,
        url=text_of(elements, "PicUrl"),
        mime=_MIMES.get(audio_format, "") if kind is MessageKind.VOICE else "",
    )


def _file(elements: Elements, message_id: str) -> Attachment:
    """WeChat tells of a file, but gives no MediaId for it; its FileKey names it, and fetching says it is gone."""
    size = text_of(elements, "FileTotalLen")
    return Attachment(
        id=f"{message_id}:0",
        kind=MessageKind.FILE,
        media_id=text_of(elements, "MediaId") or text_of(elements, "FileKey") or "unknown",
        filename=text_of(elements, "Title"),
        size=int(size) if re.fullmatch(r"[0-9]{1,12}", size) else 0,
    )


def _pin(elements: Elements, latitude: str, longitude: str) -> Pin:
    north, east = _degrees(elements, latitude, 90), _degrees(elements, longitude, 180)
    return Pin(latitude=north, longitude=east, datum="gcj02", label=text_of(elements, "Label"))


def _degrees(elements: Elements, name: str, limit: float) -> float:
    try:
        degrees = float(text_of(elements, name))
    except ValueError as error:
        raise MalformedRequest(f"{name} is not a number") from error
    if not math.isfinite(degrees) or abs(degrees) > limit:
        raise MalformedRequest(f"{name} is not on the map")
    return degrees


def _whole(elements: Elements, name: str) -> int:
    number = text_of(elements, name)
    if not re.fullmatch(r"[0-9]{1,12}", number):
        raise MalformedRequest(f"{name} is not a number")
    return int(number)
