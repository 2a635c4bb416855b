"""The WeChat channel of one account: webhooks in, passive and customer-service replies out."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

import structlog
from aiohttp import web

from channels.channel import Bury, Count, Media, MediaStore, Receipt, Receive
from channels.errors import (
    ChannelUnavailable,
    ForgedRequest,
    MalformedRequest,
    OutcomeUnknown,
    ReplyRejected,
    WindowClosed,
)
from channels.message import Attachment, Reply
from channels.wechat import codec, render
from channels.wechat.api import WECHAT, Lease, WeChatApi
from channels.wechat.envelope import Envelope, Mode, Opened, Query, Replays
from channels.wechat.menu import Button, checked_menu, labels_of
from channels.wechat.quota import Ledger

log = structlog.get_logger(__name__)

PHOTOS = frozenset({"image/jpeg", "image/png", "image/gif"})
"""What WeChat takes as a photo, up to 10 MB; a service account cannot send files at all."""
_REPEATED = "（下面的照片可能重复）"
_MOST_PUSHES = 5
_BODY_SECONDS = 5.0


class WeChatChannel:
    """Implements `channels.channel.MergingChannel`."""

    name = "wechat"

    def __init__(
        self,
        *,
        account: str,
        app_id: str,
        app_secret: str,
        token: str,
        aes_key: str,
        mode: Mode,
        receive: Receive,
        bury: Bury,
        count: Count,
        quota: Ledger,
        lease: Lease | None = None,
        store: MediaStore | None = None,
        api_base: str = WECHAT,
        menu: Sequence[Button] = (),
        slot_seconds: float = 4.3,
        freshness: float = 300.0,
        body_limit: int = 64 * 1024,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.account = account
        self._envelope = Envelope(token=token, aes_key=aes_key, app_id=app_id, mode=mode, freshness=freshness)
        self._replays = Replays(keep=2 * freshness)
        self._api = WeChatApi(app_id=app_id, app_secret=app_secret, base=api_base, lease=lease, clock=clock)
        self._receive = receive
        self._bury = bury
        self._count = count
        self._quota = quota
        self._store = store
        self._menu = checked_menu(menu)
        self._labels = labels_of(menu)
        self._slot_seconds = slot_seconds
        self._body_limit = body_limit
        self._clock = clock

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Where the WeChat console must point to."""
        path = f"/channels/wechat/{self.account}"
        return [web.get(path, self._verify, allow_head=False), web.post(path, self._take)]

    async def start(self) -> None:
        """See `Channel`."""
        await self._api.open()

    async def stop(self) -> None:
        """See `Channel`."""
        await self._api.close()

    async def send(self, reply: Reply) -> None:
        """Push one reply."""
        await self.send_many([reply])

    async def send_many(self, replies: Sequence[Reply]) -> int:
        """Push as many as one customer-service message holds; see `MergingChannel`."""
        user = replies[0].address.user
        if replies[0].attachments:
            if replies[0].repeated:
                await self._push(user, [_REPEATED])
            await self._push_photo(user, replies[0].attachments[0])
            return 1
        same = [reply for reply in replies if reply.address == replies[0].address]
        together = render.fit(same)
        texts = [render.merged(same[:together])] if together else render.pieces(same[0])
        if not any(text.strip() for text in texts):
            raise ReplyRejected("there is nothing in it to show")
        await self._push(user, texts)
        return max(1, together)

    async def quota_left(self, user: str) -> tuple[int, float]:
        """How many pushes WeChat still takes for this citizen, and until when (Unix seconds)."""
        return await self._quota.left(user, self._clock())

    async def typing(self, user: str, *, on: bool = True) -> None:
        """Show that somebody is writing."""
        await self._api.type_on(user, typing=on)

    async def fetch(self, attachment: Attachment) -> Media:
        """See `Channel`. WeChat keeps it for three days."""
        return await self._api.media(attachment.media_id)

    async def set_menu(self, menu: Sequence[Button] | None = None) -> None:
        """Put the configured menu, or another, under the chat; a client shows it within a day."""
        await self._api.create_menu(self._menu if menu is None else checked_menu(menu))

    async def check(self) -> None:
        """Ask WeChat for a token: raises with its error code when the AppID, the secret or our address is wrong."""
        await self._api.prove()

    async def _push(self, user: str, texts: Sequence[str]) -> None:
        left, _ = await self._quota.left(user, self._clock())
        if len(texts) > _MOST_PUSHES:
            raise ReplyRejected(f"too long even for {_MOST_PUSHES} messages")
        if left < len(texts):
            raise WindowClosed(f"{left} of {len(texts)} messages left until the citizen writes again")
        for number, text in enumerate(texts):
            try:
                await self._push_one(user, text)
            except (ChannelUnavailable, WindowClosed, ReplyRejected) as error:
                if number:  # a part was read already, so from the start it would be a repetition
                    raise OutcomeUnknown(f"only {number} of {len(texts)} parts left: {error}") from error
                raise

    async def _push_photo(self, user: str, attachment: Attachment) -> None:
        left, _ = await self._quota.left(user, self._clock())
        if not left:
            raise WindowClosed("no message left until the citizen writes again")
        if attachment.mime not in PHOTOS or self._store is None:
            raise ReplyRejected(f"WeChat takes photos, and not {attachment.mime}")
        media = await self._store.get(attachment.key)
        name = attachment.filename or "photo"
        try:
            media_id = await self._api.upload_image(media.content, attachment.mime, name)
        except OutcomeUnknown as error:  # the citizen has seen nothing, so it may be tried again
            raise ChannelUnavailable(str(error)) from error
        await self._counted(user, self._api.send_image(user, media_id))

    async def _push_one(self, user: str, text: str) -> None:
        await self._counted(user, self._api.send_text(user, text))

    async def _counted(self, user: str, push: Awaitable[None]) -> None:
        """Push, and count what WeChat counts."""
        try:
            await push
        except WindowClosed:
            await self._quota.exhausted(user)
            raise
        except OutcomeUnknown:
            await self._quota.spend(user, self._clock())
            raise
        await self._quota.spend(user, self._clock())

    async def _verify(self, request: web.Request) -> web.StreamResponse:
        """The console's question whether this URL is ours; the answer to nobody else, since it echoes."""
        try:
            self._envelope.check(Query.of(request.query))
        except ForgedRequest as error:
            return self._forged(error)
        return web.Response(text=request.query.get("echostr", ""), headers={"X-Content-Type-Options": "nosniff"})

    async def _take(self, request: web.Request) -> web.StreamResponse:
        arrived = self._clock()
        query = Query.of(request.query)
        body = await self._body(request)
        readable = body
        try:
            opened = self._envelope.open(query, body, arrived)
            readable = opened.xml.encode()
            if not opened.encrypted:
                self._replays.check(query, body, arrived)
            incoming = codec.read(opened.xml, account=self.account, labels=self._labels)
        except ForgedRequest as error:
            return self._forged(error)
        except MalformedRequest as error:
            return await self._buried(readable, error)
        return await self._answered(request, opened, incoming, arrived)

    async def _body(self, request: web.Request) -> bytes:
        if (request.content_length or 0) > self._body_limit:
            raise self._oversized()
        if "Content-Encoding" in request.headers:  # WeChat packs nothing; what unpacks to gigabytes is not WeChat
            raise web.HTTPUnsupportedMediaType
        body = bytearray()
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                async for chunk in request.content.iter_chunked(16 * 1024):
                    body += chunk
                    if len(body) > self._body_limit:
                        raise self._oversized()
        except TimeoutError as error:
            raise web.HTTPRequestTimeout from error
        except web.RequestPayloadError as error:
            raise web.HTTPBadRequest from error
        return bytes(body)

    async def _answered(
        self, request: web.Request, opened: Opened, incoming: codec.Incoming, arrived: float
    ) -> web.StreamResponse:
        message, deadline = incoming.message, arrived + self._slot_seconds
        # Before the message is written down: its answer may be pushed as soon as it is.
        await self._quota.refill(message.address.user, message.kind, message.sent_at)
        receipt = await self._receive(replace(message, slot_until=deadline if incoming.answerable else 0.0))
        if not receipt.fresh:
            self._count(self.name, "repeated")
        if not incoming.answerable:
            return _success()
        replies = await receipt.replies(max(0.0, deadline - self._clock()), render.fit)
        if not replies:
            return _success()
        text = render.merged(replies)
        if not text.strip():  # claimed, but there is nothing in it to show
            await receipt.sent()
            return _success()
        return await self._replied(request, opened, incoming, receipt, text)

    async def _replied(
        self, request: web.Request, opened: Opened, incoming: codec.Incoming, receipt: Receipt, text: str
    ) -> web.StreamResponse:
        now = int(self._clock())
        xml = render.passive_xml(text, user=incoming.message.address.user, written_to=incoming.written_to, at=now)
        if opened.encrypted:
            xml = self._envelope.seal(xml, nonce=secrets.token_hex(8), timestamp=now)
        body = xml.encode()
        response = web.StreamResponse(headers={"Content-Type": "application/xml; charset=utf-8"})
        response.content_length = len(body)
        # Written here and not by aiohttp after us, so that `sent` is said only when it was.
        await response.prepare(request)
        await response.write(body)
        await response.write_eof()
        await receipt.sent()
        return response

    def _forged(self, error: ForgedRequest) -> web.Response:
        log.warning("webhook refused", action="wechat_forged", account=self.account, reason=str(error))
        self._count(self.name, "forged")
        return web.Response(status=403)

    def _oversized(self) -> web.HTTPException:
        log.warning("webhook too large", action="wechat_oversized", account=self.account)
        self._count(self.name, "oversized")
        return web.HTTPRequestEntityTooLarge(max_size=self._body_limit, actual_size=self._body_limit)

    async def _buried(self, body: bytes, error: MalformedRequest) -> web.Response:
        log.warning("webhook unreadable", action="wechat_malformed", account=self.account, reason=str(error))
        self._count(self.name, "malformed")
        await self._bury(self.name, self.account, body, str(error))
        return _success()


def _success() -> web.Response:
    """Neither a repetition nor a word to the citizen."""
    return web.Response(text="success")
