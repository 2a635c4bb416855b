"""Values of the record as rows of its tables, and back."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row

from bot.appeal import Reading
from bot.conversation import Conversation
from bot.storage.base import MediaJob
from bot.storage.rules import found_by
from bot.turn import BODY_TYPES, DELIVERY_TYPES, Correction, Delivery, Destination, Event, EventKind, Fate
from channels.message import Address, Attachment, Message
from handoff.ticket import CaseEvent, Ticket

T = TypeVar("T")

AnyRow = Row[*tuple[Any, ...]]

Values = Mapping[str, Any]


def encode(value: object) -> str:
    """The value as JSON text."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:  # half a surrogate pair, as broken clients send it: that letter is lost, not the words
        return json.dumps(msgspec.to_builtins(value), ensure_ascii=False)


def decode(text: str, kind: type[T]) -> T:
    """The value that this JSON text holds."""
    return msgspec.json.decode(text, type=kind)


def conversation_values(conversation: Conversation, at: float) -> Values:
    """A conversation without its tickets and links, which have tables of their own."""
    return {
        "version": conversation.version,
        "holder": str(conversation.holder),
        "waiting_since": conversation.waiting_since,
        "rank": int(conversation.rank),
        "desk_group": conversation.group,
        "drafting": conversation.draft is not None,
        "updated_at": at,
        "body": encode(replace(conversation, tickets=(), linked=())),
    }


def conversation_of(row: AnyRow, tickets: tuple[Ticket, ...]) -> Conversation:
    """The conversation of a row with `body` and `version`."""
    return replace(decode(row.body, Conversation), version=row.version, tickets=tickets)


def event_values(event: Event) -> Values:
    """An event that nobody handled yet."""
    return {
        "id": event.id,
        "conversation_id": event.conversation_id,
        "kind": str(event.kind),
        "body": encode(event.body),
        "at": event.at,
        "error": "",
    }


def event_of(row: AnyRow) -> Event:
    """The event of a row."""
    kind = EventKind(row.kind)
    return Event(
        id=row.id,
        conversation_id=row.conversation_id,
        kind=kind,
        body=decode(row.body, BODY_TYPES[kind]),
        at=row.at,
        seq=row.seq,
    )


def delivery_values(delivery: Delivery) -> Values:
    """A delivery with all but its place."""
    body = delivery.body
    return {
        "id": delivery.id,
        "conversation_id": delivery.conversation_id,
        "destination": str(delivery.destination),
        "body_kind": delivery.body_kind,
        "ticket_no": body.ticket_no if isinstance(body, Ticket | CaseEvent) else "",
        "body": encode(body),
        "fate": str(delivery.fate),
        "due_at": delivery.due_at,
        "attempts": delivery.attempts,
        "error": delivery.error,
        "slot": delivery.slot,
    }


def delivery_of(row: AnyRow) -> Delivery:
    """The delivery of a row."""
    return Delivery(
        id=row.id,
        conversation_id=row.conversation_id,
        destination=Destination(row.destination),
        body=decode(row.body, DELIVERY_TYPES[row.body_kind]),
        fate=Fate(row.fate),
        due_at=row.due_at,
        attempts=row.attempts,
        error=row.error,
        slot=row.slot,
        seq=row.seq,
    )


def media_values(event: Event, message: Message, attachment: Attachment, fate: str) -> Values:
    """An attachment as a message brought it."""
    return {
        "attachment_id": attachment.id,
        "conversation_id": event.conversation_id,
        "address": message.address.key,
        "body": encode(attachment),
        "key": attachment.key,
        "fate": fate,
        "attempts": 0,
        "due_at": event.at,
        "error": "",
    }


def media_of(row: AnyRow) -> MediaJob:
    """The job of a row."""
    return MediaJob(
        attachment=decode(row.body, Attachment),
        address=Address.parse(row.address),
        fate=row.fate,
        attempts=row.attempts,
        due_at=row.due_at,
        error=row.error,
    )


def ticket_values(ticket: Ticket) -> Values:
    """A ticket with what it is found by."""
    category, street, taken_at = found_by(ticket)
    found = {"category": category, "street": street, "taken_at": taken_at}
    return {"status": str(ticket.status), "body": encode(ticket), **found}


def correction_values(correction: Correction) -> Values:
    """A correction, whose citizen is added by who writes it."""
    return {
        "id": correction.id,
        "at": correction.at,
        "who": correction.who,
        "text": correction.text,
        "machine": encode(correction.machine),
        "operator": encode(correction.operator),
    }


def correction_of(row: AnyRow) -> Correction:
    """The correction of a row."""
    return Correction(
        id=row.id,
        at=row.at,
        who=row.who,
        text=row.text,
        machine=decode(row.machine, Reading),
        operator=decode(row.operator, Reading),
    )
