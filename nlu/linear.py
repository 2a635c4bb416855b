"""A linear model over runs of characters: what a few thousand labelled messages teach at once, beside the encoder."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import add
from pathlib import Path as File

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

BUCKETS = 2**19
# A letter says what it is about before this.
_READ = 1_500


def features(text: str) -> tuple[Ids, Floats]:
    """Hashed runs of one to three characters of a normalized text: buckets, and 1 + log of how often each stands."""
    ones = list(map(str.encode, text[:_READ]))
    twos = list(map(add, ones, ones[1:]))
    counts = Counter(chain(ones, twos, map(add, twos, ones[2:])))
    hashes = np.fromiter(map(zlib.crc32, counts), np.int64, len(counts))
    often = np.fromiter(counts.values(), np.float32, len(counts))
    return hashes % BUCKETS, 1 + np.log(often)


@dataclass(frozen=True, slots=True)
class Linear:
    """Beliefs about categories, or about their first levels: a label is the beginning of a category's path."""

    labels: tuple[tuple[str, ...], ...]
    buckets: npt.NDArray[np.integer]  # (known,), ascending
    rarity: npt.NDArray[np.floating]  # (known,)
    classes: npt.NDArray[np.uint16]  # (known, kept): the labels that a run speaks most of, for or against
    weights: npt.NDArray[np.int8]  # (known, kept), in units of `unit`
    unit: float
    bias: Floats  # (labels,)
    share: float  # how much its logarithms count beside the encoder's
    rows: npt.NDArray[np.int32] = field(init=False, repr=False)  # for each bucket its place in `buckets`, or -1

    def __post_init__(self) -> None:
        # A look-up for each run instead of a search: two megabytes for a tenth of a message's time.
        rows = np.full(BUCKETS, -1, np.int32)
        rows[self.buckets] = np.arange(len(self.buckets), dtype=np.int32)
        object.__setattr__(self, "rows", rows)

    @classmethod
    def load(cls, file: File) -> Linear:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as kept:
            return cls(
                labels=tuple(tuple(str(label).split("/")) for label in kept["labels"]),
                buckets=kept["buckets"],
                rarity=kept["rarity"],
                classes=kept["classes"],
                weights=kept["weights"],
                unit=float(kept["unit"]),
                bias=kept["bias"].astype(np.float32),
                share=float(kept["share"]),
            )

    def save(self, file: File) -> None:
        """A line of the file for each field."""
        np.savez_compressed(
            file,
            labels=np.array(["/".join(label) for label in self.labels]),
            buckets=self.buckets.astype(np.uint32),
            rarity=self.rarity.astype(np.float16),
            classes=self.classes,
            weights=self.weights,
            unit=np.float32(self.unit),
            bias=self.bias,
            share=np.float32(self.share),
        )

    def beliefs(self, text: str) -> Floats:
        """(labels,): logarithms of how likely each is, by a normalized text."""
        scores = self.bias.copy()
        buckets, values = features(text)
        rows = self.rows[buckets]
        known = rows >= 0
        if known.any():
            rows = rows[known]
            values = values[known] * self.rarity[rows]
            told = self.weights[rows] * (values * (self.unit / (math.sqrt(values @ values) or 1.0)))[:, None]
            np.add.at(scores, self.classes[rows].ravel().astype(np.intp), told.ravel())
        scores -= scores.max()
        beliefs: Floats = scores - np.log(np.exp(scores).sum())
        return beliefs

    def many(self, texts: Sequence[str]) -> Floats:
        """(texts, labels)."""
        return np.stack([self.beliefs(text) for text in texts])
