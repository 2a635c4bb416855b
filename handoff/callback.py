"""The door by which a case system tells how a ticket stands: POST /handoff/status."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from time import time

from aiohttp import web

from handoff.errors import ForgedCallback, MalformedCallback
from handoff.schemas import parse_status
from handoff.signing import Signature
from handoff.ticket import StatusUpdate

PATH = "/handoff/status"
MAX_BODY = 256 * 1024

ReceiveStatus = Callable[[StatusUpdate], Awaitable[bool]]
"""Write the update down; when it returns the case system may forget it. False: no such ticket is known here."""

Bury = Callable[[str, str, bytes, str], Awaitable[None]]
"""Keep a signed callback that leads nowhere as a dead letter: (channel, account, body, reason)."""

Count = Callable[[str, str], None]
"""Count something that a person watches: (channel, what)."""

_CHANNEL = "case_system"
_ACCOUNT = "status"


class StatusCallback:
    """Verifies, reads and hands on what a case system tells."""

    def __init__(
        self,
        receive_status: ReceiveStatus,
        secrets: Sequence[str],
        bury: Bury,
        count: Count,
        now: Callable[[], float] = time,
        max_body: int = MAX_BODY,
    ) -> None:
        self._receive_status = receive_status
        self._signature = Signature(secrets)
        self._bury = bury
        self._count = count
        self._now = now
        self._max_body = max_body

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The HTTP route that case systems call."""
        return [web.post(PATH, self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer 200 once the update is safe, whatever it says; 403 when it is forged, 413 when it is too large."""
        body = await self._read(request)
        if body is None:
            self._count(_CHANNEL, "oversized")
            return _answer(413, "too large")
        try:
            self._signature.verify(request.headers, body, self._now())
        except ForgedCallback as error:
            self._count(_CHANNEL, "forged")
            return _answer(403, str(error))
        try:
            update = parse_status(body)
        except MalformedCallback as error:
            # It is really theirs, so it is kept for a person; repeating it would not make it readable.
            self._count(_CHANNEL, "malformed")
            await self._bury(_CHANNEL, _ACCOUNT, body, str(error))
            return _answer(200, str(error))
        if not await self._receive_status(update):
            self._count(_CHANNEL, "unknown_ticket")
            await self._bury(_CHANNEL, _ACCOUNT, body, f"no ticket {update.ticket_no} is known here")
            return _answer(200, "unknown ticket; kept for a person")
        self._count(_CHANNEL, "accepted")
        return web.json_response({"accepted": True})

    async def _read(self, request: web.Request) -> bytes | None:
        if request.content_length is not None and request.content_length > self._max_body:
            return None
        body = bytearray()
        # A body without a length is counted as it comes, so that nobody can fill the memory.
        async for chunk in request.content.iter_chunked(64 * 1024):
            body += chunk
            if len(body) > self._max_body:
                return None
        return bytes(body)


def _answer(status: int, reason: str) -> web.Response:
    return web.json_response({"accepted": False, "reason": reason}, status=status)
