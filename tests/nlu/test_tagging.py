"""Borders of places: the grammar and the encoder each have a say, and neither alone decides against a sure other."""

from __future__ import annotations

import numpy as np

from nlu.tagging import Floats, spans

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
