"""Where it happened: spans as they are said, resolved to what is official."""

from __future__ import annotations

import pytest

from nlu.interpretation import Place
from nlu.normalize import normalize
from nlu.places.finder import PlaceFinder
from nlu.places.gazetteer import Gazetteer
from tests.nlu.conftest import CITIES


def spans(finder: PlaceFinder, text: str) -> list[str]:
    return [text[place.start : place.end] for place in finder.find(normalize(text))]


def only(finder: PlaceFinder, text: str) -> Place:
    (place,) = finder.find(normalize(text))
    return place


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("河东区柏塘镇龙泉村没水了", ["河东区柏塘镇龙泉村"]),
        ("翠湖花园8栋2单元301室漏水", ["翠湖花园8栋2单元301室"]),
        ("锦程路和滨江大道交叉口红绿灯坏了", ["锦程路和滨江大道交叉口"]),
        ("锦程路到滨江大道这段全是坑", ["锦程路到滨江大道这段"]),
        ("我在锦程小学门口看见的", ["锦程小学门口"]),
        ("锦程路和滨江路口西边有个坑", ["锦程路和滨江路口西边"]),
        ("锦程路与滨江大道那 红灯不亮", ["锦程路与滨江大道"]),
        ("河东区柏塘镇锦程路和滨江路交叉口", ["河东区柏塘镇锦程路和滨江路交叉口"]),
        ("锦程路和滨江大道都没有路灯", ["锦程路", "滨江大道"]),
        ("在柏塘镇给人盖冷库没给工钱", ["柏塘镇"]),
        ("打供电公司电话一直占线", []),
        ("梧桐社区老人上医院不方便", ["梧桐社区"]),
        ("107国道柏塘镇龙泉村那块有坑", ["107国道柏塘镇龙泉村"]),
        ("石磨坊村那个鞭炮厂边上烧荒", ["石磨坊村那个鞭炮厂边上"]),
        ("龙泉村到乡政府那条一下雨就烂", ["龙泉村到乡政府那条"]),
        ("就在镇政府斜对面二楼", ["镇政府斜对面二楼"]),
        ("村口往东半里地", ["村口往东半里地"]),
        ("鹿鸣街道梧桐社区门前早点摊占道", ["鹿鸣街道梧桐社区门前"]),
        ("锦程路128号油烟大", ["锦程路128号"]),
        ("汽车站对面有黑车", ["汽车站对面"]),
        ("我们小区的路灯不亮", []),
        ("这条马路太窄了", []),
        ("每天走路上班", []),
        ("河东区政府不作为", []),
    ],
)
def test_a_span_is_the_longest_expression_that_helps_to_find_the_place(
    finder: PlaceFinder, text: str, expected: list[str]
) -> None:
    assert spans(finder, text) == expected


@pytest.mark.parametrize("road", ["山西路", "四川北路", "解放路", "建国路", "湖南街", "北京大道"])
def test_a_road_with_the_name_of_a_province_is_a_road(finder: PlaceFinder, road: str) -> None:
    place = only(finder, f"{road}路灯坏了")

    assert place.text == road
    assert place.road == road
    assert place.district is None


def test_a_street_implies_its_district(finder: PlaceFinder) -> None:
    place = only(finder, "柏塘镇卫生院总关门")

    assert (place.district, place.street) == ("河东区", "柏塘镇")


def test_a_village_that_exists_twice_leaves_the_street_open(finder: PlaceFinder) -> None:
    place = only(finder, "龙泉村路灯不亮")

    assert place.street is None
    assert {candidate.street for candidate in place.candidates} == {"柏塘镇", "葛岭乡"}


def test_a_town_named_beside_it_settles_which_village(finder: PlaceFinder) -> None:
    place = only(finder, "葛岭乡龙泉村路灯不亮")

    assert (place.district, place.street, place.community) == ("青岭满族自治县", "葛岭乡", "龙泉村")


def test_short_forms_are_understood(finder: PlaceFinder) -> None:
    place = only(finder, "青岭石磨坊全村没电")

    assert (place.district, place.community) == ("青岭满族自治县", "石磨坊村")


def test_a_short_form_that_is_an_everyday_word_is_no_place(finder: PlaceFinder) -> None:
    assert spans(finder, "坚持就是胜利") == []
    assert only(finder, "河东胜利街道停水").street == "胜利街道"


def test_a_misspelt_town_is_kept_as_typed_and_means_the_real_one(finder: PlaceFinder) -> None:
    place = only(finder, "柏唐镇有人烧荒")

    assert place.text == "柏唐镇"
    assert place.street == "柏塘镇"
    assert place.confidence < 0.9


