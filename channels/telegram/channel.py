"""One Telegram bot as a channel: webhook or polling in, messages with buttons out."""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Literal

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from channels.channel import Bury, Count, Media, MediaStore, Receive
from channels.errors import ChannelError, ChannelUnavailable, MalformedRequest, OutcomeUnknown, ReplyRejected
from channels.message import Attachment, Reply
from channels.telegram import codec

log = structlog.get_logger(__name__)

TELEGRAM = "https://api.telegram.org"
_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # the name of a header
_BODY_LIMIT = 1024 * 1024
_BODY_SECONDS = 10.0
_DOWNLOAD_LIMIT = 20 * 1024 * 1024
_SHORT_WAIT = 10.0
_PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
"""Shown in the chat, up to 10 MB; whatever else is sent as a file, a GIF too, which Telegram would make a video of."""


class TelegramChannel:
    """Implements `channels.channel.Channel`. That Telegram is away holds up nobody else, at the start or later."""

    name = codec.CHANNEL

    def __init__(
        self,
        *,
        account: str,
        token: str,
        mode: Literal["webhook", "polling"],
        receive: Receive,
        bury: Bury,
        count: Count,
        secret: str = "",
        store: MediaStore | None = None,
        public_url: str = "",
        api_base: str = TELEGRAM,
        timeout: float = 10.0,
        poll_seconds: int = 30,
        longest_pause: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Without `public_url` the webhook is not set at Telegram; somebody else has done it."""
        if mode == "webhook" and not secret:
            raise ValueError("a Telegram webhook needs a secret")
        # Only a configured bot pays for the import of python-telegram-bot, 0.3 s.
        from channels.telegram.api import BotApi

        self.account, self._mode, self._secret, self._public_url = account, mode, secret, public_url.rstrip("/")
        self._receive, self._bury, self._count, self._clock = receive, bury, count, clock
        self._store = store
        self._longest_pause, self._offset = longest_pause, 0
        self._api = BotApi(token, api_base.rstrip("/"), timeout, poll_seconds)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def path(self) -> str:
        """Where Telegram posts to."""
        return f"/channels/telegram/{self.account}"

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The webhook; none when we poll."""
        return [web.post(self.path, self._webhook)] if self._mode == "webhook" else []

    async def start(self) -> None:
        """Open the connections; Telegram itself is spoken to in the background, as often as it takes."""
        await self._api.open()
        if self._mode == "polling":
            self._spawn(self._poll(), "polling")
        elif self._public_url:
            url = self._public_url + self.path
            self._spawn(self._insist(lambda: self._api.set_webhook(url, self._secret), "set_webhook"), "webhook")

    async def stop(self) -> None:
        """Stop asking and close."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._api.close()

    async def send(self, reply: Reply) -> None:
        """Deliver as plain text, in as many messages as it takes; the buttons hang on the last."""
        if not reply.address.user.lstrip("-").isdecimal():
            raise ReplyRejected("no Telegram chat")
        chat = int(reply.address.user)
        if reply.attachments:
            await self._enclose(chat, reply)
            return
        *before, last = codec.texts(reply) or [""]
        if not last:
            raise ReplyRejected("nothing to say")
        for index, text in enumerate(before):
            await self._part(chat, text, (), first=index == 0)
        await self._part(chat, last, codec.buttons(reply.choices), first=not before)

    async def typing(self, user: str) -> None:
        """Show that somebody is writing."""
        if user.lstrip("-").isdecimal():
            await self._api.type_on(int(user))

    async def fetch(self, attachment: Attachment) -> Media:
        """Download what a citizen sent; Telegram keeps it, so this may be tried again for long."""
        return await self._api.fetch(attachment, _DOWNLOAD_LIMIT)

    async def _enclose(self, chat: int, reply: Reply) -> None:
        attachment = reply.attachments[0]
        if self._store is None:
            raise ReplyRejected("nothing is kept that could be sent")
        media = await self._store.get(attachment.key)
        caption = " ".join(codec.texts(reply))
        name = attachment.filename or "file"
        if attachment.mime in _PHOTOS:
            await self._api.send_photo(chat, media.content, name, caption)
        else:
            await self._api.send_document(chat, media.content, name, caption)

    async def _part(self, chat: int, text: str, buttons: Iterable[tuple[str, str]], *, first: bool) -> None:
        try:
            await self._patiently(chat, text, list(buttons), patient=not first)
        except (ChannelUnavailable, ReplyRejected) as error:
            if first:
                raise
            raise OutcomeUnknown(f"only the beginning was delivered: {error}") from error

    async def _patiently(self, chat: int, text: str, buttons: list[tuple[str, str]], *, patient: bool) -> None:
        try:
            await self._api.send(chat, text, buttons)
        except ChannelUnavailable as error:
            if not patient or error.retry_after is None or error.retry_after > _SHORT_WAIT:
                raise
            await asyncio.sleep(error.retry_after)
            await self._api.send(chat, text, buttons)

    # -- webhook

    async def _webhook(self, request: web.Request) -> web.Response:
        given = request.headers.get(_SECRET, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._secret.encode()):
            self._count(self.name, "forged")
            return web.Response(status=403)
        try:
            body = await _body(request)
        except (TimeoutError, web.RequestPayloadError, HttpProcessingError):
            self._count(self.name, "malformed")
            return web.Response(status=400)  # half a body: there is nothing to keep, and Telegram sends it again
        if body is None:
            log.warning("webhook too large", action="telegram_oversized", account=self.account)
            self._count(self.name, "oversized")
            return web.Response(status=413)
        try:
            await self._take(body)
        except Exception:  # not written down, so Telegram must send it again
            log.exception("update not written down", action="telegram_receive_failed", account=self.account)
            return web.Response(status=503, headers={"Retry-After": "1"})
        return web.Response()

    async def _take(self, body: bytes) -> None:
        try:
            raw = codec.parse(body)
        except MalformedRequest as error:
            await self._put_aside(body, error)
            return
        await self._accept(raw, body)

    async def _accept(self, raw: codec.Raw, body: bytes) -> None:
        try:
            incoming = codec.read(raw, self.account, self._clock())
        except MalformedRequest as error:
            await self._put_aside(body, error)
            return
        receipt = await self._receive(incoming.message)
        if incoming.tap and receipt.fresh:
            self._spawn(self._stop_the_clock(incoming.tap), "answer to a tap")

    async def _put_aside(self, body: bytes, error: MalformedRequest) -> None:
        # 200 all the same: Telegram would repeat it for a day, and hold back what comes after it
        log.warning("update unreadable", action="telegram_malformed", account=self.account, reason=str(error))
        self._count(self.name, "malformed")
        await self._bury(self.name, self.account, body, str(error))

    async def _stop_the_clock(self, tap: str) -> None:
        try:
            await self._api.answer(tap)
        except ChannelError as error:  # the choice itself is safe; the button's clock stops by itself in a while
            log.info("tap not answered", action="telegram_tap_unanswered", account=self.account, reason=str(error))

    # -- polling

    async def _poll(self) -> None:
        await self._insist(self._api.delete_webhook, "delete_webhook")
        pause = 0.0
        while True:
            try:
                await self._ask()
                pause = 0.0
            except Exception as error:  # noqa: BLE001  # told with its traceback below; the loop must live on; what was not written down is asked for again
                pause = self._pause_after(error, pause)
                await asyncio.sleep(pause)

    async def _ask(self) -> None:
        """Take one batch. The next offset tells Telegram that all before it is safe with us."""
        for raw in codec.parse_batch(await self._api.updates(self._offset)):
            await self._accept(raw, codec.encode(raw))
            number = codec.number(raw)
            if number is None:
                raise MalformedRequest("an update without a number")
            self._offset = max(self._offset, number + 1)

    def _pause_after(self, error: Exception, pause: float) -> float:
        action = "telegram_polling_failed"
        if isinstance(error, ChannelError | MalformedRequest):
            log.warning("no updates", action=action, account=self.account, reason=str(error))
        else:
            log.error("update not written down", action=action, account=self.account, exc_info=error)
        named = error.retry_after if isinstance(error, ChannelUnavailable) else None
        return min(named or max(pause * 2, 0.5), self._longest_pause)

    async def _insist(self, call: Callable[[], Awaitable[None]], what: str) -> None:
        pause = 0.0
        while True:
            try:
                await call()
                return
            except ChannelError as error:
                pause = self._pause_after(error, pause)
                log.warning("Telegram is away", action=f"telegram_{what}_failed", account=self.account)
            await asyncio.sleep(pause)

    def _spawn(self, work: Coroutine[object, object, None], name: str) -> None:
        task = asyncio.create_task(work, name=f"telegram {self.account}: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _body(request: web.Request) -> bytes | None:
    """The body, None when it is too large."""
    if (request.content_length or 0) > _BODY_LIMIT:
        return None
    body = bytearray()
    async with asyncio.timeout(_BODY_SECONDS):
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > _BODY_LIMIT:
                return None
    return bytes(body)
