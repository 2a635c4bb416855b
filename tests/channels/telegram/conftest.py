"""Telegram on loopback, and services that meet it by webhook and by polling."""

from collections.abc import AsyncIterator

import pytest

from tests.channels.telegram.service import BotService
from tests.fakes.telegram import TelegramServer


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """Telegram itself."""
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def hooked(telegram: TelegramServer) -> AsyncIterator[BotService]:
    """A service whose webhook Telegram knows."""
    service = BotService(telegram, "webhook")
    await service.open()
    await telegram.until(lambda: telegram.webhook)
    yield service
    await service.close()


@pytest.fixture
async def polling(telegram: TelegramServer) -> AsyncIterator[BotService]:
    """A service that asks for updates."""
    service = BotService(telegram, "polling")
    await service.open()
    await telegram.until(lambda: telegram.count("getUpdates"))
    yield service
    await service.close()


@pytest.fixture(params=["webhook", "polling"])
async def service(request: pytest.FixtureRequest, telegram: TelegramServer) -> AsyncIterator[BotService]:
    """Either of them: the same promises."""
    service = BotService(telegram, request.param)
    await service.open()
    await telegram.until(lambda: telegram.webhook or telegram.count("getUpdates"))
    yield service
    await service.close()
