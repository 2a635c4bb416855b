"""A small real service around the Telegram channel: writes down, answers by a script, can be away."""

import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.channel import Fit, Receipt
from channels.message import Address, Choice, Message, MessageKind, Reply
from channels.telegram.channel import TelegramChannel
from tests.fakes.telegram import TelegramServer


@dataclass(frozen=True)
class Written:
    """A receipt without a passive slot."""

    fresh: bool

    async def replies(self, timeout: float, fit: Fit) -> Sequence[Reply]:
        """Never any."""
        return ()

    async def sent(self) -> None:
        """Nothing to note."""


def script(message: Message) -> Reply | None:
    """Answers messages, not events."""
    if message.kind in (MessageKind.EVENT, MessageKind.UNFOLLOW):
        return None
    choices: tuple[Choice, ...] = ()
    if message.text == "选":
        choices = (Choice(value="road", label="道路积水"), Choice(value="灯" * 30, label="路灯不亮"))
    text = f"收到:{message.choice or message.text or message.kind.value}"
    return Reply(id=f"reply:{message.id}", address=message.address, text=text, choices=choices)


class BotService:
    """The channel, served on loopback, before a Telegram that is on loopback too."""

    def __init__(self, telegram: TelegramServer, mode: str, **options: Any) -> None:
        self.telegram, self.away = telegram, False
        self.received: list[Message] = []
        self.seen: set[str] = set()
        self.buried: list[tuple[str, str, bytes, str]] = []
        self.counted: Counter[tuple[str, str]] = Counter()
        self.answer: Callable[[Message], Reply | None] = script
        self._mode, self._options = mode, options
        self.channel = self._make("")

    async def open(self) -> None:
        """Serve, then let the channel meet Telegram."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.channel = self._make(f"http://127.0.0.1:{port}")
        app = web.Application()
        app.add_routes(self.channel.routes())
        self.server = TestServer(app, host="127.0.0.1", port=port)
        await self.server.start_server()
        await self.channel.start()

    async def close(self) -> None:
        """Stop."""
        await self.channel.stop()
        await self.server.close()

    def _make(self, public_url: str) -> TelegramChannel:
        options: dict[str, Any] = {
            "account": "main",
            "token": self.telegram.token,
            "mode": self._mode,
            "secret": self.telegram.secret,
            "public_url": public_url,
            "api_base": self.telegram.api_base,
            "timeout": 1.0,
            "poll_seconds": 1,
            "longest_pause": 0.05,
            "receive": self._receive,
            "bury": self._bury,
            "count": lambda channel, what: self.counted.update([(channel, what)]),
        }
        return TelegramChannel(**{**options, **self._options})

    async def _receive(self, message: Message) -> Receipt:
        if self.away:
            raise OSError("the record is away")
        fresh = message.id not in self.seen
        self.seen.add(message.id)
        if fresh:
            self.received.append(message)
            if (reply := self.answer(message)) is not None:
                await self.channel.send(reply)
        return Written(fresh)

    async def _bury(self, channel: str, account: str, body: bytes, reason: str) -> None:
        self.buried.append((channel, account, body, reason))


def reply(user: int | str, text: str, **more: Any) -> Reply:
    """A reply to a citizen."""
    address = Address(channel="telegram", account="main", user=str(user))
    return Reply(**{"id": "r1", "address": address, "text": text, **more})
