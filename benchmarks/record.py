"""What the record costs on this machine: appends a second and the time of a commit, beside plain sqlite3.

Run it with `python -m benchmarks.record`. All figures wait for the disk (SQLite WAL, synchronous=FULL).
"""

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bot.storage.migrate import migrate
from bot.storage.sql import SqlStorage
from bot.turn import Delivery, Destination, Event, EventKind, Outcomes, Turn
from channels.message import Address, Message, MessageKind, Reply

APPENDS = 3200
AT_ONCE = 32
TURNS = 300


def main() -> None:
    """Measure all and print a line for each."""
    with tempfile.TemporaryDirectory() as folder:
        baseline = plain_sqlite(Path(folder) / "plain.db", 500)
        migrate(f"sqlite:///{folder}/suda.db")
        figures = asyncio.run(measure(f"sqlite:///{folder}/suda.db"))
    figures = {"plain sqlite3, one insert and commit after the other, per second": baseline, **figures}
    for name, figure in figures.items():
        sys.stdout.write(f"{figure:10.1f}  {name}\n")


def plain_sqlite(path: Path, count: int) -> float:
    """The baseline: a message-sized row a transaction, in one thread, with the same care for the disk."""
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, body TEXT)")
        begun = time.perf_counter()
        for number in range(count):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO events (id, body) VALUES (?, ?)", (f"e{number}", "x" * 500))
            connection.execute("COMMIT")
        seconds = time.perf_counter() - begun
    connection.close()
    return count / seconds


async def measure(url: str) -> dict[str, float]:
    """Appends by one and by many, loads and commits."""
    record = SqlStorage(url)
    await record.start()
    one = await appends(record, 1, 300)
    many = await appends(record, AT_ONCE, APPENDS // AT_ONCE)
    loads, commits = await turns(record)
    await record.stop()
    return {
        "appends per second, one after the other": one,
        f"appends per second, {AT_ONCE} at once": many,
        "ms to load a conversation with one new event (median)": statistics.median(loads),
        "ms to commit a turn with one reply (median)": statistics.median(commits),
        "ms to commit a turn with one reply (95th of 100)": statistics.quantiles(commits, n=20)[-1],
    }


async def appends(record: SqlStorage, at_once: int, each: int) -> float:
    """So many citizens write so many messages each."""

    async def citizen(number: int) -> None:
        address = Address(channel="web", account="main", user=f"{at_once}-{number}")
        for count in range(each):
            await record.append(event(address, count))

    begun = time.perf_counter()
    await asyncio.gather(*(citizen(number) for number in range(at_once)))
    return at_once * each / (time.perf_counter() - begun)


async def turns(record: SqlStorage) -> tuple[list[float], list[float]]:
    """Milliseconds of each load and of each commit."""
    loads, commits = [], []
    for number in range(TURNS):
        address = Address(channel="web", account="main", user=f"turn-{number}")
        await record.append(event(address, 0))
        begun = time.perf_counter()
        loaded = await record.load(address.key)
        loads.append(1000 * (time.perf_counter() - begun))
        reply = Reply(id=f"r{number}", address=address, text="已记录，我们会尽快核实。")
        delivery = Delivery(
            id=reply.id, conversation_id=address.key, destination=Destination.CITIZEN, body=reply, due_at=1.0
        )
        ids = tuple(each.id for each in loaded.events)
        turn = Turn(conversation=loaded.conversation, events=ids, outcome=Outcomes.ANSWER, deliveries=(delivery,))
        begun = time.perf_counter()
        await record.commit(turn, 1.0)
        commits.append(1000 * (time.perf_counter() - begun))
    return loads, commits


def event(address: Address, count: int) -> Event:
    """A citizen's message."""
    name = f"{address.user}-{count}"
    body = Message(id=name, address=address, kind=MessageKind.TEXT, sent_at=1.0, text="小区门口的路灯坏了三天没人修")
    return Event(id=name, conversation_id=address.key, kind=EventKind.MESSAGE, body=body, at=1.0)


if __name__ == "__main__":
    main()
