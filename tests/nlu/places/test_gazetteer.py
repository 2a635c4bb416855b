"""The place list of a city: loaded with care, matched at full length."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.places.gazetteer import Entry, Gazetteer, GazetteerError, Strength
from tests.nlu.conftest import PLACES


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("河南区,,planet,7,,,,\n", "level 'planet' is none of"),
        (",,district,7,,,,\n", "empty name or code"),
        ("河南区,,district,990102,,,,\n", "990102 is on line 3 already"),
        ("河南区,,district,7,12345,,,\n", "parent 12345 is nowhere"),
        ("河南区,,district,7,,north,,\n", "lat or lon is no number"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, row: str, told: str) -> None:
    file = tmp_path / "places.csv"
    file.write_text(PLACES + row, encoding="utf-8")

    with pytest.raises(GazetteerError, match=rf"places\.csv:15: .*{told}"):
        Gazetteer.load(file)


def test_an_empty_gazetteer_finds_nothing_and_says_so_quietly() -> None:
    assert Gazetteer().find("河东区柏塘镇") == []
    assert Gazetteer().nearest("柏塘镇") == ()


def test_a_name_that_occurs_twice_keeps_both(gazetteer: Gazetteer) -> None:
    (hit,) = [hit for hit in gazetteer.find("龙泉村没水") if hit.strength is Strength.NAME]

    assert {gazetteer.candidate(entry).street for entry in hit.entries} == {"柏塘镇", "葛岭乡"}


def test_other_endings_and_misheard_names_are_known(gazetteer: Gazetteer) -> None:
    found = {hit.strength: hit.entries[0].name for hit in gazetteer.find("柏唐镇 柏塘街道 石磨坊")}

    assert found[Strength.MISHEARD] == "柏塘镇"
    assert found[Strength.VARIANT] == "柏塘镇"
    assert found[Strength.STEM] == "石磨坊村"


def test_a_candidate_knows_what_it_lies_in(gazetteer: Gazetteer) -> None:
    entry = gazetteer.by_code("990104001002")

    assert entry is not None
    candidate = gazetteer.candidate(entry)
    assert (candidate.district, candidate.street, candidate.community) == ("青岭满族自治县", "葛岭乡", "石磨坊村")


def test_the_nearest_known_places_of_a_point_come_with_their_distance(gazetteer: Gazetteer) -> None:
    ((place, metres),) = gazetteer.around(41.101, 122.9, "GCJ-02")

    assert (place.name, place.district, place.street) == ("云溪火车站", "河西区", "鹿鸣街道")
    assert metres == pytest.approx(111.2, abs=0.2)


@pytest.mark.parametrize(("lat", "datum"), [(41.1, "wgs84"), (41.1, "unknown"), (41.1, ""), (41.2, "gcj02")], ids=str)
def test_nothing_is_near_in_another_datum_or_far_away(gazetteer: Gazetteer, lat: float, datum: str) -> None:
    assert gazetteer.around(lat, 122.9, datum) == ()


def test_nothing_is_near_where_no_place_has_coordinates() -> None:
    assert Gazetteer((Entry("河东区", "district", "1"),)).around(41.1, 122.9, "gcj02") == ()
