"""Brings a record to the version of this service; the one place that knows Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from bot.storage.dialect import alone_with, open_engine


def migrate(url: str, version: str = "head") -> None:
    """Run the migrations that are missing; a record that is up to date stays as it is."""
    engine = open_engine(url)
    try:
        with engine.begin() as connection:
            alone_with(connection, "suda migrate")
            command.upgrade(_config(connection), version)
    finally:
        engine.dispose()


def current_version(url: str) -> str | None:
    """At which version the record is; None when it is empty."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
