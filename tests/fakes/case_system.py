"""A case system on loopback that behaves as told: it takes tickets, fails on request, and counts what came twice."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from time import time
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff.errors import ForgedCallback
from handoff.signing import Signature
from handoff.ticket import StatusUpdate, TicketStatus


class Fault(StrEnum):
    """What the next request meets."""

    BUSY = "busy"
    """503 with `Retry-After`."""
    SILENT = "silent"
    """No answer, until the caller gives up; nothing is taken."""
    REFUSED = "refused"
    """422."""
    CUT = "cut"
    """Taken, but the connection is cut before the answer."""
    CONFLICT = "conflict"
    """409: the key is already there."""
    GARBAGE = "garbage"
    """200 with a page of HTML."""


@dataclass
class FakeCaseSystem:
    """Takes suda's own JSON, or any JSON when an `answer` is given; signs what it calls back."""

    secret: str
    retry_after: str = "7"
    answer: dict[str, Any] | None = None
    faults: list[Fault] = field(default_factory=list)
    """Met one by one by the requests that come."""
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By idempotency key, as they came first."""
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    """Idempotency keys in the order in which they were first taken."""
    seen: Counter[str] = field(default_factory=Counter)
    """How often each idempotency key came."""
    forged: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    _server: TestServer | None = None
    _told: Counter[str] = field(default_factory=Counter)

    @property
    def url(self) -> str:
        """Its address."""
        assert self._server is not None
        return str(self._server.make_url("/")).rstrip("/")

    async def start(self) -> None:
        """Serve on a free port."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._server = TestServer(app)
        await self._server.start_server()

    async def stop(self) -> None:
        """Be away."""
        if self._server is not None:
            await self._server.close()

    async def tell(self, url: str, ticket_no: str, status: TicketStatus, **words: str) -> int:
        """Call suda back with a step; returns the status of its answer."""
        self._told[ticket_no] += 1
        update = StatusUpdate(
            event_id=words.pop("event_id", f"fake:{ticket_no}:{self._told[ticket_no]}"),
            ticket_no=ticket_no,
            external_no=f"X-{ticket_no}",
            status=status,
            at=words.pop("at", "2026-11-24T09:00:00+08:00"),
            **words,  # type: ignore[arg-type] # the fields left over are all words
        )
        return await self.tell_raw(url, msgspec.json.encode(update))

    async def tell_raw(self, url: str, body: bytes) -> int:
        """Call suda back with any body, signed."""
        headers = Signature([self.secret]).sign(body, time())
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
            return response.status

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            Signature([self.secret]).verify(request.headers, body, time())
        except ForgedCallback:
            self.forged += 1
            return web.Response(status=401)
        self.headers.append(dict(request.headers))
        self.paths.append(f"{request.method} {request.rel_url}")
        fault = self.faults.pop(0) if self.faults else None
        match fault:
            case Fault.BUSY:
                return web.Response(status=503, headers={"Retry-After": self.retry_after})
            case Fault.REFUSED:
                return web.json_response({"msg": "字段不全"}, status=422)
            case Fault.SILENT:
                await asyncio.sleep(30)  # the caller's time limit ends this first
        if request.method == "GET":
            return self._look_up(request)
        self._take(request, body)
        match fault:
            case Fault.CUT:
                assert request.transport is not None
                request.transport.abort()
            case Fault.CONFLICT:
                return web.Response(status=409)
            case Fault.GARBAGE:
                return web.Response(text="<html>网关</html>", content_type="text/html")
        return self._answer(request)

    def _take(self, request: web.Request, body: bytes) -> None:
        key = request.headers["Idempotency-Key"]
        self.seen[key] += 1
        if self.seen[key] > 1:
            return
        self.order.append(key)
        kept = self.events if "event" in request.path else self.tickets
        kept[key] = msgspec.json.decode(body)

    def _answer(self, request: web.Request) -> web.Response:
        if self.answer is not None:
            return web.json_response(self.answer)
        if "event" in request.path:
            return web.Response(status=204)
        return self._status(request.headers["Idempotency-Key"])

    def _look_up(self, request: web.Request) -> web.Response:
        ticket_no = request.path.rsplit("/", 1)[-1]
        if ticket_no not in self.tickets:
            return web.Response(status=404)
        return web.json_response(self.answer) if self.answer is not None else self._status(ticket_no)

    def _status(self, ticket_no: str) -> web.Response:
        update = StatusUpdate(
            event_id=f"fake:{ticket_no}:0",
            ticket_no=ticket_no,
            status=TicketStatus.SUBMITTED,
            at="2026-11-23T17:20:10+08:00",
            external_no=f"X-{ticket_no}",
        )
        return web.Response(body=msgspec.json.encode(update), content_type="application/json")
