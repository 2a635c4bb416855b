"""What happens to a conversation, and what the dialogue makes of it: one value in, one value out."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.appeal import Reading
from bot.conversation import Conversation
from channels.message import Message, Reply
from handoff.desk import OperatorAction
from handoff.ticket import CaseEvent, StatusUpdate, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout:
    """A moment that the dialogue asked to be woken at; a later one of the same name takes its place."""

    name: str
    due_at: float
    """Unix seconds."""
    subject: str = ""


class EventKind(StrEnum):
    """The four things that can happen to a conversation."""

    MESSAGE = "message"
    STATUS = "status"
    OPERATOR = "operator"
    TIMEOUT = "timeout"


Body = Message | StatusUpdate | OperatorAction | Timeout

BODY_TYPES: dict[EventKind, type[Body]] = {
    EventKind.MESSAGE: Message,
    EventKind.STATUS: StatusUpdate,
    EventKind.OPERATOR: OperatorAction,
    EventKind.TIMEOUT: Timeout,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a conversation, as written down by the inbox."""

    id: str
    """Made from what came in: the same thing told twice is one event."""
    conversation_id: str
    kind: EventKind
    body: Body
    at: float
    """When it was written down, Unix seconds."""
    seq: int = 0
    """Its place in the record; given by the storage."""


class Fate(StrEnum):
    """What became of a delivery. PENDING, HELD and SENDING are on their way; the others are final until a person
    or the next contact reopens them."""

    PENDING = "pending"
    HELD = "held"
    """The channel's window is closed: goes out at the citizen's next contact."""
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    """The other side will never take it; listed for a person."""
    UNKNOWN = "unknown"
    """It may have arrived; repeated at the next contact, marked 可能重复, never blindly."""


class Destination(StrEnum):
    """Where a delivery goes."""

    CITIZEN = "citizen"
    CASE_SYSTEM = "case_system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Something that leaves the house, and its fate."""

    id: str
    conversation_id: str
    destination: Destination
    body: Reply | Ticket | CaseEvent
    fate: Fate = Fate.PENDING
    due_at: float = 0.0
    """Not sent before, Unix seconds."""
    attempts: int = 0
    error: str = ""
    slot: str = ""
    """Id of the message whose webhook response carries it."""
    seq: int = 0

    @property
    def body_kind(self) -> str:
        """`reply`, `ticket` or `case_event`."""
        match self.body:
            case Reply():
                return "reply"
            case Ticket():
                return "ticket"
            case CaseEvent():
                return "case_event"


DELIVERY_TYPES: dict[str, type[Reply | Ticket | CaseEvent]] = {
    "reply": Reply,
    "ticket": Ticket,
    "case_event": CaseEvent,
}


class Outcomes(StrEnum):
    """In what a message ended. Nothing a citizen says ends in nothing."""

    ANSWER = "answer"
    QUESTION = "question"
    """The bot asked back; the draft or the choice waits for the citizen."""
    TICKET = "ticket"
    HANDOVER = "handover"
    """A person has it: waiting for one, or held by one."""
    TOLD = "told"
    """The citizen was told why nothing can be done, or that it was kept."""
    NOTED = "noted"
    """An event that needs no word (unfollow, a delivery report): kept."""
    PUT_ASIDE = "put_aside"
    """Handling it failed; it waits for a person, and the citizen was told that it was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question put to the knowledge base, for the list of what could not be answered."""

    text: str
    decision: str
    entry_id: str = ""
    vote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Where an operator knew better than the machine: an example to learn from, without contact data."""

    id: str
    """Of the ticket: a replay makes no second."""
    text: str
    """The citizen's words, names and numbers of people masked."""
    machine: Reading
    operator: Reading
    who: str
    """The operator's account."""
    at: float


class LinkKind(StrEnum):
    """What a citizen does to the link between his addresses."""

    OFFER = "offer"
    """A code is given out here, to be said at another address."""
    JOIN = "join"
    """The code of another address was said here."""
    WRONG = "wrong"
    """A code was said here that is none; counted."""
    PART = "part"
    """This address stands for itself again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStep:
    """One of them, carried out with the commit."""

    kind: LinkKind
    code: str = ""
    until: float = 0.0
    """The code offered is good until then."""
    other: str = ""
    """The conversation in which the code was given out."""
    person: str = ""
    """Who both addresses belong to from now on, if neither belonged to anybody: an id and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFacts:
    """What the record knows of codes when one is asked for or said."""

    offered_by: str = ""
    """The conversation in which this code was given out, if it is still good."""
    theirs: int = 1
    """How many addresses are linked there."""
    wrong: int = 0
    """Wrong codes said at this address within the last hour."""
    wrong_anywhere: int = 0
    """The same at all addresses."""
    fresh: str = ""
    """A code that may be given out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceGrade:
    """How a citizen liked the service of the operator who closed his conversation."""

    operator: str
    """His account."""
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """All that one event (or one burst of messages) changes; written in one commit."""

    conversation: Conversation
    """The conversation afterwards; its `version` is the one it was loaded with."""
    events: tuple[str, ...]
    """Ids of the events that this turn handles."""
    outcome: Outcomes
    deliveries: tuple[Delivery, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    """New and changed tickets."""
    timeouts: tuple[Timeout, ...] = ()
    cancelled: tuple[str, ...] = ()
    """Names of timeouts that are no longer wanted."""
    questions: tuple[Question, ...] = ()
    corrections: tuple[Correction, ...] = ()
    link: LinkStep | None = None
    grades: tuple[ServiceGrade, ...] = ()
    intent: str = ""
    """What the turn was understood as; for the log, the console and `suda chat --json`."""
    understood: dict[str, str] = field(default_factory=dict)
    """Labels and values for the operator."""
