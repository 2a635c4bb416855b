"""Which category: what the encoder read and what the lexicon found, weighed together, level by level."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlu.encoder import Encoder, Reading
from nlu.interpretation import CategoryScore
from nlu.linear import Linear
from nlu.taxonomy import Category, Taxonomy

Floats = npt.NDArray[np.float32]

# How much the encoder's logarithms and a point of the lexicon count beside the linear model's logarithms. Set on the
# development set of `nlu/corpus`.
ENCODER, LEXICON = 1.0, 0.5
# Confidence: slope and intercept on the log odds of each level's share, so that what is said with 0.8 is right four
# times in five. Fitted on the development set; with one of its two writers held out the expected error was 0.011 for
# the first level, 0.012 for the leaf.
_TRUTH = ((0.432, 0.645), (0.353, 0.613), (0.349, 0.317))
# For leaves that the encoder was not trained on: how sharply likeness to a leaf's description tells.
_SHARPNESS = 14.0
_DESCRIBED = 12
# The logarithm for a category of which a linear model's rows had none.
_UNHEARD_OF = math.log(0.002)


@dataclass(frozen=True, slots=True)
class Weights:
    """See `ENCODER` and `LEXICON`."""

    encoder: float = ENCODER
    lexicon: float = LEXICON


class Ranker:
    """Ranks the leaves of one taxonomy. The taxonomy is data: leaves that the encoder knows by their path are read
    off its head, all others are found by how near their description is to the message."""

    def __init__(self, taxonomy: Taxonomy, encoder: Encoder, weights: Weights | None = None) -> None:
        self._categories: tuple[Category, ...] = tuple(taxonomy)
        # A model that learnt a city's own rows names its own weights.
        self._weights = weights or Weights(**encoder.card.get("weights", {}))
        trained = {path: index for index, path in enumerate(encoder.leaves)}
        places = np.array([trained.get(category.path, -1) for category in self._categories])
        self._known, self._strange = np.flatnonzero(places >= 0), np.flatnonzero(places < 0)
        self._read = places[self._known]
        self._described = (
            encoder.vectors([describe(self._categories[index]) for index in self._strange])
            if len(self._strange)
            else None
        )
        self._linears = [(linear, self._places(linear)) for linear in encoder.linears]
        self._levels = [_groups([category.path[:depth] for category in self._categories]) for depth in (1, 2)]
        # The first level that each second level is of.
        self._above = self._levels[0][np.unique(self._levels[1], return_index=True)[1]]

    def _places(self, linear: Linear) -> npt.NDArray[np.int64]:
        """For each category the label of the linear model that speaks of it; the last place where none does."""
        labels = {label: number for number, label in enumerate(linear.labels)}
        depths = {len(label) for label in linear.labels}
        return np.array(
            [
                next((labels[c.path[:depth]] for depth in depths if c.path[:depth] in labels), len(labels))
                for c in self._categories
            ]
        )

    def rank(
        self, text: str, scores: Mapping[int, float], reading: Reading, limit: int = 5
    ) -> tuple[CategoryScore, ...]:
        """The likeliest leaves for a normalized text; `scores` is what the lexicon says for each leaf, by its place
        in the taxonomy. First stands the best leaf of the best second level of the best first level: each level is
        decided by all that speaks for it."""
        shares = self.shares(text, scores, reading)
        first, second = (np.bincount(groups, shares) for groups in self._levels)
        inside = np.where(self._above == first.argmax(), second, 0.0).argmax()
        head = int(np.where(self._levels[1] == inside, shares, 0.0).argmax())
        order = [head, *(index for index in _best(shares, limit) if index != head)]
        return tuple(
            self._score(index, first[self._levels[0][index]], second[self._levels[1][index]], shares[index])
            for index in order[:limit]
        )

    def _score(self, index: int, *shares: float) -> CategoryScore:
        first, second, leaf = (_believed(share, *truth) for share, truth in zip(shares, _TRUTH, strict=True))
        second = min(first, second)
        leaf = min(second, leaf)
        category = self._categories[index]
        return CategoryScore(category.code, category.path, leaf, levels=(first, second, leaf))

    def shares(self, text: str, scores: Mapping[int, float], reading: Reading) -> Floats:
        """How likely each leaf is, in the order of the taxonomy; they add up to one."""
        belief = np.zeros(len(self._categories), dtype=np.float32)
        belief[self._known] = read = self._weights.encoder * reading.leaves[self._read]
        if self._described is not None:
            likeness = _SHARPNESS * (self._described @ reading.vector)
            if len(read):
                # Both kinds in one tree: the best of either may win.
                likeness += read.max() - likeness.max()
            belief[self._strange] = likeness
        for index, score in scores.items():
            belief[index] += self._weights.lexicon * score
        for linear, places in self._linears:
            said = np.full(len(linear.labels) + 1, _UNHEARD_OF, np.float32)
            said[:-1] = linear.beliefs(text)
            belief += linear.share * said[places]
        powers = np.exp(belief - belief.max())
        shares: Floats = (powers / powers.sum()).astype(np.float32)
        return shares


def _believed(share: float, slope: float, intercept: float) -> float:
    share = min(max(float(share), 1e-5), 1 - 1e-5)
    return 1 / (1 + math.exp(-(slope * math.log(share / (1 - share)) + intercept)))


def describe(category: Category) -> str:
    """A leaf in words: the names of its lower levels and what citizens say of it."""
    keywords = [word.replace("…", "") for word in category.keywords[:_DESCRIBED]]
    return " ".join(dict.fromkeys([*category.path[1:], *keywords]))


def _groups(keys: Sequence[tuple[str, ...]]) -> npt.NDArray[np.int64]:
    numbers: Mapping[tuple[str, ...], int] = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], dtype=np.int64)


def _best(shares: Floats, count: int) -> list[int]:
    """The places of the greatest, in their order; of equal ones the first. Cheaper than sorting them all."""
    left, best = shares.copy(), []
    for _ in range(min(count, len(shares))):
        best.append(int(left.argmax()))
        left[best[-1]] = -1.0
    return best
