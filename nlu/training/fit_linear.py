"""Trains the linear model of `nlu.linear` and finds out how much it should count beside the encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse
from sklearn.svm import LinearSVC

from nlu.linear import BUCKETS, Linear, features
from nlu.normalize import normalize

Floats = npt.NDArray[np.float32]
Label = tuple[str, ...]

_SHARES = (0.0, 0.5, 1.0)


def fit(
    texts: Sequence[str],
    labels: Sequence[Label],
    *,
    importance: Sequence[float] | None = None,
    kept: int = 8,
    least: int = 2,
    strictness: float = 1.0,
    sharpness: float = 6.0,
) -> Linear:
    """A support vector machine over runs of characters that at least `least` texts hold. `kept` weights of each run
    stay, the greatest; `sharpness` makes margins into logarithms of belief."""
    names = sorted(set(labels))
    numbers = {name: number for number, name in enumerate(names)}
    matrix = _matrix(texts)
    seen = np.bincount(matrix.indices, minlength=BUCKETS)
    known = np.flatnonzero(seen >= least)
    rarity = (np.log((1 + len(texts)) / (1 + seen[known])) + 1).astype(np.float32)
    matrix = _scaled(matrix[:, known], rarity)
    machine = LinearSVC(C=strictness).fit(
        matrix, [numbers[label] for label in labels], sample_weight=None if importance is None else np.array(importance)
    )
    weights, bias = machine.coef_.astype(np.float32), machine.intercept_.astype(np.float32)
    if len(names) == 2:
        weights, bias = np.concatenate([-weights, weights]), np.concatenate([-bias, bias])
    kept = min(kept, len(names))
    classes = np.argsort(-np.abs(weights), axis=0, kind="stable")[:kept].T
    chosen = np.take_along_axis(weights.T, classes, axis=1) * sharpness
    unit = float(np.abs(chosen).max()) / 127 or 1.0
    return Linear(
        labels=tuple(names),
        buckets=known.astype(np.int64),
        rarity=rarity,
        classes=classes.astype(np.uint16),
        weights=np.round(chosen / unit).astype(np.int8),
        unit=unit,
        bias=sharpness * bias,
        share=1.0,
    )


def best_share(encoder: Floats, linear: Floats, labels: Sequence[int]) -> float:
    """The weight of the linear model's logarithms beside the encoder's, both (rows, labels), at which the sum makes
    what was right likeliest. Counting right answers would choose by a row or two."""
    wanted = np.arange(len(labels)), np.array(labels)

    def likelihood(share: float) -> float:
        together = encoder + share * linear
        together = together - together.max(axis=1, keepdims=True)
        return float((together[wanted] - np.log(np.exp(together).sum(axis=1))).mean())

    return max(_SHARES, key=likelihood)


def _matrix(texts: Sequence[str]) -> scipy.sparse.csr_matrix:
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        buckets, weights = features(normalize(text).text)
        rows.append(np.full(len(buckets), row))
        columns.append(buckets)
        values.append(weights)
    return scipy.sparse.csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(len(texts), BUCKETS)
    )


def _scaled(matrix: scipy.sparse.csr_matrix, rarity: Floats) -> scipy.sparse.csr_matrix:
    matrix = matrix.multiply(rarity[None, :]).tocsr()
    lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1)).A1
    return scipy.sparse.diags(1 / np.maximum(lengths, 1e-9)) @ matrix
