"""The knowledge base over a real server: its list, the questions it could not answer, and who may change anything."""

import asyncio
import json
import re

import pytest

from tests.handoff.desk.conftest import Browser
from tests.handoff.desk.keepers import actions, enter, liumin, questions, room, send, upload, wangli
from tests.handoff.desk.reading_room import Room

__all__ = ["liumin", "room", "wangli"]


# the list


async def test_the_list_shows_entries_with_origin_marks_and_use_of_thirty_days(room: Room, wangli: Browser) -> None:
    await room.asked("火警", "answer", "fire")
    await room.asked("火警", "answer", "fire", "useful")
    await room.asked("火警", "answer", "fire", "useless")
    room.clock.now += 60
    await wangli.get("/desk/faq")

    assert questions(wangli) == [
        "火警电话是多少",
        "供暖费多少钱",
        "疫情期间怎么买口罩",
        "公积金怎么提取",
        "公交卡丢了怎么补办",
    ]
    fire = wangli.page[wangli.page.index("火警电话是多少") : wangli.page.index("供暖费多少钱")]
    assert "通用" in fire
    assert "答了 <b>1</b> 次 · 有用 <b>1</b>" in fire
    assert "没用 <b>1</b>" in fire
    bus = wangli.page[wangli.page.index("公交卡丢了") :]
    assert ">本市<" in bus
    for mark in ("待补充", "已过期", "待复核"):
        assert f'tag-{"red" if mark == "已过期" else "amber"}">{mark}<' in wangli.page
    room.clock.now += 31 * 86400
    wangli = await enter(room, "wangli")
    await wangli.get("/desk/faq")
    assert "答了" not in wangli.page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("mark=review", ["公积金怎么提取"]),
        ("mark=expired", ["疫情期间怎么买口罩"]),
        ("mark=gap", ["供暖费多少钱"]),
        ("mark=withdrawn", []),
        (
            "mark=nonsense&page=99",
            ["火警电话是多少", "供暖费多少钱", "疫情期间怎么买口罩", "公积金怎么提取", "公交卡丢了怎么补办"],
        ),
        ("q=暖气费", ["供暖费多少钱"]),
        ("q=BUS+公交", ["公交卡丢了怎么补办"]),
        ("q=<script>", []),
    ],
)
async def test_the_list_is_searched_and_filtered(room: Room, wangli: Browser, query: str, found: list[str]) -> None:
    assert (await wangli.get(f"/desk/faq?{query}")).status == 200
    assert questions(wangli) == found
    assert "<script>" not in wangli.page


async def test_many_entries_stand_fifty_a_page(room: Room, liumin: Browser) -> None:
    rows = [{"id": f"e{n}", "question": f"第{n}个问题", "answer": "答"} for n in range(120)]
    await upload(liumin, "many.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
    await send(liumin, "/desk/faq/import/confirm", token=liumin.hidden("token"))

    await liumin.get("/desk/faq?q=个问题&page=3")

    assert questions(liumin) == [f"第{n}个问题" for n in range(100, 120)]
    assert "第 3 / 3 页，共 120 条" in liumin.page
    assert 'rel="prev"' in liumin.page
    assert 'rel="next"' not in liumin.page


# what was not answered


async def test_questions_without_an_answer_are_grouped_the_largest_first(room: Room, liumin: Browser) -> None:
    for text in ("公园年票怎么买", "公园年票在哪买", "公园年票怎么买", "宠物狗上户口要什么手续"):
        await room.asked(text)

    await liumin.get("/desk/faq/gaps")

    assert re.findall(r"<b>(\d+)</b> 次", liumin.page) == ["3", "1"]
    assert liumin.page.index("公园年票") < liumin.page.index("宠物狗")


async def test_who_keeps_the_answers_reads_no_names_and_numbers_in_what_was_asked(room: Room, liumin: Browser) -> None:
    await room.asked("我叫薛桂芳，电话13900002471，老年证在哪儿办")

    await liumin.get("/desk/faq/gaps")

    assert "老年证在哪儿办" in liumin.page
    assert "13900002471" not in liumin.page
    assert "薛桂芳" not in liumin.page


async def test_what_is_answered_by_now_is_no_gap_and_what_was_of_no_use_is_one_until_it_is_changed(
    room: Room, liumin: Browser
) -> None:
    await room.asked("火警电话是多少", "answer", "fire", "useless")
    await room.asked("公交卡丢了怎么补办")
    await liumin.get("/desk/faq/gaps")
    assert re.findall(r'gap-first">(.*?)<', liumin.page) == ["火警电话是多少"]

    room.clock.now += 60
    await liumin.get("/desk/faq/e/fire")
    await send(liumin, "/desk/faq/e/fire", question="火警电话是多少", answer="更好的答案")
    await liumin.get("/desk/faq/gaps")

    assert "没有没答上的问题" in liumin.page


async def test_wordings_are_added_to_the_entry_that_was_chosen(room: Room, liumin: Browser) -> None:
    await room.asked("卡坐公交的没了咋整")
    await liumin.get("/desk/faq/gaps")

    await send(
        liumin, "/desk/faq/gaps/variant", entry="bus-card", wording0="卡坐公交的没了咋整", wording3="刷公交那个卡不见了"
    )

    assert "已加为相似问法" in liumin.page
    entry = room.base.entry("bus-card")
    assert entry is not None
    assert entry.variants == ("卡坐公交的没了咋整", "刷公交那个卡不见了")
    assert actions(room) == [("faq_variant", "bus-card@1")]
    await liumin.get("/desk/faq/gaps")
    await send(liumin, "/desk/faq/gaps/variant", entry="bus-card", wording0="卡坐公交的没了咋整")
    assert await room.storage.count_entries() == 1, "it is there already"


async def test_wordings_reach_an_entry_that_somebody_changes_at_the_same_time(room: Room, liumin: Browser) -> None:
    await liumin.get("/desk/faq/gaps")
    forms = [send(liumin, "/desk/faq/gaps/variant", entry="fire", wording0=f"问法{n}") for n in range(3)]

    assert [response.status for response in await asyncio.gather(*forms)] == [200, 200, 200]
    entry = room.base.entry("fire")
    assert entry is not None
    assert set(entry.variants) == {"着火打什么电话", "问法0", "问法1", "问法2"}


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"entry": "fire"}, 422, "没有选问法"),
        ({"entry": "fire", "wording0": "长" * 250}, 422, "有 250 字"),
        ({"entry": "nobody", "wording0": "问法"}, 404, "没有这个条目"),
    ],
)
async def test_a_wording_that_cannot_be_added_says_why(
    room: Room, liumin: Browser, fields: dict[str, str], status: int, said: str
) -> None:
    await liumin.get("/desk/faq/gaps")

    assert (await send(liumin, "/desk/faq/gaps/variant", **fields)).status == status
    assert said in liumin.page
    assert await room.storage.count_entries() == 0


