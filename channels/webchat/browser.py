"""One open page of a visitor: its frames come in, his lines go out in order from where he left off."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from channels.message import Address
from channels.webchat import codec
from channels.webchat.mailbox import Mailbox

log = structlog.get_logger(__name__)

CHUNK = 100
"""Lines asked for and sent at once."""


class Browser:
    """Speaks to one WebSocket. What it cannot send now, the page asks for again by its cursor."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        address: Address,
        cursor: int,
        mailbox: Mailbox,
        proof: Callable[[str], str],
        look_again: float,
    ) -> None:
        self.address = address
        self._socket, self._mailbox, self._proof, self._look_again = socket, mailbox, proof, look_again
        self._cursor = cursor
        self.too_big = False
        """A frame was larger than allowed; aiohttp has closed the socket with 1009."""
        self._news = asyncio.Event()
        self._news.set()  # what he missed while away

    def wake(self) -> None:
        """There may be new lines."""
        self._news.set()

    async def tell(self, frame: bytes) -> None:
        """Send a frame; a page that has just gone asks again when it is back."""
        with contextlib.suppress(ConnectionError):
            await self._socket.send_str(frame.decode())

    async def close(self, code: int) -> None:
        """End the connection; the page comes back by itself."""
        await self._socket.close(code=code)

    async def run(self, hear: Callable[["Browser", str], Awaitable[None]]) -> None:
        """Until the page goes: hear what it says, show what is new."""
        show = asyncio.create_task(self._show(), name=f"web lines of {self.address.key}")
        try:
            await self._listen(hear)
        finally:
            show.cancel()
            await asyncio.gather(show, return_exceptions=True)

    async def _listen(self, hear: Callable[["Browser", str], Awaitable[None]]) -> None:
        async for frame in self._socket:
            if frame.type is WSMsgType.TEXT:
                await hear(self, frame.data)
            elif frame.type is WSMsgType.BINARY:
                await hear(self, frame.data.decode("utf-8", "replace"))
            elif frame.type is WSMsgType.ERROR:
                self.too_big = getattr(frame.data, "code", None) == WSCloseCode.MESSAGE_TOO_BIG

    async def _show(self) -> None:
        try:
            while True:
                await self._wait()
                await self._show_news()
        except ConnectionError:
            return  # the page has gone
        except Exception:  # the record is away or faulty: the page returns and asks by cursor
            log.exception("lines not shown", action="web_lines_failed", conversation=self.address.key)
            await self._socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def _wait(self) -> None:
        # Another process may have written without waking us, so look now and then all the same.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), self._look_again)
        self._news.clear()

    async def _show_news(self) -> None:
        while found := await self._mailbox.after(self.address.user, self._cursor, CHUNK):
            await self._socket.send_str(codec.lines(found, self.address, self._proof).decode())
            self._cursor = found[-1].cursor
            if len(found) < CHUNK:
                return
