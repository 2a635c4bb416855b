"""How the SQL record is searched for a conversation: by a ticket, by who it is about, by what was said."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from bot.appeal import Appeal
from bot.conversation import Conversation
from bot.storage import rules
from bot.storage.base import HeldConversation
from bot.storage.rows import AnyRow, decode
from bot.storage.schema import conversations as talks
from bot.storage.schema import deliveries, events, tickets
from bot.storage.sql_inbox import load
from bot.storage.sql_readers import with_last_words
from bot.turn import Destination, EventKind
from channels.message import Message, Reply
from handoff.ticket import Ticket

Told = Ticket | Appeal | Message | Reply | None


def search(connection: Connection, words: str, limit: int) -> Sequence[HeldConversation]:
    """Conversations with these words, latest first."""
    whose = _Owners(connection)
    found: dict[str, None] = {}
    for chosen, kind in _places(words):
        rows = _rows(connection, chosen)
        mine = (r.conversation_id for r in rows if rules.tells(kind(r.body), words, whose[r.conversation_id]))
        _take(found, mine, limit)
    listed = select(talks).where(talks.c.id.in_(list(found)))
    return with_last_words(connection, listed.order_by(talks.c.last_at.desc(), talks.c.id).limit(limit))


class _Owners(dict[str, Conversation]):
    """Whose a row is, read once per search: of who is hidden only what shows may be found."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def __missing__(self, conversation_id: str) -> Conversation:
        self[conversation_id] = load(self._connection, conversation_id).conversation
        return self[conversation_id]


def _places(words: str) -> Iterable[tuple["Select[tuple[Any, ...]]", Callable[[str], Told]]]:
    """Rows that may hold the words, latest first, and what one's body is: its JSON has more in it than words."""
    held = json.dumps(words, ensure_ascii=False)[1:-1]

    def holding(body: Any) -> Any:
        return body.icontains(held, autoescape=True)

    numbered = tickets.c.ticket_no.icontains(words, autoescape=True)
    by_ticket = select(tickets.c.conversation_id, tickets.c.body).where(numbered | holding(tickets.c.body))
    yield by_ticket.order_by(tickets.c.seq.desc()), lambda body: decode(body, Ticket)
    drafts = select(talks.c.id.label("conversation_id"), talks.c.body).where(talks.c.drafting, holding(talks.c.body))
    yield drafts.order_by(talks.c.last_at.desc()), lambda body: decode(body, Conversation).draft
    said = select(events.c.conversation_id, events.c.body).where(events.c.kind == str(EventKind.MESSAGE))
    by_words = said.where(holding(events.c.body)).order_by(events.c.seq.desc())
    yield by_words, lambda body: decode(body, Message)
    told = select(deliveries.c.conversation_id, deliveries.c.body).where(holding(deliveries.c.body))
    answers = told.where(deliveries.c.destination == str(Destination.CITIZEN)).order_by(deliveries.c.seq.desc())
    yield answers, lambda body: decode(body, Reply)


def _rows(connection: Connection, chosen: "Select[tuple[Any, ...]]") -> Iterable[AnyRow]:
    """One after the other: who has found enough reads no further."""
    with connection.execute(chosen.execution_options(yield_per=100)) as rows:
        yield from rows


def _take(found: dict[str, None], ids: Iterable[str], limit: int) -> None:
    mine: dict[str, None] = {}
    for each in ids:
        mine[each] = None
        if len(mine) == limit:
            break
    found.update(mine)
