"""Tables of entries: shown before they are in force, all or nothing, and downloaded as they can be uploaded."""

import re

import pytest

from tests.handoff.desk.conftest import Browser
from tests.handoff.desk.keepers import actions, liumin, room, send, sunjie, upload
from tests.handoff.desk.reading_room import Room

__all__ = ["liumin", "room", "sunjie"]


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
