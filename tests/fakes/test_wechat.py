"""The simulated WeChat server is as strict and as stubborn as the real one."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from tests.fakes.wechat import BROKEN, Shown, WeChatServer
from tests.fakes.wechat_api import Fault
from tests.fakes.wechat_seal import BadAnswer, Seal, xml_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GOOD = {"ToUserName": "oA1", "FromUserName": "gh_suda", "CreateTime": "1", "MsgType": "text", "Content": "好"}


@asynccontextmanager
async def answering(handler: Handler, seal: Seal | None = None, tries: int = 3) -> AsyncIterator[WeChatServer]:
    """A simulator whose webhooks this handler answers."""
    app = web.Application()
    app.router.add_route("*", "/hook", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        async with WeChatServer(
            webhook=url, seal=seal or Seal(mode="plain"), patience=0.2, tries=tries, pause=0.01
        ) as wx:
            yield wx
    finally:
        await runner.cleanup()


async def said(body: str, seal: Seal | None = None, status: int = 200) -> Shown:
    """What a citizen sees when he is answered with this."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(text=body, status=status)

    async with answering(answer, seal) as wx:
        return await wx.citizen("oA1").says("在吗")


async def test_a_right_answer_is_shown() -> None:
    assert (await said(xml_of({**GOOD}))).text == "好"


@pytest.mark.parametrize("body", ["success", "", " "])
async def test_success_and_silence_show_nothing(body: str) -> None:
    assert (await said(body)).text == ""


@pytest.mark.parametrize(
    "body",
    [
        '{"text": "JSON"}',
        "ok",
        xml_of({**GOOD, "ToUserName": "oB2"}),
        xml_of({**GOOD, "FromUserName": "gh_other"}),
        xml_of({**GOOD, "MsgType": "image"}),
        xml_of({**GOOD, "CreateTime": "now"}),
        xml_of({**GOOD, "Content": ""}),
        xml_of({**GOOD, "Content": "长" * 700}),
        xml_of({**GOOD}).replace("</xml>", "<Content>二</Content></xml>"),
        xml_of({**GOOD, "Content": {"b": "x"}}),
        xml_of({**GOOD}) + "\x08",
    ],
)
async def test_a_wrong_answer_shows_that_the_service_is_broken_and_is_not_tried_again(body: str) -> None:
    shown = await said(body)

    assert (shown.text, shown.failed, shown.tries) == (BROKEN, True, 1)
    assert shown.why


async def test_in_safe_mode_the_answer_must_be_encrypted_signed_and_ours() -> None:
    seal, other = Seal(), Seal(app_id="wx9")
    encrypted = {"Encrypt": seal.encrypt(xml_of({**GOOD}).encode()), "TimeStamp": "1", "Nonce": "n"}
    right = {**encrypted, "MsgSignature": seal.signature("1", "n", encrypted["Encrypt"])}

    assert (await said(xml_of({**right}), seal)).text == "好"
    assert (await said(xml_of({**GOOD}), seal)).failed
    assert (await said(xml_of({**encrypted, "MsgSignature": "0"}), seal)).failed
    with pytest.raises(BadAnswer):
        seal.decrypt(other.encrypt(b"x"))
    with pytest.raises(BadAnswer):
        seal.decrypt("!")


async def test_every_try_has_the_same_number_and_a_new_nonce() -> None:
    seen: list[tuple[str, str]] = []

    async def slow(request: web.Request) -> web.StreamResponse:
        body = await request.text()
        seen.append((request.query["nonce"], body))
        await asyncio.sleep(1)
        return web.Response(text="success")

    async with answering(slow) as wx:
        started = time.monotonic()
        shown = await wx.citizen("oA1").says("在吗")

        assert (shown.failed, shown.tries, shown.why) == (True, 3, "TimeoutError")
        assert 0.6 <= time.monotonic() - started < 3
        assert len({nonce for nonce, _ in seen}) == 3
        assert len({body for _, body in seen}) == 1


