"""The web chat as a channel: page, widget, socket, uploads and media of one city."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

import structlog
from aiohttp import BodyPartReader, WSCloseCode, WSMsgType, web
from aiohttp.http_exceptions import HttpProcessingError

from channels.channel import Bury, Count, Media, MediaStore, Receive
from channels.errors import ChannelUnavailable, ForgedRequest, MalformedRequest, ReplyRejected
from channels.message import Address, Attachment, Message, Reply
from channels.webchat import codec
from channels.webchat.browser import Browser
from channels.webchat.mailbox import Mailbox
from channels.webchat.pace import Pace
from channels.webchat.page import Page
from channels.webchat.upload import recognise, without_exif
from channels.webchat.visitor import Seal, Stored

log = structlog.get_logger(__name__)

COOKIE = "suda_visitor"
HEADER = "X-Suda-Visitor"
FORGED = 4403
"""The close code of a forged token; the page drops the token and comes back as somebody new."""
_YEAR = 365 * 24 * 3600


class WebChatChannel:
    """Visitors without a login. A reply is delivered when it is in the mailbox: `send` only wakes the open pages."""

    name = "web"

    def __init__(
        self,
        *,
        receive: Receive,
        bury: Bury,
        count: Count,
        mailbox: Mailbox,
        media: MediaStore,
        secret: bytes,
        account: str = "main",
        title: str = "诉达",
        privacy_url: str = "",
        embed_on: str = "*",
        max_upload: int = 10 * 1024 * 1024,
        messages: tuple[int, float] = (30, 10.0),
        uploads: tuple[int, float] = (20, 60.0),
        heard_typing: Callable[[Address], None] | None = None,
        heartbeat: float = 25.0,
        hello_within: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`embed_on`: pages that may hold the widget, as CSP sources; `messages`, `uploads`: how many in how many s;
        `heard_typing` is told, a few times a minute at most, who is writing."""
        self.account = account
        self._receive, self._bury, self._count, self._clock = receive, bury, count, clock
        self._mailbox, self._media, self._seal = mailbox, media, Seal(secret)
        self._page = Page(title, privacy_url, embed_on)
        self._max_upload, self._heartbeat, self._hello_within = max_upload, heartbeat, hello_within
        self._messages = Pace(*messages, now=time.monotonic)
        self._uploads = Pace(*uploads, now=time.monotonic)
        self._heard_typing, self._typings = heard_typing, Pace(4, 8.0, now=time.monotonic)
        self._open: dict[str, set[Browser]] = {}
        self._stopped = False

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Page, widget, socket, upload and media."""
        return [
            web.get("/chat", self._chat),
            web.get("/widget.js", self._widget),
            web.get("/channels/web/static/{name}", self._static),
            web.get("/channels/web/socket", self._socket),
            web.post("/channels/web/upload", self._upload),
            web.get("/channels/web/media/{key}", self._show_media),
        ]

    async def start(self) -> None:
        """Nothing to open: browsers come by themselves."""
        self._stopped = False

    async def stop(self) -> None:
        """Send the open pages away, those too that still come; they come back to the next process."""
        self._stopped = True
        pages = [page for pages in self._open.values() for page in pages]
        await asyncio.gather(*(page.close(WSCloseCode.GOING_AWAY) for page in pages))

    async def send(self, reply: Reply) -> None:
        """The line is in the mailbox already; sending it twice shows it once."""
        self.wake(reply.address.user)

    async def fetch(self, attachment: Attachment) -> Media:
        """What a visitor uploaded is stored before his message comes."""
        return await self._media.get(attachment.key)

    def wake(self, user: str) -> None:
        """Let the visitor's open pages look for new lines (also when another process wrote them)."""
        for page in self._open.get(user, ()):
            page.wake()

    async def typing(self, user: str, name: str) -> None:
        """Show that somebody is writing to him."""
        for page in tuple(self._open.get(user, ())):
            await page.tell(codec.typing(name))

    # -- pages

    async def _chat(self, request: web.Request) -> web.Response:
        response = self._page.chat(request.host, embed="embed" in request.query)
        try:
            user = self._seal.visitor(request.cookies.get(COOKIE, ""))
        except ForgedRequest:
            if COOKIE in request.cookies:
                self._count("web", "forged")
            user, _ = self._seal.new_visitor()
        secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
        token = self._seal.token(user)
        response.set_cookie(COOKIE, token, max_age=_YEAR, httponly=True, samesite="Lax", secure=secure)
        return response

    async def _widget(self, request: web.Request) -> web.Response:
        return self._page.part("widget.js", request)

    async def _static(self, request: web.Request) -> web.Response:
        return self._page.part(request.match_info["name"], request)

    # -- socket

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        # aiohttp closes with 1009 by itself when a frame is larger than max_msg_size
        socket = web.WebSocketResponse(timeout=2.0, max_msg_size=codec.MAX_FRAME, heartbeat=self._heartbeat)
        if not socket.can_prepare(request):
            return web.Response(status=426, headers={"Upgrade": "websocket"})
        await socket.prepare(request)
        page = await self._meet(socket, request)
        if page is None:
            return socket
        if self._stopped:
            await page.close(WSCloseCode.GOING_AWAY)
            return socket
        pages = self._open.setdefault(page.address.user, set())
        pages.add(page)
        try:
            await page.run(self._hear)
        finally:
            pages.discard(page)
            if not pages and self._open.get(page.address.user) is pages:
                del self._open[page.address.user]
            if page.too_big:
                self._count("web", "oversized")
        return socket

    async def _meet(self, socket: web.WebSocketResponse, request: web.Request) -> Browser | None:
        hello = await self._hello(socket)
        if hello is None:
            return None
        try:
            user, token = self._recognise(hello.token, request)
        except ForgedRequest:
            self._count("web", "forged")
            await socket.close(code=FORGED)
            return None
        address = Address(channel=self.name, account=self.account, user=user)
        page = Browser(
            socket, address, hello.cursor, self._mailbox, lambda key: self._seal.media(user, key), self._heartbeat
        )
        await page.tell(codec.welcome(cursor=hello.cursor, token=token, max_upload=self._max_upload))
        return page

    async def _hello(self, socket: web.WebSocketResponse) -> codec.Hello | None:
        try:
            frame = await socket.receive(timeout=self._hello_within)
            hello = codec.read(frame.data) if frame.type is WSMsgType.TEXT else None
        except (TimeoutError, MalformedRequest):
            hello = None
        if isinstance(hello, codec.Hello):
            return hello
        if not socket.closed:
            self._count("web", "malformed")
            await socket.close(code=WSCloseCode.POLICY_VIOLATION)
        return None

    def _recognise(self, token: str, request: web.Request) -> tuple[str, str]:
        """The visitor, and the token to give him when no cookie keeps it."""
        if token:
            return self._seal.visitor(token), token
        cookie = request.cookies.get(COOKIE, "")
        if cookie and _from_own_page(request):
            return self._seal.visitor(cookie), ""
        return self._seal.new_visitor()

    async def _hear(self, page: Browser, data: str) -> None:
        """One frame of a visitor. Nothing he says is dropped: it is acknowledged, or his page still has it."""
        try:
            await self._answer(page, data)
        except Exception:  # the socket must live on; what is not acknowledged, the page sends again
            log.exception("frame not taken", action="web_receive_failed", conversation=page.address.key)
            await page.tell(codec.refusal("unavailable", codec.client_id(data)))

    async def _answer(self, page: Browser, data: str) -> None:
        try:
            frame = codec.read(data)
        except MalformedRequest as error:
            await self._put_aside(page, data, str(error))
            return
        if isinstance(frame, codec.Ping):
            await page.tell(codec.pong())
        elif isinstance(frame, codec.Typing):
            self._tell_typing(page.address)
        elif isinstance(frame, codec.Say):
            await self._take(page, frame, data)

    async def _take(self, page: Browser, said: codec.Say, data: str) -> None:
        if not self._messages.allows(page.address.user):
            await self._slow_down(page, said.id)
            return
        try:
            message = self._message(page.address, said)
        except ForgedRequest:
            self._count("web", "forged")
            await self._keep(page, data, "an attachment is not this visitor's")
            return
        await self._receive(message)
        await page.tell(codec.ack(said.id))
        self.wake(page.address.user)

    def _message(self, address: Address, said: codec.Say) -> Message:
        identity = codec.message_id(address, said.id)
        stored = [self._seal.granted(address.user, grant) for grant in said.attachments]
        attachments = [one.attachment(f"{identity}:{index}") for index, one in enumerate(stored)]
        return codec.message(said, address, self._clock(), attachments)

    def _tell_typing(self, address: Address) -> None:
        if self._heard_typing is not None and self._typings.allows(address.user):
            self._heard_typing(address)

    async def _put_aside(self, page: Browser, data: str, reason: str) -> None:
        if not self._messages.allows(page.address.user):
            await self._slow_down(page, codec.client_id(data))
            return
        self._count("web", "malformed")
        await self._keep(page, data, reason)

    async def _keep(self, page: Browser, data: str, reason: str) -> None:
        await self._bury(self.name, self.account, data.encode("utf-8", "replace"), reason)
        await page.tell(codec.refusal("malformed", codec.client_id(data)))

    async def _slow_down(self, page: Browser, client: str) -> None:
        self._count("web", "too_fast")
        await page.tell(codec.refusal("too_fast", client))

    # -- uploads and media

    async def _upload(self, request: web.Request) -> web.Response:
        try:
            user = self._visitor(request)
        except ForgedRequest:
            self._count("web", "forged")
            return _refused(403, "forged")
        if not self._uploads.allows(user):
            self._count("web", "too_fast")
            return _refused(429, "too_fast", {"Retry-After": "60"})
        if (request.content_length or 0) > self._max_upload + 64 * 1024:
            return _refused(413, "too_large")
        try:
            filename, content = await self._file(request)
        except _TooLarge:
            return _refused(413, "too_large")
        except _BROKEN as error:  # the page still has the photo
            log.info("upload unreadable", action="web_upload_malformed", error=type(error).__name__)
            self._count("web", "malformed")
            return _refused(400, "malformed")
        return await self._store(user, filename, content)

    async def _store(self, user: str, filename: str, content: bytes) -> web.Response:
        found = recognise(content)
        if found is None:
            return _refused(415, "unsupported")
        content = without_exif(content)
        name = filename or f"upload{found.suffix}"
        try:
            key = await self._media.put(content, found.mime, name)
        except ChannelUnavailable:
            return _refused(503, "unavailable", {"Retry-After": "5"})
        stored = Stored(key, found.kind, found.mime, name, len(content))
        return web.json_response({"grant": self._seal.grant(user, stored), "kind": found.kind.value})

    async def _file(self, request: web.Request) -> tuple[str, bytes]:
        reader = await request.multipart()
        part = await reader.next()
        if not isinstance(part, BodyPartReader) or part.name != "file":
            raise ValueError("the first part is no file")
        content = bytearray()
        while chunk := await part.read_chunk(64 * 1024):
            content += chunk
            if len(content) > self._max_upload:
                raise _TooLarge
        if not content:
            raise ValueError("an empty file")
        return _plain_name(part.filename or ""), bytes(content)

    async def _show_media(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        try:
            user = self._visitor(request)
            if not self._seal.owns(user, key, request.query.get("proof", "")):
                raise ForgedRequest("media of another conversation")
        except ForgedRequest:
            self._count("web", "forged")
            return _refused(403, "forged")
        try:
            media = await self._media.get(key)
        except ReplyRejected:
            return _refused(404, "gone")
        except ChannelUnavailable:
            return _refused(503, "unavailable", {"Retry-After": "5"})
        return web.Response(body=media.content, headers=_media_headers(media))

    def _visitor(self, request: web.Request) -> str:
        if token := request.headers.get(HEADER, ""):
            return self._seal.visitor(token)
        if not _from_own_page(request):
            raise ForgedRequest("a foreign page used the cookie")
        return self._seal.visitor(request.cookies.get(COOKIE, ""))


_BROKEN = (
    *(ValueError, LookupError, AssertionError, web.RequestPayloadError, HttpProcessingError),
    RuntimeWarning,  # aiohttp only warns of an odd header, but a warning may be an error where we run
)
"""What aiohttp's multipart reader raises on broken bodies."""


class _TooLarge(Exception):
    """The upload exceeds what is allowed."""


def _from_own_page(request: web.Request) -> bool:
    """Whether a cookie counts: a browser names the page's origin with sockets and posts."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _refused(status: int, code: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": code}, status=status, headers=headers)


def _plain_name(filename: str) -> str:
    name = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in name if character.isprintable())[-120:]


_SHOWN = ("image/", "audio/", "video/", "application/pdf")


def _media_headers(media: Media) -> dict[str, str]:
    shown = media.mime.startswith(_SHOWN) and media.mime != "image/svg+xml"
    return {
        "Content-Type": media.mime if shown else "application/octet-stream",
        "Content-Disposition": "inline" if shown else "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, max-age=86400",
    }
