"""Passing on, whispering, giving back with a word, one group's queue, and the sign of life of an open page."""

import asyncio
import re
from html import unescape

import pytest

from tests.handoff.desk.conftest import CONVERSATION, Browser, House


@pytest.fixture
async def chen(house: House, password_hash: str) -> Browser:
    house.desk.hire("chen", "陈班长", password_hash, "supervisor")
    browser = house.open_browser()
    await browser.log_in("chen")
    return browser


async def take(browser: Browser) -> None:
    """Claim the conversation."""
    await browser.get(f"/desk/c/{CONVERSATION}")
    assert (await browser.act("claim")).status == 200


def head(house: House) -> tuple[str, str, str]:
    """Who has it."""
    found = house.desk.threads[CONVERSATION].head
    return found.holder, found.operator, found.group


async def test_a_conversation_is_passed_to_a_colleague_with_a_note(
    house: House, wangli: Browser, zhaoqiang: Browser
) -> None:
    await zhaoqiang.get("/desk")
    await take(wangli)
    response = await wangli.act("transfer", to="to:zhaoqiang", note="请核对地址")

    assert response.url.path == "/desk"
    assert "已转交" in wangli.page
    assert head(house) == ("operator", "zhaoqiang", "")
    assert house.desk.threads[CONVERSATION].lines[-1].text == "转给 赵强：请核对地址"
    assert house.desk.notes[-1] == ("wangli", "transfer", CONVERSATION)


async def test_a_group_gets_it_and_its_queue_can_be_looked_at_alone(
    house: House, wangli: Browser, zhaoqiang: Browser
) -> None:
    house.desk.wants_a_person("web:main:u2", "另一位市民", at=house.clock.now)
    await take(wangli)
    await wangli.act("transfer", to="group:住建组", note="")
    assert head(house) == ("waiting", "", "住建组")

    await zhaoqiang.get("/desk?group=住建组")
    waiting = zhaoqiang.page[: zhaoqiang.page.index("我的会话")]
    assert "楼下的路灯坏了三天" in waiting
    assert "另一位市民" not in waiting
    assert "同事转来" in waiting
    await zhaoqiang.get("/desk")
    assert "另一位市民" not in zhaoqiang.page[: zhaoqiang.page.index("我的会话")], "the choice is kept"
    await zhaoqiang.get("/desk?group=")
    assert "另一位市民" in zhaoqiang.page[: zhaoqiang.page.index("我的会话")]
    await zhaoqiang.get("/desk?group=没有的组")
    assert "另一位市民" in zhaoqiang.page[: zhaoqiang.page.index("我的会话")]


def crowd(house: House, number: int) -> None:
    """So many citizens wait, the first of them longest."""
    for each in range(number):
        house.desk.wants_a_person(f"web:main:c{each:04}", f"市民{each:04}", at=house.clock.now - 5000 + each)


def listed(browser: Browser) -> list[str]:
    """Who is in the list of those who wait, in order."""
    return re.findall(r"市民(\d{4})", browser.page[: browser.page.index("我的会话")])


async def test_all_who_wait_can_be_listed_two_hundred_at_a_time_and_are_counted_truly(
    house: House, wangli: Browser
) -> None:
    crowd(house, 450)
    await wangli.get("/desk")
    assert listed(wangli) == [f"{each:04}" for each in range(200)]
    assert 'data-part="waiting-count">451<' in wangli.page
    assert "再显示 200 条" in wangli.page
    assert "后面还有 251 位" in wangli.page

    await wangli.get("/desk?shown=2")
    assert len(listed(wangli)) == 400
    assert "再显示 51 条" in wangli.page
    await wangli.get(f"/desk/c/{CONVERSATION}")
    assert len(listed(wangli)) == 400, "kept while he works through them"
    await wangli.get("/desk?shown=3")
    assert len(listed(wangli)) == 450
    assert "再显示" not in wangli.page
    await wangli.get("/desk?shown=1")
    assert len(listed(wangli)) == 200


