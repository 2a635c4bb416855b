"""Claim, handle, commit: one conversation at a time, its events in order, one commit for each."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.agent import Agent
from bot.bus.base import Bus, Topic
from bot.config import Settle
from bot.inbox import Inbox
from bot.log import about, get_logger
from bot.storage.base import Loaded, StaleTurn, Storage
from bot.turn import Delivery, Destination, Event, EventKind, Outcomes, Turn
from channels.message import Message
from handoff.errors import StepRefused

log = get_logger(__name__)

_AT_ONCE = 16
"""So many conversations are handled side by side."""
_LOOK_EVERY = 1.0
"""Seconds between looks for time-outs that are due, and for events whose wake-up was lost."""
_RETRY_AFTER = 1.0
"""Seconds before a turn is tried again that the record would not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is handled as one turn; `wait` seconds are to pass before, in case more is coming."""

    events: tuple[Event, ...]
    wait: float = 0.0


class Worker:
    """Handles what the inbox wrote down."""

    def __init__(
        self,
        storage: Storage,
        bus: Bus,
        *,
        agent: Agent,
        inbox: Inbox,
        settle: Callable[[str], Settle],
        clock: Callable[[], float],
        committed: Callable[[Turn, float], None],
    ) -> None:
        """`settle` by channel name; `committed` is told of each turn and the seconds that it took."""
        self._storage = storage
        self._bus = bus
        self._agent = agent
        self._inbox = inbox
        self._settle = settle
        self._clock = clock
        self._committed = committed
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._more: dict[str, asyncio.Event] = {}
        self._stopping = False
        bus.listen(Topic.WORK, self.wake)

    def wake(self, conversation_id: str) -> None:
        """Something happened to this conversation."""
        if conversation_id in self._tasks:
            self._more[conversation_id].set()
        elif not self._stopping:
            self._more[conversation_id] = asyncio.Event()
            task = asyncio.create_task(self._work(conversation_id), name=f"handle {conversation_id}")
            self._tasks[conversation_id] = task

    async def run(self) -> None:
        """Look for time-outs and for forgotten events until cancelled; turns in hand are committed first."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(_LOOK_EVERY)
        finally:
            self._stopping = True
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def idle(self) -> bool:
        """Nothing is in hand, and nothing waits to be handled."""
        return not self._tasks and not await self._storage.ready()

    async def _look(self) -> None:
        try:
            for conversation_id in await self._storage.ready():
                self.wake(conversation_id)
            for conversation_id, timeout in await self._storage.due_timeouts(self._clock()):
                await self._inbox.ring(conversation_id, timeout)
        except Exception:
            # The record may be away for a moment; the worker must live on and look again.
            log.exception("worker could not look", action="worker_failed")

    async def _work(self, conversation_id: str) -> None:
        more = self._more[conversation_id]
        try:
            with about(conversation=conversation_id):
                while True:
                    more.clear()
                    if not await self._take_turn(conversation_id, more) and not more.is_set():
                        return
        finally:
            del self._tasks[conversation_id], self._more[conversation_id]

    async def _take_turn(self, conversation_id: str, more: asyncio.Event) -> bool:
        """Handle the next batch; False when nothing is left."""
        try:
            async with self._bus.lease(f"conversation:{conversation_id}"):
                loaded = await self._storage.load(conversation_id)
                if not loaded.events:
                    return False
                batch = await self.next_batch(loaded.events)
                if batch.wait <= 0 or self._stopping:
                    await self._handle(replace(loaded, events=batch.events))
                    return True
            await _wait(more, batch.wait)
        except StaleTurn:
            log.info("decided anew", action="stale_turn")
        except Exception:
            # The events are still in the record, so nothing is lost: try again after a breath.
            log.exception("turn failed", action="turn_failed")
            await asyncio.sleep(_RETRY_AFTER)
        return True

    async def next_batch(self, events: Sequence[Event]) -> Batch:
        """The first event, or the burst of messages that it begins.

        A burst ends at whatever is not part of it; it waits until the citizen has been quiet for a moment.
        """
        first = events[0]
        if not isinstance(first.body, Message) or self._agent.stands_alone(first.body):
            return Batch(events=(first,))
        burst = [first]
        for event in events[1:]:
            if not isinstance(event.body, Message) or self._agent.stands_alone(event.body):
                return Batch(events=tuple(burst))
            burst.append(event)
        settle = self._settle(first.body.address.channel)
        ready_at = min(burst[-1].at + settle.quiet, first.at + settle.most)
        wait = ready_at - self._clock()
        if wait > 0 and await self._is_hurried(burst):
            wait = 0.0
        return Batch(events=tuple(burst), wait=wait)

    async def _is_hurried(self, burst: Sequence[Event]) -> bool:
        return any([isinstance(e.body, Message) and await self._agent.is_hurried(e.body) for e in burst])

    async def _handle(self, loaded: Loaded) -> None:
        began = time.perf_counter()
        async with self._room:
            turn, error = await self._decide(loaded)
        now = self._clock()
        turn = _hold_for_slot(turn, loaded.events, now)
        # Shielded: a shutdown waits for the commit instead of tearing it off.
        if error:
            await asyncio.shield(self._storage.put_aside(turn.events, error, turn, now))
        else:
            await asyncio.shield(self._storage.commit(turn, now))
        log.info("turn", action="turn", events=len(turn.events), outcome=turn.outcome, intent=turn.intent)
        for event_id in turn.events:
            self._bus.wake(Topic.DONE, event_id)
        self._bus.wake(Topic.OUT)
        self._bus.publish(turn.conversation.id)
        self._committed(turn, time.perf_counter() - began)

    async def _decide(self, loaded: Loaded) -> tuple[Turn, str]:
        """The turn; with an error when handling failed and a person must look."""
        conversation, events = loaded.conversation, loaded.events
        now = self._clock()
        try:
            if events[0].kind is EventKind.MESSAGE:
                return await self._agent.on_messages(conversation, events, now), ""
            return await self._agent.on_event(conversation, events[0], now), ""
        except StepRefused as error:
            log.warning("step refused", action="step_refused", reason=str(error))
            ids = tuple(event.id for event in events)
            return Turn(conversation=conversation, events=ids, outcome=Outcomes.PUT_ASIDE), str(error)
        except Exception as error:
            # A citizen's words must not be lost to a fault of ours: put aside for a person, and said so.
            log.exception("handling failed", action="put_aside")
            return self._agent.on_failure(conversation, events, now), repr(error)


def _hold_for_slot(turn: Turn, events: Sequence[Event], now: float) -> Turn:
    """Replies wait for the webhook's own response as long as it can still carry them."""
    until = max((event.body.slot_until for event in events if isinstance(event.body, Message)), default=0.0)
    if until <= now:
        return turn
    return replace(turn, deliveries=tuple(_due(delivery, until) for delivery in turn.deliveries))


def _due(delivery: Delivery, until: float) -> Delivery:
    return replace(delivery, due_at=until) if delivery.destination is Destination.CITIZEN else delivery


async def _wait(more: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await more.wait()
