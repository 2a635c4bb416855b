"""Two messages told in one breath, for training only: where one ends and the next begins is known for certain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nlu.training.augment import phrases, rewritten
from nlu.training.corpus import Example, Span

# What people write in one breath is short; of long letters few have two matters.
_LONGEST = 80
_GREETING = re.compile(
    r"(?:你们?好|您好|喂|请问(?:一下)?|领导好?|师傅|同志|那个|我想反映(?:一下)?|反映一下|投诉)[，,！!。：: ]*"
)
_CLOSE = re.compile(r"[，,。；;、！!？?…~～\s]+$")
# Mostly nothing but a sign, or not even that, stands between two matters.
_SEAMS = ("", "", " ", " ", "，", "，", "。", "。", "；", "\n", "！", "？")
_LINKS = phrases("另外 另外， 还有 还有就是 还有个事， 再就是 再说 顺便 顺便问下， 再一个 同时 此外， 对了， 而且")
_LINKED = 0.3
# The second matter is often told as lying where the first does: then it names no place.
_HERE = phrases("门口 楼下 院里 旁边 那边 这边 那儿 里面 附近 村里 小区里 厂里 他家 他们")
_SAME_PLACE = 0.6
_TRIES = 9


class Joiner:
    """Makes messages of two matters out of short ones of one."""

    def __init__(self, examples: Sequence[Example], seed: int = 7) -> None:
        self._rng = np.random.default_rng(seed)
        self._rows = [
            example
            for example in examples
            if example.path and not example.cuts and "matters" in example.told and len(example.text) <= _LONGEST
        ]
        self._written = [_of_no_category(example) for example in examples if example.cuts]

    def some(self, count: int) -> list[Example]:
        """Those that were written with several matters, once more, and about `count` joined ones."""
        drawn = (self._two() for _ in range(count if self._rows else 0))
        return [*self._written, *(self.join(*two) for two in drawn if two)]

    def _two(self) -> tuple[Example, Example] | None:
        """Two rows that are about different things; None where chance found none."""
        first = self._rows[int(self._rng.integers(len(self._rows)))]
        for at in self._rng.integers(len(self._rows), size=_TRIES):
            second = self._rows[at]
            if not {first.path, *first.also} & {second.path, *second.also}:
                return first, second
        return None

    def join(self, first: Example, second: Example) -> Example:
        """One message that tells both, with the seam marked."""
        rng = self._rng
        if rng.random() < _SAME_PLACE:
            second = self._at_the_same_place(second)
        greeting = _GREETING.match(second.text)
        if greeting and not any(span.start < greeting.end() for span in second.spans):
            second = rewritten(second, [(0, greeting.end(), "")])
        head = _CLOSE.sub("", first.text) or first.text
        if rng.random() < 0.2:
            head = first.text
        seam = self._one_of(_SEAMS) if head != first.text or not _CLOSE.search(head) else ""
        link = self._one_of(_LINKS) if rng.random() < _LINKED else ""
        cut = len(head) + len(seam)
        by = cut + len(link)
        moved = (Span(span.start + by, span.end + by, span.main) for span in second.spans)
        return replace(
            _of_no_category(first),
            text=f"{head}{seam}{link}{second.text}",
            spans=(*(span for span in first.spans if span.end <= len(head)), *moved),
            cuts=(cut,),
            told=frozenset({"locations", "matters"} & first.told & second.told),
        )

    def _at_the_same_place(self, example: Example) -> Example:
        here = self._one_of(_HERE) if self._rng.random() < 0.8 else ""
        changes = [(span.start, span.end, here if number == 0 else "") for number, span in enumerate(example.spans)]
        return replace(rewritten(example, changes), spans=())

    def _one_of(self, texts: Sequence[str]) -> str:
        return texts[int(self._rng.integers(len(texts)))]


def _of_no_category(example: Example) -> Example:
    """The example to learn places and seam from: what it is about it has taught already, or that is two things."""
    return replace(
        example,
        told=example.told - {"intent"},
        path=None,
        also=(),
        level1=None,
        appeal_type=None,
        types_ok=(),
        urgent=None,
        emergency=None,
    )
