"""The face of the bus. What it tells are hints: whoever listens also looks by himself from time to time."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Topic(StrEnum):
    """What a wake-up is about; its subject says which one."""

    WORK = "work"
    """Something happened to the conversation of this id."""
    OUT = "out"
    """Something may be due to leave."""
    MEDIA = "media"
    """Something is to be fetched."""
    DONE = "done"
    """The turn of the event of this id is committed."""
    TYPING = "typing"
    """Somebody is writing; `bot.desk.typing` says who, and nothing of it is ever kept."""


Listener = Callable[[str], None]
"""Called in the event loop with the subject of a wake-up; must not block."""

KEEP_WARM = 15.0
"""Seconds after which an iteration over changes says the empty string, so that proxies keep a page's line open."""


class LeaseTaken(Exception):
    """Somebody else held the lease for all of the time that one was ready to wait."""


@dataclass(slots=True)
class Held:
    """A lease while it is held."""

    name: str
    lost: bool = False
    """Somebody else has it: this process was cut off for longer than the lease lasts. The record's version check
    still refuses what an older holder decides; look here before acting upon the world outside."""


class Bus(Protocol):
    """Signals within a process, and between processes where there are several."""

    @property
    def connected(self) -> bool:
        """Whether other processes can be reached; without them the own process goes on as before."""
        ...

    async def start(self) -> None:
        """Open the lines; does not fail because they are away."""
        ...

    async def stop(self) -> None:
        """Close them; iterations over changes come to their end."""
        ...

    def listen(self, topic: str, listener: Listener) -> None:
        """Call the listener at every wake-up of this topic, from whichever process."""
        ...

    def wake(self, topic: str, subject: str = "") -> None:
        """Wake who listens: at once in this process, soon in the others. Never fails and never waits."""
        ...

    def publish(self, conversation_id: str) -> None:
        """Tell live pages that this conversation changed. Never fails and never waits."""
        ...

    def changes(self, keep_warm: float = KEEP_WARM) -> AsyncIterator[str]:
        """Conversation ids as they change, from the call on; many changes of one may be told as one.

        An empty string after `keep_warm` quiet seconds.
        """
        ...

    def lease(self, name: str, timeout: float | None = None) -> AbstractAsyncContextManager[Held]:
        """Hold a name; one holder at a time, over all processes.

        Waits its turn, for ever or until `timeout` (LeaseTaken). It is renewed while it is held, and free a few
        seconds after its holder died.
        """
        ...
