"""A record in PostgreSQL: whether it can be reached and opened, and whether the server keeps what it acknowledges."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from bot.doctor.finding import Finding, fault, warning
from bot.storage.dialect import MINIMUM, open_engine

KEY = "SUDA_DATABASE_URL（database_url）"
_PATIENCE = 5.0
_SLOW = 3.0
"""Seconds by which clocks may differ: a node counts as gone after ten."""

# The server speaks the language that it was set up in, and says no code while it refuses a connection.
_REFUSALS = (
    (r"password|口令|密码|认证", "账号或密码不对", "核对地址里的账号与密码；密码里的特殊字符要写成 %40 这样的形式"),
    (r"pg_hba", "服务器不让这台机器用这个账号连接", "在 pg_hba.conf 里放行；要求 SSL 时在地址后加 ?sslmode=require"),
    (
        r"database .* does not exist|数据库.*不存在",
        "没有这个数据库",
        "建库：CREATE DATABASE 名称 OWNER 账号 ENCODING 'UTF8'",
    ),
    (r"too many|连接.*(过多|太多)", "服务器的连接用完了", "调大 max_connections；每个进程用 2 条连接"),
    (r"starting up|shutting down|启动|关闭", "服务器正在启动或关闭", "稍后再试"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What a server says about itself."""

    version: int
    """As in `server_version_num`: 150018."""
    encoding: str
    fsync: bool
    standby: bool
    clock: float


def look_at_server(url: str, now: float) -> list[Finding]:
    """What is wrong with the server; nothing when it is well."""
    unreachable = _knock(url)
    if unreachable:
        return [fault(KEY, f"连不上 {unreachable}", "检查主机名、端口、防火墙，数据库是否已启动")]
    try:
        server = _ask(url)
    except DBAPIError as error:
        return [_refusal(str(error.orig))]
    return list(judge(server, now))


def judge(server: Server, now: float) -> Iterator[Finding]:
    """What is wrong with a server that answers."""
    if server.version < MINIMUM * 10_000:
        yield fault(KEY, f"PostgreSQL {server.version // 10_000} 太旧，至少要 {MINIMUM}", "升级数据库服务器（先备份）")
    if server.encoding != "UTF8":
        yield fault(KEY, f"数据库的编码是 {server.encoding}，存不下所有汉字和表情", "重建数据库：ENCODING 'UTF8'")
    if server.standby:
        yield fault(KEY, "这是只读的备机", "改成主机的地址")
    if not server.fsync:
        yield warning(KEY, "服务器关了 fsync，断电会丢掉已经答应市民的话", "在 postgresql.conf 里设 fsync = on 后重启")
    if abs(server.clock - now) > _SLOW:
        yield warning(
            KEY,
            f"数据库与本机的时钟相差 {abs(server.clock - now):.0f} 秒",
            "各台机器都开启 NTP：timedatectl set-ntp true",
        )


def _knock(url: str) -> str:
    """The place where nobody answers; empty when somebody does, or when it is not for us to know."""
    parsed = make_url(url)
    host = parsed.host or ""
    if not host or host.startswith("/") or "host" in parsed.query:
        return ""  # a socket, or several servers: the driver tells
    port = parsed.port or 5432
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError as error:
        return f"{host}:{port}（{error.strerror or error}）"
    return ""


def _ask(url: str) -> Server:
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            row = connection.execute(text(_QUESTION)).one()
    finally:
        engine.dispose()
    version, encoding, fsync, standby, clock = row
    return Server(version=version, encoding=encoding, fsync=fsync == "on", standby=standby, clock=clock)


_QUESTION = """
SELECT current_setting('server_version_num')::int, pg_encoding_to_char(encoding), current_setting('fsync'),
       pg_is_in_recovery(), extract(epoch FROM clock_timestamp())::float8
FROM pg_database WHERE datname = current_database()
"""


def _refusal(said: str) -> Finding:
    for words, what, way_out in _REFUSALS:
        if re.search(words, said, re.I):
            return fault(KEY, what, way_out)
    # only the first line: the others may repeat the address
    return fault(KEY, f"打不开：{said.splitlines()[0]}", "检查地址、账号与网络")
