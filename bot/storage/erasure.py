"""What is left of a citizen's words once they are erased: ids, times and outcomes, so that the ledger still closes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bot.conversation import Conversation, Quoted
from bot.turn import Body, Fate, Timeout
from channels.message import Choice, Message, Reply
from handoff.desk import OperatorAction
from handoff.ticket import CaseEvent, Contact, StatusUpdate, Ticket

ERASED = "应市民要求已删除"
"""What stands in a ticket instead of its words."""


DeliveryBody = Reply | Ticket | CaseEvent

GOES_OUT = (Fate.PENDING, Fate.HELD, Fate.SENDING, Fate.UNKNOWN)
"""With these fates something for the case system still leaves; the citizen's own replies are erased with the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What the record has of one citizen at one address, in counts."""

    messages: int = 0
    replies: int = 0
    acts: int = 0
    """Of operators, with what they wrote and what their forms said."""
    tickets: int = 0
    files: int = 0
    corrections: int = 0
    questions: int = 0
    reasons: int = 0
    """Why colleagues looked at what is hidden."""
    keys: tuple[str, ...] = ()
    """Stored files that nobody else sent or was sent."""
    hindrances: tuple[str, ...] = ()
    """Why it cannot be erased in this moment; empty when it can."""


def hindrances(unhandled: int, leaving: int, fetching: int) -> tuple[str, ...]:
    """What has to come to an end first: it would bring back, or send out, what was erased."""
    found = {
        "messages or acts not handled yet": unhandled,
        "deliveries on their way": leaving,
        "files still being fetched": fetching,
    }
    return tuple(f"{count} {what}" for what, count in found.items() if count)


def left_of_conversation(conversation: Conversation) -> Conversation:
    """As if he had never written; whether he can be reached is a fact of his chat app."""
    return Conversation(
        id=conversation.id,
        address=conversation.address,
        version=conversation.version,
        reachable=conversation.reachable,
    )


def left_of_ticket(ticket: Ticket) -> Ticket:
    """Number, kind and course; nothing of him and of what he said."""
    return replace(
        ticket,
        title=ERASED,
        content=ERASED,
        claim="",
        occurred_at=None,
        place=None,
        contact=Contact(),
        attachments=(),
        related=(),
        transcript=(),
        history=tuple(left_of_step(step) for step in ticket.history),
    )


def left_of_step(step: StatusUpdate) -> StatusUpdate:
    """What the case system told may name him."""
    return replace(step, text="", reason="", attachments=())


def quotes_of(conversation: Conversation, gone: Collection[str]) -> Sequence[Quoted]:
    """Which of these tickets (their numbers) were told in another chat of his."""
    return [each for each in conversation.quoted if each.ticket_no in gone]


def left_of_other(conversation: Conversation, told: Sequence[Quoted]) -> Conversation:
    """His other chat without the titles of what was told there; the numbers stay, as the tickets do."""
    quoted = tuple(replace(each, title="") if each in told else each for each in conversation.quoted)
    return replace(conversation, quoted=quoted, choices=_without_titles(conversation.choices, told))


def left_of_telling(body: DeliveryBody, told: Sequence[Quoted]) -> DeliveryBody:
    """What was told there, likewise."""
    if not isinstance(body, Reply):
        return body
    return replace(body, text=without_titles(body.text, told), choices=_without_titles(body.choices, told))


def without_titles(text: str, told: Sequence[Quoted]) -> str:
    """The text without the titles of these tickets."""
    for title in (title for each in told for title in each.titles):
        text = text.replace(title, ERASED)
    return text


def _without_titles(choices: tuple[Choice, ...], told: Sequence[Quoted]) -> tuple[Choice, ...]:
    return tuple(replace(choice, label=without_titles(choice.label, told)) for choice in choices)


def left_of_event(body: Body) -> Body:
    """That something happened, and by whom."""
    match body:
        case Message():
            return Message(id=body.id, address=body.address, kind=body.kind, sent_at=body.sent_at)
        case OperatorAction():
            return replace(body, text="", note="", enclosures=(), form=None)
        case StatusUpdate():
            return left_of_step(body)
        case Timeout():
            return replace(body, subject="")


def left_of_delivery(body: DeliveryBody) -> DeliveryBody:
    """That something left the house, and whereto."""
    match body:
        case Reply():
            return replace(body, text="", choices=(), attachments=())
        case Ticket():
            return left_of_ticket(body)
        case CaseEvent():
            return replace(body, text="", attachments=())


def keys_in(body: Body | DeliveryBody) -> set[str]:
    """Stored files that this names; those of messages stand in the media jobs."""
    files = body.enclosures if isinstance(body, OperatorAction) else getattr(body, "attachments", ())
    return {each.key for each in files if each.key}
