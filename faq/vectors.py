"""Which wordings mean nearly what was asked: sentence vectors side by side, searched by brute force, in two stages when
they are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

# Up to so many rows every one is compared in full: 20,000 take about two milliseconds.
_MANY = 20_000
# Of more, the first dimensions after a rotation that puts what differs most in front choose so many to look at in full.
_COARSE, _CHOSEN = 64, 500
_SHARES_OF_TOP = (0.8, 0.6, 0.45, 0.3)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Vectors as they can be written down: of half the size, and turned if they are many."""

    rows: npt.NDArray[np.float16]  # (n, width)
    rotation: Floats  # (width, width), or empty


class Vectors:
    """Rows (n, width) of length one."""

    def __init__(self, kept: Rows) -> None:
        self.kept = kept
        self._rows = kept.rows.astype(np.float32)
        self._front = np.ascontiguousarray(self._rows[:, :_COARSE])

    @classmethod
    def of(cls, rows: Floats) -> Vectors:
        """Look at rows, and turn them if they are many."""
        rotation = np.zeros((0, 0), dtype=np.float32)
        if len(rows) > _MANY:
            some = rows[:: max(1, len(rows) // 5_000)]
            rotation = np.linalg.svd(some - some.mean(0), full_matrices=False)[2].T.astype(np.float32)
            rows = rows @ rotation
        return cls(Rows(rows=rows.astype(np.float16), rotation=rotation))

    def __len__(self) -> int:
        return len(self._rows)

    def likeness(self, asked: Floats) -> Floats:
        """(n,): the cosine of each row with a vector of length one; 0 for what is not looked at in full."""
        if not self.kept.rotation.size:
            found: Floats = self._rows @ asked
            return found
        asked = asked @ self.kept.rotation
        rough = self._front @ asked[:_COARSE]
        chosen = greatest(rough, _CHOSEN)
        found = np.zeros(len(self._rows), dtype=np.float32)
        found[chosen] = self._rows[chosen] @ asked
        return found


def best_of(values: npt.NDArray[Any], starts: Ids) -> npt.NDArray[Any]:
    """For each owner the greatest of its values, which lie between its start and the next; 0 where it has none."""
    if len(starts) - 1 == len(values) and (np.diff(starts) == 1).all():
        return values
    best = np.zeros(len(starts) - 1, dtype=values.dtype)
    filled = np.flatnonzero(np.diff(starts))
    best[filled] = np.maximum.reduceat(values, starts[:-1][filled])
    return best


def greatest(values: npt.NDArray[np.floating], count: int) -> Ids:
    """The places of the `count` greatest values, in no order. Most values are far from the greatest: to pass over them
    first is many times faster than to sort them apart."""
    found: Ids = np.arange(len(values))
    if len(values) <= count:
        return found
    top = float(values.max())
    for share in _SHARES_OF_TOP:
        near = np.flatnonzero(values >= share * top)
        if len(near) >= count:
            found = near
            break
    return found if len(found) == count else found[np.argpartition(-values[found], count - 1)[:count]]


def of_length_one(rows: npt.ArrayLike) -> Floats:
    """Rows (n, width), each divided by its length; a row of zeros stays one."""
    matrix = np.asarray(rows, dtype=np.float32)
    lengths = np.linalg.norm(matrix, axis=-1, keepdims=True)
    scaled: Floats = matrix / np.maximum(lengths, 1e-9)
    return scaled
