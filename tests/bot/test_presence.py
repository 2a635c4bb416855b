"""A node among others: it shows that it is there, and takes nobody for dead who had no chance to show himself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.presence import Presence
from bot.storage.memory import MemoryStorage
from bot.storage.rules import NODE_LIFE
from tests.bot.bus.conftest import until
from tests.bot.storage.makers import NOW


class Book(MemoryStorage):
    """A record that notes when it was asked, and may be away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.signs = 0
        self.looks: list[float] = []
        self.left = False

    async def attend(self, now: float) -> None:
        """Count the signs of life."""
        self.signs += 1
        if self.away:
            raise ConnectionError("the record is away")
        await super().attend(now)

    async def leave(self) -> None:
        """Note that it was done."""
        self.left = True

    async def recover(self, now: float) -> int:
        """Note when."""
        self.looks.append(now)
        return await super().recover(now)


@asynccontextmanager
async def present(book: Book, now: list[float], *, shared: bool = True) -> AsyncIterator[Presence]:
    """A node that is there, at a time that the test sets."""
    presence = Presence(book, shared=shared, clock=lambda: now[0], every=0.001)
    await presence.start()
    task = asyncio.create_task(presence.run())
    yield presence
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await presence.stop()


async def signs(book: Book, count: int) -> None:
    """Wait for so many signs of life more."""
    until_then = book.signs + count
    await until(lambda: book.signs >= until_then)


async def test_a_node_without_others_looks_over_the_record_once_and_writes_nothing() -> None:
    book = Book()
    async with present(book, [NOW], shared=False):
        await asyncio.sleep(0.01)

    assert (book.looks, book.signs, book.left) == ([NOW], 0, False)


async def test_a_node_among_others_is_there_before_it_looks_and_says_when_it_goes() -> None:
    book = Book()
    async with present(book, [NOW]):
        await signs(book, 3)
        assert len(book.looks) >= 2

    assert book.left


async def test_after_the_record_was_away_the_others_get_the_time_to_show_themselves() -> None:
    book, now = Book(), [NOW]
    async with present(book, now):
        book.away = True
        await signs(book, 2)
        now[0] = NOW + 60
        book.away = False
        await signs(book, 3)
        assert max(book.looks) == NOW

        for seconds in (4, 8, 12):
            now[0] = NOW + 60 + seconds
            await signs(book, 3)
        await until(lambda: max(book.looks) == NOW + 60 + 12)
        assert min(look for look in book.looks if look > NOW) >= NOW + 60 + NODE_LIFE
