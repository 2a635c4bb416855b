"""A small real service around the web chat: keeps what is said, answers by a script, can be cut off."""

import asyncio
import hashlib
import io
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, FormData, WSMsgType, web
from aiohttp.test_utils import TestServer

from channels.channel import Fit, Media, Receipt
from channels.errors import ChannelUnavailable, ReplyRejected
from channels.message import Address, Choice, Message, Reply, Speaker
from channels.webchat.channel import WebChatChannel
from channels.webchat.mailbox import MemoryMailbox

SECRET = b"a secret of the tests only"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


async def until(claim: Callable[[], object], within: float = 10.0) -> None:
    """Wait until the claim holds."""
    async with asyncio.timeout(within):
        while not claim():  # noqa: ASYNC110  # claims are about any state, which sets no event
            await asyncio.sleep(0.01)


class MemoryMedia:
    """A media store that lasts as long as the test."""

    def __init__(self) -> None:
        self.kept: dict[str, Media] = {}
        self.away = False

    async def put(self, content: bytes, mime: str, filename: str) -> str:
        """Keep it under the hash of its content."""
        if self.away:
            raise ChannelUnavailable("disk full")
        key = hashlib.sha256(content).hexdigest()[:24]
        self.kept[key] = Media(content=content, mime=mime, filename=filename)
        return key

    async def get(self, key: str) -> Media:
        """What is kept."""
        if self.away:
            raise ChannelUnavailable("disk away")
        if key not in self.kept:
            raise ReplyRejected("gone")
        return self.kept[key]


@dataclass(frozen=True)
class Written:
    """A receipt without a passive slot."""

    fresh: bool

    async def replies(self, timeout: float, fit: Fit) -> Sequence[Reply]:
        """Never any."""
        return ()

    async def sent(self) -> None:
        """Nothing to note."""


def script(message: Message) -> Reply:
    """Answers like a bot: offers choices for 选, else repeats what was understood."""
    choices: tuple[Choice, ...] = ()
    text = f"收到:{message.text}" if message.text else f"收到:{message.kind.value}"
    if message.text == "选":
        text = "请问是哪一类?"
        choices = (Choice(value="road", label="道路积水"), Choice(value="lamp", label="路灯不亮"))
    if message.choice:
        text = f"您选了 {message.choice}"
    return Reply(id=f"reply:{message.id}", address=message.address, text=text, choices=choices, at=message.sent_at)


class ChatService:
    """The channel over a memory mailbox, served on loopback."""

    def __init__(self, **options: Any) -> None:
        self.mailbox, self.media = MemoryMailbox(), MemoryMedia()
        self.received: list[Message] = []
        self.buried: list[tuple[str, str, bytes, str]] = []
        self.counted: Counter[tuple[str, str]] = Counter()
        self.answer: Callable[[Message], Reply | None] = script
        self.away = False
        self.channel = WebChatChannel(
            receive=self._receive,
            bury=self._bury,
            count=lambda channel, what: self.counted.update([(channel, what)]),
            mailbox=self.mailbox,
            media=self.media,
            secret=SECRET,
            **{"title": "诉达 · 群众诉求", "privacy_url": "/privacy", **options},
        )
        self.server = self._new_server(0)

    async def start(self) -> None:
        """Serve."""
        await self.channel.start()
        await self.server.start_server()

    async def stop(self) -> None:
        """Send everybody away and close."""
        await self.channel.stop()
        await self.server.close()

    async def restart(self, while_away: Callable[[], Awaitable[None]] | None = None) -> None:
        """Cut everybody off and come back at the same port."""
        port = self.server.port or 0
        await self.stop()
        if while_away is not None:
            await while_away()
        self.server = self._new_server(port)
        await self.start()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """Where this path is served."""
        return f"http://{host}:{self.server.port}{path}"

    async def tell(self, user: str, text: str, *, identity: str, **more: Any) -> None:
        """An operator or the system speaks."""
        address = Address(channel="web", account="main", user=user)
        at = self.received[-1].sent_at if self.received else 1_700_000_000.0
        reply = Reply(**{"id": identity, "address": address, "text": text, "speaker": Speaker.SYSTEM, "at": at, **more})
        self.mailbox.put(reply)
        await self.channel.send(reply)

    async def _receive(self, message: Message) -> Receipt:
        if self.away:
            raise OSError("the record is away")
        fresh = self.mailbox.keep(message)
        if fresh:
            self.received.append(message)
            reply = self.answer(message)
            if reply is not None:
                self.mailbox.put(reply)
                await self.channel.send(reply)
        return Written(fresh)

    async def _bury(self, channel: str, account: str, body: bytes, reason: str) -> None:
        if self.away:
            raise OSError("the record is away")
        self.buried.append((channel, account, body, reason))

    def _new_server(self, port: int) -> TestServer:
        app = web.Application()
        app.add_routes(self.channel.routes())
        return TestServer(app, host="127.0.0.1", port=port)


class Visitor:
    """A browser without a screen: speaks the page's frames."""

    def __init__(self, service: ChatService, *, token: str = "") -> None:
        self.service, self.token, self.cursor = service, token, 0
        self.http = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self.lines: list[dict[str, Any]] = []
        self.socket: ClientWebSocketResponse | None = None

    @property
    def user(self) -> str:
        """The id inside the token."""
        return self.token.partition(".")[0]

    @property
    def texts(self) -> list[str]:
        """What the page shows."""
        return [line["text"] for line in self.lines]

    async def connect(self) -> dict[str, Any]:
        """Say hello from where we left off; the welcome."""
        self.socket = await self.http.ws_connect(self.service.url("/channels/web/socket"))
        await self.say_raw({"type": "hello", "cursor": self.cursor, "token": self.token})
        welcome = await self.frame("welcome")
        self.token = welcome["token"] or self.token
        return welcome

    async def say_raw(self, frame: object) -> None:
        """Send any frame."""
        assert self.socket is not None
        await self.socket.send_str(frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False))

    async def say(self, text: str, identity: str, **more: Any) -> dict[str, Any]:
        """Say something and wait for its ack (or refusal)."""
        await self.say_raw({"type": "message", "id": identity, "text": text, **more})
        return await self.frame("ack", "error")

    async def frame(self, *kinds: str) -> dict[str, Any]:
        """The next frame of these kinds; lines that come before are kept."""
        assert self.socket is not None
        while True:
            got = await self.socket.receive(timeout=10)
            assert got.type is WSMsgType.TEXT, got
            frame: dict[str, Any] = json.loads(got.data)
            if frame["type"] == "lines":
                self.lines += frame["lines"]
                self.cursor = self.lines[-1]["cursor"]
            if frame["type"] in kinds:
                return frame

    async def see(self, text: str) -> None:
        """Wait until a line with this text is shown."""
        while text not in self.texts:
            await self.frame("lines")

    async def upload(self, content: bytes, filename: str = "现场.png") -> tuple[int, dict[str, Any]]:
        """Post a file as the page does."""
        form = FormData(quote_fields=False)
        form.add_field("file", io.BytesIO(content), filename=filename)
        url = self.service.url("/channels/web/upload")
        async with self.http.post(url, data=form, headers={"X-Suda-Visitor": self.token}) as response:
            return response.status, await response.json()

    async def close(self) -> None:
        """Go away."""
        await self.http.close()
