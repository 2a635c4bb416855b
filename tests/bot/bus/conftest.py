"""A real Redis on a socket of its own, and the two ends of a bus of each kind."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NotThere

from bot.bus.base import Bus
from bot.bus.local import LocalBus
from bot.bus.redis import RedisBus


class Server:
    """A redis-server that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert shutil.which("redis-server"), "the tests need redis-server; on Debian: apt-get install redis-server"
        quiet = ["--save", "", "--appendonly", "no", "--dir", str(self._socket.parent), "--loglevel", "warning"]
        command = ["redis-server", "--port", "0", "--unixsocket", str(self._socket), *quiet]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except (NotThere, OSError):
                    assert self._process.poll() is None, "redis-server did not start"

    def stop(self) -> None:
        """Kill it, with all that it knew."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def server() -> Iterator[Server]:
    """A running Redis."""
    # a socket's path may have 107 letters, which pytest's own folders exceed
    with tempfile.TemporaryDirectory(prefix="suda") as folder:
        server = Server(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture(params=["local", "redis"])
async def ends(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Bus, Bus]]:
    """Two ends of one bus: of two processes over Redis, or one and the same."""
    if request.param == "local":
        local = LocalBus()
        await local.start()
        yield local, local
        await local.stop()
        return
    url = request.getfixturevalue("server").url
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
