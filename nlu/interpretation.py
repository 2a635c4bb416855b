"""What a message means: intent, matter, places, urgency, as frozen values; offsets count in the given text."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # whoever only names an intent shall not wait for it
    import numpy as np
    import numpy.typing as npt


class Intent(StrEnum):
    """What kind of turn this is; the names are those of `suda understand`."""

    APPEAL = "appeal"
    FAQ = "faq"
    GREET = "greet"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    HUMAN = "human"
    STATUS = "status"
    URGE = "urge"
    SUPPLEMENT = "supplement"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    DENY = "deny"
    CORRECT = "correct"
    RATE = "rate"
    EMERGENCY = "emergency"
    COMPLAINT_ABOUT_BOT = "complaint_about_bot"
    ABUSE = "abuse"
    CHITCHAT = "chitchat"
    GIBBERISH = "gibberish"


class EmergencyKind(StrEnum):
    """Dangers that are answered with a telephone number before anything else."""

    FIRE = "fire"
    GAS = "gas"
    CRIME = "crime"
    MEDICAL = "medical"
    SUICIDE = "suicide"
    TRAFFIC = "traffic"
    OTHER = "other"


class AppealType(StrEnum):
    """咨询 求助 投诉 举报 建议 表扬."""

    INQUIRY = "咨询"
    HELP = "求助"
    COMPLAINT = "投诉"
    REPORT = "举报"
    SUGGESTION = "建议"
    PRAISE = "表扬"


Path = tuple[str, str, str]

BELIEVED = 0.5
"""Confidence from which a level of a category is claimed: confidences are calibrated, so what is said with more is
rather right than wrong, and naming it helps more often than it sends a matter astray."""


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """A leaf of the category tree and how far to believe it; the whole path is the identity, not the leaf's name."""

    code: str
    path: Path
    confidence: float
    levels: tuple[float, float, float] | None = None
    """How far to believe the first level, the first two, the whole path; None where only the leaf was weighed."""

    @property
    def sure(self) -> int:
        """How many levels of the path are claimed: 3 the leaf, 0 not even the first."""
        return self.depth(BELIEVED)

    def depth(self, least: float) -> int:
        """How many levels, from the first, are believed at least so far."""
        levels = self.levels or (self.confidence,) * len(self.path)
        return next((depth for depth, level in enumerate(levels) if level < least), len(levels))

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "path": list(self.path),
            "confidence": round(self.confidence, 4),
            "sure": self.sure,
        }


@dataclass(frozen=True, slots=True)
class PlaceCandidate:
    """One official place that the words may mean."""

    name: str
    level: str
    code: str
    district: str | None = None
    street: str | None = None
    community: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place as it was said, its parts, and what the gazetteer makes of it."""

    start: int
    end: int
    text: str
    main: bool = True
    district: str | None = None
    street: str | None = None
    community: str | None = None
    code: str | None = None
    road: str | None = None
    compound: str | None = None
    building: str | None = None
    unit: str | None = None
    room: str | None = None
    landmark: str | None = None
    relation: str | None = None
    confidence: float = 0.0
    candidates: tuple[PlaceCandidate, ...] = ()
    elsewhere: bool = False
    """It says itself that it is in another city."""

    def as_json(self) -> dict[str, Any]:
        names = ("start", "end", "text", "main", "district", "street", "community", "code")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Matter:
    """The stretch of text that tells one matter."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Correction:
    """不是5号楼，是15号楼: what to take out and what to put in; either may be unknown.

    `right` that begins with 尾号 (尾号2248) holds only the last digits of the telephone number: as many digits at its
    end are to be replaced.
    """

    wrong: str | None
    right: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Gist:
    """What an encoder made of a whole message, for those who look for others that mean the same."""

    vector: npt.NDArray[np.float32]
    """(width,), of length one."""
    asks: float
    """How likely something is asked, and not reported."""
    encoder: str
    """The fingerprint of the encoder, for no other can make anything of the vector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """All that was understood of one message, or of a burst of them taken together."""

    text: str
    intent: Intent
    confidence: float
    emergency: EmergencyKind | None = None
    appeal_type: AppealType | None = None
    category: CategoryScore | None = None
    candidates: tuple[CategoryScore, ...] = ()
    locations: tuple[Place, ...] = ()
    urgent: bool = False
    matters: tuple[Matter, ...] = ()
    phone: str | None = None
    name: str | None = None
    occurred: str | None = None
    anonymous: bool = False
    confidential: bool = False
    corrections: tuple[Correction, ...] = field(default=())
    gist: Gist | None = field(default=None, repr=False, compare=False)
    """None while rules understand alone."""

    def as_json(self) -> dict[str, Any]:
        """The line that `suda understand` prints, without the id."""
        return {
            "text": self.text,
            "intent": self.intent.value,
            "emergency": self.emergency.value if self.emergency else None,
            "appeal_type": self.appeal_type.value if self.appeal_type else None,
            "category": self.category.as_json() if self.category else None,
            "candidates": [candidate.as_json() for candidate in self.candidates],
            "locations": [place.as_json() for place in self.locations],
            "urgent": self.urgent,
            "matters": [{"start": matter.start, "end": matter.end} for matter in self.matters],
        }
