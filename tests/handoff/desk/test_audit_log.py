"""The audit log as an admin reads it: searched, leafed through, and every look at it noted."""

import html
import re
from datetime import datetime

from handoff.console.words import BEIJING
from handoff.people import Sought
from tests.handoff.desk.conftest import CONVERSATION, Browser, House
from tests.handoff.desk.forms import send


async def test_the_audit_page_shows_who_did_what_and_is_itself_noted(house: House, boss: Browser) -> None:
    await house.desk.people.note("wangli", "claim", CONVERSATION, house.clock.now)
    await boss.get("/desk/people")
    await send(boss, "/desk/people", name="sunjie", role="supervisor")
    await house.desk.people.note("wangli", "something_new", CONVERSATION, house.clock.now)

    await boss.get("/desk/audit")

    assert "添加账号（班长）" in boss.page
    assert "something_new" in boss.page, "an act without a word of its own is not left out"
    assert "接管" in boss.page
    assert "王丽" in boss.page
    assert ("chenjing", "audit_read", "") in house.desk.notes


async def test_the_audit_log_is_searched_and_leafed_through_a_page_at_a_time(house: House, boss: Browser) -> None:
    people = house.desk.people
    for number in range(230):
        await people.note("wangli", "reply", f"web:main:c{number}", house.clock.now)
    await people.note("zhaoqiang", "claim", CONVERSATION, house.clock.now - 86_400)
    await people.note("", "login_failed", "薛桂芳", house.clock.now)

    def shown() -> list[int]:
        return [int(number) for number in re.findall(r"<tr><td>(\d+)</td>", boss.page)]

    await boss.get("/desk/audit?who=wangli&action=reply")
    first, numbers = shown(), [line.number for line in await people.noted(999, Sought(who="wangli", action="reply"))]
    pages = [first]
    while link := re.search(r'href="([^"]+)">更早<', boss.page):
        await boss.get(html.unescape(link[1]))
        pages.append(shown())
    assert [len(page) for page in pages] == [100, 100, 30]
    assert [number for page in pages for number in page] == numbers

    await boss.get(f"/desk/audit?subject={CONVERSATION}")
    by_conversation = boss.page
    day = datetime.fromtimestamp(house.clock.now - 86_400, BEIJING).date().isoformat()
    await boss.get(f"/desk/audit?day={day}")
    by_day = len(shown())
    await boss.get("/desk/audit?who=-&action=login_failed")
    assert by_conversation.count("<tr><td>") >= 1
    assert "接管</td>" in by_conversation
    assert (by_day, len(shown())) == (1, 1)


async def test_what_was_searched_in_the_log_is_noted_by_ids_and_acts_only(house: House, boss: Browser) -> None:
    for query in (
        f"who=wangli&action=reply&subject={CONVERSATION}&day=2026-11-26&before=40",
        "subject=13900002471&who=%E8%96%9B%E6%A1%82%E8%8A%B3&action=x&day=yesterday&before=-1",
        "subject=%E8%96%9B%E6%A1%82%E8%8A%B3",
    ):
        assert (await boss.get(f"/desk/audit?{query}")).status == 200

    looks = [subject for who, act, subject in house.desk.notes if act == "audit_read"]
    assert looks == [
        f"who=wangli action=reply day=2026-11-26 subject={CONVERSATION} before=40",
        "subject=…",
        "subject=…",
    ]
