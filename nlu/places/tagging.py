"""Where places begin and end: what the grammar found and what the encoder tagged, weighed character by character."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlu.places.grammar import begins_name

Floats = npt.NDArray[np.float32]

# How much the grammar's word counts beside the encoder's log odds, in a span of its own and where it found nothing.
# Set on the development set of `nlu/corpus`.
GRAMMAR_SAYS, GRAMMAR_SILENT = 4.0, 1.0
_MAIN = 0.5
_NAME = 4  # characters; two or three of them may be a part of another name
_POINTING = frozenset({"那个", "这个", "那家", "这家", "那边", "这边", "那里", "这里"})
_TORN = 3  # characters of a word's end that were cut off
_THAT, _PLACE_OF_IT = ("那", "这"), tuple("边里块儿个")
_FIRM = re.compile(r"(?:有限|责任|股份|[总分子])*公司|集团")
_NUMERALS = "一二三四五六七八九十百零〇两"
_EDGE = " ,，。.!！?？;；:：、的了在和与"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A stretch that is a place, and whether the matter is there, as far as the encoder can tell."""

    start: int
    end: int
    main: float


def spans(text: str, grammar: Sequence[tuple[int, int]], tags: Floats) -> list[Tagged]:
    """The places of a text. `tags` are probabilities by character: outside, main begins, main goes on, other begins,
    other goes on."""
    length = min(len(text), len(tags))
    outside = np.minimum(np.maximum(tags[:length, 0], 1e-4), 1 - 1e-4)
    odds = np.log((1 - outside) / outside)
    for first, last in grammar:
        odds[first:last] += GRAMMAR_SAYS + GRAMMAR_SILENT
    odds -= GRAMMAR_SILENT
    found: list[Tagged] = []
    start: int | None = None
    # A comma parts places; what is none of the matter's (people, numbers) was made one. And at the end all places end.
    inside = [odd > 0 and char not in ",，" for odd, char in zip(odds.tolist(), text, strict=False)]
    for at, goes_on in enumerate([*inside, False]):
        if start is not None and not goes_on:
            found += _trimmed(text, start, at, tags, grammar)
            start = None
        if goes_on and start is None:
            start = at
    found = _said_again(text, found)
    return found + [
        # What the encoder did not read is as the grammar says.
        Tagged(first, last, _MAIN)
        for first, last in grammar
        if first >= length
    ]


def _said_again(text: str, found: list[Tagged]) -> list[Tagged]:
    """A name that was found whole once is whole wherever a part of it was found."""
    for name in sorted({text[span.start : span.end] for span in found}, key=len, reverse=True):
        at = text.find(name) if len(name) >= _NAME else -1
        while at >= 0:
            end = at + len(name)
            parts = [span for span in found if span.start < end and at < span.end]
            if parts and all(at <= span.start and span.end <= end for span in parts):
                whole = Tagged(at, end, max(span.main for span in parts))
                found = sorted([whole, *(span for span in found if span not in parts)], key=lambda span: span.start)
            at = text.find(name, end)
    return found


def _trimmed(text: str, start: int, end: int, tags: Floats, grammar: Sequence[tuple[int, int]]) -> list[Tagged]:
    starts, ends = {first for first, _ in grammar}, {last for _, last in grammar}
    # A particle at an edge may be the first character of a name (和平路) or its last (永和).
    while start < end and text[start] in _EDGE and start not in starts and not begins_name(text, start):
        start += 1
    while start < end and end not in ends and (text[end - 1] in _EDGE or text[end - 2 : end] in _POINTING):
        end -= 1 if text[end - 1] in _EDGE else 2
    if end not in ends and text[end - 1 : end] in _THAT and text[end : end + 1] in _PLACE_OF_IT:
        end -= 1  # 站前那|边
    if end - start < 2:
        return []
    start, end = _mended(text, start, end, grammar)
    main = float(tags[start:end, 1:3].sum())
    other = float(tags[start:end, 3:].sum())
    return [Tagged(start, end, main / max(main + other, 1e-6))]


def _mended(text: str, start: int, end: int, grammar: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Edges that fell inside a number or a word, moved out of it."""
    while start > 0 and _same_number(text, start):
        start -= 1
    if not (text[end - 1].isdigit() or text[end - 1] in _NUMERALS):
        torn = [
            last
            for first, last in grammar
            if end < last <= end + min(_TORN, (end - first) // 2) or (first < end and _FIRM.fullmatch(text, end, last))
        ]
        end = max([end, *torn])
    if end not in {last for _, last in grammar}:
        end = _number_end(text, start, end)
    if text[end - 1] in "门楼" and text[end : end + 1] in tuple("前后口"):
        end += 1  # 门前 and 楼后 are one word, where the encoder came to be sure only of its first half
    return start, end


def _number_end(text: str, start: int, end: int) -> int:
    """Behind the number in which the end fell; before it where it is a date (浆江村2|019年)."""
    last = end
    while last < len(text) and _same_number(text, last):
        last += 1
    if last == end or text[last : last + 1] not in tuple("年月日"):
        return last
    while end > start + 2 and text[end - 1].isdigit():
        end -= 1
    return end


def _same_number(text: str, at: int) -> bool:
    """Both sides of this border are of one number: 50|1, 5|8-1-301, 一百零|五."""
    before, after = text[at - 1], text[at]
    if before.isdigit() or before == "-":
        return after.isdigit()
    return before in _NUMERALS and after in _NUMERALS
