"""What the bus over Redis promises when Redis, or another process, goes away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

from redis.asyncio import Redis

from bot.bus.redis import RedisBus
from tests.bot.bus.conftest import until
from tests.servers.redis import RedisServer


@asynccontextmanager
async def connected(server: RedisServer, lease_seconds: float = 15.0) -> AsyncIterator[RedisBus]:
    """A bus that hears the others."""
    bus = RedisBus(server.url, lease_seconds=lease_seconds)
    await bus.start()
    await until(lambda: bus.connected)
    yield bus
    await bus.stop()


async def test_a_lost_redis_stops_no_process_and_is_found_again(redis_server: RedisServer) -> None:
    async with connected(redis_server) as here, connected(redis_server) as there:
        near: list[str] = []
        far: list[str] = []
        here.listen("inbox", near.append)
        there.listen("inbox", far.append)
        redis_server.stop()
        await until(lambda: not here.connected)

        here.wake("inbox", "while it is away")
        here.publish("a")
        async with asyncio.timeout(10), here.lease("a") as held:
            assert not held.lost
        assert near == ["while it is away"]

        redis_server.start()
        await until(lambda: here.connected and there.connected)
        await until(lambda: _woken(here, far))


def _woken(bus: RedisBus, heard: list[str]) -> bool:
    """Wake until it is heard; the teller notices a new server a moment after the listener."""
    bus.wake("inbox", "again")
    return "again" in heard


async def test_a_bus_starts_without_redis(redis_server: RedisServer) -> None:
    redis_server.stop()
    bus = RedisBus(redis_server.url)
    await bus.start()
    heard: list[str] = []
    bus.listen("inbox", heard.append)
    bus.wake("inbox", "a")
    assert (heard, bus.connected) == (["a"], False)

    redis_server.start()
    await until(lambda: bus.connected)
    await bus.stop()


async def test_a_lease_outlives_its_time_while_it_is_renewed(redis_server: RedisServer) -> None:
    async with connected(redis_server, lease_seconds=0.15) as here, Redis.from_url(redis_server.url) as client:
        async with here.lease("a") as held:
            first = await client.get("suda:lease:a")
            left = [await client.pttl("suda:lease:a")]

            async def renewed_four_times() -> bool:
                left.append(await client.pttl("suda:lease:a"))
                return sum(later > sooner for sooner, later in pairwise(left)) >= 4

            await until(renewed_four_times)
            assert await client.get("suda:lease:a") == first
            assert not held.lost
        assert await client.get("suda:lease:a") is None


async def test_the_lease_of_a_dead_process_is_free_after_its_time(redis_server: RedisServer) -> None:
    async with Redis.from_url(redis_server.url) as client:
        await client.set("suda:lease:a", "a dead process", px=100)
    async with connected(redis_server) as here, asyncio.timeout(10), here.lease("a") as held:
        assert not held.lost


async def test_who_lost_his_lease_learns_of_it_and_takes_nobody_elses(redis_server: RedisServer) -> None:
    async with connected(redis_server, lease_seconds=0.1) as here, Redis.from_url(redis_server.url) as client:
        async with here.lease("a") as held:
            await client.set("suda:lease:a", "somebody else")
            await until(lambda: held.lost)
        assert await client.get("suda:lease:a") == b"somebody else"


async def test_a_lease_that_redis_forgot_is_taken_again(redis_server: RedisServer) -> None:
    async with (
        connected(redis_server, lease_seconds=0.1) as here,
        Redis.from_url(redis_server.url) as client,
        here.lease("a") as held,
    ):
        await client.flushall()

        async def taken_again() -> bool:
            return bool(await client.exists("suda:lease:a"))

        await until(taken_again)
        assert not held.lost


async def test_a_lease_is_kept_while_redis_is_away(redis_server: RedisServer) -> None:
    async with connected(redis_server, lease_seconds=0.1) as here, asyncio.timeout(10), here.lease("a") as held:
        redis_server.stop()
        await until(lambda: not here.connected)
        await asyncio.sleep(0.1)  # a renewal falls into this time and fails
        assert not held.lost


async def test_a_bad_signal_makes_nobody_deaf(redis_server: RedisServer) -> None:
    async with (
        connected(redis_server) as here,
        connected(redis_server) as there,
        Redis.from_url(redis_server.url) as client,
    ):
        heard: list[str] = []
        there.listen("inbox", heard.append)
        await client.publish("suda:signals", b"\xff not ours")
        here.wake("inbox", "a")

        await until(lambda: heard == ["a"])


async def test_three_hundred_leases_at_once_are_no_fault(redis_server: RedisServer) -> None:
    async with connected(redis_server) as here, asyncio.timeout(30):

        async def hold(number: int) -> bool:
            async with here.lease(f"conversation {number}") as held:
                return held.lost

        assert not any(await asyncio.gather(*(hold(number) for number in range(300))))
