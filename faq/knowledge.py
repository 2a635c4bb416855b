"""A knowledge base in a JSON Lines file: loaded whole or not at all, every fault with file, line and field."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from faq.entry import Entry
from faq.notation import MAX_ANSWER_BYTES, read_condition, row_of_condition

STARTER = Path(__file__).with_name("starter.jsonl")
"""What holds in every city, and what most cities must fill in: each entry with its source and a day for review."""
STARTER_MEANINGS = STARTER.with_suffix(".npz")
"""What the shipped encoder makes of their wordings; `suda faq encode` makes it anew."""

_TEXTS = ("id", "question", "answer", "source", "department", "region")
_NEEDED = ("id", "question", "answer")
_DATES = ("valid_from", "valid_until", "review_by")
_LISTS = ("variants", "tags")
FIELDS = frozenset((*_TEXTS, *_DATES, *_LISTS, "condition"))


class KnowledgeError(ValueError):
    """The file cannot be used; `faults` names each fault as `file:line: field: what is wrong`."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class Knowledge:
    """The entries of one knowledge base, in the order of the file."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = tuple(entries)
        self._by_id = {entry.id: entry for entry in self._entries}
        if len(self._by_id) < len(self._entries):
            raise KnowledgeError(["two entries have the same id"])

    @classmethod
    def load(cls, path: Path) -> "Knowledge":
        """Read a file; a single fault anywhere and nothing is loaded."""
        faults: list[str] = []
        entries: list[Entry] = []
        lines_of: dict[str, int] = {}
        for number, line in _lines(path):
            found: list[str] = []
            entry = _read(line, found)
            if entry is not None and entry.id in lines_of:
                found.append(f"id: {entry.id!r} is on line {lines_of[entry.id]} already")
            faults += [f"{path}:{number}: {fault}" for fault in found]
            if entry is not None:
                lines_of.setdefault(entry.id, number)
                entries.append(entry)
        if faults:
            raise KnowledgeError(faults)
        return cls(entries)

    def save(self, path: Path) -> None:
        """Write the file in one step: a reader sees the old one or the new one, never half of it."""
        text = "".join(json.dumps(row_of(entry), ensure_ascii=False) + "\n" for entry in self._entries)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self._entries

    def by_id(self, entry_id: str) -> Entry | None:
        return self._by_id.get(entry_id)

    def entries_on(self, day: date) -> tuple[Entry, ...]:
        """What may be answered on that day."""
        return tuple(entry for entry in self._entries if entry.is_valid_on(day))

    def withheld_on(self, day: date) -> tuple[Entry, ...]:
        """What may not be answered on that day: run out, or not yet in force."""
        return tuple(entry for entry in self._entries if not entry.is_valid_on(day))

    def expired_on(self, day: date) -> tuple[Entry, ...]:
        """What has run out by that day."""
        return tuple(entry for entry in self._entries if entry.is_expired_on(day))

    def due_for_review_on(self, day: date) -> tuple[Entry, ...]:
        """What its department should have looked at again by that day."""
        return tuple(entry for entry in self._entries if entry.is_due_for_review_on(day))

    def merged_with(self, other: "Knowledge") -> "Knowledge":
        """Both bases; where an id is in both, the other's entry stands, in the old place."""
        kept = [other.by_id(entry.id) or entry for entry in self._entries]
        return Knowledge([*kept, *(entry for entry in other if entry.id not in self._by_id)])


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise KnowledgeError([f"{path}: not UTF-8 (byte {error.start})"]) from error
    except OSError as error:
        raise KnowledgeError([f"{path}: {error.strerror}"]) from error
    # Not splitlines: a line separator inside a JSON text would tear its line in two.
    return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _read(line: str, faults: list[str]) -> Entry | None:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        faults.append(f"no JSON: {error.msg} at column {error.colno}")
        return None
    if not isinstance(row, dict):
        faults.append("not a JSON object")
        return None
    return read_row(row, faults)


def read_row(row: Mapping[str, object], faults: list[str]) -> Entry | None:
    """An entry from its fields, as `row_of` gives them; None, and the faults named, when they make none."""
    faults += [f"{name}: unknown field" for name in row if name not in FIELDS]
    texts = {name: _text(row, name, faults) for name in _TEXTS}
    dates = {name: _date(row, name, faults) for name in _DATES}
    lists = {name: _list(row, name, faults) for name in _LISTS}
    start, end = dates["valid_from"], dates["valid_until"]
    if start and end and end < start:
        faults.append("valid_until: before valid_from")
    size = len(texts["answer"].encode("utf-8", "replace"))
    if size > MAX_ANSWER_BYTES:
        faults.append(f"answer: {size} bytes, at most {MAX_ANSWER_BYTES} go into one message")
    condition = read_condition(row["condition"], texts["question"], faults) if row.get("condition") else None
    if faults:
        return None
    return Entry(
        id=texts["id"],
        question=texts["question"],
        answer=texts["answer"],
        variants=lists["variants"],
        source=texts["source"],
        department=texts["department"],
        region=texts["region"],
        valid_from=start,
        valid_until=end,
        review_by=dates["review_by"],
        tags=lists["tags"],
        condition=condition,
    )


def _text(row: Mapping[str, object], name: str, faults: list[str]) -> str:
    value = row.get(name, "")
    if not isinstance(value, str):
        faults.append(f"{name}: must be text")
        return ""
    if name in _NEEDED and not value.strip():
        faults.append(f"{name}: missing")
    return value.strip()


def _date(row: Mapping[str, object], name: str, faults: list[str]) -> date | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        faults.append(f"{name}: {value!r} is no date such as 2027-01-31")
        return None


def _list(row: Mapping[str, object], name: str, faults: list[str]) -> tuple[str, ...]:
    value = row.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        faults.append(f"{name}: must be a list of texts, none of them empty")
        return ()
    return tuple(item.strip() for item in value)


def row_of(entry: Entry) -> dict[str, object]:
    """The fields of an entry that hold something, as JSON has them."""
    row: dict[str, object] = {"id": entry.id, "question": entry.question, "variants": list(entry.variants)}
    row |= {name: getattr(entry, name) for name in ("answer", "source", "department", "region") if getattr(entry, name)}
    row |= {name: getattr(entry, name).isoformat() for name in _DATES if getattr(entry, name)}
    row |= {"tags": list(entry.tags)} if entry.tags else {}
    return row | ({"condition": row_of_condition(entry.condition)} if entry.condition else {})