async def test_a_service_that_is_down_for_a_while_still_gets_the_message() -> None:
    calls = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal calls
        calls += 1
        return web.Response(text="success", status=200 if calls > 1 else 503)

    async with answering(answer, tries=50) as wx:
        hook, wx.webhook = wx.webhook, "http://127.0.0.1:1/nobody"
        saying = asyncio.create_task(wx.citizen("oA1").says("在吗"))
        await wx.until(lambda: len(wx.attempts) >= 3)
        wx.webhook = hook

        shown = await saying

        assert not shown.failed
        assert shown.tries >= 5
        assert wx.attempts[-2].error == "status 503"


SERVICE = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"success")

    def log_message(self, *args):
        pass

server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Hook)
print(server.server_port, flush=True)
server.serve_forever()
"""


async def started(port: int = 0) -> tuple[asyncio.subprocess.Process, int]:
    """A service in a process of its own, and its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE, str(port), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    return process, int(await asyncio.wait_for(process.stdout.readline(), 20))


async def test_a_service_that_is_killed_and_started_again_gets_the_message_on_a_later_try() -> None:
    process, port = await started()
    async with WeChatServer(webhook=f"http://127.0.0.1:{port}/hook", tries=500, pause=0.05) as wx:
        citizen = wx.citizen("oA1")
        assert (await citizen.says("在吗")).tries == 1

        process.kill()
        await process.wait()
        saying = asyncio.create_task(citizen.says("还在吗"))
        await wx.until(lambda: len(wx.attempts) >= 3)
        process, _ = await started(port)

        shown = await saying
        assert not shown.failed
        assert shown.tries >= 3
    process.kill()
    await process.wait()


async def test_a_url_whose_owner_does_not_know_the_token_is_not_confirmed() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(text="hello")

    async with answering(answer) as wx:
        assert not await wx.verify()


async def test_a_citizen_cannot_tap_what_is_not_there() -> None:
    async with WeChatServer() as wx:
        with pytest.raises(AssertionError, match="nothing to tap"):
            await wx.citizen("oA1").taps("是")


async def test_the_interface_refuses_what_wechat_refuses() -> None:
    async with WeChatServer() as wx, aiohttp.ClientSession() as session:

        async def send(token: str, text: str = "好", kind: str = "text") -> int:
            body = {"touser": "oA1", "msgtype": kind, "text": {"content": text}}
            url = f"{wx.api_base}/cgi-bin/message/custom/send"
            async with session.post(url, params={"access_token": token} if token else {}, json=body) as answer:
                return int((await answer.json())["errcode"])

        assert [await send(""), await send("old")] == [41001, 40001]
        token = wx.interface.renew_token()
        assert await send(token) == 45015
        wx.interface.grant("oA1", "message")
        assert [await send(token, " "), await send(token, "长" * 700), await send(token, kind="odd")] == [
            44004,
            45002,
            40008,
        ]
        assert [await send(token) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
        wx.interface.grant("oA1", "unfollow")
        assert await send(token) == 43004
        wx.advance(7201)
        assert await send(token) == 42001


async def test_a_stable_token_stays_until_shortly_before_its_end_unless_it_is_forced() -> None:
    async with WeChatServer() as wx, aiohttp.ClientSession() as session:

        async def token(**changed: object) -> dict[str, object]:
            body = {"grant_type": "client_credential", "appid": wx.seal.app_id, "secret": wx.app_secret, **changed}
            async with session.post(f"{wx.api_base}/cgi-bin/stable_token", json=body) as answer:
                told: dict[str, object] = await answer.json()
                return told

        first = (await token())["access_token"]
        assert (await token())["access_token"] == first
        assert (await token(force_refresh=True))["access_token"] != first
        second = (await token())["access_token"]
        wx.advance(6901)
        assert (await token())["access_token"] != second
        assert (await token(appid="x"))["errcode"] == 40013
        assert (await token(secret="x"))["errcode"] == 40125


async def test_faults_come_in_order_and_end() -> None:
    async with WeChatServer() as wx:
        wx.faults.always("send", Fault(status=500))
        wx.faults.next("send", Fault(errcode=-1))

        assert wx.faults.take("send").errcode == -1
        assert wx.faults.take("send").status == 500
        wx.faults.always("send", None)
        assert wx.faults.take("send") == Fault()
