"""What stands beside a conversation: what was understood, the ticket draft, earlier and similar tickets; the face of
the service that fills it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from handoff.ticket_form import TicketForm
from handoff.tongue import later

APPEAL_TYPES = (later("咨询"), later("求助"), later("投诉"), later("举报"), later("建议"), later("表扬"))
LONGEST = {"title": 60, "content": 4000, "place": 200, "occurred": 60, "name": 30, "phone": 30, "category_words": 120}
"""Characters of each field."""
REASON = 4, 200
"""Characters, at least and at most, of why something secret is looked at or made public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The form as it was typed, whatever of it is wrong."""

    key: str = ""
    category: str = ""
    """Code of the leaf that was chosen."""
    category_words: str = ""
    """What stands in the search box."""
    appeal_type: str = APPEAL_TYPES[1]
    place: str = ""
    place_choice: str = ""
    """Code of the official place that was chosen among those offered, or AS_TYPED."""
    no_place: str = ""
    occurred: str = ""
    urgent: str = ""
    secrecy: str = ""
    reason: str = ""
    """Why it is no longer kept secret."""
    title: str = ""
    content: str = ""
    name: str = ""
    phone: str = ""


TOGETHER: Mapping[str, tuple[str, ...]] = {
    "category": ("category", "category_words"),
    "place": ("place", "place_choice", "no_place"),
}
"""Fields that say one thing together, by the name of the thing; every other field stands for itself."""

AS_TYPED = "words"
"""None of the official places offered: the words stand for themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryOption:
    """A leaf of the city's tree, found by what was typed."""

    code: str
    path: tuple[str, ...]
    unit: str = ""
    """The unit it will probably go to."""
    why: str = ""
    """The keyword that it was found by; empty when its name was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOption:
    """An official place that the words may mean."""

    code: str
    name: str
    district: str = ""
    street: str = ""
    community: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A form held against the city's lists."""

    form: TicketForm | None
    """None while something is wrong."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """By field, in the operator's words."""
    categories: Sequence[CategoryOption] = ()
    """To choose from, where the words in the search box do not name one."""
    places: Sequence[PlaceOption] = ()
    """To choose from, where the place has more than one reading."""
    parts: Sequence[tuple[str, str]] = ()
    """What the place resolves to, as (label, value)."""
    fields: Fields | None = None
    """The form as it goes on: what the operator left alone follows the record."""
    begun: Fields | None = None
    """What the record said, which this form was held against."""
    clashes: Sequence[str] = ()
    """What both the operator and the citizen changed; the operator's words stand, `begun` has the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLine:
    """A ticket in a list."""

    ticket_no: str
    title: str
    status: str
    """In words."""
    accepted_at: str
    """ISO 8601 with offset."""
    place: str = ""
    category: str = ""
    why: str = ""
    """What it has in common with the matter at hand."""
    channel: str = ""
    """Where it was made, of a citizen who wrote by more than one channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAddress:
    """Another address of the citizen, which he linked himself."""

    channel: str
    since: float
    """When, Unix seconds."""
    conversation_id: str = ""
    """Empty where secrecy keeps the two apart: who it is here would be read there."""
    last: str = ""
    """The day on which he wrote there last, ISO date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """A ticket, opened."""

    ticket_no: str
    conversation_id: str
    title: str
    status: str
    facts: Sequence[tuple[str, str]]
    content: str
    history: Sequence[tuple[str, str, str]]
    """(at, status in words, text)."""
    files: Sequence[tuple[str, str, str]] = ()
    """(kind, key, name)."""
    hidden: bool = False
    """Names, numbers, files and the point on the map are not shown, since the citizen asked for 保密 or 匿名."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that stands beside a conversation."""

    understood: Sequence[tuple[str, str]]
    """What the machine made of the last message and of the draft, as (label, value)."""
    fields: Fields | None
    """The draft as the form begins; None when there is none."""
    parts: Sequence[tuple[str, str]] = ()
    """What the draft's place resolves to."""
    filing: bool = False
    """It was submitted, and becomes a ticket this moment."""
    hidden: bool = False
    """Name or number are known and not shown in the form; an empty field keeps them."""
    files: int = 0
    """Attachments of the draft."""
    more: Sequence[str] = ()
    """Further matters that wait for their turn."""
    earlier: Sequence[TicketLine] = ()
    """His own tickets, latest first, those of his linked addresses too as far as secrecy lets them be shown."""
    linked: Sequence[LinkedAddress] = ()
    """His other addresses."""
    visits: Sequence[str] = ()
    """Days on which he wrote before, latest first, ISO dates."""
    nearby: Sequence[TicketLine] = ()
    """Other tickets of the last 30 days that may be about the same."""


class Drafting(Protocol):
    """The service behind the aside."""

    async def sheet(self, conversation_id: str, *, plain: bool = False) -> Sheet | None:
        """What stands beside a conversation, masked where it must be, unless `plain`; None when it is unknown."""
        ...

    async def check(
        self,
        conversation_id: str,
        fields: Fields,
        *,
        whole: bool,
        begun: Fields | None = None,
        take: str = "",
        plain: bool = False,
    ) -> Checked:
        """Hold a form against the city's lists; `whole`: nothing that a ticket needs may be missing.

        `begun` is what stood in the form at first: what the citizen said since then is put together with what was
        typed. `take`: of this the record's word counts. `plain`: the operator is shown what is hidden.
        """
        ...

    async def categories(self, words: str, limit: int = 12) -> Sequence[CategoryOption]:
        """Leaves by name, keyword, code or pinyin initials, the likeliest first."""
        ...

    async def places(self, words: str) -> Checked:
        """What a place resolves to, and what else it may be; only `parts` and `places` are filled."""
        ...

    async def ticket(self, ticket_no: str, *, plain: bool = False) -> TicketView | None:
        """A ticket by its number, masked where it must be, unless `plain`."""
        ...
