"""The chat page and the widget in a real Chromium: what a citizen can see and do."""

import struct
import zlib
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import (
    Browser,
    BrowserContext,
    FilePayload,
    Frame,
    Page,
    ViewportSize,
    expect,
)

from channels.message import Choice, MessageKind, Speaker
from tests.channels.webchat.service import ChatService, until

pytestmark = pytest.mark.browser

PHONE = ViewportSize(width=390, height=844)
LONG_WORD = "https://example.gov.cn/" + "a" * 120


async def test_a_conversation_with_choices_and_a_location(service: ChatService, chromium: Browser) -> None:
    page = await _open(chromium, service)

    await _say(page, "小区门口的路灯坏了")
    await expect(_lines(page, "bot")).to_have_text(["收到:小区门口的路灯坏了"])
    await _say(page, "选")
    await page.get_by_role("button", name="路灯不亮").click()
    await expect(_lines(page, "bot").last).to_have_text("您选了 lamp")
    await page.get_by_role("button", name="发送我的位置").click()
    await expect(_lines(page, "bot").last).to_have_text("收到:location")

    assert [message.kind for message in service.received[-2:]] == [MessageKind.CHOICE, MessageKind.LOCATION]
    pin = service.received[-1].pin
    assert pin is not None
    assert (pin.latitude, pin.longitude, pin.datum) == (41.11, 122.99, "wgs84")
    await expect(page.locator(".choices button:enabled")).to_have_count(0)
    await expect(page.locator('.choices button[aria-pressed="true"]')).to_have_text("2路灯不亮")


async def test_who_speaks_is_shown_and_numbers_can_be_tapped(service: ChatService, chromium: Browser) -> None:
    page = await _open(chromium, service)
    await _say(page, "你好")
    await until(lambda: service.received)
    user = service.received[0].address.user

    text = "请拨打 119 或热线 12345,押金 120元,工单 AS-20260101-12345,手机 13800138000。<b>不是</b>"
    await service.tell(user, text, identity="r1", speaker=Speaker.OPERATOR, speaker_name="王敏")
    await service.tell(user, "已受理", identity="r2")
    await expect(_lines(page, "system")).to_have_text(["已受理"])

    links = page.locator(".line.operator a")
    assert await links.evaluate_all("links => links.map(link => link.getAttribute('href'))") == [
        "tel:119",
        "tel:12345",
        "tel:13800138000",
    ]
    await expect(page.locator(".line.operator .bubble")).to_have_text(text)
    await expect(page.locator(".line.operator .who")).to_have_text("坐席 王敏")
    await expect(page.locator(".line.system .who")).to_have_text("系统通知")


async def test_a_photo_shows_its_progress_arrives_and_opens(service: ChatService, chromium: Browser) -> None:
    page = await _open(chromium, service)
    await page.evaluate(
        """() => {
            window.shares = [];
            new MutationObserver(() => {
                const bar = document.querySelector("progress");
                if (bar) window.shares.push(bar.value);
            }).observe(document.getElementById("log"), {subtree: true, childList: true, attributes: true});
        }"""
    )

    await page.set_input_files("#files", files=[_photo()])
    await expect(_lines(page, "bot")).to_have_text(["收到:image"])
    shares = await page.evaluate("window.shares")
    await page.get_by_role("button", name="查看照片 现场.png").click()

    assert shares
    assert max(shares) == 1
    assert await page.locator("dialog[open] img").evaluate("image => image.naturalWidth") == 32
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog[open]")).to_have_count(0)
    assert service.received[0].attachments[0].filename == "现场.png"


async def test_a_file_that_is_refused_says_why(service: ChatService, chromium: Browser) -> None:
    page = await _open(chromium, service)

    await page.set_input_files("#files", files=[FilePayload(name="a.exe", mimeType="image/png", buffer=b"MZ")])

    await expect(page.locator(".fate.failed")).to_contain_text("暂不支持这种文件")


async def test_a_failed_upload_is_offered_again(service: ChatService, chromium: Browser) -> None:
    page = await _open(chromium, service)
    service.media.away = True
    await page.set_input_files("#files", files=[_photo()])
    again = page.get_by_role("button", name="发送失败")
    await expect(again).to_be_visible()
    service.media.away = False

    await again.click()

    await expect(_lines(page, "bot")).to_have_text(["收到:image"])


async def test_after_a_reload_the_history_is_there(service: ChatService, chromium: Browser) -> None:
    page = await _open(chromium, service)
    await _say(page, "停水两天了")
    await expect(_lines(page, "bot")).to_have_text(["收到:停水两天了"])

    await page.reload()

    await expect(_lines(page, "citizen")).to_have_text(["停水两天了"])
    await expect(_lines(page, "bot")).to_have_text(["收到:停水两天了"])
    await _say(page, "还没来水")
    await expect(_lines(page, "citizen")).to_have_text(["停水两天了", "还没来水"])


