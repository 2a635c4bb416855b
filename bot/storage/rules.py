"""What the record decides about a message or a delivery, as pure functions that every storage shares."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from bot.amendment import lifts_secrecy
from bot.appeal import Appeal
from bot.conversation import Conversation, Holder
from bot.discretion import as_listed, is_hidden
from bot.turn import Delivery, Destination, Fate
from channels.message import Attachment, Message, MessageKind, Reply, Speaker
from handoff.desk import ActionKind, OperatorAction
from handoff.people import SERVICE, Reveal
from handoff.ticket import Ticket

UNDER_WAY = (Fate.PENDING, Fate.HELD, Fate.SENDING)
"""Fates of deliveries that hold back those behind them."""

CARRIED = (Fate.SENDING, Fate.SENT, Fate.UNKNOWN)
"""Fates of what a webhook's response carried, or may have carried."""

NODE_LIFE = 10.0
"""Seconds after which a node that was not seen is gone, and what it was sending is for the others to settle."""

OPERATOR_LIFE = 60.0
"""Seconds after which an operator of whom nothing was heard has lost what he held."""

TRIES_LAST = 3600.0
"""Seconds for which a wrong code that should have linked two chats is counted."""

KEYED_CHANNEL = "web"
"""The channel that knows an idempotency key: sending there twice has one effect."""

ASKS_AGAIN = 7.0
"""Seconds after a message for which WeChat is sure to ask at least once more: its third try comes after ten, and
three are left for clocks that differ."""

CLARIFIED = "clarified"
"""How a question ends when the citizen chose among the entries that he was offered."""
ANSWERED = ("answer", CLARIFIED)
"""Decisions upon which an answer is given."""
USEFUL, USELESS = "useful", "useless"
"""What citizens vote about an answer."""


def found_by(ticket: Ticket) -> tuple[str, str, float]:
    """Category, street and time (Unix seconds) by which a ticket is found again."""
    category = ticket.category.code if ticket.category else ""
    street = (ticket.place.street or "") if ticket.place else ""
    return category, street, datetime.fromisoformat(ticket.accepted_at).timestamp()


def makes_line(message: Message) -> bool:
    """Whether a message belongs in the thread; what a platform tells of its own accord does not."""
    return message.kind is not MessageKind.EVENT


def makes_note(action: OperatorAction) -> bool:
    """Whether an act is a line that colleagues read; what it told the citizen is a reply, and a line of its own."""
    return action.kind in (
        ActionKind.WHISPER,
        ActionKind.TRANSFER,
        ActionKind.ASSIGN,
        ActionKind.LOSE,
        ActionKind.LEAVE,
        ActionKind.PART,
    )


def doer(action: OperatorAction) -> str:
    """Whose act it is in the audit log: that an operator is gone is found by the service."""
    return SERVICE if action.kind is ActionKind.LOSE else action.operator


def lifted(before: Conversation, action: OperatorAction) -> Reveal | None:
    """Why an act makes public what was secret, as it is kept; None for one that does not."""
    if action.form is None or not lifts_secrecy(before.draft, action.form):
        return None
    return Reveal(conversation_id=before.id, operator=action.operator, reason=action.form.reason, at=action.at)


def is_untrue(action: OperatorAction, seen_at: float) -> bool:
    """Whether an operator said to be lost was heard of meanwhile."""
    return action.kind is ActionKind.LOSE and seen_at > action.at - OPERATOR_LIFE


def is_contact(message: Message) -> bool:
    """Whether the citizen is there: delivery reports open no window, and who unfollows cannot be reached."""
    return message.kind not in (MessageKind.EVENT, MessageKind.UNFOLLOW)


def media_fate(attachment: Attachment) -> str | None:
    """With which fate an attachment enters the record; None when there is nothing to fetch and nothing stored."""
    if attachment.key:
        return "fetched"
    return "pending" if attachment.media_id else None


