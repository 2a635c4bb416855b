"""Pages of the desk in English: no Chinese on them but what citizens and colleagues wrote, and nothing amiss.

With SUDA_TEST_PHOTOS=FOLDER each is photographed there too, to be looked at.
"""

import os
from dataclasses import replace

import pyotp
import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.handoff.desk.conftest import PASSWORD
from tests.handoff.desk.test_axe import PLACES, Place, Walk, walk
from tests.handoff.desk.test_browser import SIZES

__all__ = ["walk"]

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

CHINESE = r"""() => {
  const han = /[\p{Script=Han}，。、；：？！（）]/u, found = [];
  const own = (element) => !element.closest('[lang="zh"], script, style');
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode;
    if (han.test(text.data) && own(text.parentElement)) found.push(text.data.trim());
  }
  for (const element of document.querySelectorAll("body *")) {
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      const words = element.getAttribute(name) ?? "";
      if (han.test(words) && own(element)) found.push(`${name}: ${words}`);
    }
  }
  const title = document.title.replace(/^\(\d+\) /, "").split(" · ")[0];
  const heading = document.querySelector('h1[lang="zh"]');
  if (han.test(title) && title !== heading?.textContent) found.push(`title: ${title}`);
  return found;
}"""


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_a_page_in_english_has_no_chinese_but_data_and_nothing_gravely_amiss(walk: Walk, place: Place) -> None:
    page = await walk.open(place, "en")
    assert await page.get_attribute("html", "lang") == "en-GB"
    found = await page.evaluate(CHINESE)
    shot = replace(place, name=f"{place.name}-en")
    # In one shade: colours are those of the Chinese page, which is judged in both.
    faults = [fault for size in SIZES for fault in await walk.judge(page, shot, size, "light")]
    await page.context.close()
    assert [*found, *faults, *walk.errors] == []


async def english(walk: Walk, path: str, who: str = "sunjie") -> Page:
    return await walk.open(Place(path, path, who=who), "en")


async def only_english(page: Page, words: str, quoting: str = "") -> None:
    """What a form answers is on the page, in English, and so is all around it but what somebody typed and it quotes."""
    await expect(page.locator("body")).to_contain_text(words)
    assert [text for text in await page.evaluate(CHINESE) if not (quoting and quoting in text)] == []
    if folder := os.environ.get("SUDA_TEST_PHOTOS"):
        name = "".join(letter if letter.isalnum() else "-" for letter in words[:40])
        await page.screenshot(path=f"{folder}/form-{name}.png", full_page=True)


async def test_refusals_and_offers_of_ones_own_page_are_english(walk: Walk) -> None:
    page = await english(walk, "/desk/me", "chenjing")  # who holds no conversation, and may leave at once
    await page.locator("#old-password").fill(PASSWORD)
    await page.get_by_label("New password", exact=True).fill("12345678")
    await page.get_by_label("New password again").fill("87654321")
    await page.get_by_role("button", name="Change password").click()
    await only_english(page, "The two new passwords differ.")
    await page.locator("#old-on").fill(PASSWORD)
    await page.get_by_role("button", name="Turn on two-step verification").click()
    await only_english(page, "If you cannot scan it, type in this key:")
    await page.get_by_label("Code", exact=True).fill("000000")
    await page.get_by_role("button", name="Turn on").click()
    await only_english(page, "Wrong code: two-step verification is not on yet.")
    secret = (await page.locator(".people-key").inner_text()).replace(" ", "")
    await page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).at(int(walk.room.clock.now)))
    await page.get_by_role("button", name="Turn on").click()
    await only_english(page, "Recovery codes, shown only this once")
    spare = await page.locator(".people-codes li").first.inner_text()
    await page.get_by_role("button", name="Log out").click()
    await page.get_by_label("User name").fill("chenjing")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await only_english(page, "Password accepted.")
    await page.get_by_label("Code or recovery code").fill("000000")
    await page.get_by_role("button", name="Enter the desk").click()
    await only_english(page, "The code is wrong or has been used already.")
    await page.get_by_label("Code or recovery code").fill(spare)
    await page.get_by_role("button", name="Enter the desk").click()
    await page.goto("/desk/me")
    await page.locator("#old-off").fill(PASSWORD)
    await page.get_by_role("button", name="Turn off two-step verification").click()
    await only_english(page, "Two-step verification is off.")
    walk.sessions["chenjing"] = await page.context.storage_state()
    await page.context.close()


