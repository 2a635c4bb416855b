"""Categories by what was read and what the words say; a city's own tree needs no training."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from bot.city import City
from nlu.encoder import SHIPPED, Encoder
from nlu.interpretation import CategoryScore, Interpretation
from nlu.interpreter import Interpreter
from nlu.taxonomy import Taxonomy
from tests.nlu.conftest import CITIES

MATTERS = {
    "暖气片冰凉，家里才十四度": "冬季采暖",
    "老板欠我们农民工三个月工资": "农民工权益",
    "公交车司机不停站直接开过去了": "公共汽车",
    "幼儿园老师打孩子": "校园安全",
    "工地半夜打桩吵得睡不着": "噪音污染",
    "饭店吃出虫子拉肚子": "食品安全",
    "村里低保名额给了村干部亲戚": "农村低保",
    "身份证丢了去哪补": "身份证管理",
}
KINDS = ("投诉", "求助", "咨询", "建议", "表扬", "举报", "其他诉求")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load(SHIPPED)


def test_a_tree_of_three_thousand_seven_hundred_leaves_of_its_own_loads_without_training(
    tmp_path: Path, encoder: Encoder
) -> None:
    """Every leaf of the national scheme under a first level and a name that the encoder never saw."""
    shipped = Taxonomy.load(CITIES / "generic" / "categories.csv")
    pack = tmp_path / "own"
    shutil.copytree(CITIES / "generic", pack)
    facts = (pack / "city.toml").read_text(encoding="utf-8")
    (pack / "city.toml").write_text(re.sub(r"(?ms)^placeless = \[.*?\]", "placeless = []", facts), encoding="utf-8")
    with (pack / "categories.csv").open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(["code", "l1", "l2", "l3", "keywords", "unit", "fast_lane"])
        for category in shipped:
            for number, kind in enumerate(KINDS):
                one, two, three = category.path
                words = "|".join(category.keywords[number :: len(KINDS)])
                table.writerow(
                    [
                        f"SX-{category.code}.{'abcdefg'[number]}",
                        f"{one}口",
                        f"{one}·{two}",
                        f"{three}·{kind}",
                        words,
                        "",
                        "",
                    ]
                )
    city = City.load(pack)
    interpreter = Interpreter.load(city.folder, encoder)

    assert city.counts["categories.csv"] == len(interpreter.taxonomy) > 3_600
    hits = 0
    for text, leaf in MATTERS.items():
        found = interpreter.parse(text)
        hits += any(leaf in candidate.path[2] for candidate in found.candidates)
        assert all(interpreter.taxonomy.by_code(each.code) for each in found.candidates)
    assert hits >= 6


def test_each_level_is_believed_at_least_as_much_as_the_one_below(encoder: Encoder) -> None:
    interpreter = Interpreter.load(CITIES / "generic", encoder)

    for text in MATTERS:
        for candidate in interpreter.parse(text).candidates:
            assert candidate.levels is not None
            first, second, leaf = candidate.levels
            assert 1.001 >= first >= second - 1e-6 >= leaf - 2e-6
            assert leaf == candidate.confidence


def test_a_keyword_counts_from_the_moment_it_is_written_into_the_table(tmp_path: Path, encoder: Encoder) -> None:
    table = (CITIES / "generic" / "categories.csv").read_text(encoding="utf-8")
    (tmp_path / "categories.csv").write_text(table.replace("地铁城铁,", "地铁城铁,咕噜号|", 1), encoding="utf-8")
    before = Interpreter.load(CITIES / "generic", encoder).parse("坐咕噜号刷卡进站刷不了")
    after = Interpreter.load(tmp_path, encoder).parse("坐咕噜号刷卡进站刷不了")

    def belief(found: Interpretation) -> float:
        return sum(candidate.confidence for candidate in found.candidates if candidate.path[2] == "地铁城铁")

    assert belief(after) > belief(before)


def test_a_category_is_claimed_as_deep_as_every_level_is_rather_right_than_wrong() -> None:
    path = ("城乡建设", "供水供气供热", "冬季采暖")

    assert CategoryScore("1", path, 0.8, levels=(0.9, 0.85, 0.8)).sure == 3
    assert CategoryScore("1", path, 0.3, levels=(0.9, 0.6, 0.3)).sure == 2
    assert CategoryScore("1", path, 0.3, levels=(0.4, 0.35, 0.3)).sure == 0
    assert CategoryScore("1", path, 0.3).sure == 0
    assert CategoryScore("1", path, 0.3, levels=(0.9, 0.6, 0.3)).as_json()["path"] == list(path)
