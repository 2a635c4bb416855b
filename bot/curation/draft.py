"""Entries as keepers type them, and back: a draft of text fields becomes an entry, or its faults are named."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Any

from bot.curation.words import fault_of_field
from faq.entry import Entry
from faq.knowledge import read_row, row_of
from faq.notation import read_text, strange_districts, write_text
from faq.sheets import COLUMNS
from handoff.library import Draft, Fault, Mark
from handoff.tongue import later, say

LONGEST_WORDING = 200
"""Characters of a question or a variant: what is longer is a story, and finds nothing."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\Z")
_BETWEEN_TAGS = re.compile(r"[\s,，、;；|｜]+")


def entry_of(draft: Draft, districts: Sequence[str] = ()) -> tuple[Entry | None, tuple[Fault, ...]]:
    """The entry that a draft makes; None and every fault when it makes none. `districts` are those of the city, if
    it is known which there are."""
    variants = lines_of(draft.variants)
    faults = _faults_of_wordings(draft.question, variants)
    row = {
        "id": draft.id,
        "question": draft.question,
        "variants": [variant for variant in variants if variant != draft.question],
        "answer": draft.answer,
        "source": draft.source,
        "department": draft.department,
        "region": draft.region,
        "valid_from": draft.valid_from,
        "valid_until": draft.valid_until,
        "review_by": draft.review_by,
        "tags": [tag for tag in _BETWEEN_TAGS.split(draft.tags) if tag],
        "condition": read_text(draft.condition) if draft.condition.strip() else None,
    }
    found: list[str] = []
    entry = read_row(row, found)
    faults += [fault_of_field(fault) for fault in found]
    faults += faults_of_districts(entry, districts) if entry else []
    return (None if faults else entry), tuple(faults)


def draft_of(entry: Entry) -> Draft:
    """The entry as its form shows it."""
    return Draft(
        id=entry.id,
        question=entry.question,
        variants="\n".join(entry.variants),
        answer=entry.answer,
        source=entry.source,
        department=entry.department,
        region=entry.region,
        valid_from=_day(entry.valid_from),
        valid_until=_day(entry.valid_until),
        review_by=_day(entry.review_by),
        tags=" ".join(entry.tags),
        condition=write_text(entry.condition),
    )


def faults_of_districts(entry: Entry, districts: Sequence[str]) -> list[Fault]:
    """Cases by district that no place of the city would ever lead to."""
    there, words = say("、").join(districts), say("“{label}”不是本市的区县；现有：{there}")
    return [
        Fault(field="condition", words=words.format(label=label, there=there))
        for label in strange_districts(entry.condition, districts)
    ]


def lines_of(text: str) -> list[str]:
    """What stands one a line, each once, in order."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def fault_of_new_id(entry_id: str) -> str:
    """Why a new entry cannot have this id; empty when it can. Ids travel in addresses and in buttons."""
    return "" if _ID.match(entry_id) else later("只能用字母、数字和 - _ .，以字母或数字开头，最多 40 个")


def marks_of(entry: Entry, today: date, *, withdrawn: bool = False) -> tuple[Mark, ...]:
    """What is to be known of an entry today."""
    early = entry.valid_from is not None and entry.valid_from > today
    holds = {
        Mark.WITHDRAWN: withdrawn,
        Mark.EXPIRED: entry.is_expired_on(today),
        Mark.EARLY: early,
        Mark.GAP: entry.has_gap,
        Mark.CASE_GAP: bool(entry.cases_to_fill),
        Mark.REVIEW: entry.is_due_for_review_on(today),
    }
    return tuple(mark for mark, is_so in holds.items() if is_so)


def fields_that_differ(one: Entry | None, other: Entry | None) -> tuple[str, ...]:
    """Names of the fields in which two entries differ."""
    before, after = _row(one), _row(other)
    return tuple(name for name in COLUMNS if (before.get(name) or "") != (after.get(name) or ""))


def _row(entry: Entry | None) -> dict[str, Any]:
    return row_of(entry) if entry else {}


def _faults_of_wordings(question: str, variants: Iterable[str]) -> list[Fault]:
    said = say("有 {count} 字，最多 {most} 字；太长的问法对不上市民的话")
    long = partial(said.format, most=LONGEST_WORDING)
    faults = [Fault(field="question", words=long(count=len(question)))] if len(question) > LONGEST_WORDING else []
    too_long = [variant for variant in variants if len(variant) > LONGEST_WORDING]
    return faults + [
        Fault(field="variants", words=say("“{words}…”").format(words=v[:12]) + long(count=len(v))) for v in too_long
    ]


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
