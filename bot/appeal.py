"""An appeal (诉求) while its slots are being filled."""

from dataclasses import dataclass, replace

from channels.message import Attachment, Pin


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySlot:
    """A leaf of the city's category tree, and how sure that is (0 to 1)."""

    code: str
    path: tuple[str, ...]
    confidence: float
    levels: tuple[float, ...] = ()
    """How sure each level is; empty where only the leaf was weighed."""
    sure: int = 3
    """How many levels are believed; whoever chose a leaf believes all."""

    @property
    def is_whole(self) -> bool:
        """The leaf itself is believed."""
        return self.sure >= len(self.path)

    @property
    def believed(self) -> "CategorySlot | None":
        """As deep as it is believed: above the leaf without a code, so that nothing follows from a guess."""
        if self.is_whole:
            return self
        if not self.sure:
            return None
        confidence = self.levels[self.sure - 1] if self.levels else self.confidence
        return CategorySlot(code="", path=self.path[: self.sure], confidence=confidence, sure=self.sure)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSlot:
    """Where the matter is: the words, what they resolve to, and a pin when one was sent."""

    text: str = ""
    district: str | None = None
    street: str | None = None
    community: str | None = None
    code: str | None = None
    confidence: float = 0.0
    pin: Pin | None = None

    def __bool__(self) -> bool:
        return bool(self.text or self.pin)

    @property
    def is_known(self) -> bool:
        """The gazetteer knows it."""
        return bool(self.district or self.street or self.community)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a text means, as the machine read it or as an operator knows it."""

    text: str = ""
    """The citizen's words."""
    category: tuple[str, ...] = ()
    appeal_type: str = ""
    urgent: bool = False
    place: PlaceSlot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """What the citizen wants done, as far as it is known; a draft until he confirms it."""

    key: str = ""
    """Made from the message that opened it; the ticket's number comes from it."""
    said: tuple[str, ...] = ()
    """What he wrote about the matter, in order."""
    message_ids: tuple[str, ...] = ()
    appeal_type: str = "求助"
    category: CategorySlot | None = None
    candidates: tuple[CategorySlot, ...] = ()
    category_chosen: bool = False
    """The citizen picked it himself."""
    place: PlaceSlot | None = None
    place_choices: tuple[PlaceSlot, ...] = ()
    """What the named place may be, when a village of that name exists more than once."""
    no_place: bool = False
    """The matter has no place, or the citizen cannot say it."""
    occurred: str | None = None
    name: str | None = None
    phone: str | None = None
    phone_fragment: str = ""
    """The digits so far of a number that comes in pieces."""
    contact_declined: bool = False
    anonymous: bool = False
    confidential: bool = False
    secrecy_said: bool = False
    """The citizen said himself that it need not be kept secret."""
    urgent: bool = False
    emergency: str | None = None
    attachments: tuple[Attachment, ...] = ()
    asked: tuple[str, ...] = ()
    """Slots already asked for: nothing is asked twice."""
    opened_at: float = 0.0
    title: str = ""
    """As an operator worded it; empty: made from what was said."""
    reading: Reading | None = None
    """What the machine had made of it before an operator laid hands on it."""

    @property
    def believed(self) -> CategorySlot | None:
        """The category as deep as it is believed: what the card shows and the ticket files."""
        return self.category.believed if self.category else None

    @property
    def has_what(self) -> bool:
        """The matter itself is known."""
        return bool(self.said)

    @property
    def is_blank(self) -> bool:
        """It was only announced: nothing was told of it yet."""
        return not (self.said or self.attachments or self.place)

    @property
    def is_only_place(self) -> bool:
        """A place was named in passing, and nothing was asked since."""
        return bool(self.place) and not (self.said or self.attachments or self.asked)

    @property
    def what(self) -> str:
        """What the citizen said about the matter, in one text."""
        return "\n".join(self.said)

    def saying(self, text: str, message_ids: tuple[str, ...] = ()) -> "Appeal":
        """The same appeal with more words about the matter."""
        said = self.said if not text or text in self.said else (*self.said, text)
        return replace(self, said=said, message_ids=(*self.message_ids, *message_ids))

    def read(self) -> Reading:
        """What it says now, to be compared with what it said before or after."""
        return Reading(
            text=self.what,
            category=self.category.path if self.category else (),
            appeal_type=self.appeal_type,
            urgent=self.urgent,
            place=self.place,
        )

    def having_asked(self, slot: str) -> "Appeal":
        """The same appeal, with this slot marked as asked for."""
        return self if slot in self.asked else replace(self, asked=(*self.asked, slot))
