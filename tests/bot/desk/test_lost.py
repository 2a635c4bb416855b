"""An operator of whom nothing is heard for a minute loses his conversations to the queue; our own pause is no proof."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bot.bus.local import LocalBus
from bot.conversation import Conversation, Holder
from bot.desk.lost import LostOperators
from bot.inbox import Inbox
from bot.storage.memory import MemoryStorage
from bot.storage.rules import OPERATOR_LIFE
from handoff.desk import ActionKind
from handoff.people import SERVICE
from tests.bot.bus.conftest import until
from tests.bot.storage.makers import LI, NOW, action, message


class Book(MemoryStorage):
    """A record that may be away, and counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked = 0

    async def present(self, since: float) -> Sequence[str]:
        """Count it."""
        self._ask()
        return await super().present(since)

    async def absent(self, since: float) -> Sequence[Conversation]:
        """Count it."""
        self._ask()
        return await super().absent(since)

    def _ask(self) -> None:
        self.asked += 1
        if self.away:
            raise ConnectionError("the record is away")


@dataclass
class Watch:
    """A node that looks, at a time that the test sets."""

    book: Book = field(default_factory=Book)
    now: float = NOW

    def clock(self) -> float:
        return self.now

    async def looks(self, count: int = 2) -> None:
        """Wait for so many looks more."""
        then = self.book.asked + count
        await until(lambda: self.book.asked >= then)

    async def holder(self) -> Holder:
        return (await self.book.load(LI.key)).conversation.holder


@pytest.fixture
async def watch() -> AsyncIterator[Watch]:
    """One conversation in an operator's hands."""
    watch = Watch()
    await watch.book.append(message("m1"))
    await watch.book.act(action("a1", ActionKind.CLAIM))
    async with _looking(watch.book, watch.clock):
        yield watch


@asynccontextmanager
async def _looking(book: Book, clock: Callable[[], float]) -> AsyncIterator[None]:
    bus = LocalBus()
    inbox = Inbox(book, bus, clock=clock, count_message=lambda _channel: None)
    task = asyncio.create_task(LostOperators(book, inbox, bus, clock=clock, every=0.001).run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def advance(watch: Watch, seconds: float, *, here: bool = False) -> None:
    """Time goes by in small steps, as it does."""
    for _ in range(int(seconds // 10)):
        watch.now += 10
        if here:
            await watch.book.seen("zhao", watch.now)
        await watch.looks()


async def test_who_shows_himself_keeps_his_conversations_and_who_stops_loses_them(watch: Watch) -> None:
    await advance(watch, 200, here=True)
    assert await watch.holder() is Holder.OPERATOR

    await advance(watch, OPERATOR_LIFE)
    assert await watch.holder() is Holder.OPERATOR
    await advance(watch, 10)
    assert await watch.holder() is Holder.WAITING
    assert [(who, what) for _, who, what, _ in await watch.book.notes()] == [(SERVICE, "lose"), ("zhao", "claim")]


async def test_a_record_that_was_away_costs_nobody_his_conversations(watch: Watch) -> None:
    await advance(watch, 100, here=True)
    watch.book.away = True
    await advance(watch, 300)
    watch.book.away = False

    await advance(watch, 50)
    assert await watch.holder() is Holder.OPERATOR, "he gets the time to show himself"
    await advance(watch, 30)
    assert await watch.holder() is Holder.WAITING


async def test_a_node_that_begins_takes_nobody_for_gone_yet(watch: Watch) -> None:
    await advance(watch, 50)

    assert await watch.holder() is Holder.OPERATOR


async def test_two_nodes_that_look_at_once_put_it_back_once(watch: Watch) -> None:
    async with _looking(watch.book, watch.clock):
        await advance(watch, 140)

    events = [event.body for event in (await watch.book.load(LI.key)).events]
    assert [getattr(body, "kind", None) for body in events].count(ActionKind.LOSE) == 1
