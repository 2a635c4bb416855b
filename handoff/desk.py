"""What the console shows and does, as plain values, and the face of the service behind it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from handoff.people import People

from handoff.ticket_form import TicketForm
from handoff.tongue import later


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFile:
    """Something that came or goes with a line."""

    kind: str
    """image, voice, video or file."""
    key: str = ""
    """In the media store; empty while it is still being fetched."""
    name: str = ""
    size: int = 0
    """Bytes; 0 when nobody said."""
    hidden: bool = False
    """Its citizen asked for 保密 or 匿名: neither key nor name is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing said in a conversation, in the order of the record."""

    cursor: int
    id: str
    who: str
    """`citizen`, `bot`, `operator` or `system`; `note` for what colleagues wrote to each other."""
    name: str
    kind: str
    """The message's kind: text, image, location …"""
    text: str
    at: float
    fate: str = ""
    """For what was told to the citizen: pending, held, sending, sent, refused or unknown."""
    files: tuple[LineFile, ...] = ()
    pin: str = ""
    """`latitude,longitude datum label` when a place was pinned."""
    pin_hidden: bool = False
    """A place was pinned, and its citizen asked for 保密 or 匿名."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadHead:
    """A conversation in the list."""

    conversation_id: str
    channel: str
    holder: str
    """`bot`, `waiting` or `operator`."""
    operator: str
    reason: str
    """Why a person is wanted: asked, emergency, not_understood, angry, sensitive, unhappy, lost_operator …"""
    since: float
    """Waiting or held since, Unix seconds."""
    last_text: str
    last_at: float
    category: str = ""
    place: str = ""
    operator_name: str = ""
    """The holder's name as colleagues read it; `operator` is his account."""
    heard_at: float = 0.0
    """When the citizen last said something."""
    group: str = ""
    """The group of operators whose queue it waits in; empty: anybody's."""
    meant_for: str = ""
    """The account for which it was put back into the queue; anybody may take it."""
    meant_for_name: str = ""
    taken_from: str = ""
    """The account that had it until somebody else took or gave it away, or until nothing was heard of him."""
    taken_by: str = ""
    """The name of who did so; empty for the service."""

    def is_held_by(self, operator: str) -> bool:
        """Whether it is in the hands of this account."""
        return self.holder == "operator" and self.operator == operator

    def hears(self, operator: str) -> bool:
        """Whether this account's words would be sent: what no operator holds is taken by the first of them."""
        return self.holder != "operator" or self.operator == operator


MATTER = later("事项")
"""The label of what it is about, among what was understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A conversation as an operator sees it."""

    head: ThreadHead
    lines: tuple[Line, ...]
    understood: tuple[tuple[str, str], ...]
    """What the machine understood, as (label, value); labels are words for the catalogue."""
    tickets: tuple[tuple[str, str, str], ...]
    """(number, title, status shown to the citizen)."""
    earlier: bool = False
    """Whether something was said before these lines."""
    unfiled: str = ""
    """Key of the matter that was told and is no ticket yet."""
    hidden: bool = False
    """Names, numbers, files and pins are masked here, since the citizen asked for 保密 or 匿名."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOwners:
    """In which conversations citizens sent a file."""

    conversations: tuple[str, ...] = ()
    hidden: bool = False
    """All of them asked for 保密 or 匿名: only who may see one of them plainly sees the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """That something a page shows of a conversation changed; without a conversation, that nothing did for a while."""

    number: int
    """Grows over the whole record in the order in which changes become visible: who asks for what comes after it
    misses nothing."""
    conversation_id: str


