"""Writes what must be written however long the record is away."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.log import get_logger

log = get_logger(__name__)

_RETRY_AFTER = 1.0
"""Seconds before the record is asked again."""


async def until_written(write: Callable[[], Awaitable[None]], stopping: Callable[[], bool] = lambda: False) -> None:
    """Come back when the record took it; raise what it said when the process is stopping.

    For fates: a reply that is marked as leaving holds back those behind it, so it may not stay marked because the
    record was away for a minute.
    """
    while True:
        try:
            return await write()
        except Exception:
            if stopping():  # it is settled by whoever looks over the record next
                raise
            log.exception("fate not written", action="mark_failed")
            await asyncio.sleep(_RETRY_AFTER)
