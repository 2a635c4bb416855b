"""The record in a SQL database: one writer, one reader, and each unit of work crosses to them once."""

from collections.abc import Mapping, Sequence
from functools import partial
from secrets import token_hex

from sqlalchemy import Connection, inspect, text

from bot.conversation import Conversation, Holder
from bot.storage import (
    sql_canned,
    sql_changes,
    sql_entries,
    sql_erasure,
    sql_figures,
    sql_inbox,
    sql_links,
    sql_outbox,
    sql_presence,
    sql_readers,
    sql_search,
    sql_shelves,
)
from bot.storage.base import (
    AuditReport,
    Change,
    DeadLetter,
    HeldConversation,
    Loaded,
    MediaJob,
    RecordLine,
    WrongRecord,
)
from bot.storage.dialect import open_engine
from bot.storage.entries import EntryUse, EntryVersion, Unanswered
from bot.storage.erasure import Holdings
from bot.storage.figures import Figures, Patience, Span, Standing
from bot.storage.lane import Lane
from bot.storage.schema import VERSION
from bot.storage.sql_people_lanes import SqlPeople
from bot.turn import Correction, Delivery, Destination, Event, Fate, LinkFacts, Question, Timeout, Turn
from channels.channel import Fit
from channels.message import Reply
from handoff.desk import ActionResult
from handoff.numbers import LooseEnds
from handoff.ticket import Ticket
from handoff.writing import CannedReply, Kept


