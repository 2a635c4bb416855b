"""The files of a folder, read with what is wrong with them gathered by file and line."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFault:
    """One thing that is wrong with a pack."""

    file: Path
    line: int
    """From 1; 0 when it is about the file as a whole."""
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


def shortened(faults: Sequence[PackFault], most: int = 10) -> Iterator[PackFault]:
    """The first faults of each file and how many more it has: one slip may spoil every row."""
    by_file: dict[Path, list[PackFault]] = {}
    for fault in faults:
        by_file.setdefault(fault.file, []).append(fault)
    for file, all_of_it in by_file.items():
        yield from all_of_it[:most]
        if len(all_of_it) > most:
            yield PackFault(file=file, line=0, what=f"还有 {len(all_of_it) - most} 处错误，没有一一列出")


class Pack:
    """Reads files of a folder and gathers what is wrong with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[PackFault] = []
        self.counts: dict[str, int] = {}

    def fault(self, name: str, line: int, what: str) -> None:
        self.faults.append(PackFault(file=self.folder / name, line=line, what=what))

    def optional(self, name: str) -> Path | None:
        return self.folder / name if (self.folder / name).exists() else None

    def text(self, name: str) -> str | None:
        try:
            text = (self.folder / name).read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            self.fault(name, line, "不是 UTF-8（Excel 请另存为“CSV UTF-8”）")
        except OSError as error:
            self.fault(name, 0, f"读不出来：{error.strerror}")
        else:
            if "\0" not in text:
                return text
            self.fault(name, text.count("\n", 0, text.index("\0")) + 1, "有 NUL 字符（文件可能坏了，或不是 UTF-8）")
        return None

    def table(self, name: str) -> Table:
        text = self.text(name)
        try:
            return Table(self, name, text or "", tomllib.loads(text or ""), broken=text is None)
        except tomllib.TOMLDecodeError as error:
            match = re.search(r"at line (\d+)", str(error))
            self.fault(name, int(match[1]) if match else 0, f"不是正确的 TOML：{error}")
            return Table(self, name, text or "", {}, broken=True)

    def rows(
        self, name: str, wanted: Sequence[str], *, needed: Sequence[str], columns: Sequence[str] | None = None
    ) -> Iterator[tuple[int, dict[str, str]]]:
        """Rows with their line; a row without something needed is a fault and left out.

        `columns` must be in the heading (those needed, when not given); others of `wanted` may be missing.
        """
        reader = csv.DictReader(StringIO(self.text(name) or "", newline=""), strict=True)
        missing = [column for column in columns or needed if column not in (reader.fieldnames or ())]
        if missing:
            if reader.fieldnames is not None or not self._is_faulty(name):
                self.fault(name, 1, f"缺少列 {'、'.join(missing)}")
            return
        while (row := self._next(reader, name)) is not None:
            cells = {column: (row.get(column) or "").strip() for column in wanted}
            empty = [column for column in needed if not cells[column]]
            if None in row:
                self.fault(name, reader.line_num, "比表头多出列（内容里的逗号要用引号包起来）")
            elif empty:
                self.fault(name, reader.line_num, f"{'、'.join(empty)} 是空的")
            else:
                self.counts[name] = self.counts.get(name, 0) + 1
                yield reader.line_num, cells
        if not self.counts.get(name) and not self._is_faulty(name):
            self.fault(name, 1, "一行也没有")

    def _next(self, reader: csv.DictReader[str], name: str) -> dict[str | Any, str | Any] | None:
        before = reader.line_num
        try:
            return next(reader, None)
        except csv.Error as error:
            # an unclosed quote is noticed at the end of the file; it stands in the row after the last good one
            self.fault(name, before + 1, f"不是正确的 CSV：{error}")
            return None

    def _is_faulty(self, name: str) -> bool:
        return any(fault.file.name == name for fault in self.faults)


class Once:
    """Sees to it that something stands in a file once only."""

    def __init__(self, pack: Pack, name: str, kind: str) -> None:
        self._pack, self._name, self._kind = pack, name, kind
        self._lines: dict[str, int] = {}

    def see(self, value: str, line: int) -> None:
        first = self._lines.setdefault(value, line)
        if first != line:
            self._pack.fault(self._name, line, f"{self._kind} {value} 与第 {first} 行重复")


class Table:
    """A table of a TOML file that can tell the line of its keys."""

    def __init__(self, pack: Pack, name: str, text: str, values: Mapping[str, Any], *, broken: bool) -> None:
        self._pack, self._name, self._text, self._values, self._broken = pack, name, text, values, broken

    @property
    def names(self) -> tuple[str, ...]:
        """The keys that are there."""
        return tuple(self._values)

    def raw(self, key: str) -> object:
        return self._values.get(key)

    def part(self, key: str) -> Table:
        values = self._values.get(key)
        if not isinstance(values, dict):
            self.fault(key, f"缺少 [{key}]")
            return Table(self._pack, self._name, self._text, {}, broken=True)
        return Table(self._pack, self._name, self._text, values, broken=self._broken)

    def fault(self, key: str, what: str) -> None:
        # a file that could not be read has said so already
        if not self._broken:
            self._pack.fault(self._name, self._line_of(key), f"{key}：{what}")

    def text(self, key: str, pattern: str = "", hint: str = "", *, needed: bool = True) -> str:
        value = self._values.get(key, "")
        if not isinstance(value, str):
            self.fault(key, "应是带引号的文字")
            return ""
        if needed and not value.strip():
            self.fault(key, "缺少，或是空的")
        elif value and pattern and not re.fullmatch(pattern, value):
            self.fault(key, f"{value!r} {hint}")
        return value.strip()

    def words(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self.fault(key, "应是文字的列表")
            return ()
        return tuple(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            self.fault(key, "应是 true 或 false")
        return bool(value)

    def _line_of(self, key: str) -> int:
        pattern = re.compile(rf"\s*(?:\[\s*)?{re.escape(key)}\s*[=\].]")
        return next((n for n, line in enumerate(self._text.split("\n"), 1) if pattern.match(line)), 0)
