"""The live connection of the desk under cuts and traffic: nothing is missed and nothing is told twice."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, expect

from bot.app import Service
from bot.storage.base import Storage
from bot.storage.sql import SqlStorage
from bot.turn import Event, EventKind
from channels.message import Address, Message, MessageKind
from handoff.console.auth import hash_password
from handoff.desk import ActionKind, Operator
from tests.flows.cutting import CuttingProxy, LiveClient, lines_of, logged_in
from tests.flows.node import PATIENCE, Node, eventually, serving, until_true
from tests.flows.town import operator_does
from tests.handoff.desk.conftest import PASSWORD
from tests.handoff.desk.test_browser import chromium as chromium  # a fixture
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

PEOPLE = [Address(channel="web", account="main", user=f"citizen-{number}") for number in range(6)]


async def hire(storage: Storage) -> None:
    """The account that looks on."""
    hashed = await asyncio.to_thread(hash_password, PASSWORD)
    await storage.save_operator(Operator(name="wangli", display_name="王丽", role="operator", password_hash=hashed))


def words(number: int, address: Address) -> Message:
    """What a citizen says."""
    return Message(id=f"m{number}", address=address, kind=MessageKind.TEXT, sent_at=1.0, text=f"第 {number} 句")


async def traffic(service: Service) -> None:
    """Citizens write and an operator claims, answers and gives back, until cancelled."""
    for number in itertools.count():
        who = PEOPLE[number % len(PEOPLE)]
        await service.inbox.receive(words(number, who))
        kind = (ActionKind.CLAIM, ActionKind.REPLY, ActionKind.GIVE_BACK)[number % 3]
        await operator_does(service, PEOPLE[number // 3 % len(PEOPLE)].key, kind, f"回答 {number}")
        await asyncio.sleep(0.01)


@asynccontextmanager
async def going_on(*works: object) -> AsyncIterator[None]:
    """Tasks beside what happens inside; one that broke is told."""
    tasks = [asyncio.ensure_future(work) for work in works]  # type: ignore[call-overload]  # coroutines
    try:
        yield
        assert not [task for task in tasks if task.done()], "it should go on"
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with_error = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(with_error[0], asyncio.CancelledError), with_error


async def cut_so_often(proxy: CuttingProxy, client: LiveClient, times: int) -> None:
    """Each cut meets a connection that was greeted."""
    for _ in range(times):
        await eventually(lambda: client.greetings > client.met)
        client.met = client.greetings
        assert proxy.cut()


async def settled(record: Storage) -> None:
    """Until nothing changes any more."""

    async def same() -> bool:
        before = await record.latest_change()
        await asyncio.sleep(0.3)
        return not await record.ready() and await record.latest_change() == before

    await until_true(same)


async def tells_all_once(record: Storage, client: LiveClient) -> None:
    """What it heard is what the record has."""
    await settled(record)
    last = await record.latest_change()
    await eventually(lambda: client.heard and client.heard[-1][0] == last)

    numbers = [number for number, _ in client.heard]
    doubled = len(numbers) - len(set(numbers))
    kept = {change.conversation_id: change.number for change in await record.changes(0)}
    latest = {conversation: number for number, conversation in client.heard}
    missed = {conversation for conversation, number in kept.items() if latest.get(conversation) != number}
    assert numbers == sorted(numbers)
    assert (doubled, missed) == (0, set())


async def under_cuts(folder: Path, times: int) -> None:
    """One node, traffic, and so many cuts."""
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(serving(folder))
        await hire(service.storage)
        port = int(service.base_url.rpartition(":")[2])
        proxy = await stack.enter_async_context(CuttingProxy(lambda: port).open())
        browser = await stack.enter_async_context(logged_in(service.base_url, "wangli"))
        client = LiveClient(browser.http, proxy.url)
        async with going_on(client.run()):
            async with going_on(traffic(service)):
                await cut_so_often(proxy, client, times)
            await tells_all_once(service.storage, client)
        assert proxy.cuts == times


async def test_fifty_cuts_under_traffic_miss_nothing_and_double_nothing(tmp_path: Path) -> None:
    await under_cuts(tmp_path, 50)


@pytest.mark.drill
@pytest.mark.timeout(600)
async def test_five_hundred_cuts_under_traffic_miss_nothing_and_double_nothing(tmp_path: Path) -> None:
    await under_cuts(tmp_path, 500)


WATCH = """() => {
  window.neverReloaded = true;
  window.came = {}; window.doubled = [];
  const look = () => {
    const keys = [...document.querySelectorAll("li.line")].map((line) => line.dataset.key);
    const words = [...document.querySelectorAll(".line-citizen .line-text")].map((line) => line.textContent.trim());
    for (const all of [keys, words]) if (new Set(all).size !== all.length) window.doubled.push(all.join(" "));
    return keys;
  };
  for (const key of look()) window.came[key] = 1;
  new MutationObserver((changes) => {
    look();
    for (const change of changes) for (const added of change.addedNodes) {
      if (added.nodeType !== 1) continue;
      const lines = added.matches("li.line") ? [added] : [...added.querySelectorAll("li.line")];
      for (const line of lines) window.came[line.dataset.key] = (window.came[line.dataset.key] ?? 0) + 1;
    }
  }).observe(document.querySelector("[data-part=lines]"), { childList: true, subtree: true });
}"""
"""Counts how often each line was put on the screen, and looks at every change for one that is there twice."""


async def shown(page: Page) -> list[str]:
    """Ids of the lines on the screen."""
    found: list[str] = await page.evaluate("[...document.querySelectorAll('li.line')].map((line) => line.dataset.key)")
    return found


async def screen_under_cuts(folder: Path, chromium: Chromium, times: int) -> None:
    """A real page under so many cuts, with somebody writing before, in and after each.

    Every line comes onto the screen once and once only, in order, and the page is never loaded anew.
    """
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(serving(folder))
        await hire(service.storage)
        await service.inbox.receive(words(0, PEOPLE[0]))
        # Held by a colleague: only the citizen's own words come, so that each is a change of its own.
        await settled(service.storage)
        await operator_does(service, PEOPLE[0].key, ActionKind.CLAIM)
        await settled(service.storage)
        port = int(service.base_url.rpartition(":")[2])
        proxy = await stack.enter_async_context(CuttingProxy(lambda: port).open())
        page = await (await chromium.new_context(base_url=proxy.url)).new_page()
        await page.goto(f"/desk/c/{PEOPLE[0].key}")
        await page.get_by_label("用户名").fill("wangli")
        await page.get_by_label("密码").fill(PASSWORD)
        await page.get_by_role("button", name="登录").click()
        await expect(page.locator("li.line").first).to_be_visible()
        await page.evaluate(WATCH)
        number, keys = itertools.count(1), set(await shown(page))
        for _ in range(times):
            await expect(page.locator("[data-live-state=on]")).to_be_visible(timeout=PATIENCE * 1000)
            before, during = next(number), next(number)
            await service.inbox.receive(words(before, PEOPLE[0]))
            proxy.cut()
            await service.inbox.receive(words(during, PEOPLE[0]))
            await expect(page.locator(f"li.line[data-key='m{during}']")).to_be_visible(timeout=PATIENCE * 1000)
        await settled(service.storage)

        kept = [line.body.id for line in await service.storage.last_lines(PEOPLE[0].key, 200)]

        async def same() -> bool:
            return (await shown(page))[-len(kept) :] == kept

        await until_true(same)
        came = await page.evaluate("window.came")
        said = {f"m{each}" for each in range(next(number))}
        assert await page.evaluate("window.neverReloaded")
        assert await page.evaluate("window.doubled") == [], "no line is on the screen twice, at no moment"
        assert said - set(came) == set(), "missed"
        assert {key: times for key, times in came.items() if times != 1} == {}, "put there again"
        assert keys <= set(came)
        assert proxy.cuts >= times
        async with logged_in(service.base_url, "wangli") as browser:
            await browser.get(f"/desk/c/{PEOPLE[0].key}")
            assert lines_of(browser.page) == kept[-len(lines_of(browser.page)) :]


@pytest.mark.browser
async def test_after_cuts_the_screen_shows_exactly_what_the_record_has(tmp_path: Path, chromium: Chromium) -> None:
    await screen_under_cuts(tmp_path, chromium, 5)


@pytest.mark.browser
@pytest.mark.endurance
@pytest.mark.timeout(1800)
async def test_after_five_hundred_cuts_the_screen_shows_exactly_what_the_record_has(
    tmp_path: Path, chromium: Chromium
) -> None:
    await screen_under_cuts(tmp_path, chromium, 500)


async def many_write(records: Sequence[SqlStorage]) -> None:
    """Citizens reach whichever node, until cancelled."""
    for number in itertools.count():
        said = words(number, PEOPLE[number % len(PEOPLE)])
        event = Event(id=said.id, conversation_id=said.address.key, kind=EventKind.MESSAGE, body=said, at=time.time())
        await records[number % len(records)].append(event)
        await asyncio.sleep(0.1)


@pytest.mark.timeout(240)
async def test_a_page_that_goes_from_node_to_node_misses_nothing_though_one_is_killed_and_comes_back(
    tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer
) -> None:
    url = postgres.record()
    shared = {"SUDA_DATABASE_URL": url, "SUDA_REDIS_URL": redis_server.url}
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
    nodes = [Node(folder, **shared) for folder in folders]
    turns = itertools.cycle(nodes)
    records = [SqlStorage(url), SqlStorage(url)]
    async with AsyncExitStack() as stack:
        for record in records:
            await record.start()
            stack.push_async_callback(record.stop)
        for node in nodes:
            stack.callback(node.kill)
            await node.start()
        await hire(records[0])
        proxy = await stack.enter_async_context(CuttingProxy(lambda: next(turns).port).open())
        browser = await stack.enter_async_context(logged_in(nodes[0].url, "wangli"))
        client = LiveClient(browser.http, proxy.url)
        async with going_on(client.run()):
            async with going_on(many_write(records)):
                await cut_so_often(proxy, client, 10)
                nodes[0].kill()
                await cut_so_often(proxy, client, 10)
                await nodes[0].start()
                await cut_so_often(proxy, client, 10)
            await tells_all_once(records[0], client)