@pytest.mark.parametrize("shown", ["0", "-3", "many", "9" * 30])
async def test_what_cannot_be_listed_is_the_first_page_or_the_most(house: House, wangli: Browser, shown: str) -> None:
    crowd(house, 201)

    assert (await wangli.get(f"/desk?shown={shown}")).status == 200
    assert len(listed(wangli)) == 200


async def test_a_newcomer_is_news_though_the_list_is_cut_before_him(house: House, wangli: Browser) -> None:
    crowd(house, 300)
    house.desk.wants_a_person("web:main:late", "刚来的", at=house.clock.now)
    await wangli.get("/desk")

    assert "刚来的" not in wangli.page[: wangli.page.index("我的会话")]
    assert 'data-key="waits web:main:late"' in wangli.page


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("", "请选择"),
        ("to:nobody", "请选择"),
        ("group:没有的组", "请选择"),
        ("to:wangli", "已经在您手中"),
        ("x", "请选择"),
    ],
)
async def test_to_nobody_nothing_is_passed_and_the_note_stays(house: House, wangli: Browser, to: str, why: str) -> None:
    await take(wangli)
    response = await wangli.act("transfer", to=to, note="写好的备注")

    assert response.status == 422
    assert why in wangli.page
    assert "写好的备注</textarea>" in wangli.page
    assert head(house)[1] == "wangli"


async def test_who_does_not_hold_it_cannot_pass_it_on(house: House, wangli: Browser, zhaoqiang: Browser) -> None:
    await zhaoqiang.get(f"/desk/c/{CONVERSATION}")
    before = zhaoqiang.page
    await take(wangli)
    response = await zhaoqiang.act("transfer", to="to:zhaoqiang", note="")
    assert response.status == 422
    zhaoqiang.page = before
    response = await zhaoqiang.act("transfer", to="queue:", note="")

    assert response.status == 409
    assert "已被 王丽 接管" in zhaoqiang.page


async def test_a_supervisor_whispers_and_assigns(
    house: House, chen: Browser, wangli: Browser, zhaoqiang: Browser
) -> None:
    await zhaoqiang.get("/desk")
    await take(wangli)
    await chen.get(f"/desk/c/{CONVERSATION}")
    await chen.act("whisper", note="先安抚")
    assert "先安抚" in chen.page
    assert head(house)[1] == "wangli"
    await wangli.get(f"/desk/c/{CONVERSATION}")
    assert "班长提示" in unescape(wangli.page)
    await chen.act("assign", to="to:zhaoqiang", note="")

    assert head(house)[1] == "zhaoqiang"
    assert [note for note in house.desk.notes if note[0] == "chen" and note[1] in ("whisper", "assign")]


@pytest.mark.parametrize("kind", ["transfer", "assign"])
async def test_who_is_not_there_is_given_nothing_and_may_find_it_in_the_queue(
    house: House, wangli: Browser, chen: Browser, zhaoqiang: Browser, kind: str
) -> None:
    await take(wangli)
    await house.desk.gone("zhaoqiang")
    giver = wangli if kind == "transfer" else chen
    await giver.get(f"/desk/c/{CONVERSATION}")
    assert "赵强（不在线）" in giver.page
    assert 'value="to:zhaoqiang"' not in giver.page

    refused = await giver.act(kind, to="to:zhaoqiang", note="请核对地址")
    assert refused.status == 409
    assert "赵强 现在不在线" in giver.page
    assert "请核对地址</textarea>" in giver.page
    assert '<option value="for:zhaoqiang" selected>' in giver.page
    assert head(house) == ("operator", "wangli", "")

    await giver.act(kind, to="for:zhaoqiang", note="请核对地址")
    assert "指给了他" in giver.page
    assert head(house) == ("waiting", "", "")
    assert house.desk.threads[CONVERSATION].lines[-1].text == "赵强 不在线，放回排队，指给他：请核对地址"
    await wangli.get("/desk")
    assert "指给 赵强" in wangli.page
    await zhaoqiang.get(f"/desk/c/{CONVERSATION}")
    assert "指给您" in zhaoqiang.page
    await zhaoqiang.act("claim")
    assert head(house) == ("operator", "zhaoqiang", "")
    assert "指给" not in zhaoqiang.page[: zhaoqiang.page.index("我的会话")]


