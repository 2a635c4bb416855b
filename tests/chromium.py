"""A real Chromium for tests that look at pages: which one, and how it is started."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

FLAGS = (
    "--no-sandbox",  # a container has no user namespaces
    "--disable-dev-shm-usage",  # and little shared memory
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@asynccontextmanager
async def running_chromium() -> AsyncIterator[Browser]:
    """Debian's, as long as it is needed."""
    where = shutil.which("chromium")
    assert where, "the browser tests need Debian's chromium: apt-get install chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=where, args=FLAGS)
        yield browser
        await browser.close()
