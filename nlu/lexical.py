"""The fast classifier: words of the category list, weighed by how few categories share them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import pairwise

from nlu.interpretation import CategoryScore
from nlu.normalize import respelled, words
from nlu.search import Spotter
from nlu.taxonomy import Category, Taxonomy

# Confidences are a softmax over leaf scores. On messages of the kind of our development sets a top confidence of 0.55
# was right about four times in five; below 0.25 the leaf is a guess and its first level is what may be believed.
SURE = 0.55
UNSURE = 0.25
_TEMPERATURE = 1.1
_OTHER = "其他"
# 欠…工钱: both parts, in this order, so near to each other.
_GAP, _REACH = "…", 8
# What resemblance alone is believed at most, and how much of it there must be.
_GUESS, _LEAST = 0.3, 0.12
# Words of the category names that every second name has; they say nothing about a message.
_HOLLOW = words(
    "管理 政策 问题 服务 其他 制度 建设 工作 待遇 规划 监管 发展 使用 方案 设计 事业 生产 行政 社会 经营 技术"
)


class LexicalClassifier:
    """Scores leaves by the keywords and names of theirs that a message contains."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._categories: tuple[Category, ...] = tuple(taxonomy)
        postings: dict[str, dict[int, float]] = defaultdict(dict)
        for index, category in enumerate(self._categories):
            for word, weight in _words(category).items():
                word = respelled(word)
                postings[word][index] = max(weight, postings[word].get(index, 0.0))
        self._postings = {
            word: [(index, weight * _worth(word, len(found))) for index, weight in found.items()]
            for word, found in postings.items()
            if len(word) > 1
        }
        gapped = [word for word in self._postings if _GAP in word]
        apart: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for word in gapped:
            first, second = word.split(_GAP, 1)
            apart[first].append((second, word))
        self._words = Spotter({word: word for word in self._postings.keys() - set(gapped)})
        self._openings = Spotter({first: (first, tuple(rest)) for first, rest in apart.items()})
        self._first = [category.path[0] for category in self._categories]
        self._second = [category.path[:2] for category in self._categories]

    @cached_property
    def _likeness(self) -> _Likeness:
        """Learnt when it is first asked for: never, as long as an encoder reads."""
        return _Likeness(self._categories)

    def rank(self, text: str, limit: int = 5) -> tuple[CategoryScore, ...]:
        """The likeliest leaves, best first. When no word of the text is in the category list they are guesses by
        likeness, of little confidence; empty when nothing is alike either."""
        plain = respelled(text)
        scores = self.leaf_scores(plain)
        if not scores:
            guesses = self._likeness.rank(plain[:400])[:limit]
            return tuple(
                CategoryScore(self._categories[index].code, self._categories[index].path, confidence)
                for index, confidence in guesses
            )
        scores = self._lift(scores)
        top = max(scores.values())
        # Leaves without a single word share what is left: with weak evidence they keep most of the belief.
        silent = math.exp((0.4 - top) / _TEMPERATURE) * (len(self._categories) - len(scores)) * 0.05
        weights = {index: math.exp((score - top) / _TEMPERATURE) for index, score in scores.items()}
        total = sum(weights.values()) + silent
        first: dict[str, float] = defaultdict(float)
        second: dict[tuple[str, ...], float] = defaultdict(float)
        for index, weight in weights.items():
            first[self._first[index]] += weight / total
            second[self._second[index]] += weight / total
        best = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:limit]
        return tuple(
            CategoryScore(
                self._categories[index].code,
                self._categories[index].path,
                weight / total,
                levels=(first[self._first[index]], second[self._second[index]], weight / total),
            )
            for index, weight in best
        )

    def evidence(self, text: str) -> float:
        """Between 0 and 1: how much of anything that a city deals with is in the text."""
        return strength(self.leaf_scores(respelled(text)))

    def leaf_scores(self, text: str) -> dict[int, float]:
        """What the words of a normalized text say for each leaf, by its place in the taxonomy."""
        scores: dict[int, float] = defaultdict(float)
        for word, discount in self._found(text[:4000]).items():
            for index, weight in self._postings[word]:
                scores[index] += weight * discount
        return scores

    def _found(self, text: str) -> dict[str, float]:
        """Words of the list in the text. One inside a longer one counts little, one in the opening more (people say
        first what it is about), one said again a little more."""
        spans = [(last + 1 - len(word), last + 1, word) for last, word in self._words.spot(text)]
        spans.sort(key=lambda span: (span[0], -span[1]))
        found: dict[str, float] = {}
        times: Counter[str] = Counter()
        reach = -1
        for start, end, word in spans:
            inside = end <= reach
            reach = max(reach, end)
            times[word] += 1
            weight = (0.25 if inside else 1.0) * (1.6 if start < 40 else 1.0)
            found[word] = max(found.get(word, 0.0), weight)
        weighed = {word: weight * (1 + 0.4 * math.log(times[word])) for word, weight in found.items()}
        return weighed | self._apart(text)

    def _apart(self, text: str) -> dict[str, float]:
        """Words of the list whose two parts stand near each other."""
        found: dict[str, float] = {}
        for first, rest in dict(opening for _, opening in self._openings.spot(text)).items():
            for second, word in rest:
                if second in text and (start := _near(text, first, second)) is not None:
                    found[word] = 1.6 if start < 40 else 1.0
        return found

    def _lift(self, scores: dict[int, float]) -> dict[int, float]:
        """Neighbours vote: a leaf gains from all that speaks for its second and first level."""
        first: dict[str, float] = defaultdict(float)
        second: dict[tuple[str, ...], float] = defaultdict(float)
        for index, score in scores.items():
            first[self._first[index]] += score**2
            second[self._second[index]] += score**2
        return {
            index: score + 0.3 * math.sqrt(second[self._second[index]]) + 0.6 * math.sqrt(first[self._first[index]])
            for index, score in scores.items()
        }


