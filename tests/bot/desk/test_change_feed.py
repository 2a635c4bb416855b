"""The feed of changes: whoever follows it misses nothing, however he comes to it, and knows when nobody knows."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from bot.bus.local import LocalBus
from bot.desk import change_feed
from bot.desk.change_feed import ChangeFeed
from bot.storage.base import Change as Kept
from bot.storage.memory import MemoryStorage
from channels.message import Address
from handoff.desk import Change
from tests.bot.storage.makers import LI, WANG, message


class Record(MemoryStorage):
    """One that may be away."""

    away = False

    async def changes(self, after: int, limit: int = 500) -> Sequence[Kept]:
        """As long as it is there."""
        if self.away:
            raise OSError("the record is away")
        return await super().changes(after, limit)


@asynccontextmanager
async def feeding(record: Record, bus: LocalBus) -> AsyncIterator[ChangeFeed]:
    """A feed that runs, and sees."""
    feed = ChangeFeed(record, bus.changes, keep_warm=0.2)
    task = asyncio.create_task(feed.run())
    async with asyncio.timeout(5):
        while [change async for change in _first(feed, 2)][1:] == []:  # noqa: ASYNC110  # until it has read once
            await asyncio.sleep(0.01)
    yield feed
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _first(feed: ChangeFeed, count: int, after: int | None = None) -> AsyncIterator[Change]:
    async with asyncio.timeout(5):
        async for change in feed.follow(after):
            yield change
            count -= 1
            if not count:
                return


async def told(feed: ChangeFeed, count: int, after: int | None = None) -> list[tuple[int, str]]:
    """The first that a follower hears."""
    return [(change.number, change.conversation_id) async for change in _first(feed, count, after)]


async def test_a_follower_hears_from_where_he_is_told_all_and_then_all() -> None:
    record, bus = Record(), LocalBus()
    async with feeding(record, bus) as feed:
        await record.append(message("m1"))
        await record.append(message("m2", WANG))

        assert await told(feed, 3, after=0) == [(0, ""), (1, LI.key), (2, WANG.key)]
        assert await told(feed, 2, after=1) == [(1, ""), (2, WANG.key)]
        assert await told(feed, 2) == [(2, ""), (2, "")], "nothing, and in time that it was nothing"


async def test_what_nobody_hinted_at_is_found_too() -> None:
    record, bus = Record(), LocalBus()
    async with feeding(record, bus) as feed:
        hearing = asyncio.create_task(told(feed, 2, after=0))
        await asyncio.sleep(0)
        await record.append(message("m1"))

        assert await hearing == [(0, ""), (1, LI.key)]


async def test_who_was_away_for_longer_than_is_remembered_misses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_feed, "_KEPT", 3)
    record, bus = Record(), LocalBus()
    people = [Address(channel="web", account="main", user=f"u{number}") for number in range(8)]
    async with feeding(record, bus) as feed:
        for who in people:
            await record.append(message(f"m-{who.user}", who))
        await told(feed, 9, after=0)  # by now the feed has read them all

        assert await told(feed, 9, after=0) == [(0, ""), *((n, who.key) for n, who in enumerate(people, 1))]


async def test_when_the_record_cannot_be_read_the_changes_end_and_begin_again_with_it() -> None:
    record, bus = Record(), LocalBus()
    async with feeding(record, bus) as feed:
        hearing = asyncio.create_task(told(feed, 100))
        await asyncio.sleep(0)
        record.away = True
        bus.publish(LI.key)
        await hearing  # ended, though it waits for a hundred

        record.away = False
        await record.append(message("m1"))
        async with asyncio.timeout(5):
            while (await told(feed, 2, after=0))[1:] != [(1, LI.key)]:  # noqa: ASYNC110  # it comes by itself
                await asyncio.sleep(0.05)
