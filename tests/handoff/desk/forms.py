"""The forms of the pages about people, and how a second factor is switched on with them."""

import re

import pyotp

from tests.handoff.desk.conftest import PASSWORD, Browser, House

NEW = "quite another pass phrase"


async def send(browser: Browser, path: str, **fields: str) -> int:
    """A form of the page that is open."""
    response = await browser.post(path, {"csrf": browser.hidden("csrf"), **fields})
    return response.status


def key(browser: Browser) -> str:
    """The secret on the page, as one types it into the phone."""
    found = re.search(r'people-key">([A-Z2-7 ]+)<', browser.page)
    assert found
    return found[1].replace(" ", "")


async def arm(house: House, browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """Switch the second factor on; the phone, and the recovery codes."""
    await browser.get("/desk/me")
    await send(browser, "/desk/me/code", old=PASSWORD)
    phone = pyotp.TOTP(key(browser))
    sealed = browser.hidden("offer")
    await send(browser, "/desk/me/code/on", offer=sealed, code=phone.at(int(house.clock())))
    assert "只显示这一次" in browser.page
    return phone, re.findall(r"<li>([A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4})</li>", browser.page)
