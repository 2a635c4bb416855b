"""The face of the record. Each method is one unit of work and crosses to the database once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.conversation import Conversation, Holder
from bot.storage.entries import EntryUse, EntryVersion, Unanswered
from bot.storage.erasure import Holdings
from bot.storage.figures import Figures, Patience, Span, Standing
from bot.storage.people import PeopleStorage
from bot.turn import Correction, Delivery, Destination, Event, Fate, LinkFacts, Question, Timeout, Turn
from channels.channel import Fit
from channels.message import Address, Attachment, Message, Reply
from handoff.desk import ActionResult, OperatorAction
from handoff.numbers import LooseEnds
from handoff.ticket import Ticket
from handoff.writing import CannedReply, Kept


class StaleTurn(Exception):
    """The conversation changed since it was loaded (an operator claimed it): load and decide again."""


class WrongRecord(Exception):
    """The record was made by another version of the service, or is empty: `suda migrate` brings it here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A conversation and what happened to it that nobody handled yet, in order."""

    conversation: Conversation
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """A message, a reply or a note in its place in the conversation; `cursor` grows over the whole record."""

    cursor: int
    body: Message | Reply | OperatorAction
    fate: Fate | None
    """Of a reply; None for what the citizen sent, and for a note, which is for colleagues only."""
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A signed webhook that could not be read."""

    id: int
    channel: str
    account: str
    body: bytes
    reason: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaJob:
    """Something a citizen attached that is still to be fetched, or was: `fate` is pending, fetched or gone."""

    attachment: Attachment
    address: Address
    fate: str
    attempts: int = 0
    due_at: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldConversation:
    """A conversation with its last words, for the desk's lists."""

    conversation: Conversation
    last_text: str
    """The citizen's own last words."""
    last_at: float
    """When anything was said, by whomever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """That what the desk shows of a conversation changed."""

    number: int
    """Grows over the whole record in the order of the commits."""
    conversation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What the record says about itself."""

    messages: int
    outcomes: dict[str, int]
    """Messages by the outcome of their turn."""
    unhandled: tuple[str, ...]
    """Ids of events that nobody handled yet."""
    outcomeless: tuple[str, ...]
    """Ids of events marked as handled without an outcome: a broken promise."""
    deliveries: dict[str, int]
    """Deliveries by fate."""
    open_deliveries: tuple[tuple[str, str, str], ...]
    """(id, fate, error) of every delivery that is not sent."""
    fateless: tuple[str, ...]
    """Ids of deliveries with no known fate: a broken promise."""
    put_aside: tuple[tuple[str, str], ...]
    """(event id, error) of what could not be handled."""
    dead_letters: int
    waiting: tuple[str, ...]
    drafts: tuple[str, ...]
    """Conversations with an open draft."""
    media: dict[str, int]
    tickets: dict[str, int]
    """Tickets by status."""
    doubled_tickets: tuple[str, ...]
    orphan_tickets: tuple[str, ...]
    """Tickets without a delivery to the case system: a broken promise."""


