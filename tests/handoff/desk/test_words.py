"""The desk's words, times and colours."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from handoff.console import words
from handoff.console.datum import to_gcj02, to_wgs84
from handoff.desk import ActionResult, Operator, Outcome, ThreadHead


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
        "这个会话没有绑定别的渠道，可能刚刚解除。",
        "这份草稿已经提交，或换成了另一件事。您填的内容仍保留在下面，没有生效。",
        "市民刚刚要求保密或匿名。您填的内容仍保留在下面，没有生效；要改为不保密请写明理由。",
    ]


@pytest.mark.parametrize(("count", "shown"), [(0, ""), (300, "1 KB"), (340 * 1024, "340 KB"), (2_200_000, "2.1 MB")])
def test_a_file_has_its_size(count: int, shown: str) -> None:
    assert words.size(count) == shown


def test_a_pin_leads_to_each_map_in_the_datum_of_that_map() -> None:
    """Places whose coordinates are published in both."""
    wechat = words.pin("39.91334545536069,116.38404722455657 gcj02 西单")
    telegram = words.pin("39.911954,116.377817 wgs84 西单")
    unknown = words.pin("39.911954,116.377817 unknown")
    assert wechat
    assert telegram
    assert unknown

    osm = "https://www.openstreetmap.org/?mlat=39.911954&mlon=116.377817#map=18/39.911954/116.377817"
    assert [dict(each.links)["OpenStreetMap"] for each in (wechat, telegram)] == [osm, osm]
    assert "coordinate=gaode" in dict(wechat.links)["高德地图"]
    assert "coordinate=wgs84" in dict(telegram.links)["高德地图"]
    assert "可能偏移" in unknown.point


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((51.5007, -0.1246), (51.5007, -0.1246)),
    ],
)
def test_gcj02_is_turned_back_to_the_centimetre(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert to_wgs84(*gcj02) == pytest.approx(wgs84, abs=1e-7)
    assert to_gcj02(*wgs84) == pytest.approx(gcj02, abs=1e-7)


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


WANGLI = Operator(name="wangli", display_name="王丽", role="operator", password_hash="")


@pytest.mark.parametrize(
    ("by", "holder", "shown"),
    [
        ("陈班长", "陈班长", "陈班长 接管了会话，不再由您处理。"),
        ("陈班长", "赵强", "陈班长 把会话调走了，不再由您处理。现在由 赵强 处理。"),
        ("陈班长", "", "陈班长 把会话放回了排队，不再由您处理。"),
        ("", "", "您这边超过 1 分钟没有连上，会话退回了排队，排在最前。"),
        ("", "赵强", "您这边超过 1 分钟没有连上，会话退回了排队，排在最前。现在由 赵强 处理。"),
    ],
)
def test_how_a_conversation_went_away_is_said_to_who_had_it_and_to_nobody_else(
    by: str, holder: str, shown: str
) -> None:
    head = ThreadHead(
        conversation_id="web:main:u1",
        channel="web",
        holder="operator" if holder else "waiting",
        operator=holder,
        operator_name=holder,
        reason="",
        since=0.0,
        last_text="",
        last_at=0.0,
        taken_from="wangli",
        taken_by=by,
    )

    assert words.taken(head, WANGLI) == shown
    assert words.taken(head, replace(WANGLI, name="zhaoqiang")) == ""
    assert words.taken(replace(head, holder="operator", operator="wangli"), WANGLI) == "", "he has it again"
