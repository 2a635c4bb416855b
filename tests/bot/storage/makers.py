"""Made-up citizens, events and deliveries for the tests of the record."""

from typing import Any

from bot.storage.base import Storage
from bot.turn import Delivery, Destination, Event, EventKind, Fate, Outcomes, Timeout, Turn
from channels.message import Address, Attachment, Message, MessageKind, Reply
from handoff.desk import ActionKind, OperatorAction
from handoff.ticket import CaseEvent, Source, StatusUpdate, Ticket, TicketStatus

NOW = 1_800_000_000.0
LI = Address(channel="wechat", account="main", user="li")
WANG = Address(channel="web", account="main", user="wang")
FAR = NOW + 1000.0


def message(name: str, address: Address = LI, **given: Any) -> Event:
    """A message that came in."""
    given = {"kind": MessageKind.TEXT, "sent_at": NOW, "text": f"words of {name}", **given}
    body = Message(id=name, address=address, **given)
    return Event(id=name, conversation_id=address.key, kind=EventKind.MESSAGE, body=body, at=NOW)


def action(name: str, kind: ActionKind, operator: str = "zhao", address: Address = LI, text: str = "") -> Event:
    """What an operator did."""
    body = OperatorAction(
        id=name,
        conversation_id=address.key,
        operator=operator,
        operator_name=f"{operator.title()}",
        kind=kind,
        at=NOW,
        text=text,
    )
    return Event(id=name, conversation_id=address.key, kind=EventKind.OPERATOR, body=body, at=NOW)


def status(name: str, ticket_no: str, address: Address = LI) -> Event:
    """What the case system told."""
    body = StatusUpdate(
        event_id=name, ticket_no=ticket_no, status=TicketStatus.ACCEPTED, at="2027-01-15T08:00:00+08:00"
    )
    return Event(id=name, conversation_id=address.key, kind=EventKind.STATUS, body=body, at=NOW)


def moment(timeout: Timeout, address: Address = LI) -> Event:
    """The event of a timeout that is due."""
    name = f"{address.key}/{timeout.name}/{timeout.due_at}"
    return Event(id=name, conversation_id=address.key, kind=EventKind.TIMEOUT, body=timeout, at=NOW)


def photo(name: str, **given: Any) -> Attachment:
    """A photo that the platform still holds."""
    return Attachment(**{"id": name, "kind": MessageKind.IMAGE, "media_id": f"at-platform-{name}", **given})


def ticket(number: str, title: str = "A dark street") -> Ticket:
    """A ticket as it is first submitted."""
    source = Source(channel="wechat", account="main", message_ids=("m1",))
    accepted = "2027-01-15T08:00:00+08:00"
    return Ticket(
        ticket_no=number, source=source, accepted_at=accepted, appeal_type="投诉", title=title, content="No light."
    )


def reply(name: str, address: Address = LI, **given: Any) -> Delivery:
    """A reply to a citizen."""
    body = Reply(id=name, address=address, text=f"answer {name}")
    return Delivery(
        **{
            "id": name,
            "conversation_id": address.key,
            "destination": Destination.CITIZEN,
            "body": body,
            "due_at": NOW,
            **given,
        }
    )


def to_case_system(name: str, body: Ticket | CaseEvent, address: Address = LI) -> Delivery:
    """Something for the case system."""
    return Delivery(id=name, conversation_id=address.key, destination=Destination.CASE_SYSTEM, body=body, due_at=NOW)


async def handle(record: Storage, address: Address, *deliveries: Delivery, **rest: Any) -> Turn:
    """Commit a turn upon all that waits in a conversation."""
    loaded = await record.load(address.key)
    given = {"outcome": Outcomes.ANSWER, "conversation": loaded.conversation, **rest}
    turn = Turn(events=tuple(event.id for event in loaded.events), deliveries=deliveries, **given)
    await record.commit(turn, NOW)
    return turn


async def fates(record: Storage) -> dict[str, Fate]:
    """Every delivery with its fate."""
    return {delivery.id: delivery.fate for delivery in await record.deliveries(list(Fate))}


async def head_ids(record: Storage, now: float = NOW) -> list[str]:
    """Ids of the deliveries that may go out now."""
    return [delivery.id for delivery in await record.heads(now)]