async def test_what_the_knowledge_base_answers_its_keepers_is_english(walk: Walk) -> None:
    page = await english(walk, "/desk/faq/new")
    await page.get_by_label("Valid until").fill("2026-01-01")
    await page.get_by_label("Valid from").fill("2026-02-01")
    await page.locator("#condition").evaluate("(box) => { box.closest('details').open = true; }")
    await page.locator("#condition").fill("城镇还是农村？")
    await page.get_by_role("button", name="Save").click()
    await only_english(page, "Not saved: several things must be corrected.")
    await page.goto("/desk/faq/e/fire")
    await page.get_by_label("A citizen’s wording").fill("火警电话是多少")
    await page.get_by_role("button", name="Try").click()
    await only_english(page, "Answers directly")
    await page.goto("/desk/faq/import")
    table = "编号,问题,答案,失效日期\nfire,火警电话是多少,新答案,明天\n,,,\n".encode()
    await page.set_input_files("#table", FilePayload(name="坏.csv", mimeType="text/csv", buffer=table))
    await page.get_by_role("button", name="Upload and check").click()
    await only_english(page, "Nothing was imported.", quoting="“明天” is not a date")
    table = "编号,问题,答案\nfire,火警电话是多少,新答案\nnew,新问题,答\n".encode()
    await page.set_input_files("#table", FilePayload(name="好<i>&amp;.csv", mimeType="text/csv", buffer=table))
    await page.get_by_role("button", name="Upload and check").click()
    await only_english(page, "What “好<i>&amp;.csv” will change")
    await page.get_by_role("link", name="Do not import").click()
    await page.goto("/desk/faq/e/bus-card")
    await page.get_by_label("Answer").fill("带身份证到公交公司服务窗口。")
    await page.get_by_role("button", name="Save").click()
    await only_english(page, "Saved. Citizens are answered with the new text from now on.")
    await page.context.close()


async def test_what_is_said_of_replies_and_accounts_is_english(walk: Walk) -> None:
    page = await english(walk, "/desk/replies")
    await page.get_by_label("Shortcut", exact=True).fill("a b")
    await page.get_by_label("Title").fill("道谢")
    await page.get_by_label("Text").fill("谢谢您，{市民}。{什么}")
    await page.get_by_role("button", name="Save").click()
    await only_english(page, "A shortcut needs 1 to 20 letters")
    await page.get_by_label("Shortcut", exact=True).fill("xx")
    await page.get_by_role("button", name="Save").click()
    await only_english(page, "Unknown placeholder: {什么}.", quoting="{什么}. Those that can be used: {市民}")
    await page.get_by_label("Text").fill("谢谢您，{市民}。")
    await page.get_by_role("button", name="Save").click()
    await only_english(page, "Saved.")
    await page.context.close()
    page = await english(walk, "/desk/people", "chenjing")
    await page.get_by_label("User name").fill("wangli")
    await page.get_by_role("button", name="Add").click()
    await only_english(page, "The user name wangli is taken already.")
    await page.get_by_label("User name").fill("newcomer")
    await page.get_by_role("button", name="Add").click()
    await only_english(page, "shown only this once")
    await page.get_by_role("link", name="I have told them").click()
    await page.locator("[data-name=newcomer] summary").click()
    await page.locator("[data-name=newcomer]").get_by_role("button", name="Disable").click()
    await only_english(page, "All of their sessions have been logged out.")
    await page.context.close()


async def test_the_switch_is_pressed_on_any_page_and_comes_back_to_it(walk: Walk) -> None:
    page = await walk.open(Place("faq", "/desk/faq?mark=gap"), "zh")
    await page.get_by_role("button", name="English").press("Enter")
    await expect(page.get_by_role("heading", name="Knowledge base entries")).to_be_attached()
    assert page.url.endswith("/desk/faq?mark=gap")
    await page.get_by_role("button", name="中文").press("Enter")
    await expect(page.get_by_role("heading", name="知识库条目")).to_be_attached()
    await page.context.close()
