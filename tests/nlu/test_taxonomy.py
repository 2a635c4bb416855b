"""The category tree: whole, unique, and plain about its faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.taxonomy import Taxonomy, TaxonomyError
from tests.nlu.conftest import CITIES

HEAD = "code,l1,l2,l3,keywords,unit,fast_lane\n"


def test_the_generic_pack_has_all_leaves_of_the_national_scheme() -> None:
    taxonomy = Taxonomy.load(CITIES / "generic" / "categories.csv")

    assert len(taxonomy) == 517
    assert len({category.path for category in taxonomy}) == 517


def test_keywords_are_parted_by_bars_or_spaces(tmp_path: Path) -> None:
    file = tmp_path / "categories.csv"
    file.write_text(f"{HEAD}1,甲,乙,丙,停水|没水 断水,水务局,\n", encoding="utf-8")
    category = Taxonomy.load(file).by_code("1")

    assert category is not None
    assert category.keywords == ("停水", "没水", "断水")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("1,甲,乙,丙,,,\n1,甲,乙,丁,,,\n", r"categories\.csv:3: 1 is on line 2 already"),
        ("1,甲,乙,丙,,,\n2,甲,乙,丙,,,\n", r"categories\.csv:3: .*is on line 2 already"),
        ("1,甲,,丙,,,\n", r"categories\.csv:2: empty l2"),
        ("", "no category"),
        ("一,甲,乙,丙,,,\n", r"categories\.csv:2: code '一' is not"),
        ("1,甲,乙,丙,,,\n2,甲,乙,\0,,,\n", r"categories\.csv:3: holds a NUL"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, rows: str, told: str) -> None:
    file = tmp_path / "categories.csv"
    file.write_text(HEAD + rows, encoding="utf-8")

    with pytest.raises(TaxonomyError, match=told):
        Taxonomy.load(file)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    file = tmp_path / "categories.csv"
    file.write_text("code,l1,l2\n1,甲,乙\n", encoding="utf-8")

    with pytest.raises(TaxonomyError, match="missing column l3"):
        Taxonomy.load(file)
