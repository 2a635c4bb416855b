"""What WeChat, Telegram, the case system, Redis and the port answer: what is wrong there is named, with the way out."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from email.utils import formatdate

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.config import Settings
from bot.doctor import Finding, Level, examine, told
from tests.bot.doctor.conftest import CITIES, REST, WECHAT, gravity


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

    assert gravity(findings, thing, what) in (Level.FAULT, Level.WARNING), [told(one) for one in findings]


async def test_right_credentials_of_wechat_are_tried_without_disturbing_the_token_in_use(outside: Outside) -> None:
    findings = await _ask(_wechat(outside))

    assert gravity(findings, "微信 main", "有效") is Level.OK
    assert outside.asked == [
        {
            "grant_type": "client_credential",
            "appid": WECHAT["SUDA_WECHAT_APP_ID"],
            "secret": WECHAT["SUDA_WECHAT_APP_SECRET"],
        }
    ]


async def test_something_else_at_the_address_of_wechat_is_named(outside: Outside) -> None:
    outside.token = (502, "gateway")

    assert gravity(await _ask(_wechat(outside)), "API_BASE", "HTTP 502") is Level.FAULT


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
        assert gravity(findings, thing, "连不上") is Level.FAULT, thing
    assert gravity(findings, "SUDA_PUBLIC_URL", "连不上") is Level.WARNING
    assert gravity(findings, "服务", "没有在运行") is Level.NOTE
    assert "hidden" not in "".join(told(one) for one in findings)


async def test_a_wrong_token_of_telegram_is_named(outside: Outside) -> None:
    outside.me = (401, {"ok": False})

    findings = await _ask({"SUDA_TELEGRAM_TOKEN": "12:ab", "SUDA_TELEGRAM_API_BASE": outside.url})

    assert gravity(findings, "SUDA_TELEGRAM_TOKEN", "令牌无效") is Level.FAULT


async def test_a_telegram_that_fails_is_named(outside: Outside) -> None:
    outside.me = (500, "oops")

    findings = await _ask({"SUDA_TELEGRAM_TOKEN": "12:ab", "SUDA_TELEGRAM_API_BASE": outside.url})

    assert gravity(findings, "Telegram main", "HTTP 500") is Level.FAULT


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

    assert gravity(findings, "Telegram main", "@suda_bot") is Level.OK
    assert gravity(findings, "Telegram main", what) in (Level.WARNING, Level.NOTE)


@pytest.mark.parametrize(("status", "level"), [(404, Level.OK), (401, Level.OK), (503, Level.WARNING)])
async def test_a_case_system_that_answers_is_there_whatever_it_says(
    outside: Outside, status: int, level: Level
) -> None:
    outside.case_status = status

    findings = await _ask(REST | {"SUDA_CASE_SYSTEM_URL": outside.url, "SUDA_PUBLIC_URL": ""})

    assert gravity(findings, "SUDA_CASE_SYSTEM_URL", "能连上") is level


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

    assert gravity(await _ask(_wechat(outside)), "系统时钟", what) is level


async def test_a_port_that_another_program_holds_is_named(outside: Outside) -> None:
    findings = await _ask({"SUDA_PORT": outside.url.rpartition(":")[2], "SUDA_PUBLIC_URL": outside.url})

    assert gravity(findings, "SUDA_PORT", "别的程序") is Level.FAULT
    assert gravity(findings, "SUDA_PUBLIC_URL", "不是本服务") is Level.WARNING


async def test_a_service_that_runs_is_recognised() -> None:
    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    app = web.Application()
    app.router.add_get("/healthz", alive)
    async with TestServer(app) as server:
        url = str(server.make_url("/")).rstrip("/")
        findings = await _ask({"SUDA_PORT": url.rpartition(":")[2], "SUDA_PUBLIC_URL": url})

    assert gravity(findings, "服务", "运行") is Level.OK
    assert gravity(findings, "SUDA_PUBLIC_URL", "通到本服务") is Level.OK


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

    assert gravity(findings, "微信 main", "没有回音") is Level.FAULT
