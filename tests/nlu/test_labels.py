"""Labelled rows: what is wrong with a file is told in words, with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlu.labels import LabelError, label_of, read_rows


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "needs a text"),
        ("", "no rows"),
        (r'{"text": "\ud800 站"}', "half a character"),
    ],
)
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(line, encoding="utf-8")

    with pytest.raises(LabelError, match=told):
        read_rows(file)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", "城乡建设"),
        ("category", []),
        ("category", {"code": "010101"}),
        ("also", ["城乡建设"]),
        ("level1", 3),
        ("level1", ""),
        ("locations", "南门"),
        ("locations", [{"start": 0}]),
        ("locations", [{"start": 0, "end": 9}]),
        ("locations", [{"start": 1, "end": 1}]),
        ("urgent", "no"),
        ("matters", 0),
        ("district_ok", "东区"),
        ("city", ["anshan"]),
    ],
)
def test_a_field_that_is_not_in_its_form_is_named_with_its_line(tmp_path: Path, field: str, value: Any) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [{"text": "南门积水"}, {"text": "南门积水", field: value}]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")

    with pytest.raises(LabelError, match=r"rows\.jsonl:2: .*" + ("location" if field == "locations" else field)):
        read_rows(file)


def test_a_file_saved_in_gbk_is_named_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b'{"text": "a"}\n' + '{"text": "南门积水"}'.encode("gbk"))

    with pytest.raises(LabelError, match=r"rows\.jsonl:2: not UTF-8"):
        read_rows(file)


def test_null_tells_nothing_and_a_mark_at_the_start_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    row = dict.fromkeys(("category", "also", "level1", "intent", "locations", "urgent", "matters", "city"))
    told = {"text": "南门\u2028积水", "category": {"code": "1", "path": ["甲", "乙", "丙"]}}
    lines = (json.dumps(each, ensure_ascii=False) for each in (row | {"text": "南门积水"}, told))
    file.write_text("\ufeff" + "\n".join(lines), encoding="utf-8")

    assert [label_of(each) for each in read_rows(file)] == [(), ("甲", "乙", "丙")]
