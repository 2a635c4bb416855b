"""A node of suda under test: in this process, or as a process of its own that may be killed."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.app import Service
from bot.city import City
from bot.config import Settings
from bot.storage.migrate import migrate

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
"""Seconds to wait for something that must come; long, since other tests run on the same cores."""
SECRET = "a secret for tests, long enough to be one"


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(folder: Path, port: int, **more: str) -> dict[str, str]:
    """Settings of a node that keeps everything in a folder; nothing of the surrounding environment leaks in."""
    return {
        "SUDA_CITY": "anshan",
        "SUDA_DATA_DIR": str(folder),
        "SUDA_PORT": str(port),
        "SUDA_SECRET": SECRET,
        "SUDA_LOG_LEVEL": "warning",
        **more,
    }


@asynccontextmanager
async def serving(folder: Path, **more: str) -> AsyncIterator[Service]:
    """A node in this process, answering on its `base_url`, its encoder loaded."""
    async with starting(folder, **more) as service:
        if service.warming:
            await service.warming
        yield service


@asynccontextmanager
async def starting(folder: Path, **more: str) -> AsyncIterator[Service]:
    """The same from its first moment on: rules answer yet."""
    port = free_port()
    settings = Settings.load(environment(folder, port, **more))
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrate(settings.database_url)
    service = Service(settings, City.find(settings.city, settings.cities))
    runner = web.AppRunner(service.web_app(), auto_decompress=False, access_log=None)
    await service.start()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield service
    finally:
        await service.hang_up()
        await runner.cleanup()
        await service.stop()


async def eventually(true: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until a condition holds; says which one did not."""
    end = time.monotonic() + patience
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s: {true}")
        await asyncio.sleep(0.02)


async def until_true(true: Callable[[], Awaitable[object]], patience: float = PATIENCE) -> None:
    """The same for a condition that has to be asked for."""
    end = time.monotonic() + patience
    while not await true():
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s: {true}")
        await asyncio.sleep(0.02)


class Node:
    """`suda serve` as a process of its own, on one port for all its lives."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._environ = {
            **environment(folder, self.port, **more),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> Mapping[str, str]:
        """What `suda` commands need to look at the same record."""
        return self._environ

    async def start(self) -> float:
        """Start, and return when it is ready: after so many seconds."""
        began = time.monotonic()
        with (self._folder / "node.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220  # a fork of milliseconds, and `kill` must not wait
                [sys.executable, "-m", "bot", "serve"], env=self._environ, stdout=log, stderr=log, cwd=ROOT
            )
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE):
            while not await self._is_ready(session):
                assert self._process.poll() is None, self.log()[-4000:]
                await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    def log(self) -> str:
        """What all its lives have written."""
        return (self._folder / "node.log").read_text("utf-8")

    def kill(self) -> None:
        """SIGKILL: no last words. Killing what is gone already does nothing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> int:
        """SIGTERM, and wait for the end."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=PATIENCE)

    def run(self, *arguments: str, says: str = "") -> subprocess.CompletedProcess[str]:
        """A `suda` command over the same record, with words on its standard input."""
        return suda(self._environ, *arguments, says=says)


def suda(environ: Mapping[str, str], *arguments: str, says: str = "") -> subprocess.CompletedProcess[str]:
    """A `suda` command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ},
        input=says,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=4 * PATIENCE,
    )
