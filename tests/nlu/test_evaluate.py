"""Figures of a labelled file: those that its rows can give, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from nlu.evaluate import calibration_error, evaluate, macro_f1, understand
from nlu.interpretation import CategoryScore, Intent, Interpretation, Matter, Place
from nlu.interpreter import Interpreter

HEATING = ("城乡建设", "城市建设和市政管理", "冬季采暖")
LAMPS = ("城乡建设", "城市建设和市政管理", "路灯")
SCHOOL = ("教育文体", "教育行政管理", "其他")


def _understood(*paths: tuple[str, str, str], places: tuple[Place, ...] = (), **more: Any) -> Interpretation:
    """An answer: the first path is its category."""
    scores = tuple(CategoryScore("1", path, 0.5, levels=(0.75, 0.6, 0.5)) for path in paths)
    return Interpretation(
        text="",
        intent=more.pop("intent", Intent.APPEAL),
        confidence=1.0,
        category=scores[0] if scores else None,
        candidates=scores,
        locations=places,
        **more,
    )


def _figures(row: dict[str, Any], understood: Interpretation) -> dict[str, float]:
    return evaluate([{"text": ""} | row], [understood]).figures


def test_figures_appear_for_what_the_rows_speak_of(anshan: Interpreter) -> None:
    rows: list[dict[str, Any]] = [
        {"text": "转人工", "intent": "human"},
        {"text": "我家厨房着火了", "intent": "emergency"},
        {
            "text": "站前街道暖气不热",
            "category": list(HEATING),
            "locations": [{"start": 0, "end": 4, "main": True}],
            "street": "站前街道",
            "urgent": False,
        },
    ]
    result = evaluate(rows, understand(rows, lambda _city: anshan))

    assert result.rows == 3
    assert set(result.figures) == {
        *("l1", "l2", "l3", "l3_top3", "l1_ece", "intent_appeal"),
        *("loc_char_f1", "loc_span_f1_iou50", "loc_span_f1_exact", "main_found", "street", "street_invented"),
        *("urgent_false", "intent_acc", "intent_macro_f1", "emergency_recall", "emergency_false"),
    }
    assert {name for name, value in result.figures.items() if value == 0} == {
        *("street_invented", "urgent_false", "emergency_false"),
    }


def test_a_row_that_tells_nothing_gives_no_figure(anshan: Interpreter) -> None:
    rows = [{"text": "路灯不亮", **dict.fromkeys(("category", "level1", "intent", "locations", "urgent", "matters"))}]

    assert evaluate(rows, understand(rows, lambda _city: anshan)).figures == {}


def test_each_row_is_read_with_the_city_that_it_names(anshan: Interpreter, generic: Interpreter) -> None:
    cities = {"anshan": anshan, "": generic}
    rows: list[dict[str, Any]] = [
        {"text": "铁东区停水了"},
        {"text": "铁东区停水了", "city": "anshan"},
        {"text": "你好"},
    ]
    understood = understand(rows, cities.__getitem__)

    assert [[place.code for place in each.locations] for each in understood] == [[None], ["210302"], []]


def test_a_span_counts_as_found_when_half_of_what_both_cover_is_common() -> None:
    row = {"locations": [{"start": 0, "end": 4, "main": True}]}
    half, less = (Place(start=0, end=end, text="") for end in (8, 9))

    assert _figures(row, _understood(places=(half,)))["main_found"] == 1.0
    assert _figures(row, _understood(places=(half,)))["loc_span_f1_iou50"] == 1.0
    assert _figures(row, _understood(places=(half,)))["loc_span_f1_exact"] == 0.0
    assert _figures(row, _understood(places=(less,)))["main_found"] == 0.0


def test_rows_without_a_main_place_say_nothing_about_finding_it() -> None:
    said = Place(start=0, end=2, text="")

    assert "main_found" not in _figures({"locations": []}, _understood(places=(said,)))
    assert _figures({"locations": []}, _understood(places=(said,)))["no_place_right"] == 0.0
    assert _figures({"locations": []}, _understood()) == {"no_place_right": 1.0}


def test_a_district_that_the_row_does_not_have_is_invented() -> None:
    place = Place(start=0, end=2, text="", district="东区")

    assert _figures({"district": None}, _understood(places=(place,))) == {"district_invented": 1.0}
    assert _figures({"district": "西区", "district_ok": ["东区"]}, _understood(places=(place,))) == {
        "district": 0.0,
        "district_invented": 0.0,
    }


def test_rows_as_understand_prints_them_are_labels_too() -> None:
    place = Place(start=0, end=2, text="南门", district="东区", street="南街道")
    told = _understood(HEATING, places=(place,), matters=(Matter(0, 2), Matter(2, 4)), urgent=True)
    figures = _figures(told.as_json(), told)

    assert {"l3", "loc_char_f1", "main_found", "district", "street", "matters_right", "intent_acc"} < set(figures)
    assert figures["matters_right"] == figures["district"] == 1.0
    assert figures["district_invented"] == 0.0


def test_answers_outside_the_classes_of_the_file_are_masked_beside_the_open_figure() -> None:
    rows = [{"text": "", "level1": SCHOOL[0]}, {"text": "", "level1": "政法"}]
    figures = evaluate(rows, [_understood(HEATING, SCHOOL), _understood(HEATING)]).figures

    assert figures["l1_macro_f1_open"] == 0.0
    assert figures["l1_macro_f1_of_seven"] == 0.5


def test_another_category_that_is_as_right_counts_and_the_third_candidate_is_the_last() -> None:
    row = {"category": list(SCHOOL), "also": [list(LAMPS)]}

    assert _figures(row, _understood(LAMPS))["l3"] == 1.0
    assert _figures(row, _understood(HEATING, HEATING, LAMPS))["l3_top3"] == 1.0
    assert _figures(row, _understood(HEATING, HEATING, HEATING, LAMPS))["l3_top3"] == 0.0


def test_the_error_of_calibration_is_the_distance_of_confidence_and_truth_in_each_bin() -> None:
    assert calibration_error([(0.75, True), (0.75, False)]) == pytest.approx(0.25)
    assert calibration_error([(1.0, True), (0.0, False)]) == 0.0
    assert _figures({"level1": SCHOOL[0]}, _understood(HEATING))["l1_ece"] == 0.75


def test_macro_f1_weighs_labels_alike() -> None:
    assert macro_f1(["a", "a", "a", "b"], ["a", "a", "a", "a"]) == pytest.approx(3 / 7)


def test_messages_of_several_matters_and_of_one_are_counted_apart() -> None:
    two = _understood(matters=(Matter(0, 3), Matter(3, 6)))
    rows = [
        {"text": "", "matters": 2},
        {"text": "", "matters": 2},
        {"text": "", "matters": 1},
        {"text": "", "matters": 1},
    ]
    figures = evaluate(rows, [two, _understood(), two, _understood()]).figures

    assert figures == {"matters_right": 0.5, "several_found": 0.5, "several_false": 0.5}
