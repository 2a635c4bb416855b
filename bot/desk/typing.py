"""That somebody is writing: told over the bus and forgotten after seconds; never in the record."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec

from bot.bus.base import Bus, Topic
from bot.log import get_logger
from channels.channel import Channel
from channels.errors import ChannelError
from channels.message import Address
from channels.telegram.channel import TelegramChannel
from channels.webchat.channel import WebChatChannel
from channels.wechat.channel import WeChatChannel

log = get_logger(__name__)

LASTS = 6.0
"""Seconds for which a signal is good."""
_GAP = 4.0
"""Seconds between two signals to a platform for the same citizen: both WeChat and Telegram count calls."""
_REMEMBERED = 10_000


class _Signal(msgspec.Struct, frozen=True):
    who: Literal["citizen", "operator"]
    conversation_id: str
    name: str = ""


class Typing:
    """Signals of citizens for the desk, and of operators for citizens, whichever node they are at."""

    def __init__(
        self,
        bus: Bus,
        *,
        clock: Callable[[], float],
        show: Callable[[str, str], Awaitable[None]],
        push: Callable[[str], Awaitable[None]],
    ) -> None:
        """`show` shows it on pages that are open at this node; `push` tells a platform, from one node only."""
        self._bus = bus
        self._clock = clock
        self._show = show
        self._push = push
        self._citizens: dict[str, float] = {}
        self._pushed: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        bus.listen(Topic.TYPING, self._hear)

    def citizen_writes(self, conversation_id: str) -> None:
        """Let the desk know, at every node."""
        self._tell(_Signal("citizen", conversation_id))

    def operator_writes(self, conversation_id: str, name: str) -> None:
        """Let the citizen know; a platform is told once in some seconds."""
        self._tell(_Signal("operator", conversation_id, name))
        now = self._clock()
        if now - self._pushed.get(conversation_id, 0.0) >= _GAP:
            self._pushed = _fresh(self._pushed, now) | {conversation_id: now}
            self._begin(self._pushing(conversation_id))

    def is_citizen_writing(self, conversation_id: str) -> bool:
        """Whether he wrote within the last seconds."""
        return self._clock() - self._citizens.get(conversation_id, 0.0) < LASTS

    async def stop(self) -> None:
        """Let go of what is under way: it would be stale."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _tell(self, signal: _Signal) -> None:
        self._bus.wake(Topic.TYPING, msgspec.json.encode(signal).decode())

    def _hear(self, subject: str) -> None:
        try:
            signal = msgspec.json.decode(subject, type=_Signal)
        except msgspec.DecodeError as error:  # a node of another version, while one after the other is renewed
            log.info("typing not understood", action="typing_unread", reason=str(error))
            return
        now = self._clock()
        if signal.who == "citizen":
            self._citizens = _fresh(self._citizens, now) | {signal.conversation_id: now}
        else:
            self._begin(self._show(signal.conversation_id, signal.name))

    async def _pushing(self, conversation_id: str) -> None:
        try:
            await self._push(conversation_id)
        except ChannelError as error:  # nothing is lost with it, and the reply itself comes
            log.info("typing not shown", action="typing_failed", conversation=conversation_id, reason=str(error))

    def _begin(self, work: Awaitable[None]) -> None:
        async def run() -> None:
            await work

        task = asyncio.create_task(run(), name="typing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Screens:
    """Where citizens see that somebody writes: open pages of the web chat, and platforms that can be told."""

    def __init__(self, channels: Mapping[tuple[str, str], Channel]) -> None:
        """`channels` by name and account."""
        self._channels = channels

    async def show(self, conversation_id: str, name: str) -> None:
        """On the citizen's page, if it is open at this node."""
        address = Address.parse(conversation_id)
        match self._channels.get((address.channel, address.account)):
            case WebChatChannel() as channel:
                await channel.typing(address.user, name)

    async def push(self, conversation_id: str) -> None:
        """In the citizen's chat app."""
        address = Address.parse(conversation_id)
        match self._channels.get((address.channel, address.account)):
            case WeChatChannel() | TelegramChannel() as channel:
                await channel.typing(address.user)


def _fresh(signals: dict[str, float], now: float) -> dict[str, float]:
    """Without those that are over, once there are many."""
    if len(signals) < _REMEMBERED:
        return signals
    return {conversation_id: at for conversation_id, at in signals.items() if now - at < LASTS}
