"""The face of a channel, and what it needs from the service behind it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from channels.message import Attachment, Message, Reply

Fit = Callable[[Sequence[Reply]], int]
"""How many of these replies, from the first, fit together into the webhook's own response."""


class Receipt(Protocol):
    """What `Receive` returns once the message is safe in the record."""

    @property
    def fresh(self) -> bool:
        """False when the platform delivered again what the record already had."""
        ...

    async def replies(self, timeout: float, fit: Fit) -> Sequence[Reply]:
        """The replies that the webhook's own response is to carry: waits up to `timeout` seconds for the turn.

        They are claimed for this response: nobody else sends them. A message delivered again gets the same ones
        at once. Empty when the turn is not ready in time or has nothing to say; the rest is pushed later.
        """
        ...

    async def sent(self) -> None:
        """The response that carried the claimed replies was written out whole."""
        ...


Receive = Callable[[Message], Awaitable[Receipt]]
"""Write a message down first; only when this returns may the platform be answered."""

Bury = Callable[[str, str, bytes, str], Awaitable[None]]
"""Keep a signed but unreadable webhook as a dead letter: (channel, account, body, reason)."""

Count = Callable[[str, str], None]
"""Count something that a person watches: (channel, what), such as ("wechat", "forged")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A fetched photo, voice message, video or file."""

    content: bytes
    mime: str
    filename: str = ""


class MediaStore(Protocol):
    """Where photos, voice and files of citizens are kept; the application implements it."""

    async def put(self, content: bytes, mime: str, filename: str) -> str:
        """Keep it for good and return its key."""
        ...

    async def get(self, key: str) -> Media:
        """What is kept under the key; `ReplyRejected` when it is gone, `ChannelUnavailable` to try again."""
        ...


class Channel(Protocol):
    """A chat app at one account of the city."""

    @property
    def name(self) -> str:
        """`wechat`, `telegram` or `web`."""
        ...

    @property
    def account(self) -> str:
        """Which of the city's accounts, `main` by default."""
        ...

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The HTTP routes that this channel answers."""
        ...

    async def start(self) -> None:
        """Open what is needed to send; must not fail because the platform is away."""
        ...

    async def stop(self) -> None:
        """Close it again."""
        ...

    async def send(self, reply: Reply) -> None:
        """Deliver; returns when the platform took it, raises one of `channels.errors` otherwise."""
        ...

    async def fetch(self, attachment: Attachment) -> Media:
        """Get what a citizen attached; `ReplyRejected` when it is gone for good, `ChannelUnavailable` to retry."""
        ...


class MergingChannel(Channel, Protocol):
    """A channel that counts what is sent, and therefore carries several waiting replies in one message."""

    async def send_many(self, replies: Sequence[Reply]) -> int:
        """Deliver as many as one message holds, from the first; returns how many that were, at least one.

        Raises as `send` does; what it raises is the fate of the first reply alone, the others have not left.
        """
        ...
