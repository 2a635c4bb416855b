"""Where one matter ends and the next begins."""

from __future__ import annotations

import pytest

from nlu.interpreter import Interpreter


def _told(interpreter: Interpreter, text: str) -> list[str]:
    return [text[part.start : part.end] for part in interpreter.parse(text).matters]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("我要投诉物业不作为", "另外供暖也不热"),
        ("小区停水三天了，", "还有就是停电"),
        ("低保怎么办，", "另外残疾证去哪补"),
        ("我要反映学校乱收费", "顺便问下社保卡怎么补办"),
        ("养老金没到账", "再就是医保卡也刷不出来"),
        ("公积金怎么提，", "还有居住证能不能代办"),
    ],
)
def test_a_linking_word_between_two_troubles_parts_them(model: Interpreter, first: str, second: str) -> None:
    assert _told(model, first + second) == [first, second]


@pytest.mark.parametrize(
    "text",
    [
        "楼上漏水物业不管，另外希望尽快处理",
        "停水三天了，还有人管吗",
        "物业不管事另外找的保洁也不来",
        "邻居半夜吵得睡不着，还有个孩子要高考",
        "办证跑了三趟，头一趟没人，第二趟差个章",
        "他家占道还有理了",
    ],
)
def test_what_goes_on_with_the_same_trouble_is_one(model: Interpreter, text: str) -> None:
    assert _told(model, text) == [text]
