"""A linear model over runs of characters: what a few thousand labelled messages teach at once, beside the encoder."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as File

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

BUCKETS = 2**19
_LONGEST_RUN = 3
# A letter says what it is about before this.
_READ = 1_500


def features(text: str) -> tuple[Ids, Floats]:
    """Hashed runs of one to three characters of a normalized text: buckets, and 1 + log of how often each stands."""
    text = text[:_READ]
    counts = Counter(text[at : at + size] for size in range(1, _LONGEST_RUN + 1) for at in range(len(text) - size + 1))
    buckets = np.array([zlib.crc32(run.encode()) % BUCKETS for run in counts], dtype=np.int64)
    weights = np.array([1.0 + math.log(count) for count in counts.values()], dtype=np.float32)
    return buckets, weights


@dataclass(frozen=True, slots=True)
class Linear:
    """Beliefs about categories, or about their first levels: a label is the beginning of a category's path."""

    labels: tuple[tuple[str, ...], ...]
    buckets: Ids  # (known,), ascending
    rarity: Floats  # (known,)
    classes: npt.NDArray[np.uint16]  # (known, kept): the labels that a run speaks most of, for or against
    weights: npt.NDArray[np.int8]  # (known, kept), in units of `unit`
    unit: float
    bias: Floats  # (labels,)
    share: float  # how much its logarithms count beside the encoder's

    @classmethod
    def load(cls, file: File) -> Linear:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as kept:
            return cls(
                labels=tuple(tuple(str(label).split("/")) for label in kept["labels"]),
                buckets=kept["buckets"].astype(np.int64),
                rarity=kept["rarity"].astype(np.float32),
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
        if len(buckets) and len(self.buckets):
            spots = np.searchsorted(self.buckets, buckets).clip(max=len(self.buckets) - 1)
            known = self.buckets[spots] == buckets
            spots, values = spots[known], values[known] * self.rarity[spots[known]]
            length = float(np.sqrt((values**2).sum())) or 1.0
            told = self.weights[spots] * (values * (self.unit / length))[:, None]
            np.add.at(scores, self.classes[spots].ravel(), told.ravel())
        scores -= scores.max()
        beliefs: Floats = scores - np.log(np.exp(scores).sum())
        return beliefs

    def many(self, texts: Sequence[str]) -> Floats:
        """(texts, labels)."""
        return np.stack([self.beliefs(text) for text in texts])
