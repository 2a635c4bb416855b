"""Labelled rows, read from JSON Lines; what is wrong with them is told by file and line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class LabelError(ValueError):
    """The labelled file cannot be used; the message names file and line."""


def read_rows(file: Path) -> list[Row]:
    """Rows `{"text", …}` with any field of `suda understand`; `category` may be a path, `level1` alone will do.

    A field that is null tells nothing, except `district` and `street`: null says that there is none.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = wrong.object.count(b"\n", 0, wrong.start) + 1
        raise LabelError(f"{file}:{line}: not UTF-8") from wrong
    # Not splitlines: a text may hold a line separator of Unicode.
    lines = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    rows = [_row(line, f"{file}:{number}") for number, line in lines]
    if not rows:
        raise LabelError(f"{file}: no rows")
    return rows


def label_of(row: Row) -> tuple[str, ...]:
    """The category of a row as a path; empty where it tells none."""
    label = row.get("category") or ()
    return tuple(label["path"] if isinstance(label, dict) else label)


def _row(line: str, where: str) -> Row:
    try:
        row = json.loads(line)
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError as wrong:
        raise LabelError(f"{where}: holds half a character (a surrogate without its other half)") from wrong
    except (ValueError, RecursionError) as wrong:
        raise LabelError(f"{where}: no JSON ({getattr(wrong, 'msg', wrong)})") from wrong
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise LabelError(f"{where}: a row needs a text")
    for name, (is_right, wanted) in _FORMS.items():
        if row.get(name) is not None and not is_right(row[name]):
            raise LabelError(f"{where}: {name} must be {wanted}")
    for place in row.get("locations") or ():
        if not 0 <= place["start"] < place["end"] <= len(row["text"]):
            raise LabelError(f"{where}: a location begins or ends outside the text, or is empty")
    return row


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(_is_word(word) for word in value)


def _is_path(value: object) -> bool:
    return _is_words(value) and value != []


def _is_category(value: object) -> bool:
    return _is_path(value.get("path") if isinstance(value, dict) else value)


def _is_paths(value: object) -> bool:
    return isinstance(value, list) and all(_is_path(path) for path in value)


def _is_places(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(place, dict) and type(place.get("start")) is int and type(place.get("end")) is int for place in value
    )


def _is_count(value: object) -> bool:
    return isinstance(value, list) or (type(value) is int and value > 0)


_WORD = _is_word, "a word"
_WORDS = _is_words, "a list of words"
_FORMS: dict[str, tuple[Callable[[object], bool], str]] = {
    "city": _WORD,
    "intent": _WORD,
    "level1": _WORD,
    "category": (_is_category, 'a path such as ["first", "second", "third"], or {"path": …}'),
    "also": (_is_paths, "a list of paths"),
    "locations": (_is_places, 'a list of {"start", "end"}, whole numbers'),
    "district": _WORD,
    "street": _WORD,
    "district_ok": _WORDS,
    "street_ok": _WORDS,
    "appeal_type": _WORD,
    "appeal_type_ok": _WORDS,
    "urgent": (lambda value: isinstance(value, bool), "true or false"),
    "matters": (_is_count, "a number from 1, or a list"),
}
