"""Examples become tensors: what each head of the encoder is to say, and where nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nlu.alphabet import PAD, Ids
from nlu.interpretation import AppealType, EmergencyKind, Intent, Path
from nlu.letters import Letters
from nlu.normalize import normalize
from nlu.training.corpus import Example

INTENTS = tuple(Intent)
TYPES = tuple(AppealType)
# The first kind is none at all.
KINDS = (None, *EmergencyKind)
TAGS = ("O", "B-main", "I-main", "B-other", "I-other")
IGNORE = -100

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one length, as numpy arrays; IGNORE and NaN where a row says nothing."""

    ids: Ids
    pairs: Ids
    mask: Ids
    intent: Ids
    kind: Ids
    appeal_type: Ids
    urgent: Floats
    leaf: Floats
    among: npt.NDArray[np.bool_]
    """(rows, leaves): any of these is right; all False where the leaf itself was told, or nothing."""
    tags: Ids
    cuts: Floats


@dataclass(frozen=True, slots=True)
class _Row:
    ids: Ids
    pairs: Ids
    tags: Ids
    cuts: Floats


class Targets:
    """Turns examples into batches for one way of cutting text and one set of leaves."""

    def __init__(self, letters: Letters, leaves: Sequence[Path], longest: int) -> None:
        self._letters, self._longest = letters, longest
        self._leaf = {path: index for index, path in enumerate(leaves)}
        self._first = np.array([path[0] for path in leaves])

    def batch(self, examples: Sequence[Example], rng: np.random.Generator | None = None) -> Batch:
        """With `rng`, what is too long is cut at a random place as often as at its end."""
        rows = [self._row(example, rng) for example in examples]
        width = max(len(row.ids) for row in rows)
        return Batch(
            ids=_padded(width, [row.ids for row in rows], PAD),
            pairs=_padded(width, [row.pairs for row in rows], 0),
            mask=_padded(width, [np.ones(len(row.ids), dtype=np.int64) for row in rows], 0),
            tags=_padded(width, [row.tags for row in rows], IGNORE),
            cuts=_padded(width, [row.cuts for row in rows], np.nan),
            intent=np.array([INTENTS.index(e.intent) if "intent" in e.told else IGNORE for e in examples]),
            kind=np.array([_kind(example) for example in examples]),
            appeal_type=np.array([_type(example) for example in examples]),
            urgent=np.array([np.nan if e.urgent is None else float(e.urgent) for e in examples], dtype=np.float32),
            leaf=np.stack([self._leaves(example) for example in examples]),
            among=np.stack([self._among(example) for example in examples]),
        )

    def _leaves(self, example: Example) -> Floats:
        """A share for each leaf, the same for all that are right; all zero where no category was told."""
        share = np.zeros(len(self._leaf), dtype=np.float32)
        if example.path in self._leaf:
            share[[self._leaf[path] for path in (example.path, *example.also) if path in self._leaf]] = 1.0
            share /= share.sum()
        return share

    def _among(self, example: Example) -> npt.NDArray[np.bool_]:
        if example.level1 is None or example.path in self._leaf:
            return np.zeros(len(self._leaf), dtype=bool)
        return np.asarray(self._first == example.level1)

    def _row(self, example: Example, rng: np.random.Generator | None) -> _Row:
        plain = normalize(example.text)
        place = {original: position for position, original in enumerate(plain.offsets)}
        tags = np.zeros(len(plain.text), dtype=np.int64)
        for span in example.spans:
            inside = [place[at] for at in range(span.start, span.end) if at in place]
            if inside:
                tags[inside] = 2 if span.main else 4
                tags[inside[0]] = 1 if span.main else 3
        cuts = np.zeros(len(plain.text), dtype=np.float32)
        if "locations" not in example.told:
            tags[:] = IGNORE
        if "matters" not in example.told:
            cuts[:] = np.nan
        for cut in example.cuts:
            cuts[next((place[at] for at in range(cut, len(example.text)) if at in place), -1)] = 1.0
        start, room = 0, self._longest - 1
        if len(plain.text) > room and rng is not None and rng.random() < 0.5:
            start = int(rng.integers(0, len(plain.text) - room))
        tags, cuts = tags[start : start + room], cuts[start : start + room]
        tokens = self._letters.tokens(plain.text[start : start + room])
        if tokens.spans is None:  # a start, then a token a character
            tags, cuts = np.concatenate([[IGNORE], tags]), np.concatenate([[np.nan], cuts])
        else:
            tags = np.array([tags[first] if last > first else IGNORE for first, last in tokens.spans])
            cuts = np.array([cuts[first:last].max() if last > first else np.nan for first, last in tokens.spans])
        return _Row(tokens.ids, tokens.pairs, tags, cuts.astype(np.float32))


def _padded(width: int, values: Sequence[npt.NDArray[Any]], fill: float) -> Any:
    table = np.full((len(values), width), fill, dtype=values[0].dtype)
    for row, value in zip(table, values, strict=True):
        row[: len(value)] = value
    return table


def _kind(example: Example) -> int:
    if "intent" not in example.told:
        return IGNORE
    if example.emergency:
        return KINDS.index(example.emergency)
    # An urgent matter may also be an emergency; nobody was asked.
    return IGNORE if example.urgent or example.intent is Intent.EMERGENCY else 0


def _type(example: Example) -> int:
    return TYPES.index(example.appeal_type) if example.appeal_type else IGNORE
