"""A new operator with README only: from `suda operator add` to the first answer, over a real `suda serve`."""

import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.flows.node import PATIENCE, ROOT, Node
from tests.flows.team import DESKTOP, PHONE, give_back, log_in, said_by, say

OWN = "three quiet autumn rivers"
README = (ROOT / "README.md").read_text("utf-8")
PRESSED = ("修改密码", "等候人工", "接管", "发送", "交回机器人", "Ctrl+Enter")
"""What a new operator has to find on the screen: README must name it."""


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    running = Node(tmp_path, SUDA_SETTLE_WEB_QUIET="0")
    try:
        await running.start()
        yield running
    finally:
        running.kill()


async def visit(chromium: Browser, node: Node, size: ViewportSize) -> Page:
    context = await chromium.new_context(base_url=node.url, viewport=size, locale="zh-CN")
    context.set_default_timeout(PATIENCE * 1000)
    expect.set_options(timeout=PATIENCE * 1000)
    return await context.new_page()


@pytest.mark.parametrize("language", ["Chinese", "English"])
def test_readme_names_all_that_a_new_operator_types_and_presses(language: str) -> None:
    chinese, _, english = README.partition("\n## English\n")
    told = chinese if language == "Chinese" else english

    assert [words for words in (*PRESSED, "make operator NAME=wang", "--one-time", "/desk") if words not in told] == []


def test_make_operator_is_the_same_command() -> None:
    make = shutil.which("make")
    assert make, "make is what README begins with"
    printed = subprocess.run(
        [make, "-n", "--no-print-directory", "operator", "NAME=wang", "ROLE=admin"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert printed.stdout.rstrip().endswith("suda operator add wang --role admin")


@pytest.mark.browser
@pytest.mark.timeout(240)
async def test_from_operator_add_to_the_first_answer_in_two_minutes(node: Node, chromium: Browser) -> None:
    citizen = await visit(chromium, node, PHONE)
    await citizen.goto("/chat")
    await expect(citizen.locator("#state")).to_have_text("在线")
    await say(citizen, "人工")
    await expect(said_by(citizen, "bot").last).to_be_visible()

    began = time.monotonic()
    added = node.run("operator", "add", "wang", "--display-name", "王芳", "--one-time")
    given = re.search(r"One-time password: (\S+)", added.stdout)
    assert given, added.stdout + added.stderr
    operator = await visit(chromium, node, DESKTOP)
    await log_in(operator, "wang", given[1])
    await operator.get_by_label("当前密码").fill(given[1])
    await operator.get_by_label("新密码", exact=True).fill(OWN)
    await operator.get_by_label("再输一次新密码").fill(OWN)
    await operator.get_by_role("button", name="修改密码").click()
    await expect(operator.get_by_role("heading", name="等候人工")).to_be_visible()
    await operator.locator("[data-part=waiting] a").first.click()
    await operator.get_by_role("button", name="接管", exact=True).click()
    await operator.get_by_label("回复市民").fill("您好，我是王芳，请说。")
    await operator.get_by_role("button", name="发送").click()

    await expect(said_by(citizen, "operator")).to_have_text(["您好，我是王芳，请说。"])
    took = time.monotonic() - began
    print(f"\nfrom `operator add` to the answer on the citizen's screen: {took:.1f} s")
    assert took < 120
    await give_back(operator)
    await expect(operator.locator("[data-part=waiting] a")).to_have_count(0)
    await expect(said_by(citizen, "system").last).to_contain_text("坐席已把会话交回")
    refused = await visit(chromium, node, DESKTOP)
    await log_in(refused, "wang", given[1])
    await expect(refused.get_by_role("alert")).to_be_visible()