def strength(scores: Mapping[int, float]) -> float:
    """Between 0 and 1: how much of anything that a city deals with the scores of leaves tell of."""
    return 1 - math.exp(-max(scores.values(), default=0.0) / 2.5)


def _near(text: str, first: str, second: str) -> int | None:
    """Where `first` stands with `second` soon after it."""
    start = text.find(first)
    while start >= 0:
        after = start + len(first)
        if text.find(second, after, after + _REACH + len(second)) >= 0:
            return start
        start = text.find(first, after)
    return None


class _Likeness:
    """How much a text looks like the words of each category, by pairs of characters: for texts without any of them."""

    def __init__(self, categories: tuple[Category, ...]) -> None:
        counts = [_pairs_of(category) for category in categories]
        spread = Counter(pair for found in counts for pair in found)
        self._weights: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._rarity = {pair: math.log(len(categories) / leaves) for pair, leaves in spread.items()}
        for index, found in enumerate(counts):
            length = math.sqrt(sum((math.log1p(n) * self._rarity[pair]) ** 2 for pair, n in found.items())) or 1.0
            for pair, n in found.items():
                self._weights[pair].append((index, math.log1p(n) * self._rarity[pair] / length**0.7))

    def rank(self, text: str) -> list[tuple[int, float]]:
        scores: dict[int, float] = defaultdict(float)
        said = set(_pairs(text))
        shared: Counter[int] = Counter()
        for pair in said:
            for index, weight in self._weights.get(pair, ()):
                scores[index] += weight * self._rarity[pair]
                shared[index] += 1
        length = math.sqrt(sum(self._rarity.get(pair, 3.0) ** 2 for pair in said)) or 1.0
        best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:8]
        # One pair alike is chance, unless there is hardly more to be alike.
        best = [
            (index, score / length)
            for index, score in best
            if score / length >= _LEAST and (shared[index] > 1 or score / length >= 1.5 * _LEAST)
        ]
        total = sum(score for _, score in best)
        return [(index, _GUESS * score / total) for index, score in best]


def _pairs(text: str) -> Iterator[str]:
    return (first + second for first, second in pairwise(text) if "\u4e00" <= first <= "\u9fff" and second >= "\u4e00")


def _pairs_of(category: Category) -> Counter[str]:
    names = [name for name in category.path[1:] if name != _OTHER]
    return Counter(pair for word in (*category.keywords, *names) for pair in set(_pairs(respelled(word))))


def _worth(word: str, leaves: int) -> float:
    """Longer words and words of fewer leaves say more; of two parts that stand apart, a single character says "
    "little."""
    sure = 0.6 if _GAP in word and min(map(len, word.split(_GAP, 1))) < 2 else 1.0
    length = len(word.replace(_GAP, ""))
    return sure * (0.6 + 0.35 * min(length, 5)) * math.log(1 + 12 / leaves) / math.log(13)


def _words(category: Category) -> dict[str, float]:
    words = dict.fromkeys(category.keywords, 1.0)
    leaf_weight = 0.5 if category.path[2] == _OTHER else 0.9
    for level, weight in ((2, leaf_weight), (1, 0.3)):
        name = category.path[level]
        for part in name.replace("、", "和").split("和"):
            if part and part != _OTHER:
                words.setdefault(part, weight)
            for size in (2,):
                for start in range(0, len(part) - size + 1, 2):
                    piece = part[start : start + size]
                    if piece not in _HOLLOW and len(part) >= 4:
                        words.setdefault(piece, 0.5 * weight)
    return words
