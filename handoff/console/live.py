"""The live connection of a page: server-sent events whose ids are the record's own numbers of changes."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.console.lists import whole

RETRY_MS = 500
_PATIENCE = 20.0
"""Seconds in which a browser reads nothing until it counts as gone; it comes back by itself."""


class Live:
    """`/desk/live`: tells a page which conversations changed since it was read, and from then on.

    It tells that something changed, and not what: the page fetches its parts as the server draws them for it.
    """

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._desk = frame.desk
        self._streams: set[asyncio.Task[None]] = set()
        self._stopped = False

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """One."""
        return [web.get("/desk/live", self._frame.inside(self._live), allow_head=False)]

    async def stop(self) -> None:
        """End the live connections, those too that still come: they would hold up the server's stop."""
        self._stopped = True
        for stream in self._streams:
            stream.cancel()
        await asyncio.gather(*self._streams, return_exceptions=True)

    async def _live(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        headers = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        response.content_type = "text/event-stream"
        await response.prepare(request)
        # A browser that comes back by itself asks with the old address, but says how far it came.
        after = whole(request.headers.get("Last-Event-ID", "") or request.query.get("after", ""))
        telling = self._tell(response, visit, after, at_once="poll" in request.query)
        # A task of its own, so that `stop` can end it without touching the server's task for this connection.
        stream = asyncio.create_task(telling, name="desk-live")
        self._streams.add(stream)
        if self._stopped:  # a browser came back, on a line that was open, before the server shut its door
            stream.cancel()
        try:
            await asyncio.wait({stream})
        finally:
            self._streams.discard(stream)
            stream.cancel()
        if not stream.cancelled() and (fault := stream.exception()) and not isinstance(fault, OSError):
            raise fault  # an OSError, TimeoutError included, only says that the browser went away
        return response

    async def _tell(self, response: web.StreamResponse, visit: Visit, after: int | None, *, at_once: bool) -> None:
        """`at_once` ends with the first thing to tell: a proxy that keeps answers back until their end passes it on."""
        changes = self._desk.changes(after)
        greeted = False
        try:
            async for change in changes:
                if not await self._frame.welcome(visit):
                    await _send(response, "expired")
                    return
                if not greeted:
                    await _send(response, "hello", change.number, number=change.number)
                    greeted = True
                    continue
                if change.conversation_id:
                    await _send(response, "change", change.number, conversation=change.conversation_id)
                else:
                    await _send(response, "warm")
                if at_once:
                    return
        finally:
            if isinstance(changes, AsyncGenerator):
                await changes.aclose()


async def _send(response: web.StreamResponse, event: str, id_: int | None = None, **data: str | int) -> None:
    head = f"retry: {RETRY_MS}\n" if event == "hello" else ""
    place = f"id: {id_}\n" if id_ is not None else ""
    async with asyncio.timeout(_PATIENCE):
        await response.write(f"{head}{place}event: {event}\ndata: {json.dumps(data)}\n\n".encode())