class SqlStorage(SqlPeople):
    """A `Storage` at a database URL, as in `sqlite:////var/lib/suda/suda.db`."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._me = f"{token_hex(8)}:"
        self._writer = Lane(self._engine, "writer", finish=sql_changes.number)
        self._reader = Lane(self._engine, "reader", reads=True)
        self._searcher = Lane(self._engine, "searcher", reads=True)  # a search is slow, and holds nobody up

    async def start(self) -> None:
        """Open the record, if it is of this version."""
        self._writer.start()
        self._reader.start()
        self._searcher.start()
        try:
            found = await self._reader.run(_version)
            await self._writer.run(lambda c: None)  # a server that was met once is waited for later
        except BaseException:
            await self.stop()
            raise
        if found != VERSION:
            await self.stop()
            raise WrongRecord(f"The record is at version {found or 'none'}, not {VERSION}: run `suda migrate` first.")

    async def stop(self) -> None:
        """Finish what is being written, then close."""
        await self._writer.stop()
        await self._reader.stop()
        await self._searcher.stop()
        self._engine.dispose()

    # the door in

    async def append(self, event: Event) -> bool:
        """Write an event down; False when it was there already."""
        return await self._writer.run(lambda c: sql_inbox.append(c, event))

    async def act(self, event: Event) -> ActionResult:
        """Write an operator's action down and set the holder."""
        return await self._writer.run(lambda c: sql_inbox.act(c, event))

    async def bury(self, channel: str, account: str, body: bytes, reason: str, at: float) -> None:
        """Keep a signed but unreadable webhook."""
        await self._writer.run(lambda c: sql_shelves.bury(c, channel, account, body, reason, at))

    # the worker

    async def ready(self) -> Sequence[str]:
        """Conversations with unhandled events, oldest first."""
        return await self._reader.run(sql_inbox.ready)

    async def load(self, conversation_id: str) -> Loaded:
        """The conversation with its tickets and its unhandled events."""
        return await self._reader.run(lambda c: sql_inbox.load(c, conversation_id))

    async def commit(self, turn: Turn, now: float) -> None:
        """Write all of a turn, or nothing."""
        await self._writer.run(lambda c: sql_inbox.commit(c, turn, now))

    async def put_aside(self, event_ids: Sequence[str], error: str, turn: Turn, now: float) -> None:
        """Like `commit`, for events whose handling failed."""
        await self._writer.run(lambda c: sql_inbox.put_aside(c, event_ids, error, turn, now))

    async def due_timeouts(self, now: float) -> Sequence[tuple[str, Timeout]]:
        """All timeouts that are due, the earliest first."""
        return await self._reader.run(lambda c: sql_inbox.due_timeouts(c, now))

    async def drop_timeout(self, conversation_id: str, name: str, due_at: float) -> None:
        """Forget a timeout, unless a later one took its place."""
        await self._writer.run(lambda c: sql_inbox.drop_timeout(c, conversation_id, name, due_at))

    # the door out

    async def heads(self, now: float, limit: int = 100) -> Sequence[Delivery]:
        """The first delivery of each line, if it is PENDING and due."""
        return await self._reader.run(lambda c: sql_outbox.heads(c, now, limit))

    async def next_due(self) -> float | None:
        """When the next delivery that nothing holds back is due."""
        return await self._reader.run(sql_outbox.next_due)

    async def behind(self, delivery: Delivery, now: float) -> Sequence[Delivery]:
        """The due PENDING deliveries right behind this one."""
        return await self._reader.run(lambda c: sql_outbox.behind(c, delivery, now))

    async def sending(self, delivery_ids: Sequence[str]) -> bool:
        """Mark as SENDING if all are PENDING."""
        sender = self._me + token_hex(4)
        return await self._writer.run(lambda c: sql_outbox.sending(c, delivery_ids, sender))

    async def mark(self, delivery_ids: Sequence[str], fate: Fate, *, error: str = "", due_at: float = 0.0) -> None:
        """Set the fate of deliveries."""
        await self._writer.run(lambda c: sql_outbox.mark(c, delivery_ids, fate, error, due_at, self._me))

    async def claim_slot(self, conversation_id: str, message_id: str, fit: Fit, now: float) -> Sequence[Reply]:
        """Claim replies for the response to a message."""
        return await self._writer.run(lambda c: sql_outbox.claim_slot(c, conversation_id, message_id, fit, self._me))

    async def slot_sent(self, message_id: str) -> None:
        """What the slot carries is SENT."""
        await self._writer.run(lambda c: sql_outbox.slot_sent(c, message_id))

    async def release(self, conversation_id: str, now: float) -> None:
        """Replies that wait for a slot are due now."""
        await self._writer.run(lambda c: sql_outbox.release(c, conversation_id, now))

    async def attend(self, now: float) -> None:
        """This node is there."""
        await self._writer.run(lambda c: sql_outbox.attend(c, self._me, now))

    async def leave(self) -> None:
        """This node goes."""
        await self._writer.run(lambda c: sql_outbox.leave(c, self._me))

    async def recover(self, now: float) -> int:
        """After a crash, a fate for what was SENDING by nodes that are gone."""
        return await self._writer.run(lambda c: sql_outbox.recover(c, now))

    async def replay(self, delivery_id: str, now: float) -> bool:
        """Send again by a person's order."""
        return await self._writer.run(lambda c: sql_outbox.replay(c, delivery_id, now))

    async def deliveries(self, fates: Sequence[Fate], destination: Destination | None = None) -> Sequence[Delivery]:
        """All deliveries with one of these fates."""
        return await self._reader.run(lambda c: sql_outbox.deliveries(c, fates, destination))

    # one citizen at several addresses

    async def link_facts(self, conversation_id: str, code: str, now: float) -> LinkFacts:
        """What is known of a code."""
        return await self._reader.run(lambda c: sql_links.link_facts(c, conversation_id, code, now))

    # media

    async def media_due(self, now: float, limit: int = 20) -> Sequence[MediaJob]:
        """Attachments to fetch now."""
        return await self._reader.run(lambda c: sql_shelves.media_due(c, now, limit))

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
        """What became of fetching an attachment."""
        work = partial(sql_shelves.media_mark, key=key, mime=mime, size=size, error=error, due_at=due_at)
        await self._writer.run(lambda c: work(c, attachment_id, fate))

    async def media(self, attachment_id: str) -> MediaJob | None:
        """The attachment as it stands."""
        return await self._reader.run(lambda c: sql_shelves.media(c, attachment_id))

    async def owns_media(self, conversation_id: str, key: str) -> bool:
        """Whether a stored file was sent in this conversation."""
        return await self._reader.run(lambda c: sql_shelves.owns_media(c, conversation_id, key))

    async def media_owners(self, key: str) -> Sequence[str]:
        """Conversations in which citizens sent a stored file."""
        return await self._reader.run(lambda c: sql_shelves.media_owners(c, key))

    # small persistent values of channels

    async def value(self, name: str) -> str | None:
        """A value by name."""
        return await self._reader.run(lambda c: sql_shelves.value(c, name))

    async def set_value(self, name: str, value: str) -> None:
        """Keep a value."""
        await self._writer.run(lambda c: sql_shelves.set_value(c, name, value))

    # readers

    async def lines(
        self, conversation_id: str, after: int = 0, limit: int = 500, *, notes: bool = True
    ) -> Sequence[RecordLine]:
        """What was said after the cursor."""
        return await self._reader.run(lambda c: sql_readers.lines(c, conversation_id, after, limit, notes))

    async def last_lines(self, conversation_id: str, limit: int, before: int | None = None) -> Sequence[RecordLine]:
        """The last that was said, or the last before a cursor."""
        return await self._reader.run(lambda c: sql_readers.last_lines(c, conversation_id, limit, before))

    async def conversations(
        self,
        holder: Holder | None,
        limit: int = 200,
        behind: tuple[float, str] | None = None,
        group: str | None = None,
    ) -> Sequence[HeldConversation]:
        """By holder, with their last words."""
        return await self._reader.run(lambda c: sql_readers.conversations(c, holder, limit, behind, group))

    async def search(self, words: str, limit: int = 50) -> Sequence[HeldConversation]:
        """Conversations with these words, latest first."""
        return await self._searcher.run(lambda c: sql_search.search(c, words, limit))

    async def changes(self, after: int, limit: int = 500) -> Sequence[Change]:
        """Conversations that changed after this number."""
        return await self._reader.run(lambda c: sql_changes.changes(c, after, limit))

    async def latest_change(self) -> int:
        """The number of the latest change."""
        return await self._reader.run(sql_changes.latest)

    async def count(self, holder: Holder) -> int:
        """How many conversations this holder has."""
        return await self._reader.run(lambda c: sql_readers.count(c, holder))

    async def ahead(self, conversation_id: str) -> int:
        """How many wait before this conversation."""
        return await self._reader.run(lambda c: sql_presence.ahead(c, conversation_id))

    async def queue_lengths(self) -> dict[str, int]:
        """How many wait for each group."""
        return await self._reader.run(sql_presence.queue_lengths)

    async def find_ticket(self, ticket_no: str) -> tuple[str, Ticket] | None:
        """(conversation id, ticket) by our number."""
        return await self._reader.run(lambda c: sql_readers.find_ticket(c, ticket_no))

    async def tickets_near(
        self, since: float, category: str, street: str, limit: int = 300
    ) -> Sequence[tuple[str, Ticket]]:
        """Tickets since a moment in a category or a street."""
        return await self._reader.run(lambda c: sql_readers.tickets_near(c, since, category, street, limit))

    async def corrections(self, limit: int = 100_000) -> Sequence[Correction]:
        """Where operators knew better than the machine."""
        return await self._reader.run(lambda c: sql_readers.corrections(c, limit))

    async def drop_corrections(self, conversation_id: str) -> int:
        """Forget what one citizen's words taught."""
        return await self._writer.run(lambda c: sql_readers.drop_corrections(c, conversation_id))

    async def holdings(self, conversation_id: str) -> Holdings | None:
        """What there is of a citizen to erase."""
        return await self._searcher.run(lambda c: sql_erasure.holdings(c, conversation_id))

    async def erase(self, conversation_id: str, who: str, now: float) -> Holdings | None:
        """Take a citizen's words, names, numbers and files out of the record."""
        return await self._writer.run(lambda c: sql_erasure.erase(c, conversation_id, who, now))

    async def questions(self, decision: str | None = None, limit: int = 1000) -> Sequence[Question]:
        """Questions that were asked, latest first."""
        return await self._reader.run(lambda c: sql_readers.questions(c, decision, limit))

    async def dead_letters(self, limit: int = 1000) -> Sequence[DeadLetter]:
        """Unreadable webhooks, latest first."""
        return await self._reader.run(lambda c: sql_shelves.buried(c, limit))

    async def audit(self) -> AuditReport:
        """The open-loop ledger over the whole record."""
        return await self._reader.run(sql_readers.audit)

    # figures

    async def standing(self) -> Standing:
        """Who waits and who holds what, now."""
        return await self._reader.run(sql_figures.standing)

    async def figures(self, span: Span) -> Figures:
        """What happened in a span of time."""
        return await self._reader.run(lambda c: sql_figures.figures(c, span))

    async def loose_ends(self, now: float, patience: Patience, most: int = 200) -> LooseEnds:
        """What is owed to citizens and overdue."""
        return await self._reader.run(lambda c: sql_figures.loose_ends(c, now, patience, most))

    # the knowledge base

    async def keep_entries(self, versions: Sequence[EntryVersion]) -> None:
        """Write versions of entries down, all or none."""
        await self._writer.run(lambda c: sql_entries.keep_entries(c, versions))

    async def newest_entries(self) -> Sequence[EntryVersion]:
        """The newest version of each entry."""
        return await self._reader.run(sql_entries.newest_entries)

    async def entry_history(self, entry_id: str) -> Sequence[EntryVersion]:
        """All versions of an entry, newest first."""
        return await self._reader.run(lambda c: sql_entries.entry_history(c, entry_id))

    async def count_entries(self) -> int:
        """How many versions there are."""
        return await self._reader.run(sql_entries.count_entries)

    async def entry_uses(self, since: float) -> Mapping[str, EntryUse]:
        """Answers and votes per entry."""
        return await self._reader.run(lambda c: sql_entries.entry_uses(c, since))

    async def unanswered(self, since: float, limit: int = 1000) -> Sequence[Unanswered]:
        """Questions without an answer that was of use, latest first."""
        return await self._reader.run(lambda c: sql_entries.unanswered(c, since, limit))

    # canned replies

    async def canned_replies(self, owner: str) -> Sequence[CannedReply]:
        """The shared ones and this owner's."""
        return await self._reader.run(lambda c: sql_canned.canned_replies(c, owner))

    async def keep_canned(self, reply: CannedReply) -> Kept:
        """Add one, or change it."""
        return await self._writer.run(lambda c: sql_canned.keep_canned(c, reply))

    async def drop_canned(self, reply_id: int, owner: str) -> bool:
        """Delete one of this owner."""
        return await self._writer.run(lambda c: sql_canned.drop_canned(c, reply_id, owner))

    # who is at the desk

    async def seen(self, operator: str, at: float) -> None:
        """Something was heard of an operator."""
        await self._writer.run(lambda c: sql_presence.seen(c, operator, at))

    async def unseen(self, operator: str) -> None:
        """He said himself that he is gone."""
        await self._writer.run(lambda c: sql_presence.unseen(c, operator))

    async def present(self, since: float) -> Sequence[str]:
        """Operators of whom something was heard."""
        return await self._reader.run(lambda c: sql_presence.present(c, since))

    async def absent(self, since: float) -> Sequence[Conversation]:
        """Conversations of operators of whom nothing was heard."""
        return await self._reader.run(lambda c: sql_presence.absent(c, since))


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version
