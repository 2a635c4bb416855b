"""A city's own rows: each head learns only from what a row tells for certain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlu.training.rows import read_examples


@pytest.mark.parametrize(
    ("matters", "is_told"),
    [(1, True), (2, False), ([{"start": 0, "end": 6}], True), ([{"start": 0}, {"start": 3}], False), (None, False)],
)
def test_several_matters_without_their_seam_are_not_taught_as_one(tmp_path: Path, matters: Any, is_told: bool) -> None:
    file = tmp_path / "rows.jsonl"
    row = {"text": "路灯不亮，垃圾没人清", "level1": "城乡建设", "matters": matters}
    file.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")

    (example,) = read_examples(file)

    assert ("matters" in example.told) is is_told