async def test_what_is_written_while_the_line_is_cut_goes_out_once_it_is_back(
    service: ChatService, chromium: Browser
) -> None:
    page = await _open(chromium, service)
    await _say(page, "第一句")
    await expect(_lines(page, "bot")).to_have_text(["收到:第一句"])

    async def while_away() -> None:
        await expect(page.locator("#banner")).to_be_visible(timeout=15_000)
        await _say(page, "第二句")
        await _say(page, "第三句")
        await service.tell(service.received[0].address.user, "错过的通知", identity="missed")

    await service.restart(while_away)

    await expect(_lines(page, "bot")).to_have_text(["收到:第一句", "收到:第二句", "收到:第三句"], timeout=20_000)
    await expect(_lines(page, "citizen")).to_have_text(["第一句", "第二句", "第三句"])
    await expect(_lines(page, "system")).to_have_text(["错过的通知"])
    await expect(page.locator("#banner")).to_be_hidden()
    assert [message.text for message in service.received] == ["第一句", "第二句", "第三句"]
    assert await page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('suda.unsent'))") == []


async def test_a_message_that_could_not_be_written_down_survives_a_reload(
    service: ChatService, chromium: Browser
) -> None:
    page = await _open(chromium, service)
    service.away = True
    await _say(page, "不要丢")
    await expect(page.locator(".fate")).to_contain_text("服务繁忙")
    await page.reload()
    service.away = False

    await expect(_lines(page, "bot")).to_have_text(["收到:不要丢"], timeout=15_000)
    assert len(service.received) == 1


async def test_a_visitor_whose_identity_is_no_longer_known_becomes_somebody_new(
    service: ChatService, chromium: Browser
) -> None:
    context = await _context(chromium)
    await context.add_cookies([{"name": "suda_visitor", "value": "old.token", "url": service.url("/")}])
    page = await context.new_page()
    await page.goto(service.url("/chat"))

    await _say(page, "你好")

    await expect(_lines(page, "bot")).to_have_text(["收到:你好"])


async def test_everything_works_by_keyboard_alone(service: ChatService, chromium: Browser) -> None:
    page = await _open(chromium, service)
    await page.locator(".skip").focus()

    skip = await _focused(page)
    await page.keyboard.press("Enter")
    words = await _focused(page)
    await page.keyboard.type("第一行")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("选")
    await page.keyboard.press("Enter")
    await expect(_lines(page, "bot")).to_have_text(["收到:第一行\n选"])
    await page.keyboard.type("选")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="道路积水")).to_be_visible()
    for _ in range(4):  # location, photo, second choice, first choice
        await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")

    await expect(_lines(page, "bot").last).to_have_text("您选了 road")
    assert (skip, words) == ("跳到输入框", "words")
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


