"""The built-in case system: takes tickets, lets a clerk work on them, and tells suda over its real front door."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import time

import aiohttp
import msgspec
from aiohttp import web

from handoff.clock import CHINA
from handoff.errors import CaseSystemRefused, CaseSystemUnavailable, StepRefused
from handoff.sandbox_page import SandboxPage
from handoff.sandbox_store import Change, Entry, Held, Notice, SandboxStore
from handoff.schemas import outgoing, outgoing_event, parse_status
from handoff.signing import Signature
from handoff.states import StateTable, Who
from handoff.ticket import CaseEvent, CaseEventKind, StatusUpdate, Ticket, TicketStatus

Notify = Callable[[StatusUpdate], Awaitable[None]]
"""Tell suda; returns when it took the update, raises `CaseSystemUnavailable` otherwise."""

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 300.0
_TITLES: Mapping[CaseEventKind, str] = {
    CaseEventKind.URGE: "市民催办",
    CaseEventKind.SUPPLEMENT: "市民补充",
    CaseEventKind.WITHDRAW: "市民撤回",
    CaseEventKind.RATING: "市民评价",
    CaseEventKind.REOPEN: "市民要求重新办理",
}
_TARGETS: Mapping[CaseEventKind, TicketStatus] = {
    CaseEventKind.WITHDRAW: TicketStatus.WITHDRAWN,
    CaseEventKind.RATING: TicketStatus.RATED,
    CaseEventKind.REOPEN: TicketStatus.REOPENED,
}


class SignedPost:
    """Tells suda by a signed POST, as any other case system has to."""

    def __init__(self, url: Callable[[], str] | str, secret: str, timeout: float = 10.0) -> None:
        # Which port suda got is known only once it serves, so the address may be asked for late.
        self._url = url
        self._signature = Signature([secret])
        self._timeout = aiohttp.ClientTimeout(total=timeout)

    async def __call__(self, update: StatusUpdate) -> None:
        """Send it; anything but 200 means that it has to be sent again."""
        body = msgspec.json.encode(update)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": update.event_id,
            **self._signature.sign(body, time()),
        }
        url = self._url if isinstance(self._url, str) else self._url()
        try:
            # One step now and then: a session of its own costs nothing that anybody would notice.
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.post(url, data=body, headers=headers) as response,
            ):
                if response.status != 200:
                    raise CaseSystemUnavailable(f"suda answered {response.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise CaseSystemUnavailable(f"suda did not answer ({type(error).__name__})") from error


class Sandbox:
    """A `CaseSystem` in this process, with a store, a page and an outbox of its own."""

    def __init__(
        self,
        database: Path | str,
        notify: Notify,
        table: StateTable,
        login: tuple[str, str] | None = None,
        loopback_only: bool = True,
        now: Callable[[], float] = time,
        first_pause: float = 1.0,
        units: Sequence[str] = (),
    ) -> None:
        """`database` is a file or `:memory:`; `units` are offered where a clerk names one.

        With a `login` the page answers from anywhere, else from this machine only.
        """
        if login is None and not loopback_only:
            raise ValueError("the sandbox answers other machines only when it has a login")
        self._store = SandboxStore(database)
        self._notify = notify
        self._table = table
        self._now = now
        self._first_pause = first_pause
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._page = SandboxPage(self._store, table, self.take_step, login, now, units)

    @property
    def name(self) -> str:
        """The destination's name."""
        return "sandbox"

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The pages under `/sandbox`."""
        return self._page.routes()

    async def start(self) -> None:
        """Open the store and go on telling suda what it has not taken yet."""
        await self._store.open()
        self._task = asyncio.create_task(self._tell_forever(), name="sandbox-notices")

    async def stop(self) -> None:
        """Stop telling; what is left stays in the store."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._store.close()

    async def submit(self, ticket: Ticket) -> StatusUpdate:
        """Take a ticket; the same number again gets the same answer."""
        held, fresh = await self._store.put(outgoing(ticket), self._now(), self._number)
        return _first_status(held) if fresh else _latest_status(held)

    async def send(self, event: CaseEvent) -> None:
        """Take what the citizen did; the same event again has no second effect."""
        try:
            await self._store.change(event.ticket_no, event.id, lambda ticket: self._take(ticket, event), self._now())
        except KeyError as error:
            raise CaseSystemRefused(f"the sandbox has no ticket {event.ticket_no}") from error

    async def lookup(self, ticket_no: str) -> StatusUpdate | None:
        """Where the ticket stands."""
        held = await self._store.held(ticket_no)
        return None if held is None else _latest_status(held)

    async def held(self, ticket_no: str) -> Ticket | None:
        """The ticket as the sandbox has it."""
        held = await self._store.held(ticket_no)
        return None if held is None else held.ticket

    def wake(self) -> None:
        """Look at once whether suda has to be told something."""
        self._wake.set()

    async def take_step(self, update: StatusUpdate) -> bool:
        """A clerk's step: kept together with its notice to suda; `StepRefused` when the table has no such step."""

        def step(ticket: Ticket) -> Change:
            after = self._table.apply(ticket, update, Who.CLERK)
            entry = Entry(
                event_id=update.event_id,
                at=update.at,
                who=Who.CLERK,
                title=self._table.step(ticket.status, update.status, Who.CLERK).button,
                told=self._table.sentence(ticket, update),
            )
            return Change(ticket=after, entry=entry, notice=update)

        fresh = await self._store.change(update.ticket_no, update.event_id, step, self._now())
        self.wake()
        return fresh

    def _take(self, ticket: Ticket, event: CaseEvent) -> Change:
        event = outgoing_event(event, ticket)
        title = _TITLES[event.kind]
        match event.kind:
            case CaseEventKind.URGE:
                ticket = replace(ticket, urge_count=ticket.urge_count + 1)
            case CaseEventKind.SUPPLEMENT:
                ticket = replace(ticket, supplement_count=ticket.supplement_count + 1)
            case CaseEventKind.RATING:
                ticket = replace(ticket, rating=event.rating)
                title = f"{title}：{event.rating}"
            case CaseEventKind.REOPEN if event.second_supervision:
                title = f"{title}（二次督办）"
            case _:
                pass
        if event.kind in _TARGETS:
            ticket, refused = self._moved(ticket, event)
            title += refused
        entry = Entry(
            event_id=event.id,
            at=event.at,
            who=Who.CITIZEN,
            title=title,
            text=event.text,
            attachments=event.attachments,
        )
        return Change(ticket=ticket, entry=entry)

    def _moved(self, ticket: Ticket, event: CaseEvent) -> tuple[Ticket, str]:
        update = StatusUpdate(
            event_id=event.id,
            ticket_no=event.ticket_no,
            status=_TARGETS[event.kind],
            at=event.at,
            actor=Who.CITIZEN,
            reason=event.text,
        )
        try:
            return self._table.apply(ticket, update, Who.CITIZEN), ""
        except StepRefused:
            # The citizen's wish crossed a step of ours. It stays on the timeline for the clerk to see.
            return ticket, f"（当前状态“{self._table.label(ticket.status)}”，状态未变）"

    def _number(self, serial: int) -> str:
        return f"SB{datetime.fromtimestamp(self._now(), CHINA):%Y%m%d}{serial:05d}"

    async def _tell_forever(self) -> None:
        while True:
            self._wake.clear()
            pause = _LONGEST_PAUSE
            try:
                for notice in await self._store.next_notices():
                    wait = notice.next_at - self._now()
                    pause = min(pause, wait if wait > 0 else await self._tell(notice))
            except Exception:  # noqa: BLE001 - the loop must live on; the notices stay in the store
                _log.exception("the sandbox could not look after its notices")
                pause = self._first_pause
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)

    async def _tell(self, notice: Notice) -> float:
        """Send one notice; returns how long to wait before looking again."""
        try:
            await self._notify(parse_status(notice.body))
        except CaseSystemUnavailable as error:
            pause = min(self._first_pause * 2.0 ** min(notice.attempts, 12), _LONGEST_PAUSE)
            await self._store.postponed(notice.event_id, self._now() + pause, str(error))
            _log.warning("suda did not take the notice %s: %s", notice.event_id, error)
            return pause
        await self._store.sent(notice.event_id, self._now())
        return 0.0


def _first_status(held: Held) -> StatusUpdate:
    return StatusUpdate(
        event_id=f"sandbox:{held.ticket.ticket_no}:0",
        ticket_no=held.ticket.ticket_no,
        status=TicketStatus.SUBMITTED,
        at=datetime.fromtimestamp(held.received_at, CHINA).isoformat(timespec="seconds"),
        external_no=held.ticket.external_no,
        actor="sandbox",
    )


def _latest_status(held: Held) -> StatusUpdate:
    return held.ticket.history[-1] if held.ticket.history else _first_status(held)
