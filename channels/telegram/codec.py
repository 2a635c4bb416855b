"""Telegram's updates and replies ⇄ values. Pure, and without python-telegram-bot, which takes 0.3 s to import.

Only a private chat is a conversation. What happens in groups and channels is kept as an EVENT and never answered.
An edited message comes again as TEXT that begins with 更正, so that a correction is understood as one; the moves of a
live location are EVENTs. What Telegram invents later is kept raw: UNKNOWN in a private chat, else EVENT.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from channels.errors import MalformedRequest
from channels.message import Address, Attachment, Choice, Message, MessageKind, Pin, Reply, Speaker

CHANNEL = "telegram"
MAX_TEXT = 4096
"""UTF-16 units of one message, as Telegram counts."""
MAX_DATA = 64
"""Bytes of a button's callback_data."""
CORRECTED = "更正："

Raw = dict[str, object]


class _User(msgspec.Struct, frozen=True):
    id: int
    first_name: str = ""
    last_name: str = ""


class _Chat(msgspec.Struct, frozen=True):
    id: int
    type: str = ""


class _File(msgspec.Struct, frozen=True):
    file_id: str
    file_name: str = ""
    mime_type: str = ""
    file_size: int = 0


class _Photo(msgspec.Struct, frozen=True):
    file_id: str
    width: int = 0
    height: int = 0
    file_size: int = 0


class _Sticker(msgspec.Struct, frozen=True):
    file_id: str
    emoji: str = ""
    file_size: int = 0


class _Location(msgspec.Struct, frozen=True):
    latitude: float
    longitude: float


class _Venue(msgspec.Struct, frozen=True):
    location: _Location
    title: str = ""
    address: str = ""


class _Contact(msgspec.Struct, frozen=True):
    phone_number: str
    first_name: str = ""
    last_name: str = ""


class _Button(msgspec.Struct, frozen=True):
    text: str = ""
    callback_data: str = ""


class _Keyboard(msgspec.Struct, frozen=True):
    inline_keyboard: list[list[_Button]] = []


