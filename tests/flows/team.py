"""People at browsers over one node: citizens in the chat, and those of the desk, each in a Chromium of his own.

What flows with several people share stands here once: how somebody comes in, what he presses, what he sees.
"""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, Route, ViewportSize, async_playwright, expect

from bot.app import Service
from handoff.console.auth import hash_password
from handoff.desk import Operator
from tests.flows.node import PATIENCE, serving
from tests.flows.test_browser_flow import FLAGS

PHONE, DESKTOP = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
PASSWORD = "a long password"
STAFF = {
    "wangli": ("王丽", "operator"),
    "zhaoqiang": ("赵强", "operator"),
    "chen": ("陈静", "supervisor"),
    "liumin": ("刘敏", "editor"),
}
SHOTS = os.environ.get("SUDA_TEST_SHOTS", "")
"""A folder for pictures of the pages; none are taken when it is empty."""


@dataclass
class Team:
    """A node, and a browser for whoever comes."""

    service: Service
    chromium: Browser
    faults: list[str] = field(default_factory=list)
    """What pages complained of: script errors, what the content policy stopped, answers of a server in trouble."""

    async def visit(self, size: ViewportSize = DESKTOP, base_url: str = "") -> Page:
        """Somebody with a browser of his own."""
        context = await self.chromium.new_context(
            base_url=base_url or self.service.base_url, viewport=size, locale="zh-CN", has_touch=size == PHONE
        )
        context.set_default_timeout(PATIENCE * 1000)
        expect.set_options(timeout=PATIENCE * 1000)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if "Content Security" in line.text else None)
        page.on("response", lambda answer: self.faults.append(answer.url) if answer.status >= 500 else None)
        return page

    async def at_the_desk(self, name: str, base_url: str = "") -> Page:
        """Somebody of the desk, logged in, with a live page."""
        page = await self.visit(base_url=base_url)
        await log_in(page, name)
        await is_live(page)
        return page

    async def comes(self, *words: str) -> Page:
        """A citizen who says this, and waits for the bot's answer to each."""
        page = await self.visit(PHONE)
        await page.goto("/chat")
        await expect(page.locator("#state")).to_have_text("在线")
        for text in words:
            before = await said_by(page, "bot").count()
            await say(page, text)
            await expect(said_by(page, "bot").nth(before)).to_be_visible()
        return page

    async def look(self, page: Page, name: str) -> None:
        """Fits its screen; and a picture, for eyes."""
        assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
        if SHOTS:
            await page.screenshot(path=Path(SHOTS) / f"team-{name}.png")

    async def holder(self) -> str:
        """Who has the one conversation; nobody is an empty name."""
        return (await self.service.storage.conversations(None))[0].conversation.operator

    async def noted(self, *acts: str) -> list[tuple[str, str]]:
        """Who did which of these, by the audit log."""
        return [(who, act) for _, who, act, _ in await self.service.storage.notes() if act in acts]


@asynccontextmanager
async def gathered(folder: Path, **more: str) -> AsyncIterator[Team]:
    """A node with its staff, and a Chromium; when all is done no page has complained."""
    where = shutil.which("chromium")
    assert where, "the browser tests need Debian's chromium: apt-get install chromium"
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(serving(folder, SUDA_SETTLE_WEB_QUIET="0", **more))
        hashed = await asyncio.to_thread(hash_password, PASSWORD)
        for name, (shown, role) in STAFF.items():
            account = Operator(name=name, display_name=shown, role=role, password_hash=hashed)
            await service.storage.save_operator(account)
        playwright = await stack.enter_async_context(async_playwright())
        chromium = await playwright.chromium.launch(executable_path=where, args=FLAGS)
        stack.push_async_callback(chromium.close)
        team = Team(service, chromium)
        yield team
        assert team.faults == []


# the citizen


async def say(citizen: Page, text: str) -> None:
    """He writes."""
    await citizen.locator("#words").fill(text)
    await citizen.locator("#words").press("Enter")


def said_by(citizen: Page, who: str) -> Locator:
    """What he reads, of bot, operator or system."""
    return citizen.locator(f".line.{who} .bubble")


# the desk


async def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """By the login page."""
    await page.goto("/desk")
    await page.get_by_label("用户名").fill(name)
    await page.get_by_label("密码").fill(password)
    await page.get_by_role("button", name="登录").click()


async def is_live(page: Page) -> None:
    """Its connection stands."""
    await expect(page.locator("[data-live-state=on]")).to_be_visible()


async def opens(page: Page, part: str = "waiting") -> None:
    """The first conversation of a list."""
    await page.locator(f"[data-part={part}] a").first.click()
    await expect(page.locator("[data-part=lines]")).to_be_visible()
    await is_live(page)


async def takes(page: Page) -> None:
    """接管, and it is his."""
    await page.get_by_role("button", name="接管", exact=True).click()
    await expect(box(page)).to_be_visible()
    await expect(page.locator("#reply[data-holds]")).to_be_visible()


def box(page: Page) -> Locator:
    """Where he writes."""
    return page.get_by_label("回复市民")


async def answers(page: Page, text: str) -> None:
    """Written and sent; seen in his own transcript."""
    await box(page).fill(text)
    await box(page).press("Control+Enter")
    await expect(lines(page, "operator").last).to_contain_text(text)


def lines(page: Page, who: str) -> Locator:
    """Lines of the transcript, of citizen, bot, operator or system."""
    return page.locator(f".line-{who}")


async def keys_of(page: Page) -> list[str]:
    """Ids of the lines on the screen, from top to bottom."""
    found: list[str] = await page.evaluate("[...document.querySelectorAll('li.line')].map((line) => line.dataset.key)")
    return found


class Together:
    """Requests that are kept back until all of them are made: nobody's page hears of the others' act before his own."""

    def __init__(self, act: str, pages: Sequence[Page], first: Page | None = None) -> None:
        """`first`: whose request goes on before the others, for a flow that needs to know who wins."""
        self._act = re.compile(rf"/{act}$")
        self._pages = pages
        self._first = first
        self._made = 0
        self._go = asyncio.Event()
        self._ahead = asyncio.Event()
        if first is None:
            self._ahead.set()

    async def __aenter__(self) -> None:
        for page in self._pages:
            await page.route(self._act, self._keep, times=1)

    async def _keep(self, route: Route) -> None:
        self._made += 1
        if self._made == len(self._pages):
            self._go.set()
        async with asyncio.timeout(PATIENCE):
            await self._go.wait()
            if route.request.frame.page is self._first:
                answer = await route.fetch()
                self._ahead.set()
                await route.fulfill(response=answer)
                return
            await self._ahead.wait()
        await route.continue_()

    async def __aexit__(self, *error: object) -> None:
        async with asyncio.timeout(PATIENCE):
            if error[0] is None:
                await self._go.wait()
