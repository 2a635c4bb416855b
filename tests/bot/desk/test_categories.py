"""A category is found by whatever an operator types first."""

from pathlib import Path

import pytest

from bot.desk.categories import CategorySearch
from nlu.taxonomy import Taxonomy

HEATING = ("城乡建设", "城市建设和市政管理", "冬季采暖")


@pytest.fixture(scope="module")
def search() -> CategorySearch:
    return CategorySearch(Taxonomy.load(Path(__file__).parents[3] / "cities" / "anshan" / "categories.csv"))


@pytest.mark.parametrize(
    "typed",
    ["冬季采暖", "采暖", "暖气不热", "djcn", "DJCN", "dongjicainuan", "dongjicn", "nqbr", "cnbr", "供热 cn", "010208"],
)
def test_by_name_keyword_initials_syllables_or_code(search: CategorySearch, typed: str) -> None:
    assert search.find(typed, 5)[0].path == HEATING


def test_what_it_was_found_by_is_said_unless_its_name_says_it(search: CategorySearch) -> None:
    assert search.find("cnbr", 1)[0].why == "采暖、不热"
    assert search.find("djcn", 1)[0].why == ""


@pytest.mark.parametrize("typed", ["", "  ", "qqqqqq", "';--", "没有这种东西", "%", "1"])
def test_what_is_nowhere_is_not_found(search: CategorySearch, typed: str) -> None:
    assert search.find(typed, 5) == []


def test_a_whole_path_names_one_leaf_however_it_is_parted(search: CategorySearch) -> None:
    for words in (" > ".join(HEATING), "/".join(HEATING), " ".join(HEATING)):
        found = search.by_path(words)
        assert found
        assert found.path == HEATING
    assert search.by_path("其他") is None
