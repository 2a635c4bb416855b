"""A city's own labelled rows, JSON Lines as `suda understand` writes them, as examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as File
from typing import Any

from nlu.interpretation import AppealType, EmergencyKind, Intent
from nlu.labels import LabelError, label_of, read_rows
from nlu.training.corpus import Example, Span


def read_examples(file: File) -> list[Example]:
    """Rows `{"text", "category": [l1, l2, l3]}` or `{"text", "level1"}`, with any other field of `understand`.

    LabelError names file and line.
    """
    return [_example(row, file, number) for number, row in enumerate(read_rows(file), 1)]


def _example(row: dict[str, Any], file: File, number: int) -> Example:
    try:
        category = label_of(row)
        path = (category[0], category[1], category[2]) if category else None
        emergency = EmergencyKind(row["emergency"]) if row.get("emergency") else None
        intent = Intent(row.get("intent") or ("emergency" if emergency else "appeal"))
        spans = tuple(
            Span(int(place["start"]), int(place["end"]), bool(place.get("main", True)))
            for place in row.get("locations") or ()
        )
        also = tuple((one, two, three) for one, two, three in row.get("also") or ())
        appeal_type = AppealType(row["appeal_type"]) if row.get("appeal_type") else None
    except (KeyError, IndexError, TypeError, ValueError) as wrong:
        raise LabelError(f"{file}: row {number}: {wrong!r}") from wrong
    if path is None and not row.get("level1") and not row.get("intent"):
        raise LabelError(f"{file}: row {number}: says neither category nor level1 nor intent, so it teaches nothing")
    return Example(
        text=row["text"],
        writer=file.stem,
        where=f"{file.name}:{number}",
        intent=intent,
        told=_told(row),
        spans=spans,
        path=path,
        also=also,
        level1=row.get("level1"),
        appeal_type=appeal_type,
        urgent=row.get("urgent"),
        emergency=emergency,
    )


def _told(row: dict[str, Any]) -> frozenset[str]:
    """What the row speaks of: a head that is told nothing learns nothing from it. That there are several matters is of
    no use without where they begin."""
    matters = row.get("matters")
    one = matters == 1 or (isinstance(matters, list) and len(matters) == 1)
    named = {name for name in ("intent", "locations") if row.get(name) is not None}
    return frozenset(named | {"matters"} if one else named)


def paths_of(examples: Sequence[Example]) -> list[tuple[str, str, str]]:
    """Every category of the examples, in a fixed order."""
    return sorted({example.path for example in examples if example.path})
