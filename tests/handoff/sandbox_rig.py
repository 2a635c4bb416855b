"""A sandbox and the front door of suda, both served on loopback, so that a step travels the real way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff.callback import MAX_BODY, StatusCallback
from handoff.sandbox import Sandbox, SignedPost
from handoff.states import StateTable
from handoff.ticket import StatusUpdate

SECRET = "made-up secret"
TABLE = StateTable.load()


class Front:
    """What suda got."""

    def __init__(self) -> None:
        self.updates: list[StatusUpdate] = []
        self.buried: list[tuple[bytes, str]] = []
        self.counted: list[str] = []
        self.known = True
        self.closed = False
        self.calls = 0

    async def receive(self, update: StatusUpdate) -> bool:
        """As the inbox would."""
        self.calls += 1
        if self.closed:
            raise web.HTTPServiceUnavailable
        self.updates.append(update)
        return self.known

    async def bury(self, channel: str, account: str, body: bytes, reason: str) -> None:
        """Keep a dead letter."""
        assert (channel, account) == ("case_system", "status")
        self.buried.append((body, reason))

    def count(self, channel: str, what: str) -> None:
        """Count."""
        assert channel == "case_system"
        self.counted.append(what)

    def callback(self, max_body: int = MAX_BODY) -> StatusCallback:
        """The door itself."""
        return StatusCallback(self.receive, [SECRET], self.bury, self.count, max_body=max_body)


@asynccontextmanager
async def serving(
    database: Path | str, front: Front, login: tuple[str, str] | None = None, secret: str = SECRET
) -> AsyncIterator[tuple[Sandbox, TestServer]]:
    """Both on one server, as `suda serve` has them."""
    server: TestServer
    sandbox = Sandbox(
        database,
        SignedPost(lambda: str(server.make_url("/handoff/status")), secret),
        TABLE,
        login,
        loopback_only=login is None,
        first_pause=0.02,
        units=("市照明管理处", "和平街道办事处"),
    )
    app = web.Application()
    app.add_routes(sandbox.routes())
    app.add_routes(front.callback().routes())
    server = TestServer(app)
    await server.start_server()
    await sandbox.start()
    try:
        yield sandbox, server
    finally:
        await sandbox.stop()
        await server.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the condition lives in another system
            await asyncio.sleep(0.01)
