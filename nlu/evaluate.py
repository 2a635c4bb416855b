"""How well a city's interpreter does on a labelled file: levels, intents, places, urgency, worst examples."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlu.interpretation import Intent, Interpretation

Row = dict[str, Any]
Span = tuple[int, int]


class LabelError(ValueError):
    """The labelled file cannot be used; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures by name, and what was confused with what. A figure is absent where no row of the file speaks of it."""

    rows: int
    figures: dict[str, float]
    confusions: tuple[tuple[str, str, int], ...] = ()
    worst: tuple[tuple[str, str, str], ...] = field(default=())  # text, expected, understood
    crossed: tuple[tuple[str, str], ...] = field(default=())  # first level expected and understood, a pair a row

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "figures": {name: round(value, 4) for name, value in self.figures.items()},
            "confusions": [list(pair) for pair in self.confusions],
        }


def read_rows(file: Path) -> list[Row]:
    """Rows `{"text", …}` with any field of `suda understand`; `category` may be a path, `level1` alone will do."""
    rows: list[Row] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as wrong:
            raise LabelError(f"{file}:{number}: no JSON ({wrong.msg})") from wrong
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise LabelError(f"{file}:{number}: a row needs a text")
        rows.append(row)
    if not rows:
        raise LabelError(f"{file}: no rows")
    return rows


def evaluate(rows: Sequence[Row], parse_many: Callable[[Sequence[str]], list[Interpretation]]) -> Evaluation:
    """Understand every row and compare."""
    pairs = list(zip(rows, parse_many([row["text"] for row in rows]), strict=True))
    figures = _categories(pairs) | _intents(pairs) | _places(pairs) | _tenor(pairs)
    confusions = Counter(
        (str(row["intent"]), result.intent.value)
        for row, result in pairs
        if "intent" in row and row["intent"] != result.intent
    )
    return Evaluation(
        rows=len(pairs),
        figures=figures,
        confusions=tuple((was, became, count) for (was, became), count in confusions.most_common(10)),
        worst=_worst(pairs),
        crossed=_crossed(pairs),
    )


def _categories(pairs: Sequence[tuple[Row, Interpretation]]) -> dict[str, float]:
    whole = [(_accepted(row), result) for row, result in pairs if _accepted(row)]
    first = [(row["level1"], result) for row, result in pairs if "level1" in row]
    figures: dict[str, float] = {}
    if whole:
        for depth in (1, 2, 3):
            figures[f"level{depth}"] = _share(
                result.category is not None and result.category.path[:depth] in {path[:depth] for path in accepted}
                for accepted, result in whole
            )
        figures["level3_top3"] = _share(
            any(candidate.path in accepted for candidate in result.candidates[:3]) for accepted, result in whole
        )
    if first:
        understood = [result.category.path[0] if result.category else "" for _, result in first]
        figures["level1_macro_f1"] = macro_f1([label for label, _ in first], understood)
    return figures


def _accepted(row: Row) -> set[tuple[str, ...]]:
    label = _label(row)
    return {tuple(label), *(tuple(path) for path in row.get("also", ()))} if label else set()


def _label(row: Row) -> Sequence[str]:
    label = row.get("category")
    return (label.get("path") if isinstance(label, dict) else label) or ()


def _intents(pairs: Sequence[tuple[Row, Interpretation]]) -> dict[str, float]:
    told = [(str(row["intent"]), result) for row, result in pairs if "intent" in row]
    if not told:
        return {}
    figures = {
        "intent": _share(label == result.intent for label, result in told),
        "intent_macro_f1": macro_f1([label for label, _ in told], [result.intent.value for _, result in told]),
    }
    danger = [result.emergency is not None for label, result in told if label == Intent.EMERGENCY]
    calm = [result.emergency is not None for label, result in told if label != Intent.EMERGENCY]
    if danger:
        figures["emergency_recall"] = _share(danger)
    if calm:
        figures["emergency_false"] = _share(calm)
    return figures


def _places(pairs: Sequence[tuple[Row, Interpretation]]) -> dict[str, float]:
    told = [(row, result) for row, result in pairs if "locations" in row]
    if not told:
        return {}
    hit = said = labelled = found = 0
    for row, result in told:
        wanted = _characters((place["start"], place["end"]) for place in row["locations"])
        got = _characters((place.start, place.end) for place in result.locations)
        hit, said, labelled = hit + len(wanted & got), said + len(got), labelled + len(wanted)
        mains = [(place["start"], place["end"]) for place in row["locations"] if place.get("main")]
        found += not mains or any(
            _overlap(main, (place.start, place.end)) >= 0.5 for main in mains for place in result.locations
        )
    figures = {
        "place_char_f1": 2 * hit / (said + labelled) if said + labelled else 1.0,
        "main_found": found / len(told),
    }
    for level in ("district", "street"):
        known = [(row[level], result) for row, result in told if row.get(level)]
        if known:
            figures[level] = _share(
                name in {getattr(place, level) for place in result.locations} for name, result in known
            )
    return figures


def _tenor(pairs: Sequence[tuple[Row, Interpretation]]) -> dict[str, float]:
    figures: dict[str, float] = {}
    typed = [
        ({row["appeal_type"], *row.get("appeal_type_ok", ())}, result) for row, result in pairs if "appeal_type" in row
    ]
    if typed:
        figures["appeal_type"] = _share(result.appeal_type in accepted for accepted, result in typed)
    for label, name in ((True, "urgent_recall"), (False, "urgent_false")):
        flagged = [result.urgent for row, result in pairs if row.get("urgent") is label]
        if flagged:
            figures[name] = _share(flagged)
    counted = [(row["matters"], result) for row, result in pairs if isinstance(row.get("matters"), int)]
    if counted:
        figures["matters"] = _share(max(1, len(result.matters)) == count for count, result in counted)
    return figures


def macro_f1(labels: Sequence[str], understood: Sequence[str]) -> float:
    """The mean over the labels of their F1."""
    scores: list[float] = []
    for label in sorted(set(labels)):
        both = sum(a == b == label for a, b in zip(labels, understood, strict=True))
        either = labels.count(label) + list(understood).count(label)
        scores.append(2 * both / either)
    return sum(scores) / len(scores) if scores else 0.0


def _worst(pairs: Sequence[tuple[Row, Interpretation]], limit: int = 20) -> tuple[tuple[str, str, str], ...]:
    """Wrong categories of which the interpreter was most sure."""
    wrong = [
        (result.category.confidence, row["text"], "/".join(min(_accepted(row))), "/".join(result.category.path))
        for row, result in pairs
        if result.category and _accepted(row) and result.category.path not in _accepted(row)
    ]
    return tuple((text, expected, got) for _, text, expected, got in sorted(wrong, reverse=True)[:limit])


def _crossed(pairs: Sequence[tuple[Row, Interpretation]]) -> tuple[tuple[str, str], ...]:
    """First levels, expected and understood; an accepted other counts as expected."""
    crossed = []
    for row, result in pairs:
        accepted = [path[0] for path in _accepted(row)] or ([row["level1"]] if "level1" in row else [])
        if accepted:
            got = result.category.path[0] if result.category else "-"
            crossed.append((got if got in accepted else row.get("level1") or str(_label(row)[0]), got))
    return tuple(crossed)


def _share(claims: Iterable[bool]) -> float:
    answers = list(claims)
    return sum(answers) / len(answers) if answers else 0.0


def _characters(spans: Iterable[Span]) -> set[int]:
    return {position for start, end in spans for position in range(start, end)}


def _overlap(one: Span, other: Span) -> float:
    both = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, both) / (max(one[1], other[1]) - min(one[0], other[0]))
