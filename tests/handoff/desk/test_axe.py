"""Every page of the desk under the rules of axe-core, light and dark, on desktop and phone.

With SUDA_TEST_PHOTOS=FOLDER each page is photographed there too, to be looked at.
"""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, StorageState

from handoff.desk import ActionKind, LineFile, OperatorAction
from tests.chromium import running_chromium
from tests.handoff.desk.busy_day import fill
from tests.handoff.desk.conftest import CONVERSATION, PASSWORD, House
from tests.handoff.desk.memory_drafting import TICKET
from tests.handoff.desk.moments import MOMENTS, furnish_moments, recovery_codes
from tests.handoff.desk.reading_room import Room, open_room
from tests.handoff.desk.test_browser import SIZES, Shade, furnish
from tests.peers import MODULES, install

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = ("serious", "critical")
SHADES: tuple[Shade, ...] = ("light", "dark")


@dataclass(frozen=True)
class Place:
    """A page, who looks at it, and what is opened on it before it is judged."""

    name: str
    path: str
    who: str = "sunjie"
    opens: str = ""
    """A `details` that is unfolded first: what is in it must be sound too."""
    moment: str = ""
    """One of MOMENTS, which comes about first."""
    presses: str = ""
    """A button that leads to the page, which has no address of its own."""


PLACES = [
    Place("login", "/desk/login", who=""),
    Place("login-expired", "/desk/login?expired=1", who=""),
    Place("board", "/desk"),
    Place("board-shade", "/desk", opens=".shade"),
    Place("waiting", f"/desk/c/{CONVERSATION}"),
    Place("held", "/desk/c/wechat:main:u2"),
    Place("held-closing", "/desk/c/wechat:main:u2", opens=".panel:has(#parting-close)"),
    Place("held-giving-back", "/desk/c/wechat:main:u2", opens=".panel:has(#parting-give_back)"),
    Place("held-passing", "/desk/c/wechat:main:u2", opens=".panel:has(#to-transfer)"),
    Place("theirs", "/desk/c/telegram:main:u3"),
    Place("theirs-passing", "/desk/c/telegram:main:u3", opens=".panel:has(#to-assign)"),
    Place("leaving", "/desk", presses="[data-logout] button"),
    Place("left", "/desk/login?left=1", who=""),
    Place("bots", "/desk/c/web:main:u4"),
    Place("gone", "/desk/c/web:main:nobody"),
    Place("nowhere", "/desk/nowhere"),
    Place("faq", "/desk/faq"),
    Place("faq-nothing", "/desk/faq?q=zzzzzz"),
    Place("faq-entry", "/desk/faq/e/heat-fee"),
    Place("faq-entry-reader", "/desk/faq/e/heat-fee", who="wangli"),
    Place("faq-new", "/desk/faq/new"),
    Place("faq-gaps", "/desk/faq/gaps"),
    Place("faq-place", "/desk/faq/place?q=%E6%80%8E%E4%B9%88%E5%8A%9E"),
    Place("faq-import", "/desk/faq/import"),
    Place("numbers", "/desk/numbers"),
    Place("numbers-month", "/desk/numbers?period=month"),
    Place("numbers-table", "/desk/numbers", opens="[data-chart=messages] details"),
    Place("numbers-kind", "/desk/numbers?kind=waiting"),
    Place("refused", "/desk/numbers", who="wangli"),
    Place("hidden", "/desk/c/web:main:u5", opens=".hidden-note details"),
    Place("draft", "/desk/c/wechat:main:u2/ticket"),
    Place("draft-theirs", "/desk/c/telegram:main:u3/ticket"),
    Place("draft-gone", "/desk/c/web:main:nobody/ticket"),
    Place("ticket", f"/desk/t/{TICKET}"),
    Place("replies", "/desk/replies"),
    Place("me", "/desk/me"),
    Place("people", "/desk/people", who="chenjing"),
    Place("people-change", "/desk/people", who="chenjing", opens="[data-name=wangli] details"),
    Place("audit", "/desk/audit"),
    Place("audit-found", "/desk/audit?who=wangli&action=claim&day=2000-01-01"),
    *(Place(name, each.path, each.who, moment=name) for name, each in MOMENTS.items()),
    Place("recovery-codes", "/desk/login", who="", moment="recovery-codes"),
]
"""A new page is one more line."""


@dataclass
class Walk:
    """A whole desk, and a browser on it for each person."""

    room: Room
    chromium: Chromium
    axe: str
    sessions: dict[str, StorageState]
    """Where each person is logged in."""
    errors: list[str] = field(default_factory=list)
    """What scripts of the pages failed with."""

    async def open(self, place: Place, language: str = "") -> Page:
        """The page as this person sees it, in the language that he chose."""
        context = await self.chromium.new_context(
            base_url=self.room.base_url, storage_state=self.sessions[place.who], reduced_motion="reduce"
        )
        if language:
            kept = {"name": "suda_desk_language", "value": language, "domain": "127.0.0.1", "path": "/desk"}
            await context.add_cookies([cast(Any, kept)])
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.errors.append(f"{place.name}: {error}"))
        await page.goto(place.path)
        if place.moment:
            comes = MOMENTS[place.moment].comes if place.moment in MOMENTS else recovery_codes(self.room)
            await comes(page)
        if place.presses:
            await page.locator(place.presses).click()
            await page.wait_for_url("**/desk/logout")
        await page.evaluate(self.axe)
        return page

    async def judge(self, page: Page, place: Place, size: str, shade: Shade) -> list[str]:
        """What is gravely wrong with it in this size and shade, one line for each, with where."""
        width, height = SIZES[size]
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=shade)
        if place.opens and await page.locator(place.opens).get_attribute("open") is None:
            await page.locator(f"{place.opens} > summary").click()
        found: dict[str, Any] = await page.evaluate(
            "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES
        )
        faults = [
            f"{size} {shade}: {rule['id']}: {rule['help']}: {node['target']} {node['failureSummary']}"
            for rule in found["violations"]
            if rule["impact"] in GRAVE
            for node in rule["nodes"]
        ]
        if not await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
            faults.append(f"{size} {shade}: the page is wider than the screen")
        if folder := os.environ.get("SUDA_TEST_PHOTOS"):
            await page.screenshot(path=f"{folder}/{place.name}-{size}-{shade}.png", full_page=True)
        return faults


