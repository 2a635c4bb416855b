"""An operator's whole way in a real Chromium: log in, see, claim, answer, give back, on desktop and phone."""

import asyncio
import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, expect

from handoff.desk import ActionKind, OperatorAction
from tests.handoff.desk.conftest import CONVERSATION, PASSWORD, House

pytestmark = pytest.mark.browser

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
Shade = Literal["light", "dark"]


@pytest.fixture
def faults() -> list[str]:
    """What pages complained of: script errors, and whatever the content policy stopped."""
    return []


async def open_page(
    chromium: Chromium, house: House, faults: list[str], size: str = "desktop", shade: Shade = "light"
) -> Page:
    width, height = SIZES[size]
    context = await chromium.new_context(
        base_url=house.base, viewport={"width": width, "height": height}, color_scheme=shade, has_touch=size == "phone"
    )
    page = await context.new_page()
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    return page


async def log_in(page: Page, name: str = "wangli", path: str = "/desk") -> None:
    await page.goto(path)
    await page.get_by_label("用户名").fill(name)
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await expect(page.locator("[data-live-state=on]")).to_be_visible()


async def fits(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def png(width: int, height: int) -> bytes:
    """A small picture of an evening street, so that no photo need lie in the repository."""
    rows = b"".join(
        b"\0"
        + b"".join(
            bytes((240, 190, 90)) if (x - 60) ** 2 + (y - 40) ** 2 < 240 else bytes((40, 60 + y // 2, 90 + y // 3))
            for x in range(width)
        )
        for y in range(height)
    )
    return packed(width, height, rows)


def packed(width: int, height: int, rows: bytes, level: int = 6) -> bytes:
    """Rows of a picture, each after its filter's zero, as a PNG."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, level)) + chunk(b"IEND", b"")
    )


def furnish(house: House) -> None:
    """A morning's worth of conversations."""
    desk, now = house.desk, house.clock.now
    house.media["photo.png"] = (png(240, 150), "image/png")
    house.media["voice.mp3"] = (b"", "audio/mpeg")
    desk.wants_a_person(
        "wechat:main:u2",
        "家里有股煤气味，窗户已经开了，接下来怎么办？",
        at=now - 1000,
        reason="emergency",
        category="燃气泄漏",
        place="立山区 双山小区",
    )
    desk.wants_a_person("telegram:main:u3", "上次说修好了，可是昨天又坏了", at=now - 100, reason="unhappy")
    desk.wants_a_person("web:main:u4", "医保怎么异地备案", at=now - 7000)
    head = replace(desk.threads["web:main:u4"].head, holder="bot", last_text="可以在手机上办理，一般当天生效。")
    desk.threads["web:main:u4"] = replace(desk.threads["web:main:u4"], head=head)
    desk.says(CONVERSATION, "bot", "已为您转人工，前面还有 1 位。", at=now - 598, fate="sent")
    desk.says(CONVERSATION, "citizen", "", at=now - 400, name="张先生", kind="image", attachments=("photo.png",))
    desk.says(
        CONVERSATION,
        "citizen",
        "就在这儿",
        at=now - 380,
        name="张先生",
        kind="location",
        pin="41.1087,122.9942 gcj02 绿化街 58 栋门前",
    )
    desk.says(
        CONVERSATION,
        "citizen",
        "晚上走路看不见，老人摔了一跤",
        at=now - 360,
        name="张先生",
        kind="voice",
        attachments=("voice.mp3",),
    )
    desk.says(CONVERSATION, "system", "工单 AS20261109-0007 已受理。", at=now - 300, fate="held")
    desk.threads[CONVERSATION] = replace(
        desk.threads[CONVERSATION],
        understood=(
            ("意图", "诉求"),
            ("类型", "投诉"),
            ("类别", "城市管理 › 市政设施 › 路灯不亮(0.86)"),
            ("地点", "铁东区 绿化街 58 栋 1 单元"),
            ("电话", "未留"),
        ),
        tickets=(("AS20261109-0007", "绿化街 58 栋路灯不亮", "已受理"),),
    )


async def test_an_operator_sees_claims_answers_and_gives_back_without_reloading(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    page = await open_page(chromium, house, faults)
    await log_in(page)
    await expect(page.locator("[data-part=waiting-count]")).to_have_text("1")

    house.desk.wants_a_person("wechat:main:u2", "我也想找人工", at=house.clock.now)
    await expect(page.locator("[data-part=waiting-count]")).to_have_text("2")
    await expect(page).to_have_title("(2) 坐席台 · 鞍山 8890")

    await page.get_by_role("link", name="楼下的路灯坏了三天").click()
    await page.evaluate("window.neverReloaded = true")
    await page.get_by_role("button", name="接管", exact=True).click()
    await expect(page.get_by_text("在您手中")).to_be_visible()
    box = page.get_by_label("回复市民")
    await expect(box).to_be_focused()
    await box.fill("您好，我是王丽，已联系维修人员。")
    await box.press("Control+Enter")
    await expect(page.locator(".line-operator .line-text")).to_have_text("您好，我是王丽，已联系维修人员。")
    await expect(box).to_have_value("")

    house.desk.says(CONVERSATION, "citizen", "<b>谢谢</b>", at=house.clock.now)
    await expect(page.locator(".line-citizen .line-text").last).to_have_text("<b>谢谢</b>")
    assert await page.evaluate("window.neverReloaded")

    await page.locator(".panel summary", has_text="交回机器人").click()
    await page.get_by_role("button", name="交回", exact=True).click()
    await expect(page.get_by_text("已交回机器人。")).to_be_visible()
    assert house.desk.threads[CONVERSATION].head.holder == "bot"
    assert faults == []


async def test_a_colleagues_claim_shows_by_itself_and_the_unsent_words_stay(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    page = await open_page(chromium, house, faults)
    await log_in(page, path=f"/desk/c/{CONVERSATION}")
    await page.get_by_label("回复市民").fill("我正要回答您")

    action = OperatorAction(
        id="other",
        conversation_id=CONVERSATION,
        operator="zhaoqiang",
        operator_name="赵强",
        kind=ActionKind.CLAIM,
        at=house.clock.now,
    )
    await house.desk.act(action)

    await expect(page.get_by_text("赵强 正在处理，您可以看，不能回复。")).to_be_visible()
    await expect(page.get_by_label("您写了但没有发出的内容")).to_have_value("我正要回答您")


async def test_what_was_typed_outlives_an_expired_session(house: House, chromium: Chromium, faults: list[str]) -> None:
    house.desk.warm_seconds = 60  # so that the form meets the expired session first, not the live connection
    page = await open_page(chromium, house, faults)
    await log_in(page, path=f"/desk/c/{CONVERSATION}")
    await page.get_by_label("回复市民").fill("写到一半")
    house.clock.now += 13 * 3600

    await page.get_by_role("button", name="接管并发送").click()
    await expect(page.get_by_text("登录已过期")).to_be_visible()
    await page.get_by_label("用户名").fill("wangli")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()

    await expect(page.get_by_label("回复市民")).to_have_value("写到一半")
    assert house.desk.threads[CONVERSATION].head.holder == "waiting"


async def test_a_button_that_is_pressed_or_focused_stays_though_the_page_is_refreshed(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    page = await open_page(chromium, house, faults)
    await log_in(page, path=f"/desk/c/{CONVERSATION}")
    claim = page.get_by_role("button", name="接管", exact=True)
    await expect(page.locator("[data-live-state=on]")).to_be_visible()
    await claim.focus()
    house.desk.says(CONVERSATION, "citizen", "还在吗", at=house.clock.now)
    await expect(page.get_by_text("还在吗").last).to_be_visible()
    await expect(claim).to_be_focused()

    await claim.hover()
    await page.mouse.down()
    async with page.expect_response(lambda answer: "x-desk-refresh" in answer.request.headers) as refreshed:
        house.desk.wants_a_person("wechat:main:u9", "我也想找人工", at=house.clock.now)
    await (await refreshed.value).finished()
    await page.mouse.up()

    await expect(page.get_by_text("在您手中")).to_be_visible()
    await expect(page.get_by_text("我也想找人工")).to_be_visible()
    assert house.desk.threads[CONVERSATION].head.operator == "wangli"
    assert faults == []


async def test_the_keyboard_alone_is_enough(house: House, chromium: Chromium, faults: list[str]) -> None:
    furnish(house)
    page = await open_page(chromium, house, faults)
    await log_in(page)

    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="市民", exact=True)).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    # Keys belong to the dialog until it is gone.
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.locator("[data-live-state=on]")).to_be_visible()
    await page.keyboard.press("c")
    await expect(page.get_by_text("在您手中")).to_be_visible()
    await page.keyboard.type("c 不是命令")
    await page.keyboard.press("Escape")
    await page.keyboard.press("r")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".line-operator .line-text")).to_have_text("c 不是命令")
    assert house.desk.threads["wechat:main:u2"].head.operator == "wangli"
    assert faults == []


async def test_a_reply_that_finds_no_server_keeps_the_words_and_says_so(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    page = await open_page(chromium, house, faults)
    await log_in(page, path=f"/desk/c/{CONVERSATION}")
    box = page.get_by_label("回复市民")
    await box.fill("您好")
    await page.context.set_offline(True)
    await page.get_by_role("button", name="接管并发送").click()
    await expect(page.get_by_text("没有连上，您写的内容仍保留")).to_be_visible()

    await page.context.set_offline(False)
    await page.get_by_role("button", name="接管并发送").click()

    await expect(page.locator(".line-operator .line-text")).to_have_text("您好")
    await expect(page.get_by_text("没有连上")).to_be_hidden()


async def test_a_conversation_that_vanished_is_said_and_the_words_stay(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    page = await open_page(chromium, house, faults)
    await log_in(page, path=f"/desk/c/{CONVERSATION}")
    box = page.get_by_label("回复市民")
    await box.fill("您好")
    del house.desk.threads[CONVERSATION]

    await page.get_by_role("button", name="接管并发送").click()

    await expect(page.get_by_text("会话不存在。")).to_be_visible()
    await expect(box).to_have_value("您好")


async def test_a_cut_live_connection_is_shown_and_comes_back_with_what_was_missed(
    house: House, chromium: Chromium, faults: list[str]
) -> None:
    page = await open_page(chromium, house, faults)
    await log_in(page)
    await page.context.set_offline(True)
    for stream in [task for task in asyncio.all_tasks() if task.get_name() == "desk-live"]:
        stream.cancel()
    await expect(page.get_by_text("连接中断，正在重连")).to_be_visible()
    house.desk.wants_a_person("wechat:main:u2", "断线时来的", at=house.clock.now)

    await page.context.set_offline(False)

    await expect(page.get_by_text("断线时来的")).to_be_visible()
    await expect(page.locator("[data-live-state=on]")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shade", ["light", "dark"])
async def test_each_page_fits_its_screen(
    house: House, chromium: Chromium, faults: list[str], size: str, shade: Shade
) -> None:
    furnish(house)
    page = await open_page(chromium, house, faults, size, shade)
    shots = os.environ.get("SUDA_SHOTS")

    async def look(name: str) -> None:
        assert await fits(page), f"{name} is wider than the screen"
        if shots:
            await asyncio.to_thread(Path(shots).mkdir, parents=True, exist_ok=True)
            await page.screenshot(path=Path(shots) / f"desk-{name}-{size}-{shade}.png")

    await page.goto("/desk/login")
    await look("login")
    await page.get_by_label("用户名").fill("wangli")
    await page.get_by_label("密码").fill("wrong")
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await look("login-wrong")
    await log_in(page)
    await look("list")
    await page.goto(f"/desk/c/{CONVERSATION}")
    await expect(page.locator("[data-live-state=on]")).to_be_visible()
    await look("waiting")
    await page.get_by_role("button", name="接管", exact=True).click()
    await page.get_by_label("回复市民").fill(
        "您好，张先生，我是王丽。已经联系路灯维修班，今晚 8 点前到现场，修好后我告诉您。"
    )
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".line-operator")).to_be_visible()
    await page.locator(".panel summary", has_text="结束").click()
    await look("mine")
    await page.goto("/desk/c/web:main:u4")
    await look("bot")
    await page.goto("/desk/c/web:main:nobody")
    await look("gone")
    if size == "phone":
        await page.goto(f"/desk/c/{CONVERSATION}")
        await page.get_by_text("理解与工单").first.click()
        await look("facts")
    else:
        await page.keyboard.press("?")
        await look("help")
    assert faults == []
