"""A lane to the database: one thread with one connection, where units of work that wait together share a commit."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot.log import get_logger
from bot.storage.dialect import connect, is_away, passes_again

log = get_logger(__name__)

T = TypeVar("T")

Work = Callable[[Connection], T]
"""A unit of work: all of it happens in one transaction, or nothing.

It may be run again: after a failed neighbour, after a conflict with another process, or after the server left us at
the very moment of a commit, when nobody knows whether it had happened. So the work must know its own traces.
"""

PATIENCE = 10.0
"""Seconds from when the server is lost for which work waits for it: a restart goes unnoticed but for the wait."""
_TRIES = 3
"""So often work is handed to a server that leaves each time."""
_BREATH = 0.1
"""Seconds between two looks for a lost server."""
_PAUSES = (0.01, 0.05, 0.2, 0.5)
"""Seconds before work is run again that met a conflict with another process."""


@dataclass(frozen=True, slots=True)
class _Job(Generic[T]):
    work: Work[T]
    future: Future[T]


class Lane:
    """Runs units of work one after the other, in the order in which they were handed in.

    A statement that crosses threads costs more than the statement itself, so a unit of work crosses once, as a
    function. And a commit costs a wait for the disk, so all that came in meanwhile is committed together.
    """

    def __init__(
        self, engine: Engine, name: str, *, reads: bool = False, together: int = 64, finish: Work[None] | None = None
    ) -> None:
        """`finish` is the last thing in each transaction, once for all the work in it."""
        self._engine = engine
        self._name = name
        self._reads = reads
        self._together = together
        self._finish = finish
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=f"record-{name}", daemon=True)
        self._open = False
        self._connection: Connection | None = None
        self._met = False
        self._lost_at: float | None = None
        self._why: Exception | None = None

    def start(self) -> None:
        """Take work from now on."""
        self._open = True
        self._thread.start()

    async def stop(self) -> None:
        """Finish what was handed in, then close."""
        if self._open:
            self._open = False
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)

    async def run(self, work: Work[T]) -> T:
        """What the work returns or raises, once it is committed. The database's own time limits bound the wait."""
        if not self._open:
            raise RuntimeError("The record is not open: call start() first, and nothing after stop().")
        future: Future[T] = Future()
        self._jobs.put(_Job(work, future))
        return await asyncio.wrap_future(future)

    def _serve(self) -> None:
        going = True
        while going:
            jobs, going = self._next()
            self._take(jobs)
        self._hang_up()

    def _next(self) -> tuple[list[_Job[Any]], bool]:
        """Wait for a job and take those waiting behind it; False when the lane is to end after them."""
        job = self._jobs.get()
        jobs: list[_Job[Any]] = []
        with suppress(Empty):
            while job is not None:
                # from here on it will be run: who waits can no longer cancel it
                if job.future.set_running_or_notify_cancel():
                    jobs.append(job)
                if len(jobs) == self._together:
                    return jobs, True
                job = self._jobs.get_nowait()
            return jobs, False
        return jobs, True

    def _take(self, jobs: list[_Job[Any]]) -> None:
        """Run them. A server that leaves in the middle is looked for, as long as that is worth the wait."""
        losses = 0
        while jobs:
            try:
                connection = self._connection or self._call()
            except Exception as error:  # noqa: BLE001 - the thread lives on; whoever waits is told
                self._note_loss(error)
                if not self._waits_for_server():
                    _fail(jobs, error)
                    return
                time.sleep(_BREATH)
            else:
                jobs = self._run(connection, jobs)
                losses += bool(jobs)
                if losses == _TRIES:  # it is there each time and leaves upon this very work
                    _fail(jobs, self._why or AssertionError("lost without a reason"))
                    return

    def _call(self) -> Connection:
        self._connection = connect(self._engine, reads=self._reads)
        self._met = True
        if self._lost_at is not None:
            away = round(time.monotonic() - self._lost_at, 1)
            log.warning("record found again", action="record_back", lane=self._name, seconds=away)
            self._lost_at = None
        return self._connection

    def _run(self, connection: Connection, jobs: list[_Job[Any]]) -> list[_Job[Any]]:
        """Run them together; those that the server left in the middle of come back."""
        try:
            results = _commit(connection, jobs, self._finish)
        except Exception as error:  # noqa: BLE001 - handed to the one who waits
            if is_away(error):
                self._note_loss(error)
                self._hang_up()
                return jobs
            if len(jobs) == 1:
                _fail(jobs, error)
                return []
            for number, job in enumerate(jobs):  # one of them failed: each for itself, so that it fails alone
                if self._run(connection, [job]):
                    return jobs[number:]
            return []
        for job, result in zip(jobs, results, strict=True):
            job.future.set_result(result)
        return []

    def _note_loss(self, error: Exception) -> None:
        self._why = error
        if self._met and self._lost_at is None:
            self._lost_at = time.monotonic()
            log.error("record lost", action="record_lost", lane=self._name, reason=type(error).__name__)

    def _waits_for_server(self) -> bool:
        """One that was never met is a fault of the settings, and said at once."""
        return self._met and self._lost_at is not None and time.monotonic() - self._lost_at < PATIENCE

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError):  # the other side is gone already
                connection.close()


def _commit(connection: Connection, jobs: list[_Job[Any]], finish: Work[None] | None) -> list[Any]:
    for wait in (*_PAUSES, None):
        try:
            with connection.begin():
                results = [job.work(connection) for job in jobs]
                if finish:
                    finish(connection)
            return results
        except DBAPIError as error:
            if wait is None or len(jobs) > 1 or not passes_again(error):
                raise
            time.sleep(wait)
    raise AssertionError("the last try returns or raises")


def _fail(jobs: list[_Job[Any]], error: Exception) -> None:
    for job in jobs:
        job.future.set_exception(error)