async def test_enter_while_an_input_method_composes_sends_nothing(service: ChatService, chromium: Browser) -> None:
    page = await _open(chromium, service)
    await page.fill("#words", "lu deng")

    for how in ("isComposing: true", "keyCode: 229"):
        await page.evaluate(
            f"document.getElementById('words').dispatchEvent(new KeyboardEvent('keydown', "
            f"{{key: 'Enter', {how}, bubbles: true, cancelable: true}}))"
        )

    await expect(page.locator("#words")).to_have_value("lu deng")
    await expect(page.locator(".line")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_at_360_pixels_nothing_is_cut_off_and_targets_are_large(
    service: ChatService, chromium: Browser, scheme: Any
) -> None:
    page = await _open(chromium, service, ViewportSize(width=360, height=640), scheme)
    await _say(page, LONG_WORD)
    await _say(page, "选")
    await until(lambda: len(service.received) == 2)
    many = tuple(Choice(value=str(number), label=f"第{number}个很长很长的选项名称") for number in range(5))
    await service.tell(service.received[0].address.user, "请选择", identity="r1", choices=many)
    await expect(_lines(page, "system")).to_have_text(["请选择"])

    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert await page.evaluate("document.getElementById('scroll').scrollWidth") <= 360
    small = await page.locator("button:visible, .emergency a, textarea, .privacy").evaluate_all(
        "all => all.map(node => node.getBoundingClientRect()).filter(box => box.height < 44 || box.width < 44).length"
    )
    assert small == 0
    assert await _poor_contrast(page) == []


async def test_a_screen_reader_is_told_of_new_lines_but_not_of_the_whole_history(
    service: ChatService, chromium: Browser
) -> None:
    page = await _open(chromium, service)

    log = page.get_by_role("log", name="对话")
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(page.get_by_role("textbox")).to_have_accessible_name("您的消息，按回车发送，Shift 加回车换行")
    for number in range(4):
        await _say(page, f"第{number}句")
    await expect(_lines(page, "bot")).to_have_count(4)
    await page.add_init_script(
        """addEventListener("DOMContentLoaded", () => {
            window.live = [];
            const log = document.getElementById("log");
            const note = () => window.live.push(log.getAttribute("aria-live"));
            new MutationObserver(note).observe(log, {attributes: true});
        })"""
    )
    await page.reload()
    await expect(_lines(page, "bot")).to_have_count(4)
    await expect(log).to_have_attribute("aria-live", "polite")

    assert await page.evaluate("window.live") == ["off", "polite"]


async def test_the_widget_opens_on_a_foreign_page_and_keeps_its_visitor(
    service: ChatService, chromium: Browser
) -> None:
    foreign = await _foreign_page(service)
    page = await (await _context(chromium)).new_page()
    await page.goto(f"http://localhost:{foreign.port}/")
    await page.locator("suda-chat").wait_for(state="attached")
    assert await page.evaluate("document.querySelector('suda-chat').shadowRoot") is None

    frame = await _press_widget(page)
    await frame.locator("#words").fill("嵌入页面里说的话")
    await frame.locator("#words").press("Enter")
    await expect(frame.locator(".line.bot .bubble")).to_have_text(["收到:嵌入页面里说的话"])
    await frame.locator("#files").set_input_files(files=[_photo()])
    await expect(frame.locator(".line.bot .bubble").last).to_have_text("收到:image")
    await expect(frame.locator(".media img")).to_be_visible()
    await page.reload()
    await page.locator("suda-chat").wait_for(state="attached")
    frame = await _press_widget(page)

    await expect(frame.locator(".line.bot .bubble").first).to_have_text("收到:嵌入页面里说的话")
    assert len({message.address.user for message in service.received}) == 1
    await frame.locator("#words").press("Escape")
    await page.wait_for_function(f"{_IN_THE_MIDDLE} !== 'SUDA-CHAT'")
    await foreign.close()


async def test_the_plain_chat_page_refuses_to_stand_in_a_frame(service: ChatService, chromium: Browser) -> None:
    foreign = await _foreign_page(service)
    page = await (await _context(chromium)).new_page()
    await page.goto(f"http://localhost:{foreign.port}/trap")

    await expect(page.frame_locator("iframe").locator("#words")).to_have_count(0)
    await foreign.close()


async def _context(chromium: Browser, viewport: ViewportSize = PHONE, scheme: Any = "light") -> BrowserContext:
    context = await chromium.new_context(
        viewport=viewport,
        color_scheme=scheme,
        locale="zh-CN",
        permissions=["geolocation"],
        geolocation={"latitude": 41.11, "longitude": 122.99},
    )
    context.set_default_timeout(15_000)
    return context


async def _open(chromium: Browser, service: ChatService, viewport: ViewportSize = PHONE, scheme: Any = "light") -> Page:
    page = await (await _context(chromium, viewport, scheme)).new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page threw {error}"))
    await page.goto(service.url("/chat"))
    await expect(page.locator("#state")).to_have_text("在线")
    return page


async def _say(page: Page, text: str) -> None:
    await page.fill("#words", text)
    await page.press("#words", "Enter")


def _lines(page: Page, who: str) -> Any:
    return page.locator(f".line.{who} .bubble")


async def _focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


_IN_THE_MIDDLE = "document.elementFromPoint(innerWidth / 2, innerHeight / 2).tagName"


async def _press_widget(page: Page) -> Frame:
    """Open the chat: the button is in a closed shadow root, so press where it is; the frame that opens."""
    size = page.viewport_size
    assert size is not None
    await page.mouse.click(size["width"] - 50, size["height"] - 50)
    await page.wait_for_function(f"{_IN_THE_MIDDLE} === 'SUDA-CHAT'")
    await until(lambda: page.frames[-1].url.endswith("/chat?embed=1"))
    return page.frames[-1]


async def _foreign_page(service: ChatService) -> TestServer:
    script = f'<script src="{service.url("/widget.js")}" async></script>'
    pages = {
        "/": f"<!doctype html><title>市政府网站</title><style>button{{display:none}}</style><h1>市政府</h1>{script}",
        "/trap": f'<!doctype html><iframe src="{service.url("/chat")}"></iframe>',
    }

    async def show(request: web.Request) -> web.Response:
        return web.Response(text=pages.get(request.path, ""), content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", show)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    return server


async def _poor_contrast(page: Page) -> list[str]:
    """Texts below WCAG AA's 4.5:1 against the nearest painted background."""
    found: list[str] = await page.evaluate(
        """() => {
            const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
            const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
                .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const ground = (node) => {
                for (let at = node; at; at = at.parentElement) {
                    const color = rgb(getComputedStyle(at).backgroundColor);
                    if (color.length === 3 || color[3] === 1) return color;
                }
                return [255, 255, 255];
            };
            const poor = [];
            for (const node of document.querySelectorAll("body *")) {
                const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
                if (!own || !node.checkVisibility()) continue;
                const [a, b] = [light(rgb(getComputedStyle(node).color)), light(ground(node))];
                const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                if (ratio < 4.5) poor.push(`${node.className} ${node.textContent.trim()} ${ratio.toFixed(2)}`);
            }
            return poor;
        }"""
    )
    return found


def _photo() -> FilePayload:
    rows = b"".join(b"\0" + bytes((70, 140, 120)) * 32 for _ in range(24))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 32, 24, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return {"name": "现场.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + body}
