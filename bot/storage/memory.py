"""The record in memory: for `suda chat` and for tests. It keeps every promise but the one about crashes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from bot.appeal import Appeal
from bot.conversation import Conversation, Holder
from bot.storage import memory_erasure, rules
from bot.storage.base import (
    AuditReport,
    Change,
    DeadLetter,
    HeldConversation,
    Loaded,
    MediaJob,
    RecordLine,
    StaleTurn,
)
from bot.storage.erasure import Holdings
from bot.storage.figures import Figures, Patience, Span, Standing
from bot.storage.memory_canned import MemoryCanned
from bot.storage.memory_entries import MemoryEntries
from bot.storage.memory_figures import Ledger, find_loose_ends
from bot.storage.memory_links import MemoryLinks
from bot.storage.memory_people import MemoryPeople
from bot.turn import Correction, Event, Fate, Outcomes, Timeout, Turn
from channels.message import Address, Attachment, Message, Reply
from handoff.desk import ActionKind, ActionResult, OperatorAction, Outcome
from handoff.numbers import LooseEnds
from handoff.ticket import Ticket


@dataclass(slots=True)
class _Handled:
    """How an event ended."""

    outcome: Outcomes
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Said:
    """A line: where it stands, and the id of the event or the delivery that holds the words."""

    cursor: int
    at: float
    event_id: str = ""
    delivery_id: str = ""


class MemoryStorage(MemoryCanned, MemoryPeople, MemoryEntries, MemoryLinks):
    """A `Storage` that lives as long as its process. No method awaits, so each is one step."""

    def __init__(self) -> None:
        super().__init__()
        self._events: dict[str, Event] = {}
        self._unhandled: dict[str, Event] = {}
        self._handled: dict[str, _Handled] = {}
        self._last: dict[str, tuple[str, float]] = {}
        self._lines: dict[str, list[_Said]] = {}
        self._cursor = 0
        self._corrections: dict[str, tuple[str, Correction]] = {}
        self._dead: list[DeadLetter] = []
        self._media: dict[str, tuple[str, MediaJob]] = {}
        self._values: dict[str, str] = {}
        self._ledger = Ledger()
        self._seen: dict[str, float] = {}

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Nothing to close: what was kept stays readable."""

    # the door in

    async def append(self, event: Event) -> bool:
        """Write an event down; False when it was there already."""
        fresh = self._write_down(event)
        if isinstance(event.body, Timeout):
            await self.drop_timeout(event.conversation_id, event.body.name, event.body.due_at)
        if fresh and isinstance(event.body, Message):
            self._take_in(event, event.body)
        return fresh

    async def act(self, event: Event) -> ActionResult:
        """Write an operator's action down and set the holder."""
        assert isinstance(event.body, OperatorAction)
        conversation = self._conversations.get(event.conversation_id)
        if conversation is None:
            return ActionResult(outcome=Outcome.GONE)
        if event.id in self._events:
            return ActionResult(outcome=Outcome.DONE, holder=conversation.operator_name)
        if rules.is_untrue(event.body, self._seen.get(event.body.operator, 0.0)):
            return ActionResult(outcome=Outcome.NOT_HELD)
        if event.body.kind is ActionKind.PART and not self._part(conversation.id, event.at):
            return ActionResult(outcome=Outcome.UNLINKED)
        after, result = conversation.after(event.body)
        if result.outcome is Outcome.DONE:
            self._write_down(event)
            if rules.makes_note(event.body):
                self._say(event.conversation_id, None, event.at, event_id=event.id)
            self._conversations[after.id] = replace(after, version=after.version + 1)
            if rules.takes(conversation, after):
                self._overtake(after.id)
            self._touch(after.id)
            self._ledger.note_holder(after, event.at, spoke=event.body.kind is ActionKind.REPLY)
            await self.note(rules.doer(event.body), event.body.kind.value, after.id, event.at)
            if reason := rules.lifted(conversation, event.body):
                await self.keep_reveal(reason)
                await self.note(event.body.operator, "secrecy_lifted", after.id, event.at)
        return result

    async def bury(self, channel: str, account: str, body: bytes, reason: str, at: float) -> None:
        """Keep a signed but unreadable webhook."""
        number = len(self._dead) + 1
        self._dead.append(DeadLetter(id=number, channel=channel, account=account, body=body, reason=reason, at=at))

    # the worker

    async def ready(self) -> Sequence[str]:
        """Conversations with unhandled events, oldest first."""
        return list(dict.fromkeys(event.conversation_id for event in self._unhandled.values()))

    async def load(self, conversation_id: str) -> Loaded:
        """The conversation with its tickets and its unhandled events."""
        kept = self._conversations.get(conversation_id)
        conversation = kept or Conversation(id=conversation_id, address=Address.parse(conversation_id))
        events = tuple(e for e in self._unhandled.values() if e.conversation_id == conversation_id)
        return Loaded(conversation=self._whole(conversation), events=events)

    async def commit(self, turn: Turn, now: float) -> None:
        """Write all of a turn, or nothing."""
        self._commit(turn, {each: _Handled(turn.outcome) for each in turn.events}, now)

    async def put_aside(self, event_ids: Sequence[str], error: str, turn: Turn, now: float) -> None:
        """Like `commit`, for events whose handling failed."""
        handled = {each: _Handled(turn.outcome) for each in turn.events}
        aside = {each: _Handled(Outcomes.PUT_ASIDE, error) for each in event_ids}
        self._commit(turn, handled | aside, now)

    async def due_timeouts(self, now: float) -> Sequence[tuple[str, Timeout]]:
        """All timeouts that are due, the earliest first."""
        due = [(key[0], timeout) for key, timeout in self._timeouts.items() if timeout.due_at <= now]
        return sorted(due, key=lambda pair: (pair[1].due_at, pair[0], pair[1].name))

    async def drop_timeout(self, conversation_id: str, name: str, due_at: float) -> None:
        """Forget a timeout, unless a later one took its place."""
        timeout = self._timeouts.get((conversation_id, name))
        if timeout and timeout.due_at == due_at:
            del self._timeouts[conversation_id, name]

    # media

    async def media_due(self, now: float, limit: int = 20) -> Sequence[MediaJob]:
        """Attachments to fetch now."""
        due = [job for _, job in self._media.values() if job.fate == "pending" and job.due_at <= now]
        return sorted(due, key=lambda job: job.due_at)[:limit]

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
        conversation_id, job = self._media[attachment_id]
        old = job.attachment
        attachment = replace(old, key=key or old.key, mime=mime or old.mime, size=size or old.size)
        marked = replace(job, attachment=attachment, fate=fate, attempts=job.attempts + 1, error=error, due_at=due_at)
        self._media[attachment_id] = conversation_id, marked
        self._touch(conversation_id)

    async def media(self, attachment_id: str) -> MediaJob | None:
        """The attachment as it stands."""
        found = self._media.get(attachment_id)
        return found[1] if found else None

    async def owns_media(self, conversation_id: str, key: str) -> bool:
        """Whether a stored file was sent in this conversation."""
        kept = ((where, job.attachment.key) for where, job in self._media.values())
        return bool(key) and (conversation_id, key) in kept

    async def media_owners(self, key: str) -> Sequence[str]:
        """Conversations in which citizens sent a stored file."""
        return sorted({where for where, job in self._media.values() if key and job.attachment.key == key})

    # small persistent values of channels

    async def value(self, name: str) -> str | None:
        """A value by name."""
        return self._values.get(name)

    async def set_value(self, name: str, value: str) -> None:
        """Keep a value."""
        self._values[name] = value

    # readers

    async def lines(
        self, conversation_id: str, after: int = 0, limit: int = 500, *, notes: bool = True
    ) -> Sequence[RecordLine]:
        """What was said after the cursor."""
        later = [said for said in self._lines.get(conversation_id, ()) if said.cursor > after]
        shown = [said for said in later if notes or not self._is_note(said)]
        return [self._line_of(conversation_id, said) for said in shown[:limit]]

    async def last_lines(self, conversation_id: str, limit: int, before: int | None = None) -> Sequence[RecordLine]:
        """The last that was said, or the last before a cursor."""
        earlier = [s for s in self._lines.get(conversation_id, ()) if before is None or s.cursor < before]
        return [self._line_of(conversation_id, said) for said in earlier[-limit:]]

    async def conversations(
        self,
        holder: Holder | None,
        limit: int = 200,
        behind: tuple[float, str] | None = None,
        group: str | None = None,
    ) -> Sequence[HeldConversation]:
        """By holder, with their last words."""
        chosen = [c for c in self._conversations.values() if holder in (None, c.holder) and group in (None, c.group)]
        if behind:
            chosen = [c for c in chosen if self._place(c.id) > (-behind[0], behind[1])]
        if holder is Holder.WAITING:
            chosen.sort(key=_in_line)
        else:
            chosen.sort(key=lambda c: self._place(c.id))
        return self._with_last_words(chosen[:limit])

    async def search(self, words: str, limit: int = 50) -> Sequence[HeldConversation]:
        """Conversations with these words, latest first."""
        known = {each.id: self._whole(each) for each in self._conversations.values()}
        filed = ((where, ticket) for where, ticket in self._tickets.values())
        drafts = ((c.id, c.draft) for c in known.values())
        said = ((event.conversation_id, event.body) for event in self._events.values())
        told = ((delivery.conversation_id, delivery.body) for delivery in self._deliveries.values())
        holders = {
            where
            for where, body in chain[tuple[str, object]](filed, drafts, said, told)
            if isinstance(body, Ticket | Appeal | Message | Reply) and rules.tells(body, words, known[where])
        }
        chosen = sorted(holders, key=self._place)
        return self._with_last_words([self._conversations[each] for each in chosen[:limit]])

    async def changes(self, after: int, limit: int = 500) -> Sequence[Change]:
        """Conversations that changed after this number."""
        later = [Change(number=number, conversation_id=c) for c, number in self._changes.items() if number > after]
        return later[:limit]

    async def latest_change(self) -> int:
        """The number of the latest change."""
        return self._change

    async def count(self, holder: Holder) -> int:
        """How many conversations this holder has."""
        return sum(conversation.holder is holder for conversation in self._conversations.values())

    async def ahead(self, conversation_id: str) -> int:
        """How many wait before this conversation."""
        mine = self._conversations.get(conversation_id)
        waiting = [c for c in self._conversations.values() if c.holder is Holder.WAITING]
        if mine is None or mine.holder is not Holder.WAITING:
            return sum(not other.group for other in waiting)
        return sum(_in_line(other) < _in_line(mine) for other in waiting if other.group == mine.group)

    async def queue_lengths(self) -> dict[str, int]:
        """How many wait for each group."""
        return dict(Counter(c.group for c in self._conversations.values() if c.holder is Holder.WAITING))

    async def find_ticket(self, ticket_no: str) -> tuple[str, Ticket] | None:
        """(conversation id, ticket) by our number."""
        return self._tickets.get(ticket_no)

    async def tickets_near(
        self, since: float, category: str, street: str, limit: int = 300
    ) -> Sequence[tuple[str, Ticket]]:
        """Tickets since a moment in a category or a street."""

        def is_near(ticket: Ticket) -> bool:
            its_category, its_street, taken_at = rules.found_by(ticket)
            return taken_at >= since and (its_category == category != "" or its_street == street != "")

        near = [pair for pair in self._tickets.values() if is_near(pair[1])]
        near.reverse()  # of the same moment the one that was kept last comes first, as in the other records
        return sorted(near, key=lambda pair: -rules.found_by(pair[1])[2])[:limit]

    async def corrections(self, limit: int = 100_000) -> Sequence[Correction]:
        """Where operators knew better than the machine."""
        return [correction for _, correction in self._corrections.values()][:limit]

    async def drop_corrections(self, conversation_id: str) -> int:
        """Forget what one citizen's words taught."""
        theirs = [key for key, (where, _) in self._corrections.items() if where == conversation_id]
        for key in theirs:
            del self._corrections[key]
        return len(theirs)

    async def holdings(self, conversation_id: str) -> Holdings | None:
        """What there is of a citizen to erase."""
        return memory_erasure.holdings(self, conversation_id)

    async def erase(self, conversation_id: str, who: str, now: float) -> Holdings | None:
        """Take a citizen's words, names, numbers and files out of the record."""
        return await memory_erasure.erase(self, conversation_id, who, now)

    async def dead_letters(self, limit: int = 1000) -> Sequence[DeadLetter]:
        """Unreadable webhooks, latest first."""
        return self._dead[::-1][:limit]

    async def audit(self) -> AuditReport:
        """The open-loop ledger over the whole record."""
        messages = [e.id for e in self._events.values() if isinstance(e.body, Message)]
        deliveries = list(self._deliveries.values())
        sent_out = Counter(d.body.ticket_no for d in deliveries if isinstance(d.body, Ticket))
        conversations = sorted(self._conversations.values(), key=lambda c: c.id)
        return AuditReport(
            messages=len(messages),
            outcomes=dict(Counter(str(self._handled[each].outcome) for each in messages if each in self._handled)),
            unhandled=tuple(self._unhandled),
            outcomeless=(),  # a handled event without an outcome cannot be written here
            deliveries=dict(Counter(str(d.fate) for d in deliveries)),
            open_deliveries=tuple((d.id, str(d.fate), d.error) for d in deliveries if d.fate is not Fate.SENT),
            fateless=(),  # nor a delivery without a known fate
            put_aside=tuple(
                (each, ending.error)
                for each in self._events
                if (ending := self._handled.get(each)) and ending.outcome is Outcomes.PUT_ASIDE
            ),
            dead_letters=len(self._dead),
            waiting=tuple(c.id for c in conversations if c.holder is Holder.WAITING),
            drafts=tuple(c.id for c in conversations if c.draft),
            media=dict(Counter(job.fate for _, job in self._media.values())),
            tickets=dict(Counter(str(ticket.status) for _, ticket in self._tickets.values())),
            doubled_tickets=tuple(sorted(no for no, times in sent_out.items() if times > 1)),
            orphan_tickets=tuple(sorted(no for no in self._tickets if no not in sent_out)),
        )

    # figures

    async def standing(self) -> Standing:
        """Who waits and who holds what, now."""
        return self._ledger.standing(self._conversations)

    async def figures(self, span: Span) -> Figures:
        """What happened in a span of time."""
        return self._ledger.figures(span, [(event, self._handled.get(event.id)) for event in self._events.values()])

    async def loose_ends(self, now: float, patience: Patience, most: int = 200) -> LooseEnds:
        """What is owed to citizens and overdue."""
        said = [said for lines in self._lines.values() for said in lines]
        spoken_at = {line.delivery_id: line.at for line in said if line.delivery_id}
        return find_loose_ends(
            self._ledger,
            now=now,
            patience=patience,
            most=most,
            unhandled=list(self._unhandled.values()),
            written={where: [line.at for line in lines if line.event_id] for where, lines in self._lines.items()},
            tickets=list(self._tickets.values()),
            deliveries=[(d, spoken_at.get(d.id, d.due_at)) for d in self._deliveries.values()],
            aside=[
                (event, ending.error)
                for event in self._events.values()
                if (ending := self._handled.get(event.id)) and ending.outcome is Outcomes.PUT_ASIDE
            ],
        )

    # who is at the desk

    async def seen(self, operator: str, at: float) -> None:
        """Something was heard of an operator."""
        self._seen[operator] = max(at, self._seen.get(operator, 0.0))

    async def unseen(self, operator: str) -> None:
        """He said himself that he is gone."""
        self._seen.pop(operator, None)

    async def present(self, since: float) -> Sequence[str]:
        """Operators of whom something was heard."""
        return sorted(name for name, at in self._seen.items() if at >= since)

    async def absent(self, since: float) -> Sequence[Conversation]:
        """Conversations of operators of whom nothing was heard."""
        held = (c for c in self._conversations.values() if c.holder is Holder.OPERATOR)
        return [c for c in held if self._seen.get(c.operator, c.waiting_since) < since]

    # how things are written down

    def _sent_at(self, message_id: str) -> float | None:
        event = self._events.get(message_id)
        return event.body.sent_at if event is not None and isinstance(event.body, Message) else None

    def _write_down(self, event: Event) -> bool:
        if event.id in self._events:
            return False
        written = replace(event, seq=len(self._events) + 1)
        self._events[event.id] = self._unhandled[event.id] = written
        if event.conversation_id not in self._conversations:
            address = Address.parse(event.conversation_id)
            self._conversations[event.conversation_id] = Conversation(id=event.conversation_id, address=address)
        return True

    def _take_in(self, event: Event, message: Message) -> None:
        if rules.makes_line(message):
            self._say(event.conversation_id, message.text, event.at, event_id=event.id)
        for attachment in message.attachments:
            fate = rules.media_fate(attachment)
            if fate:
                job = MediaJob(attachment=attachment, address=message.address, fate=fate, due_at=event.at)
                self._media.setdefault(attachment.id, (event.conversation_id, job))
        if rules.is_contact(message):
            self._reopen(event.conversation_id, message.slot_until or event.at)

    def _commit(self, turn: Turn, handled: dict[str, _Handled], now: float) -> None:
        conversation = turn.conversation
        kept = self._conversations.get(conversation.id)
        if conversation.version != (kept.version if kept else 0):
            raise StaleTurn(conversation.id)
        self._check_links(turn, now)
        kept = replace(conversation, version=conversation.version + 1, tickets=(), linked=())
        self._conversations[conversation.id] = kept
        if turn.link:
            self._take_step(conversation.id, turn.link, now)
        self._touch(conversation.id)
        self._ledger.note_holder(conversation, now)
        for event_id, ending in handled.items():
            if self._unhandled.pop(event_id, None):
                self._handled[event_id] = ending
        for correction in turn.corrections:
            self._corrections.setdefault(correction.id, (conversation.id, correction))
        for ticket in turn.tickets:
            self._tickets[ticket.ticket_no] = conversation.owner_of(ticket.ticket_no), ticket
        fresh = [delivery for delivery in turn.deliveries if self._add(delivery)]
        self._ledger.note_ratings(fresh, now)
        self._ledger.note_service(turn.grades, now)
        for delivery in fresh:
            if isinstance(delivery.body, Reply):
                self._say(delivery.conversation_id, None, now, delivery_id=delivery.id)
        for name in turn.cancelled:
            self._timeouts.pop((conversation.id, name), None)
        self._timeouts.update({(conversation.id, timeout.name): timeout for timeout in turn.timeouts})
        self._remember(conversation.id, turn.questions, now)

    def _say(
        self, conversation_id: str, text: str | None, at: float, *, event_id: str = "", delivery_id: str = ""
    ) -> None:
        """`text` of the citizen; None keeps what he said last."""
        self._cursor += 1
        said = _Said(cursor=self._cursor, at=at, event_id=event_id, delivery_id=delivery_id)
        self._lines.setdefault(conversation_id, []).append(said)
        before, _ = self._last.get(conversation_id, ("", 0.0))
        self._last[conversation_id] = before if text is None else text, at
        self._touch(conversation_id)

    def _place(self, conversation_id: str) -> tuple[float, str]:
        """Where it stands among those that come latest first."""
        _, at = self._last.get(conversation_id, ("", 0.0))
        return -at, conversation_id

    def _whole(self, conversation: Conversation) -> Conversation:
        return replace(self._with_tickets(conversation), linked=self._linked(conversation.id))

    def _with_last_words(self, chosen: Sequence[Conversation]) -> list[HeldConversation]:
        last = [(self._whole(c), *self._last.get(c.id, ("", 0.0))) for c in chosen]
        return [HeldConversation(conversation=c, last_text=text, last_at=at) for c, text, at in last]

    def _line_of(self, conversation_id: str, said: _Said) -> RecordLine:
        if said.delivery_id:
            delivery = self._deliveries[said.delivery_id]
            assert isinstance(delivery.body, Reply)
            return RecordLine(cursor=said.cursor, body=delivery.body, fate=delivery.fate, at=said.at)
        message = self._events[said.event_id].body
        if isinstance(message, OperatorAction):
            return RecordLine(cursor=said.cursor, body=message, fate=None, at=said.at)
        assert isinstance(message, Message)
        attachments = tuple(self._own(conversation_id, a) for a in message.attachments)
        return RecordLine(cursor=said.cursor, body=replace(message, attachments=attachments), fate=None, at=said.at)

    def _is_note(self, said: _Said) -> bool:
        return bool(said.event_id) and isinstance(self._events[said.event_id].body, OperatorAction)

    def _own(self, conversation_id: str, attachment: Attachment) -> Attachment:
        """The attachment as it stands; an id that another conversation brought first opens nobody else's file."""
        where, job = self._media.get(attachment.id, ("", None))
        return job.attachment if job and where == conversation_id else attachment

    def _with_tickets(self, conversation: Conversation) -> Conversation:
        mine = tuple(ticket for where, ticket in self._tickets.values() if where == conversation.id)
        return replace(conversation, tickets=mine)


def _in_line(conversation: Conversation) -> tuple[int, float, str]:
    return conversation.rank, conversation.waiting_since, conversation.id
