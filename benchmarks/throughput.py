"""How many WeChat messages a second become committed turns, and how soon the passive answer is there.

    python -m benchmarks.throughput [--seconds 15] [--at-once 32] [--citizens 200]

Safe mode, SQLite, one node as a process of its own, on loopback. Beside each figure stands the same load upon a plain
aiohttp server that echoes, in the same run, so that a slow machine does not look like a slow service.
"""

import argparse
import asyncio
import contextlib
import itertools
import multiprocessing
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from tests.fakes.wechat import WeChatServer
from tests.fakes.wechat_seal import xml_of
from tests.flows.node import Node, free_port
from tests.flows.town import wechat_settings

SENTENCES = (
    "铁东区和平小区12号楼门口的路灯坏了一个星期",
    "火警电话是多少",
    "我姓王，电话13900001111",
    "进度",
    "谢谢",
    "不是12号楼，是13号楼",
)

Post = Callable[[], Awaitable[None]]
"""Post one message, and read the answer."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One run."""

    count: int
    seconds: float
    waits: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.count / self.seconds

    def wait(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        ordered = sorted(self.waits)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def main() -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=15.0)
    options.add_argument("--at-once", type=int, default=32)
    options.add_argument("--citizens", type=int, default=200)
    given = options.parse_args()
    with echoing() as url:
        async with poster(url, lambda: ({}, b"<xml/>" * 40)) as post:
            echo = await measure(post, given.seconds / 3, given.at_once)
    async with a_node() as (wx, record):
        async with poster(wx.webhook, messages(wx, given.citizens)) as post:
            answered = await measure(post, given.seconds, given.at_once)
        turns = committed(record)
    print(f"plain aiohttp echo   {echo.rate:7.0f}/s   p50 {echo.wait(0.5):6.1f} ms   p99 {echo.wait(0.99):6.1f} ms")
    print(
        f"suda, safe mode      {answered.rate:7.0f}/s   p50 {answered.wait(0.5):6.1f} ms"
        f"   p99 {answered.wait(0.99):6.1f} ms   {given.at_once} at once"
    )
    print(f"committed turns      {turns / answered.seconds:7.0f}/s")
    print(f"ratio to the echo    {answered.rate / echo.rate:7.3f}")


async def measure(post: Post, seconds: float, at_once: int) -> Figures:
    """Post as fast as answers come, so many at once."""
    waits: list[float] = []
    began = time.perf_counter()

    async def again_and_again() -> None:
        while time.perf_counter() - began < seconds:
            sent = time.perf_counter()
            await post()
            waits.append(time.perf_counter() - sent)

    await asyncio.gather(*(again_and_again() for _ in range(at_once)))
    return Figures(len(waits), time.perf_counter() - began, tuple(waits))


@asynccontextmanager
async def poster(url: str, make: Callable[[], tuple[dict[str, str], bytes]]) -> AsyncIterator[Post]:
    """Posts what is made, over connections that stay open."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def post() -> None:
            query, body = make()
            async with session.post(url, params=query, data=body) as answer:
                assert answer.status == 200, answer.status
                await answer.read()

        yield post


def messages(wx: WeChatServer, citizens: int) -> Callable[[], tuple[dict[str, str], bytes]]:
    """Text messages as WeChat sends them, of so many citizens in turn."""
    numbers = itertools.count()

    def make() -> tuple[dict[str, str], bytes]:
        number = next(numbers)
        head = {"ToUserName": "gh_suda", "FromUserName": f"oBench{number % citizens}", "CreateTime": int(time.time())}
        text = SENTENCES[number // citizens % len(SENTENCES)]
        body = {**head, "MsgType": "text", "Content": text, "MsgId": wx.next_number()}
        return wx.seal.webhook(xml_of(body))

    return make


def committed(record: Path) -> int:
    """How many messages were handled."""
    with contextlib.closing(sqlite3.connect(record)) as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM events WHERE kind = 'message' AND handled_at IS NOT NULL"
        ).fetchone()
    return int(count)


@asynccontextmanager
async def a_node() -> AsyncIterator[tuple[WeChatServer, Path]]:
    """A node, and where its record is."""
    with tempfile.TemporaryDirectory() as folder:
        async with WeChatServer() as wx:
            node = Node(Path(folder), **wechat_settings(wx))
            try:
                print(f"ready after          {await node.start():7.2f} s")
                wx.webhook = f"{node.url}/channels/wechat/main"
                yield wx, Path(folder) / "suda.db"
                node.stop()
            finally:
                node.kill()


@contextlib.contextmanager
def echoing() -> Iterator[str]:
    """A plain aiohttp server in a process of its own."""
    port = free_port()
    server = multiprocessing.Process(target=_echo, args=(port,), daemon=True)
    server.start()
    time.sleep(1.5)
    yield f"http://127.0.0.1:{port}/"
    server.terminate()
    server.join()


def _echo(port: int) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    app = web.Application()
    app.router.add_post("/", answer)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


if __name__ == "__main__":
    asyncio.run(main())
