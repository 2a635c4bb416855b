"""The page and the widget: harmless headers, a cookie that scripts cannot read, nothing from elsewhere."""

import re
from http.cookies import SimpleCookie
from pathlib import Path

import aiohttp
import pytest

import channels.webchat
from channels.webchat.pace import Pace
from tests.channels.webchat.service import ChatService, Visitor

STATIC = Path(channels.webchat.__file__).parent / "static"


async def test_the_page_comes_with_a_strict_policy_and_a_hidden_cookie(service: ChatService) -> None:
    async with aiohttp.ClientSession() as http, http.get(service.url("/chat")) as response:
        text = await response.text()

    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert f"ws://127.0.0.1:{service.server.port}" in policy
    cookie = SimpleCookie(response.headers["Set-Cookie"])["suda_visitor"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"]
    assert "<title>诉达 · 群众诉求</title>" in text
    assert 'href="/privacy"' in text


async def test_behind_https_the_cookie_is_secure(service: ChatService) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    async with aiohttp.ClientSession() as http, http.get(service.url("/chat"), headers=headers) as response:
        assert "Secure" in response.headers["Set-Cookie"]


async def test_only_the_embedded_page_may_stand_in_a_frame() -> None:
    service = ChatService(embed_on="https://www.city.example")
    await service.start()
    async with aiohttp.ClientSession() as http, http.get(service.url("/chat?embed=1")) as response:
        assert "frame-ancestors https://www.city.example" in response.headers["Content-Security-Policy"]
    await service.stop()


async def test_a_title_cannot_break_out_of_the_page() -> None:
    service = ChatService(title='<script>alert("x")</script>')
    await service.start()
    async with aiohttp.ClientSession() as http, http.get(service.url("/chat")) as response:
        assert "<script>alert" not in await response.text()
    await service.stop()


async def test_a_visitor_stays_the_same_and_a_forged_cookie_becomes_somebody_new(service: ChatService) -> None:
    visitor = Visitor(service)
    url = service.url("/chat")
    async with visitor.http.get(url) as response:
        first = response.cookies["suda_visitor"].value
    async with visitor.http.get(url) as response:
        second = response.cookies["suda_visitor"].value
    forged = first[:-1] + ("0" if first[-1] != "0" else "1")
    async with aiohttp.ClientSession(cookies={"suda_visitor": forged}) as http, http.get(url) as response:
        third = response.cookies["suda_visitor"].value

    assert first == second
    assert third.partition(".")[0] != first.partition(".")[0]
    assert service.counted["web", "forged"] == 1
    await visitor.close()


async def test_the_parts_of_the_page_are_kept_by_the_browser_until_they_change(service: ChatService) -> None:
    async with aiohttp.ClientSession() as http:
        for path, kind in [
            ("/widget.js", "text/javascript"),
            ("/channels/web/static/chat.css", "text/css"),
            ("/channels/web/static/chat.js", "text/javascript"),
            ("/channels/web/static/icons.svg", "image/svg+xml"),
        ]:
            async with http.get(service.url(path)) as response:
                assert (response.status, response.content_type) == (200, kind)
                tag = response.headers["ETag"]
            async with http.get(service.url(path), headers={"If-None-Match": tag}) as response:
                assert response.status == 304


@pytest.mark.parametrize("name", ["chat.html", "nothing.js", "..%2Fchannel.py", "__init__.py"])
async def test_nothing_else_is_served(service: ChatService, name: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(service.url(f"/channels/web/static/{name}")) as response:
        assert response.status == 404


async def test_a_strange_host_name_does_not_enter_the_policy(service: ChatService) -> None:
    headers = {"Host": "a;script-src *"}
    async with aiohttp.ClientSession() as http, http.get(service.url("/chat"), headers=headers) as response:
        assert response.status < 500
        assert "script-src *" not in response.headers.get("Content-Security-Policy", "")


def test_the_page_loads_nothing_from_elsewhere_and_holds_no_inline_code() -> None:
    page = (STATIC / "chat.html").read_text("utf-8")

    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert all(source.startswith("/channels/web/static/") for source in re.findall(r'src="([^"]*)"', page))
    for path in STATIC.iterdir():
        text = path.read_text("utf-8")
        assert "innerHTML" not in text, path
        foreign = re.findall(r"https?://[a-z][\w.]+", text)
        assert all("w3.org" in found for found in foreign), (path, foreign)


def test_a_flood_by_one_visitor_does_not_slow_another_and_old_ones_are_forgotten() -> None:
    clock = [0.0]
    pace = Pace(2, 10, lambda: clock[0], visitors=2)

    assert [pace.allows("a"), pace.allows("a"), pace.allows("a"), pace.allows("b")] == [True, True, False, True]
    clock[0] = 11
    assert pace.allows("c")
    assert set(pace._recent) == {"c"}
    assert pace.allows("a")
