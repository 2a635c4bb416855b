"""How soon the desk's queue can be used, and how soon what was committed is on the screen, with a full record.

    make bench-desk        (or: python -m benchmarks.desk [--conversations 10000] [--waiting 200] [--events 200])

A node as a process of its own on SQLite, a real Chromium, on loopback. Usable: the rows are there, the page is live,
and a row can be opened. On screen: painted, counted from when the record had committed the message. Beside it stands
what the same browser takes for the least of pages, so that a busy machine does not look like a slow desk.
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright
from sqlalchemy import Connection

from bot.conversation import Conversation, Holder
from bot.storage.dialect import connect, open_engine
from bot.storage.migrate import migrate
from bot.storage.rows import conversation_values, encode
from bot.storage.schema import changes, conversations, counters, events, lines
from bot.storage.sql import SqlStorage
from bot.turn import Event, EventKind
from channels.message import Address, Message, MessageKind
from handoff.console.auth import hash_password
from handoff.desk import Operator
from tests.chromium import FLAGS
from tests.flows.node import Node
from tests.handoff.desk.conftest import PASSWORD

SENTENCES = (
    "小区门口的路灯坏了三天没人修",
    "楼下烧烤店半夜还很吵",
    "公交车很久不来",
    "医保怎么异地备案",
    "井盖松了，车一压就响",
)
EACH = 10
"""Messages in each conversation."""
OPENINGS = 7


async def main() -> None:
    """Measure, print, and append to the record of figures."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--conversations", type=int, default=10_000)
    options.add_argument("--waiting", type=int, default=200)
    options.add_argument("--events", type=int, default=200)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/suda.db"
        fill(url, given.conversations, given.waiting)
        figures = {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            "load": round(os.getloadavg()[0], 1),
            "conversations": given.conversations,
            "waiting": given.waiting,
            "messages": given.conversations * EACH,
            **await measure(Path(folder), url, given.events),
        }
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    if given.out:
        with given.out.open("a") as out:
            out.write(json.dumps(figures, ensure_ascii=False) + "\n")


def fill(url: str, count: int, waiting: int) -> None:
    """So many conversations, the last of which wait for a person."""
    migrate(url)
    engine = open_engine(url)
    connection = connect(engine, reads=False)
    with connection.begin():
        for number in range(count):
            _add_conversation(
                connection, number, waits=number >= count - waiting, at=time.time() - 60 * (count - number)
            )
        connection.execute(counters.insert(), {"name": "changes", "value": count})
    connection.close()
    engine.dispose()


def _add_conversation(connection: Connection, number: int, *, waits: bool, at: float) -> None:
    who = Address(channel="web", account="main", user=f"bench-{number}")
    talk = Conversation(id=who.key, address=who, version=1, last_message_at=at)
    if waits:
        talk = talk.waiting("asked", at)
    words = SENTENCES[number % len(SENTENCES)]
    last = {"last_text": words, "last_at": at}
    connection.execute(conversations.insert(), {"id": who.key, **conversation_values(talk, at), **last})
    connection.execute(changes.insert(), {"conversation_id": who.key, "number": number + 1})
    first = number * EACH + 1
    said = [
        Message(id=f"b{number}-{place}", address=who, kind=MessageKind.TEXT, sent_at=at, text=f"{words} {number}")
        for place in range(EACH)
    ]
    rows = [
        {"seq": first + place, "id": each.id, "kind": str(EventKind.MESSAGE), "body": encode(each)}
        for place, each in enumerate(said)
    ]
    rest = {"conversation_id": who.key, "at": at, "handled_at": at, "outcome": "answer", "error": ""}
    connection.execute(events.insert(), [{**row, **rest} for row in rows])
    spoken = [{"conversation_id": who.key, "event_seq": first + place, "at": at} for place in range(EACH)]
    connection.execute(lines.insert(), spoken)


