"""The city's categories, found by name, keyword, code or the initials of their pinyin."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from handoff.drafting import CategoryOption
from handoff.tongue import say
from nlu.taxonomy import Category, Taxonomy

_SEPARATORS = re.compile(r"[\s>＞/、，,·…-]+")
_TWO_WORDS = 4
"""Letters from which on they may be the initials of two words."""
_SURE = 5.5
"""A score that only whole words reach."""
_LONGEST_WORD = 12
"""Characters of a keyword that anybody would type the initials of."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A name or keyword, and how each of its characters may be said."""

    text: str
    sounds: tuple[tuple[str, ...], ...]
    letters: tuple[frozenset[str], ...]
    """With which each of its characters may begin."""

    @classmethod
    def of(cls, text: str, sounds: tuple[tuple[str, ...], ...]) -> "_Word":
        """The word with these sounds."""
        return cls(text, sounds, tuple(frozenset(sound[0] for sound in each) for each in sounds))

    def said(self, typed: str) -> bool:
        """Whether these letters are initials or whole syllables from its beginning (`cnbr`, `cainuan`, `cainbr`)."""
        return bool(self.letters) and typed[0] in self.letters[0] and self._begins(typed, 0)

    def _begins(self, typed: str, at: int) -> bool:
        if not typed:
            return True
        if at == len(self.sounds):
            return False
        return any(
            self._begins(typed[length:], at + 1)
            for sound in self.sounds[at]
            for length in {1, len(sound)}
            if typed.startswith(sound[:length])
        ) or any(sound.startswith(typed) for sound in self.sounds[at])

    def holds(self, typed: str) -> bool:
        """The same from any of its characters on."""
        return any(typed[0] in self.letters[at] and self._begins(typed, at) for at in range(1, len(self.sounds)))


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A category with what it may be found by."""

    option: CategoryOption
    path: tuple[_Word, ...]
    keywords: tuple[_Word, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A leaf that fits what was typed: how well, its place in the tree, and the keywords by which."""

    score: float
    place: int
    option: CategoryOption
    why: str


class CategorySearch:
    """Search over one city's tree. Pinyin is learned at the first search, not at the start."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy

    def by_code(self, code: str) -> CategoryOption | None:
        """The leaf of this code."""
        found = self._taxonomy.by_code(code)
        return _option(found) if found else None

    def by_path(self, words: str) -> CategoryOption | None:
        """The leaf whose whole path was typed, however its levels are parted, or whose name is the only one of its
        kind."""
        parts = tuple(part for part in _SEPARATORS.split(words) if part)
        same = [each for each in self._taxonomy if each.path == parts or each.path[-1] == words.strip()]
        return _option(same[0]) if len(same) == 1 else None

    def find(self, words: str, limit: int) -> Sequence[CategoryOption]:
        """The likeliest first; all parts of what was typed must be found (`供热 cnbr`)."""
        parts = [part.lower() for part in _SEPARATORS.split(words) if part][:4]
        found = self._with_all(parts) if parts else []
        if len(parts) == 1 and parts[0].isascii() and _TWO_WORDS <= len(parts[0]) <= _LONGEST_WORD:
            # cnbr is 采暖不热 where the tree knows 采暖 and 不热, each a word of its own.
            whole = parts[0]
            pairs = [each for cut in range(2, len(whole) - 1) for each in self._with_all([whole[:cut], whole[cut:]])]
            found += [each for each in pairs if each.score >= _SURE]
        best: dict[str, _Found] = {}
        for each in sorted(found, key=lambda each: (-each.score, each.place)):
            best.setdefault(each.option.code, each)
        return [replace(each.option, why=each.why) for each in list(best.values())[:limit]]

    def _with_all(self, parts: Sequence[str]) -> "list[_Found]":
        scored = []
        for place, leaf in enumerate(self._leaves):
            found = [_match(leaf, part) for part in parts]
            if all(score for score, _ in found):
                total = sum(score for score, _ in found) / len(found)
                why = say("、").join(dict.fromkeys(why for _, why in found if why))
                scored.append(_Found(total, place, leaf.option, why))
        return scored

    @cached_property
    def _leaves(self) -> tuple[_Leaf, ...]:
        say = _pronunciation()

        def words(texts: Iterable[str]) -> tuple[_Word, ...]:
            return tuple(_Word.of(text, say(text)) for text in texts if len(text) <= _LONGEST_WORD)

        return tuple(
            _Leaf(_option(each), words(each.path), words(word for word in each.keywords if "…" not in word))
            for each in self._taxonomy
        )


def _match(leaf: _Leaf, typed: str) -> tuple[float, str]:
    """How well a leaf fits what was typed, and the keyword by which."""
    if leaf.option.code == typed:
        return 10.0, ""
    name, keywords = leaf.path[-1], leaf.keywords
    if typed.isascii():
        if not typed.isalpha():
            return 0.0, ""
        best = _by_sound(leaf, typed)
    else:
        scores = [(_by_text(name.text, typed, 6.0), "")]
        scores += [(_by_text(word.text, typed, 3.0), "") for word in leaf.path[:-1]]
        scores += [(_by_text(word.text, typed, 4.5), word.text) for word in keywords]
        best = max(scores, key=lambda each: each[0])
    return best


def _by_text(word: str, typed: str, weight: float) -> float:
    if typed not in word:
        return 0.0
    return weight + 2.0 * len(typed) / len(word) + (0.5 if word.startswith(typed) else 0.0)


def _by_sound(leaf: _Leaf, typed: str) -> tuple[float, str]:
    scores = [(0.0, "")]
    for word, weight, why in (
        (leaf.path[-1], 6.0, ""),
        *((word, 4.5, word.text) for word in leaf.keywords),
        *((word, 3.0, "") for word in leaf.path[:-1]),
    ):
        if len(typed) == 1 and why:
            continue  # one letter is the beginning of half the keywords
        if word.said(typed):
            whole = 1.5 if len(typed) == len(word.sounds) else 0.0
            scores.append((weight + whole, why))
        elif len(typed) > 1 and word.holds(typed):
            scores.append((weight - 2.5, why))
    return max(scores, key=lambda each: each[0])


def _option(category: Category) -> CategoryOption:
    return CategoryOption(code=category.code, path=category.path, unit=category.unit)


def _pronunciation() -> Callable[[str], tuple[tuple[str, ...], ...]]:
    """How each character of a word may be said, all readings of it, without tones."""
    # Its list of phrases costs 45 MB and 0.15 s, and only chooses among the readings that we take all of.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import Style, pinyin

    def say(word: str) -> tuple[tuple[str, ...], ...]:
        said = pinyin(word, style=Style.NORMAL, heteronym=True)
        return tuple(tuple(dict.fromkeys(sound.lower() for sound in each if sound)) for each in said)

    return say
