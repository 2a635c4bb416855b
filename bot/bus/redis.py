"""The bus of a service that is several processes, over Redis. When Redis is away, each process goes on by itself."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from bot.bus.base import KEEP_WARM, Held, LeaseTaken, Listener
from bot.bus.local import Changes, LocalBus
from bot.log import get_logger

log = get_logger(__name__)

_RECONNECT = 0.5
"""Seconds before a lost line is tried again."""
_LISTEN = 5.0
"""Seconds that one wait for a signal lasts."""
_LONGEST_TURN = 0.25
"""Seconds between two looks whether a lease is free."""

# Whose it is may take it again, so a command that was sent twice (the client repeats it after a lost connection)
# does no harm; and a holder whose lease Redis forgot in a restart has it back at the next renewal.
_TAKE = """
local owner = redis.call('get', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return 1
"""
_LET_GO = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

Signal = tuple[str, str, str]
"""`wake`, a topic and a subject; or `change`, nothing and a conversation id."""


class RedisBus:
    """A `Bus` over the Redis at this URL."""

    def __init__(self, url: str, *, prefix: str = "suda", lease_seconds: float = 10.0) -> None:
        self._local = LocalBus()
        self._me = secrets.token_hex(8)
        self._prefix = prefix
        self._lease_seconds = lease_seconds
        # the usual pool refuses the hundred-and-first command at once; this one lets it wait
        self._mouth = Redis(connection_pool=_pool(url, connections=32, socket_timeout=2.0))
        # with a time limit on the socket a quiet line would look like a broken one
        self._ear = Redis(connection_pool=_pool(url, connections=2, socket_timeout=None))
        self._untold: dict[Signal, None] = {}
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._connected = False

    @property
    def connected(self) -> bool:
        """Whether signals of other processes are heard."""
        return self._connected

    async def start(self) -> None:
        """Begin to talk and to listen."""
        self._tasks = [
            asyncio.create_task(self._talk(), name="bus talks"),
            asyncio.create_task(self._hear(), name="bus hears"),
        ]

    async def stop(self) -> None:
        """Stop both, and close the connections."""
        for task in self._tasks:
            await _end(task)
        await self._local.stop()
        for client in (self._mouth, self._ear):
            await client.aclose()
            await client.connection_pool.disconnect()
        self._connected = False

    def listen(self, topic: str, listener: Listener) -> None:
        """Call the listener at every wake-up of this topic."""
        self._local.listen(topic, listener)

    def wake(self, topic: str, subject: str = "") -> None:
        """Wake who listens here at once, and elsewhere soon."""
        self._local.wake(topic, subject)
        self._tell(("wake", topic, subject))

    def publish(self, conversation_id: str) -> None:
        """Tell live pages, of whichever process, that this conversation changed."""
        self._local.publish(conversation_id)
        self._tell(("change", "", conversation_id))

    def changes(self, keep_warm: float = KEEP_WARM) -> Changes:
        """Conversation ids as they change."""
        return self._local.changes(keep_warm)

    @asynccontextmanager
    async def lease(self, name: str, timeout: float | None = None) -> AsyncIterator[Held]:
        """Hold a name: first within this process, then among all."""
        loop = asyncio.get_running_loop()
        until = None if timeout is None else loop.time() + timeout
        async with self._local.lease(name, timeout) as held:
            owner = f"{self._me}:{secrets.token_hex(4)}"
            await self._take(name, owner, until)
            renewing = asyncio.create_task(self._renew(held, owner), name=f"renew {name}")
            try:
                yield held
            finally:
                await _end(renewing)
                await self._let_go(name, owner)

    # signals

    def _tell(self, signal: Signal) -> None:
        self._untold[signal] = None
        self._news.set()

    async def _talk(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            signals, self._untold = self._untold, {}
            try:
                async with self._mouth.pipeline(transaction=False) as pipeline:
                    for signal in signals:
                        pipeline.publish(f"{self._prefix}:signals", msgspec.json.encode((self._me, *signal)))
                    await pipeline.execute()
            except (RedisError, OSError) as error:
                # hints are not kept for later: the others look by themselves
                log.warning("signals not told", action="bus_away", error=type(error).__name__, count=len(signals))
                await asyncio.sleep(_RECONNECT)

    async def _hear(self) -> None:
        while True:
            try:
                async with self._ear.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(f"{self._prefix}:signals")
                    self._connected = True
                    log.info("listening to the other processes", action="bus_connected")
                    while True:
                        heard = await pubsub.get_message(ignore_subscribe_messages=True, timeout=_LISTEN)
                        if heard:
                            self._take_in(heard["data"])
            except (RedisError, OSError) as error:
                self._connected = False
                log.warning("cut off from the other processes", action="bus_away", error=type(error).__name__)
                await asyncio.sleep(_RECONNECT)

    def _take_in(self, data: bytes) -> None:
        try:
            sender, kind, topic, subject = msgspec.json.decode(data, type=tuple[str, str, str, str])
            if sender == self._me:
                return  # told here when it was said
            if kind == "wake":
                self._local.wake(topic, subject)
            else:
                self._local.publish(subject)
        except Exception:
            # this loop must live on: one bad signal or listener may not make the process deaf
            log.exception("signal not understood", action="bus_signal_failed")

    # leases

    def _key(self, name: str) -> str:
        return f"{self._prefix}:lease:{name}"

    async def _own(self, name: str, owner: str) -> bool:
        """Take the lease, or prolong it."""
        lasts = int(self._lease_seconds * 1000)
        return bool(await self._mouth.eval(_TAKE, 1, self._key(name), owner, lasts))

    async def _take(self, name: str, owner: str, until: float | None) -> None:
        loop = asyncio.get_running_loop()
        pause = 0.01
        try:
            while not await self._own(name, owner):
                if until is not None and loop.time() + pause > until:
                    raise LeaseTaken(name)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_TURN)
        except (RedisError, OSError) as error:
            # the record's version check still lets one turn only into the record
            log.warning("lease within this process only", action="bus_away", error=type(error).__name__)

    async def _renew(self, held: Held, owner: str) -> None:
        while not held.lost:
            await asyncio.sleep(self._lease_seconds / 3)
            try:
                held.lost = not await self._own(held.name, owner)
            except (RedisError, OSError) as error:
                log.warning("lease not renewed", action="bus_away", error=type(error).__name__)

    async def _let_go(self, name: str, owner: str) -> None:
        try:
            await self._mouth.eval(_LET_GO, 1, self._key(name), owner)
        except (RedisError, OSError) as error:
            # it runs out by itself
            log.warning("lease not given back", action="bus_away", error=type(error).__name__)


async def _end(task: asyncio.Task[None]) -> None:
    # a cancellation that meets the client while it connects anew can get lost in there, so once may not be enough
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.5)


def _pool(url: str, *, connections: int, socket_timeout: float | None) -> BlockingConnectionPool:
    # ten tries of five seconds, as the client has it, would hold up a turn for a minute while Redis is away
    return BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=5,
        socket_timeout=socket_timeout,
        socket_connect_timeout=1.0,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
        health_check_interval=10,
    )
