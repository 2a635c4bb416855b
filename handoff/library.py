"""What the pages of the knowledge base show and do, as plain values, and the face of the service behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from handoff.desk import Operator


class Origin(StrEnum):
    """Where an entry comes from."""

    SHARED = "shared"
    """All cities have it."""
    CITY = "city"
    """This city's own: from its files, or made at the desk."""
    CHANGED = "changed"
    """Of the files, changed at the desk."""


class Mark(StrEnum):
    """What is to be known of an entry before one trusts it."""

    REVIEW = "review"
    """Its department should have looked at it again; it is given all the same."""
    EXPIRED = "expired"
    EARLY = "early"
    """Not in force yet."""
    GAP = "gap"
    """Something is left for the city to fill in; it is not given."""
    CASE_GAP = "case_gap"
    """The same in the answer of a case: it is given, and in that case the general answer."""
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry as it is typed: every field is text. Variants stand one a line, tags between blanks or 、; days are
    2027-01-31; a condition is a line with what is asked, then 【a case】 with its words, and its answer below."""

    id: str = ""
    """Empty: a new entry is to be given one."""
    question: str = ""
    variants: str = ""
    answer: str = ""
    source: str = ""
    department: str = ""
    region: str = ""
    valid_from: str = ""
    valid_until: str = ""
    review_by: str = ""
    tags: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How often an entry was the answer in the last 30 days, and what citizens voted."""

    answers: int = 0
    useful: int = 0
    useless: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An entry in the list."""

    id: str
    question: str
    department: str
    origin: Origin
    marks: tuple[Mark, ...]
    variants: int
    """How many."""
    use: Use
    review_by: str = ""
    valid_until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of the list."""

    cards: tuple[Card, ...]
    page: int
    """From 1."""
    pages: int
    total: int
    """How many entries fit the search and the filter."""
    counts: Mapping[str, int]
    """By mark, of those that fit the search; under the empty text those in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A version of an entry in its history; version 0 is that of the files."""

    version: int
    author: str
    at: float
    """Unix seconds; 0 for version 0."""
    note: str
    draft: Draft | None
    """What it said; None when it is withdrawn."""
    changed: tuple[str, ...] = ()
    """Names of the fields that differ from the version before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """An entry with all that is known of it."""

    draft: Draft
    """As it is, or as it was last before it was withdrawn."""
    version: int
    """The newest; 0 when only the files have it."""
    origin: Origin
    marks: tuple[Mark, ...]
    use: Use
    history: tuple[Revision, ...]
    """Newest first."""


class Ending(StrEnum):
    """What became of a change."""

    DONE = "done"
    LATE = "late"
    """Somebody else was first; `Filed.first` names him."""
    FAULTY = "faulty"
    GONE = "gone"
    """There is no such entry, or no such version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a field, in words; an empty field means all of it."""

    field: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """The outcome of a change."""

    ending: Ending
    entry_id: str = ""
    version: int = 0
    """The newest now."""
    first: str = ""
    """Who was first, as colleagues call him."""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """An entry that may be meant, and how well it fits, from 0 to 1."""

    id: str
    question: str
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is answered in one case."""

    case: str
    answer: str
    withheld: bool = False
    """Something in the case's own answer is left for the city to fill in, so that this is the general one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a citizen would get for a question with the draft in force."""

    decision: str = ""
    """`answer`, `clarify` or `none`; empty when the draft has faults."""
    matches: tuple[Near, ...] = ()
    """Up to three, best first."""
    replies: tuple[str, ...] = ()
    """What he would read, as it is sent."""
    choices: tuple[str, ...] = ()
    """What he could tap under it."""
    cases: tuple[Told, ...] = ()
    """What he would read in each case, where the draft asks for it; the last is for who cannot tell."""
    heeded: bool = True
    """He reads what the knowledge base decided; else his words sound like something to report, or like danger."""
    marks: tuple[Mark, ...] = ()
    """Of the draft: why it would not be given today."""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Like questions that found no answer."""

    count: int
    examples: tuple[str, ...]
    """Up to five different ones; the first is the most typical."""
    near: tuple[Near, ...]
    """Up to three entries that come nearest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An entry that a table brings."""

    id: str
    question: str
    fields: tuple[str, ...] = ()
    """Names of the fields that it changes; none for a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A table that was uploaded: what it would bring. Nothing of it is in force before it is taken in."""

    token: str = ""
    """Names it when it is taken in; empty when it has faults."""
    name: str = ""
    """Of the file."""
    fresh: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()
    same: int = 0
    """How many entries are as they stand here already."""
    faults: tuple[str, ...] = ()
    """Each bad row, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What became of a table."""

    ending: Ending
    """LATE: an entry of it was changed after it was shown, and nothing of it was taken in."""
    parcel: Parcel = field(default_factory=Parcel)
    first: str = ""


class Library(Protocol):
    """The service behind the pages. What is kept is in force on this node when the call returns."""

    async def listing(self, search: str, mark: Mark | None, page: int) -> Listing:
        """Entries whose text holds the words of the search, those with a mark, or all in use; 50 a page."""
        ...

    async def volume(self, entry_id: str) -> Volume | None:
        """An entry, withdrawn or not; None when there is none of this id."""
        ...

    async def add(self, draft: Draft, by: Operator) -> Filed:
        """Make a new entry; an id that is taken is a fault."""
        ...

    async def keep(self, draft: Draft, version: int, by: Operator) -> Filed:
        """Change an entry; `version` is the one that the draft was made from."""
        ...

    async def withdraw(self, entry_id: str, version: int, by: Operator) -> Filed:
        """Take an entry out of use; its history stays, and any version of it can be restored."""
        ...

    async def restore(self, entry_id: str, wanted: int, version: int, by: Operator) -> Filed:
        """Make an older version the newest again."""
        ...

    async def add_variants(self, entry_id: str, wordings: Sequence[str], by: Operator) -> Filed:
        """Let the entry be found by these wordings too, upon whatever version is the newest."""
        ...

    async def rehearse(self, draft: Draft, question: str) -> Rehearsal:
        """What a citizen would get for this question if the draft were in force; nothing is kept."""
        ...

    async def gaps(self) -> Sequence[Gap]:
        """Questions of the last 30 days without an answer of use, and still without, the largest group first."""
        ...

    async def find(self, text: str, limit: int) -> Sequence[Near]:
        """The entries nearest to a question or to words, best first."""
        ...

    async def unpack(self, name: str, content: bytes, by: Operator) -> Parcel:
        """Read an uploaded table and put it by, for this operator to take in; another of his is forgotten."""
        ...

    async def take_in(self, token: str, by: Operator) -> TakenIn:
        """Keep all of the table that he was shown, or nothing. GONE when it is not put by (any more)."""
        ...

    async def export(self, ending: str) -> bytes:
        """All entries in use as a file: `csv`, `xlsx` or `jsonl`."""
        ...
