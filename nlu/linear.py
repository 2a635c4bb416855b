"""A linear model over runs of characters: what a few thousand labelled messages teach at once, beside the encoder."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import add
from pathlib import Path as File
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

BUCKETS = 2**19
# A letter says what it is about before this.
_READ = 1_500


class LinearError(ValueError):
    """A file is no linear model; the message names it and what is wrong."""


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
        """Read what `save` wrote. LinearError when it is something else."""
        try:
            # Opened here: of a broken archive the library would leave its file open.
            with file.open("rb") as content, zipfile.ZipFile(content):
                content.seek(0)
                with np.load(content, allow_pickle=False) as kept:
                    parts = {name: kept[name] for name in kept.files}
        except (OSError, ValueError, EOFError, NotImplementedError, zlib.error, zipfile.BadZipFile) as wrong:
            raise LinearError(f"{file} cannot be read, or is no .npz of numbers ({type(wrong).__name__})") from wrong
        missing = [name for name in _PARTS if name not in parts]
        if missing:
            raise LinearError(f"{file} is no linear model: it has no {', '.join(missing)}")
        fault = next(_faults(parts), "")
        if fault:
            raise LinearError(f"{file} is no linear model: {fault}")
        return cls(
            labels=tuple(tuple(str(label).split("/")) for label in parts["labels"]),
            buckets=parts["buckets"],
            rarity=parts["rarity"],
            classes=parts["classes"],
            weights=parts["weights"],
            unit=float(parts["unit"]),
            bias=parts["bias"].astype(np.float32),
            share=float(parts["share"]),
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


_PARTS = {"labels": "U", "buckets": "iu", "rarity": "f", "classes": "iu", "weights": "if", "unit": "f", "bias": "f"} | {
    "share": "f"
}


def _faults(parts: Mapping[str, npt.NDArray[Any]]) -> Iterator[str]:
    """What is wrong with the parts of a file, the first thing first: the later checks rely on the earlier."""
    for name, kinds in _PARTS.items():
        if parts[name].dtype.kind not in kinds:
            yield f"{name} is of the type {parts[name].dtype}"
        elif kinds == "f" and not np.isfinite(parts[name]).all():
            yield f"{name} is not finite"
    labels, buckets, classes = parts["labels"], parts["buckets"], parts["classes"]
    if labels.ndim != 1 or not len(labels) or buckets.ndim != 1 or classes.ndim != 2:
        yield "labels, buckets or classes are not of the right form"
    known = len(buckets)
    shapes = {"rarity": (known,), "weights": classes.shape, "bias": labels.shape, "unit": (), "share": ()}
    for name, shape in shapes.items():
        if parts[name].shape != shape:
            yield f"{name} is of the shape {parts[name].shape}, not {shape}"
    if len(classes) != known:
        yield f"there are {known} buckets and {len(classes)} rows of classes"
    if known and (int(buckets.min()) < 0 or int(buckets.max()) >= BUCKETS):
        yield f"a bucket lies outside 0 to {BUCKETS - 1}"
    if classes.size and (int(classes.min()) < 0 or int(classes.max()) >= len(labels)):
        yield f"a class lies outside its {len(labels)} labels"
