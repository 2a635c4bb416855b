"""Knowledge bases as tables: CSV and XLSX, as people keep them in Excel. A table is read whole or not at all, and
every bad row is named; a cell is text and is never run, neither here nor where the exported file is opened."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from faq.entry import Entry
from faq.knowledge import FIELDS, Knowledge, KnowledgeError, read_row, row_of
from faq.notation import read_text, write_text

COLUMNS = (
    "id",
    "question",
    "variants",
    "answer",
    "source",
    "department",
    "region",
    "valid_from",
    "valid_until",
    "review_by",
    "tags",
    "condition",
)
# What the columns are called in the tables that people make.
_NAMES = {
    "编号": "id",
    "问题": "question",
    "标准问题": "question",
    "相似问法": "variants",
    "相似问题": "variants",
    "答案": "answer",
    "回答": "answer",
    "来源": "source",
    "依据": "source",
    "部门": "department",
    "地区": "region",
    "生效日期": "valid_from",
    "失效日期": "valid_until",
    "复核日期": "review_by",
    "标签": "tags",
    "适用条件": "condition",
}
_LISTS = frozenset({"variants", "tags"})
_MOST_ROWS = 200_000
# A sheet of this size unpacked is no knowledge base but an attack on memory.
_MOST_UNPACKED = 200_000_000
# A spreadsheet takes a text that begins so for a formula.
_FORMULA = re.compile(r"^[=+\-@\t\r]")


def load_any(path: Path) -> Knowledge:
    """Read a knowledge base in any of its forms: .jsonl, .csv or .xlsx. KnowledgeError names each fault."""
    match path.suffix.lower():
        case ".csv" | ".xlsx":
            return load_sheet(path)
        case ".jsonl":
            return Knowledge.load(path)
        case other:
            raise KnowledgeError([f"{path}: {other or 'no ending'}: must be .jsonl, .csv or .xlsx"])


def load_sheet(path: Path) -> Knowledge:
    """Read a .csv or .xlsx whose first row names the columns; variants and tags stand one a line or between `|`,
    a condition as `faq.notation` has it. KnowledgeError names each bad row, and nothing is read."""
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _xlsx_rows(path)
    faults: list[str] = []
    entries = []
    lines_of: dict[str, int] = {}
    columns: list[str] | None = None
    for number, cells in rows:
        if columns is None:
            columns = _columns(path, number, cells)
            continue
        if not any(cell.strip() for cell in cells):
            continue
        found: list[str] = []
        row = _row(columns, cells, found)
        entry = None if found else read_row(row, found)
        if entry is not None and entry.id in lines_of:
            found.append(f"id: {entry.id!r} is in row {lines_of[entry.id]} already")
        faults += [f"{path}:{number}: {fault}" for fault in found]
        if entry is not None:
            lines_of.setdefault(entry.id, number)
            entries.append(entry)
    if columns is None:
        faults.append(f"{path}: empty; the first row must name the columns: {', '.join(COLUMNS)}")
    if faults:
        raise KnowledgeError(faults)
    return Knowledge(entries)


def save_sheet(knowledge: Knowledge, path: Path) -> None:
    """Write a .csv (UTF-8 with a mark, as Excel reads it) or an .xlsx."""
    if path.suffix.lower() == ".csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows([_defused(cell) for cell in _cells(entry)] for entry in knowledge)
        path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
        return
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("faq")
    sheet.append(list(COLUMNS))
    for entry in knowledge:
        sheet.append([_as_text(sheet, cell) for cell in _cells(entry)])
    book.save(path)


def _columns(path: Path, number: int, cells: Sequence[str]) -> list[str]:
    columns = [_NAMES.get(cell.strip(), cell.strip()) for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    faults = [f"{name or '(empty)'}: unknown column" for name in columns if name not in FIELDS]
    faults += [f"{name}: column missing" for name in ("id", "question", "answer") if name not in columns]
    faults += [f"{name}: column twice" for name in sorted({name for name in columns if columns.count(name) > 1})]
    if faults:
        known = f"columns are {', '.join(COLUMNS)}"
        raise KnowledgeError([*(f"{path}:{number}: {fault}" for fault in faults), f"{path}: {known}"])
    return columns


def _row(columns: Sequence[str], cells: Sequence[str], faults: list[str]) -> dict[str, object]:
    if any(cell.strip() for cell in cells[len(columns) :]):
        faults.append("more cells than columns; a text with a comma stands in quotes")
    row: dict[str, object] = {}
    for name, cell in zip(columns, cells, strict=False):
        text = _undefused(cell).strip()
        if name in _LISTS:
            row[name] = [part.strip() for part in re.split(r"[\n|｜]", text) if part.strip()]
        elif text:
            row[name] = read_text(text) if name == "condition" else text
    return row


def _cells(entry: Entry) -> list[str]:
    row: dict[str, Any] = row_of(entry) | {"condition": write_text(entry.condition)}
    return ["\n".join(row.get(name, ())) if name in _LISTS else str(row.get(name, "")) for name in COLUMNS]


def _defused(cell: str) -> str:
    """A text that a spreadsheet would run as a formula, made a text again by a leading apostrophe."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _undefused(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell[1:]) else cell


def _as_text(sheet: Any, cell: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    # Control characters have no place in XML, nor in an answer.
    written = WriteOnlyCell(sheet, re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", cell))
    written.data_type = "s"
    return written


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KnowledgeError([f"{path}: {error.strerror}"]) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Excel in China saves when nobody tells it otherwise.
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise KnowledgeError([f"{path}: neither UTF-8 nor GB 18030 (byte {error.start})"]) from error
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise KnowledgeError([f"{path}:{reader.line_num}: {error}"]) from error


def _xlsx_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > _MOST_UNPACKED:
            raise KnowledgeError([f"{path}: {unpacked:,} bytes unpacked, at most {_MOST_UNPACKED:,}"])
        # Formulas are read as what they say, not as what they gave, so that a text beginning with = stays one.
        book = load_workbook(path, read_only=True, data_only=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise KnowledgeError([f"{path}: no XLSX that can be read ({error}); save it again as .xlsx or .csv"]) from error
    try:
        sheet = book.worksheets[0]
        # A sheet may claim a million empty rows; only those that are there are walked.
        for number, cells in enumerate(sheet.iter_rows(values_only=True, max_row=_MOST_ROWS), start=1):
            yield number, [_said(cell) for cell in cells]
    finally:
        book.close()


def _said(cell: object) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return str(cell)