def hide(room: Room) -> None:
    """A citizen who asked for 保密."""
    where = "web:main:u5"
    room.desk.wants_a_person(where, "请保密", at=room.clock.now - 50, name="薛**")
    for kind in ("image", "voice", "file", "location"):
        room.desk.says(where, "citizen", "", at=room.clock.now - 40, name="薛**", kind=kind)
    thread = room.desk.threads[where]
    lines = tuple(
        replace(
            line,
            files=tuple(LineFile(kind=each.kind, hidden=True) for each in line.files),
            pin_hidden=line.kind == "location",
        )
        for line in thread.lines
    )
    room.desk.threads[where] = replace(thread, hidden=True, lines=lines)


async def log_in(chromium: Chromium, room: Room, name: str) -> StorageState:
    """The cookies of somebody who has logged in; without a name, of nobody."""
    context = await chromium.new_context(base_url=room.base_url)
    if name:
        page = await context.new_page()
        await page.goto("/desk/login")
        await page.get_by_label("用户名").fill(name)
        await page.get_by_label("密码").fill(PASSWORD)
        await page.get_by_role("button", name="登录").click()
        await page.wait_for_url("**/desk")
    state = await context.storage_state()
    await context.close()
    return state


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walk(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> AsyncIterator[Walk]:
    """One desk and one browser for all pages: nothing here changes what they show."""
    install()
    async with open_room(tmp_path_factory.mktemp("axe"), password_hash) as room, running_chromium() as chromium:
        room.desk.wants_a_person(
            CONVERSATION, "楼下的路灯坏了三天，想找人工", at=room.clock.now - 600, name="张先生", place="铁东区"
        )
        hide(room)
        furnish(cast(House, room))  # it has what a house is furnished by
        for conversation, operator in (("wechat:main:u2", "sunjie"), ("telegram:main:u3", "wangli")):
            name = room.desk.operators[operator].display_name
            for kind in (ActionKind.CLAIM, ActionKind.REPLY):
                await room.desk.act(
                    OperatorAction(
                        id=f"{conversation}-{kind}",
                        conversation_id=conversation,
                        operator=operator,
                        operator_name=name,
                        kind=kind,
                        at=room.clock.now - 30,
                        text="您好，我来处理。",
                    )
                )
        theirs = room.desk.threads["telegram:main:u3"]
        taken = replace(theirs.head, taken_from="sunjie", taken_by="王丽")
        room.desk.threads["telegram:main:u3"] = replace(theirs, head=taken)
        await fill(room.storage, room.clock.now)
        await furnish_moments(room, password_hash)
        await room.asked("车位怎么申请")
        sessions = {name: await log_in(chromium, room, name) for name in ("", "sunjie", "wangli", "chenjing")}
        yield Walk(room, chromium, sessions=sessions, axe=(MODULES / "axe-core" / "axe.min.js").read_text("utf-8"))


pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_nothing_on_the_page_is_gravely_inaccessible(walk: Walk, place: Place) -> None:
    page = await walk.open(place)
    found = [fault for size in SIZES for shade in SHADES for fault in await walk.judge(page, place, size, shade)]
    await page.context.close()
    assert [*found, *walk.errors] == []


REACHABLE = "a[href], button, input, select, textarea, summary"
NEXT = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const first = !("reached" in here.dataset);
  if (first) here.dataset.reached = document.querySelectorAll("[data-reached]").length;
  const style = getComputedStyle(here);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return { first, number: Number(here.dataset.reached), name: here.outerHTML.slice(0, 120), outlined };
}"""
MISSED = """selector => [...document.querySelectorAll(selector)].filter(it =>
  it.closest(document.querySelector("dialog:modal") ? "dialog:modal" : "html") &&
  !it.dataset.reached && !it.disabled && !it.closest("fieldset[disabled]") && it.tabIndex >= 0
  && it.type !== "hidden" && !(it.type === "radio" && document.querySelector(`[name="${it.name}"][data-reached]`))
  && it.checkVisibility({ visibilityProperty: true })
).map(it => it.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_the_keyboard_reaches_everything_sees_where_it_is_and_is_never_caught(walk: Walk, place: Place) -> None:
    page = await walk.open(place)
    await page.evaluate("document.activeElement.blur()")
    unseen, ended = [], False
    for _ in range(400):
        await page.keyboard.press("Tab")
        at = await page.evaluate(NEXT)
        if at and not at["first"] and at["number"] == 0:  # round, back at the first
            ended = True
            break
        if at and at["first"] and not at["outlined"]:  # again: a date, a player have several stops in one
            unseen.append(at["name"])
    missed = await page.evaluate(MISSED, REACHABLE)
    await page.context.close()
    assert ended, "the focus never comes to an end"
    assert unseen == [], "focus that nobody sees"
    assert missed == [], "what the keyboard does not reach"
