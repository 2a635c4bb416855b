"""A city's own labelled rows, JSON Lines as `suda understand` writes them, as examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as File
from typing import Any

from nlu.evaluate import LabelError, read_rows
from nlu.interpretation import AppealType, EmergencyKind, Intent
from nlu.training.corpus import Example, Span


def read_examples(file: File) -> list[Example]:
    """Rows `{"text", "category": [l1, l2, l3]}` or `{"text", "level1"}`, with any other field of `understand`.

    LabelError names file and line.
    """
    return [_example(row, file, number) for number, row in enumerate(read_rows(file), 1)]


def _example(row: dict[str, Any], file: File, number: int) -> Example:
    try:
        category = row.get("category")
        category = category.get("path") if isinstance(category, dict) else category
        path = (str(category[0]), str(category[1]), str(category[2])) if category else None
        emergency = EmergencyKind(row["emergency"]) if row.get("emergency") else None
        intent = Intent(row.get("intent") or ("emergency" if emergency else "appeal"))
        spans = tuple(
            Span(int(place["start"]), int(place["end"]), bool(place.get("main", True)))
            for place in row.get("locations") or ()
        )
    except (KeyError, IndexError, TypeError, ValueError) as wrong:
        raise LabelError(f"{file}: row {number}: {wrong!r}") from wrong
    if path is None and not row.get("level1") and "intent" not in row:
        raise LabelError(f"{file}: row {number}: says neither category nor level1 nor intent, so it teaches nothing")
    return Example(
        text=row["text"],
        writer=file.stem,
        where=f"{file.name}:{number}",
        intent=intent,
        told=_told(row),
        spans=spans,
        path=path,
        also=tuple((one, two, three) for one, two, three in row.get("also") or ()),
        level1=str(row["level1"]) if row.get("level1") else None,
        appeal_type=AppealType(row["appeal_type"]) if row.get("appeal_type") else None,
        urgent=row.get("urgent"),
        emergency=emergency,
    )


def _told(row: dict[str, Any]) -> frozenset[str]:
    """What the row speaks of: a head that is told nothing learns nothing from it."""
    return frozenset(name for name in ("intent", "locations", "matters") if name in row)


def paths_of(examples: Sequence[Example]) -> list[tuple[str, str, str]]:
    """Every category of the examples, in a fixed order."""
    return sorted({example.path for example in examples if example.path})