async def test_a_supervisor_takes_over_from_a_colleague_who_reads_by_whom(
    house: House, chen: Browser, wangli: Browser, zhaoqiang: Browser
) -> None:
    await take(wangli)
    mine = wangli.page
    await zhaoqiang.get(f"/desk/c/{CONVERSATION}")
    assert "data-take" not in zhaoqiang.page, "only who may"
    await chen.get(f"/desk/c/{CONVERSATION}")
    assert 'aria-label="从 王丽 手中接管"' in chen.page
    await chen.act("assign", to="to:chen")
    assert "已接管" in chen.page
    assert head(house)[1] == "chen"

    wangli.page = mine
    refused = await wangli.act("reply", text="我正在写的")
    assert refused.status == 409
    assert "已被 陈班长 接管" in wangli.page
    assert "陈班长 接管了会话，不再由您处理。" in wangli.page
    assert "我正在写的</textarea>" in wangli.page
    assert 'id="reply"' not in wangli.page, "it cannot be sent from here"
    await zhaoqiang.get(f"/desk/c/{CONVERSATION}")
    assert "不再由您处理" not in zhaoqiang.page, "it was not his"


async def leave(browser: Browser, **fields: str) -> str:
    """Press 退出; the path one comes to."""
    return (await browser.post("/desk/logout", {"csrf": browser.hidden("csrf"), **fields})).url.path


async def test_who_logs_out_with_conversations_is_asked_and_they_go_back_at_once(house: House, wangli: Browser) -> None:
    await take(wangli)
    assert await leave(wangli) == "/desk/logout"
    assert "您手中还有 1 个会话" in wangli.page
    assert "楼下的路灯坏了三天" in wangli.page
    assert "别的浏览器" not in wangli.page
    assert head(house)[1] == "wangli"
    assert ("wangli", "logout_asked", "1") in house.desk.notes
    asked = wangli.page
    house.desk.wants_a_person("web:main:u2", "又来一位", at=house.clock.now)
    await wangli.get("/desk/c/web:main:u2")
    await wangli.act("claim", "web:main:u2")
    wangli.page = asked
    sure = re.findall(r'name="sure" value="([^"]+)"', asked)[-1]
    assert await leave(wangli, sure=sure) == "/desk/logout", "one came since, and is asked for too"
    assert "您手中还有 2 个会话" in wangli.page

    assert await leave(wangli, sure=re.findall(r'name="sure" value="([^"]+)"', wangli.page)[-1]) == "/desk/login"
    assert "已退出登录" in wangli.page
    assert [each.holder for each in await house.desk.waiting()] == ["waiting", "waiting"]
    assert house.desk.threads[CONVERSATION].head.reason == "operator_left"
    assert "wangli" not in house.desk.heard_of, "nobody gives him anything now"
    assert [act for who, act, _ in house.desk.notes if who == "wangli"][-3:] == ["leave", "leave", "logout"]
    assert (await wangli.get("/desk")).url.path == "/desk/login"


async def test_who_is_logged_in_elsewhere_may_leave_here_and_go_on_there(house: House, wangli: Browser) -> None:
    there = house.open_browser()
    await there.log_in("wangli")
    await take(wangli)
    await leave(wangli)
    assert "您在别的浏览器里也登录着" in wangli.page

    assert await leave(wangli, sure="here") == "/desk/login"
    assert head(house)[1] == "wangli"
    assert (await there.get("/desk")).url.path == "/desk"
    assert await leave(there, sure="here") == "/desk/logout", "there is nowhere else now"
    assert head(house)[1] == "wangli"


