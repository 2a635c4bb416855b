"""The desk's words, times and colours."""

import re
from pathlib import Path

import pytest

from handoff.console import words
from handoff.desk import ActionResult, Outcome


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "刚刚"),
        (59, "刚刚"),
        (60, "1 分钟"),
        (3599, "59 分钟"),
        (3600, "1 小时"),
        (3900, "1 小时 5 分"),
        (200000, "2 天"),
    ],
)
def test_a_wait_is_said_as_one_says_it(seconds: float, shown: str) -> None:
    assert words.ago(1000.0, 1000.0 + seconds) == shown


def test_times_are_beijing_times_wherever_the_server_stands() -> None:
    assert words.iso(0) == "1970-01-01T08:00:00+08:00"
    assert words.clock(0) == "08:00"
    assert words.day(0) == "1970 年 1 月 1 日 星期四"


def test_each_outcome_has_its_word() -> None:
    said = [words.refusal(ActionResult(outcome=outcome)) for outcome in Outcome]

    assert said == [
        "",
        "已被 其他坐席 接管，您的操作没有生效。",
        "会话不在您手中，您的操作没有生效。",
        "会话不存在。",
    ]


def _shades() -> list[dict[str, str]]:
    css = (Path(words.__file__).parent / "static" / "desk.css").read_text()
    parts = re.findall(r":root[^{]*\{(.*?)\}", css, re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): ([^;]+);", part)) for part in parts]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, two: str) -> float:
    bright, dim = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_dark_is_the_same_whether_the_system_or_somebody_chose_it() -> None:
    light, by_system, chosen = _shades()
    assert by_system == chosen
    assert light.keys() == chosen.keys()


@pytest.mark.parametrize("shade", _shades()[:2], ids=["light", "dark"])
def test_words_and_edges_stand_out_enough_in_light_and_dark(shade: dict[str, str]) -> None:
    pairs = [
        *((ink, ground) for ink in ("text", "muted", "main") for ground in ("ground", "surface", "raised")),
        *((f"{colour}-ink", f"{colour}-soft") for colour in ("main", "amber", "red")),
        *((f"{colour}-ink", ground) for colour in ("main", "amber", "red") for ground in ("surface", "raised")),
        ("text", "main-soft"),
        ("muted", "raised"),
        ("on-main", "main"),
        ("on-main", "main-deep"),
        ("red-ink", "red-soft"),
    ]
    edges = [("edge", "surface"), ("edge", "raised"), ("main", "surface")]

    weak = [pair for pair in pairs if _contrast(shade[pair[0]], shade[pair[1]]) < 4.5]
    weak += [pair for pair in edges if _contrast(shade[pair[0]], shade[pair[1]]) < 3]
    assert weak == []
