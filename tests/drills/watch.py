"""Looks into the record of a node in another process: what is still going on, and what was leaving at a kill."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_BUSY = """
    SELECT conversation_id FROM events WHERE handled_at IS NULL
    UNION SELECT conversation_id FROM deliveries AS one WHERE fate IN ('pending', 'sending') AND NOT EXISTS (
        SELECT * FROM deliveries AS earlier WHERE earlier.conversation_id = one.conversation_id
        AND earlier.destination = one.destination AND earlier.fate = 'held' AND earlier.seq < one.seq)
"""
"""What waits behind a reply that is held for the next contact goes nowhere before that."""
_LEAVING = """
    SELECT id FROM deliveries
    WHERE fate = 'sending' AND destination = 'citizen' AND conversation_id NOT LIKE 'web:%'
"""
_PASSIVE = f"{_LEAVING} AND slot <> ''"

_LATEST = "SELECT ticket_no FROM tickets WHERE conversation_id = ? ORDER BY seq DESC LIMIT 1"


class Watch:
    """Reads the node's SQLite file beside it."""

    def __init__(self, file: Path, every: float = 0.02) -> None:
        self._file, self._every = file, every
        self._connection: sqlite3.Connection | None = None
        self._busy: set[str] = set()
        self._looks = 0
        self._looked = asyncio.Event()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator["Watch"]:
        """Look again and again, as long as the `async with` lasts."""
        with contextlib.closing(sqlite3.connect(self._file, timeout=10.0, isolation_level=None)) as self._connection:
            task = asyncio.create_task(self._look(), name="watch of the record")
            try:
                yield self
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def at_rest(self, conversation_id: str, within: float = 60.0) -> None:
        """Wait until all that happened to it is handled, and all that leaves has a fate."""
        seen = self._looks + 1  # the look under way may be older than what we wait for
        async with asyncio.timeout(within):
            while self._looks <= seen or conversation_id in self._busy:
                await self._looked.wait()

    def latest_ticket(self, conversation_id: str) -> str:
        """The number of its newest ticket."""
        found = self._ask(_LATEST, conversation_id)
        assert found, f"the script expects a ticket in {conversation_id}"
        return found.pop()

    def leaving(self) -> set[str]:
        """Ids of the replies that were on their way to a platform without idempotency keys."""
        return self._ask(_LEAVING)

    def passive(self) -> set[str]:
        """Those of them that a webhook's own response carried."""
        return self._ask(_PASSIVE)

    async def _look(self) -> None:
        while True:
            self._busy = self._ask(_BUSY)
            self._looks += 1
            looked, self._looked = self._looked, asyncio.Event()
            looked.set()
            await asyncio.sleep(self._every)

    def _ask(self, question: str, *about: str) -> set[str]:
        assert self._connection is not None, "only while watching"
        return {str(row[0]) for row in self._connection.execute(question, about)}
