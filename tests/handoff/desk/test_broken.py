"""Requests that no page of the desk sends: answered in words on a page of the desk, and written down."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect
from yarl import URL

from tests.handoff.desk.conftest import CONVERSATION, Browser, House
from tests.handoff.desk.test_browser import chromium, faults, fits, log_in, open_page
from tests.handoff.desk.test_people_browser import shoot

__all__ = ["chromium", "faults"]

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FILES = {"Content-Type": "multipart/form-data; boundary=b"}
CLAIM, REPLY = f"/desk/c/{CONVERSATION}/claim", f"/desk/c/{CONVERSATION}/reply"
FIELD = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n'

BROKEN = {
    "too large": (CLAIM, FORM, b"text=" + b"a" * 70_000, 413),
    "far too large": (CLAIM, FORM, b"text=" + b"a" * 2_000_000, 413),
    "a field too large": (REPLY, FILES, FIELD + b"a" * 70_000 + b"\r\n--b--", 413),
    "too many fields": (CLAIM, FORM, b"a=1&" * 50, 400),
    "another type": (CLAIM, {"Content-Type": "application/json"}, b"{}", 415),
    "no type": (CLAIM, {}, b"text=x", 415),
    "no boundary": (REPLY, {"Content-Type": "multipart/form-data"}, b"abcd", 400),
    "no parts": (REPLY, FILES, b"abcd" * 20, 400),
    "a head too long": (REPLY, FILES, b"--b\r\nX: " + b"a" * 20_000 + b"\r\n\r\nx\r\n--b--", 400),
    "a head of bytes": (REPLY, FILES, b"--b\r\nX\xff\x00 a\r\n\r\nx\r\n--b--", 400),
    "no gzip": (CLAIM, {**FORM, "Content-Encoding": "gzip"}, b"text=x", 400),
    "no action": (CLAIM, FORM, b"csrf={csrf}&action=1", 400),
    "no draft": (f"/desk/c/{CONVERSATION}/reveal", {"Content-Type": "text/plain"}, b"x", 415),
    "an account": ("/desk/people", FORM, b"name=" + b"a" * 70_000, 413),
}


async def send(browser: Browser, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
    """As bytes, since no client sends such things; status and page."""
    url = URL(browser.base)
    cookies = "; ".join(f"{each.key}={each.value}" for each in browser.http.cookie_jar)
    given = {"Host": "desk", "Cookie": cookies, "Connection": "close", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
    try:
        async with asyncio.timeout(20):
            answer = await reader.read()
    finally:
        writer.close()
    top, _, page = answer.partition(b"\r\n\r\n")
    return int(top.split()[1]), page.decode()


@pytest.fixture
async def boss(house: House, password_hash: str) -> Browser:
    house.desk.hire("chenjing", "陈静", password_hash, "admin")
    browser = house.open_browser()
    await browser.log_in("chenjing")
    await browser.get(f"/desk/c/{CONVERSATION}")
    return browser


def told(page: str) -> str:
    """What a page of the desk says of a request that could not be answered."""
    found = re.search(r"data-broken>([^<]+)<", page)
    assert found, page[:300]
    assert '<link rel="stylesheet" href="/desk/static/desk.css' in page
    return found[1]


@pytest.mark.parametrize("case", BROKEN)
async def test_what_cannot_be_read_is_told_on_the_desks_own_page_and_noted(
    house: House, boss: Browser, case: str
) -> None:
    path, headers, body, wanted = BROKEN[case]
    before, threads = len(house.desk.notes), dict(house.desk.threads)

    status, page = await send(boss, "POST", path, headers, body.replace(b"{csrf}", boss.hidden("csrf").encode()))

    assert status == wanted
    assert re.search("没有生效|没有发送|再试|无法读取", told(page)), told(page)
    assert "陈静" in page, "with the bar of the desk"
    where = CONVERSATION if CONVERSATION in path else "/desk/people"
    assert house.desk.notes[before:] == [("chenjing", "request_refused", f"{where} {wanted}")]
    assert house.desk.threads == threads


async def test_who_has_not_logged_in_reads_it_too_and_fills_no_log(house: House) -> None:
    stranger = house.open_browser()
    await stranger.get("/desk/login")

    for headers, body, wanted in (
        (FORM, b"name=" + b"a" * 70_000, 413),
        ({"Content-Type": "text/plain"}, b"x", 415),
        (FORM, b"a=1&" * 50, 400),
    ):
        for path in ("/desk/login", "/desk/login/code", "/desk/language"):
            status, page = await send(stranger, "POST", path, headers, body)
            assert (status, bool(told(page))) == (wanted, True)
            assert "data-logout" not in page
    assert house.desk.notes == []


async def test_what_a_script_sent_is_answered_in_words_without_a_page(house: House, boss: Browser) -> None:
    status, page = await send(boss, "POST", f"/desk/c/{CONVERSATION}/files", FILES, b"abcd")

    assert (status, page) == (400, "上传没有读完整，请再试一次。")
    assert house.desk.notes[-1] == ("chenjing", "request_refused", f"{CONVERSATION} 400")


async def test_an_address_that_is_no_page_says_so_and_the_one_of_an_act_leads_to_its_page(
    house: House, boss: Browser
) -> None:
    for method, path in (("GET", "/desk/nowhere"), ("POST", "/desk/nowhere"), ("PUT", CLAIM), ("GET", "/desk/c/")):
        status, page = await send(boss, method, path, FORM, b"")
        assert status in (404, 303), path
        assert status == 303 or told(page) == "没有这个页面。"

    # A form that was refused leaves its address behind, and people reload it.
    response = await boss.get(CLAIM, allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, f"/desk/c/{CONVERSATION}")
    stranger = house.open_browser()
    assert (await stranger.get("/desk/nowhere")).url.path == "/desk/login"


async def test_it_is_told_in_english_too(house: House, boss: Browser) -> None:
    await boss.get("/desk/me")
    await boss.post("/desk/language", {"csrf": boss.hidden("csrf"), "to": "en"})

    status, page = await send(boss, "POST", CLAIM, FORM, b"text=" + b"a" * 70_000)

    assert status == 413
    assert told(page).startswith("The text is too long")


async def test_a_long_form_that_does_not_say_its_length_is_not_read_to_its_end(house: House, boss: Browser) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"a" * 64_000

    async with boss.http.post(boss.base + CLAIM, data=endless(), headers=FORM) as response:
        assert response.status == 413
        assert "内容太长" in told(await response.text())


@pytest.mark.browser
@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_in_a_browser_a_reply_far_too_long_is_told_and_stays_where_it_was_typed(
    house: House, chromium: Chromium, faults: list[str], size: str
) -> None:
    page = await open_page(chromium, house, faults, size)
    await log_in(page)
    await page.goto(f"/desk/c/{CONVERSATION}")
    box, long = page.locator("[data-reply] textarea"), "长" * 30_000
    await box.fill(long)
    await box.press("Control+Enter")

    await expect(page.locator("[data-part=says]")).to_contain_text("内容太长")
    assert await box.input_value() == long
    assert house.desk.notes[-1] == ("wangli", "request_refused", f"{CONVERSATION} 413")

    await page.goto("/desk/nowhere")
    await expect(page.get_by_role("alert")).to_have_text("没有这个页面。")
    assert await fits(page)
    await shoot(page, f"broken-{size}")
    await page.get_by_role("link", name="回到刚才的页面").click()
    await expect(page.locator("[data-live-state]")).to_be_visible()
    assert faults == []
