"""A ticket (工单), what happens to it, and what the case system tells of it: values only."""

from dataclasses import dataclass, field
from enum import StrEnum


class TicketStatus(StrEnum):
    """Where a ticket stands; words, steps and sentences for each are in `states.toml`."""

    SUBMITTED = "submitted"
    NEED_INFO = "need_info"
    ACCEPTED = "accepted"
    ANSWERED_DIRECTLY = "answered_directly"
    REJECTED_OUT_OF_SCOPE = "rejected_out_of_scope"
    DISPATCHED = "dispatched"
    RETURNED = "returned"
    COORDINATING = "coordinating"
    IN_PROGRESS = "in_progress"
    EXTENDED = "extended"
    SUPERVISED = "supervised"
    LISTED_SUPERVISION = "listed_supervision"
    CANNOT_RESOLVE_NOW = "cannot_resolve_now"
    RESOLVED = "resolved"
    CALLED_BACK = "called_back"
    RATED = "rated"
    REOPENED = "reopened"
    REVIEW_REQUESTED = "review_requested"
    MERGED_INTO = "merged_into"
    WITHDRAWN = "withdrawn"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Through which door it came."""

    channel: str
    account: str
    message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One leaf of the city's category tree, as understood or corrected; or only its upper levels, where no more is
    believed."""

    code: str
    """Of the leaf; empty where only upper levels are believed."""
    path: tuple[str, ...]
    confidence: float = 0.0
    taxonomy_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPlace:
    """Where it is: the citizen's words, what they resolve to, and a pin with its datum when there is one."""

    text: str = ""
    district: str | None = None
    street: str | None = None
    community: str | None = None
    code: str | None = None
    x: float | None = None
    """Longitude in degrees, in `datum`."""
    y: float | None = None
    """Latitude in degrees, in `datum`."""
    datum: str | None = None
    label: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How to reach the citizen beyond the chat; both empty when he declined."""

    name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAttachment:
    """A photo, voice message, video or file of the citizen."""

    id: str
    kind: str
    key: str = ""
    """Name in the media store; empty while it is still being fetched."""
    filename: str = ""
    mime: str = ""
    url: str = ""
    """A signed link that expires; filled only when the ticket leaves the house."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One stage of the statutory time limits."""

    name: str
    due_at: str
    """ISO 8601 with offset."""
    law: str = ""
    promised: bool = False
    """This is the date that the citizen is told."""
    provisional: bool = False
    """The holiday calendar does not reach this far yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptLine:
    """One thing said before the ticket was made."""

    who: str
    text: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate:
    """What the case system tells: one step of a ticket."""

    event_id: str
    """The case system's id of this step; the same step told twice has one effect."""
    ticket_no: str
    status: TicketStatus
    at: str
    """ISO 8601 with offset."""
    external_no: str = ""
    actor: str = ""
    """Who did it: a clerk, a unit's name, `citizen`, `suda`."""
    unit: str = ""
    text: str = ""
    """What the citizen may read."""
    reason: str = ""
    legal_basis: str = ""
    promised_date: str = ""
    """ISO 8601 date."""
    merged_into: str = ""
    attachments: tuple[TicketAttachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Ticket v1, as published in `ticket.schema.json`."""

    ticket_no: str
    source: Source
    accepted_at: str
    """When it was taken in, ISO 8601 with offset."""
    appeal_type: str
    title: str
    content: str
    category: Category | None = None
    occurred_at: str | None = None
    """When it happened, in the citizen's words."""
    claim: str = ""
    """What the citizen wants."""
    place: TicketPlace | None = None
    contact: Contact = field(default_factory=Contact)
    confidential: bool = False
    anonymous: bool = False
    public_ok: bool = False
    reply_wanted: bool = True
    urgency: str = "normal"
    """`normal` or `urgent`."""
    attachments: tuple[TicketAttachment, ...] = ()
    related: tuple[str, ...] = ()
    """Numbers of other tickets: same citizen, same matter nearby."""
    clocks: tuple[Clock, ...] = ()
    completeness: float = 0.0
    """Share of the asked-for facts that are there, 0 to 1."""
    transcript: tuple[TranscriptLine, ...] = ()
    status: TicketStatus = TicketStatus.SUBMITTED
    external_no: str = ""
    """The case system's own number, once it told one."""
    unit: str = ""
    """The unit it will probably go to; a suggestion."""
    rating: str | None = None
    """One of the five grades of 好差评."""
    supervision_rounds: int = 0
    """How often an unhappy rating reopened it (二次督办)."""
    urge_count: int = 0
    supplement_count: int = 0
    history: tuple[StatusUpdate, ...] = ()


class CaseEventKind(StrEnum):
    """What a citizen does to a ticket after it was submitted."""

    URGE = "urge"
    SUPPLEMENT = "supplement"
    WITHDRAW = "withdraw"
    RATING = "rating"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """催办, 补充, 撤回, 评价 or 重新办理, on its way to the case system."""

    id: str
    """Stable; the idempotency key at the case system."""
    ticket_no: str
    kind: CaseEventKind
    at: str
    text: str = ""
    rating: str | None = None
    second_supervision: bool = False
    external_no: str = ""
    attachments: tuple[TicketAttachment, ...] = ()
