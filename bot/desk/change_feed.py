"""Changes of conversations as they are committed, for every live page of this node: none left out, none told twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from bot.log import get_logger
from bot.storage.base import Storage
from handoff.desk import Change

log = get_logger(__name__)

LOOK = 0.05
"""Seconds between two looks at the record while somebody follows: what another process did may go unsaid. A look costs
a third of a millisecond."""
IDLE = 15.0
"""Seconds between two looks when nobody does."""
KEEP_WARM = 15.0
"""Seconds after which a follower is told that nothing changed, so that proxies keep a page's line open."""
_KEPT = 2000
"""Conversations whose latest change is known here. A page that was away for longer asks the record."""
_BREATH = 1.0
"""Seconds before a record that was away is asked again."""


class ChangeFeed:
    """Reads the changes of the record once for all who follow them. The bus only hints that there are some."""

    def __init__(
        self, storage: Storage, hints: Callable[[], AsyncIterator[str]], *, keep_warm: float = KEEP_WARM
    ) -> None:
        self._storage = storage
        self._hints = hints
        self._keep_warm = keep_warm
        self._hinted = asyncio.Event()
        self._news = asyncio.Event()
        self._followers = 0
        self._sees = False
        self._latest = 0
        self._floor = 0
        """All changes after this number are among the recent ones."""
        self._recent: dict[str, int] = {}
        """Conversations by their latest change, in order."""

    async def run(self) -> None:
        """Read until cancelled."""
        listening = asyncio.create_task(self._listen(), name="change hints")
        try:
            while True:
                await self._read()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def follow(self, after: int | None) -> AsyncIterator[Change]:
        """Changes after a number; without one, after now. A change without a conversation is none: the first one says
        from where on all will be told, the others that nothing was to be told for a while.

        Ends when the record cannot be read: a page that hears nothing must not believe that nothing happens.
        """
        latest = await self._storage.latest_change()
        seen = latest if after is None else min(after, latest)
        yield Change(number=seen, conversation_id="")
        self._followers += 1
        self._hinted.set()
        try:
            async for change in self._tell_after(seen):
                yield change
        finally:
            self._followers -= 1

    async def _tell_after(self, seen: int) -> AsyncIterator[Change]:
        while self._sees:
            news = self._news  # before looking, so that what comes meanwhile is not slept through
            for change in await self._after(seen):
                seen = change.number
                yield change
            if news.is_set():
                continue
            try:
                async with asyncio.timeout(self._keep_warm):
                    await news.wait()
            except TimeoutError:
                yield Change(number=seen, conversation_id="")

    async def _after(self, seen: int) -> list[Change]:
        if seen < self._floor:
            found = await self._storage.changes(seen)
            return [Change(number=each.number, conversation_id=each.conversation_id) for each in found]
        later: list[Change] = []
        for conversation_id, number in reversed(self._recent.items()):
            if number <= seen:
                break
            later.append(Change(number=number, conversation_id=conversation_id))
        return later[::-1]

    async def _read(self) -> None:
        try:
            if not self._sees:
                self._latest = self._floor = await self._storage.latest_change()
                self._recent.clear()
                self._sees = True
            found = await self._storage.changes(self._latest)
        except Exception:
            log.exception("changes not read", action="changes_failed")
            self._sees = False
            self._tell()
            await asyncio.sleep(_BREATH)
            return
        if not found:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK if self._followers else IDLE):
                    await self._hinted.wait()
            self._hinted.clear()
            return
        for change in found:
            self._recent.pop(change.conversation_id, None)
            self._recent[change.conversation_id] = self._latest = change.number
        while len(self._recent) > _KEPT:
            self._floor = self._recent.pop(next(iter(self._recent)))
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _listen(self) -> None:
        async for _ in self._hints():
            self._hinted.set()
