"""Moments of the desk that no address leads to: what somebody has just done, opened, or been told.

Each leaves the desk as it was, or does not mind to be done again.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

import pyotp
from playwright.async_api import Page, expect

from handoff.desk import Operator
from handoff.writing import CannedReply, Suggestion
from tests.handoff.desk.conftest import PASSWORD, House
from tests.handoff.desk.forms import arm
from tests.handoff.desk.reading_room import Room

HELD, HIDDEN = "/desk/c/wechat:main:u2", "/desk/c/web:main:u5"
ARMED, FRESH, FORGETFUL, CAREFUL = "tangwei", "xinmei", "laoli", "hanmei"
"""Who has a second factor, who comes with a one-time password, who gets another one, who switches her factor on."""


@dataclass(frozen=True)
class Moment:
    """Where it begins, who is there, and how it comes about."""

    path: str
    who: str
    comes: Callable[[Page], Awaitable[None]]


async def furnish_moments(room: Room, password_hash: str) -> None:
    """People and things that the moments need."""
    people = room.desk.people
    for name, shown in ((ARMED, "唐薇"), (FRESH, "辛梅"), (FORGETFUL, "老李"), (CAREFUL, "韩梅")):
        account: Operator = room.desk.hire(name, shown, password_hash, "operator")
        await people.save_operator(replace(account, temporary=name == FRESH))
    browser = room.open_browser()
    await browser.log_in(ARMED)
    await arm(cast(House, room), browser)  # it has the clock that this needs
    await room.writing.storage.keep_canned(
        CannedReply(shortcut="nh", title="问候", text="{市民}您好，我是坐席{坐席}。")
    )
    await room.writing.storage.keep_canned(CannedReply(shortcut="zp", title="请补照片", text="请补发一张现场照片。"))
    room.writing.suggestions = (
        Suggestion(question="闻到煤气味怎么办", answer="开窗通风，不要开关电器，到室外拨打燃气公司电话。"),
        Suggestion(question="燃气安检找谁", answer="燃气公司每年上门安检一次。"),
    )
    reader = room.open_browser()
    await reader.log_in("wangli")
    await reader.get(HIDDEN)
    form = {"csrf": reader.hidden("csrf"), "reason": "承办单位退单，需电话核实地址"}
    await reader.post(f"{HIDDEN}/reveal", form)


async def _enter(page: Page, name: str, password: str = PASSWORD) -> None:
    await page.locator("#name").fill(name)
    await page.locator("#password").fill(password)
    await page.locator("#password").press("Enter")


async def _second_step(page: Page) -> None:
    await _enter(page, ARMED)
    await expect(page.locator("#code")).to_be_visible()


async def _wrong_code(page: Page) -> None:
    await _second_step(page)
    await page.locator("#code").fill("ABCD-EFGH")
    await page.locator("#code").press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()


async def _first_login(page: Page) -> None:
    await _enter(page, FRESH)
    await expect(page.locator(".people-must")).to_be_visible()


async def _locked(page: Page) -> None:
    for _ in range(6):
        await _enter(page, "nobody-here", "wrong")
        await expect(page.get_by_role("alert")).to_be_visible()
        if re.search("秒|second", await page.get_by_role("alert").inner_text()):
            return
    raise AssertionError("it was never locked")


async def _offered(page: Page) -> None:
    await _enter(page, CAREFUL)
    await page.wait_for_url("**/desk")
    await page.goto("/desk/me")
    await page.locator("#old-on").fill(PASSWORD)
    await page.locator("#old-on").press("Enter")
    await expect(page.locator(".people-qr")).to_be_visible()


async def _one_time_password(page: Page) -> None:
    person = page.locator(f"[data-name={FORGETFUL}]")
    await person.locator("summary").click()
    await person.locator("form[action$='/password'] button").click()
    await expect(page.locator("[data-word]")).to_be_visible()


async def _found(page: Page) -> None:
    await page.locator("#list-search").fill("煤气")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-part=found] li")).to_have_count(1)


async def _helped(page: Page) -> None:
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()


async def _warned(page: Page) -> None:
    await page.locator("#text").fill("我们会尽快处理。")
    await page.locator("#text").press("Control+Enter")
    await expect(page.locator("[data-gate]")).to_be_visible()


async def _canned(page: Page) -> None:
    await page.keyboard.press("/")
    await expect(page.locator("[data-canned-search]")).to_be_focused()
    await expect(page.locator(".canned-one").first).to_be_visible()


async def _suggested(page: Page) -> None:
    await expect(page.get_by_text("闻到煤气味怎么办")).to_be_visible()


async def _reminded(page: Page) -> None:
    await page.locator("[data-alerts] > summary").click()
    await expect(page.locator("[data-alert=desktop]")).to_be_visible()


async def _reasons(page: Page) -> None:
    await expect(page.get_by_text("承办单位退单，需电话核实地址")).to_be_visible()


def recovery_codes(room: Room) -> Callable[[Page], Awaitable[None]]:
    """Her second factor was just switched on, and its recovery codes are shown."""

    async def comes(page: Page) -> None:
        await room.desk.people.drop_second_factor(CAREFUL)
        await _offered(page)
        key = re.sub(r"\s", "", await page.locator(".people-key").inner_text())
        await page.locator("#code").fill(pyotp.TOTP(key).at(int(room.clock.now)))
        await page.locator("#code").press("Enter")
        await expect(page.locator(".people-codes li")).to_have_count(8)
        await room.desk.people.drop_second_factor(CAREFUL)

    return comes


def _panel(field: str) -> Callable[[Page], Awaitable[None]]:
    async def comes(page: Page) -> None:
        await page.locator(f".panel:has({field}) > summary").click()
        await expect(page.locator(field)).to_be_visible()

    return comes


MOMENTS: Mapping[str, Moment] = {
    "login-second-step": Moment("/desk/login", "", _second_step),
    "login-wrong-code": Moment("/desk/login", "", _wrong_code),
    "login-locked": Moment("/desk/login", "", _locked),
    "first-login": Moment("/desk/login", "", _first_login),
    "second-factor-offered": Moment("/desk/login", "", _offered),
    "one-time-password": Moment("/desk/people", "chenjing", _one_time_password),
    "search-hits": Moment("/desk", "sunjie", _found),
    "help": Moment("/desk", "sunjie", _helped),
    "help-over-a-conversation": Moment(HELD, "sunjie", _helped),
    "gate-warning": Moment(HELD, "sunjie", _warned),
    "canned-open": Moment(HELD, "sunjie", _canned),
    "suggestions": Moment(HELD, "sunjie", _suggested),
    "reminders-open": Moment("/desk", "sunjie", _reminded),
    "whispering": Moment("/desk/c/telegram:main:u3", "sunjie", _panel("#whisper")),
    "assigning": Moment("/desk/c/telegram:main:u3", "sunjie", _panel("#to-assign")),
    "audit-reasons": Moment("/desk/audit", "sunjie", _reasons),
}
