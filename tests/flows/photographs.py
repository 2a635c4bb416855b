"""The pictures of docs/desk-pages.md (`make photographs`), at both sizes, of citizens and operators over a real node.

A picture is taken of what people here really said and did, so that it cannot show what the desk does not do.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, ViewportSize, expect

from handoff.console.auth import hash_password
from handoff.desk import Operator
from tests.flows.team import (
    DESKTOP,
    PASSWORD,
    PHONE,
    Team,
    answers,
    box,
    gathered,
    is_live,
    log_in,
    opens,
    said_by,
    say,
    takes,
)

SIZES: Mapping[str, ViewportSize] = {"desktop": DESKTOP, "phone": PHONE}


@dataclass
class Album:
    """Where the pictures go, and who is at the desk."""

    folder: Path
    team: Team

    async def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        """The page as it stands, at both sizes."""
        for size, view in SIZES.items():
            await page.set_viewport_size(view)
            await page.wait_for_timeout(150)  # what slides has come to rest
            await page.evaluate("document.querySelector('.lines')?.scrollTo(0, 1e6)")  # the size changed beneath it
            await page.screenshot(path=self.folder / f"{name}-{size}.png", full_page=whole, animations="disabled")
        await page.set_viewport_size(DESKTOP)

    async def tour(self, page: Page, pages: Mapping[str, str], *, whole: bool = False) -> None:
        """One page after another."""
        for name, path in pages.items():
            await page.goto(path)
            await page.wait_for_load_state("networkidle" if "numbers" in path else "load")
            await self.take(page, name, whole=whole)


async def citizens(team: Team, folder: Path) -> list[Page]:
    """What a morning brings: a ticket, a question, three who want a person, one of them in confidence."""
    filed = await team.comes("铁东区绿化街58栋1单元门前下水井堵塞返脏，臭得不行，已经三天了")
    photo = folder / "现场.png"
    await filed.screenshot(path=photo)
    await filed.set_input_files("#files", photo)
    await expect(said_by(filed, "bot").last).to_contain_text("附")
    await say(filed, "我姓刘，电话13800001234")
    await expect(said_by(filed, "bot").last).to_contain_text("13800001234")
    await filed.get_by_role("button", name="确认提交").last.click()
    await expect(said_by(filed, "bot").last).to_contain_text("已为您登记")
    asked = await team.comes("公积金怎么提取")
    lamp = await team.comes("铁西区幸福小区3号楼门口的路灯坏了一个星期，老人晚上出门看不见", "人工")
    quiet = await team.comes("我要举报立山区双山小区楼下饭店油烟直排，请为我保密，我姓薛，电话13800005678", "人工")
    heating = await team.comes("千山区供暖什么时候开始，交了费暖气还是凉的", "转人工")
    return [filed, asked, lamp, quiet, heating]


async def conversations(album: Album, operator: Page, citizen: Page) -> None:
    """Taken over, answered, corrected, closed."""
    await album.take(operator, "queue")
    await operator.get_by_role("link").filter(has_text="幸福小区").first.click()
    await is_live(operator)
    await album.take(operator, "waiting")
    await takes(operator)
    await answers(operator, "您好，我是王丽。路灯的事我已记下，请问是哪一盏？")
    await say(citizen, "3号楼1单元门口那盏，另外2号楼的也不太亮")
    await expect(operator.locator(".line-citizen").last).to_contain_text("2号楼")
    await album.take(operator, "conversation")
    await box(operator).fill("我们会尽快处理")
    await box(operator).press("Control+Enter")
    await expect(operator.locator("[data-gate], .gate").first).to_be_visible()
    await album.take(operator, "gate")
    await box(operator).fill("")
    await box(operator).press("/")
    await album.take(operator, "canned")
    await operator.keyboard.press("Escape")
    await operator.keyboard.press("Escape")
    here = operator.url
    await operator.goto(f"{here.split('?')[0]}/ticket")
    await album.take(operator, "draft", whole=True)
    await operator.goto(here)
    await is_live(operator)
    for name, panel in (
        ("passing-on", "#to-transfer"),
        ("giving-back", "#parting-give_back"),
        ("closing", "#parting-close"),
    ):
        summary = operator.locator(f".panel:has({panel}) > summary")
        if await summary.count():
            await summary.click()
            await album.take(operator, name)
            await operator.keyboard.press("Escape")
    await operator.keyboard.press("?")
    await album.take(operator, "keys")
    await operator.keyboard.press("Escape")
    await operator.emulate_media(color_scheme="dark")
    await album.take(operator, "conversation-dark")
    await operator.emulate_media(color_scheme="light")


async def in_confidence(album: Album, operator: Page) -> None:
    """Of who asked for secrecy nothing is shown, until a reason is written."""
    await operator.goto("/desk")
    await is_live(operator)
    await operator.get_by_role("link").filter(has_text="双山小区").first.click()
    await is_live(operator)
    await operator.locator(".hidden-note summary").click()
    await album.take(operator, "confidential")


async def photograph(folder: Path) -> None:
    """All of them."""
    with tempfile.TemporaryDirectory() as scratch:
        async with gathered(Path(scratch)) as team:
            hashed = await asyncio.to_thread(hash_password, PASSWORD)
            admin = Operator(name="zhou", display_name="周敏", role="admin", password_hash=hashed)
            await team.service.storage.save_operator(admin)
            album = Album(folder, team)
            stranger = await team.visit()
            await stranger.goto("/desk/login")
            await album.take(stranger, "login")
            came = await citizens(team, Path(scratch))
            await came[0].screenshot(path=folder / "chat-phone.png")
            operator, head = await team.at_the_desk("wangli"), await team.visit()
            await log_in(head, "zhou")
            await is_live(head)
            await conversations(album, operator, came[2])
            await in_confidence(album, operator)
            number = (await team.service.storage.search("下水井"))[0].conversation.tickets[0].ticket_no
            entry = "/desk/faq?q=" + "公积金"
            await album.tour(
                operator, {"ticket": f"/desk/t/{number}", "me": "/desk/me", "canned-replies": "/desk/replies"}
            )
            await album.tour(
                head,
                {"numbers": "/desk/numbers", "people": "/desk/people", "audit": "/desk/audit"},
                whole=True,
            )
            await album.tour(head, {"knowledge": entry, "gaps": "/desk/faq/gaps", "import": "/desk/faq/import"})
            await head.goto(entry)
            await head.locator("a[href*='/desk/faq/e/']").first.click()
            await album.take(head, "entry", whole=True)
            await in_english(album, operator)
            await out_of_the_door(album, operator)


async def out_of_the_door(album: Album, operator: Page) -> None:
    """Two steps at the login are each one's own choice; who leaves with conversations in hand is asked."""
    await operator.goto("/desk")
    await operator.get_by_role("button", name="中文").click()
    await operator.goto("/desk/me")
    await operator.locator("form[action='/desk/me/code'] input[type=password]").fill(PASSWORD)
    await operator.get_by_role("button", name="开启两步验证").click()
    await album.take(operator, "second-factor")
    await operator.goto("/desk")
    await operator.get_by_role("button", name="退出").click()
    await operator.wait_for_url("**/desk/logout")
    await album.take(operator, "leaving")


async def in_english(album: Album, operator: Page) -> None:
    """The same conversation for whoever reads English."""
    await operator.goto("/desk")
    await operator.get_by_role("button", name="English").click()
    await is_live(operator)
    await opens(operator, "mine")
    await album.take(operator, "conversation-english")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("say where to: python -m tests.flows.photographs FOLDER")
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(photograph(Path(sys.argv[1])))