def reopened(delivery: Delivery, due_at: float) -> Delivery | None:
    """The reply after the citizen made contact again; None when that changes nothing."""
    if not isinstance(delivery.body, Reply) or delivery.fate not in (Fate.HELD, Fate.UNKNOWN):
        return None
    body = replace(delivery.body, repeated=True) if delivery.fate is Fate.UNKNOWN else delivery.body
    return replace(delivery, body=body, fate=Fate.PENDING, due_at=due_at, slot="", error="")


def overtaken(delivery: Delivery) -> Delivery | None:
    """What the bot had decided when a person took the conversation, and may still leave; None when it is not that.

    It is marked, not withdrawn: a ticket's number that the citizen has not read yet may be in it. One that is leaving
    right now is marked for the case that it comes back.
    """
    body = delivery.body
    waits = delivery.fate in (*UNDER_WAY, Fate.UNKNOWN)
    if not waits or not isinstance(body, Reply) or body.speaker is not Speaker.BOT or body.belated:
        return None
    return replace(delivery, body=replace(body, belated=True))


def takes(before: Conversation, after: Conversation) -> bool:
    """Whether a person has the conversation now, and had not."""
    return before.holder is not Holder.OPERATOR and after.holder is Holder.OPERATOR


def replayed(delivery: Delivery, now: float) -> Delivery | None:
    """The delivery after a person ordered it out again; None when it is under way or was sent."""
    if delivery.fate not in (Fate.REFUSED, Fate.UNKNOWN):
        return None
    marked = delivery.fate is Fate.UNKNOWN and isinstance(delivery.body, Reply)
    body = replace(delivery.body, repeated=True) if marked and isinstance(delivery.body, Reply) else delivery.body
    return replace(delivery, body=body, fate=Fate.PENDING, due_at=now, attempts=0, slot="", error="")


def recovered(delivery: Delivery, now: float, carrier_sent_at: float | None) -> Delivery:
    """A delivery whose sender died: sent again where that has one effect, else not known to have arrived.

    A reply in a webhook's response is SENT while the platform would still ask again for the message that carries it
    (`carrier_sent_at`, Unix seconds): if the response did not arrive it does ask, and gets what the slot holds.
    """
    if delivery.destination is Destination.CASE_SYSTEM or delivery.conversation_id.startswith(f"{KEYED_CHANNEL}:"):
        return replace(delivery, fate=Fate.PENDING, due_at=now, slot="")
    if delivery.slot and carrier_sent_at is not None and now < carrier_sent_at + ASKS_AGAIN:
        return replace(delivery, fate=Fate.SENT, error="")
    return replace(delivery, fate=Fate.UNKNOWN)


def waits_for_slot(delivery: Delivery, now: float) -> bool:
    """Whether a reply is put off only for the sake of a webhook's response; one put off by a failure has an error."""
    return (
        delivery.destination is Destination.CITIZEN
        and delivery.fate is Fate.PENDING
        and delivery.due_at > now
        and not delivery.error
    )


def leading_pending(under_way: Iterable[Delivery]) -> Sequence[Delivery]:
    """The PENDING deliveries from the first up to one that is HELD or SENDING."""
    return tuple(takewhile(lambda d: d.fate is Fate.PENDING, under_way))


def tells(body: Message | Reply | Ticket | Appeal | None, words: str, whose: Conversation) -> bool:
    """Whether these words are among what a person would look for, and may find: of who is hidden only what shows."""
    hidden = is_hidden(whose)
    match body:
        case Message():
            told, who = [body.text], [body.name]
        case Reply():
            told, who = [body.text], []
        case Ticket():
            told, who = [body.title, body.content], [body.contact.name or "", body.contact.phone or ""]
        case Appeal():
            told, who = [body.what], [body.name or "", body.phone or ""]
        case None:
            return False
    if isinstance(body, Ticket) and words.casefold() in body.ticket_no.casefold():
        return True
    found = [each for each in (*told, *([] if hidden else who)) if words.casefold() in each.casefold()]
    return any(words.casefold() in as_listed(whose, each).casefold() for each in found)
