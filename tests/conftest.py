"""Servers and the browser that tests of several rooms share."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.chromium import running_chromium
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests; who stops it starts it again."""
    # a socket's path may have 107 letters, which pytest's own folders exceed
    with tempfile.TemporaryDirectory(prefix="suda") as folder:
        server = PostgresServer(Path(folder))
        server.make()
        yield server
        server.stop()


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A running Redis."""
    with tempfile.TemporaryDirectory(prefix="suda") as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A real Chromium."""
    async with running_chromium() as browser:
        yield browser
