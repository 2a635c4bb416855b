"""Where the databases differ: how a connection is opened, and how a row is added unless it is there."""

from collections.abc import Mapping
from functools import cache
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, Insert, NullPool, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.sql.dml import ReturningInsert

BUSY_MS = 10_000
"""How long a statement waits for another process that writes."""


def open_engine(url: str) -> Engine:
    """The engine for this URL. A file of SQLite waits for the disk at every commit and is read while it is written."""
    # Parameters are citizens' words: they stay out of error texts, and so out of logs.
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ValueError("A record in memory is MemoryStorage; SqlStorage needs a file, as in sqlite:///suda.db")
        engine = create_engine(parsed, poolclass=NullPool, hide_parameters=True)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(parsed, poolclass=NullPool, hide_parameters=True)


def add(connection: Connection, table: Table, row: Mapping[str, Any]) -> Any | None:
    """Add a row and return its primary key; None when there is such a row already."""
    return connection.scalar(_adding(connection.dialect.name, table), row)


def put(connection: Connection, table: Table, row: Mapping[str, Any], *, key: tuple[str, ...]) -> None:
    """Add a row, or let it take the place of the row with the same key."""
    replaced = tuple(name for name in row if name not in key)
    connection.execute(_putting(connection.dialect.name, table, key, replaced), row)


# Building a statement costs more than running it, so each is built once.


@cache
def _adding(dialect: str, table: Table) -> "ReturningInsert[tuple[Any]]":
    return _insert(dialect, table).on_conflict_do_nothing().returning(table.primary_key.columns[0])


@cache
def _putting(dialect: str, table: Table, key: tuple[str, ...], replaced: tuple[str, ...]) -> Insert:
    adding = _insert(dialect, table)
    return adding.on_conflict_do_update(index_elements=key, set_={name: adding.excluded[name] for name in replaced})


def _insert(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _set_up_sqlite(dbapi_connection: DBAPIConnection, _: Any) -> None:
    assert isinstance(dbapi_connection, SqliteConnection)
    # the driver's own idea of when a transaction begins is too late for a consistent read; _begin_sqlite does it
    dbapi_connection.isolation_level = None
    for pragma in (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # a writer takes the lock at once: one that read first and then finds the lock taken could only fail
    reads = connection.get_execution_options().get("suda_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
