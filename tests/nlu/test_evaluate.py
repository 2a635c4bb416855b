"""Figures of a labelled file, and plain words about a file that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlu.evaluate import LabelError, evaluate, macro_f1, read_rows
from nlu.interpreter import Interpreter


def test_figures_appear_for_what_the_rows_speak_of(anshan: Interpreter, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [
        {"text": "转人工", "intent": "human"},
        {"text": "我家厨房着火了", "intent": "emergency"},
        {
            "text": "站前街道暖气不热",
            "category": ["城乡建设", "城市建设和市政管理", "冬季采暖"],
            "locations": [{"start": 0, "end": 4, "main": True}],
            "street": "站前街道",
            "urgent": False,
        },
    ]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    result = evaluate(read_rows(file), anshan.parse_many)

    assert result.rows == 3
    assert result.figures["intent"] == 1.0
    assert result.figures["emergency_recall"] == 1.0
    assert result.figures["level3"] == 1.0
    assert result.figures["place_char_f1"] == 1.0
    assert result.figures["street"] == 1.0
    assert "level1_macro_f1" not in result.figures


@pytest.mark.parametrize(("line", "told"), [("{", "no JSON"), ("[]", "needs a text"), ("", "no rows")])
def test_a_faulty_file_is_named_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(line, encoding="utf-8")

    with pytest.raises(LabelError, match=told):
        read_rows(file)


def test_macro_f1_weighs_labels_alike() -> None:
    assert macro_f1(["a", "a", "a", "b"], ["a", "a", "a", "a"]) == pytest.approx(3 / 7)
