"""Searching a message for very many things: words, patterns with many beginnings, and whole lists of patterns.

The standard library tries each alternative of a pattern at each character, and each pattern of a list. What a pattern
is built of tells beforehand where that is in vain.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from re import _constants as ops  # type: ignore[attr-defined]  # nothing public tells how a pattern is built
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Generic, TypeVar

import ahocorasick

_Told = TypeVar("_Told")

Words = frozenset[str]
# More ways to say a stretch than this are not written out.
_MOST = 64
# Nobody says a thing more often in a row, nor a longer number.
_REPEATS = 20
_REPEAT = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|(?P<sign>[*+]|\{(?P<least>\d+),\})")


class Spotter(Generic[_Told]):
    """Finds all of the given words in one pass over a text, overlapping ones included."""

    def __init__(self, words: Mapping[str, _Told]) -> None:
        self._automaton = ahocorasick.Automaton()
        for word, told in words.items():
            self._automaton.add_word(word, told)
        if words:
            self._automaton.make_automaton()

    def spot(self, text: str) -> Iterable[tuple[int, _Told]]:
        """Where the last character of each stands, and what was given for it."""
        found: Iterable[tuple[int, _Told]] = self._automaton.iter(text) if len(self._automaton) else ()
        return found


def bounded(pattern: str) -> str:
    """The same pattern, whose repeats come to an end.

    `\\d+号楼` would read a run of digits to its end from each of its digits: the square of its length. This one reads
    no further than a number may be long.
    """
    return _REPEAT.sub(_ended, pattern)


def _ended(found: re.Match[str]) -> str:
    if not found["sign"]:
        return found.group()
    least = int(found["least"] or found["sign"] == "+")
    return f"{{{least},{least + _REPEATS}}}"


def swift(pattern: str) -> re.Pattern[str]:
    """The same pattern, bounded, which passes over characters that none of its many alternatives begins with."""
    pattern = bounded(pattern)
    characters, empty = _beginning(parser.parse(pattern))
    if characters is None or empty:
        return re.compile(pattern)
    return re.compile(f"(?=[{''.join(sorted(characters))}])(?:{pattern})")


class Sieve:
    """Many patterns; `sift` names the few that are worth a search: those of whose necessary words one is in the text.

    `(?:转|找)人工|真人` matches no text without 转人工, 找人工 or 真人. A message has the words of few patterns, so one
    more in the list costs nothing for all other messages.
    """

    def __init__(self, patterns: Iterable[re.Pattern[str]]) -> None:
        places: dict[str, list[int]] = defaultdict(list)
        always: list[int] = []
        for place, pattern in enumerate(patterns):
            words = necessary(pattern)
            for word in words:
                places[word].append(place)
            if not words:
                always.append(place)
        self._always = tuple(always)
        self._spotter = Spotter({word: tuple(found) for word, found in places.items()})

    def sift(self, text: str) -> list[int]:
        """The places of the patterns that may match somewhere in the text, in order; no other does."""
        worth = set(self._always)
        for _, places in self._spotter.spot(text):
            worth.update(places)
        return sorted(worth)


def necessary(pattern: re.Pattern[str]) -> Words:
    """Words of which one at least is in every text that matches; none when nothing certain can be said."""
    if pattern.flags & re.IGNORECASE:
        return Words()
    words = _needed(_sequence(parser.parse(pattern.pattern, pattern.flags)))
    return Words() if "" in words else words


# -- what a match cannot do without

# A part of a pattern is known by all that it can stand for; or, when that is endless or too much, by words of which one
# is in whatever it stands for.
_Part = tuple[Words | None, Words]
_NOTHING: Words = frozenset({""})
_UNKNOWN: _Part = (None, Words())


def _needed(part: _Part) -> Words:
    whole, words = part
    return words if whole is None else whole


def _sequence(parts: Iterable[tuple[Any, Any]]) -> _Part:
    """What stands one after the other: neighbours that are known whole make longer words."""
    run, words, whole = _NOTHING, Words(), True
    for op, told in parts:
        part = _part(op, told)
        joined = _joined(run, part[0])
        if joined is not None:
            run = joined
            continue
        words, whole = _better(words, run), False
        run = part[0] or _NOTHING
        words = _better(words, part[1])
    return (run, Words()) if whole else (None, _better(words, run))


def _joined(first: Words, second: Words | None) -> Words | None:
    if second is None or len(first) * len(second) > _MOST:
        return None
    return frozenset([one + two for one in first for two in second])


def _part(op: Any, told: Any) -> _Part:
    match op:
        case ops.LITERAL:
            return frozenset(chr(told)), Words()
        case ops.AT | ops.ASSERT | ops.ASSERT_NOT:
            return _NOTHING, Words()
        case ops.IN:
            return _characters(told), Words()
        case ops.SUBPATTERN if not told[1]:  # that is, it changes no flags
            return _sequence(told[3])
        case ops.BRANCH:
            return _branch([_sequence(one) for one in told[1]])
        case ops.MAX_REPEAT | ops.MIN_REPEAT:
            return _repeated(*told)
    return _UNKNOWN


def _characters(members: Sequence[tuple[Any, Any]]) -> Words | None:
    """Those of [两三四]; none for \\d, [^,] and ranges."""
    if any(op is not ops.LITERAL for op, _ in members) or len(members) > _MOST:
        return None
    return frozenset([chr(code) for _, code in members])


def _branch(ways: Sequence[_Part]) -> _Part:
    words = [_needed(way) for way in ways]
    either = Words().union(*words) if all(words) else Words()
    known = all(whole is not None for whole, _ in ways) and len(either) <= _MOST
    return (either, Words()) if known else (None, either)


def _repeated(least: int, most: int, parts: Iterable[tuple[Any, Any]]) -> _Part:
    part = _sequence(parts)
    if least:
        return None, _needed(part)
    return (part[0] | _NOTHING, Words()) if most == 1 and part[0] is not None else _UNKNOWN


def _better(first: Words, second: Words) -> Words:
    """Of two sets of words that are both necessary the one that fewer texts have: of longer words, or of fewer."""
    return max(first, second, key=lambda words: (min(map(len, words), default=0), -len(words)))


# -- where a match may begin


def _beginning(parts: Iterable[tuple[Any, Any]]) -> tuple[set[str] | None, bool]:
    """The characters, as one writes them between brackets, that something may begin with, and whether it may be empty.
    None: with any."""
    characters: set[str] = set()
    for op, told in parts:
        begins, empty = _begins(op, told)
        if begins is None:
            return None, False
        characters |= begins
        if not empty:
            return characters, False
    return characters, True


def _begins(op: Any, told: Any) -> tuple[set[str] | None, bool]:
    match op:
        case ops.LITERAL:
            return {re.escape(chr(told))}, False
        case ops.AT | ops.ASSERT | ops.ASSERT_NOT:
            return set(), True
        case ops.IN:
            return _members(told), False
        case ops.SUBPATTERN if not told[1]:
            return _beginning(told[3])
        case ops.BRANCH:
            ways = [_beginning(one) for one in told[1]]
            known = [characters for characters, _ in ways if characters is not None]
            return (set().union(*known) if len(known) == len(ways) else None), any(empty for _, empty in ways)
        case ops.MAX_REPEAT | ops.MIN_REPEAT:
            characters, empty = _beginning(told[2])
            return characters, empty or told[0] == 0
    return None, False


def _members(told: Iterable[tuple[Any, Any]]) -> set[str] | None:
    members = set()
    for op, code in told:
        match op:
            case ops.LITERAL:
                members.add(re.escape(chr(code)))
            case ops.RANGE:
                members.add("-".join(re.escape(chr(end)) for end in code))
            case ops.CATEGORY if code is ops.CATEGORY_DIGIT:
                members.add(r"\d")
            case _:
                return None
    return members
