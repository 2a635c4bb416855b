"""How well labelled rows were understood: levels, intents, places, urgency, worst examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nlu.interpretation import Intent, Interpretation
from nlu.labels import Row, label_of

if TYPE_CHECKING:
    from nlu.interpreter import Interpreter

Span = tuple[int, int]
Pair = tuple[Row, Interpretation]

_NONE = "?"
"""Stands where no category was understood."""
_BINS = 10


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures by name, and what was confused with what. A figure is absent where no row of the file speaks of it."""

    rows: int
    figures: dict[str, float]
    confusions: tuple[tuple[str, str, int], ...] = ()
    worst: tuple[tuple[str, str, str], ...] = field(default=())  # text, expected, understood
    crossed: tuple[tuple[str, str], ...] = field(default=())  # first level expected and understood, a pair a row

    def as_json(self) -> dict[str, Any]:
        return {"rows": self.rows, **{name: round(value, 4) for name, value in self.figures.items()}}


def understand(rows: Sequence[Row], interpreter_of: Callable[[str], Interpreter]) -> list[Interpretation]:
    """Understand every row with the interpreter of the city that it names; a row without one names ''."""
    by_city: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        by_city.setdefault(row.get("city") or "", []).append(number)
    found: dict[int, Interpretation] = {}
    for city, numbers in by_city.items():
        answers = interpreter_of(city).parse_many([rows[number]["text"] for number in numbers])
        found |= zip(numbers, answers, strict=True)
    return [found[number] for number in range(len(rows))]


def evaluate(rows: Sequence[Row], understood: Sequence[Interpretation]) -> Evaluation:
    """Compare what was understood of each row with what the row tells."""
    pairs = list(zip(rows, understood, strict=True))
    confusions = Counter(
        (row["intent"], result.intent.value)
        for row, result in pairs
        if row.get("intent") and row["intent"] != result.intent
    )
    return Evaluation(
        rows=len(pairs),
        figures=_categories(pairs) | _first_levels(pairs) | _places(pairs) | _tenor(pairs) | _intents(pairs),
        confusions=tuple((was, became, count) for (was, became), count in confusions.most_common(10)),
        worst=_worst(pairs),
        crossed=_crossed(pairs),
    )


def _categories(pairs: Sequence[Pair]) -> dict[str, float]:
    told = [(_accepted(row), result) for row, result in pairs if label_of(row)]
    if not told:
        return {}
    figures = {
        f"l{depth}": _share(
            len(_path(result)) >= depth and _path(result)[:depth] in {path[:depth] for path in accepted}
            for accepted, result in told
        )
        for depth in (1, 2, 3)
    }
    figures["l3_top3"] = _share(
        any(candidate.path in accepted for candidate in result.candidates[:3]) for accepted, result in told
    )
    telling = [result for row, result in pairs if label_of(row) and row.get("intent") in (None, *_TELLING)]
    return figures | _if_any("intent_appeal", [result.intent in _TELLING for result in telling])


_TELLING = (Intent.APPEAL, Intent.EMERGENCY)


def _first_levels(pairs: Sequence[Pair]) -> dict[str, float]:
    """Rows that know the first level only: open, and with answers outside the classes of the file masked (there are
    seven in the letters, hence the name); and how far the confidence in it is off, of all rows that know it."""
    figures: dict[str, float] = {}
    if told := [(row["level1"], result) for row, result in pairs if row.get("level1") and not label_of(row)]:
        labels = [label for label, _ in told]
        figures["l1_macro_f1_open"] = macro_f1(labels, [_first(result) for _, result in told])
        figures["l1_macro_f1_of_seven"] = macro_f1(labels, [_first(result, set(labels)) for _, result in told])
    beliefs = [
        (result.category.levels[0], _first(result) in _accepted_firsts(row))
        for row, result in pairs
        if _accepted_firsts(row) and result.category and result.category.levels
    ]
    return figures | ({"l1_ece": calibration_error(beliefs)} if beliefs else {})


def _accepted(row: Row) -> set[tuple[str, ...]]:
    return {label_of(row), *(tuple(path) for path in row.get("also") or ())}


def _accepted_firsts(row: Row) -> set[str]:
    if label_of(row):
        return {path[0] for path in _accepted(row)}
    return {row["level1"]} if row.get("level1") else set()


def _path(result: Interpretation) -> tuple[str, ...]:
    return result.category.path if result.category else ()


def _first(result: Interpretation, among: set[str] | None = None) -> str:
    """The first level; with `among`, that of the likeliest category which is one of them."""
    if among is None:
        return _path(result)[0] if result.category else _NONE
    paths = [_path(result), *(candidate.path for candidate in result.candidates)]
    return next((path[0] for path in paths if path and path[0] in among), _NONE)


def _places(pairs: Sequence[Pair]) -> dict[str, float]:
    figures = _spans(pairs)
    for level in ("district", "street"):
        named, invented = [], []
        for row, result in pairs:
            if (told := _area(row, level)) is None:
                continue
            wanted, accepted = told
            got = {name for place in result.locations if (name := getattr(place, level))}
            invented.append(bool(got - accepted - {wanted}))
            if wanted:
                named.append(wanted in got)
        figures |= _if_any(level, named) | _if_any(f"{level}_invented", invented)
    return figures


def _area(row: Row, level: str) -> tuple[str | None, set[str]] | None:
    """The district or street of a row, and others that are as right; None where the row does not speak of it. Rows of
    `suda understand` tell it place by place."""
    if level in row:
        return row[level], set(row.get(f"{level}_ok") or ())
    places = sorted(row.get("locations") or (), key=lambda place: not place.get("main"))
    if not any(level in place for place in places):
        return None
    names = [place[level] for place in places if place.get(level)]
    return (names[0] if names else None), set(names)


