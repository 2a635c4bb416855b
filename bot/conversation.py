"""A conversation: who holds it, what it is about, and what the bot last asked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum

from bot.amendment import amended, lifts_secrecy
from bot.appeal import Appeal
from channels.message import Address, Attachment, Choice
from handoff.desk import ActionKind, ActionResult, OperatorAction, Outcome
from handoff.ticket import Ticket


class Holder(StrEnum):
    """Who speaks with the citizen. Exactly one at any time."""

    BOT = "bot"
    WAITING = "waiting"
    """A person was asked for and has not come yet; the bot still takes the matter down."""
    OPERATOR = "operator"


class Stage(StrEnum):
    """What the bot's last words asked for, so that a short answer can be understood."""

    IDLE = "idle"
    WHAT = "what"
    WHERE = "where"
    PLACE_CHOICE = "place_choice"
    CATEGORY = "category"
    CONTACT = "contact"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"
    """Shall the draft or the ticket really be withdrawn?"""
    WHICH_TICKET = "which_ticket"
    RATE = "rate"
    RATE_REASON = "rate_reason"
    SUPPLEMENT = "supplement"
    """A ticket asked the citizen for more; the next words go to it."""
    RATE_SERVICE = "rate_service"
    """How did he like the operator's service?"""
    FAQ = "faq"
    """Which of these questions did you mean?"""
    FAQ_CASE = "faq_case"
    """Which case of an entry is yours?"""
    FAQ_VOTE = "faq_vote"
    DANGER = "danger"
    """Somebody is in danger: no form. The subject: what danger, the ticket filed of it, whether help was called."""
    CARE = "care"
    """Somebody in despair waits for a person: no questions of a form."""
    LINK = "link"
    """A code was given out; six digits alone are one of another chat."""
    RESUME = "resume"
    """Go on with the draft of days ago, or begin anew?"""


_GRAVE = (
    "emergency",
    "sensitive",
    "lost_operator",
    "operator_left",
    "transferred",
    "angry",
    "unhappy",
    "failed",
    "asked",
    "not_understood",
    "unconfirmed",
)
"""Reasons to wait for a person, the gravest first."""


class Rank(IntEnum):
    """Who comes first in the queue; among equals the oldest."""

    LOST = 0
    """His operator is gone, or logged out: he had his turn already, and it was taken from him."""
    PASSED_ON = 1
    """He waited for his turn already, and a colleague of the one who had it is to go on."""
    USUAL = 2


