"""Which addresses belong to one citizen in the SQL record. Each function runs in the transaction of its caller."""

from collections.abc import Sequence

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select, update

from bot.conversation import Conversation, Linked
from bot.storage.base import StaleTurn
from bot.storage.dialect import add, alone_with, put
from bot.storage.rows import decode
from bot.storage.rules import TRIES_LAST
from bot.storage.schema import conversations, link_codes, link_tries, person_addresses, tickets, timeouts
from bot.storage.sql_changes import touch
from bot.turn import LinkFacts, LinkKind, LinkStep
from channels.message import Address
from handoff.ticket import Ticket

# Asked for at every load, and so built once.
_THIS: BindParameter[str] = bindparam("this")
_MINE = select(person_addresses.c.person, person_addresses.c.since).where(person_addresses.c.conversation_id == _THIS)
_GROUP = (
    select(person_addresses.c.conversation_id, person_addresses.c.since, conversations.c.version)
    .join(conversations, conversations.c.id == person_addresses.c.conversation_id)
    .where(person_addresses.c.person == bindparam("person"))
    .order_by(person_addresses.c.since, person_addresses.c.conversation_id)
)
_TICKETS = select(tickets.c.body).where(tickets.c.conversation_id == _THIS).order_by(tickets.c.seq)


def linked(connection: Connection, conversation_id: str) -> tuple[Linked, ...]:
    """The citizen's other addresses, with their tickets."""
    mine = connection.execute(_MINE, {"this": conversation_id}).one_or_none()
    if mine is None:
        return ()
    # Versions before tickets: what changes in between is found out by the commit.
    others = [row for row in connection.execute(_GROUP, {"person": mine.person}) if row[0] != conversation_id]
    return tuple(
        Linked(
            id=other,
            since=max(since, mine.since),
            version=version,
            tickets=tuple(decode(body, Ticket) for body in connection.scalars(_TICKETS, {"this": other})),
        )
        for other, since, version in others
    )


def linked_of(connection: Connection, conversation_ids: Sequence[str]) -> dict[str, tuple[Linked, ...]]:
    """The other addresses of those of these conversations that have any, which few do."""
    known = select(person_addresses.c.conversation_id).where(person_addresses.c.conversation_id.in_(conversation_ids))
    return {each: linked(connection, each) for each in connection.scalars(known).all()}


def link_facts(connection: Connection, conversation_id: str, code: str, now: float) -> LinkFacts:
    """What is known of a code."""
    good = select(link_codes.c.conversation_id).where(link_codes.c.code == code, link_codes.c.until > now)
    offered_by = connection.scalar(good) or ""
    tries = select(func.count()).select_from(link_tries).where(link_tries.c.at > now - TRIES_LAST)
    return LinkFacts(
        offered_by=offered_by,
        theirs=len(_group(connection, offered_by)) or 1,
        wrong=connection.scalar(tries.where(link_tries.c.conversation_id == conversation_id)) or 0,
        wrong_anywhere=connection.scalar(tries) or 0,
    )


def take_step(connection: Connection, conversation_id: str, step: LinkStep, now: float) -> None:
    """What a turn does to the link. Raises StaleTurn when it is not as it was decided upon."""
    match step.kind:
        case LinkKind.OFFER:
            connection.execute(delete(link_codes).where(link_codes.c.until <= now))
            connection.execute(delete(link_codes).where(link_codes.c.conversation_id == conversation_id))
            row = {"conversation_id": conversation_id, "code": step.code, "until": step.until}
            if add(connection, link_codes, row) is None:  # another citizen has this very code now
                raise StaleTurn(conversation_id)
        case LinkKind.WRONG:
            connection.execute(delete(link_tries).where(link_tries.c.at <= now - TRIES_LAST))
            connection.execute(link_tries.insert().values(conversation_id=conversation_id, at=now))
        case LinkKind.JOIN:
            _join(connection, conversation_id, step, now)
        case LinkKind.PART:
            part(connection, conversation_id, now)


def part(connection: Connection, conversation_id: str, now: float) -> bool:
    """Part an address from the others, which are told; False when there are none."""
    alone_with(connection, "suda links")
    connection.execute(delete(link_codes).where(link_codes.c.conversation_id == conversation_id))
    others = [each for each in _group(connection, conversation_id) if each != conversation_id]
    if not others:
        return False
    alone = [conversation_id, *(others if len(others) == 1 else ())]
    connection.execute(delete(person_addresses).where(person_addresses.c.conversation_id.in_(alone)))
    for other in others:
        _ring(connection, other, "parted", conversation_id, now)
    touch(connection, conversation_id, *others)
    return True


def forget(connection: Connection, conversation_id: str, now: float) -> None:
    """Nothing of links is known of an address any more."""
    part(connection, conversation_id, now)
    connection.execute(delete(link_tries).where(link_tries.c.conversation_id == conversation_id))


def borrow(connection: Connection, conversation: Conversation, ticket_nos: Sequence[str]) -> None:
    """Before tickets of linked addresses change: their conversations are as they were loaded, and still linked.

    Raises StaleTurn otherwise. Their versions grow, so a turn of theirs that was decided meanwhile is decided anew.
    """
    owners = {conversation.owner_of(ticket_no) for ticket_no in ticket_nos} - {conversation.id}
    if not owners:
        return
    # In one order, so that two citizens' turns never wait for each other.
    held = select(conversations.c.id).where(conversations.c.id.in_([conversation.id, *owners]))
    connection.execute(held.order_by(conversations.c.id).with_for_update()).all()
    if not owners <= set(_group(connection, conversation.id)):
        raise StaleTurn(conversation.id)
    for other in conversation.linked:
        if other.id in owners:
            as_loaded = conversations.c.id == other.id, conversations.c.version == other.version
            changed = update(conversations).where(*as_loaded).values(version=other.version + 1)
            if connection.execute(changed).rowcount != 1:
                raise StaleTurn(conversation.id)
    touch(connection, *owners)


def _join(connection: Connection, conversation_id: str, step: LinkStep, now: float) -> None:
    alone_with(connection, "suda links")
    mine = link_codes.c.conversation_id == step.other, link_codes.c.code == step.code, link_codes.c.until > now
    if connection.execute(delete(link_codes).where(*mine)).rowcount != 1:  # somebody was quicker
        raise StaleTurn(conversation_id)
    here, there = _person(connection, conversation_id), _person(connection, step.other)
    person = there or here or step.person
    if here and here != person:
        connection.execute(update(person_addresses).where(person_addresses.c.person == here).values(person=person))
    for each in (conversation_id, step.other):
        row = {"conversation_id": each, "person": person, "since": now}
        if _person(connection, each) is None:
            put(connection, person_addresses, row, key=("conversation_id",))
    _ring(connection, step.other, "linked", conversation_id, now)
    touch(connection, *_group(connection, conversation_id))


def _person(connection: Connection, conversation_id: str) -> str | None:
    row = connection.execute(_MINE, {"this": conversation_id}).one_or_none()
    return row.person if row else None


def _group(connection: Connection, conversation_id: str) -> list[str]:
    person = _person(connection, conversation_id) if conversation_id else None
    return [row[0] for row in connection.execute(_GROUP, {"person": person})] if person else []


def _ring(connection: Connection, conversation_id: str, name: str, by: str, now: float) -> None:
    """The other chat is told by an event of its own, so that nobody speaks into a conversation from outside."""
    row = {"conversation_id": conversation_id, "name": name, "due_at": now, "subject": Address.parse(by).channel}
    put(connection, timeouts, row, key=("conversation_id", "name"))
