"""Typing: told at once, throttled towards platforms, and over after seconds."""

import asyncio
from dataclasses import dataclass, field

from bot.bus.base import Topic
from bot.bus.local import LocalBus
from bot.desk.typing import LASTS, Typing
from channels.errors import ChannelUnavailable

WHO = "web:main:u1"


@dataclass
class Town:
    """A bus with one node, whose time is moved by hand."""

    now: float = 1000.0
    shown: list[tuple[str, str]] = field(default_factory=list)
    pushed: list[str] = field(default_factory=list)
    away: bool = False

    def __post_init__(self) -> None:
        self.bus = LocalBus()
        self.typing = Typing(self.bus, clock=lambda: self.now, show=self._show, push=self._push)

    async def _show(self, conversation_id: str, name: str) -> None:
        self.shown.append((conversation_id, name))

    async def _push(self, conversation_id: str) -> None:
        self.pushed.append(conversation_id)
        if self.away:
            raise ChannelUnavailable("away")

    async def settle(self) -> None:
        """Let what was begun run."""
        for _ in range(5):
            await asyncio.sleep(0)


async def test_a_citizens_typing_is_known_at_once_and_forgotten_after_seconds() -> None:
    town = Town()

    town.typing.citizen_writes(WHO)

    assert town.typing.is_citizen_writing(WHO)
    assert not town.typing.is_citizen_writing("web:main:u2")
    town.now += LASTS
    assert not town.typing.is_citizen_writing(WHO)


async def test_pages_are_told_each_time_and_a_platform_once_in_some_seconds() -> None:
    town = Town()

    for _ in range(3):
        town.typing.operator_writes(WHO, "王丽")
    await town.settle()
    assert town.shown == [(WHO, "王丽")] * 3
    assert town.pushed == [WHO]
    town.now += 5.0
    town.typing.operator_writes(WHO, "王丽")
    await town.settle()

    assert town.pushed == [WHO, WHO]


async def test_a_platform_that_is_away_and_a_signal_of_another_version_break_nothing() -> None:
    town = Town(away=True)

    town.typing.operator_writes(WHO, "王丽")
    town.bus.wake(Topic.TYPING, '{"who":"somebody"}')
    await town.settle()
    town.typing.citizen_writes(WHO)

    assert town.typing.is_citizen_writing(WHO)
    await town.typing.stop()
