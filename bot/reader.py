"""Reads messages that wait at the same moment as one batch, in one thread, so that the loop never stands still."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence

from nlu.interpretation import Interpretation

ParseMany = Callable[[Sequence[str]], list[Interpretation]]

# What comes within this time is read together; a citizen does not feel it.
_PATIENCE = 0.005
_MOST = 32
# A message is asked about twice: whether it is in a hurry, and what it means.
_REMEMBERED = 256


class Reader:
    """The asynchronous face of an interpreter. `parse_many` is pure and may run in any thread."""

    def __init__(self, parse_many: ParseMany, patience: float = _PATIENCE) -> None:
        """`patience` is in seconds."""
        self._parse_many = parse_many
        self._patience = patience
        self._waiting: dict[str, asyncio.Future[Interpretation]] = {}
        self._known: OrderedDict[str, Interpretation] = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    async def read(self, text: str) -> Interpretation:
        """What the text means. Whoever waits for the same text waits for the same reading."""
        if text in self._known:
            self._known.move_to_end(text)
            return self._known[text]
        future = self._waiting.get(text)
        if future is None:
            future = self._waiting[text] = asyncio.get_running_loop().create_future()
            if self._task is None:
                self._task = asyncio.create_task(self._work(), name="reader")
        # Shielded: one who gives up takes the reading from nobody else.
        return await asyncio.shield(future)

    def forget(self) -> None:
        """Another encoder reads from now on: what was read before is read anew."""
        self._known.clear()

    async def _work(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(self._patience)
                chosen = dict(list(self._waiting.items())[:_MOST])
                for text in chosen:
                    del self._waiting[text]
                await self._answer(chosen)
        finally:
            self._task = None

    async def _answer(self, chosen: dict[str, asyncio.Future[Interpretation]]) -> None:
        try:
            found = await asyncio.to_thread(self._parse_many, list(chosen))
        except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to those who wait, not to this task
            for future in chosen.values():
                if not future.done():
                    future.set_exception(error)
            return
        for (text, future), interpretation in zip(chosen.items(), found, strict=True):
            if not future.done():
                future.set_result(interpretation)
            self._known[text] = interpretation
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
