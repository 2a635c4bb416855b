"""A record of each kind, empty and open."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.base import Storage
from bot.storage.memory import MemoryStorage
from bot.storage.migrate import migrate
from bot.storage.sql import SqlStorage


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


@pytest.fixture(params=["memory", "sqlite"])
async def record(request: pytest.FixtureRequest) -> AsyncIterator[Storage]:
    """A record that is open."""
    storage: Storage
    storage = MemoryStorage() if request.param == "memory" else SqlStorage(request.getfixturevalue("record_url"))
    await storage.start()
    yield storage
    await storage.stop()
