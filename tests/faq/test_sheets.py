"""What tables promise: what goes out comes back the same, every bad row is named, and no cell is ever run."""

import csv
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from faq.condition import Case, Condition
from faq.entry import Entry
from faq.knowledge import Knowledge, KnowledgeError
from faq.sheets import COLUMNS, load_sheet, save_sheet

KNOWLEDGE = Knowledge(
    [
        Entry(
            id="plate",
            question="电动自行车怎么上牌",
            variants=("小电驴上牌", "电瓶车牌照在哪办"),
            answer="带身份证到登记点办。\n电话 12345，“当场”发牌。",
            source="条例第三条",
            department="公安局",
            valid_from=date(2026, 1, 1),
            valid_until=date(2027, 12, 31),
            review_by=date(2027, 6, 30),
            tags=("车辆", "上牌"),
        ),
        Entry(id="=1+1", question="=cmd|' /C calc'!A0", answer="@SUM(A1:A9)", variants=("-1", "+86")),
        Entry(
            id="insurance",
            question="医保在哪里缴费",
            answer="拿不准问12393。",
            condition=Condition(
                ask="城镇户口还是农村户口？",
                unless=("多少钱", "几号"),
                cases=(
                    Case(label="城镇户口", words=("城里", "城镇"), answer="到社区。\n\n带：\n- 身份证\n=1+1"),
                    Case(label="农村 户口", answer='到村委会，"逗号"。'),
                ),
            ),
        ),
        Entry(
            id="window",
            question="去哪个窗口",
            answer="都可以。",
            condition=Condition(
                ask="哪个区？",
                by_district=True,
                cases=(Case(label="铁东区", answer="二楼"), Case(label="铁西区", answer="〔本市填写：几楼〕")),
            ),
        ),
        Entry(id="html", question="<script>alert(1)</script>", answer='<b>粗体</b> & 逗号, "引号"'),
    ]
)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_goes_out_comes_back_the_same(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"base.{ending}"

    save_sheet(KNOWLEDGE, file)

    assert load_sheet(file).entries == KNOWLEDGE.entries


def test_no_exported_cell_is_a_formula(tmp_path: Path) -> None:
    save_sheet(KNOWLEDGE, tmp_path / "base.csv")
    save_sheet(KNOWLEDGE, tmp_path / "base.xlsx")

    with (tmp_path / "base.csv").open(encoding="utf-8-sig", newline="") as lines:
        cells = [cell for row in csv.reader(lines) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    for row in load_workbook(tmp_path / "base.xlsx").worksheets[0].iter_rows():
        assert not [cell for cell in row if cell.data_type == "f"]


def test_a_table_as_people_make_it_is_read(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["编号", "标准问题", "相似问法", "答案", "失效日期"])
    sheet.append([1, "图书馆几点开门", "图书馆开放时间|图书馆啥时候开", "九点。", datetime(2027, 1, 31)])  # noqa: DTZ001  # as Excel has them
    sheet.append([None, None, None, None, None])
    sheet.append([2.0, "图书馆怎么办证", None, "带身份证。", None])
    book.save(tmp_path / "base.xlsx")

    one, two = load_sheet(tmp_path / "base.xlsx")

    assert (one.id, one.variants, one.valid_until) == ("1", ("图书馆开放时间", "图书馆啥时候开"), date(2027, 1, 31))
    assert (two.id, two.variants) == ("2", ())


def test_a_table_that_excel_saved_in_its_own_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "base.csv").write_bytes("id,问题,答案\r\na,怎么上牌,到登记点办。\r\n".encode("gb18030"))

    assert load_sheet(tmp_path / "base.csv").entries[0].answer == "到登记点办。"


def test_every_bad_row_is_named_and_nothing_is_read(tmp_path: Path) -> None:
    file = tmp_path / "base.csv"
    file.write_text(
        "id,question,answer,valid_until\n"
        "a,怎么上牌,到登记点办。,\n"
        "b,,没有问题,\n"
        "c,怎么过户,双方同去。,明年\n"
        "a,怎么上牌照,同上。,\n"
        f"d,太长,{'长' * 700},\n",
        encoding="utf-8",
    )

    with pytest.raises(KnowledgeError) as caught:
        load_sheet(file)

    rows = [fault.split(":")[1] for fault in caught.value.faults]
    assert rows == ["3", "4", "5", "6"]
    assert "question" in caught.value.faults[0]
    assert "明年" in caught.value.faults[1]
    assert "row 2" in caught.value.faults[2]
    assert "2100 bytes" in caught.value.faults[3]


def test_a_condition_is_a_cell_of_a_few_lines_as_people_type_it(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["编号", "问题", "答案", "适用条件"])
    head = "按区县: 在哪个区？\r\n【不问】电话\r\n"
    cases = " 【铁东区】 东区，铁东\r\n 二楼。 \r\n带身份证。\r\n【铁西区】\r\n一楼。\r\n"
    sheet.append(["a", "去哪个窗口", "都可以。", head + cases])
    book.save(tmp_path / "base.xlsx")

    (entry,) = load_sheet(tmp_path / "base.xlsx")

    assert entry.condition == Condition(
        ask="在哪个区？",
        by_district=True,
        unless=("电话",),
        cases=(
            Case(label="铁东区", words=("东区", "铁东"), answer="二楼。 \n带身份证。"),
            Case(label="铁西区", answer="一楼。"),
        ),
    )


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        ("问什么？", "0 cases, must be 2 to 6"),
        ("问什么？\n【一】\n答", "1 cases, must be 2 to 6"),
        ("问什么？\n" + "\n".join(f"【{n}】\n答" for n in "甲乙丙丁戊己庚"), "7 cases, must be 2 to 6"),
        ("【一】\n答\n【二】\n答", "ask: missing"),
        ("问什么？\n还问什么？\n【一】\n答\n【二】\n答", "ask: must be one line"),
        ("长" * 101 + "\n【一】\n答\n【二】\n答", "ask: 101 characters, at most 100"),
        ("问什么？\n【】\n答\n【二】\n答", "case 1: label: missing"),
        (f"问什么？\n【{'长' * 21}】\n答\n【二】\n答", "case 1: label: 21 characters, at most 20"),
        ("问什么？\n【一】词\n【二】\n答", "case '一': answer: missing"),
        (f"问什么？\n【一】\n{'长' * 700}\n【二】\n答", "case '一': answer: 2100 bytes, at most 2048"),
        ("问什么？\n【一】甲\n答\n【二】甲\n答", "'甲' stands for '一' and for '二'"),
        ("问什么？\n【一】\n答\n【一】\n答", "'一' stands for '一' and for '一'"),
        ("问什么？\n【一】怎么\n答\n【二】\n答", "the question itself tells '一'"),
        ("问什么？\n【不问】怎么\n【一】\n答\n【二】\n答", "the question itself holds a word of unless"),
        ("问什么？\n【不问】\n什么\n【二】\n答", "case '不问': cannot be called so"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_each_fault_of_a_condition_is_named_with_its_row(tmp_path: Path, typed: str, what: str, ending: str) -> None:
    file = tmp_path / f"base.{ending}"
    rows = [["id", "question", "answer", "condition"], ["a", "怎么办", "这么办", typed], ["b", "咋办", "这么办", ""]]
    if ending == "csv":
        with file.open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines).writerows(rows)
    else:
        book = Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        book.save(file)

    with pytest.raises(KnowledgeError) as caught:
        load_sheet(file)

    (fault,) = caught.value.faults
    number = len(typed.split("\n")) + 1 if ending == "csv" else 2
    assert fault.startswith(f"{file}:{number}: condition: {what}")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"id,question\na,b\n", "answer: column missing"),
        (b"id,question,answer,price\na,b,c,d\n", "price: unknown column"),
        (b"id,question,answer\na,b,c,d\n", "more cells than columns"),
        (b"\xff\xfe\x00\x81", "neither UTF-8 nor GB 18030"),
    ],
)
def test_a_file_that_is_no_knowledge_base_says_why(tmp_path: Path, content: bytes, what: str) -> None:
    file = tmp_path / "base.csv"
    file.write_bytes(content)

    with pytest.raises(KnowledgeError, match=what):
        load_sheet(file)


def test_a_broken_or_swollen_workbook_says_so(tmp_path: Path) -> None:
    (tmp_path / "text.xlsx").write_bytes(b"no archive")
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b" " * 80_000_000)

    with pytest.raises(KnowledgeError, match="no XLSX"):
        load_sheet(tmp_path / "text.xlsx")
    with pytest.raises(KnowledgeError, match="unpacked"):
        load_sheet(tmp_path / "bomb.xlsx")


def test_the_columns_are_the_fields_of_an_entry() -> None:
    assert set(COLUMNS) == set(Entry.__dataclass_fields__)
