"""One spelling, and the way back to the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu import emergency
from nlu.interpretation import EmergencyKind
from nlu.interpreter import Interpreter
from nlu.normalize import chinese_number, normalize, spoken_digits


def test_width_case_and_script_are_folded() -> None:
    assert normalize("ＡＢ３號樓請問").text == "ab3号楼请问"


def test_invisible_characters_go_and_offsets_still_point_at_the_original() -> None:
    text = "灯\u200b坏\ufe0f了👍在３號樓"
    folded = normalize(text)
    start = folded.text.index("3号楼")

    assert text[slice(*folded.span(start, start + 3))] == "３號樓"


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("鐵西區體育場後門臺階斷裂", "铁西区体育场后门台阶断裂"),
        ("濟寧漣源的無應頭亂", "济宁涟源的无应头乱"),
        ("衞生間裏綫纜", "卫生间里线缆"),
        ("著火了 看著像廚房", "着火了 看着像厨房"),
        ("著名景點效果顯著", "著名景点效果显著"),
        ("餅乾沒曬乾", "饼干没晒干"),
        ("乾隆街", "乾隆街"),
        ("瞭解一下 瞭望塔", "了解一下 瞭望塔"),
        ("藉口多 沒有答覆 覆蓋", "借口多 没有答复 覆盖"),
        ("妳好", "你好"),
        ("哪吒廟", "哪吒庙"),
    ],
)
def test_traditional_characters_become_simple_ones_one_for_one(traditional: str, simplified: str) -> None:
    folded = normalize(traditional)

    assert folded.text == simplified
    assert folded.offsets == tuple(range(len(traditional)))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("有人要自殺", EmergencyKind.SUICIDE),
        ("別人家著火了", EmergencyKind.FIRE),
        ("著火了", EmergencyKind.FIRE),
        ("樓下煤氣洩漏", EmergencyKind.GAS),
    ],
)
def test_a_cry_in_traditional_characters_has_the_number_of_its_own_kind(
    model: Interpreter, text: str, kind: EmergencyKind
) -> None:
    assert emergency.detect(text) is kind
    assert model.parse(text).emergency is kind


def test_a_place_in_traditional_characters_is_found_and_quoted_as_written(model: Interpreter) -> None:
    (place,) = model.parse("鐵東區綠化街58棟1單元停水了").locations

    assert (place.text, place.district) == ("鐵東區綠化街58棟1單元", "铁东区")
    assert (place.building, place.unit) == ("58", "1")


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
