"""A proxy that cuts, and a page's live connection without the page: what it heard, in the order in which it came."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import ClientSession, CookieJar

from tests.handoff.desk.conftest import Browser


class CuttingProxy:
    """Passes bytes on to a port that may change, until it is told to cut: both ends then see a reset."""

    def __init__(self, towards: Callable[[], int]) -> None:
        self._towards = towards
        self._writers: set[asyncio.StreamWriter] = set()
        self.cuts = 0
        self.url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["CuttingProxy"]:
        """Listen on a free port."""
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            self.cut()

    def cut(self) -> bool:
        """Tear off all that is open; False when nothing was."""
        torn = bool(self._writers)
        for writer in self._writers:
            writer.transport.abort()
        self.cuts += torn
        return torn

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward_reader, onward = await asyncio.open_connection("127.0.0.1", self._towards())
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, onward}
        try:
            await asyncio.gather(_pass(reader, onward), _pass(onward_reader, writer))
        finally:
            self._writers -= {writer, onward}
            for each in (writer, onward):
                each.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while content := await reader.read(65536):
            writer.write(content)
            await writer.drain()
    except OSError:
        pass  # the cut itself: there is nothing more to pass on
    finally:
        writer.transport.abort()


@dataclass
class LiveClient:
    """An EventSource: comes back after each cut and says how far it came."""

    http: ClientSession
    base: str
    last: int = 0
    heard: list[tuple[int, str]] = field(default_factory=list)
    """(number, conversation) of every change that it was told."""
    greetings: int = 0
    met: int = 0
    """Greetings that a cut has answered."""
    over: bool = False

    async def run(self) -> None:
        """Listen until cancelled or no longer welcome."""
        while not self.over:
            try:
                await self._listen()
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(0.005)

    async def _listen(self) -> None:
        headers = {"Last-Event-ID": str(self.last)} if self.heard else {}
        async with self.http.get(f"{self.base}/desk/live?after=0", headers=headers) as response:
            name, number = "", self.last
            while line := (await response.content.readline()).decode():
                # A cut in the middle of an event leaves half a line, which counts for nothing, as in a browser.
                if line.endswith("\n") and line.startswith("id: "):
                    number = int(line[4:])
                elif line.startswith("event: "):
                    name = line[7:].strip()
                elif line.startswith("data: "):
                    data = line[6:]
                elif line == "\n":
                    self._hear(name, number, json.loads(data))

    def _hear(self, name: str, number: int, data: dict[str, str]) -> None:
        self.last = number
        self.greetings += name == "hello"
        self.over = name == "expired"
        if name == "change":
            self.heard.append((number, data["conversation"]))


@asynccontextmanager
async def logged_in(base: str, name: str) -> AsyncIterator[Browser]:
    """An operator's browser."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=None)) as http:
        browser = Browser(http, base)
        await browser.log_in(name)
        yield browser


def lines_of(page: str) -> list[str]:
    """Ids of the lines that a conversation's page shows, in order."""
    return re.findall(r'<li class="line line-\w+" data-key="([^"]+)"', page)
