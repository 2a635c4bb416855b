"""What the built-in case system remembers: its own small SQLite file, for it is another system than suda."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import msgspec

from handoff.errors import CaseSystemUnavailable
from handoff.schemas import status_json, ticket_json
from handoff.ticket import StatusUpdate, Ticket, TicketAttachment, TicketStatus

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tickets (
    ticket_no TEXT PRIMARY KEY,
    serial INTEGER NOT NULL UNIQUE,
    received_at REAL NOT NULL,
    changed_at REAL NOT NULL,
    status TEXT NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS tickets_by_change ON tickets (changed_at);
CREATE TABLE IF NOT EXISTS timeline (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    ticket_no TEXT NOT NULL REFERENCES tickets,
    entry BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS timeline_by_ticket ON timeline (ticket_no, id);
CREATE TABLE IF NOT EXISTS notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    ticket_no TEXT NOT NULL REFERENCES tickets,
    body BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL,
    sent_at REAL,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS notices_open ON notices (sent_at, ticket_no, id);
"""

_HELD = """SELECT body, received_at, changed_at,
    (SELECT count(*) FROM notices WHERE notices.ticket_no = tickets.ticket_no AND sent_at IS NULL)
    FROM tickets"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a ticket's timeline."""

    event_id: str
    at: str
    who: str
    """`citizen` or `clerk`."""
    title: str
    text: str = ""
    told: str = ""
    """What the citizen reads about it."""
    attachments: tuple[TicketAttachment, ...] = ()
    fate: str = ""
    """Of the notice to suda: empty when none was due, else sent, waiting or the fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of a ticket: its new value, the line on its timeline, and the notice to suda, if any."""

    ticket: Ticket
    entry: Entry
    notice: StatusUpdate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A ticket with what the sandbox knows of it."""

    ticket: Ticket
    received_at: float
    changed_at: float
    waiting: int = 0
    """Notices to suda that have not been taken yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A status update on its way to suda."""

    event_id: str
    body: bytes
    attempts: int
    next_at: float


class SandboxStore:
    """One connection in one thread, so that every method is one step that nothing comes between."""

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)
        self._thread = ThreadPoolExecutor(1, "sandbox")
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open or create the file."""
        if self._connection is None:
            await self._run(self._open)

    async def close(self) -> None:
        """Close the file again; the store can be opened anew."""
        if self._connection is not None:
            await self._run(self._close)

    async def put(self, ticket: Ticket, at: float, number: Callable[[int], str]) -> tuple[Held, bool]:
        """Keep a ticket under a new number of ours; one that is already there is left as it is."""
        return await self._run(lambda: self._put(ticket, at, number))

    async def held(self, ticket_no: str) -> Held | None:
        """One ticket."""
        return await self._run(lambda: self._held(ticket_no))

    async def list(self, statuses: Sequence[TicketStatus], limit: int = 200) -> Sequence[Held]:
        """The tickets in these states, those changed last first."""
        return await self._run(lambda: self._list(statuses, limit))

    async def change(self, ticket_no: str, event_id: str, make: Callable[[Ticket], Change], at: float) -> bool:
        """Change a ticket in one transaction; False when this event has already been taken. KeyError: unknown."""
        return await self._run(lambda: self._change(ticket_no, event_id, make, at))

    async def timeline(self, ticket_no: str) -> Sequence[Entry]:
        """What happened to a ticket, in order."""
        return await self._run(lambda: self._timeline(ticket_no))

    async def next_notices(self) -> Sequence[Notice]:
        """The oldest untaken notice of each ticket, so that each ticket's steps are told in order."""
        return await self._run(self._next_notices)

    async def sent(self, event_id: str, at: float) -> None:
        """Suda took it."""
        await self._run(
            lambda: self._write("UPDATE notices SET sent_at = ?, note = '' WHERE event_id = ?", at, event_id)
        )

    async def postponed(self, event_id: str, until: float, note: str) -> None:
        """Suda did not take it."""
        statement = "UPDATE notices SET attempts = attempts + 1, next_at = ?, note = ? WHERE event_id = ?"
        await self._run(lambda: self._write(statement, until, note, event_id))

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise CaseSystemUnavailable(f"the sandbox's store does not work ({error})") from error

    def _open(self) -> None:
        self._connection = sqlite3.connect(self._path)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.executescript(_SCHEMA)

    def _close(self) -> None:
        self._db.close()
        self._connection = None

    @property
    def _db(self) -> sqlite3.Connection:
        if self._connection is None:
            raise CaseSystemUnavailable("the sandbox's store is not open")
        return self._connection

    def _put(self, ticket: Ticket, at: float, number: Callable[[int], str]) -> tuple[Held, bool]:
        with self._db as db:
            known = self._held(ticket.ticket_no)
            if known is not None:
                return known, False
            (serial,) = db.execute("SELECT coalesce(max(serial), 0) + 1 FROM tickets").fetchone()
            ticket = replace(ticket, external_no=number(serial))
            db.execute(
                "INSERT INTO tickets VALUES (?, ?, ?, ?, ?, ?)",
                (ticket.ticket_no, serial, at, at, ticket.status.value, _encode(ticket)),
            )
            return Held(ticket=ticket, received_at=at, changed_at=at), True

    def _held(self, ticket_no: str) -> Held | None:
        row = self._db.execute(f"{_HELD} WHERE ticket_no = ?", (ticket_no,)).fetchone()
        return None if row is None else _held_from(row)

    def _list(self, statuses: Sequence[TicketStatus], limit: int) -> Sequence[Held]:
        wanted = json.dumps([status.value for status in statuses])
        rows = self._db.execute(
            f"{_HELD} WHERE status IN (SELECT value FROM json_each(?)) ORDER BY changed_at DESC, serial DESC LIMIT ?",  # noqa: S608 - joins constants
            (wanted, limit),
        )
        return [_held_from(row) for row in rows]

    def _change(self, ticket_no: str, event_id: str, make: Callable[[Ticket], Change], at: float) -> bool:
        with self._db as db:
            if db.execute("SELECT 1 FROM timeline WHERE event_id = ?", (event_id,)).fetchone():
                return False
            held = self._held(ticket_no)
            if held is None:
                raise KeyError(ticket_no)
            change = make(held.ticket)
            db.execute(
                "UPDATE tickets SET changed_at = ?, status = ?, body = ? WHERE ticket_no = ?",
                (at, change.ticket.status.value, _encode(change.ticket), ticket_no),
            )
            db.execute(
                "INSERT INTO timeline (event_id, ticket_no, entry) VALUES (?, ?, ?)",
                (event_id, ticket_no, msgspec.json.encode(change.entry)),
            )
            if change.notice is not None:
                db.execute(
                    "INSERT INTO notices (event_id, ticket_no, body, next_at) VALUES (?, ?, ?, ?)",
                    (event_id, ticket_no, msgspec.json.encode(status_json(change.notice)), at),
                )
            return True

    def _timeline(self, ticket_no: str) -> Sequence[Entry]:
        rows = self._db.execute(
            """SELECT entry, CASE WHEN notices.id IS NULL THEN '' WHEN sent_at IS NOT NULL THEN 'sent'
                      WHEN note = '' THEN 'waiting' ELSE note END
               FROM timeline LEFT JOIN notices USING (event_id) WHERE timeline.ticket_no = ? ORDER BY timeline.id""",
            (ticket_no,),
        )
        return [replace(msgspec.json.decode(entry, type=Entry), fate=fate) for entry, fate in rows]

    def _next_notices(self) -> Sequence[Notice]:
        rows = self._db.execute(
            """SELECT event_id, body, attempts, next_at FROM notices
               WHERE id IN (SELECT min(id) FROM notices WHERE sent_at IS NULL GROUP BY ticket_no)
               ORDER BY next_at, id LIMIT 50"""
        )
        return [Notice(event_id=row[0], body=row[1], attempts=row[2], next_at=row[3]) for row in rows]

    def _write(self, statement: str, *values: object) -> None:
        with self._db as db:
            db.execute(statement, values)


def _encode(ticket: Ticket) -> bytes:
    return msgspec.json.encode(ticket_json(ticket))


def _held_from(row: tuple[bytes, float, float, int]) -> Held:
    body, received_at, changed_at, waiting = row
    ticket = msgspec.json.decode(body, type=Ticket)
    return Held(ticket=ticket, received_at=received_at, changed_at=changed_at, waiting=waiting)