def test_a_company_that_bears_a_place_name_is_no_place_beside_a_real_one(finder: PlaceFinder) -> None:
    assert spans(finder, "河东建工集团在鹿鸣街道梧桐社区欠薪") == ["鹿鸣街道梧桐社区"]


def test_a_rejected_place_is_not_the_place_of_the_matter(finder: PlaceFinder) -> None:
    wrong, right = finder.find(normalize("不是柏塘的龙泉村，是葛岭的龙泉村"))

    assert (wrong.main, right.main) == (False, True)
    assert right.street == "葛岭乡"


def test_building_unit_and_room_are_read_out(finder: PlaceFinder) -> None:
    place = only(finder, "翠湖花园十二号楼三单元502室")

    assert (place.compound, place.building, place.unit, place.room) == ("翠湖花园", "12", "3", "502")


def test_without_a_gazetteer_spans_are_found_all_the_same() -> None:
    place = only(PlaceFinder(Gazetteer()), "锦程路和滨江大道交叉口积水")

    assert place.text == "锦程路和滨江大道交叉口"
    assert place.district is None


def test_offsets_count_in_the_given_text(finder: PlaceFinder) -> None:
    text = "👍🏻\u200b在Ｃ区翠湖花園３号楼漏水"

    assert spans(finder, text)[-1].endswith("翠湖花園３号楼")


@pytest.fixture(scope="module")
def anshan_places() -> PlaceFinder:
    return PlaceFinder(Gazetteer.load(CITIES / "anshan" / "places.csv"))


@pytest.mark.parametrize(
    "said", ["站前", "站前那边井盖丢了", "站前附近井盖丢了", "站前的井盖丢了", "家住站前，暖气不热"]
)
def test_an_everyday_word_that_is_spoken_of_as_a_place_is_one(anshan_places: PlaceFinder, said: str) -> None:
    assert only(anshan_places, said).street == "站前街道"


def test_in_front_of_a_station_is_no_street(anshan_places: PlaceFinder) -> None:
    assert all(place.street is None for place in anshan_places.find(normalize("火车站前井盖丢了")))


@pytest.mark.parametrize(
    ("city", "said", "district"),
    [
        ("anshan", "立山没暖气", "立山区"),
        ("anshan", "千山那边井盖丢了", "千山区"),
        ("jining", "俺嘉祥没暖气", "嘉祥县"),
        ("jining", "梁山没暖气", "梁山县"),
        ("changyi", "昌邑没暖气", "昌邑市"),
    ],
)
def test_the_short_form_of_a_district_is_the_district(city: str, said: str, district: str) -> None:
    place = only(PlaceFinder(Gazetteer.load(CITIES / city / "places.csv")), said)

    assert place.district == district
    assert [(option.level, option.name) for option in place.candidates] == [("district", district)]


@pytest.mark.parametrize("said", ["高新区", "经开区", "鞍山高新区"])
def test_a_place_with_an_alias_is_one_choice(anshan_places: PlaceFinder, said: str) -> None:
    place = only(anshan_places, f"{said}井盖丢了")

    assert place.code is not None
    assert len(place.candidates) == 1
    assert place.confidence > 0.9


@pytest.mark.parametrize(
    ("said", "district", "name"),
    [
        ("铁东区和平花园", "铁东区", "和平花园"),
        ("铁西区共和小区", "铁西区", "共和小区"),
        ("铁东区解放第一小学", "铁东区", "解放第一小学"),
        ("立山区曙光骨科医院", "立山区", "曙光骨科医院"),
    ],
)
def test_a_name_alone_says_nothing_of_the_street_of_that_name(
    anshan_places: PlaceFinder, said: str, district: str, name: str
) -> None:
    place = only(anshan_places, f"{said}没暖气")

    assert (place.district, place.street) == (district, None)
    assert name in {place.compound, place.landmark}


def test_what_serves_a_street_lies_in_it(anshan_places: PlaceFinder) -> None:
    assert only(anshan_places, "长甸派出所门口井盖丢了").street == "长甸街道"
    assert only(anshan_places, "站前街道办事处旁边井盖丢了").text == "站前街道办事处旁边"


def test_a_crossing_is_no_village() -> None:
    place = only(PlaceFinder(Gazetteer.load(CITIES / "jining" / "places.csv")), "任城区仙营路口井盖丢了")

    assert (place.district, place.street, place.community) == ("任城区", None, None)
    assert place.text == "任城区仙营路口"


def test_two_roads_and_that_crossing_are_one_place(finder: PlaceFinder) -> None:
    assert spans(finder, "锦程路和滨江大道那个路口有坑") == ["锦程路和滨江大道那个路口"]
