"""The keys of the desk in a real Chromium: all that `?` tells, on every page, and nothing in fields."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, expect

from handoff.desk import ActionKind, OperatorAction
from tests.handoff.desk.conftest import CONVERSATION, House
from tests.handoff.desk.test_browser import chromium as chromium
from tests.handoff.desk.test_browser import log_in, open_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

OTHER = "telegram:main:u2"


@pytest.fixture
def faults() -> list[str]:
    return []


@pytest.fixture
async def page(house: House, chromium: Chromium, faults: list[str]) -> AsyncIterator[Page]:
    """孙洁, a supervisor, before a list of two who wait."""
    house.desk.hire("sunjie", "孙洁", house.desk.operators["wangli"].password_hash, "supervisor")
    house.desk.wants_a_person(OTHER, "小区门口乱停车", at=house.clock.now - 60, name="李女士")
    page = await open_page(chromium, house, faults)
    await log_in(page, "sunjie")
    yield page
    assert faults == []


async def by(house: House, name: str, kind: ActionKind, conversation: str = CONVERSATION) -> None:
    """What a colleague does."""
    names = {"wangli": "王丽", "sunjie": "孙洁"}
    await house.desk.act(
        OperatorAction(
            id=f"{name} {kind}",
            conversation_id=conversation,
            operator=name,
            operator_name=names[name],
            kind=kind,
            at=house.clock.now,
        )
    )


async def test_a_row_reached_by_j_is_taken_over_by_c(house: House, page: Page) -> None:
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect(page.locator(f'a.head[href$="{OTHER.replace(":", "%3A")}"]')).to_be_focused()

    await page.keyboard.press("c")

    await expect(page.get_by_role("heading", level=1)).to_have_text("李女士")
    await expect(page.locator(".top-who")).to_contain_text("在您手中")
    assert house.desk.threads[OTHER].head.operator == "sunjie"
    assert house.desk.threads[CONVERSATION].head.holder == "waiting"


async def test_c_on_a_row_that_somebody_has_taken_names_him_and_opens_nothing(house: House, page: Page) -> None:
    await page.keyboard.press("j")
    await by(house, "wangli", ActionKind.CLAIM)

    await page.keyboard.press("c")

    await expect(page.locator("[data-part=says]")).to_contain_text("已被 王丽 接管")
    await expect(page.locator("[data-part=empty]")).to_be_visible()


async def test_a_slash_on_the_list_searches_and_in_a_conversation_opens_canned_replies(page: Page) -> None:
    await page.keyboard.press("/")
    await expect(page.get_by_label("搜索会话")).to_be_focused()
    await page.keyboard.type("乱停车")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-part=found] .head")).to_have_count(1)
    await page.locator("[data-part=found] .head").click()
    await expect(page.locator("#text")).to_be_visible()

    await page.keyboard.press("k")
    await page.keyboard.press("/")
    await expect(page.get_by_label("搜索会话")).to_be_focused()
    await page.locator("#middle").focus()
    await page.keyboard.press("/")

    await expect(page.locator("[data-canned-search]")).to_be_focused()


@pytest.mark.parametrize("path", ["/desk", "/desk/replies", "/desk/me", "/desk/c/web:main:nobody"])
async def test_the_table_of_keys_opens_on_every_page(page: Page, path: str) -> None:
    await page.goto(path)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()

    await page.keyboard.press("Escape")

    await expect(page.get_by_role("dialog", name="快捷键")).to_be_hidden()


async def test_notes_and_hints_are_sent_by_control_and_enter(house: House, page: Page) -> None:
    await house.desk.here("wangli")
    await page.goto(f"/desk/c/{CONVERSATION}")
    await page.keyboard.press("w")
    await expect(page.get_by_label("给坐席的提示")).to_be_focused()
    await page.keyboard.type("他上周来过")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".line-note")).to_contain_text("他上周来过")
    await page.keyboard.press("Escape")

    await page.keyboard.press("c")
    await expect(page.locator(".top-who")).to_contain_text("在您手中")
    await page.locator("#middle").focus()
    await page.keyboard.press("t")
    await expect(page.get_by_label("转交给")).to_be_focused()
    await page.get_by_label("转交给").select_option("to:wangli")
    await page.get_by_label("备注").fill("请接着办")
    await page.keyboard.press("Control+Enter")

    await expect(page.locator("[data-part=empty]")).to_be_visible()
    assert house.desk.threads[CONVERSATION].head.operator == "wangli"


async def test_a_closing_word_goes_by_control_and_enter_and_ends_it(house: House, page: Page) -> None:
    await by(house, "sunjie", ActionKind.CLAIM)
    await page.goto(f"/desk/c/{CONVERSATION}")
    await page.keyboard.press("e")
    await expect(page.get_by_label("结束语")).to_be_focused()
    await page.keyboard.type("已转路灯所，11月27日前答复您。")
    await page.keyboard.press("Control+Enter")

    await expect(page.locator("[data-part=empty]")).to_be_visible()
    assert house.desk.threads[CONVERSATION].head.holder == "bot"


async def test_what_gives_it_back_asks_for_a_last_word_first(house: House, page: Page) -> None:
    await by(house, "sunjie", ActionKind.CLAIM)
    await page.goto(f"/desk/c/{CONVERSATION}")
    await expect(page.locator("[data-live-state=on]")).to_be_visible()
    await page.keyboard.press("b")
    await expect(page.locator("#parting-give_back")).to_be_focused()
    assert house.desk.threads[CONVERSATION].head.operator == "sunjie"

    await page.keyboard.press("Control+Enter")

    await expect(page.locator("[data-part=empty]")).to_be_visible()
    assert house.desk.threads[CONVERSATION].head.holder == "bot"


async def test_escape_closes_what_is_open_and_keys_are_letters_in_fields(house: House, page: Page) -> None:
    await by(house, "sunjie", ActionKind.CLAIM)
    await page.goto(f"/desk/c/{CONVERSATION}")
    await page.locator("[data-alerts] summary").click()
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-alerts]")).not_to_have_attribute("open", "")
    await page.keyboard.press("t")
    await page.get_by_label("备注").focus()
    await page.keyboard.press("Escape")
    await expect(page.locator(".panel[open]")).to_have_count(0)

    await page.keyboard.press("r")
    await page.keyboard.type("test be ?")

    await expect(page.locator("#text")).to_have_value("test be ?")
    await expect(page.locator(".panel[open], dialog[open]")).to_have_count(0)


async def test_who_wants_no_single_keys_has_none(page: Page) -> None:
    await page.keyboard.press("?")
    await page.get_by_label("使用单键快捷键").uncheck()
    await page.get_by_role("button", name="关闭").click()
    await page.goto("/desk/me")
    await page.keyboard.press("?")

    await expect(page.locator("dialog[open]")).to_have_count(0)
