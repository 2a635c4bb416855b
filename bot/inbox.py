"""The one door in: whatever happens to a conversation is written down here first."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from weakref import WeakValueDictionary

from bot.bus.base import Bus, Topic
from bot.log import get_logger
from bot.storage.base import Storage
from bot.storage.persist import until_written
from bot.turn import Event, EventKind, Timeout
from channels.channel import Fit, Receipt
from channels.message import Message, Reply
from handoff.desk import ActionResult, OperatorAction
from handoff.ticket import StatusUpdate

log = get_logger(__name__)

Clock = Callable[[], float]


class Inbox:
    """Appends events, wakes who handles them, and tells webhooks when their turn is done."""

    def __init__(
        self,
        storage: Storage,
        bus: Bus,
        *,
        clock: Clock,
        count_message: Callable[[str], None],
    ) -> None:
        """`count_message` is told the channel of each fresh message."""
        self._storage = storage
        self._bus = bus
        self._clock = clock
        self._count_message = count_message
        bus.listen(Topic.DONE, self._look_up)
        # Weak: a waiter lives as long as a receipt that may ask for it.
        self._waiters: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()

    async def receive(self, message: Message) -> Receipt:
        """Write a citizen's message down. When this returns, it is safe."""
        conversation_id = message.address.key
        event = Event(
            id=message.id, conversation_id=conversation_id, kind=EventKind.MESSAGE, body=message, at=self._clock()
        )
        # Before the append, since the turn may be done before anybody asks for it.
        waiter = self._waiters.setdefault(event.id, asyncio.Event())
        fresh = await self._storage.append(event)
        if not fresh and not await self._is_unhandled(event):
            waiter.set()
        if fresh:
            self._count_message(message.address.channel)
            if any(attachment.media_id for attachment in message.attachments):
                self._bus.wake(Topic.MEDIA)
        log.info("message", action="received", conversation=conversation_id, event_id=event.id, fresh=fresh)
        self._bus.wake(Topic.WORK, conversation_id)
        self._bus.publish(conversation_id)
        # A fresh message may have reopened replies that were held for the citizen's next contact.
        self._bus.wake(Topic.OUT)
        return _TurnReceipt(self, event, waiter, fresh)

    async def receive_status(self, update: StatusUpdate) -> bool:
        """Write a step of the case system down; False when no ticket of ours has this number."""
        found = await self._storage.find_ticket(update.ticket_no)
        if found is None:
            log.warning("status of an unknown ticket", action="status_unknown", ticket_no=update.ticket_no)
            return False
        conversation_id, _ = found
        event_id = f"status:{update.ticket_no}:{update.event_id}"
        await self._append(event_id, conversation_id, EventKind.STATUS, update)
        return True

    async def act(self, action: OperatorAction) -> ActionResult:
        """Write an operator's act down; who holds the conversation is decided in the same transaction."""
        event = Event(
            id=f"operator:{action.id}",
            conversation_id=action.conversation_id,
            kind=EventKind.OPERATOR,
            body=action,
            at=self._clock(),
        )
        result = await self._storage.act(event)
        self._bus.wake(Topic.WORK, action.conversation_id)
        self._bus.publish(action.conversation_id)
        return result

    async def ring(self, conversation_id: str, timeout: Timeout) -> None:
        """Write down that a moment has come which a turn asked to be woken at."""
        event_id = f"timeout:{conversation_id}:{timeout.name}:{round(timeout.due_at * 1000)}"
        await self._append(event_id, conversation_id, EventKind.TIMEOUT, timeout)

    async def bury(self, channel: str, account: str, body: bytes, reason: str) -> None:
        """Keep a signed but unreadable webhook for a person."""
        log.warning("dead letter", action="buried", channel=channel, account=account, reason=reason)
        await self._storage.bury(channel, account, body, reason, self._clock())

    def _look_up(self, event_id: str) -> None:
        """The turn of this event is committed: whoever waits for it may look."""
        waiter = self._waiters.get(event_id)
        if waiter is not None:
            waiter.set()

    async def _is_unhandled(self, event: Event) -> bool:
        loaded = await self._storage.load(event.conversation_id)
        return any(unhandled.id == event.id for unhandled in loaded.events)

    async def _append(self, event_id: str, conversation_id: str, kind: EventKind, body: StatusUpdate | Timeout) -> None:
        event = Event(id=event_id, conversation_id=conversation_id, kind=kind, body=body, at=self._clock())
        fresh = await self._storage.append(event)
        log.info("event", action="received", conversation=conversation_id, event_id=event_id, kind=kind, fresh=fresh)
        self._bus.wake(Topic.WORK, conversation_id)

    async def claim(self, event: Event, fit: Fit) -> Sequence[Reply]:
        """The replies that the response to this message carries."""
        return await self._storage.claim_slot(event.conversation_id, event.id, fit, self._clock())

    async def release(self, event: Event) -> None:
        """What the response did not carry goes out by the outbox, now."""
        await self._storage.release(event.conversation_id, self._clock())
        self._bus.wake(Topic.OUT)

    async def slot_sent(self, event: Event) -> None:
        """The response went out whole."""
        await until_written(partial(self._storage.slot_sent, event.id))
        self._bus.wake(Topic.OUT)


class _TurnReceipt:
    """A `Receipt`: the message is in the record, and this response may carry its answer."""

    def __init__(self, inbox: Inbox, event: Event, turn_done: asyncio.Event, fresh: bool) -> None:
        self._inbox = inbox
        self._event = event
        self._turn_done = turn_done
        self._fresh = fresh

    @property
    def fresh(self) -> bool:
        """False when the platform delivered again what the record had."""
        return self._fresh

    async def replies(self, timeout: float, fit: Fit) -> Sequence[Reply]:
        """Wait for the turn, claim what fits, let the outbox have the rest."""
        claimed: Sequence[Reply] = ()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._turn_done.wait()
        if self._turn_done.is_set():
            claimed = await self._inbox.claim(self._event, fit)
        await self._inbox.release(self._event)
        return claimed

    async def sent(self) -> None:
        """The response that carried the claimed replies was written out whole."""
        await self._inbox.slot_sent(self._event)
