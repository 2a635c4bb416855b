"""Tables that keepers bring and take away: read whole or not at all, compared with what is there, put by till asked."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.curation.draft import faults_of_districts, fields_that_differ
from bot.curation.words import faults_of_table
from faq.entry import Entry
from faq.knowledge import Knowledge, KnowledgeError, read_row, row_of
from faq.sheets import load_any, save_sheet
from handoff.library import Change, Parcel
from handoff.tongue import say

_LONGEST_ID = 64

Held = tuple[Entry, int, bool]
"""An entry as it stands, the number of its version, and whether it is withdrawn."""


@dataclass(frozen=True, slots=True)
class Brought:
    """An entry of a table, with the version that it comes after."""

    entry: Entry
    after: int
    change: Change
    fresh: bool


@dataclass(frozen=True, slots=True)
class PutBy:
    """A table that waits for its keeper's word."""

    token: str
    name: str
    entries: tuple[tuple[Entry, int], ...]
    """Each with the version that it comes after."""


def read_table(name: str, content: bytes, districts: Sequence[str] = ()) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """The entries of a .jsonl, .csv or .xlsx, or what is wrong with it, in words."""
    ending = Path(name).suffix.lower()
    if ending not in (".jsonl", ".csv", ".xlsx"):
        return (), (say("“{name}”不是 .xlsx、.csv 或 .jsonl 文件").format(name=name),)
    with TemporaryDirectory(prefix="suda-faq-") as folder:
        file = Path(folder) / f"table{ending}"
        file.write_bytes(content)
        try:
            knowledge = load_any(file)
        except KnowledgeError as error:
            return (), faults_of_table(error.faults)
    faults = tuple(
        say("编号“{id}…”：不能有控制字符，最多 {most} 个字").format(id=entry.id[:20], most=_LONGEST_ID)
        for entry in knowledge
        if len(entry.id) > _LONGEST_ID or not entry.id.isprintable()
    )
    faults += tuple(
        say("编号“{id}” · 适用条件：{fault}").format(id=entry.id, fault=fault.words)
        for entry in knowledge
        for fault in faults_of_districts(entry, districts)
    )
    empty = () if len(knowledge) else (say("里面没有条目"),)
    return knowledge.entries, faults + empty


def written_table(knowledge: Knowledge, ending: str) -> bytes:
    """The entries as a file: `csv`, `xlsx` or `jsonl`."""
    with TemporaryDirectory(prefix="suda-faq-") as folder:
        file = Path(folder) / f"table.{ending}"
        if ending == "jsonl":
            knowledge.save(file)
        else:
            save_sheet(knowledge, file)
        return file.read_bytes()


def compare(entries: Sequence[Entry], held: Mapping[str, Held]) -> tuple[Brought | None, ...]:
    """What each entry of a table would change; None for one that is as it stands already."""
    return tuple(_compared(entry, held.get(entry.id)) for entry in entries)


def parcel_of(name: str, brought: Sequence[Brought | None]) -> tuple[str, Parcel]:
    """What is put by, as text for the record, and what is shown of it."""
    changes = [each for each in brought if each is not None]
    rows = [{"after": each.after, "fields": row_of(each.entry)} for each in changes]
    body = json.dumps({"name": name, "rows": rows}, ensure_ascii=False)
    token = hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()[:16] if changes else ""
    parcel = Parcel(
        token=token,
        name=name,
        fresh=tuple(each.change for each in changes if each.fresh),
        changed=tuple(each.change for each in changes if not each.fresh),
        same=len(brought) - len(changes),
    )
    return f"{token}\n{body}", parcel


def taken_out(kept: str) -> PutBy | None:
    """What `parcel_of` put by; None when nothing was."""
    token, _, body = kept.partition("\n")
    if not body:
        return None
    table = json.loads(body)
    read = ((read_row(row["fields"], []), row["after"]) for row in table["rows"])
    entries = tuple((entry, after) for entry, after in read if entry is not None)
    # Written by another version of the service, with fields that are not known here: to be uploaded again.
    return PutBy(token, table["name"], entries) if len(entries) == len(table["rows"]) else None


def put_by(operator: str) -> str:
    """Under which name the record keeps the table of an operator; he has one at a time."""
    return f"faq_import/{operator}"


def _compared(entry: Entry, there: Held | None) -> Brought | None:
    if there is None:
        return Brought(entry, 0, Change(id=entry.id, question=entry.question), fresh=True)
    known, version, withdrawn = there
    fields = fields_that_differ(known, entry)
    if not fields and not withdrawn:
        return None
    fields = ("withdrawn", *fields) if withdrawn else fields
    return Brought(entry, version, Change(id=entry.id, question=entry.question, fields=fields), fresh=False)
