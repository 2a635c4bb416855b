"""Doors: building, unit and room in every way of writing them."""

from __future__ import annotations

import pytest

from nlu.normalize import normalize
from nlu.places.finder import PlaceFinder
from nlu.places.gazetteer import Gazetteer
from nlu.places.houses import read


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("十二号楼三单元502室", ("12", "3", "502")),
        ("7栋3门402", ("7", "3", "402")),
        ("16号楼3-502", ("16", "3", "502")),
        ("26-2-1104", ("26", "2", "1104")),
        ("一百二十三栋", ("123", None, None)),
        ("b座1806", ("B", None, "1806")),
        ("c座", ("C", None, None)),
        ("锦程路128号", (None, None, None)),
    ],
)
def test_every_way_of_writing_a_door_is_read(said: str, expected: tuple[str | None, ...]) -> None:
    assert tuple(read(said).values()) == expected


@pytest.mark.parametrize("said", ["7栋3门402", "B座1806", "一百二十三栋", "翠湖花园26-2-1104", "16号楼3-502"])
def test_the_whole_door_is_in_the_span(said: str) -> None:
    (place,) = PlaceFinder(Gazetteer()).find(normalize(f"{said}漏水"))

    assert place.text.upper() == said


@pytest.mark.parametrize("said", ["电话0412-55-1234没人接", "2024-10-1203", "3栋2门300元"])
def test_numbers_that_are_no_doors_are_left_alone(said: str) -> None:
    assert all(place.room is None for place in PlaceFinder(Gazetteer()).find(normalize(said)))
