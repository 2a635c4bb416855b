"""One spelling, and the way back to the original."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nlu.normalize import chinese_number, normalize, spoken_digits


def test_width_case_and_script_are_folded() -> None:
    assert normalize("ＡＢ３號樓請問").text == "ab3号楼请问"


def test_invisible_characters_go_and_offsets_still_point_at_the_original() -> None:
    text = "灯\u200b坏\ufe0f了👍在３號樓"
    folded = normalize(text)
    start = folded.text.index("3号楼")

    assert text[slice(*folded.span(start, start + 3))] == "３號樓"


@given(st.text(max_size=200))
def test_any_text_has_one_offset_for_each_character(text: str) -> None:
    folded = normalize(text)

    assert len(folded.text) == len(folded.offsets)
    assert list(folded.offsets) == sorted(set(folded.offsets))


def test_chinese_numbers_are_read() -> None:
    assert [chinese_number(word) for word in ("十三", "二十", "二百零五", "一一", "半", "")] == [
        13, 20, 205, 11, None, None,
    ]  # fmt: skip


def test_digits_read_aloud_become_digits() -> None:
    assert spoken_digits("电话幺三九零零") == "电话13900"
