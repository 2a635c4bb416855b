"""Frames of the chat page ⇄ values. Pure: no socket, no clock."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta

from channels.errors import MalformedRequest
from channels.message import Address, Attachment, Message, MessageKind, Pin
from channels.webchat.mailbox import Line

MAX_FRAME = 64 * 1024
"""Bytes of one frame; the socket closes with 1009 above it."""
MAX_TEXT = 4000
"""Characters of one message; the page splits what is longer."""
MAX_ATTACHMENTS = 9

ClientId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{8,64}\Z")]


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """First frame of a connection: who is there, and what he has seen."""

    cursor: Annotated[int, Meta(ge=0, le=2**53)] = 0
    token: Annotated[str, Meta(max_length=200)] = ""


class Point(msgspec.Struct, frozen=True):
    """Where the browser says it is, always wgs84."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    label: Annotated[str, Meta(max_length=200)] = ""


class Say(msgspec.Struct, frozen=True, tag="message"):
    """What the visitor says; `id` is made by his page and stays the same when it is sent again."""

    id: ClientId
    text: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    choice: Annotated[str, Meta(max_length=200)] = ""
    attachments: Annotated[
        tuple[Annotated[str, Meta(max_length=2000)], ...],
        Meta(max_length=MAX_ATTACHMENTS),
    ] = ()
    pin: Point | None = None


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    """Is the line still alive?"""


class Typing(msgspec.Struct, frozen=True, tag="typing"):
    """The visitor is writing; never kept."""


class _Named(msgspec.Struct):
    id: ClientId


Frame = Hello | Say | Ping | Typing

_decoder: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)
_named = msgspec.json.Decoder(_Named)


def read(data: str) -> Frame:
    """The frame in these words; `MalformedRequest` says what is wrong, without quoting the visitor."""
    try:
        frame = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedRequest(_reason(error)) from error
    if isinstance(frame, Say) and not (frame.text.strip() or frame.choice or frame.attachments or frame.pin):
        raise MalformedRequest("nothing is said")
    return frame


def client_id(data: str) -> str:
    """The page's id in a frame that could not be read, so that it can be told which message was refused."""
    try:
        return _named.decode(data).id
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""


def message_id(address: Address, client: str) -> str:
    """The id of a message in this service, stable however often the page sends it."""
    return f"{address.key}:{client}"


def message(said: Say, address: Address, sent_at: float, attachments: Iterable[Attachment]) -> Message:
    """What was said, as a `Message`."""
    attached = tuple(attachments)
    return Message(
        id=message_id(address, said.id),
        address=address,
        kind=_kind(said, attached),
        sent_at=sent_at,
        text=_clean(said.text),
        choice=_clean(said.choice),
        attachments=attached,
        pin=_pin(said.pin),
    )


def welcome(*, cursor: int, token: str, max_upload: int) -> bytes:
    """Answer to hello; the token is empty when a cookie keeps it."""
    return _encode({"type": "welcome", "cursor": cursor, "token": token, "max_upload": max_upload})


def lines(found: Sequence[Line], address: Address, proof: Callable[[str], str]) -> bytes:
    """What is new in the conversation; `proof` signs a media key for this visitor."""
    return _encode({"type": "lines", "lines": [_line(line, address, proof) for line in found]})


def ack(client: str) -> bytes:
    """This message is safe with us: forget the copy."""
    return _encode({"type": "ack", "id": client})


def typing(name: str) -> bytes:
    """Somebody is writing to the visitor."""
    return _encode({"type": "typing", "name": name})


def pong() -> bytes:
    """Yes, it is alive."""
    return _encode({"type": "pong"})


def refusal(code: str, client: str = "") -> bytes:
    """Not taken: `malformed` (never send it again), `too_fast` or `unavailable` (send it again later)."""
    return _encode({"type": "error", "code": code, "id": client})


def _reason(error: Exception) -> str:
    # msgspec names the field and the rule, never the value; other errors may hold the text itself
    return str(error) if isinstance(error, msgspec.DecodeError) else type(error).__name__


def _kind(said: Say, attached: Sequence[Attachment]) -> MessageKind:
    if said.choice:
        return MessageKind.CHOICE
    if attached:
        return attached[0].kind
    return MessageKind.LOCATION if said.pin else MessageKind.TEXT


def _pin(point: Point | None) -> Pin | None:
    if point is None:
        return None
    return Pin(latitude=point.latitude, longitude=point.longitude, datum="wgs84", label=_clean(point.label))


def _clean(text: str) -> str:
    return text.replace("\0", "")  # PostgreSQL takes no NUL, and nobody means one


def _line(line: Line, address: Address, proof: Callable[[str], str]) -> dict[str, object]:
    prefix = message_id(address, "")
    return {
        "cursor": line.cursor,
        "id": line.id,
        "client": line.id.removeprefix(prefix) if line.who == "citizen" else "",
        "who": line.who,
        "name": line.name,
        "text": line.text,
        "at": line.at,
        "choices": [{"value": choice.value, "label": choice.label} for choice in line.choices],
        "attachments": [_attachment(attachment, proof) for attachment in line.attachments],
        "pin": None if line.pin is None else {"latitude": line.pin.latitude, "longitude": line.pin.longitude},
    }


def _attachment(attachment: Attachment, proof: Callable[[str], str]) -> dict[str, object]:
    key = attachment.key
    return {
        "kind": attachment.kind.value,
        "mime": attachment.mime,
        "filename": attachment.filename,
        "url": f"/channels/web/media/{quote(key, safe='')}?proof={proof(key)}" if key else "",
    }


def _encode(frame: dict[str, object]) -> bytes:
    return msgspec.json.encode(frame)