class _Message(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    chat: _Chat
    date: int = 0
    edit_date: int = 0
    sender: _User | None = None
    text: str = ""
    caption: str = ""
    photo: list[_Photo] = []
    voice: _File | None = None
    audio: _File | None = None
    video: _File | None = None
    video_note: _File | None = None
    animation: _File | None = None
    document: _File | None = None
    sticker: _Sticker | None = None
    location: _Location | None = None
    venue: _Venue | None = None
    contact: _Contact | None = None
    reply_markup: _Keyboard | None = None


class _Tap(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    id: str
    sender: _User
    message: _Message | None = None
    data: str = ""


class _Member(msgspec.Struct, frozen=True):
    status: str


class _Membership(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    chat: _Chat
    sender: _User
    new_chat_member: _Member
    date: int = 0


class _Update(msgspec.Struct, frozen=True):
    update_id: int
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _Tap | None = None
    my_chat_member: _Membership | None = None


class _Batch(msgspec.Struct, frozen=True):
    result: list[Raw]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message, and the tap that Telegram wants to see answered."""

    message: Message
    tap: str = ""


def parse(body: bytes) -> Raw:
    """The JSON object of a webhook."""
    try:
        return msgspec.json.decode(body, type=Raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedRequest(f"no JSON object: {type(error).__name__}") from error


def parse_batch(body: bytes) -> list[Raw]:
    """The updates of a getUpdates answer."""
    try:
        return msgspec.json.decode(body, type=_Batch).result
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedRequest(f"no list of updates: {type(error).__name__}") from error


def encode(raw: Raw) -> bytes:
    """The update as it is kept aside when it cannot be read."""
    return msgspec.json.encode(raw)


def number(raw: Raw) -> int | None:
    """The update_id, None when there is none."""
    found = raw.get("update_id")
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def read(raw: Raw, account: str, now: float) -> Incoming:
    """What an update says; `now` stands in for kinds that carry no time."""
    try:
        update = msgspec.convert(raw, _Update)
    except (msgspec.ValidationError, OverflowError) as error:
        raise MalformedRequest(str(error)) from error  # names the field and the type, never the value
    reader = _Reader(raw, account, f"{CHANNEL}:{account}:{update.update_id}", now)
    if update.message is not None:
        return Incoming(reader.message(update.message))
    if update.edited_message is not None:
        return Incoming(reader.edited(update.edited_message))
    if update.callback_query is not None:
        return Incoming(reader.tapped(update.callback_query), update.callback_query.id)
    if update.my_chat_member is not None:
        return Incoming(reader.membership(update.my_chat_member))
    return Incoming(reader.event(reader.whoever()))


def texts(reply: Reply) -> list[str]:
    """The reply as plain messages that Telegram takes; cut at lines where possible."""
    words = reply.marks + _speaker(reply) + clean(reply.text).strip()
    parts = []
    while len(words.encode("utf-16-le", "surrogatepass")) // 2 > MAX_TEXT:
        cut = _cut(words)
        parts.append(words[:cut].rstrip())
        words = words[cut:].lstrip()
    return [part for part in (*parts, words) if part]


def buttons(choices: Sequence[Choice]) -> list[tuple[str, str]]:
    """Label and callback_data of each choice; a value too long for Telegram is answered by its words instead."""
    return [
        (f"{index}. {clean(choice.label)}", _data(choice.value, index)) for index, choice in enumerate(choices, start=1)
    ]


def clean(text: str) -> str:
    """Without NUL, which PostgreSQL does not take and nobody means."""
    return text.replace("\0", "")


@dataclass(frozen=True, slots=True)
class _Reader:
    raw: Raw
    account: str
    id: str
    now: float

    def message(self, said: _Message) -> Message:
        if said.chat.type != "private":
            return self.event(said.chat.id, said.date)
        kind, text = self._kind(said)
        pin = said.venue.location if said.venue else said.location
        attachments = self._attachments(said)
        return Message(
            id=self.id,
            address=self._address(said.chat.id),
            kind=kind,
            sent_at=float(said.date or self.now),
            text=clean(text),
            choice=clean(said.text.partition(" ")[2]) if kind is MessageKind.FOLLOW else "",
            attachments=attachments,
            pin=_pin(pin, said.venue) if pin else None,
            name=_name(said.sender),
            raw={} if kind not in (MessageKind.UNKNOWN, MessageKind.EVENT) and not said.contact else self.raw,
        )

    def edited(self, said: _Message) -> Message:
        message = self.message(said)
        if said.location is not None or message.kind in (MessageKind.EVENT, MessageKind.UNKNOWN):
            return self.event(said.chat.id, said.edit_date)
        return replace(
            message,
            kind=MessageKind.TEXT if message.kind is MessageKind.FOLLOW else message.kind,
            text=CORRECTED + message.text,
            choice="",
            sent_at=float(said.edit_date or message.sent_at),
            raw=self.raw,
        )

    def tapped(self, tap: _Tap) -> Message:
        value, label = _chosen(tap)
        return Message(
            id=self.id,
            address=self._address(tap.message.chat.id if tap.message else tap.sender.id),
            kind=MessageKind.CHOICE if value else MessageKind.TEXT,
            sent_at=self.now,
            text=clean(label),
            choice=clean(value),
            name=_name(tap.sender),
        )

    def membership(self, change: _Membership) -> Message:
        event = self.event(change.chat.id, change.date)
        if change.chat.type != "private":
            return event
        gone = change.new_chat_member.status in ("kicked", "left")
        kind = MessageKind.UNFOLLOW if gone else MessageKind.FOLLOW
        return replace(event, kind=kind, name=_name(change.sender))

    def event(self, user: int, date: int = 0) -> Message:
        return Message(
            id=self.id,
            address=self._address(user),
            kind=MessageKind.EVENT,
            sent_at=float(date or self.now),
            raw=self.raw,
        )

    def whoever(self) -> int:
        """Who is behind a kind of update that we do not know; 0 when nobody is named."""
        for part in self.raw.values():
            for field in ("chat", "user_chat", "user", "from"):
                found = part.get(field) if isinstance(part, dict) else None
                if isinstance(found, dict) and isinstance(found.get("id"), int):
                    return int(found["id"])
        return 0

    def _address(self, user: int) -> Address:
        return Address(channel=CHANNEL, account=self.account, user=str(user))

    def _kind(self, said: _Message) -> tuple[MessageKind, str]:
        if said.text:
            start = said.text.partition(" ")[0].partition("@")[0] == "/start"
            return (MessageKind.FOLLOW, "") if start else (MessageKind.TEXT, said.text)
        if said.contact is not None:
            name = f"{said.contact.last_name}{said.contact.first_name}"
            return MessageKind.TEXT, f"联系电话：{said.contact.phone_number}" + (f"，{name}" if name else "")
        if said.sticker is not None:
            return MessageKind.STICKER, said.sticker.emoji
        if said.location is not None or said.venue is not None:
            return MessageKind.LOCATION, ""
        if found := _file(said):
            return found[0], said.caption
        return (MessageKind.EVENT if self._is_service() else MessageKind.UNKNOWN), said.caption

    def _is_service(self) -> bool:
        message = self.raw.get("message") or self.raw.get("edited_message")
        return isinstance(message, dict) and not _SERVICE.isdisjoint(message)

    def _attachments(self, said: _Message) -> tuple[Attachment, ...]:
        found = _file(said)
        if found is None:
            return ()
        kind, file = found
        return (
            Attachment(
                id=f"{self.id}:0",
                kind=kind,
                media_id=file.file_id,
                filename=clean(file.file_name),
                mime=file.mime_type,
                size=file.file_size,
            ),
        )


_SERVICE = {
    "pinned_message",
    "message_auto_delete_timer_changed",
    "chat_background_set",
    "write_access_allowed",
    "users_shared",
    "chat_shared",
    "connected_website",
    "proximity_alert_triggered",
    "boost_added",
    "successful_payment",
    "refunded_payment",
}
"""What Telegram itself writes into a private chat: nobody waits for an answer to it."""


def _file(said: _Message) -> tuple[MessageKind, _File] | None:
    if said.photo:
        largest = max(said.photo, key=lambda photo: (photo.width * photo.height, photo.file_size))
        return MessageKind.IMAGE, _File(largest.file_id, "", "image/jpeg", largest.file_size)
    if heard := said.voice or said.audio:
        return MessageKind.VOICE, heard
    # an animation comes with a document of the same file, so it is asked for first
    if seen := said.video or said.video_note or said.animation:
        return MessageKind.VIDEO, seen
    if said.document is not None:
        image = said.document.mime_type.startswith("image/")
        return (MessageKind.IMAGE if image else MessageKind.FILE), said.document
    return None


def _chosen(tap: _Tap) -> tuple[str, str]:
    rows = tap.message.reply_markup.inline_keyboard if tap.message and tap.message.reply_markup else []
    label = next((button.text for row in rows for button in row if button.callback_data == tap.data), "")
    mark, _, value = tap.data.partition(":")
    words = label.partition(". ")[2] or label
    return (value if mark == "v" else ""), words or value or tap.data


def _data(value: str, index: int) -> str:
    data = f"v:{clean(value)}"
    return data if value and len(data.encode()) <= MAX_DATA else f"n:{index}"


def _pin(place: _Location, venue: _Venue | None) -> Pin:
    label = f"{venue.title} {venue.address}".strip() if venue else ""
    return Pin(latitude=place.latitude, longitude=place.longitude, datum="wgs84", label=clean(label))


def _name(user: _User | None) -> str:
    return clean(f"{user.first_name} {user.last_name}".strip()) if user else ""


def _speaker(reply: Reply) -> str:
    match reply.speaker:
        case Speaker.BOT:
            return ""
        case Speaker.OPERATOR:
            return f"【坐席 {clean(reply.speaker_name)}】" if reply.speaker_name else "【坐席】"
        case Speaker.SYSTEM:
            return "【系统】"


def _cut(words: str) -> int:
    units = 0
    limit = len(words)
    for index, character in enumerate(words):
        units += 2 if ord(character) > 0xFFFF else 1
        if units > MAX_TEXT:
            limit = index
            break
    line = words.rfind("\n", limit // 2, limit)
    return line + 1 if line > 0 else limit
