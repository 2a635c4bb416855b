"""Who is typing is seen by the other side though the two of them are at different nodes, over one Redis."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.secret import Secrets
from channels.message import Address
from channels.webchat.visitor import Seal
from handoff.desk import ActionKind
from tests.flows.cutting import logged_in
from tests.flows.node import SECRET, eventually, serving, until_true
from tests.flows.test_cuts import hire, words
from tests.flows.town import at_rest, operator_does
from tests.handoff.desk.conftest import Browser
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

WHO = Address(channel="web", account="main", user="visitor-of-two-nodes")


@dataclass
class Chat:
    """The citizen's open page."""

    socket: aiohttp.ClientWebSocketResponse
    frames: list[dict[str, Any]] = field(default_factory=list)

    async def listen(self) -> None:
        """Keep what it is told."""
        async for got in self.socket:
            self.frames.append(json.loads(got.data))

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Frames of a kind, in order."""
        return [frame for frame in self.frames if frame["type"] == kind]


@asynccontextmanager
async def chatting(url: str) -> AsyncIterator[Chat]:
    """The citizen's page at a node, greeted."""
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{url}/channels/web/socket") as socket:
        chat = Chat(socket)
        token = Seal(Secrets.of(SECRET).web).token(WHO.user)
        await socket.send_str(json.dumps({"type": "hello", "cursor": 0, "token": token}))
        listening = asyncio.create_task(chat.listen(), name="chat")
        try:
            await eventually(lambda: chat.told("welcome"))
            yield chat
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def desk_is_told(operator: Browser, url: str) -> bool:
    """Whether the operator's page hears that the citizen writes."""
    async with operator.http.get(f"{url}/desk/c/{WHO.key}/typing") as answer:
        return bool((await answer.json())["typing"])


async def test_typing_is_seen_from_node_to_node_both_ways_and_fades(
    tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer
) -> None:
    shared = {"SUDA_DATABASE_URL": postgres.record(), "SUDA_REDIS_URL": redis_server.url}
    folders = tmp_path / "one", tmp_path / "two"
    async with AsyncExitStack() as stack:
        one, two = [await stack.enter_async_context(serving(folder, **shared)) for folder in folders]
        await hire(one.storage)
        await one.inbox.receive(words(1, WHO))
        await at_rest(one)
        assert await operator_does(two, WHO.key, ActionKind.CLAIM) == "done"
        chat = await stack.enter_async_context(chatting(one.base_url))
        operator = await stack.enter_async_context(logged_in(two.base_url, "wangli"))
        await operator.get(f"/desk/c/{WHO.key}")
        form = {"csrf": operator.hidden("csrf")}
        await at_rest(one)
        kept = await one.storage.lines(WHO.key)

        assert not await desk_is_told(operator, two.base_url)
        await chat.socket.send_str(json.dumps({"type": "typing"}))
        await until_true(lambda: desk_is_told(operator, two.base_url))

        async def fades() -> bool:
            return not await desk_is_told(operator, two.base_url)

        await until_true(fades)

        await operator.post(f"/desk/c/{WHO.key}/typing", form)
        await eventually(lambda: chat.told("typing"))
        assert chat.told("typing")[0]["name"] == "王丽"
        assert await one.storage.lines(WHO.key) == kept, "no line comes of it"
