"""What tables promise: what goes out comes back the same, every bad row is named, and no cell is ever run."""

import csv
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

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
