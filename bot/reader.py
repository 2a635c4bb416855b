"""Reads messages that wait at the same moment as one batch, in one thread, so that the loop never stands still."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence

from nlu import emergency
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
        self._alone: set[asyncio.Task[None]] = set()

    async def read(self, text: str) -> Interpretation:
        """What the text means. Whoever waits for the same text waits for the same reading."""
        if text in self._known:
            self._known.move_to_end(text)
            return self._known[text]
        future = self._waiting.get(text)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            self._begin(text, future)
        # Shielded: one who gives up takes the reading from nobody else.
        return await asyncio.shield(future)

    def forget(self) -> None:
        """Another encoder reads from now on: what was read before is read anew. May be called from any thread."""
        # Exchanged, not cleared: a reading that is under way keeps itself where nobody looks any more.
        self._known = OrderedDict()

    def _begin(self, text: str, future: asyncio.Future[Interpretation]) -> None:
        if emergency.detect(text):
            # A cry for help waits for nobody else's message.
            task = asyncio.create_task(self._answer({text: future}), name="read a cry for help")
            self._alone.add(task)
            task.add_done_callback(self._alone.discard)
            return
        self._waiting[text] = future
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name="reader")

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
        known = self._known
        try:
            found = await asyncio.to_thread(self._parse_many, list(chosen))
        except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to one text, not to this task
            await self._answer_apart(chosen, error)
            return
        for (text, future), interpretation in zip(chosen.items(), found, strict=True):
            if not future.done():
                future.set_result(interpretation)
            known[text] = interpretation
        while len(known) > _REMEMBERED:
            known.popitem(last=False)

    async def _answer_apart(self, chosen: dict[str, asyncio.Future[Interpretation]], error: Exception) -> None:
        """A text that cannot be read takes the reading from nobody who waited with it."""
        if len(chosen) > 1:
            for text, future in chosen.items():
                await self._answer({text: future})
            return
        for future in chosen.values():
            if not future.done():
                future.set_exception(error)
