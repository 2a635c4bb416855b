"""A conversation has one speaker: two operators and a citizen at once, each in a real Chromium over one node."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.storage.rules import OPERATOR_LIFE
from channels.message import Reply, Speaker
from tests.flows.node import PATIENCE
from tests.flows.team import Team, Together, answers, box, gathered, lines, opens, said_by, say, takes
from tests.flows.town import at_rest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

LAMP = "铁西区幸福小区3号楼门口的路灯坏了一个星期"
WORDS = {"wangli": "您好，我是王丽，我来办。", "zhaoqiang": "您好，我是赵强，我来办。"}
SHOWN = {"wangli": "王丽", "zhaoqiang": "赵强"}


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    async with gathered(tmp_path) as team:
        yield team


async def both(team: Team) -> dict[str, Page]:
    """王丽 and 赵强, with the same waiting conversation open."""
    pages = {name: await team.at_the_desk(name) for name in WORDS}
    for page in pages.values():
        await opens(page)
    return pages


async def winner_and_loser(team: Team, pages: dict[str, Page]) -> tuple[str, str]:
    """Who has it by the record, once both pages say so too."""
    won = await team.holder()
    (lost,) = set(pages) - {won}
    await expect(pages[won].locator("#reply[data-holds]")).to_be_visible()
    await expect(pages[lost].get_by_text(f"{SHOWN[won]} 正在处理，您可以看，不能回复。")).to_be_visible()
    return won, lost


async def told(page: Page) -> str:
    """What the page said about his own act."""
    return await page.locator("[data-part=says]").inner_text()


async def test_of_two_who_press_take_over_at_the_same_moment_one_has_it_and_the_other_reads_his_name(
    team: Team,
) -> None:
    citizen = await team.comes("人工")
    pages = await both(team)

    async with Together("claim", list(pages.values())):
        for page in pages.values():
            await page.get_by_role("button", name="接管", exact=True).click(no_wait_after=True)

    await expect(said_by(citizen, "system").last).to_be_visible()
    won, lost = await winner_and_loser(team, pages)
    assert SHOWN[won] in await told(pages[lost])
    await team.look(pages[lost], "claim-lost")
    assert await team.noted("claim") == [(won, "claim")]
    await answers(pages[won], WORDS[won])
    await expect(said_by(citizen, "operator")).to_have_text([WORDS[won]])


async def test_of_two_who_send_at_the_same_moment_one_speaks_and_the_other_keeps_his_words(team: Team) -> None:
    citizen = await team.comes("人工")
    pages = await both(team)
    for name, page in pages.items():
        await box(page).fill(WORDS[name])

    async with Together("reply", list(pages.values())):
        for page in pages.values():
            await box(page).press("Control+Enter", no_wait_after=True)

    await expect(said_by(citizen, "operator")).to_have_count(1)
    won, lost = await winner_and_loser(team, pages)
    await expect(said_by(citizen, "operator")).to_have_text([WORDS[won]])
    assert SHOWN[won] in await told(pages[lost])
    await expect(pages[lost].get_by_label("您写了但没有发出的内容")).to_have_value(WORDS[lost])
    await expect(lines(pages[lost], "operator")).to_have_count(1)
    await team.look(pages[lost], "reply-lost")
    await pages[won].get_by_role("button", name="交回机器人").click()
    await takes(pages[lost])
    await expect(box(pages[lost])).to_have_value(WORDS[lost])


async def test_an_operator_takes_over_from_the_bot_in_the_middle_and_gives_back_with_all_that_was_said(
    team: Team,
) -> None:
    citizen = await team.comes("楼下的路灯坏了一个星期")
    wangli = await team.at_the_desk("wangli")
    zhaoqiang = await team.at_the_desk("zhaoqiang")
    await opens(wangli, "recent")
    await opens(zhaoqiang, "recent")

    await takes(wangli)
    await expect(zhaoqiang.get_by_text("王丽 正在处理，您可以看，不能回复。")).to_be_visible()
    before = await said_by(citizen, "bot").count()
    await answers(wangli, "我是王丽，请说一下在哪个小区，几号楼。")
    await say(citizen, "铁西区幸福小区3号楼门口")
    await expect(lines(wangli, "citizen").last).to_contain_text("幸福小区")
    await say(citizen, "机器人还在吗")
    await expect(lines(zhaoqiang, "citizen").last).to_contain_text("还在吗")
    await at_rest(team.service)
    await expect(said_by(citizen, "bot")).to_have_count(before)

    await wangli.get_by_role("button", name="交回机器人").click()
    await expect(zhaoqiang.get_by_role("button", name="接管", exact=True)).to_be_visible()
    await say(citizen, "我姓王，电话13900001111")

    await expect(said_by(citizen, "bot").last).to_contain_text("幸福小区")
    await expect(said_by(citizen, "bot").last).to_contain_text("路灯")
    assert await team.holder() == ""


async def test_while_an_operator_holds_it_nothing_that_the_citizen_says_is_answered_by_the_bot(team: Team) -> None:
    citizen = await team.comes(LAMP)
    wangli = await team.at_the_desk("wangli")
    await opens(wangli, "recent")
    await takes(wangli)
    shown = await said_by(citizen, "bot").count()

    for number, text in enumerate(("火警电话是多少", "人工", "我姓王，电话13900001111", "确认提交"), 2):
        await say(citizen, text)
        await expect(lines(wangli, "citizen")).to_have_count(number)
    await at_rest(team.service)

    await expect(said_by(citizen, "bot")).to_have_count(shown)
    (kept,) = await team.service.storage.conversations(None)
    said = [line.body for line in await team.service.storage.lines(kept.conversation.id)]
    by_bot = [body for body in said if isinstance(body, Reply) and body.speaker is Speaker.BOT]
    assert len(by_bot) == shown
    assert kept.conversation.tickets == ()


@pytest.mark.drill
async def test_an_operator_whose_browser_is_gone_for_a_minute_loses_it_and_the_other_sees_it_first_in_line(
    team: Team,
) -> None:
    """In real time, since nothing else proves that a closed browser is what is not heard of."""
    await team.comes("人工")
    zhaoqiang = await team.at_the_desk("zhaoqiang")
    wangli = await team.at_the_desk("wangli")
    await opens(wangli)
    await answers(wangli, WORDS["wangli"])
    longest = await team.comes("人工")
    await say(longest, "我等得比他久")
    await expect(zhaoqiang.locator("[data-part=waiting] a")).to_have_count(1)
    assert [head.operator for head in await team.service.desk.held("wangli")] == ["wangli"]

    closed = asyncio.get_running_loop().time()
    await wangli.context.close()
    await expect(zhaoqiang.locator("[data-part=waiting] a")).to_have_count(2, timeout=1000 * (OPERATOR_LIFE + PATIENCE))

    took = asyncio.get_running_loop().time() - closed
    assert took > OPERATOR_LIFE - 20, "a page speaks every 14 s; nobody loses anything in less"
    first = zhaoqiang.locator("[data-part=waiting] a").first
    await expect(first).to_contain_text("人工")
    await expect(first).not_to_contain_text("我等得比他久")
    await team.look(zhaoqiang, "lost-first")
    await opens(zhaoqiang)
    await expect(lines(zhaoqiang, "operator").first).to_contain_text(WORDS["wangli"])
    await takes(zhaoqiang)
    assert await team.holder() in ("zhaoqiang", "")
    assert not await team.service.desk.held("wangli")
    assert len(await team.service.desk.held("zhaoqiang")) == 1
