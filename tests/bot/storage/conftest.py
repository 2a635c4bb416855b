"""A record of each kind, empty and open."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.base import Storage
from bot.storage.memory import MemoryStorage
from bot.storage.migrate import migrate
from bot.storage.sql import SqlStorage
from tests.servers.postgres import PostgresServer


@pytest.fixture(scope="session")
def empty_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file, made once."""
    path = tmp_path_factory.mktemp("record") / "empty.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def record_url(empty_record: Path, tmp_path: Path) -> str:
    """The URL of a migrated record that is nobody else's."""
    path = tmp_path / "suda.db"
    shutil.copy(empty_record, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """The same in PostgreSQL."""
    return postgres.record()


@pytest.fixture(params=["sqlite", "postgresql"])
def sql_url(request: pytest.FixtureRequest) -> str:
    """The URL of such a record in each database."""
    url: str = request.getfixturevalue("postgres_url" if request.param == "postgresql" else "record_url")
    return url


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def record(request: pytest.FixtureRequest) -> AsyncIterator[Storage]:
    """A record that is open."""
    storage: Storage
    match request.param:
        case "memory":
            storage = MemoryStorage()
        case "sqlite":
            storage = SqlStorage(request.getfixturevalue("record_url"))
        case _:
            storage = SqlStorage(request.getfixturevalue("postgres_url"))
    await storage.start()
    yield storage
    await storage.stop()
