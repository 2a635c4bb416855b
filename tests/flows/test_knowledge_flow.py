"""A keeper of the knowledge base and a citizen, each in a real Chromium, over one node: from a question that nobody
could answer to its answer, and back."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.async_api import Browser, Page, ViewportSize, expect

from bot.app import Service
from handoff.console.auth import hash_password
from handoff.desk import Operator
from tests.flows.node import PATIENCE, serving, until_true

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PHONE, DESKTOP = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
PASSWORD = "a long password"
SHOTS = os.environ.get("SUDA_TEST_SHOTS", "")
"""A folder for pictures of the pages; none are taken when it is empty."""
UNKNOWN = "公园年票怎么买"
ANSWER = "带身份证到任一收费公园的售票处办理，当场发卡。"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(tmp_path, SUDA_SETTLE_WEB_QUIET="0") as running:
        for name, shown, role in (("liumin", "刘敏", "editor"), ("wangli", "王丽", "operator")):
            account = Operator(name=name, display_name=shown, role=role, password_hash=hash_password(PASSWORD))
            await running.storage.save_operator(account)
        yield running


@pytest.fixture
def faults() -> list[str]:
    """What pages complained of: script errors, stopped content, broken answers."""
    return []


async def test_a_question_that_nobody_could_answer_is_answered_once_an_entry_is_made(
    service: Service, chromium: Browser, faults: list[str]
) -> None:
    citizen, keeper = await _citizen(chromium, service, faults), await _keeper(chromium, service, faults)
    await _ask(citizen, UNKNOWN, "没有现成的准确答案")

    await keeper.goto("/desk/faq/gaps")
    group = keeper.locator(".gap", has_text=UNKNOWN)
    await expect(group).to_contain_text("1 次")
    await _shoot(keeper, "gaps")
    await group.get_by_role("link", name="新建条目").click()
    await expect(keeper.get_by_label("问题")).to_have_value(UNKNOWN)
    await keeper.get_by_label("答案").fill(ANSWER)
    await keeper.get_by_label("来源").fill("公园管理办法第十条")
    await keeper.get_by_role("button", name="试问").click()
    await expect(keeper.locator(".preview")).to_contain_text("直接回答")
    await expect(keeper.locator(".reply")).to_contain_text(ANSWER)
    await _shoot(keeper, "new")
    await keeper.get_by_role("button", name="保存").click()
    await expect(keeper.get_by_role("status")).to_contain_text("已新建")

    await _ask(citizen, UNKNOWN, ANSWER)
    await keeper.goto("/desk/faq/gaps")
    await expect(keeper.locator(".gap", has_text=UNKNOWN)).to_have_count(0)
    await _add_a_variant(citizen, keeper)
    await _withdraw(citizen, keeper)
    actions = [action for _, who, action, _ in await service.storage.notes() if who == "liumin"]
    assert {"faq_made", "faq_variant", "faq_withdrawn"} <= set(actions)
    assert faults == []


async def _add_a_variant(citizen: Page, keeper: Page) -> None:
    """What was asked in other words is added to the entry, from the list of what was not answered."""
    other = "咱那遛弯儿的卡上哪整"
    await _ask(citizen, other, "没有现成的准确答案")
    await keeper.goto("/desk/faq/gaps")
    group = keeper.locator(".gap", has_text=other)
    await group.get_by_role("link", name="别的条目").or_(group.get_by_role("link", name="加为相似问法")).click()
    await keeper.get_by_label("搜索条目").fill("公园年票")
    await keeper.get_by_role("button", name="搜索").click()
    await _shoot(keeper, "place")
    row = keeper.locator(".card-choice", has_text=UNKNOWN)
    await row.get_by_role("button", name="加为相似问法").click()
    await expect(keeper.get_by_label("相似问法")).to_have_value(other)
    await _ask(citizen, other, ANSWER)


async def _withdraw(citizen: Page, keeper: Page) -> None:
    """An entry that was withdrawn is not given any more."""
    await keeper.get_by_text("撤下这一条").click()
    await keeper.get_by_role("button", name="确认撤下").click()
    await expect(keeper.get_by_role("status")).to_contain_text("已撤下")
    await expect(keeper.locator(".entry-head .entry-note")).to_contain_text("不会答给市民")
    await _ask(citizen, UNKNOWN, "没有现成的准确答案")
    await keeper.goto("/desk/faq?mark=withdrawn")
    await expect(keeper.locator(".card")).to_contain_text(UNKNOWN)


async def test_an_entry_is_changed_with_a_look_at_what_citizens_get_and_rolled_back(
    service: Service, chromium: Browser, faults: list[str]
) -> None:
    citizen, keeper = await _citizen(chromium, service, faults), await _keeper(chromium, service, faults)
    await keeper.goto("/desk/faq?q=call-12329")
    await keeper.get_by_role("link", name="12329是什么电话").click()
    old = await keeper.get_by_label("答案").input_value()

    await keeper.get_by_label("答案").fill("住房公积金的热线，按区号拨打。")
    await keeper.get_by_label("市民的问法").fill("12329是什么电话")
    await keeper.get_by_label("市民的问法").press("Enter")
    await expect(keeper.locator(".preview")).to_contain_text("住房公积金的热线，按区号拨打。")
    assert (await service.storage.entry_history("call-12329")) == []
    await keeper.get_by_role("button", name="保存").click()
    await expect(keeper.locator(".history")).to_contain_text("版本 1")
    await _shoot(keeper, "entry")
    await _ask(citizen, "12329是什么电话", "按区号拨打")

    await keeper.locator(".history summary").click()
    await keeper.get_by_role("button", name="恢复此版本").click()
    await expect(keeper.get_by_role("status")).to_contain_text("已恢复")
    assert await keeper.get_by_label("答案").input_value() == old
    await expect(keeper.locator(".history")).to_contain_text("恢复版本 0")
    await _ask(citizen, "12329是什么电话", old[:12])
    assert faults == []


async def test_an_entry_is_taught_to_ask_one_thing_back(service: Service, chromium: Browser, faults: list[str]) -> None:
    citizen, keeper = await _citizen(chromium, service, faults), await _keeper(chromium, service, faults)
    await keeper.goto("/desk/faq/new")
    await keeper.get_by_label("问题").fill(UNKNOWN)
    await keeper.get_by_label("答案", exact=False).first.fill(ANSWER)
    await keeper.get_by_text("答案因人而异").click()
    await keeper.get_by_label("适用条件").fill("您满60岁了吗？\n【满60岁】\n不用买，带身份证。")
    await keeper.get_by_role("button", name="保存").click()
    await expect(keeper.locator(".fault")).to_have_text("有 1 个【情形】，应有 2 到 6 个")
    await keeper.get_by_label("适用条件").fill(
        "您满60岁了吗？\n【满60岁】老人、六十多\n不用买，带身份证。\n【不满60岁】年轻\n〔本市填写：价格〕"
    )
    await keeper.get_by_role("button", name="试问").click()
    await expect(keeper.locator(".reply")).to_have_text("您满60岁了吗？")
    await expect(keeper.locator(".choices span")).to_have_text(["满60岁", "不满60岁", "不清楚"])
    await expect(keeper.locator(".told dt")).to_have_text(["满60岁", "不满60岁", "不清楚"])
    await expect(keeper.locator(".told dd").nth(0)).to_have_text("不用买，带身份证。")
    await expect(keeper.locator(".told dd").nth(1)).to_contain_text("先答")
    await _shoot(keeper, "condition")
    await keeper.get_by_label("市民的问法").fill("老人" + UNKNOWN)
    await keeper.get_by_role("button", name="试问").click()
    await expect(keeper.locator(".reply")).to_contain_text("不用买，带身份证。")
    await expect(keeper.locator(".told")).to_have_count(0)
    await keeper.get_by_role("button", name="保存").click()
    await expect(keeper.get_by_role("status")).to_contain_text("已新建")

    await _ask(citizen, UNKNOWN, "您满60岁了吗？")
    await citizen.locator('[data-label="满60岁"]').click()
    await expect(citizen.locator(".line.bot .bubble").last).to_contain_text("不用买，带身份证。")
    await _ask(citizen, UNKNOWN, ANSWER)
    assert faults == []


async def test_what_was_typed_survives_a_session_that_expired(
    service: Service, chromium: Browser, faults: list[str]
) -> None:
    keeper = await _keeper(chromium, service, faults)
    await keeper.goto("/desk/faq/e/call-12329")
    await keeper.get_by_label("答案").fill("写了很久的答案")
    await keeper.context.clear_cookies()
    await keeper.get_by_role("button", name="保存").click()
    await expect(keeper.get_by_label("密码")).to_be_visible()
    await _log_in(keeper, "liumin")

    await expect(keeper.get_by_label("答案")).to_have_value("写了很久的答案")
    await expect(keeper.get_by_text("已恢复您上次没有保存的内容")).to_be_visible()
    await keeper.get_by_role("button", name="保存").click()
    await expect(keeper.get_by_role("status")).to_contain_text("已保存")
    await keeper.goto("/desk/faq/e/call-12329")
    await expect(keeper.get_by_text("已恢复您上次没有保存的内容")).to_be_hidden()
    await keeper.goto("/desk/faq/new")
    await keeper.get_by_label("答案").fill("写了一半")
    await keeper.goto("/desk/faq/new?q=另一个问题")
    await expect(keeper.get_by_label("答案")).to_have_value("")
    await keeper.goto("/desk/faq/new")
    await expect(keeper.get_by_label("答案")).to_have_value("写了一半")
    await keeper.get_by_role("button", name="不要了").click()
    await expect(keeper.get_by_label("答案")).to_have_value("")
    assert faults == []


async def test_a_table_with_a_bad_row_brings_nothing_and_once_it_is_right_all_of_it(
    service: Service, chromium: Browser, faults: list[str], tmp_path: Path
) -> None:
    keeper = await _keeper(chromium, service, faults)
    good = ("park-pass", UNKNOWN, "遛弯儿的卡|逛公园年卡怎么办", ANSWER, "2027-06-30")
    known = ("call-119", "火警电话是多少", "", "火警打119。", "2027-06-30")

    bad = _table(tmp_path / "bad.xlsx", [good, known, ("", "没有编号", "", "答案", "2027-13-40")])
    await keeper.goto("/desk/faq/import")
    await _shoot(keeper, "import")
    await keeper.set_input_files("#table", bad)
    await keeper.get_by_role("button", name="上传并核对").click()
    await expect(keeper.get_by_role("alert")).to_contain_text("一条也没有导入")
    await expect(keeper.locator(".faults li")).to_have_text(
        ["第 4 行 · 编号：没有填写", "第 4 行 · 复核日期：“2027-13-40”不是日期，应写成 2027-01-31"]
    )
    await _shoot(keeper, "import-faults")
    assert await service.storage.count_entries() == 0

    await keeper.set_input_files("#table", _table(tmp_path / "good.xlsx", [good, known]))
    await keeper.get_by_role("button", name="上传并核对").click()
    await expect(keeper.locator(".parcel-sum")).to_contain_text("1 条新的")
    await expect(keeper.locator(".parcel-sum")).to_contain_text("1 条改动")
    assert await service.storage.count_entries() == 0
    await _shoot(keeper, "import-parcel")
    await keeper.get_by_role("button", name="确认导入").click()
    await expect(keeper.get_by_role("status")).to_contain_text("已导入")
    assert await service.storage.count_entries() == 2
    await _ask(await _citizen(chromium, service, faults), "逛公园年卡怎么办", ANSWER)
    await _download(keeper)
    assert faults == []


async def _download(keeper: Page) -> None:
    async with keeper.expect_download() as found:
        await keeper.get_by_role("link", name="CSV").click()
    text = (await (await found.value).path()).read_text("utf-8-sig")
    assert ANSWER in text


async def test_who_may_only_look_sees_the_entries_and_no_way_to_change_them(
    service: Service, chromium: Browser, faults: list[str]
) -> None:
    operator = await _keeper(chromium, service, faults, name="wangli")
    await operator.get_by_role("link", name="知识库").click()
    await expect(operator.locator(".card")).to_have_count(50)
    await expect(operator.get_by_role("link", name="新建条目")).to_have_count(0)
    await _shoot(operator, "list")
    await operator.locator(".card").first.click()
    await expect(operator.get_by_label("答案")).to_be_disabled()
    await expect(operator.get_by_role("button", name="保存")).to_have_count(0)

    response = await operator.goto("/desk/faq/new")

    assert response is not None
    assert response.status == 403
    await expect(operator.get_by_role("alert")).to_contain_text("只能查看")


async def test_no_page_is_wider_than_its_screen(service: Service, chromium: Browser, faults: list[str]) -> None:
    for viewport in (PHONE, DESKTOP):
        keeper = await _keeper(chromium, service, faults, viewport=viewport)
        for path in ("", "/new", "/e/call-119", "/gaps", "/import", "/place?q=公积金怎么取"):
            await keeper.goto(f"/desk/faq{path}")
            wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            assert await keeper.evaluate(wide), (viewport, path)
            await _shoot(keeper, f"page{path.partition('?')[0].replace('/', '-')}")
    assert faults == []


def _table(path: Path, rows: list[tuple[str, ...]]) -> Path:
    book = Workbook()
    sheet = book.active
    for row in (("编号", "问题", "相似问法", "答案", "复核日期"), *rows):
        sheet.append(list(row))
    book.save(path)
    return path


async def _ask(citizen: Page, text: str, answer: str) -> None:
    before = await citizen.locator(".line.bot .bubble").count()
    await citizen.fill("#words", text)
    await citizen.press("#words", "Enter")

    async def answered() -> bool:
        said = await citizen.locator(".line.bot .bubble").all_inner_texts()
        return any(answer in words for words in said[before:])

    await until_true(answered)


async def _citizen(chromium: Browser, service: Service, faults: list[str]) -> Page:
    page = await _visit(chromium, service, PHONE, faults)
    await page.goto("/chat")
    await expect(page.locator("#state")).to_have_text("在线")
    return page


async def _keeper(
    chromium: Browser, service: Service, faults: list[str], *, name: str = "liumin", viewport: ViewportSize = DESKTOP
) -> Page:
    page = await _visit(chromium, service, viewport, faults)
    await page.goto("/desk")
    await _log_in(page, name)
    return page


async def _log_in(page: Page, name: str) -> None:
    await page.get_by_label("用户名").fill(name)
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await expect(page.locator(".bar-me")).to_be_visible()


async def _visit(chromium: Browser, service: Service, viewport: ViewportSize, faults: list[str]) -> Page:
    """A person with a browser of his own."""
    context = await chromium.new_context(
        base_url=service.base_url, viewport=viewport, locale="zh-CN", has_touch=viewport == PHONE
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    expect.set_options(timeout=PATIENCE * 1000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    page.on("response", lambda answer: faults.append(answer.url) if answer.status >= 500 else None)
    return page


async def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        seen = page.viewport_size
        for size, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
            await page.set_viewport_size(viewport)
            await page.screenshot(path=f"{SHOTS}/faq-{name}-{size}.png", full_page=True)
        if seen:
            await page.set_viewport_size(seen)
