"""Numbers whole or in pieces, and names as people give them."""

from __future__ import annotations

import pytest

from nlu.contact import digit_fragment, find_name, find_phone, name_spans


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("我电话 13900001111", "13900001111"),
        ("139 0000 1111 找老李", "13900001111"),
        ("139-0000-1111", "13900001111"),
        ("１３９００００１１１１", "13900001111"),
        ("一三九零零零零幺幺幺幺", "13900001111"),
        ("+86 13900001111", "13900001111"),
        ("办公室 0412-5551234", "0412-5551234"),
    ],
)
def test_a_complete_number_is_found(text: str, number: str) -> None:
    assert find_phone(text) == number


@pytest.mark.parametrize("text", ["电话是1390000", "139000011112", "工单20260101000012", "5", "", "118栋1390室"])
def test_a_part_of_a_number_or_another_number_is_none(text: str) -> None:
    assert find_phone(text) is None


def test_a_number_in_pieces_is_handed_on_piece_by_piece() -> None:
    pieces = [digit_fragment(text) for text in ("电话是1390000", "1", "111 连起来就行")]

    assert pieces == ["1390000", "1", "111"]


@pytest.mark.parametrize("text", ["13号楼漏水", "路灯坏了3天", "好的", ""])
def test_a_message_that_says_more_is_no_fragment(text: str) -> None:
    assert digit_fragment(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我姓陆 13900001111", "陆"),
        ("免贵姓欧阳", "欧阳"),
        ("叫我赵大姐就行", "赵大姐"),
        ("俺叫孙立国 电话回头给", "孙立国"),
        ("联系人：周敏", "周敏"),
        ("俺叫高山路 13900001111", "高山路"),
        ("我叫田大桥", "田大桥"),
        ("姓逄 电话13900001111", "逄"),
        ("俺姓妫", "妫"),
        ("丁师傅", "丁师傅"),
        ("喊我老魏就行", "老魏"),
        ("秦 13900001111", "秦"),
        ("13900001111 姓苗", "苗"),
        ("魏秀英 13900001111", "魏秀英"),
        ("那个老板姓巩 工钱一直不给", None),
        ("路东 13900001111", None),
        ("我叫了三回修理工", None),
        ("我是来投诉的", None),
        ("全村都没水", None),
    ],
)
def test_names_are_taken_as_they_are_given(text: str, name: str | None) -> None:
    assert find_name(text) == name


@pytest.mark.parametrize("text", ["我叫田大桥", "房东叫江新村 电话不接", "姓阳"])
def test_what_names_a_person_is_marked_so_that_no_place_is_looked_for_in_it(text: str) -> None:
    ((start, end),) = set(name_spans(text))

    assert text[start:end] in {"田大桥", "江新村", "阳"}
