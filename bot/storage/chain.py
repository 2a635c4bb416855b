"""The chain that holds the audit log together: each line's hash covers the line before it.

It covers ids and acts only, so a citizen's words and a colleague's reasons can be erased without breaking it.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from handoff.people import Noted

HEAD = "audit-head"
"""Under which name the last line's number and hash are kept a second time, so that a cut end is noticed."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends."""

    number: int = 0
    hash: str = ""

    @classmethod
    def parse(cls, value: str | None) -> "Head | None":
        """As it was kept; None when it cannot be read."""
        number, _, digest = (value or "").partition(":")
        return cls(int(number), digest) if number.isascii() and number.isdigit() else None

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What following the chain from its first line showed."""

    head: Head
    bad_row: int = 0
    """The first line that is not as it was written, 0 when all are."""
    fault: str = ""
    """What is wrong there, in a few words."""


def link(line: Noted, before: str) -> str:
    """The hash of a line that follows the one with the hash `before`."""
    covered = [line.number, float(line.at), line.who, line.action, line.subject, before]
    return hashlib.sha256(json.dumps(covered, separators=(",", ":")).encode()).hexdigest()


def follow(lines: Iterable[tuple[Noted, str]], kept: Head | None, anchor: Head | None = None) -> ChainReport:
    """Walk along the lines, in order of their numbers, to the first that is not as it was written.

    `kept` is the head as it stands beside the chain; `anchor` one that somebody wrote down elsewhere.
    """
    head = Head()
    for line, digest in lines:
        if line.number != head.number + 1:
            return ChainReport(head=head, bad_row=head.number + 1, fault="missing")
        if digest != link(line, head.hash):
            return ChainReport(head=head, bad_row=line.number, fault="changed, or not written by the service")
        head = Head(line.number, digest)
        if anchor and anchor.number == head.number and anchor.hash != head.hash:
            return ChainReport(head=head, bad_row=head.number, fault="not the line that the given head names")
    return replace(ChainReport(head=head), **_end_of(head, kept, anchor))


def _end_of(head: Head, kept: Head | None, anchor: Head | None) -> dict[str, Any]:
    """What is wrong with the end of a chain whose lines all follow one another."""
    if kept is None:
        return {"bad_row": head.number, "fault": "no head kept"} if head.number else {}
    for end in (kept, anchor or head):
        if end.number > head.number:
            return {"bad_row": head.number + 1, "fault": f"missing, as the log went on to line {end.number}"}
    if kept.number < head.number:
        return {"bad_row": kept.number + 1, "fault": "not written by the service"}
    return {} if kept == head else {"bad_row": head.number, "fault": "not the line that was kept as the last"}
