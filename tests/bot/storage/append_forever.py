"""A process of its own that appends until it is killed, and says which appends were acknowledged."""

import asyncio
import sys

from bot.storage.sql import SqlStorage
from tests.bot.storage.makers import LI, message


async def main(url: str) -> None:
    """Eight citizens at once; each id is printed only after its append returned."""
    record = SqlStorage(url)
    await record.start()

    async def citizen(number: int) -> None:
        for each in range(1_000_000):
            await record.append(message(f"{number}-{each}", LI))
            print(f"{number}-{each}", flush=True)

    await asyncio.gather(*(citizen(number) for number in range(8)))


asyncio.run(main(sys.argv[1]))
