"""The WeChat channel connected to the simulator, with a small book in place of the service behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from channels.channel import Fit
from channels.message import Address, Choice, Message, Reply, Speaker
from channels.wechat.channel import WeChatChannel
from channels.wechat.envelope import Mode
from channels.wechat.menu import Button
from channels.wechat.quota import MemoryLedger
from tests.fakes.wechat import WeChatServer
from tests.fakes.wechat_seal import Seal

Answer = Callable[[Message], Sequence[Reply]]


def reply_to(
    address: Address,
    text: str,
    *,
    choices: Sequence[tuple[str, str]] = (),
    speaker: Speaker = Speaker.BOT,
    speaker_name: str = "",
    repeated: bool = False,
) -> Reply:
    """A reply; choices as pairs of value and label."""
    return Reply(
        id=f"reply-{len(text)}",
        address=address,
        text=text,
        choices=tuple(Choice(value=value, label=label) for value, label in choices),
        speaker=speaker,
        speaker_name=speaker_name,
        repeated=repeated,
    )


def reply_for(user: str, text: str, *, choices: Sequence[tuple[str, str]] = ()) -> Reply:
    """A reply to the citizen with this OpenID."""
    return reply_to(Address(channel="wechat", account="main", user=user), text, choices=choices)


@dataclass(slots=True)
class Page:
    """What the book holds of one message: implements `Receipt`."""

    book: "Book"
    message: Message
    fresh: bool = True

    async def replies(self, timeout: float, fit: Fit) -> Sequence[Reply]:
        """Those that are ready in time and fit."""
        self.book.timeouts.append(timeout)
        try:
            await asyncio.wait_for(self.book.ready.wait(), timeout)
        except TimeoutError:
            return []
        self.book.claimed.set()
        waiting = self.book.answers.setdefault(self.message.id, list(self.book.answer(self.message)))
        return waiting[: fit(waiting)]

    async def sent(self) -> None:
        """Written out."""
        self.book.sent.append(self.message.id)


def echo(message: Message) -> Sequence[Reply]:
    """What was said, once more."""
    return [reply_to(message.address, f"收到：{message.text}")]


@dataclass(slots=True)
class Book:
    """Writes messages down, each id once; implements `Receive`."""

    answer: Answer = echo
    messages: dict[str, Message] = field(default_factory=dict)
    arrivals: list[str] = field(default_factory=list)
    answers: dict[str, list[Reply]] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)
    buried: list[tuple[str, str, bytes, str]] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    claimed: asyncio.Event = field(default_factory=asyncio.Event)
    refusals: int = 0
    """So many times writing down fails."""

    async def receive(self, message: Message) -> Page:
        """Write it down."""
        if self.refusals:
            self.refusals -= 1
            raise OSError("the record is away")
        self.arrivals.append(message.id)
        fresh = message.id not in self.messages
        self.messages.setdefault(message.id, message)
        return Page(self, message, fresh)

    async def bury(self, channel: str, account: str, body: bytes, reason: str) -> None:
        """Keep a dead letter."""
        self.buried.append((channel, account, body, reason))

    def count(self, channel: str, what: str) -> None:
        """Count."""
        self.counts.append(what)

    @property
    def last(self) -> Message:
        """The newest message."""
        return self.messages[self.arrivals[-1]]


@dataclass(slots=True, kw_only=True)
class Connection:
    """Both ends and what lies between."""

    wx: WeChatServer
    channel: WeChatChannel
    book: Book
    ledger: MemoryLedger


@asynccontextmanager
async def connected(
    mode: str = "safe",
    *,
    answer: Answer = echo,
    silent: bool = False,
    patience: float = 5.0,
    slot_seconds: float = 4.3,
    body_limit: int = 64 * 1024,
    menu: Sequence[Button] = (),
    seal: Seal | None = None,
) -> AsyncIterator[Connection]:
    """A channel that is served, and a simulator that knows where."""
    book, ledger = Book(answer=answer), MemoryLedger()
    if not silent:
        book.ready.set()
    async with WeChatServer(seal=seal or Seal(mode=mode), patience=patience, pause=0.01) as wx:
        channel = WeChatChannel(
            account="main",
            app_id=wx.seal.app_id,
            app_secret=wx.app_secret,
            token=wx.seal.token,
            aes_key=wx.seal.aes_key,
            mode=Mode(mode),
            receive=book.receive,
            bury=book.bury,
            count=book.count,
            quota=ledger,
            api_base=wx.api_base,
            menu=menu,
            slot_seconds=slot_seconds,
            body_limit=body_limit,
            clock=wx.clock,
        )
        app = web.Application()
        app.add_routes(channel.routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        wx.webhook = f"http://127.0.0.1:{runner.addresses[0][1]}/channels/wechat/main"
        await channel.start()
        try:
            yield Connection(wx=wx, channel=channel, book=book, ledger=ledger)
        finally:
            await channel.stop()
            await runner.cleanup()
