"""Shows the other nodes on the same record that this one is there, and takes over what a dead one was sending."""

import asyncio
import contextlib
from collections.abc import Callable

from bot.log import get_logger
from bot.storage.base import Storage
from bot.storage.rules import NODE_LIFE

log = get_logger(__name__)

EVERY = 2.0
"""Seconds between two signs of life; a node may miss four before it counts as gone."""


class Presence:
    """A node's place among the others. The record decides who is there, so Redis may be away meanwhile."""

    def __init__(self, storage: Storage, *, shared: bool, clock: Callable[[], float], every: float = EVERY) -> None:
        """`shared` says that other nodes may be there. One that is alone takes over its former life at once."""
        self._storage = storage
        self._shared = shared
        self._clock = clock
        self._every = every

    async def start(self) -> None:
        """Be there before anything is sent, and settle what is stranded already."""
        if self._shared:
            await self._storage.attend(self._clock())
        unknown = await self._storage.recover(self._clock())
        log.info("record open", action="recovered", unknown=unknown)

    async def run(self) -> None:
        """Go on until cancelled."""
        seen, look_from = self._clock(), 0.0
        while self._shared:
            await asyncio.sleep(self._every)
            try:
                await self._storage.attend(self._clock())
                now = self._clock()
                if now - seen > NODE_LIFE / 2:
                    # The record was away, for the others too: they get the time to show themselves again.
                    look_from = now + NODE_LIFE
                seen = now
                if now >= look_from and (unknown := await self._storage.recover(now)):
                    log.warning("a node died while it was sending", action="recovered", unknown=unknown)
            except Exception:
                # The next sign of life comes soon; whoever takes us for dead meanwhile repeats nothing unmarked.
                log.exception("no sign of life", action="presence_failed")

    async def stop(self) -> None:
        """Go, with nothing in hand."""
        if self._shared:
            with contextlib.suppress(Exception):  # the record is away: the others notice by themselves
                await self._storage.leave()