class ActionKind(StrEnum):
    """What an operator does to a conversation."""

    CLAIM = "claim"
    REPLY = "reply"
    GIVE_BACK = "give_back"
    CLOSE = "close"
    TRANSFER = "transfer"
    """Its holder passes it on, to a colleague or to the queue of a group."""
    ASSIGN = "assign"
    """A supervisor gives it to an operator, whoever holds it."""
    WHISPER = "whisper"
    """A supervisor's word to colleagues; who holds it stays as it is."""
    LOSE = "lose"
    """Nothing was heard of its holder: back to the queue, first in line. The service's own act, on no page."""
    LEAVE = "leave"
    """Its holder logs out: back to the queue, first in line. Part of the logout, on no page of a conversation."""
    PART = "part"
    """A supervisor parts its address from the citizen's others, which were linked wrongly."""
    AMEND = "amend"
    """What he knows of the matter, in `OperatorAction.form`: the draft afterwards."""
    SUBMIT = "submit"
    """The same, and the draft becomes a ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A photo or file that an operator sends; it is in the media store already."""

    key: str
    kind: str
    """`image` or `file`."""
    mime: str
    filename: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAction:
    """What an operator did; `id` is made by the console page, so that a form sent twice has one effect."""

    id: str
    conversation_id: str
    operator: str
    operator_name: str
    kind: ActionKind
    at: float
    text: str = ""
    """For the citizen."""
    enclosures: tuple[Enclosure, ...] = ()
    """With a reply, sent after its words, each by itself."""
    takes: bool = False
    """With a reply: nobody held the conversation, and these words took it. The record says so, not the page."""
    note: str = ""
    """For colleagues; no channel ever sends it."""
    target: str = ""
    """The account that it is given to."""
    target_name: str = ""
    later: bool = False
    """`target` is not there: back to the queue, meant for him, and anybody may take it."""
    group: str = ""
    """The group that it is given to."""
    form: TicketForm | None = None
    """Of AMEND and SUBMIT."""
    dropped: str = ""
    """With a closing: the draft that is not to become a ticket, by its key."""


class Outcome(StrEnum):
    """What became of an action."""

    DONE = "done"
    TAKEN = "taken"
    """Another operator holds the conversation; `ActionResult.holder` names him."""
    NOT_HELD = "not_held"
    """The operator does not hold it (any more)."""
    GONE = "gone"
    UNLINKED = "unlinked"
    """Its address is linked with no other (any more)."""
    STALE = "stale"
    """The draft that the form was filled in for is a ticket by now, or another one."""
    UNEXPLAINED = "unexplained"
    """The form makes public what is 保密 or 匿名, and gives no reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """The outcome of an action, with the name of who holds the conversation now."""

    outcome: Outcome
    holder: str = ""


ROLES = ("operator", "editor", "supervisor", "admin")
"""What people of the desk are; `handoff.people.RIGHTS` says what each may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Somebody who may log in to the desk."""

    name: str
    display_name: str
    role: str
    """One of ROLES."""
    password_hash: str
    disabled: bool = False
    temporary: bool = False
    """Somebody else knows the password: it opens nothing but the page where it is changed."""
    language: str = ""
    """What he chose to read the desk in; empty until he chose."""


class Desk(Protocol):
    """The service behind the console."""

    @property
    def people(self) -> "People":
        """Accounts, sessions and second factors."""
        ...

    async def waiting(self, limit: int = 200, group: str | None = None) -> Sequence[ThreadHead]:
        """Conversations that wait for a person, of all groups or of one, as they stand in line."""
        ...

    async def queue_lengths(self) -> Mapping[str, int]:
        """How many wait for each group; for those whom anybody serves the group is empty."""
        ...

    async def held(self, operator: str | None = None) -> Sequence[ThreadHead]:
        """Conversations held by operators, or by one."""
        ...

    async def recent(self, limit: int = 50, behind: tuple[float, str] | None = None) -> Sequence[ThreadHead]:
        """The latest conversations, whoever holds them; or those behind this `last_at` and id."""
        ...

    async def search(self, words: str) -> Sequence[ThreadHead]:
        """Conversations with these words, latest first: a ticket's number, a name, the end of a telephone number, or
        what was said."""
        ...

    async def thread(self, conversation_id: str, before: int | None = None, *, plain: bool = False) -> Thread | None:
        """A conversation with its last lines, or the last before a cursor; masked where it must be, unless `plain`."""
        ...

    async def file_owners(self, key: str) -> FileOwners:
        """Whose a stored file is; nobody's, when it only went out from here."""
        ...

    async def act(self, action: OperatorAction) -> ActionResult:
        """Write the action down and return its outcome."""
        ...

    async def operator(self, name: str) -> Operator | None:
        """The account of that name."""
        ...

    async def note(self, operator: str, action: str, subject: str) -> None:
        """A line in the audit log: who did or looked at what; ids only."""
        ...

    async def latest_change(self) -> int:
        """The number of the latest change. What is read after it was asked for shows that change, and may show more."""
        ...

    def changes(self, after: int | None = None) -> AsyncIterator[Change]:
        """Changes after a number, or after now, for live pages; one without a conversation keeps the line warm.

        The first one is of that kind and comes at once: it says after which number nothing will be missed. When the
        changes end, nobody knows any more whether something happens.
        """
        ...
