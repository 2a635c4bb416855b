"""A lane to the database: one thread with one connection, where units of work that wait together share a commit."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")

Work = Callable[[Connection], T]
"""A unit of work: all of it happens in one transaction, or nothing. It may be run again after a failed neighbour."""


@dataclass(frozen=True, slots=True)
class _Job(Generic[T]):
    work: Work[T]
    future: Future[T]


class Lane:
    """Runs units of work one after the other, in the order in which they were handed in.

    A statement that crosses threads costs more than the statement itself, so a unit of work crosses once, as a
    function. And a commit costs a wait for the disk, so all that came in meanwhile is committed together.
    """

    def __init__(self, engine: Engine, name: str, *, reads: bool = False, together: int = 64) -> None:
        self._engine = engine
        self._reads = reads
        self._together = together
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=f"record-{name}", daemon=True)
        self._open = False

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
        connection: Connection | None = None
        while going:
            jobs, going = self._next()
            try:
                connection = connection or self._engine.connect().execution_options(suda_reads=self._reads)
            except Exception as error:  # noqa: BLE001 - the thread lives on; whoever waits is told
                _fail(jobs, error)
            else:
                _run(connection, jobs)
        if connection:
            connection.close()

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


def _run(connection: Connection, jobs: list[_Job[Any]]) -> None:
    if not jobs:
        return
    try:
        with connection.begin():
            results = [job.work(connection) for job in jobs]
    except Exception as error:  # noqa: BLE001 - handed to the one who waits
        if len(jobs) == 1:
            _fail(jobs, error)
            return
        for job in jobs:  # one of them failed: each for itself, so that it fails alone
            _run(connection, [job])
    else:
        for job, result in zip(jobs, results, strict=True):
            job.future.set_result(result)


def _fail(jobs: list[_Job[Any]], error: Exception) -> None:
    for job in jobs:
        job.future.set_exception(error)
