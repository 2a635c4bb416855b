"""A ticket as an operator wants it: the form that he filled in, resolved against the city's lists."""

from dataclasses import dataclass, field
from enum import StrEnum


class Secrecy(StrEnum):
    """What of the citizen goes along with the ticket."""

    NONE = ""
    CONFIDENTIAL = "confidential"
    """保密: his identity is kept here and does not leave the house."""
    ANONYMOUS = "anonymous"
    """匿名: nothing of him is kept in the ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPlace:
    """Where it is, in words, and what they resolve to."""

    text: str = ""
    district: str = ""
    street: str = ""
    community: str = ""
    code: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketForm:
    """All that an operator says of a matter."""

    key: str = ""
    """Of the draft that it amends; empty: a new one."""
    category_code: str = ""
    """A leaf of the city's tree; empty while nobody knows."""
    category_path: tuple[str, ...] = ()
    appeal_type: str = "求助"
    place: FormPlace = field(default_factory=FormPlace)
    no_place: bool = False
    """The matter has no place."""
    occurred: str = ""
    urgent: bool = False
    secrecy: Secrecy = Secrecy.NONE
    reason: str = ""
    """Why what was 保密 or 匿名 is it no more; asked for only then."""
    title: str = ""
    """Empty: made from the content."""
    content: str = ""
    name: str = ""
    phone: str = ""
    touched: tuple[str, ...] | None = None
    """What the operator changed of what he was shown, by `handoff.drafting.Fields`; what he left alone is the draft's
    own, also if the citizen changed it this moment. None: all of it is his."""
