"""Planted misconfigurations, each named right, with the way out."""

import asyncio
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.config import Settings
from bot.config_reader import ConfigError
from bot.doctor import Finding, Level, examine, findings_of, is_well, told
from bot.doctor.database import Server, judge
from bot.doctor.house import look_around
from bot.storage.migrate import migrate
from bot.storage.schema import VERSION
from nlu.interpretation import EmergencyKind
from tests.servers.postgres import PostgresServer

CITIES = Path(__file__).parents[2] / "cities"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp()
CALENDAR_ENDS = datetime(2026, 12, 31, tzinfo=UTC)
GOOD_SECRET = "Zb3kq9-W_x2Lr7Tn5Vd8Hs1Jf4Mp6Gy0Ca"
WECHAT = {
    "SUDA_WECHAT_APP_ID": "wx0123456789abcdef",
    "SUDA_WECHAT_APP_SECRET": "0123456789abcdef0123456789abcdef",
    "SUDA_WECHAT_TOKEN": "a1b2c3d4e5f6",
    "SUDA_WECHAT_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "SUDA_PUBLIC_URL": "https://sq.example.org",
    "SUDA_SANDBOX_LOGIN": "clerk:long-password",
}
REST = {
    "SUDA_CASE_SYSTEM_KIND": "rest",
    "SUDA_CASE_SYSTEM_URL": "https://case.example.org",
    "SUDA_CASE_SYSTEM_SECRET": GOOD_SECRET,
    "SUDA_PUBLIC_URL": "https://sq.example.org",
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _look(environ: dict[str, str], *, now: float = NOW, root: Path = CITIES) -> list[Finding]:
    return look_around(Settings.load(environ), root, now)


def _bad(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level in (Level.WARNING, Level.FAULT)]


def _said(findings: list[Finding], thing: str, what: str) -> Level | None:
    """How grave the finding is that names this thing and says this."""
    found = [one for one in findings if thing in one.thing and what in one.what]
    assert all(one.way_out for one in found if one.level is not Level.OK)
    return found[0].level if found else None


@pytest.mark.parametrize(
    ("environ", "thing", "what", "level"),
    [
        ({"SUDA_PROT": "80"}, "SUDA_PROT", "没有这个设置", Level.WARNING),
        ({"SUDA_WEB_ENABLED": "off"}, "渠道", "一个渠道也没有开", Level.FAULT),
        ({"SUDA_CITY": "anshn"}, "anshn", "是不是 anshan？", Level.FAULT),
        ({"SUDA_SECRET": "short"}, "SUDA_SECRET", "太短", Level.FAULT),
        ({"SUDA_SECRET": "a" * 64}, "SUDA_SECRET", "太有规律", Level.FAULT),
        ({"SUDA_SANDBOX_LOGIN": "clerk:1234"}, "SUDA_SANDBOX_LOGIN", "不足 8 位", Level.WARNING),
        ({"SUDA_PUBLIC_URL": "http://127.0.0.1"}, "工单系统", "内置沙箱", Level.NOTE),
        (WECHAT | {"SUDA_PUBLIC_URL": ""}, "SUDA_PUBLIC_URL", "没有设置", Level.WARNING),
        (WECHAT | {"SUDA_PUBLIC_URL": "https://10.0.0.8"}, "SUDA_PUBLIC_URL", "内网地址", Level.WARNING),
        (WECHAT | {"SUDA_PUBLIC_URL": "https://suda.lan"}, "SUDA_PUBLIC_URL", "内网地址", Level.WARNING),
        (WECHAT | {"SUDA_PUBLIC_URL": "http://sq.example.org"}, "SUDA_PUBLIC_URL", "没有加密", Level.WARNING),
        (WECHAT | {"SUDA_PUBLIC_URL": "https://sq.example.org:8443"}, "SUDA_PUBLIC_URL", "80 和 443", Level.FAULT),
        (WECHAT | {"SUDA_PUBLIC_URL": "https://sq.example.org/suda"}, "SUDA_PUBLIC_URL", "带了路径", Level.FAULT),
        (WECHAT | {"SUDA_WECHAT_APP_ID": "ww0123456789abcdef"}, "SUDA_WECHAT_APP_ID", "企业微信", Level.FAULT),
        (WECHAT | {"SUDA_WECHAT_APP_ID": "gh_0123456789ab"}, "SUDA_WECHAT_APP_ID", "原始 ID", Level.FAULT),
        (WECHAT | {"SUDA_WECHAT_APP_ID": "0123456789abcdef"}, "SUDA_WECHAT_APP_ID", "wx 加 16 位", Level.WARNING),
        (WECHAT | {"SUDA_WECHAT_APP_SECRET": "s" * 43}, "SUDA_WECHAT_APP_SECRET", "EncodingAESKey", Level.FAULT),
        (WECHAT | {"SUDA_WECHAT_TOKEN": "t" * 43}, "SUDA_WECHAT_TOKEN", "EncodingAESKey", Level.FAULT),
        (
            WECHAT | {"SUDA_WECHAT_TOKEN": WECHAT["SUDA_WECHAT_APP_SECRET"]},
            "SUDA_WECHAT_TOKEN",
            "与 AppSecret 相同",
            Level.FAULT,
        ),
        (WECHAT | {"SUDA_WECHAT_TOKEN": "with-dash"}, "SUDA_WECHAT_TOKEN", "3 到 32 位", Level.FAULT),
        (WECHAT | {"SUDA_WECHAT_TOKEN": "abc"}, "SUDA_WECHAT_TOKEN", "太短", Level.WARNING),
        (WECHAT | {"SUDA_WECHAT_MODE": "plain"}, "SUDA_WECHAT_MODE", "明文模式", Level.WARNING),
        (WECHAT | {"SUDA_WECHAT_AES_KEY": "A" * 43}, "SUDA_WECHAT_AES_KEY", "太有规律", Level.WARNING),
        (REST | {"SUDA_CASE_SYSTEM_URL": "http://case.example.org"}, "CASE_SYSTEM_URL", "没有加密", Level.WARNING),
        (REST | {"SUDA_CASE_SYSTEM_SECRET": "abc"}, "CASE_SYSTEM_SECRET", "太短", Level.WARNING),
        (REST | {"SUDA_CASE_SYSTEM_CALLBACK_SECRETS": "new"}, "CASE_SYSTEM_SECRET", "太短", Level.WARNING),
        (REST | {"SUDA_PUBLIC_URL": ""}, "SUDA_PUBLIC_URL", "照片链接", Level.WARNING),
        ({"SUDA_REDIS_URL": "redis://127.0.0.1"}, "SUDA_REDIS_URL", "SQLite", Level.WARNING),
        (
            {"SUDA_REDIS_URL": "redis://127.0.0.1", "SUDA_TELEGRAM_TOKEN": f"123456:{'a' * 35}"},
            "SUDA_TELEGRAM_MODE",
            "互相打断",
            Level.WARNING,
        ),
        (
            {"SUDA_DATABASE_URL": "postgresql://suda:hunter2@127.0.0.1:1/suda"},
            "SUDA_DATABASE_URL",
            "连不上 127.0.0.1:1",
            Level.FAULT,
        ),
    ],
)
def test_a_planted_misconfiguration_is_named(environ: dict[str, str], thing: str, what: str, level: Level) -> None:
    findings = _look(environ)

    assert _said(findings, thing, what) is level, [told(one) for one in findings]
    assert "hunter2" not in "".join(told(one) for one in findings)


def test_a_right_configuration_is_well() -> None:
    findings = _look(WECHAT | REST | {"SUDA_SECRET": GOOD_SECRET})

    assert is_well(findings)
    # these shortcomings are real ones of the day, not of the configuration
    assert [one for one in _bad(findings) if "节假日历" not in one.thing and "/cities/" not in one.thing] == []


@pytest.mark.parametrize(
    ("when", "level"),
    [
        (datetime(2026, 3, 1, tzinfo=UTC), Level.OK),
        (datetime(2026, 12, 1, tzinfo=UTC), Level.WARNING),
        (datetime(2031, 1, 1, tzinfo=UTC), Level.FAULT),
    ],
)
def test_a_calendar_that_ends_soon_is_named(when: datetime, level: Level) -> None:
    # the reach is that of the library installed, so the day is taken from it
    shift = max(day.year for day in chinese_calendar.holidays) - CALENDAR_ENDS.year
    now = when.replace(year=when.year + shift).timestamp()

    assert _said(_look({}, now=now), "节假日历", "") is level


def test_a_clock_that_stands_still_is_named() -> None:
    assert _said(_look({}, now=86400.0), "系统时钟", "1970") is Level.FAULT


def test_a_configuration_file_that_anybody_can_read_is_named_when_it_holds_secrets() -> None:
    file = Path("suda.toml")
    file.write_text(f'secret = "{GOOD_SECRET}"\n')
    file.chmod(0o644)

    assert _said(_look({}), "suda.toml", "所有用户都能读") is Level.WARNING
    file.chmod(0o600)
    assert _said(_look({}), "suda.toml", "所有用户都能读") is None


def test_a_kept_secret_that_others_can_read_is_named() -> None:
    Path("var").mkdir()
    Path("var/secret").write_text(GOOD_SECRET)
    Path("var/secret").chmod(0o644)

    assert _said(_look({}), "var/secret", "其他用户能读到") is Level.FAULT


def test_a_data_folder_that_is_a_file_is_named() -> None:
    Path("var").write_text("")

    assert _said(_look({}), "SUDA_DATA_DIR", "不是目录") is Level.FAULT


def test_a_data_folder_that_cannot_be_written_is_named() -> None:
    # a place where not even root can write
    assert _said(_look({"SUDA_DATA_DIR": "/proc/1/suda"}), "SUDA_DATA_DIR", "写不进去") is Level.FAULT


def test_a_disk_that_fills_up_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # a full disk has no other seam than the system call that tells of it
    def almost_full(_: object) -> object:
        return type("Usage", (), {"free": free})

    monkeypatch.setattr("bot.doctor.house.shutil.disk_usage", almost_full)
    free = 1024**3
    assert _said(_look({}), "SUDA_DATA_DIR", "剩余 1.0 GiB") is Level.WARNING
    free = 1024**2
    assert _said(_look({}), "SUDA_DATA_DIR", "剩余 0.0 GiB") is Level.FAULT


def test_the_version_of_the_record_is_told() -> None:
    file = Path("suda.db").absolute()
    environ = {"SUDA_DATABASE_URL": f"sqlite:///{file}"}

    assert _said(_look(environ), "档案库", "还没有") is Level.NOTE
    sqlite3.connect(file).close()
    file.touch()
    assert _said(_look(environ), "档案库", "还没有建表") is Level.WARNING
    migrate(environ["SUDA_DATABASE_URL"])
    assert _said(_look(environ), "档案库", "版") is Level.OK
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert _said(_look(environ), "档案库", "9999") is Level.FAULT


def _on(url: str) -> list[Finding]:
    return _look({"SUDA_DATABASE_URL": url}, now=time.time())


def test_a_record_in_postgresql_is_looked_at(postgres: PostgresServer) -> None:
    assert _said(_on(postgres.record()), "档案库", VERSION) is Level.OK
    assert _said(_on(postgres.database()), "档案库", "还没有建表") is Level.WARNING


def test_why_postgresql_lets_nobody_in_is_named(postgres: PostgresServer) -> None:
    wrong_password = _on(postgres.url("record", password="hunter2"))

    assert _said(wrong_password, "SUDA_DATABASE_URL", "密码不对") is Level.FAULT
    assert "hunter2" not in "".join(told(one) for one in wrong_password)
    assert _said(_on(postgres.url("nowhere")), "SUDA_DATABASE_URL", "没有这个数据库") is Level.FAULT


def test_a_database_that_cannot_hold_every_letter_is_named(postgres: PostgresServer) -> None:
    url = postgres.database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")

    assert _said(_on(url), "SUDA_DATABASE_URL", "LATIN1") is Level.FAULT


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
    assert _said(list(judge(Server(**fit | server), NOW)), "SUDA_DATABASE_URL", what) is level


def test_a_file_that_is_no_record_is_named() -> None:
    Path("suda.db").write_text("not a database" * 100)

    findings = _look({"SUDA_DATABASE_URL": f"sqlite:///{Path('suda.db').absolute()}"})

    assert _said(findings, "SUDA_DATABASE_URL", "打不开") is Level.FAULT


def test_a_mapping_that_cannot_be_used_is_named() -> None:
    Path("mapping.toml").write_text("[nonsense]\nx = 1\n")

    findings = _look(REST | {"SUDA_CASE_SYSTEM_MAPPING": "mapping.toml"})

    assert _said(findings, "mapping.toml", "") is Level.FAULT


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A small pack of its own, with shortcomings."""
    folder = tmp_path / "packs" / "pinghu"
    folder.mkdir(parents=True)
    head = 'name="平湖"\nfull_name="平湖市"\nhotline_name="热线"\nhotline="12345"\nticket_prefix="PH"\n'
    kinds = "".join(f'{kind} = "110"\n' for kind in EmergencyKind)
    (folder / "city.toml").write_text(
        f'{head}timezone="Asia/Shanghai"\n[human]\nhours = []\n[emergency]\n{kinds}', encoding="utf-8"
    )
    (folder / "categories.csv").write_text("code,l1,l2,l3\n010101,甲,乙,丙\n", encoding="utf-8")
    (folder / "units.csv").write_text("code,name,phone\nU1,路政,\n", encoding="utf-8")
    (folder / "clocks.toml").write_text(
        '[[clock]]\nname="usual"\nlaw="办法"\nvalid_from=2020-01-01\nassumed=["law"]\n'
        '[[clock.stage]]\nname="一"\nlength=3\nunit="工作日"\n',
        encoding="utf-8",
    )
    return folder


def test_shortcomings_of_a_pack_are_named(pack: Path) -> None:
    findings = _look({"SUDA_CITY": "pinghu"}, root=pack.parent)

    assert _said(findings, "clocks.toml", "usual: law") is Level.WARNING
    assert _said(findings, "city.toml", "没有人工时段") is Level.WARNING
    assert _said(findings, "pinghu", "没有 faq.jsonl") is Level.NOTE
    assert _said(findings, "pinghu", "没有 places.csv") is Level.NOTE


def test_cases_that_the_city_has_to_fill_in_are_counted_by_themselves(pack: Path) -> None:
    cases = '[{"label": "城镇", "answer": "一楼"}, {"label": "农业", "answer": "〔本市填写：地点〕"}]'
    row = f'{{"id": "where", "question": "问", "answer": "答", "condition": {{"ask": "哪种户口？", "cases": {cases}}}}}'
    (pack / "faq.jsonl").write_text(row, encoding="utf-8")

    findings = _look({"SUDA_CITY": "pinghu"}, root=pack.parent)

    said = "1 条有情形待本市补充，补充前先答通用的：where（农业）"
    assert _said(findings, "faq.jsonl", said) is Level.NOTE


def test_answers_that_ran_out_or_want_a_second_look_are_named(pack: Path) -> None:
    rows = [
        '{"id": "old", "question": "问一", "answer": "答", "valid_until": "2025-01-01"}',
        *(f'{{"id": "r{n}", "question": "问{n}", "answer": "答", "review_by": "2026-01-01"}}' for n in range(7)),
    ]
    (pack / "faq.jsonl").write_text("\n".join(rows), encoding="utf-8")

    findings = _look({"SUDA_CITY": "pinghu"}, root=pack.parent)

    assert _said(findings, "faq.jsonl", "1 条已过期，不再回答：old") is Level.WARNING
    assert _said(findings, "faq.jsonl", "7 条到了复核日期：r0、r1、r2、r3、r4…") is Level.WARNING


def test_a_wrong_line_of_a_pack_is_named_with_file_and_line(pack: Path) -> None:
    (pack / "units.csv").write_text("code,name,phone\nU1,,\n", encoding="utf-8")

    assert _said(_look({"SUDA_CITY": "pinghu"}, root=pack.parent), "units.csv:2", "name 是空的") is Level.FAULT


def test_faults_of_the_configuration_are_findings_too() -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.load({"SUDA_PORT": "x", "SUDA_WECHAT_APP_ID": "wx1"})

    findings = findings_of(caught.value)

    assert not is_well(findings)
    assert _said(findings, "SUDA_PORT", "不是") is Level.FAULT
    assert told(findings[0]).startswith("✗ ")


class Outside:
    """WeChat, Telegram and a case system that answer what a test wants."""

    def __init__(self) -> None:
        self.token: tuple[int, object] = (200, {"access_token": "t", "expires_in": 7200})
        self.me: tuple[int, object] = (200, {"ok": True, "result": {"username": "suda_bot"}})
        self.webhook: dict[str, object] = {"url": ""}
        self.case_status = 404
        self.ahead = 0.0
        self.url = ""
        self.asked: list[object] = []

    async def answer(self, request: web.Request) -> web.Response:
        headers = {"Date": formatdate(time.time() + self.ahead, usegmt=True)}
        if request.path == "/cgi-bin/stable_token":
            self.asked.append(await request.json())
            return web.json_response(self.token[1], status=self.token[0], headers=headers)
        if request.path.endswith("/getMe"):
            return web.json_response(self.me[1], status=self.me[0], headers=headers)
        if request.path.endswith("/getWebhookInfo"):
            return web.json_response({"ok": True, "result": self.webhook}, headers=headers)
        return web.Response(status=self.case_status, headers=headers)


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    outside, app = Outside(), web.Application()
    app.router.add_route("*", "/{path:.*}", outside.answer)
    async with TestServer(app) as server:
        outside.url = str(server.make_url("/")).rstrip("/")
        yield outside


@pytest.fixture
def free_port() -> Iterator[int]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one.getsockname()[1]


async def _ask(environ: dict[str, str]) -> list[Finding]:
    # the port keeps a service that may run on this machine out of the test
    return await examine(Settings.load({"SUDA_PORT": "1"} | environ), CITIES, patience=2.0)


def _wechat(outside: Outside) -> dict[str, str]:
    return WECHAT | {"SUDA_WECHAT_API_BASE": outside.url, "SUDA_PUBLIC_URL": ""}


@pytest.mark.parametrize(
    ("code", "words", "thing", "what"),
    [
        (40164, "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist", "APP_ID", "203.0.113.9"),
        (40164, "not in whitelist", "APP_ID", "白名单"),
        (40125, "invalid appsecret", "APP_SECRET", "AppSecret 不对"),
        (40013, "invalid appid", "APP_ID", "不认识这个 AppID"),
        (45009, "reach max api daily quota limit", "APP_ID", "次数用完"),
        (-1, "system error", "微信 main", "微信忙"),
        (99999, "new", "API_BASE", "errcode 99999"),
    ],
)
async def test_what_wechat_objects_to_is_told_in_words(
    outside: Outside, code: int, words: str, thing: str, what: str
) -> None:
    outside.token = (200, {"errcode": code, "errmsg": words})

    findings = await _ask(_wechat(outside))

    assert _said(findings, thing, what) in (Level.FAULT, Level.WARNING), [told(one) for one in findings]


async def test_right_credentials_of_wechat_are_tried_without_disturbing_the_token_in_use(outside: Outside) -> None:
    findings = await _ask(_wechat(outside))

    assert _said(findings, "微信 main", "有效") is Level.OK
    assert outside.asked == [
        {
            "grant_type": "client_credential",
            "appid": WECHAT["SUDA_WECHAT_APP_ID"],
            "secret": WECHAT["SUDA_WECHAT_APP_SECRET"],
        }
    ]


async def test_something_else_at_the_address_of_wechat_is_named(outside: Outside) -> None:
    outside.token = (502, "gateway")

    assert _said(await _ask(_wechat(outside)), "API_BASE", "HTTP 502") is Level.FAULT


async def test_who_does_not_answer_is_named(free_port: int) -> None:
    nobody = f"http://127.0.0.1:{free_port}"
    findings = await _ask(
        WECHAT
        | REST
        | {
            "SUDA_WECHAT_API_BASE": nobody,
            "SUDA_TELEGRAM_TOKEN": "12:hidden",
            "SUDA_TELEGRAM_API_BASE": nobody,
            "SUDA_CASE_SYSTEM_URL": nobody,
            "SUDA_REDIS_URL": f"redis://127.0.0.1:{free_port}",
            "SUDA_PUBLIC_URL": nobody,
        }
    )

    for thing in ("微信 main", "Telegram main", "SUDA_CASE_SYSTEM_URL", "SUDA_REDIS_URL"):
        assert _said(findings, thing, "连不上") is Level.FAULT, thing
    assert _said(findings, "SUDA_PUBLIC_URL", "连不上") is Level.WARNING
    assert _said(findings, "服务", "没有在运行") is Level.NOTE
    assert "hidden" not in "".join(told(one) for one in findings)


async def test_a_wrong_token_of_telegram_is_named(outside: Outside) -> None:
    outside.me = (401, {"ok": False})

    findings = await _ask({"SUDA_TELEGRAM_TOKEN": "12:ab", "SUDA_TELEGRAM_API_BASE": outside.url})

    assert _said(findings, "SUDA_TELEGRAM_TOKEN", "令牌无效") is Level.FAULT


async def test_a_telegram_that_fails_is_named(outside: Outside) -> None:
    outside.me = (500, "oops")

    findings = await _ask({"SUDA_TELEGRAM_TOKEN": "12:ab", "SUDA_TELEGRAM_API_BASE": outside.url})

    assert _said(findings, "Telegram main", "HTTP 500") is Level.FAULT


@pytest.mark.parametrize(
    ("environ", "webhook", "what"),
    [
        ({}, {"url": "https://old.example.org/hook"}, "409"),
        (
            {
                "SUDA_TELEGRAM_MODE": "webhook",
                "SUDA_TELEGRAM_SECRET": "s",
                "SUDA_PUBLIC_URL": "https://127.0.0.1:1",
            },
            {"url": "https://old.example.org/hook"},
            "登记在别的地址上",
        ),
        ({}, {"url": "", "last_error_message": "SSL error"}, "SSL error"),
        ({}, {"url": "", "pending_update_count": 500}, "500 条"),
    ],
)
async def test_what_telegram_holds_against_us_is_told(
    outside: Outside, environ: dict[str, str], webhook: dict[str, object], what: str
) -> None:
    outside.webhook = webhook

    findings = await _ask(environ | {"SUDA_TELEGRAM_TOKEN": "12:ab", "SUDA_TELEGRAM_API_BASE": outside.url})

    assert _said(findings, "Telegram main", "@suda_bot") is Level.OK
    assert _said(findings, "Telegram main", what) in (Level.WARNING, Level.NOTE)


@pytest.mark.parametrize(("status", "level"), [(404, Level.OK), (401, Level.OK), (503, Level.WARNING)])
async def test_a_case_system_that_answers_is_there_whatever_it_says(
    outside: Outside, status: int, level: Level
) -> None:
    outside.case_status = status

    findings = await _ask(REST | {"SUDA_CASE_SYSTEM_URL": outside.url, "SUDA_PUBLIC_URL": ""})

    assert _said(findings, "SUDA_CASE_SYSTEM_URL", "能连上") is level


@pytest.mark.parametrize(
    ("ahead", "level", "what"),
    [
        (0, Level.OK, "一致"),
        (60, Level.WARNING, "慢"),
        (-120, Level.WARNING, "快"),
        (3600, Level.FAULT, "签名会被拒绝"),
    ],
)
async def test_a_clock_that_is_wrong_is_named(outside: Outside, ahead: float, level: Level, what: str) -> None:
    outside.ahead = ahead

    assert _said(await _ask(_wechat(outside)), "系统时钟", what) is level


async def test_a_port_that_another_program_holds_is_named(outside: Outside) -> None:
    findings = await _ask({"SUDA_PORT": outside.url.rpartition(":")[2], "SUDA_PUBLIC_URL": outside.url})

    assert _said(findings, "SUDA_PORT", "别的程序") is Level.FAULT
    assert _said(findings, "SUDA_PUBLIC_URL", "不是本服务") is Level.WARNING


async def test_a_service_that_runs_is_recognised() -> None:
    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    app = web.Application()
    app.router.add_get("/healthz", alive)
    async with TestServer(app) as server:
        url = str(server.make_url("/")).rstrip("/")
        findings = await _ask({"SUDA_PORT": url.rpartition(":")[2], "SUDA_PUBLIC_URL": url})

    assert _said(findings, "服务", "运行") is Level.OK
    assert _said(findings, "SUDA_PUBLIC_URL", "通到本服务") is Level.OK


async def test_who_hangs_is_not_waited_for() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        deaf = {"SUDA_WECHAT_API_BASE": f"http://127.0.0.1:{port}", "SUDA_PORT": "1", "SUDA_PUBLIC_URL": ""}
        settings = Settings.load(WECHAT | deaf)
        findings = await examine(settings, CITIES, patience=0.3)

    assert _said(findings, "微信 main", "没有回音") is Level.FAULT
