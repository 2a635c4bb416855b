"""An entry of the knowledge base: changed, tried, withdrawn and restored, and nothing that a keeper typed is lost."""

import json
import re

import pytest

from faq.notation import read_text
from tests.handoff.desk.conftest import Browser
from tests.handoff.desk.keepers import actions, liumin, questions, room, send, sunjie, upload
from tests.handoff.desk.reading_room import Room

__all__ = ["liumin", "room", "sunjie"]


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
