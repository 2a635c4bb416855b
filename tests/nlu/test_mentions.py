"""When it happened, and what a correction changes."""

from __future__ import annotations

import pytest

from nlu.interpretation import Correction
from nlu.mentions import corrections, occurred


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("补贴从前年八月份就停了", "从前年八月份"),
        ("昨天夜里开始漏的", "昨天夜里开始"),
        ("上礼拜三早上撞的", "上礼拜三早上"),
        ("停水五天了 家里老人受不了", "五天了"),
        ("垃圾七八天没人运", "七八天"),
        ("快两个礼拜哒", "快两个礼拜哒"),
        ("天天半夜两点还在卸货", "天天半夜两点"),
        ("俺爹今年七十三了 腿不好", None),
        ("香肠过期两个月了", None),
        ("天天这么吵", None),
        ("白天也吵", None),
        ("16号楼漏水", None),
    ],
)
def test_the_most_exact_time_of_the_matter_is_kept_whole(text: str, when: str | None) -> None:
    assert occurred(text) == when


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("手机号错了 尾号是3317", "尾号3317"),
        ("电话记串了 后四位是三三一七", "尾号3317"),
        ("等一下 俺说岔了 垃圾点在桥南 不是桥北", "桥南"),
        ("是路南 不是路北", "路南"),
    ],
)
def test_what_is_put_right_is_told_by_its_words(text: str, right: str) -> None:
    (correction,) = corrections(text)

    assert correction.right == right


def test_the_end_of_a_number_plate_is_no_end_of_a_telephone_number() -> None:
    assert corrections("车牌写错了 尾号是637") != (Correction(None, "尾号637"),)