async def measure(folder: Path, url: str, count: int) -> dict[str, Any]:
    """The page opened, and events seen from it."""
    record = SqlStorage(url)
    await record.start()
    hashed = await asyncio.to_thread(hash_password, PASSWORD)
    await record.save_operator(Operator(name="bench", display_name="测", role="operator", password_hash=hashed))
    node = Node(folder)
    await node.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = await (await browser.new_context(base_url=node.url)).new_page()
            await page.goto("/desk")
            await page.get_by_label("用户名").fill("bench")
            await page.get_by_label("密码").fill(PASSWORD)
            await page.get_by_role("button", name="登录").click()
            await page.wait_for_selector("[data-live-state=on]")
            openings = [await opening(page) for _ in range(OPENINGS)]
            queue = [await seen(page, record, f"q{number}") for number in range(count // 2)]
            last = (await record.conversations(Holder.WAITING, 1))[0].conversation.address
            await page.goto(f"/desk/c/{last.key}")
            await page.wait_for_selector("[data-live-state=on]")
            thread = [await seen(page, record, f"t{number}", to=last) for number in range(count // 2)]
            floor = [float(await page.evaluate(_FLOOR)) for _ in range(count // 2)]
            searches = [await searching(page, words) for words in ("井盖", "吵 9", "没有这样的话", "响 77")]
            await browser.close()
    finally:
        node.kill()
        await record.stop()
    return {
        "s until the queue is usable, median": round(statistics.median(openings), 3),
        "s until the queue is usable, most": round(max(openings), 3),
        **_waits("ms until a new conversation is on the screen", queue),
        **_waits("ms until a message is on the screen", thread),
        **_waits("ms to fetch an icon and paint, the least that any page takes here", floor),
        "s until a search is answered, most": round(max(searches), 3),
    }


def _waits(name: str, seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        f"{name}, median": round(1000 * statistics.median(ordered), 1),
        f"{name}, 95 of 100": round(1000 * ordered[int(0.95 * len(ordered))], 1),
    }


async def opening(page: Page) -> float:
    """Seconds from asking for the page until it is live and its first row takes the focus."""
    began = time.perf_counter()
    await page.goto("/desk", wait_until="commit")
    await page.wait_for_selector("[data-live-state=on]")
    await page.locator("[data-part=waiting] a").first.focus()
    return time.perf_counter() - began


async def searching(page: Page, words: str) -> float:
    """Seconds from asking until the answer stands there."""
    began = time.perf_counter()
    await page.goto(f"/desk?q={words}", wait_until="commit")
    await page.wait_for_selector("[data-part=found] li")
    return time.perf_counter() - began


_PAINTED = """words => new Promise((done) => {
  const look = () => document.body.textContent.includes(words) && (
    requestAnimationFrame(() => setTimeout(() => done(Date.now() / 1000))), true);
  if (!look()) {
    const watching = new MutationObserver(() => { if (look()) watching.disconnect(); });
    watching.observe(document.body, { childList: true, subtree: true, characterData: true });
  }
})"""


_FLOOR = """async () => {
  const began = performance.now();
  await (await fetch("/desk/static/desk-icon.svg", { cache: "no-store" })).text();
  document.title = String(began);
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return (performance.now() - began) / 1000;
}"""


async def seen(page: Page, record: SqlStorage, name: str, *, to: Address | None = None) -> float:
    """Seconds from the commit of a message until the page has painted it. Another process commits it, as another node
    would, so the service learns of it from the record alone."""
    who = to or Address(channel="web", account="main", user=f"fresh-{name}")
    words = f"新消息{name}号"
    body = Message(id=f"new-{name}", address=who, kind=MessageKind.TEXT, sent_at=time.time(), text=words)
    watching = asyncio.create_task(page.evaluate(_PAINTED, words))
    await asyncio.sleep(0.05)  # the page is watched by then
    event = Event(id=body.id, conversation_id=who.key, kind=EventKind.MESSAGE, body=body, at=time.time())
    await record.append(event)
    committed = time.time()
    painted: float = await watching
    return painted - committed


if __name__ == "__main__":
    asyncio.run(main())
