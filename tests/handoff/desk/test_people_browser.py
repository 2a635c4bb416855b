"""A new colleague's first minutes in a real Chromium: added, in, a password of her own, a second factor, in again."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, expect

from tests.handoff.desk.conftest import CONVERSATION, PASSWORD, House
from tests.handoff.desk.test_browser import chromium, faults, fits, open_page

__all__ = ["chromium", "faults"]

pytestmark = pytest.mark.browser

OWN = "three quiet autumn rivers"


async def log_in(page: Page, name: str, password: str) -> None:
    await page.goto("/desk/login")
    await page.get_by_label("用户名").fill(name)
    await page.get_by_label("密码").fill(password)
    await page.get_by_role("button", name="登录").click()


async def shoot(page: Page, name: str) -> None:
    """Where SUDA_TEST_SHOTS names a folder, a picture for people."""
    if folder := os.environ.get("SUDA_TEST_SHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_from_being_added_to_the_first_answer_with_a_second_factor(
    house: House, chromium: Chromium, faults: list[str], password_hash: str, size: str
) -> None:
    house.desk.hire("chenjing", "陈静", password_hash, "admin")
    started = time.monotonic()
    boss = await open_page(chromium, house, faults, size)
    await log_in(boss, "chenjing", PASSWORD)
    await boss.get_by_role("link", name="人员").click()
    await boss.get_by_label("用户名").fill("sunjie")
    await boss.get_by_label("姓名（市民和同事看到的）").fill("孙杰")
    await boss.get_by_role("button", name="添加").click()
    given = await boss.locator("[data-word]").text_content()
    assert given
    assert await fits(boss)
    await shoot(boss, f"people-{size}")

    page = await open_page(chromium, house, faults, size)
    await log_in(page, "sunjie", given)
    await expect(page.get_by_text("这是一次性密码")).to_be_visible()
    assert await fits(page)
    await shoot(page, f"first-{size}")
    await page.get_by_label("当前密码").fill(given)
    await page.get_by_label("新密码", exact=True).fill(OWN)
    await page.get_by_label("再输一次新密码").fill(OWN)
    await page.get_by_role("button", name="修改密码").click()
    await page.get_by_role("link", name="楼下的路灯坏了三天").click()
    await page.get_by_label("回复市民").fill("您好，我是孙杰。")
    await page.get_by_role("button", name="接管并发送").click()
    await expect(page.locator(".line-operator .line-text")).to_have_text("您好，我是孙杰。")
    assert house.desk.threads[CONVERSATION].head.operator == "sunjie"
    assert time.monotonic() - started < 120, "a new colleague answers within two minutes"

    await page.goto("/desk/me")
    await page.locator("#old-on").fill(OWN)
    await page.get_by_role("button", name="开启两步验证").click()
    await expect(page.get_by_role("img", name="两步验证的二维码").locator("svg")).to_be_visible()
    phone = pyotp.TOTP((await page.locator(".people-key").text_content() or "").replace(" ", ""))
    assert await fits(page)
    await shoot(page, f"code-{size}")
    await page.get_by_label("验证码").fill(phone.at(int(house.clock())))
    await page.get_by_role("button", name="开启", exact=True).click()
    await expect(page.locator(".people-codes li")).to_have_count(8)
    await shoot(page, f"recovery-{size}")
    await page.goto("/desk/me")
    await shoot(page, f"me-{size}")
    await page.get_by_role("button", name="退出", exact=True).click()
    await page.get_by_role("button", name="退出，放回排队").click()
    await expect(page.get_by_text("已退出登录。")).to_be_visible()

    house.clock.now += 30
    await log_in(page, "sunjie", OWN)
    await expect(page.get_by_role("heading", name="输入验证码")).to_be_visible()
    await shoot(page, f"login-code-{size}")
    await page.get_by_label("验证码或恢复码").fill(phone.at(int(house.clock())))
    await page.get_by_role("button", name="进入坐席台").click()
    await expect(page.locator("[data-live-state=on]")).to_be_visible()

    await boss.goto("/desk/audit")
    assert await fits(boss)
    await shoot(boss, f"audit-{size}")
    await boss.goto("/desk/people")
    await boss.locator("[data-name=sunjie] summary").click()
    await shoot(boss, f"people-open-{size}")
    await boss.locator("[data-name=sunjie]").get_by_role("button", name="停用").click()
    await expect(boss.get_by_role("status")).to_contain_text("已停用")
    await expect(page.get_by_text("登录已结束，页面不再更新。")).to_be_visible()
    assert faults == []


@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_what_is_hidden_is_shown_after_a_reason(
    house: House, chromium: Chromium, faults: list[str], size: str
) -> None:
    house.desk.threads[CONVERSATION] = replace(house.desk.threads[CONVERSATION], hidden=True)
    page = await open_page(chromium, house, faults, size)
    await log_in(page, "wangli", PASSWORD)
    await expect(page.locator("[data-live-state=on]")).to_be_visible()
    await page.goto(f"/desk/c/{CONVERSATION}")
    await page.get_by_text("市民要求保密或匿名").click()
    assert await fits(page)
    await shoot(page, f"reveal-{size}")
    await page.get_by_label("为什么需要看").fill("承办单位退单，需电话核实")
    await page.get_by_role("button", name="显示十分钟").click()
    await expect(page.get_by_text("理由已记录")).to_be_visible()
    await expect(page.get_by_text("请勿外传")).to_be_visible()
    await shoot(page, f"revealed-{size}")
    assert [each.reason for each in await house.desk.people.reveals()] == ["承办单位退单，需电话核实"]
    assert faults == []
