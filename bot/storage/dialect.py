"""Where the databases differ: how a connection is opened, and how a row is added unless it is there."""

from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection

BUSY_MS = 10_000
"""How long a statement waits for another process that writes."""


def open_engine(url: str) -> Engine:
    """The engine for this URL. A file of SQLite waits for the disk at every commit and is read while it is written."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ValueError("A record in memory is MemoryStorage; SqlStorage needs a file, as in sqlite:///suda.db")
        engine = create_engine(parsed, poolclass=NullPool)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(parsed, poolclass=NullPool)


def insert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that can say what to do when the row is there already."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


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