async def test_the_entry_for_a_wording_can_be_searched(liumin: Browser) -> None:
    await liumin.get("/desk/faq/place?q=卡没了&search=公交")

    assert "公交卡丢了怎么补办" in liumin.page
    assert 'name="wording0" value="卡没了"' in liumin.page


# who may


async def test_an_operator_may_look_and_hears_why_he_may_not_change(room: Room, wangli: Browser) -> None:
    for path in ("/desk/faq", "/desk/faq/e/fire", "/desk/faq/gaps"):
        assert (await wangli.get(path)).status == 200
        assert "新建条目" not in wangli.page
    for path in ("/desk/faq/new", "/desk/faq/import", "/desk/faq/place"):
        assert (await wangli.get(path)).status == 403
    posts = ("e/fire", "new", "e/fire/withdraw", "e/fire/restore", "gaps/variant", "import", "import/confirm")
    for path in posts:
        assert (await send(wangli, f"/desk/faq/{path}", answer="x")).status == 403
        assert "只能查看" in wangli.page

    assert await room.storage.count_entries() == 0
    assert actions(room).count(("faq_refused", "fire")) == 3
    assert len(actions(room)) == 10


async def test_a_forged_form_has_no_effect_and_is_noted(room: Room, liumin: Browser) -> None:
    forged = {"csrf": "forged", "version": "0", "question": "q", "answer": "a", "entry": "fire", "wording0": "w"}
    posts = ("e/fire", "new", "e/fire/withdraw", "e/fire/restore", "gaps/variant", "import/confirm")
    for path in posts:
        assert (await liumin.post(f"/desk/faq/{path}", forged)).status == 403
        assert "没有生效" in liumin.page
    assert (await upload(liumin, "a.csv", b"id,question,answer\na,q,a\n", csrf="forged")).status == 403

    assert await room.storage.count_entries() == 0
    assert [action for action, _ in actions(room)] == ["csrf_refused"] * 7


async def test_a_form_without_its_version_is_refused(liumin: Browser) -> None:
    await liumin.get("/desk/faq/e/fire")
    form = {"csrf": liumin.hidden("csrf"), "question": "q", "answer": "a"}

    for version in ({}, {"version": "-1"}, {"version": "x"}, {"version": "9" * 30}):
        assert (await liumin.post("/desk/faq/e/fire", form | version)).status == 400


async def test_without_a_session_the_login_leads_back_to_the_page(room: Room) -> None:
    stranger = room.open_browser()

    for path in ("/desk/faq", "/desk/faq/gaps", "/desk/faq/e/fire"):
        assert (await stranger.get(path)).url.path == "/desk/login"
        assert stranger.hidden("next") == path
    await stranger.post("/desk/faq/e/fire/withdraw", {})
    assert stranger.hidden("next") == "/desk/faq/e/fire"


async def test_no_page_holds_a_script_or_a_style_of_its_own(room: Room, liumin: Browser) -> None:
    evil = '"><script>alert(1)</script>'
    await room.asked(evil)
    await liumin.get("/desk/faq/new")
    await send(liumin, "/desk/faq/new", id="evil", question=evil, answer=evil, variants=evil)

    for path in ("", "/e/evil", "/gaps", "/import", "/new?q=" + evil, "/place?q=" + evil):
        response = await liumin.get(f"/desk/faq{path}")
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", liumin.page), path
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self';")