class Storage(PeopleStorage, Protocol):
    """The record of one service. Times are Unix seconds and come in as arguments."""

    async def start(self) -> None:
        """Open the record; a record of another version is an error that names `suda migrate`."""
        ...

    async def stop(self) -> None:
        """Finish what is being written, then close."""
        ...

    # the door in

    async def append(self, event: Event) -> bool:
        """Write an event down; False when it was there already.

        A fresh MESSAGE also: makes its line, its media jobs (attachments with a `media_id`), makes the
        conversation's HELD replies PENDING (due at `slot_until`, else now), and turns UNKNOWN replies into PENDING
        ones with `repeated` set. (A message of kind EVENT makes no line; EVENT and UNFOLLOW are no contact and reopen
        nothing.) A TIMEOUT drops the timeout it stems from. When this returns, it survives a crash. Concurrent
        appends share a transaction.
        """
        ...

    async def act(self, event: Event) -> ActionResult:
        """Write an operator's action down and set the holder by `Conversation.after`, in one transaction.

        Only an action that is DONE is appended, with its line in the audit log; the same action id again returns DONE
        and changes nothing.
        An unknown conversation is GONE. A TRANSFER, ASSIGN, WHISPER, LOSE or PART makes a line. A LOSE of an operator
        who was `seen` within OPERATOR_LIFE is NOT_HELD. A PART parts the address from those linked with it, and wakes
        them (Timeout `parted`); it is UNLINKED where there are none.
        """
        ...

    async def bury(self, channel: str, account: str, body: bytes, reason: str, at: float) -> None:
        """Keep a signed but unreadable webhook."""
        ...

    # the worker

    async def ready(self) -> Sequence[str]:
        """Ids of conversations with events that nobody handled, oldest first."""
        ...

    async def load(self, conversation_id: str) -> Loaded:
        """The conversation (a new one when it is unknown) with its tickets, what is linked with it, and its unhandled
        events."""
        ...

    async def commit(self, turn: Turn, now: float) -> None:
        """Write all of a turn, or nothing. Raises StaleTurn when the version is not the loaded one.

        Marks the events handled with the outcome; saves the conversation (version + 1), tickets, deliveries (each
        reply makes its line; an id that is there already is left alone), timeouts, questions and corrections. A ticket
        of a linked conversation stays there, and that conversation's version grows too; StaleTurn when it is not the
        loaded one. What the turn does to the link is done: the other address is woken (Timeout `linked` or `parted`,
        whose subject is this channel); StaleTurn when a code was used, ran out, or is another's by now.
        """
        ...

    async def put_aside(self, event_ids: Sequence[str], error: str, turn: Turn, now: float) -> None:
        """Like `commit`, for events whose handling failed: keeps the error for a person."""
        ...

    async def due_timeouts(self, now: float) -> Sequence[tuple[str, Timeout]]:
        """(conversation id, timeout) of all that are due; they stay until `append` of their event."""
        ...

    async def drop_timeout(self, conversation_id: str, name: str, due_at: float) -> None:
        """Forget a timeout whose event is written down."""
        ...

    # the door out

    async def heads(self, now: float, limit: int = 100) -> Sequence[Delivery]:
        """For each conversation and destination the first delivery on its way, if it is PENDING and due.

        A HELD, SENDING or postponed one holds back those behind it, and nothing else.
        """
        ...

    async def next_due(self) -> float | None:
        """When the next head is due; None when nothing can go out by itself (what is held back does not count)."""
        ...

    async def behind(self, delivery: Delivery, now: float) -> Sequence[Delivery]:
        """The due PENDING deliveries right behind this one, same conversation and destination, in order."""
        ...

    async def sending(self, delivery_ids: Sequence[str]) -> bool:
        """Mark as SENDING, attempts + 1, if all are PENDING still; otherwise change nothing and return False."""
        ...

    async def mark(self, delivery_ids: Sequence[str], fate: Fate, *, error: str = "", due_at: float = 0.0) -> None:
        """Set the fate of deliveries; one that another node is sending now is left to it."""
        ...

    async def claim_slot(self, conversation_id: str, message_id: str, fit: Fit, now: float) -> Sequence[Reply]:
        """Claim the conversation's PENDING replies, in order, as many as `fit`, for the response to this message.

        What this message's responses carried before (SENDING, SENT or UNKNOWN in its slot) is returned again
        instead. Nothing is claimed while another of its replies is SENDING elsewhere.
        """
        ...

    async def slot_sent(self, message_id: str) -> None:
        """The response went out: what its slot carries is SENT."""
        ...

    async def release(self, conversation_id: str, now: float) -> None:
        """The slot was missed: PENDING replies of the conversation that wait for it are due now.

        One that was postponed by a failure carries its error, and keeps waiting.
        """
        ...

    async def attend(self, now: float) -> None:
        """Let the other nodes on this record know that this one is there; it counts as gone NODE_LIFE later."""
        ...

    async def leave(self) -> None:
        """Let them know that it goes, and has nothing in hand."""
        ...

    async def recover(self, now: float) -> int:
        """After a crash, a fate for what was SENDING by nodes that do not attend.

        PENDING where the other side knows an idempotency key (case system, web chat), SENT for a webhook's response
        that the platform would still ask for again, UNKNOWN elsewhere. Returns how many are UNKNOWN.
        """
        ...

    async def replay(self, delivery_id: str, now: float) -> bool:
        """Make a REFUSED or UNKNOWN delivery PENDING again, by a person's order."""
        ...

    async def deliveries(self, fates: Sequence[Fate], destination: Destination | None = None) -> Sequence[Delivery]:
        """All deliveries with one of these fates."""
        ...

    # one citizen at several addresses

    async def link_facts(self, conversation_id: str, code: str, now: float) -> LinkFacts:
        """What is known of a code that is said in a conversation, and how many wrong ones were said of late."""
        ...

    # media

    async def media_due(self, now: float, limit: int = 20) -> Sequence[MediaJob]:
        """Attachments to fetch now."""
        ...

    async def media_mark(
        self,
        attachment_id: str,
        fate: str,
        *,
        key: str = "",
        mime: str = "",
        size: int = 0,
        error: str = "",
        due_at: float = 0.0,
    ) -> None:
        """What became of fetching an attachment; attempts + 1."""
        ...

    async def media(self, attachment_id: str) -> MediaJob | None:
        """The attachment as it stands, whoever brought it; also one that was stored at upload."""
        ...

    async def owns_media(self, conversation_id: str, key: str) -> bool:
        """Whether a stored file was sent in this conversation."""
        ...

    async def media_owners(self, key: str) -> Sequence[str]:
        """Ids of the conversations in which citizens sent a stored file, in order."""
        ...

    # small persistent values of channels (quota ledgers, polling offsets)

    async def value(self, name: str) -> str | None:
        """A value by name."""
        ...

    async def set_value(self, name: str, value: str) -> None:
        """Keep a value."""
        ...

    # readers

    async def lines(
        self, conversation_id: str, after: int = 0, limit: int = 500, *, notes: bool = True
    ) -> Sequence[RecordLine]:
        """What was said after the cursor, in order, with attachments' keys filled in.

        Without `notes` it is what the citizen may see: the acts of operators are left out.
        """
        ...

    async def last_lines(self, conversation_id: str, limit: int, before: int | None = None) -> Sequence[RecordLine]:
        """The last that was said, or the last before a cursor, in order."""
        ...

    async def conversations(
        self,
        holder: Holder | None,
        limit: int = 200,
        behind: tuple[float, str] | None = None,
        group: str | None = None,
    ) -> Sequence[HeldConversation]:
        """By holder: WAITING as they stand in line (rank, then oldest first); OPERATOR and None (all) latest first.

        Of those that come latest first, only those behind this `last_at` and id; of a group, only those of its own.
        """
        ...

    async def search(self, words: str, limit: int = 50) -> Sequence[HeldConversation]:
        """Conversations with these words, latest first: said by the citizen or to him, in a ticket's number, title or
        content, in the name or the telephone number given, unless these are kept secret."""
        ...

    async def changes(self, after: int, limit: int = 500) -> Sequence[Change]:
        """Conversations that changed after this number, each by its latest change, in the order of the commits.

        A change is: a line, the fate of a delivery, who holds it, what was understood, a ticket, an attachment that
        was fetched. A verb that changes any of these counts as one.
        """
        ...

    async def latest_change(self) -> int:
        """The number of the latest change; 0 before the first."""
        ...

    async def ahead(self, conversation_id: str) -> int:
        """How many of its group wait before this conversation; all whom anybody serves, if it does not wait."""
        ...

    async def queue_lengths(self) -> dict[str, int]:
        """How many wait for each group; for those whom anybody serves the group is empty."""
        ...

    async def count(self, holder: Holder) -> int:
        """How many conversations this holder has."""
        ...

    async def find_ticket(self, ticket_no: str) -> tuple[str, Ticket] | None:
        """(conversation id, ticket) by our number."""
        ...

    async def tickets_near(
        self, since: float, category: str, street: str, limit: int = 300
    ) -> Sequence[tuple[str, Ticket]]:
        """(conversation id, ticket) of those taken in since a moment in this category or this street, latest first."""
        ...

    async def corrections(self, limit: int = 100_000) -> Sequence[Correction]:
        """Where operators knew better than the machine, in the order in which it was kept."""
        ...

    async def drop_corrections(self, conversation_id: str) -> int:
        """Forget what one citizen's words taught; how many there were. Erasing a citizen takes them along."""
        ...

    async def holdings(self, conversation_id: str) -> Holdings | None:
        """What there is of a citizen to erase, and what hinders it; None when nobody is known by this address."""
        ...

    async def erase(self, conversation_id: str, who: str, now: float) -> Holdings | None:
        """Take a citizen's words, names, numbers and files out of the record, by whose order; what there was.

        Nothing is changed while something hinders it. Ids, times and outcomes stay, and tickets as numbers with their
        course; a line in the audit log tells that it was done. The stored files are left to who asked for it.
        """
        ...

    async def questions(self, decision: str | None = None, limit: int = 1000) -> Sequence[Question]:
        """Questions that were asked, latest first."""
        ...

    async def dead_letters(self, limit: int = 1000) -> Sequence[DeadLetter]:
        """Signed but unreadable webhooks, latest first."""
        ...

    async def audit(self) -> AuditReport:
        """The open-loop ledger over the whole record."""
        ...

    # figures

    async def standing(self) -> Standing:
        """Who waits and who holds what, now."""
        ...

    async def figures(self, span: Span) -> Figures:
        """What happened in a span of time."""
        ...

    async def loose_ends(self, now: float, patience: Patience, most: int = 200) -> LooseEnds:
        """What is owed to citizens and overdue: counted, and at most so many of each kind named, oldest first."""
        ...

    # the knowledge base

    async def keep_entries(self, versions: Sequence[EntryVersion]) -> None:
        """Write versions of entries down, all or none.

        Raises LateEdit, with the version that is there, when one of them is not exactly the next of its entry.
        """
        ...

    async def newest_entries(self) -> Sequence[EntryVersion]:
        """The newest version of each entry, withdrawn ones too, in the order in which entries were first kept."""
        ...

    async def entry_history(self, entry_id: str) -> Sequence[EntryVersion]:
        """All versions of an entry, newest first; none for one that nobody changed."""
        ...

    async def count_entries(self) -> int:
        """How many versions there are over all entries. It grows with each one, and so tells that something changed.

        A count and not the greatest number: of two nodes that write at once, the greater may be committed first.
        """
        ...

    async def entry_uses(self, since: float) -> Mapping[str, EntryUse]:
        """Answers and votes since a moment, by entry; an entry without any is left out."""
        ...

    async def unanswered(self, since: float, limit: int = 1000) -> Sequence[Unanswered]:
        """Questions since a moment, latest first, that found no answer (decision none; or clarify, if nothing was
        chosen then), or whose answer was voted useless."""
        ...

    # canned replies

    async def canned_replies(self, owner: str) -> Sequence[CannedReply]:
        """The shared ones and this owner's, by shortcut; of one shortcut the shared one first."""
        ...

    async def keep_canned(self, reply: CannedReply) -> Kept:
        """Add one (its id is 0) or change it.

        DOUBLED when its owner has another with this shortcut; LATE when it is not there, or not at `reply.version`.
        """
        ...

    async def drop_canned(self, reply_id: int, owner: str) -> bool:
        """Delete one of this owner; False when there is none."""
        ...

    # who is at the desk

    async def seen(self, operator: str, at: float) -> None:
        """Something was heard of an operator: his desk is open."""
        ...

    async def unseen(self, operator: str) -> None:
        """An operator said himself that he is not there any more."""
        ...

    async def present(self, since: float) -> Sequence[str]:
        """Names of operators of whom something was heard since then."""
        ...

    async def absent(self, since: float) -> Sequence[Conversation]:
        """Conversations held by operators of whom nothing was heard since then.

        Of whom nothing is known at all has had them since before then: he may be about to show himself.
        """
        ...
