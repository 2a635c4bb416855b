"""The people who keep the knowledge base, each at a browser, and how they send its forms and read its pages."""

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse, FormData

from tests.handoff.desk.conftest import Browser
from tests.handoff.desk.reading_room import Room, open_room


@pytest.fixture
async def room(tmp_path: Path, password_hash: str) -> AsyncIterator[Room]:
    async with open_room(tmp_path, password_hash) as opened:
        yield opened


@pytest.fixture
async def liumin(room: Room) -> Browser:
    return await enter(room, "liumin")


@pytest.fixture
async def sunjie(room: Room) -> Browser:
    return await enter(room, "sunjie")


@pytest.fixture
async def wangli(room: Room) -> Browser:
    return await enter(room, "wangli")


async def enter(room: Room, name: str) -> Browser:
    browser = room.open_browser()
    await browser.log_in(name)
    return browser


async def send(browser: Browser, path: str, **fields: str) -> ClientResponse:
    """A form of the page that is open."""
    version = re.search(r'name="version" value="(\d+)"', browser.page)
    hidden = {"csrf": browser.hidden("csrf")} | ({"version": version[1]} if version else {})
    return await browser.post(path, hidden | fields)


async def upload(browser: Browser, name: str, content: bytes, csrf: str | None = None) -> ClientResponse:
    await browser.get("/desk/faq/import")
    form = FormData(quote_fields=False)
    form.add_field("csrf", csrf if csrf is not None else browser.hidden("csrf"))
    form.add_field("table", io.BytesIO(content), filename=name)
    async with browser.http.post(f"{browser.base}/desk/faq/import", data=form) as response:
        browser.page = await response.text()
        return response


def questions(browser: Browser) -> list[str]:
    return re.findall(r'class="card-question">(.*?)<', browser.page)


def actions(room: Room) -> list[tuple[str, str]]:
    return [(action, subject) for _, action, subject in room.desk.notes if action.startswith(("faq", "csrf"))]
