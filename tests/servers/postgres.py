"""A real PostgreSQL on a free port of this machine."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from bot.storage.migrate import migrate
from bot.storage.schema import metadata

PASSWORD = "the password of the tests"
_RECORD = "record"
_PATIENCE = 60.0
"""Seconds for a start or a stop; long, since other tests run on the same cores."""


class PostgresServer:
    """A PostgreSQL that can be stopped and started again, with a record for whoever asks."""

    def __init__(self, folder: Path) -> None:
        """`folder` is short, since it holds a socket, and is empty."""
        self._folder, self._data = folder, folder / "data"
        # postgres refuses to run as root, so there it runs as the user that its package made
        self._user = "postgres" if os.geteuid() == 0 else None
        self._programs = _programs()
        self._count = 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def make(self) -> None:
        """Lay out the data folder, start, and make a record."""
        if self._user:
            shutil.chown(self._folder, self._user)
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        kinds = ["--auth-host=scram-sha-256", "--auth-local=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        self._run("initdb", "--username=suda", f"--pwfile={secret}", *kinds, "--pgdata", str(self._data))
        self.start()
        self.do(f"CREATE DATABASE {_RECORD}")
        migrate(self.url(_RECORD))

    def start(self) -> None:
        """Start it and wait until it answers."""
        # fsync and all that guards a commit is as in real use
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._folder} -c max_connections=50"
        wait = ["--wait", "--timeout", f"{_PATIENCE:.0f}"]
        log = ["--log", str(self._folder / "log")]
        self._run("pg_ctl", "start", *wait, *log, "--pgdata", str(self._data), "--options", options)

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; `immediate` is like a fall of power, `fast` sends everybody away first."""
        self._run("pg_ctl", "stop", "--wait", "--mode", mode, "--pgdata", str(self._data))

    def url(self, database: str, password: str = PASSWORD) -> str:
        """Where a database is."""
        return f"postgresql://suda:{password.replace(' ', '%20')}@127.0.0.1:{self.port}/{database}"

    def record(self) -> str:
        """The URL of a record that is migrated and empty; the next caller empties it again."""
        # a database of its own for each test would cost half a second each, a TRUNCATE as much
        with psycopg.connect(self.url(_RECORD)) as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
            connection.execute("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
        return self.url(_RECORD)

    def database(self, options: str = "") -> str:
        """The URL of a database with nothing in it."""
        self._count += 1
        name = f"empty_{self._count}"
        self.do(f"CREATE DATABASE {name} {options}")
        return self.url(name)

    def do(self, statement: str, database: str = "postgres") -> None:
        """One statement outside any transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        with (self._folder / "output").open("a+") as output:
            done = subprocess.run(
                [self._programs / program, *arguments],
                user=self._user,
                extra_groups=[] if self._user else None,
                cwd=self._folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=2 * _PATIENCE,
            )
            output.seek(0)
            assert done.returncode == 0, f"PostgreSQL could not be started: {program} said {output.read()}"


def _programs() -> Path:
    """Where initdb is: Debian keeps it beside the version, off the PATH."""
    here = shutil.which("initdb")
    found = [Path(here)] if here else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, "the tests need a PostgreSQL server; on Debian: apt-get install postgresql"
    return found[-1].resolve().parent