@pytest.mark.parametrize(("kind", "form"), [("whisper", {"note": "x"}), ("assign", {"to": "to:wangli"}), ("part", {})])
async def test_an_operator_may_neither_whisper_nor_assign_nor_part(
    house: House, wangli: Browser, kind: str, form: dict[str, str]
) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")
    assert "给坐席的提示" not in wangli.page
    response = await wangli.act(kind, **form)

    assert response.status == 403
    assert "只有班长" in wangli.page
    assert ("wangli", "role_refused", CONVERSATION) in house.desk.notes
    assert head(house)[0] == "waiting"
    assert not [line for line in house.desk.threads[CONVERSATION].lines if line.who == "note"]


async def test_parting_what_is_not_linked_any_more_is_a_clear_word(house: House, chen: Browser) -> None:
    await chen.get(f"/desk/c/{CONVERSATION}")
    response = await chen.act("part")

    assert response.status == 409
    assert "没有绑定别的渠道" in chen.page
    assert ("chen", "part_unlinked", CONVERSATION) in house.desk.notes


@pytest.mark.parametrize("note", ["", "长" * 501])
async def test_an_empty_or_endless_whisper_is_refused(house: House, chen: Browser, note: str) -> None:
    await chen.get(f"/desk/c/{CONVERSATION}")
    response = await chen.act("whisper", note=note)

    assert response.status == 422
    assert not [line for line in house.desk.threads[CONVERSATION].lines if line.who == "note"]


@pytest.mark.parametrize("kind", ["give_back", "close"])
@pytest.mark.parametrize("word", ["", "路灯今晚修好，再见。"])
async def test_a_conversation_is_let_go_with_or_without_a_word(
    house: House, wangli: Browser, kind: str, word: str
) -> None:
    await take(wangli)
    response = await wangli.act(kind, text=word)

    assert response.status == 200
    assert head(house)[0] == "bot"
    said = [line.text for line in house.desk.threads[CONVERSATION].lines if line.who == "operator"]
    assert said == ([word] if word else [])


async def test_that_an_operator_is_lost_is_on_no_page(house: House, wangli: Browser) -> None:
    await take(wangli)

    assert (await wangli.act("lose")).status == 404


async def test_looking_and_acting_are_signs_of_life_and_refreshing_is_none(house: House, wangli: Browser) -> None:
    house.desk.heard_of.clear()
    await wangli.get("/desk", headers={"X-Desk-Refresh": "1"})
    assert house.desk.heard_of == []
    await wangli.get(f"/desk/c/{CONVERSATION}")
    await wangli.act("claim")

    assert set(house.desk.heard_of) == {"wangli"}


async def test_what_is_sent_to_an_open_page_is_no_sign_of_life_but_its_answer(house: House, wangli: Browser) -> None:
    await wangli.get("/desk")
    house.desk.heard_of.clear()
    async with asyncio.timeout(20), wangli.http.get(f"{wangli.base}/desk/live") as live:
        asked = 0
        house.clock.now += 20
        async for line in live.content:
            if line.startswith(b"event: warm"):
                asked += 1
                house.clock.now += 20
            if asked == 2:
                break
    assert house.desk.heard_of == [], "what is only sent may have reached nobody"
    response = await wangli.post("/desk/here", {"csrf": wangli.hidden("csrf")})

    assert response.status == 204
    assert house.desk.heard_of == ["wangli"]


async def test_a_forged_sign_of_life_is_none(house: House, wangli: Browser) -> None:
    house.desk.heard_of.clear()
    response = await wangli.post("/desk/here", {"csrf": "made up"})

    assert response.status == 403
    assert house.desk.heard_of == []
    assert ("wangli", "csrf_refused", "here") in house.desk.notes
