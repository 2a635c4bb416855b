"""The bar on a phone: whoever somebody is, all rooms that he may enter are in sight."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from tests.handoff.desk.conftest import CONVERSATION, House
from tests.handoff.desk.test_browser import faults, fits, log_in, open_page

__all__ = ["faults"]  # fixtures

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("role", "rooms"), [("operator", 3), ("supervisor", 5), ("admin", 6)])
@pytest.mark.parametrize("path", ["/desk", f"/desk/c/{CONVERSATION}"])
async def test_all_rooms_are_in_sight_on_a_phone_without_scrolling(
    house: House, chromium: Chromium, faults: list[str], password_hash: str, role: str, rooms: int, path: str
) -> None:
    house.desk.hire("boss", "陈班长", password_hash, role)
    page = await open_page(chromium, house, faults, "phone")
    await log_in(page, "boss", path)

    links = page.locator(".bar-rooms a")
    await expect(links).to_have_count(rooms)
    for number in range(rooms):
        box = await links.nth(number).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    await page.set_viewport_size({"width": 360, "height": 780})
    assert await fits(page)
    await page.set_viewport_size({"width": 390, "height": 844})
    hidden = "const bar = document.querySelector('.bar-rooms'); return bar.scrollWidth > bar.clientWidth"
    assert not await page.evaluate(f"(() => {{ {hidden} }})()")
    assert await fits(page)
    if shots := os.environ.get("SUDA_SHOTS"):
        await page.screenshot(path=Path(shots) / f"bar-{role}-{'thread' if 'web' in path else 'list'}.png")
    assert faults == []