_OF_DRAFT = frozenset(
    {
        Stage.WHAT,
        Stage.WHERE,
        Stage.PLACE_CHOICE,
        Stage.CATEGORY,
        Stage.CONTACT,
        Stage.CONFIRM,
        Stage.WITHDRAW,
        Stage.RESUME,
    }
)
"""Stages that ask something of the draft."""
_SHORTENED = (29, 15)
"""Characters to which the dialogue shortens titles."""
_CALLED = 8
"""So many names are kept of who changes his own again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Another address of the same citizen, which he linked himself."""

    id: str
    """Its conversation."""
    since: float
    """When both were linked, Unix seconds."""
    version: int = 0
    """Of its conversation when it was loaded: a turn that changes its tickets is refused upon an older one."""
    tickets: tuple[Ticket, ...] = ()

    @property
    def channel(self) -> str:
        """The channel of that address."""
        return Address.parse(self.id).channel

    @property
    def quotable(self) -> "tuple[Quoted, ...]":
        """Its tickets, as other chats may tell them."""
        return tuple(Quoted(ticket_no=ticket.ticket_no, title=ticket.title) for ticket in self.tickets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A ticket of another chat as it may be told in this one."""

    ticket_no: str
    title: str
    """Empty once the citizen was erased there."""

    @property
    def titles(self) -> tuple[str, ...]:
        """The title whole, then as it is shortened."""
        shorter = (self.title[:most] for most in _SHORTENED if len(self.title) > most)
        return (self.title, *shorter) if self.title else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """All that the bot knows of one citizen at one address. `id` is the address's key."""

    id: str
    address: Address
    version: int = 0
    """Grows with every change in the record; a commit upon an older version is refused."""
    holder: Holder = Holder.BOT
    operator: str = ""
    operator_name: str = ""
    waiting_reason: str = ""
    waiting_since: float = 0.0
    """Waiting, or held, since."""
    rank: Rank = Rank.USUAL
    group: str = ""
    """The group of operators that it was passed on to."""
    meant_for: str = ""
    """The operator for whom it was put back into the queue, since he was not there; anybody may take it."""
    meant_for_name: str = ""
    taken_from: str = ""
    """The operator who had it until somebody took or gave it away, or nothing was heard of him: his page says so."""
    taken_by: str = ""
    """The name of who did so; empty for the service."""
    met_at: float = 0.0
    """When its latest stay with people began."""
    answered: bool = False
    """An operator said something in that stay."""
    served_by: str = ""
    """The operator who closed it, as long as the citizen may grade his service."""
    introduced: bool = False
    """The citizen was told what is kept and why."""
    stage: Stage = Stage.IDLE
    draft: Appeal | None = None
    matters: tuple[Appeal, ...] = ()
    """Further matters noticed, waiting for their turn."""
    choices: tuple[Choice, ...] = ()
    """What the last reply offered to choose from."""
    subject: str = ""
    """What the stage is about: a ticket number, an action awaiting a ticket, a question."""
    loose: tuple[Attachment, ...] = ()
    """Photos and files that came before their matter."""
    not_understood: int = 0
    angry: int = 0
    """How often he was rude since somebody looked after him."""
    nudged: bool = False
    reachable: bool = True
    """False after the citizen unfollowed or blocked the account."""
    last_message_at: float = 0.0
    called: tuple[str, ...] = ()
    """What his chat app has called him, the latest last: a list hides it that shows none of his messages."""
    tickets: tuple[Ticket, ...] = ()
    """His tickets submitted here, oldest first; kept in a table of their own."""
    linked: tuple[Linked, ...] = ()
    """His other addresses; kept in a table of their own."""
    quoted: tuple[Quoted, ...] = ()
    """Tickets of his other chats that were told here; their words stay here when he parts the chats."""

    @property
    def all_tickets(self) -> tuple[Ticket, ...]:
        """His tickets, wherever he submitted them, oldest first."""
        if not self.linked:
            return self.tickets
        everywhere = (*self.tickets, *(ticket for other in self.linked for ticket in other.tickets))
        return tuple(sorted(everywhere, key=lambda ticket: datetime.fromisoformat(ticket.accepted_at)))

    @property
    def unfiled(self) -> str:
        """Key of the matter that was told and is no ticket yet; empty when there is none."""
        return self.draft.key if self.draft and self.draft.has_what else ""

    def ticket(self, ticket_no: str) -> Ticket | None:
        """The ticket of his with this number."""
        return next((t for t in self.all_tickets if t.ticket_no == ticket_no), None)

    def owner_of(self, ticket_no: str) -> str:
        """The conversation in which a ticket was submitted."""
        return next((o.id for o in self.linked if any(t.ticket_no == ticket_no for t in o.tickets)), self.id)

    def with_ticket(self, ticket: Ticket) -> "Conversation":
        """The conversation with this ticket added, or put in the place of its older self."""
        owner = self.owner_of(ticket.ticket_no)
        if owner != self.id:
            others = (replace(o, tickets=_put(o.tickets, ticket)) if o.id == owner else o for o in self.linked)
            return replace(self, linked=tuple(others))
        return replace(self, tickets=_put(self.tickets, ticket))

    def calling(self, names: Iterable[str]) -> "Conversation":
        """The conversation with these names of his chat app kept in mind."""
        called = tuple(dict.fromkeys((*self.called, *(name for name in names if name))))
        return replace(self, called=called[-_CALLED:])

    def quoting(self, texts: Iterable[str]) -> "Conversation":
        """The conversation after the citizen was told this, with what it says of his other chats kept in mind."""
        if not self.linked:
            return self
        told = "\n".join(texts)
        theirs = (each for other in self.linked for each in other.quotable)
        now = (each for each in theirs if any(words in told for words in (each.ticket_no, *each.titles)))
        return replace(self, quoted=tuple(dict.fromkeys((*self.quoted, *now))))

    def asking(self, stage: Stage, choices: tuple[Choice, ...] = (), subject: str = "") -> "Conversation":
        """The conversation after the bot asked for something."""
        return replace(self, stage=stage, choices=choices, subject=subject)

    def settled(self) -> "Conversation":
        """The conversation after an operator took the draft in hand: what the bot asked of it needs no answer."""
        return self.asking(Stage.IDLE) if self.stage in _OF_DRAFT else self

    def waiting(self, reason: str, now: float) -> "Conversation":
        """The conversation with a person asked for; an operator who holds it already keeps it."""
        if self.holder is Holder.OPERATOR:
            return self
        if self.holder is Holder.WAITING:
            return replace(self, waiting_reason=min(self.waiting_reason, reason, key=_gravity))
        return replace(self.met(now), holder=Holder.WAITING, waiting_reason=reason, waiting_since=now)

    def met(self, now: float) -> "Conversation":
        """The conversation as people get it; one that they have already stays as it is."""
        return replace(self, met_at=now, answered=False, served_by="") if self.holder is Holder.BOT else self

    def held_by(self, operator: str, name: str, now: float) -> "Conversation":
        """The conversation in the hands of this operator; who has it already keeps it since then."""
        mine = self.holder is Holder.OPERATOR and self.operator == operator
        since = self.waiting_since if mine else now
        return replace(
            self.met(now),
            holder=Holder.OPERATOR,
            operator=operator,
            operator_name=name,
            waiting_since=since,
            rank=Rank.USUAL,
            angry=0,
            meant_for="",
            meant_for_name="",
            taken_from="" if self.taken_from == operator else self.taken_from,
        )

    def queued(self, reason: str, rank: Rank, now: float, group: str = "") -> "Conversation":
        """The conversation back in the queue, before those who were never served."""
        return replace(
            self,
            holder=Holder.WAITING,
            operator="",
            operator_name="",
            waiting_reason=reason,
            waiting_since=now,
            rank=rank,
            group=group or self.group,
            meant_for="",
            meant_for_name="",
            taken_from="",
            taken_by="",
        )

    def taken(self, before: "Conversation", by: str) -> "Conversation":
        """The conversation after it went away from its holder without his doing; `by` is who did it, by name."""
        return replace(self, taken_from=before.operator, taken_by=by)

    def given_back(self) -> "Conversation":
        """The conversation held by the bot again."""
        return replace(
            self,
            holder=Holder.BOT,
            operator="",
            operator_name="",
            waiting_reason="",
            waiting_since=0.0,
            rank=Rank.USUAL,
            group="",
            not_understood=0,
            angry=0,
            meant_for="",
            meant_for_name="",
            taken_from="",
            taken_by="",
        )

    def after(self, action: OperatorAction) -> "tuple[Conversation, ActionResult]":
        """Who holds the conversation once this action is written down, and what the operator is told.

        Decided in the same transaction that appends the action: of two who claim at once, one wins.
        """
        mine = self.holder is Holder.OPERATOR and self.operator == action.operator
        match action.kind:
            case ActionKind.WHISPER | ActionKind.PART:
                return self, ActionResult(outcome=Outcome.DONE, holder=self.operator_name)
            case ActionKind.ASSIGN:
                return self._given_to(action)
            case _ if self.holder is Holder.OPERATOR and not mine:
                return self, ActionResult(outcome=Outcome.TAKEN, holder=self.operator_name)
            case ActionKind.CLAIM | ActionKind.REPLY:
                held = self.held_by(action.operator, action.operator_name, action.at)
                held = replace(held, answered=held.answered or action.kind is ActionKind.REPLY)
                return held, ActionResult(outcome=Outcome.DONE, holder=action.operator_name)
            case _ if not mine:
                return self, ActionResult(outcome=Outcome.NOT_HELD)
            case ActionKind.AMEND | ActionKind.SUBMIT:
                return self._amended(action)
            case ActionKind.LOSE:
                lost = self.queued("lost_operator", Rank.LOST, action.at)
                return lost.taken(self, ""), ActionResult(outcome=Outcome.DONE)
            case ActionKind.LEAVE:
                left = self.queued("operator_left", Rank.LOST, action.at)
                return left, ActionResult(outcome=Outcome.DONE)
            case ActionKind.TRANSFER if action.target:
                return self._given_to(action)
            case ActionKind.TRANSFER:
                passed = self.queued("transferred", Rank.PASSED_ON, action.at, action.group)
                return passed, ActionResult(outcome=Outcome.DONE)
            case ActionKind.GIVE_BACK:
                return self.given_back(), ActionResult(outcome=Outcome.DONE)
            case ActionKind.CLOSE:
                return self._closed(action)

    def _amended(self, action: OperatorAction) -> "tuple[Conversation, ActionResult]":
        draft = amended(self.draft, action.form, action.id, action.at) if action.form else None
        if draft is None:
            return self, ActionResult(outcome=Outcome.STALE)
        if lifts_secrecy(self.draft, action.form) and not (action.form and action.form.reason):
            # Held against the draft as it stands in this moment: he may have asked for it after the page was opened.
            return self, ActionResult(outcome=Outcome.UNEXPLAINED)
        return replace(self, draft=draft).settled(), ActionResult(outcome=Outcome.DONE, holder=action.operator_name)

    def _closed(self, action: OperatorAction) -> "tuple[Conversation, ActionResult]":
        """A matter that was told and is no ticket is let go only by who saw it."""
        if self.unfiled not in ("", action.dropped):
            return self, ActionResult(outcome=Outcome.STALE)
        answered = self.answered or bool(action.text)
        closed = replace(self.given_back(), answered=answered, served_by=action.operator)
        return closed, ActionResult(outcome=Outcome.DONE)

    def _given_to(self, action: OperatorAction) -> "tuple[Conversation, ActionResult]":
        if action.later:
            # Who waits already stays where he stands in line, and with what he waits for.
            waits = self.holder is Holder.WAITING
            back = self if waits else self.met(action.at).queued("transferred", Rank.PASSED_ON, action.at)
            after = replace(back, meant_for=action.target, meant_for_name=action.target_name)
        else:
            after = self.held_by(action.target, action.target_name, action.at)
        if self.holder is Holder.OPERATOR and self.operator != after.operator:
            by_himself = self.operator == action.operator
            after = replace(after, taken_from="") if by_himself else after.taken(self, action.operator_name)
        return after, ActionResult(outcome=Outcome.DONE, holder=after.operator_name)


def _put(tickets: tuple[Ticket, ...], ticket: Ticket) -> tuple[Ticket, ...]:
    known = any(t.ticket_no == ticket.ticket_no for t in tickets)
    return tuple(ticket if t.ticket_no == ticket.ticket_no else t for t in (*tickets, *(() if known else (ticket,))))


def _gravity(reason: str) -> int:
    return _GRAVE.index(reason) if reason in _GRAVE else len(_GRAVE)
