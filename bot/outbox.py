"""The one door out: every delivery is marked before it leaves, and meets a fate."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from bot.bus.base import Bus, Topic
from bot.log import about, get_logger
from bot.retry import backoff, give_up
from bot.storage.base import Storage
from bot.storage.persist import until_written
from bot.turn import Delivery, Destination, Fate
from channels.channel import Channel
from channels.errors import ChannelUnavailable, OutcomeUnknown, ReplyRejected, WindowClosed
from channels.message import Reply
from handoff.case_system import CaseSystem
from handoff.errors import CaseSystemRefused, CaseSystemUnavailable
from handoff.ticket import CaseEvent, StatusUpdate, Ticket

log = get_logger(__name__)

Channels = Mapping[tuple[str, str], Channel]
"""Channels by (name, account)."""

_AT_ONCE = {Destination.CITIZEN: 32, Destination.CASE_SYSTEM: 8}
"""So many deliveries leave side by side; each destination has its own, so that neither holds up the other."""
_LONGEST_SLEEP = 5.0
"""Seconds after which the outbox looks by itself, should a wake-up have been lost."""


class Outbox:
    """Sends what is due, first in first out per conversation and destination."""

    def __init__(
        self,
        storage: Storage,
        bus: Bus,
        *,
        channels: Channels,
        case_system: CaseSystem,
        prepare: Callable[[Ticket | CaseEvent], Awaitable[Ticket | CaseEvent]],
        receive_status: Callable[[StatusUpdate], Awaitable[bool]],
        clock: Callable[[], float],
        count: Callable[[Destination, Fate], None],
    ) -> None:
        """`prepare` makes a ticket or event fit to leave: masked where it must be, attachments as signed links."""
        self._storage = storage
        self._channels = channels
        self._case_system = case_system
        self._prepare = prepare
        self._receive_status = receive_status
        self._clock = clock
        self._count = count
        self._wake = asyncio.Event()
        self._bus = bus
        bus.listen(Topic.OUT, lambda _subject: self._wake.set())
        self._rooms = {destination: asyncio.Semaphore(many) for destination, many in _AT_ONCE.items()}
        self._stopping = False
        self._flights: dict[tuple[str, Destination], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Send until cancelled; what is in flight is finished first."""
        try:
            while True:
                await self._look()
        finally:
            self._stopping = True
            # A send that left must be marked: it is finished, not torn off.
            await asyncio.gather(*self._flights.values(), return_exceptions=True)

    async def idle(self) -> bool:
        """Nothing is in flight, and nothing is due."""
        return not self._flights and not await self._storage.heads(self._clock())

    async def _look(self) -> None:
        self._wake.clear()
        try:
            heads = await self._storage.heads(self._clock())
            fresh = [head for head in heads if (head.conversation_id, head.destination) not in self._flights]
            for head in fresh:
                self._launch(head)
            due = None if fresh else await self._storage.next_due()
        except Exception:
            # The record may be away for a moment; the outbox must live on and look again.
            log.exception("outbox could not look", action="outbox_failed")
            due = self._clock() + 1.0
        await self._sleep_until(due)

    async def _sleep_until(self, due: float | None) -> None:
        seconds = _LONGEST_SLEEP if due is None else min(_LONGEST_SLEEP, max(0.02, due - self._clock()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    def _launch(self, head: Delivery) -> None:
        key = (head.conversation_id, head.destination)

        def landed(task: asyncio.Task[None]) -> None:
            self._flights.pop(key, None)
            if not task.cancelled() and (error := task.exception()):
                log.error("delivery broke off", action="delivery_broken", delivery=head.id, exc_info=error)
            self._wake.set()

        task = asyncio.create_task(self._deliver(head), name=f"deliver {head.id}")
        self._flights[key] = task
        task.add_done_callback(landed)

    async def _deliver(self, head: Delivery) -> None:
        async with self._rooms[head.destination]:
            with about(conversation=head.conversation_id, delivery=head.id):
                if head.destination is Destination.CITIZEN:
                    await self._deliver_replies(head)
                else:
                    await self._deliver_to_case_system(head)

    async def _deliver_replies(self, head: Delivery) -> None:
        assert isinstance(head.body, Reply)
        channel = self._channels.get((head.body.address.channel, head.body.address.account))
        if channel is None:
            await self._postpone(head, "the channel is off")
            return
        send_many = getattr(channel, "send_many", None)
        batch = [head, *(await self._storage.behind(head, self._clock()))] if send_many else [head]
        if not await self._storage.sending([delivery.id for delivery in batch]):
            return
        try:
            carried = await self._send(channel, batch)
        except BaseException as error:
            await self._settle(batch, error)
            if not isinstance(error, Exception):
                raise
            return
        await self._mark(batch[:carried], Fate.SENT)
        await self._mark(batch[carried:], Fate.PENDING, due_at=self._clock())

    async def _send(self, channel: Channel, batch: Sequence[Delivery]) -> int:
        replies = [delivery.body for delivery in batch if isinstance(delivery.body, Reply)]
        send_many: Callable[[Sequence[Reply]], Awaitable[int]] | None = getattr(channel, "send_many", None)
        if send_many is not None:
            return await send_many(replies)
        await channel.send(replies[0])
        return 1

    async def _settle(self, batch: Sequence[Delivery], error: BaseException) -> None:
        """The fate of the first by what went wrong; the others did not leave."""
        head = batch[0]
        match error:
            case ChannelUnavailable(retry_after=seconds):
                await self._postpone(head, str(error), seconds)
            case WindowClosed():
                await self._mark([head], Fate.HELD, error=str(error))
            case ReplyRejected():
                await self._mark([head], Fate.REFUSED, error=str(error))
            case OutcomeUnknown():
                await self._mark([head], Fate.UNKNOWN, error=str(error))
            case _:
                # Nobody knows how far it came, so it is never repeated unmarked.
                log.error("sending failed", action="send_failed", exc_info=error)
                await self._mark([head], Fate.UNKNOWN, error=repr(error))
        await self._mark(batch[1:], Fate.PENDING, due_at=self._clock())

    async def _deliver_to_case_system(self, head: Delivery) -> None:
        if not await self._storage.sending([head.id]):
            return
        try:
            await self._hand_over(head)
        except CaseSystemRefused as error:
            await self._mark([head], Fate.REFUSED, error=str(error))
        except CaseSystemUnavailable as error:
            await self._postpone(head, str(error), error.retry_after)
        except asyncio.CancelledError:
            # The case system knows the idempotency key, so an unfinished call is simply made again.
            await self._mark([head], Fate.PENDING, due_at=self._clock())
            raise
        except Exception as error:
            log.exception("case system call failed", action="case_system_failed")
            await self._postpone(head, repr(error))
        else:
            await self._mark([head], Fate.SENT)

    async def _hand_over(self, head: Delivery) -> None:
        assert not isinstance(head.body, Reply)
        body = await self._prepare(head.body)
        if isinstance(body, Ticket):
            status = await self._case_system.submit(body)
            await self._receive_status(status)
            return
        found = await self._storage.find_ticket(body.ticket_no)
        number = found[1].external_no if found else body.external_no
        await self._case_system.send(replace(body, external_no=number))

    async def _postpone(self, head: Delivery, error: str, seconds: float | None = None) -> None:
        attempts = head.attempts + 1
        if give_up(attempts):
            await self._mark([head], Fate.REFUSED, error=f"given up after {attempts} tries: {error}")
            return
        wait = backoff(attempts, key=head.id) if seconds is None else seconds
        log.warning("delivery postponed", action="postponed", attempts=attempts, seconds=round(wait, 1), reason=error)
        await self._write([head], Fate.PENDING, error=error, due_at=self._clock() + wait)

    async def _mark(self, batch: Sequence[Delivery], fate: Fate, *, error: str = "", due_at: float = 0.0) -> None:
        if not batch:
            return
        await self._write(batch, fate, error=error, due_at=due_at)
        for delivery in batch:
            self._count(delivery.destination, fate)
        log.info("delivery", action="fate", fate=fate, deliveries=len(batch), reason=error)

    async def _write(self, batch: Sequence[Delivery], fate: Fate, *, error: str, due_at: float) -> None:
        # Shielded: a mark that is torn off would leave a delivery without a fate.
        ids = [delivery.id for delivery in batch]
        write = partial(self._storage.mark, ids, fate, error=error, due_at=due_at)
        await asyncio.shield(until_written(write, lambda: self._stopping))
        for conversation_id in {delivery.conversation_id for delivery in batch}:
            self._bus.publish(conversation_id)
