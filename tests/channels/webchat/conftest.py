"""A running chat service and visitors for the tests of web chat."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.channels.webchat.service import ChatService, Visitor

Arrive = Callable[[], Awaitable[Visitor]]


@pytest.fixture
async def service() -> AsyncIterator[ChatService]:
    """The chat, served on loopback."""
    running = ChatService()
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def arrive(service: ChatService) -> AsyncIterator[Arrive]:
    """Makes visitors who are connected, and sees them off."""
    there: list[Visitor] = []

    async def arrive() -> Visitor:
        visitor = Visitor(service)
        there.append(visitor)
        await visitor.connect()
        return visitor

    yield arrive
    for visitor in there:
        await visitor.close()
