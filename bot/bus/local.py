"""The bus of a service that is one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakSet

from bot.bus.base import KEEP_WARM, Held, LeaseTaken, Listener


class LocalBus:
    """A `Bus` within one event loop."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = {}
        # a page that goes away just drops its iteration, so nobody has to sign off
        self._watching: WeakSet[Changes] = WeakSet()
        self._leases: dict[str, _Turns] = {}

    @property
    def connected(self) -> bool:
        """There is nobody else to reach."""
        return True

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """End the iterations over changes."""
        for watching in list(self._watching):
            await watching.aclose()

    def listen(self, topic: str, listener: Listener) -> None:
        """Call the listener at every wake-up of this topic."""
        self._listeners.setdefault(topic, []).append(listener)

    def wake(self, topic: str, subject: str = "") -> None:
        """Wake who listens."""
        for listener in self._listeners.get(topic, ()):
            listener(subject)

    def publish(self, conversation_id: str) -> None:
        """Tell live pages that this conversation changed."""
        for watching in list(self._watching):
            watching.tell(conversation_id)

    def changes(self, keep_warm: float = KEEP_WARM) -> "Changes":
        """Conversation ids as they change."""
        watching = Changes(keep_warm)
        self._watching.add(watching)
        return watching

    @asynccontextmanager
    async def lease(self, name: str, timeout: float | None = None) -> AsyncIterator[Held]:
        """Hold a name; the others wait their turn."""
        turns = self._leases.setdefault(name, _Turns())
        turns.wanted += 1
        try:
            await _acquire(turns.lock, name, timeout)
            try:
                yield Held(name)
            finally:
                turns.lock.release()
        finally:
            turns.wanted -= 1
            if not turns.wanted:
                self._leases.pop(name, None)


class Changes:
    """Conversation ids as they change. What is not yet told is kept once, so a slow reader costs little."""

    def __init__(self, keep_warm: float) -> None:
        self._keep_warm = keep_warm
        self._untold: dict[str, None] = {}
        self._news = asyncio.Event()
        self._closed = False

    def tell(self, conversation_id: str) -> None:
        """Something changed."""
        self._untold[conversation_id] = None
        self._news.set()

    async def aclose(self) -> None:
        """Let who waits go home."""
        self._closed = True
        self._news.set()

    def __aiter__(self) -> "Changes":
        return self

    async def __anext__(self) -> str:
        if not self._untold and not self._closed:
            self._news.clear()
            try:
                async with asyncio.timeout(self._keep_warm):
                    await self._news.wait()
            except TimeoutError:
                return ""
        if self._closed:
            raise StopAsyncIteration
        oldest = next(iter(self._untold))
        del self._untold[oldest]
        return oldest


@dataclass(slots=True)
class _Turns:
    """Who wants a lease, and whose turn it is."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


async def _acquire(lock: asyncio.Lock, name: str, timeout: float | None) -> None:
    try:
        async with asyncio.timeout(timeout):
            await lock.acquire()
    except TimeoutError as error:
        raise LeaseTaken(name) from error
