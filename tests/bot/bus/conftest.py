"""The two ends of a bus of each kind."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.bus.base import Bus
from bot.bus.local import LocalBus
from bot.bus.redis import RedisBus


@pytest.fixture(params=["local", "redis"])
async def ends(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Bus, Bus]]:
    """Two ends of one bus: of two processes over Redis, or one and the same."""
    if request.param == "local":
        local = LocalBus()
        await local.start()
        yield local, local
        await local.stop()
        return
    url = request.getfixturevalue("redis_server").url
    here, there = RedisBus(url), RedisBus(url)
    for bus in (here, there):
        await bus.start()
    await until(lambda: here.connected and there.connected)
    yield here, there
    for bus in (here, there):
        await bus.stop()


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 10.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while True:
            met = condition()
            if met if isinstance(met, bool) else await met:
                return
            await asyncio.sleep(0.005)
