"""A desk with two operators, served on the loopback, and browsers' manners in a few lines."""

import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientResponse, ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from handoff.console.auth import hash_password
from handoff.console.composing import Composing
from handoff.console.console import Console
from handoff.console.drafting import DraftPages
from handoff.console.frame import Frame
from handoff.console.live import Live
from handoff.console.people import PeoplePages
from handoff.console.queue import QueuePages
from handoff.console.replies import ReplyPages
from tests.handoff.desk.memory_desk import MemoryDesk
from tests.handoff.desk.memory_drafting import MemoryDrafting
from tests.handoff.desk.memory_writing import MemoryWriting

PASSWORD = "a long enough pass phrase"
CONVERSATION = "web:main:u1"


@dataclass
class Clock:
    """The time, moved by hand; it starts at the real one, since browsers keep their own."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


@dataclass
class Browser:
    """What a browser does with the desk: keeps cookies, fills the forms that the page holds."""

    http: ClientSession
    base: str
    page: str = ""

    async def get(self, path: str, **options: object) -> ClientResponse:
        async with self.http.get(self.base + path, **options) as response:  # type: ignore[arg-type]  # passed through
            self.page = await response.text() if response.content_type.startswith("text/") else ""
            await response.read()
            return response

    async def post(self, path: str, form: dict[str, str], **options: object) -> ClientResponse:
        async with self.http.post(self.base + path, data=form, **options) as response:  # type: ignore[arg-type]  # same
            self.page = await response.text()
            return response

    def hidden(self, name: str) -> str:
        """A hidden field's value on the page that is open."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        assert found, f"no field {name} on the page"
        return found[1]

    async def log_in(self, name: str, password: str = PASSWORD, onward: str = "") -> ClientResponse:
        await self.get("/desk/login" + (f"?next={onward}" if onward else ""))
        fields = {"name": name, "password": password, "csrf": self.hidden("csrf"), "next": self.hidden("next")}
        return await self.post("/desk/login", fields)

    async def act(self, kind: str, conversation: str = CONVERSATION, **fields: str) -> ClientResponse:
        """Send one of the forms of the conversation's page, which must be open."""
        form = {"csrf": self.hidden("csrf"), "action": self.hidden("action"), **fields}
        return await self.post(f"/desk/c/{conversation}/{kind}", form)


@dataclass
class House:
    """The server and what stands behind it."""

    desk: MemoryDesk
    console: Console
    live: Live
    clock: Clock
    base: str
    media: dict[str, tuple[bytes, str]]
    open_browser: Callable[[], Browser]
    writing: MemoryWriting


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
async def house(password_hash: str) -> AsyncIterator[House]:
    clock, desk = Clock(), MemoryDesk()
    desk.hire("wangli", "王丽", password_hash)
    desk.hire("zhaoqiang", "赵强", password_hash)
    desk.wants_a_person(CONVERSATION, "楼下的路灯坏了三天，想找人工", at=clock.now - 600, name="张先生", place="铁东区")
    media: dict[str, tuple[bytes, str]] = {}

    async def read_media(key: str) -> tuple[bytes, str]:
        return media[key]

    frame = Frame(desk, b"a secret of the tests", False, "鞍山 8890", clock=clock)
    writing = MemoryWriting(media)
    composing = Composing(frame, writing, b"a secret of the tests")
    drafts, live = DraftPages(frame, MemoryDrafting(desk)), Live(frame)
    console = Console(frame, read_media, QueuePages(frame, desk), composing, drafts.beside)
    pages = (frame, console, live, composing, drafts, ReplyPages(frame, writing), PeoplePages(frame))
    app = web.Application()
    app.add_routes([route for page in pages for route in page.routes()])

    async def stop(_: web.Application) -> None:
        await live.stop()

    app.on_shutdown.append(stop)
    server = TestServer(app)
    await server.start_server()
    sessions: list[ClientSession] = []
    base = f"http://127.0.0.1:{server.port}"

    def open_browser() -> Browser:
        sessions.append(ClientSession(cookie_jar=CookieJar(unsafe=True)))
        return Browser(sessions[-1], base)

    yield House(desk, console, live, clock, base, media, open_browser, writing)
    for session in sessions:
        await session.close()
    await server.close()


@pytest.fixture
async def wangli(house: House) -> Browser:
    browser = house.open_browser()
    await browser.log_in("wangli")
    return browser


@pytest.fixture
async def zhaoqiang(house: House) -> Browser:
    browser = house.open_browser()
    await browser.log_in("zhaoqiang")
    return browser


@pytest.fixture
async def boss(house: House, password_hash: str) -> Browser:
    house.desk.hire("chenjing", "陈静", password_hash, "admin")
    browser = house.open_browser()
    await browser.log_in("chenjing")
    return browser
