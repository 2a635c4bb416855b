"""Where the databases differ: how a connection is opened, what errors mean, how a row is added unless it is there."""

from collections.abc import Mapping, Sequence
from functools import cache
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import URL, Connection, Engine, Insert, NullPool, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import ReturningInsert

BUSY_MS = 10_000
"""How long a statement waits for another process that writes."""
MINIMUM = 14
"""The oldest PostgreSQL that is meant to work."""

_REACH = {
    "connect_timeout": 5,
    # a server that vanished without a word is noticed after half a minute, and not after two hours
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
    "client_encoding": "utf8",
    "application_name": "suda",
}
_SESSION = f"""
SELECT set_config('lock_timeout', '{BUSY_MS}', false),
       set_config('idle_in_transaction_session_timeout', '60000', false),
       CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END
"""
"""A process that freezes in the middle of a transaction may not hold up the others for ever; and what is acknowledged
is on the disk, whatever the server does for others."""

_AGAIN = frozenset({"40001", "40P01"})
"""SQLSTATE of what goes through when it is run again: a conflict between transactions, a deadlock."""
_NOT_YET = frozenset({"57P01", "57P02", "57P03"})
"""SQLSTATE of a server that is going down or coming up."""


def open_engine(url: str) -> Engine:
    """The engine for this URL. A record waits for the disk at every commit and is read while it is written."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    # Parameters are citizens' words: they stay out of error texts, and so out of logs.
    engine = create_engine(parsed, poolclass=NullPool, hide_parameters=True, connect_args=_reach(parsed))
    event.listen(engine, "connect", _set_up_postgresql)
    return engine


def connect(engine: Engine, *, reads: bool) -> Connection:
    """A connection for one lane. Who only reads sees one moment throughout a transaction, whatever is written."""
    connection = engine.connect()
    if engine.dialect.name == "sqlite":
        return connection.execution_options(suda_reads=reads)
    if reads:
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return connection.execution_options(isolation_level="READ COMMITTED")


def is_away(error: BaseException) -> bool:
    """Whether the server is not there, or left us in the middle: a new connection may help."""
    if not isinstance(error, DBAPIError):
        return False
    sqlstate = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or sqlstate in _NOT_YET


def passes_again(error: BaseException) -> bool:
    """Whether the same work may go through when it is run once more."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _AGAIN


def alone_with(connection: Connection, purpose: str) -> None:
    """Wait until no other process does this to the same database; a SQLite file is locked by its transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:purpose))"), {"purpose": purpose})


def add(connection: Connection, table: Table, row: Mapping[str, Any]) -> Any | None:
    """Add a row and return its primary key; None when there is such a row already."""
    return connection.scalar(_adding(connection.dialect.name, table), row)


def put(connection: Connection, table: Table, row: Mapping[str, Any], *, key: tuple[str, ...]) -> None:
    """Add a row, or let it take the place of the row with the same key."""
    replaced = tuple(name for name in row if name not in key)
    connection.execute(_putting(connection.dialect.name, table, key, replaced), row)


def put_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, key: tuple[str, ...]) -> None:
    """The same for many rows, of which there is at least one."""
    replaced = tuple(name for name in rows[0] if name not in key)
    connection.execute(_putting(connection.dialect.name, table, key, replaced), list(rows))


def count_up(connection: Connection, table: Table, name: str, by: int) -> int:
    """Raise the counter of this name and return what it is now; its row stays locked until the transaction ends."""
    value: int | None = connection.scalar(_counting(connection.dialect.name, table), {"name": name, "value": by})
    assert value is not None
    return value


# Building a statement costs more than running it, so each is built once.


@cache
def _adding(dialect: str, table: Table) -> "ReturningInsert[tuple[Any]]":
    return _insert(dialect, table).on_conflict_do_nothing().returning(table.primary_key.columns[0])


@cache
def _putting(dialect: str, table: Table, key: tuple[str, ...], replaced: tuple[str, ...]) -> Insert:
    adding = _insert(dialect, table)
    return adding.on_conflict_do_update(index_elements=key, set_={name: adding.excluded[name] for name in replaced})


@cache
def _counting(dialect: str, table: Table) -> "ReturningInsert[tuple[Any]]":
    adding = _insert(dialect, table)
    raised = {"value": table.c.value + adding.excluded.value}
    return adding.on_conflict_do_update(index_elements=("name",), set_=raised).returning(table.c.value)


def _insert(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _open_sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise ValueError("A record in memory is MemoryStorage; SqlStorage needs a file, as in sqlite:///suda.db")
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


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


def _reach(url: URL) -> Mapping[str, Any]:
    """How the server is reached; what the URL says itself, as in `?connect_timeout=2`, goes first."""
    return {name: value for name, value in _REACH.items() if name not in url.query}


def _set_up_postgresql(dbapi_connection: DBAPIConnection, _: Any) -> None:
    cursor = dbapi_connection.cursor()
    cursor.execute(_SESSION)
    cursor.close()
    dbapi_connection.commit()
