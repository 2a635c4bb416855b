"""Messages without end: what understanding one costs grows with its length, not with the square of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from re import _constants as ops  # type: ignore[attr-defined]  # nothing public tells how a pattern is built
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from nlu import harmless, intents, matters, mentions, search, tenor
from nlu.places import actors, chains, finder, grammar, houses, vicinity

# Taken by `fullmatch` only, once a message: no other beginning is tried.
_ONCE = {"_FRAGMENTS", "_PARTICLES"}


def _patterns(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _patterns(one)


def _endless(parts: Any) -> bool:
    """Whether something in a parsed pattern may be repeated without end."""
    for op, told in parts:
        inner: tuple[Any, ...] = ()
        match op:
            case ops.MAX_REPEAT | ops.MIN_REPEAT:
                if told[1] == ops.MAXREPEAT:
                    return True
                inner = (told[2],)
            case ops.SUBPATTERN:
                inner = (told[3],)
            case ops.BRANCH:
                inner = tuple(told[1])
            case ops.ASSERT | ops.ASSERT_NOT:
                inner = (told[1],)
        if any(_endless(one) for one in inner):
            return True
    return False


READERS = [actors, chains, grammar, houses, intents, matters, mentions, finder, tenor, vicinity]


@pytest.mark.parametrize("module", READERS, ids=lambda one: one.__name__)
def test_no_pattern_reads_a_run_to_its_end_from_each_of_its_characters(module: object) -> None:
    endless = [
        name
        for name, value in vars(module).items()
        for pattern in _patterns(value)
        if name not in _ONCE and _endless(parser.parse(pattern.pattern, pattern.flags))
    ]

    assert endless == []


def test_a_bounded_pattern_keeps_its_signs_where_they_are_letters() -> None:
    pattern = search.bounded(r"[*+]\*\+x+y*?[^\]+]*z{2,}")

    assert pattern == r"[*+]\*\+x{1,21}y{0,20}?[^\]+]{0,20}z{2,22}"


def test_the_past_of_a_danger_is_sought_in_bounds() -> None:
    assert not _endless(parser.parse(harmless.PASSED.pattern))


class _Watched(str):
    """A text that counts how many characters were copied out of it."""

    copied: int = 0

    def __getitem__(self, key: Any) -> str:
        piece = super().__getitem__(key)
        self.copied += len(piece)
        return piece


@pytest.mark.parametrize("read", [mentions.occurred, matters.split])
@pytest.mark.parametrize("word", ["年前", "第二", "另外不", "昨天", "3点", "三个事第二"])
def test_twice_the_text_is_no_more_than_twice_the_reading(read: Callable[[str], object], word: str) -> None:
    once, twice = _Watched(word * 2_000), _Watched(word * 4_000)
    read(once)
    read(twice)

    assert twice.copied <= 2 * once.copied + 100
