"""Keeps the knowledge base of this node like the record: whatever node an entry was changed at."""

import asyncio
from collections.abc import Sequence

from bot.knowledge_base import Changes, KnowledgeBase
from bot.log import get_logger
from bot.storage.base import Storage
from bot.storage.entries import EntryVersion
from faq.entry import Entry

log = get_logger(__name__)

EVERY = 5.0
"""Seconds between two looks; a look that finds nothing new is one count."""


class KnowledgeWatch:
    """Looks at the record, and exchanges the index when an entry was changed."""

    def __init__(self, storage: Storage, base: KnowledgeBase, every: float = EVERY) -> None:
        self._storage = storage
        self._base = base
        self._every = every
        self._seen = 0
        self._turn = asyncio.Lock()

    async def refresh(self) -> None:
        """Return when what the record says now is in force here. The index is built in a thread, and asked meanwhile
        as it was."""
        async with self._turn:
            # Counted first: what is kept between the two reads is read again the next time.
            count = await self._storage.count_entries()
            if count == self._seen:
                return
            newest = await self._storage.newest_entries()
            await asyncio.to_thread(self._base.amend, _changes(newest))
            self._seen = count
            log.info("knowledge base changed", action="knowledge_changed", versions=count)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.refresh()
            except Exception:
                # The record may be away for a while; what is in force goes on, and the next look finds the rest.
                log.exception("knowledge base not looked at", action="knowledge_failed")


def _changes(newest: Sequence[EntryVersion]) -> Changes:
    changes: dict[str, Entry | None] = {}
    for version in newest:
        entry = version.entry
        if entry is None and not version.withdrawn:
            # Written by a later version of the service: the entry of the files, if any, stands.
            log.error("entry not readable", action="entry_unreadable", entry=version.entry_id, version=version.version)
        else:
            changes[version.entry_id] = entry
    return changes
