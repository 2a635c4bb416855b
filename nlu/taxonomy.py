"""The category tree of a city, read from its categories.csv."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path as File
from typing import TypeVar

from nlu.interpretation import Path

_Key = TypeVar("_Key")

CODE = re.compile(r"[A-Za-z0-9.-]{1,20}", re.ASCII)
"""The national codes are six digits; a city may keep its own."""
COLUMNS = ("code", "l1", "l2", "l3", "keywords", "unit", "fast_lane")


class TaxonomyError(ValueError):
    """The category file cannot be used; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Category:
    """One leaf: words that citizens use for it, the unit that handles it, and its fast lane if it has one."""

    code: str
    path: Path
    keywords: tuple[str, ...] = ()
    unit: str = ""
    fast_lane: str = ""


class Taxonomy:
    """All leaves, by code and by path. Leaf names repeat, so only code and whole path are unique."""

    def __init__(self, categories: tuple[Category, ...]) -> None:
        self._categories = categories
        self._by_code = {category.code: category for category in categories}
        self._by_path = {category.path: category for category in categories}

    @classmethod
    def load(cls, file: File) -> Taxonomy:
        """Read `code,l1,l2,l3,keywords,unit,fast_lane`; keywords are separated by `|` or by spaces.

        The last three columns may be missing. A fault names file and line.
        """
        reader = csv.DictReader(StringIO(_text(file), newline=""))
        missing = [name for name in COLUMNS[:4] if name not in (reader.fieldnames or [])]
        if missing:
            raise TaxonomyError(f"{file}:1: missing column {', '.join(missing)}")
        codes: dict[str, int] = {}
        paths: dict[Path, int] = {}
        categories: list[Category] = []
        for row in reader:
            category = _category(row, file, reader.line_num)
            _once(codes, category.code, file, reader.line_num)
            _once(paths, category.path, file, reader.line_num)
            categories.append(category)
        if not categories:
            raise TaxonomyError(f"{file}: no category")
        return cls(tuple(categories))

    def __len__(self) -> int:
        return len(self._categories)

    def __iter__(self) -> Iterator[Category]:
        return iter(self._categories)

    def by_code(self, code: str) -> Category | None:
        return self._by_code.get(code)

    def by_path(self, path: Path) -> Category | None:
        return self._by_path.get(path)


def _text(file: File) -> str:
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise TaxonomyError(f"{file}:{line}: not UTF-8") from wrong
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise TaxonomyError(f"{file}:{line}: holds a NUL character")
    return text


def _category(row: dict[str, str | None], file: File, line: int) -> Category:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    empty = [name for name in COLUMNS[:4] if not cells[name]]
    if empty:
        raise TaxonomyError(f"{file}:{line}: empty {', '.join(empty)}")
    if not CODE.fullmatch(cells["code"]):
        raise TaxonomyError(f"{file}:{line}: code {cells['code']!r} is not 1 to 20 letters, digits, dots or hyphens")
    keywords = tuple(dict.fromkeys(word for word in re.split(r"[|\s]+", cells["keywords"]) if word))
    path = (cells["l1"], cells["l2"], cells["l3"])
    return Category(cells["code"], path, keywords, cells["unit"], cells["fast_lane"])


def _once(seen: dict[_Key, int], key: _Key, file: File, line: int) -> None:
    if key in seen:
        raise TaxonomyError(f"{file}:{line}: {key} is on line {seen[key]} already")
    seen[key] = line
