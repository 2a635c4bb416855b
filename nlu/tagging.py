"""Where places begin and end: what the grammar found and what the encoder tagged, weighed character by character."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

# How much the grammar's word counts beside the encoder's log odds, in a span of its own and where it found nothing.
# Set on the development set of `nlu/corpus`.
GRAMMAR_SAYS, GRAMMAR_SILENT = 4.0, 1.0
_MAIN = 0.5
_NAME = 4  # characters; two or three of them may be a part of another name
_POINTING = frozenset({"那个", "这个", "那家", "这家", "那边", "这边", "那里", "这里"})
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
            found += _trimmed(text, start, at, tags)
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


def _trimmed(text: str, start: int, end: int, tags: Floats) -> list[Tagged]:
    while start < end and text[start] in _EDGE:
        start += 1
    while start < end and (text[end - 1] in _EDGE or text[end - 2 : end] in _POINTING):
        end -= 1 if text[end - 1] in _EDGE else 2
    if end - start < 2:
        return []
    if text[end - 1] in "门楼" and text[end : end + 1] in tuple("前后口"):
        end += 1  # 门前 and 楼后 are one word, where the encoder came to be sure only of its first half
    main = float(tags[start:end, 1:3].sum())
    other = float(tags[start:end, 3:].sum())
    return [Tagged(start, end, main / max(main + other, 1e-6))]
