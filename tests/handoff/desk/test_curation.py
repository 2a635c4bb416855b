"""The pages of the knowledge base over a real server: what keepers see, and what their forms do."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse, FormData

from faq.notation import read_text
from tests.handoff.desk.conftest import Browser
from tests.handoff.desk.reading_room import Room, open_room

FIELDS = ("question", "variants", "answer", "source", "department", "region", "tags")


@pytest.fixture
async def room(tmp_path: Path, password_hash: str) -> AsyncIterator[Room]:
    async with open_room(tmp_path, password_hash) as opened:
        yield opened


@pytest.fixture
async def liumin(room: Room) -> Browser:
    return await enter(room, "liumin")


@pytest.fixture
async def sunjie(room: Room) -> Browser:
    return await enter(room, "sunjie")


@pytest.fixture
async def wangli(room: Room) -> Browser:
    return await enter(room, "wangli")


async def enter(room: Room, name: str) -> Browser:
    browser = room.open_browser()
    await browser.log_in(name)
    return browser


async def send(browser: Browser, path: str, **fields: str) -> ClientResponse:
    """A form of the page that is open."""
    version = re.search(r'name="version" value="(\d+)"', browser.page)
    hidden = {"csrf": browser.hidden("csrf")} | ({"version": version[1]} if version else {})
    return await browser.post(path, hidden | fields)


async def upload(browser: Browser, name: str, content: bytes, csrf: str | None = None) -> ClientResponse:
    await browser.get("/desk/faq/import")
    form = FormData(quote_fields=False)
    form.add_field("csrf", csrf if csrf is not None else browser.hidden("csrf"))
    form.add_field("table", io.BytesIO(content), filename=name)
    async with browser.http.post(f"{browser.base}/desk/faq/import", data=form) as response:
        browser.page = await response.text()
        return response


def questions(browser: Browser) -> list[str]:
    return re.findall(r'class="card-question">(.*?)<', browser.page)


def actions(room: Room) -> list[tuple[str, str]]:
    return [(action, subject) for _, action, subject in room.desk.notes if action.startswith(("faq", "csrf"))]


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


# an entry


async def test_a_change_is_in_force_when_the_page_says_so(room: Room, liumin: Browser) -> None:
    await liumin.get("/desk/faq/e/fire")

    response = await send(
        liumin,
        "/desk/faq/e/fire",
        question="火警电话是多少",
        variants="着火打什么电话\r\n哪儿着火了找谁",
        answer="打119，免费。",
    )

    assert response.status == 200
    assert "已保存" in liumin.page
    best = room.base.ask("哪儿着火了找谁").best
    assert best is not None
    assert best.answer == "打119，免费。"
    assert "版本 1" in liumin.page
    assert "改了相似问法、答案、来源" in liumin.page
    assert actions(room) == [("faq_saved", "fire@1")]


async def test_saving_what_is_there_already_makes_no_version(room: Room, liumin: Browser) -> None:
    await liumin.get("/desk/faq/e/fire")
    same = {"question": "火警电话是多少", "variants": "着火打什么电话", "answer": "火警打119。", "source": "消防法"}

    assert (await send(liumin, "/desk/faq/e/fire", **same)).status == 200
    assert await room.storage.count_entries() == 0


async def test_of_two_who_change_an_entry_the_second_is_told_who_was_first_and_keeps_what_he_wrote(
    room: Room, liumin: Browser, sunjie: Browser
) -> None:
    await liumin.get("/desk/faq/e/fire")
    await sunjie.get("/desk/faq/e/fire")
    await send(sunjie, "/desk/faq/e/fire", question="火警电话是多少", answer="孙杰写的")

    response = await send(liumin, "/desk/faq/e/fire", question="火警电话是多少", answer="刘敏写的")

    assert response.status == 409
    assert "孙杰 在您打开之后先改了这一条（现在是版本 1）" in liumin.page
    assert "刘敏写的</textarea>" in liumin.page
    assert '<dd lang="zh">孙杰写的</dd>' in liumin.page
    assert actions(room)[-1] == ("faq_late", "fire@1")
    again = await send(liumin, "/desk/faq/e/fire", question="火警电话是多少", answer="刘敏写的")
    assert again.status == 200, "having seen it, he may go on upon the newest version"
    assert [version.version for version in await room.storage.entry_history("fire")] == [2, 1]


async def test_a_form_sent_twice_has_one_effect(room: Room, liumin: Browser) -> None:
    await liumin.get("/desk/faq/e/fire")
    page = liumin.page
    for act, fields in (("", {"question": "火警", "answer": "新的"}), ("/withdraw", {})):
        for _ in range(2):
            liumin.page = page
            assert (await send(liumin, f"/desk/faq/e/fire{act}", **fields)).status == 200
        page = liumin.page
    await liumin.get("/desk/faq/new")
    page = liumin.page
    for _ in range(2):
        liumin.page = page
        await send(liumin, "/desk/faq/new", question="公园几点开门", answer="六点。")

    assert await room.storage.count_entries() == 3


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"question": ""}, "没有填写"),
        ({"answer": " "}, "没有填写"),
        ({"answer": "长" * 700}, "2100 字节"),
        ({"question": "长" * 201}, "有 201 字"),
        ({"variants": "短\n" + "长" * 201}, "有 201 字"),
        ({"valid_from": "2027-02-30"}, "“2027-02-30”不是日期"),
        ({"valid_from": "2027-02-01", "valid_until": "2027-01-01"}, "早于生效日期"),
    ],
)
async def test_a_fault_is_named_at_its_field_and_what_was_typed_is_kept(
    room: Room, liumin: Browser, fields: dict[str, str], said: str
) -> None:
    await liumin.get("/desk/faq/e/fire")

    response = await send(
        liumin, "/desk/faq/e/fire", **{"question": "火警", "answer": "打119", "source": "我写的来源", **fields}
    )

    assert response.status == 422
    assert said in liumin.page
    assert 'aria-invalid="true"' in liumin.page
    assert "我写的来源" in liumin.page
    assert await room.storage.count_entries() == 0
    assert actions(room) == [("faq_faulty", "fire@0")]


async def test_a_draft_is_tried_without_being_kept(room: Room, liumin: Browser) -> None:
    await liumin.get("/desk/faq/e/fire")

    await send(
        liumin,
        "/desk/faq/e/fire",
        do="preview",
        asked="哪儿着火了找谁",
        question="火警电话是多少",
        variants="哪儿着火了找谁",
        answer="新的答案<b>",
    )

    assert "直接回答" in liumin.page
    assert '<p lang="zh" class="reply">新的答案&lt;b&gt;</p>' in liumin.page
    assert "新的答案&lt;b&gt;</textarea>" in liumin.page
    assert await room.storage.count_entries() == 0
    assert room.base.ask("哪儿着火了找谁").matches[0].score < 1


async def test_a_draft_that_would_be_withheld_says_so(room: Room, liumin: Browser) -> None:
    await liumin.get("/desk/faq/e/heat-fee")
    assert "现在不会答给市民" in liumin.page
    form = {"question": "供暖费多少钱", "answer": "〔本市填写：单价〕"}

    await send(liumin, "/desk/faq/e/heat-fee", do="preview", asked="", **form)

    assert "这一条答案里还有〔本市填写〕，没有算在内" in liumin.page
    await send(liumin, "/desk/faq/e/heat-fee", do="preview", asked="", question="", answer="")
    assert "先改好标出的地方" in liumin.page


CONDITION = """您家是城镇户口还是农村户口？
【城镇户口】城里、城镇
到社区缴。
【农村户口】农村、村里
〔本市填写：在哪里缴〕"""


async def test_a_case_that_is_to_be_filled_in_is_on_the_page_of_gaps_and_the_entry_is_given(
    room: Room, liumin: Browser
) -> None:
    gap = "哪种户口？\n【城镇户口】城镇\n到一楼\n【农村户口】农村\n〔本市填写：地点〕"
    await send(liumin, "/desk/faq/new", id="health", question="医保在哪交", answer="问12393", condition=gap)
    await liumin.get("/desk/faq?mark=gap")

    assert sorted(questions(liumin)) == ["供暖费多少钱", "医保在哪交"]
    assert 'tag-amber">情形待补充<' in liumin.page
    assert '待补充<span class="count">2<' in liumin.page
    await liumin.get("/desk/faq/e/health")
    assert "现在不会答给市民" not in liumin.page


async def test_a_condition_is_typed_kept_shown_and_taken_off_again(room: Room, liumin: Browser) -> None:
    form = {"id": "health", "question": "医保在哪里缴费", "answer": "拿不准问12393。"}
    await liumin.get("/desk/faq/new")
    assert "【城镇户口】城里" in liumin.page, "how it is typed is shown by an example"
    await send(liumin, "/desk/faq/new", **form, condition=CONDITION.replace("\n", "\r\n"))

    entry = room.base.entry("health")
    assert entry is not None
    assert entry.condition is not None
    assert [case.label for case in entry.condition.cases] == ["城镇户口", "农村户口"]
    assert f"{CONDITION}</textarea>" in liumin.page
    await send(liumin, "/desk/faq/e/health", **form, condition="")
    assert "改了适用条件" in liumin.page
    assert f'<dd lang="zh">{CONDITION}</dd>' in liumin.page, "the version before is still to be seen"
    changed = room.base.entry("health")
    assert changed is not None
    assert changed.condition is None
    await liumin.get("/desk/faq?q=社区缴")
    assert questions(liumin) == []


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("问什么？", "有 0 个【情形】，应有 2 到 6 个"),
        ("【一】\n答\n【二】\n答", "第一行没有写要问市民什么"),
        ("问什么？\n【】\n答\n【二】\n答", "第 1 个【】里没有写情形"),
        ("问什么？\n【一】\n【二】\n答", "【一】下面没有写答案"),
        (f"问什么？\n【一】\n{'长' * 700}\n【二】\n答", "【一】的答案有 2100 字节，最多 2048 字节"),
        ("问什么？\n【一】甲\n答\n【二】甲\n答", "“甲”既是【一】又是【二】，分不清"),
        ("问什么？\n【火警】\n答\n【二】\n答", "问题本身就说了【火警】，永远问不到"),
        ("问什么？\n【不问】火警\n【一】\n答\n【二】\n答", "问题本身就有“不问”的词"),
        ("按区县：哪个区？\n【铁东区】\n答\n【铁动区】\n答", "“铁动区”不是本市的区县；现有：铁东区、铁西区"),
    ],
)
async def test_a_fault_of_a_condition_is_named_and_what_was_typed_is_kept(
    room: Room, liumin: Browser, condition: str, said: str
) -> None:
    await liumin.get("/desk/faq/e/fire")

    response = await send(liumin, "/desk/faq/e/fire", question="火警电话", answer="打119", condition=condition)

    assert response.status == 422
    assert said in liumin.page
    assert f"{condition}</textarea>" in liumin.page
    assert await room.storage.count_entries() == 0
    upload_row = {"id": "fire", "question": "火警电话", "answer": "打119", "condition": read_text(condition)}
    await upload(liumin, "a.jsonl", json.dumps(upload_row).encode())
    assert said in liumin.page


async def test_an_entry_is_withdrawn_and_an_older_version_restored(room: Room, liumin: Browser) -> None:
    await liumin.get("/desk/faq/e/fire")
    await send(liumin, "/desk/faq/e/fire", question="火警电话是多少", answer="第二稿")

    await send(liumin, "/desk/faq/e/fire/withdraw")
    assert "已撤下" in liumin.page
    assert room.base.entry("fire") is None
    await liumin.get("/desk/faq?mark=withdrawn")
    assert questions(liumin) == ["火警电话是多少"]

    await liumin.get("/desk/faq/e/fire")
    await send(liumin, "/desk/faq/e/fire/restore", wanted="0")
    restored = room.base.entry("fire")
    assert restored is not None
    assert restored.answer == "火警打119。"
    await send(liumin, "/desk/faq/e/fire/restore", wanted="1")
    again = room.base.entry("fire")
    assert again is not None
    assert again.answer == "第二稿"
    assert (await send(liumin, "/desk/faq/e/fire/restore", wanted="2")).status == 404, "2 was the withdrawal"
    assert [subject for _, subject in actions(room)] == ["fire@1", "fire@2", "fire@3", "fire@4", "fire@0"]


async def test_a_withdrawal_upon_an_older_version_has_no_effect(room: Room, liumin: Browser, sunjie: Browser) -> None:
    await liumin.get("/desk/faq/e/fire")
    await sunjie.get("/desk/faq/e/fire")
    await send(sunjie, "/desk/faq/e/fire", question="火警电话是多少", answer="孙杰写的")

    assert (await send(liumin, "/desk/faq/e/fire/withdraw")).status == 409
    assert room.base.entry("fire") is not None


async def test_a_new_entry_gets_an_id_of_its_own_or_the_one_that_was_given(room: Room, liumin: Browser) -> None:
    await liumin.get("/desk/faq/new?q=公园年票怎么买")
    assert 'value="公园年票怎么买"' in liumin.page

    response = await send(liumin, "/desk/faq/new", question="公园年票怎么买", answer="到公园门口。")
    assert "已新建" in liumin.page
    assert re.fullmatch(r"/desk/faq/e/desk-[0-9a-f]{8}", response.url.path)
    assert room.base.ask("公园年票怎么买").best is not None
    await liumin.get("/desk/faq/new")
    await send(liumin, "/desk/faq/new", id="park", question="公园几点开门", answer="六点。")
    assert room.base.entry("park") is not None
    for taken, said in (("fire", "已经有这个编号"), ("a b", "只能用字母、数字")):
        await liumin.get("/desk/faq/new")
        assert (await send(liumin, "/desk/faq/new", id=taken, question="又一个", answer="答")).status == 422
        assert said in liumin.page


async def test_an_entry_that_is_not_there_is_a_clear_word(liumin: Browser) -> None:
    for path in ("/desk/faq/e/nobody", "/desk/faq/e/%00"):
        assert (await liumin.get(path)).status == 404
        assert "没有这个条目" in liumin.page


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


# tables


async def test_a_table_is_shown_before_anything_of_it_is_in_force(room: Room, liumin: Browser) -> None:
    table = (
        "编号,问题,答案\nfire,火警电话是多少,新答案\nnew,新问题,答\nbus-card,公交卡丢了怎么补办,带身份证到公交公司。\n"
    )

    await upload(liumin, "C:\\表 格.CSV", table.encode("gb18030"))

    assert '“<span lang="zh">表 格.CSV</span>”会带来的变化' in liumin.page
    assert re.findall(r"<b>(\d+)</b> 条", liumin.page) == ["1", "1", "1"]
    assert "fire · 相似问法、答案、来源" in liumin.page
    assert await room.storage.count_entries() == 0
    token = liumin.hidden("token")
    await send(liumin, "/desk/faq/import/confirm", token=token)
    assert "已导入" in liumin.page
    assert [version.note for version in await room.storage.newest_entries()] == ["导入 表 格.CSV"] * 2
    assert room.base.ask("新问题").best is not None
    await liumin.get("/desk/faq/import")
    assert (await send(liumin, "/desk/faq/import/confirm", token=token)).status == 404
    assert actions(room) == [("faq_imported", token), ("faq_import_refused", "gone")]


async def test_every_bad_row_is_named_and_nothing_is_imported(room: Room, liumin: Browser) -> None:
    table = "id,question,answer,valid_until\na,问,答,\na,问,答,\n,问,,明天\n"

    assert (await upload(liumin, "bad.csv", table.encode())).status == 422

    assert re.findall(r"<li>(.*?)</li>", liumin.page[liumin.page.index("要改的地方") :])[:4] == [
        "第 3 行 · 编号：“a”和第 2 行重复",
        "第 4 行 · 编号：没有填写",
        "第 4 行 · 答案：没有填写",
        "第 4 行 · 失效日期：“明天”不是日期，应写成 2027-01-31",
    ]
    assert "/tmp" not in liumin.page
    assert 'name="token"' not in liumin.page
    assert await room.storage.count_entries() == 0


@pytest.mark.parametrize(
    ("name", "content", "status", "said"),
    [
        ("a.pdf", b"%PDF-", 422, "不是 .xlsx、.csv 或 .jsonl"),
        ("a.xlsx", b"no zip", 422, "不是能读取的 XLSX"),
        ("a.csv", b"", 422, "没有选文件"),
        ("a.csv", b"id,question,answer\n", 422, "里面没有条目"),
        ("a.csv", b"one,two\n1,2\n", 422, "没有这一列的名称"),
        ("a.jsonl", b"{", 422, "不是 JSON"),
        ("a.jsonl", b'{"id": "a\\u0001", "question": "q", "answer": "a"}', 422, "不能有控制字符"),
        ("a.csv", b"x" * (5 * 1024 * 1024 + 1), 413, "超过 5 MB"),
    ],
)
async def test_a_file_that_is_no_table_says_why(
    room: Room, liumin: Browser, name: str, content: bytes, status: int, said: str
) -> None:
    assert (await upload(liumin, name, content)).status == status
    assert said in liumin.page
    assert await room.storage.count_entries() == 0


async def test_a_table_that_was_overtaken_brings_nothing_and_is_shown_anew(
    room: Room, liumin: Browser, sunjie: Browser
) -> None:
    table = "id,question,answer\nfire,火警电话是多少,表里的答案\nnew,新问题,答\n"
    await upload(liumin, "a.csv", table.encode())
    await sunjie.get("/desk/faq/e/fire")
    await send(sunjie, "/desk/faq/e/fire", question="火警电话是多少", answer="孙杰写的")

    assert (await send(liumin, "/desk/faq/import/confirm", token=liumin.hidden("token"))).status == 409
    assert "孙杰 在您查看之后改了其中的条目，一条也没有导入" in liumin.page
    assert room.base.entry("new") is None
    await send(liumin, "/desk/faq/import/confirm", token=liumin.hidden("token"))
    assert room.base.entry("new") is not None


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl"])
async def test_what_is_downloaded_can_be_uploaded_and_changes_nothing(room: Room, liumin: Browser, ending: str) -> None:
    async with liumin.http.get(f"{liumin.base}/desk/faq/export/faq.{ending}") as response:
        assert response.headers["Content-Disposition"] == f'attachment; filename="faq.{ending}"'
        content = await response.read()

    assert (await upload(liumin, f"faq.{ending}", content)).status == 200
    assert "和现在的知识库一样" in liumin.page
    assert (await liumin.get("/desk/faq/export/faq.exe")).status == 404


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
