"""What the record keeps of the knowledge base: each version of an entry, and how often entries were of use."""

import json
from dataclasses import dataclass

from faq.entry import Entry
from faq.knowledge import read_row, row_of


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryVersion:
    """An entry as somebody left it. Versions of one entry count from 1, without a gap."""

    entry_id: str
    version: int
    fields: str
    """The entry as JSON, as `faq.knowledge.row_of` gives its fields; empty: it is withdrawn."""
    author: str
    """Account name."""
    at: float
    note: str = ""
    """In words for those who read the history: 恢复版本 3, 导入 表.xlsx."""

    @classmethod
    def of(cls, entry: Entry, version: int, author: str, at: float, note: str = "") -> "EntryVersion":
        """This entry as somebody left it."""
        fields = json.dumps(row_of(entry), ensure_ascii=False)
        return cls(entry_id=entry.id, version=version, fields=fields, author=author, at=at, note=note)

    @property
    def entry(self) -> Entry | None:
        """The entry; None when it is withdrawn, or was written with fields that are not known here."""
        return read_row(json.loads(self.fields), []) if self.fields else None

    @property
    def withdrawn(self) -> bool:
        """From here on the entry is not in use, whatever the files say."""
        return not self.fields


class LateEdit(Exception):
    """Somebody else changed the entry first: look at what he wrote, and decide again."""

    def __init__(self, entry_id: str, newest: EntryVersion | None) -> None:
        """`newest` is the version that is there; None when the entry has none at all."""
        super().__init__(f"{entry_id} is at version {newest.version if newest else 0}")
        self.entry_id = entry_id
        self.newest = newest


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryUse:
    """How often an entry was given as the answer, and what citizens voted."""

    answers: int = 0
    useful: int = 0
    useless: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A question that found no answer, or whose answer was of no use."""

    text: str
    at: float
    entry_id: str = ""
    """Whose answer was of no use; empty when none was given."""
