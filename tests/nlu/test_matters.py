"""Where one matter ends and the next begins."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.interpreter import Interpreter
from nlu.matters import split


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


def _parted(text: str, believed: dict[str, float]) -> list[str]:
    """Cut, where the encoder believes so much that a matter begins with these words."""
    read = np.zeros(len(text), dtype=np.float32)
    for words, belief in believed.items():
        read[text.index(words)] = belief
    return [text[part.start : part.end] for part in split(text, read)]


def test_the_encoder_parts_two_matters_that_no_word_links() -> None:
    assert _parted("垃圾桶一周没人清楼道小广告贴满了", {"楼道": 0.95}) == ["垃圾桶一周没人清", "楼道小广告贴满了"]


def test_of_what_it_is_not_sure_it_stays_one_matter() -> None:
    text = "垃圾桶一周没人清楼道小广告贴满了"

    assert _parted(text, {"楼道": 0.6}) == [text]


def test_a_cut_falls_behind_the_sign_beside_it() -> None:
    assert _parted("垃圾桶一周没人清，楼道贴满了广告", {"，": 0.95}) == ["垃圾桶一周没人清，", "楼道贴满了广告"]
    assert _parted("垃圾桶一周没人清，楼道贴满了广告", {"道贴": 0.95}) == ["垃圾桶一周没人清，", "楼道贴满了广告"]


def test_a_belief_that_two_places_share_parts_three_matters() -> None:
    text = "垃圾桶一周没人清，楼道贴满了广告，路灯也全不亮"

    assert _parted(text, {"楼道": 0.5, "路灯": 0.45}) == ["垃圾桶一周没人清，", "楼道贴满了广告，", "路灯也全不亮"]


def test_a_linking_word_that_the_encoder_doubts_parts_nothing_but_one_that_was_announced() -> None:
    linked = "垃圾桶一周没人清，另外楼道灯也不亮"

    assert _parted(linked, {"另外": 0.3}) == ["垃圾桶一周没人清，", "另外楼道灯也不亮"]
    assert _parted(linked, {"另外": 0.001}) == [linked]
    assert len(_parted(f"两件事，{linked}", {"另外": 0.001})) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("一是垃圾桶没人清理，", "二是井盖丢了没人管"),
        ("第一，暖气不热，", "第二，路灯不亮"),
        ("两个问题，首先暖气不热，", "其次物业乱收费"),
        ("反映两件事：楼上半夜吵得睡不着，", "井盖丢了没人管"),
    ],
)
def test_what_lists_or_announces_itself_is_parted_whatever_the_encoder_thinks(first: str, second: str) -> None:
    assert _parted(first + second, {}) == [first, second]


def test_of_more_than_was_announced_the_words_that_count_go_before_the_encoder() -> None:
    first, second = "反映两件事，第一个小区路灯不亮很久了，", "第二是垃圾桶没人清理"

    assert _parted(first + second, {"路灯": 0.5}) == [first, second]


def test_beliefs_of_several_windows_are_not_added_up() -> None:
    text = "垃圾桶一周没人清，" + "我们跟物业说过许多回" * 10 + "，楼道贴满了广告"

    assert _parted(text, {"我们": 0.5, "楼道": 0.45}) == [text]


def test_a_cut_leaves_no_sign_at_the_head_of_the_next() -> None:
    assert _parted("垃圾桶一周没人清！！！楼道贴满了广告", {"！！！": 0.95})[1] == "楼道贴满了广告"