def _spans(pairs: Sequence[Pair]) -> dict[str, float]:
    told = [
        (
            [(place["start"], place["end"]) for place in row["locations"]],
            [(place["start"], place["end"]) for place in row["locations"] if place.get("main")],
            [(place.start, place.end) for place in result.locations],
        )
        for row, result in pairs
        if row.get("locations") is not None
    ]
    marked = sum(len(wanted) for wanted, _, _ in told)
    said = sum(len(got) for _, _, got in told)
    figures: dict[str, float] = {}
    if marked + said:
        letters = [(_characters(wanted), _characters(got)) for wanted, _, got in told]
        hit = sum(len(wanted & got) for wanted, got in letters)
        figures["loc_char_f1"] = 2 * hit / sum(len(wanted) + len(got) for wanted, got in letters)
        near = sum(_is_found(span, got) for wanted, _, got in told for span in wanted)
        figures["loc_span_f1_iou50"] = 2 * near / (marked + said)
        exact = sum(span in got for wanted, _, got in told for span in wanted)
        figures["loc_span_f1_exact"] = 2 * exact / (marked + said)
    figures |= _if_any("main_found", [any(_is_found(main, got) for main in mains) for _, mains, got in told if mains])
    return figures | _if_any("no_place_right", [not got for wanted, _, got in told if not wanted])


def _tenor(pairs: Sequence[Pair]) -> dict[str, float]:
    typed = [
        result.appeal_type in {row["appeal_type"], *(row.get("appeal_type_ok") or ())}
        for row, result in pairs
        if row.get("appeal_type")
    ]
    counted = [
        (_count(row["matters"]), max(1, len(result.matters))) for row, result in pairs if row.get("matters") is not None
    ]
    return (
        _if_any("appeal_type", typed)
        | _if_any("urgent_recall", [result.urgent for row, result in pairs if row.get("urgent") is True])
        | _if_any("urgent_false", [result.urgent for row, result in pairs if row.get("urgent") is False])
        | _if_any("matters_right", [wanted == got for wanted, got in counted])
        | _if_any("several_found", [got > 1 for wanted, got in counted if wanted > 1])
        | _if_any("several_false", [got > 1 for wanted, got in counted if wanted == 1])
    )


def _count(matters: int | list[Any]) -> int:
    return max(1, len(matters)) if isinstance(matters, list) else matters


def _intents(pairs: Sequence[Pair]) -> dict[str, float]:
    told = [(row["intent"], result) for row, result in pairs if row.get("intent")]
    if not told:
        return {}
    labels, got = [label for label, _ in told], [result.intent.value for _, result in told]
    alarms = [
        (label == Intent.EMERGENCY, result.emergency is not None or result.intent is Intent.EMERGENCY)
        for label, result in told
    ]
    return {
        "intent_acc": _share(label == intent for label, intent in zip(labels, got, strict=True)),
        "intent_macro_f1": macro_f1(labels, got),
        **_if_any("emergency_recall", [raised for danger, raised in alarms if danger]),
        **_if_any("emergency_false", [raised for danger, raised in alarms if not danger]),
    }


def macro_f1(labels: Sequence[str], understood: Sequence[str]) -> float:
    """The mean over the labels of their F1."""
    scores: list[float] = []
    for label in sorted(set(labels)):
        both = sum(a == b == label for a, b in zip(labels, understood, strict=True))
        either = labels.count(label) + list(understood).count(label)
        scores.append(2 * both / either)
    return sum(scores) / len(scores) if scores else 0.0


def calibration_error(beliefs: Sequence[tuple[float, bool]]) -> float:
    """How far confidence is from being right, on average: answers in ten bins of equal width by their confidence."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for belief, is_right in beliefs:
        bins.setdefault(min(int(belief * _BINS), _BINS - 1), []).append((belief, is_right))
    return sum(abs(sum(belief - is_right for belief, is_right in each)) for each in bins.values()) / len(beliefs)


def _worst(pairs: Sequence[Pair], limit: int = 20) -> tuple[tuple[str, str, str], ...]:
    """Wrong categories of which the interpreter was most sure."""
    wrong = [
        (result.category.confidence, row["text"], "/".join(label_of(row)), "/".join(result.category.path))
        for row, result in pairs
        if result.category and label_of(row) and result.category.path not in _accepted(row)
    ]
    return tuple((text, expected, got) for _, text, expected, got in sorted(wrong, reverse=True)[:limit])


def _crossed(pairs: Sequence[Pair]) -> tuple[tuple[str, str], ...]:
    """First levels, expected and understood; an accepted other counts as expected."""
    crossed = []
    for row, result in pairs:
        if accepted := _accepted_firsts(row):
            got = _first(result)
            crossed.append((got if got in accepted else (label_of(row) or (row["level1"],))[0], got))
    return tuple(crossed)


def _share(claims: Iterable[bool]) -> float:
    answers = list(claims)
    return sum(answers) / len(answers)


def _if_any(name: str, claims: Sequence[bool]) -> dict[str, float]:
    return {name: _share(claims)} if claims else {}


def _characters(spans: Iterable[Span]) -> set[int]:
    return {position for start, end in spans for position in range(start, end)}


def _is_found(span: Span, among: Iterable[Span]) -> bool:
    """Whether one of them covers at least half of what both cover together."""
    return any(_overlap(span, other) >= 0.5 for other in among)


def _overlap(one: Span, other: Span) -> float:
    both = min(one[1], other[1]) - max(one[0], other[0])
    return both / (max(one[1], other[1]) - min(one[0], other[0])) if both > 0 else 0.0
