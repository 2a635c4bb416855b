"""A citizen is erased from the record in memory."""

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.storage import erasure
from bot.storage.erasure import DeliveryBody, Holdings
from bot.turn import Body, Delivery, Destination, Event, EventKind, Fate

if TYPE_CHECKING:
    from bot.storage.memory import MemoryStorage


def holdings(record: "MemoryStorage", conversation_id: str) -> Holdings | None:
    """What there is to erase; None when nobody is known by this address."""
    if conversation_id not in record._conversations:
        return None
    events, deliveries = _events(record, conversation_id), _deliveries(record, conversation_id)
    media = [job for where, job in record._media.values() if where == conversation_id]
    leaving = [each for each in deliveries if _is_leaving(each)]
    return Holdings(
        messages=sum(each.kind is EventKind.MESSAGE for each in events),
        replies=sum(each.destination is Destination.CITIZEN for each in deliveries),
        acts=sum(each.kind is EventKind.OPERATOR for each in events),
        tickets=sum(where == conversation_id for where, _ in record._tickets.values()),
        files=len(media),
        corrections=sum(where == conversation_id for where, _ in record._corrections.values()),
        questions=sum(each.conversation_id == conversation_id and each.question.text != "" for each in record._asked),
        reasons=sum(each.conversation_id == conversation_id for each in record._reveals),
        keys=tuple(sorted(_keys(record, conversation_id) - _keys_of_others(record, conversation_id))),
        hindrances=erasure.hindrances(
            unhandled=sum(each.conversation_id == conversation_id for each in record._unhandled.values()),
            leaving=len(leaving),
            fetching=sum(job.fate == "pending" for job in media),
        ),
    )


async def erase(record: "MemoryStorage", conversation_id: str, who: str, now: float) -> Holdings | None:
    """Take a citizen's words, names, numbers and files out."""
    had = holdings(record, conversation_id)
    if had is None or had.hindrances:
        return had
    for each in _deliveries(record, conversation_id):
        if each.destination is Destination.CITIZEN and each.fate is not Fate.SENT:
            del record._deliveries[each.id]
            record._of_conversation[conversation_id].remove(each.id)
            record._under_way.discard(each.id)
        else:
            record._deliveries[each.id] = replace(each, body=erasure.left_of_delivery(each.body), error="")
    for event in _events(record, conversation_id):
        record._events[event.id] = replace(event, body=erasure.left_of_event(event.body))
        record._handled[event.id].error = ""
    gone = {number: ticket for number, (where, ticket) in record._tickets.items() if where == conversation_id}
    for number, ticket in gone.items():
        record._tickets[number] = conversation_id, erasure.left_of_ticket(ticket)
    record._lines.pop(conversation_id, None)
    record._media = {key: pair for key, pair in record._media.items() if pair[0] != conversation_id}
    record._asked = [
        replace(asked, question=replace(asked.question, text="")) if asked.conversation_id == conversation_id else asked
        for asked in record._asked
    ]
    record._reveals = [each for each in record._reveals if each.conversation_id != conversation_id]
    record._timeouts = {key: each for key, each in record._timeouts.items() if key[0] != conversation_id}
    await record.drop_corrections(conversation_id)
    record._forget(conversation_id, now)
    left = erasure.left_of_conversation(record._conversations[conversation_id])
    record._conversations[conversation_id] = replace(left, version=left.version + 1)
    record._last[conversation_id] = "", record._last.get(conversation_id, ("", 0.0))[1]
    record._ledger.note_holder(left, now)
    _forget_told(record, gone.keys())
    await record.note(who, "citizen_erased", conversation_id, now)
    record._touch(conversation_id)
    return had


def _forget_told(record: "MemoryStorage", gone: Collection[str]) -> None:
    """Of the chats that he linked, now or once, take out the titles that were told there."""
    for other, conversation in list(record._conversations.items()):
        told = erasure.quotes_of(conversation, gone)
        if not told:
            continue
        for each in _deliveries(record, other):
            record._deliveries[each.id] = replace(each, body=erasure.left_of_telling(each.body, told))
        left = erasure.left_of_other(conversation, told)
        record._conversations[other] = replace(left, version=left.version + 1)
        text, at = record._last.get(other, ("", 0.0))
        record._last[other] = erasure.without_titles(text, told), at
        record._touch(other)


def _events(record: "MemoryStorage", conversation_id: str) -> list[Event]:
    return [each for each in record._events.values() if each.conversation_id == conversation_id]


def _deliveries(record: "MemoryStorage", conversation_id: str) -> list[Delivery]:
    return [each for each in record._deliveries.values() if each.conversation_id == conversation_id]


def _is_leaving(delivery: Delivery) -> bool:
    to_case_system = delivery.destination is Destination.CASE_SYSTEM
    return delivery.fate is Fate.SENDING or (to_case_system and delivery.fate in erasure.GOES_OUT)


def _keys(record: "MemoryStorage", conversation_id: str) -> set[str]:
    keys = {job.attachment.key for where, job in record._media.values() if where == conversation_id}
    bodies: list[Body | DeliveryBody] = [each.body for each in _deliveries(record, conversation_id)]
    bodies += [each.body for each in _events(record, conversation_id)]
    for body in bodies:
        keys |= erasure.keys_in(body)
    return keys - {""}


def _keys_of_others(record: "MemoryStorage", conversation_id: str) -> set[str]:
    others = record._conversations.keys() - {conversation_id}
    return set().union(*(_keys(record, other) for other in others))
