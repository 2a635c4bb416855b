"""The values that travel between a citizen's chat app and the service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class MessageKind(StrEnum):
    """What the citizen did. Every platform's kinds map onto these; what maps onto none is UNKNOWN and kept raw."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    LOCATION = "location"
    LINK = "link"
    STICKER = "sticker"
    CHOICE = "choice"
    """A tapped choice or menu item; `Message.choice` holds its value, `Message.text` its words."""
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    SCAN = "scan"
    """A scanned scene code of one who already follows; `Message.choice` holds the scene."""
    EVENT = "event"
    """Something the platform tells of its own accord (a delivery report, say): kept, never answered."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a citizen can be reached: which chat app, which account of the city, which person there."""

    channel: str
    account: str
    user: str

    @property
    def key(self) -> str:
        """The conversation's id, the same for every message from this place: `wechat:main:oABC`."""
        return f"{self.channel}:{self.account}:{self.user}"

    @classmethod
    def parse(cls, key: str) -> "Address":
        """The address whose `key` this is."""
        channel, account, user = key.split(":", 2)
        return cls(channel=channel, account=account, user=user)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A point on the map, in degrees, with the datum it was measured in; never converted on the way in."""

    latitude: float
    longitude: float
    datum: str = "unknown"
    """`gcj02` (WeChat), `wgs84` (Telegram, browsers) or `unknown`."""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A photo, voice message, video or file: first a platform's reference, after fetching also a stored key."""

    id: str
    """Stable from what came in; names the durable fetch job."""
    kind: MessageKind
    media_id: str = ""
    """The platform's reference, to be fetched soon (WeChat forgets it after 3 days). Empty: already stored."""
    url: str = ""
    filename: str = ""
    mime: str = ""
    size: int = 0
    """Bytes; 0 when the platform does not say."""
    key: str = ""
    """Name in our own media store once fetched; empty until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a citizen sent or did."""

    id: str
    """Stable from what came in, unique in this service: the same webhook delivered again makes the same id."""
    address: Address
    kind: MessageKind
    sent_at: float
    """The platform's time, Unix seconds."""
    text: str = ""
    """What was written; for a voice message what the platform recognised, empty when it did not."""
    choice: str = ""
    attachments: tuple[Attachment, ...] = ()
    pin: Pin | None = None
    name: str = ""
    """The name that the platform shows for the citizen; never used as identity."""
    slot_until: float = 0.0
    """Until when (Unix seconds) the answer may travel in the webhook's own response; 0: it may not."""
    raw: Mapping[str, object] = field(default_factory=dict)
    """What the platform sent, for kinds that have no better home (link, unknown, event)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something to tap, and its number where tapping is not possible."""

    value: str
    label: str


class Speaker(StrEnum):
    """Whose words a reply is."""

    BOT = "bot"
    OPERATOR = "operator"
    SYSTEM = "system"
    """Status notices and emergency numbers, which pass even while an operator holds the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the citizen is told."""

    id: str
    """The delivery's id; the idempotency key where the channel knows one (web chat)."""
    address: Address
    text: str
    choices: tuple[Choice, ...] = ()
    speaker: Speaker = Speaker.BOT
    speaker_name: str = ""
    attachments: tuple[Attachment, ...] = ()
    """Photos and files that an operator sends, stored already; such a reply has one of them and no words."""
    at: float = 0.0
    """When it was decided, Unix seconds."""
    repeated: bool = False
    """It may have been delivered before: the channel shows it marked 可能重复."""
    belated: bool = False
    """The bot said it before a person took the conversation: the channel shows it marked 智能助手稍早的答复."""
    sensitive: bool = False
    """The words hold personal data; a channel never shows them in a preview or log."""

    @property
    def marks(self) -> str:
        """What a channel shows before the words, so that a late one is not taken for an answer to what came since."""
        return ("（可能重复）" if self.repeated else "") + ("（智能助手稍早的答复）" if self.belated else "")
