"""Other cities: a place that says itself that it is not here is given none of our codes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nlu.interpretation import Place
from nlu.normalize import normalize
from nlu.places.elsewhere import Elsewhere
from nlu.places.finder import PlaceFinder
from nlu.places.gazetteer import Gazetteer
from tests.nlu.conftest import CITIES

Find = Callable[[str, str], tuple[Place, ...]]


@pytest.fixture(scope="module")
def find() -> Find:
    finders = {city: PlaceFinder(Gazetteer.load(CITIES / city / "places.csv")) for city in ("anshan", "changyi")}
    return lambda city, text: finders[city].find(normalize(text))


@pytest.mark.parametrize(
    ("city", "said"),
    [
        ("anshan", "本溪市铁西区"),
        ("anshan", "长春铁西区"),
        ("anshan", "吉林省四平市铁东区"),
        ("changyi", "高密市"),
        ("changyi", "临朐县"),
        ("changyi", "潍坊市寒亭区"),
        ("changyi", "青岛市黄岛区"),
    ],
)
def test_a_district_of_another_city_is_not_ours(find: Find, city: str, said: str) -> None:
    (place,) = find(city, f"{said}暖气不热")

    assert place.text == said
    assert place.elsewhere
    assert (place.district, place.code, place.candidates) == (None, None, ())


@pytest.mark.parametrize(
    ("city", "said", "district"),
    [
        ("anshan", "鞍山市铁西区", "铁西区"),
        ("anshan", "辽宁省鞍山市铁东区", "铁东区"),
        ("changyi", "潍坊市昌邑市", "昌邑市"),
        ("changyi", "山东省潍坊市柳疃镇", "昌邑市"),
        ("changyi", "昌邑", "昌邑市"),
        ("changyi", "棚户区", "昌邑市"),
    ],
)
def test_what_the_city_lies_in_makes_it_no_other(find: Find, city: str, said: str, district: str) -> None:
    (place,) = find(city, f"{said}暖气不热")

    assert not place.elsewhere
    assert place.district == district


def test_a_road_that_bears_the_name_of_a_city_is_here(find: Find) -> None:
    (place,) = find("anshan", "铁西区沈阳路和大连街交叉口积水")

    assert not place.elsewhere
    assert place.district == "铁西区"


def test_where_somebody_comes_from_is_not_where_the_matter_is(find: Find) -> None:
    places = find("anshan", "陕西省来的大车压坏了铁西区的路")

    assert [(place.text, place.main) for place in places] == [("陕西省", False), ("铁西区", True)]


def test_a_city_with_codes_of_its_own_is_known_by_name() -> None:
    elsewhere = Elsewhere(["A01"], ["大连"])

    assert not elsewhere.holds("大连市中山区")
    assert elsewhere.holds("沈阳市和平区")


def test_where_no_city_is_known_no_other_is_either() -> None:
    (place,) = PlaceFinder(Gazetteer()).find(normalize("沈阳市和平区暖气不热"))

    assert place.text == "沈阳市和平区"
    assert place.main
    assert not place.elsewhere
