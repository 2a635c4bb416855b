"""A record that cannot be used as it is, in a file or in PostgreSQL: named right, with the way out."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from bot.doctor import Finding, Level, told
from bot.doctor.database import Server, judge
from bot.storage.migrate import migrate
from bot.storage.schema import VERSION
from tests.bot.doctor.conftest import NOW, gravity, look
from tests.servers.postgres import PostgresServer


def test_the_version_of_the_record_is_told() -> None:
    file = Path("suda.db").absolute()
    environ = {"SUDA_DATABASE_URL": f"sqlite:///{file}"}

    assert gravity(look(environ), "档案库", "还没有") is Level.NOTE
    sqlite3.connect(file).close()
    file.touch()
    assert gravity(look(environ), "档案库", "还没有建表") is Level.WARNING
    migrate(environ["SUDA_DATABASE_URL"])
    assert gravity(look(environ), "档案库", "版") is Level.OK
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert gravity(look(environ), "档案库", "9999") is Level.FAULT


def _on(url: str) -> list[Finding]:
    return look({"SUDA_DATABASE_URL": url}, now=time.time())


def test_a_record_in_postgresql_is_looked_at(postgres: PostgresServer) -> None:
    assert gravity(_on(postgres.record()), "档案库", VERSION) is Level.OK
    assert gravity(_on(postgres.database()), "档案库", "还没有建表") is Level.WARNING


def test_why_postgresql_lets_nobody_in_is_named(postgres: PostgresServer) -> None:
    wrong_password = _on(postgres.url("record", password="hunter2"))

    assert gravity(wrong_password, "SUDA_DATABASE_URL", "密码不对") is Level.FAULT
    assert "hunter2" not in "".join(told(one) for one in wrong_password)
    assert gravity(_on(postgres.url("nowhere")), "SUDA_DATABASE_URL", "没有这个数据库") is Level.FAULT


def test_a_database_that_cannot_hold_every_letter_is_named(postgres: PostgresServer) -> None:
    url = postgres.database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")

    assert gravity(_on(url), "SUDA_DATABASE_URL", "LATIN1") is Level.FAULT


@pytest.mark.parametrize(
    ("server", "what", "level"),
    [
        ({"version": 130015}, "PostgreSQL 13 太旧，至少要 14", Level.FAULT),
        ({"standby": True}, "只读的备机", Level.FAULT),
        ({"fsync": False}, "fsync", Level.WARNING),
        ({"clock": NOW - 60}, "相差 60 秒", Level.WARNING),
    ],
)
def test_a_server_that_is_not_fit_is_named(server: dict[str, Any], what: str, level: Level) -> None:
    fit: dict[str, Any] = {"version": 140000, "encoding": "UTF8", "fsync": True, "standby": False, "clock": NOW + 1}

    assert list(judge(Server(**fit), NOW)) == []
    assert gravity(list(judge(Server(**fit | server), NOW)), "SUDA_DATABASE_URL", what) is level


def test_a_file_that_is_no_record_is_named() -> None:
    Path("suda.db").write_text("not a database" * 100)

    findings = look({"SUDA_DATABASE_URL": f"sqlite:///{Path('suda.db').absolute()}"})

    assert gravity(findings, "SUDA_DATABASE_URL", "打不开") is Level.FAULT
