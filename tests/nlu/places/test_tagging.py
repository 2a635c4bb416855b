"""Borders of places: the grammar and the encoder each have a say, and neither alone decides against a sure other."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.places.tagging import Floats, spans

TEXT = "双山小区南门的路灯坏了"


def tagged(*places: tuple[int, int, bool], belief: float = 0.95, length: int = len(TEXT)) -> Floats:
    """What an encoder says that believes in these stretches."""
    tags = np.full((length, 5), 0.01, dtype=np.float32)
    tags[:, 0] = 0.96
    for start, end, main in places:
        first = 1 if main else 3
        tags[start:end] = (1 - belief) / 4
        tags[start, first] = belief
        tags[start + 1 : end, first + 1] = belief
    return tags


def found(*places: tuple[int, int, bool], grammar: tuple[tuple[int, int], ...], belief: float = 0.95) -> list[str]:
    return [TEXT[one.start : one.end] for one in spans(TEXT, grammar, tagged(*places, belief=belief))]


def test_where_both_agree_the_place_stands() -> None:
    assert found((0, 6, True), grammar=((0, 6),)) == ["双山小区南门"]


def test_a_sure_encoder_finds_what_the_grammar_does_not_know() -> None:
    assert found((0, 6, True), grammar=()) == ["双山小区南门"]


def test_a_sure_encoder_takes_away_what_the_grammar_made_up() -> None:
    nothing = np.zeros((len(TEXT), 5), dtype=np.float32)
    nothing[:, 0] = 0.9999
    assert spans(TEXT, [(7, 9)], nothing) == []


def test_an_encoder_in_doubt_leaves_the_word_to_the_grammar() -> None:
    doubtful = np.full((len(TEXT), 5), 0.1, dtype=np.float32)
    doubtful[:, 0] = 0.6
    assert [(one.start, one.end) for one in spans(TEXT, [(0, 4)], doubtful)] == [(0, 4)]


def test_places_that_touch_are_one() -> None:
    assert found((0, 4, True), (4, 6, False), grammar=()) == ["双山小区南门"]


def test_a_name_found_whole_is_whole_where_a_part_of_it_was_found() -> None:
    text = "双山小区停水,双山小区没人管"

    found_here = spans(text, [], tagged((0, 4, True), (8, 11, False), length=len(text)))

    assert [(one.start, one.end) for one in found_here] == [(0, 4), (7, 11)]


def test_a_span_has_no_particles_at_its_ends() -> None:
    assert found((0, 7, True), grammar=()) == ["双山小区南门"]


def test_where_the_matter_is_comes_from_the_encoder() -> None:
    first, second = spans(TEXT, [], tagged((0, 4, False), (7, 9, True)))

    assert first.main < 0.5 < second.main


def test_beyond_what_the_encoder_read_the_grammar_decides_alone() -> None:
    short = tagged((0, 4, True), length=5)

    assert [(one.start, one.end) for one in spans(TEXT, [(0, 4), (7, 9)], short)] == [(0, 4), (7, 9)]


def told(text: str, *places: tuple[int, int], grammar: tuple[tuple[int, int], ...] = ()) -> list[str]:
    tags = tagged(*((start, end, True) for start, end in places), length=len(text))
    return [text[one.start : one.end] for one in spans(text, grammar, tags)]


@pytest.mark.parametrize("name", ["和平街道", "和顺花园", "和谐佳苑"])
def test_a_name_keeps_the_particle_with_which_it_begins(name: str) -> None:
    assert told(f"{name}停水", (0, 4)) == [name]


def test_a_name_keeps_the_particle_with_which_the_grammar_ends_it() -> None:
    assert told("永和停水", (0, 2), grammar=((0, 2),)) == ["永和"]


def test_a_place_does_not_begin_with_what_joins_it() -> None:
    assert told("和双山小区停水", (0, 5)) == ["双山小区"]


def test_a_number_is_not_torn() -> None:
    assert told("5栋3门402漏水", (0, 6)) == ["5栋3门402"]
    assert told("一百二十栋漏水", (3, 5)) == ["一百二十栋"]


def test_the_year_behind_a_place_is_no_number_of_a_house() -> None:
    assert told("双山村2018年修的路", (0, 4)) == ["双山村"]


def test_a_place_does_not_end_in_the_middle_of_what_points_at_it() -> None:
    assert told("双山那边停水", (0, 3)) == ["双山"]


def test_a_word_that_the_grammar_knows_whole_is_not_torn() -> None:
    assert told("双山置业有限公司欠薪", (0, 4), grammar=((0, 8),)) == ["双山置业有限公司"]
    assert told("双山区供暖公司停暖", (0, 6), grammar=((0, 7),)) == ["双山区供暖公司"]
