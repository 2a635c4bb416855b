"""Two processes on one PostgreSQL and Redis: a message is answered once, whichever it reaches; one may be killed."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path

import pytest

from bot.app import Service
from bot.secret import Secrets
from bot.storage.sql import SqlStorage
from bot.turn import Fate
from handoff.desk import ActionKind
from tests.drills.citizens import OnWeb, once
from tests.drills.script import Act, Step
from tests.fakes.case_system import FakeCaseSystem, Fault
from tests.fakes.wechat import Citizen, Shown, WeChatServer
from tests.fakes.wechat_seal import Seal
from tests.flows.node import PATIENCE, SECRET, Node, eventually, serving, until_true
from tests.flows.town import a_case_system, case_settings, fetched, operator_does, wechat_settings
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

CITIZENS = 6
MATTER = "铁西区和平小区3号楼门口的路灯坏了一个星期"


class SpreadWeChat(WeChatServer):
    """WeChat behind a proxy that gives each delivery to the next node."""

    def towards(self, *nodes: Node) -> None:
        """From now on these nodes take turns."""
        self._webhooks = cycle([f"{node.url}/channels/wechat/main" for node in nodes])

    async def post(self, query: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """One delivery to the node whose turn it is."""
        self.webhook = next(self._webhooks)
        return await super().post(query, body)


@asynccontextmanager
async def a_town(
    folder: Path, postgres: PostgresServer, redis: RedisServer, **more: str
) -> AsyncIterator[tuple[SpreadWeChat, FakeCaseSystem, SqlStorage, tuple[Node, Node]]]:
    """WeChat, a case system, the record, and two nodes that are not started yet."""
    async with SpreadWeChat(seal=Seal(mode="safe"), patience=10.0, pause=0.3) as wx, a_case_system() as case:
        url = postgres.record()
        record = SqlStorage(url)
        await record.start()
        settings = {
            **wechat_settings(wx),
            **case_settings(case),
            "SUDA_DATABASE_URL": url,
            "SUDA_REDIS_URL": redis.url,
            **more,
        }
        nodes = _node(folder / "one", settings), _node(folder / "two", settings)
        try:
            yield wx, case, record, nodes
        finally:
            for node in nodes:
                node.kill()
            await record.stop()


def _node(folder: Path, settings: Mapping[str, str]) -> Node:
    folder.mkdir()
    return Node(folder, **settings)


async def tells(citizen: Citizen, *, lose: int = 0) -> Shown:
    """A citizen's whole matter, up to the number of his ticket."""
    await citizen.says(MATTER, lose=lose)
    await citizen.says("我姓王，电话13900001111", lose=lose)
    await citizen.sees("请核对", PATIENCE)
    await citizen.taps("确认提交")
    return await citizen.sees("已为您登记", PATIENCE)


async def turns_of(node: Node) -> int:
    """How many turns this node handled."""
    _, page = await fetched(f"{node.url}/metrics")
    return sum(int(float(count)) for count in re.findall(r"^suda_turns_total\{.*\} (\S+)$", page.decode(), re.M))


async def at_rest(record: SqlStorage) -> None:
    """Wait until all is handled and all has left."""

    async def idle() -> bool:
        return not await record.ready() and not await record.deliveries((Fate.PENDING, Fate.SENDING))

    await until_true(idle, 2 * PATIENCE)


async def test_each_message_is_answered_once_whichever_of_two_nodes_it_reaches(
    tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer
) -> None:
    async with a_town(tmp_path, postgres, redis_server) as (wx, case, record, nodes):
        await asyncio.gather(*(node.start() for node in nodes))
        wx.towards(*nodes)
        citizens = [wx.citizen(f"oCitizen{number}") for number in range(CITIZENS)]

        # of every second citizen each first answer is lost, so that WeChat asks the other node again
        await asyncio.gather(*(tells(citizen, lose=number % 2) for number, citizen in enumerate(citizens)))
        await at_rest(record)

        for citizen in citizens:
            assert not [text for text, times in Counter(citizen.texts).items() if times > 1]
            assert not any(shown.failed for shown in citizen.screen)
        assert set(case.seen.values()) == {1}
        assert len(case.tickets) == CITIZENS
        assert not [delivery.id for delivery in await record.deliveries(list(Fate)) if delivery.attempts != 1]
        handled = [await turns_of(node) for node in nodes]
        assert min(handled) > 0, "both had a part in it"
        report = await record.audit()
        # of each citizen three messages, and that the case system took his ticket
        assert (report.messages, sum(handled)) == (3 * CITIZENS, 4 * CITIZENS)
        assert [node.stop() for node in nodes] == [0, 0]


async def test_an_open_page_shows_at_once_what_the_other_node_wrote(
    tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer
) -> None:
    shared = {"SUDA_DATABASE_URL": postgres.record(), "SUDA_REDIS_URL": redis_server.url}
    async with serving(tmp_path / "one", **shared) as one, serving(tmp_path / "two", **shared) as two:
        await until_true(lambda: _connected(one, two))
        page = OnWeb(lambda: one.base_url, Secrets.of(SECRET).web, 1, once)
        try:
            await page.does(Step(act=Act.SAYS, text="你好"), 1)
            await eventually(lambda: page.screen())

            assert await operator_does(two, page.conversation_id, ActionKind.CLAIM) == "done"
            # whichever node takes each turn: a page that nobody wakes looks again after its heartbeat of 25 s
            for number in range(6):
                words = f"您好，这是第 {number} 句。"
                assert await operator_does(two, page.conversation_id, ActionKind.REPLY, words) == "done"
                await eventually(lambda: page.screen()[-1] == words, 10)  # noqa: B023  # awaited in the same round
        finally:
            await page.close()


async def _connected(*services: Service) -> bool:
    return all(service.bus.connected for service in services)


@pytest.mark.drill
async def test_what_a_killed_node_had_in_hand_is_finished_by_the_other(
    tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer
) -> None:
    slow = {"SUDA_SETTLE_WECHAT_QUIET": "2.5", "SUDA_SETTLE_WECHAT_MOST": "2.5"}
    async with a_town(tmp_path, postgres, redis_server, **slow) as (wx, case, record, (one, two)):
        await one.start()
        wx.towards(one)
        li, wang = wx.citizen("oLi"), wx.citizen("oWang")
        case.faults.append(Fault.SILENT)
        await tells(li)

        async def leaving() -> bool:
            return len(await record.deliveries((Fate.SENDING,))) == 1

        await until_true(leaving)
        await two.start()
        assert await leaving(), "a node that comes leaves alone what another is sending"
        assert case.tickets == {}
        asking = asyncio.create_task(wang.says("你好，路灯坏了"))
        await until_true(record.ready)
        one.kill()
        wx.towards(two)

        await asking
        await at_rest(record)
        assert [shown.failed for shown in wang.screen] == [False]
        assert [text for text, times in Counter(li.texts + wang.texts).items() if times > 1] == []
        assert len(case.tickets) == 1
        report = await record.audit()
        assert (report.unhandled, report.open_deliveries, report.doubled_tickets) == ((), (), ())
        assert two.stop() == 0
