"""What kind of turn a short sentence resembles, learnt from a list of phrases of our own."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from nlu.interpretation import Intent
from nlu.normalize import respelled
from nlu.search import Spotter

PHRASES = Path(__file__).with_name("phrases.csv")


class PhraseError(ValueError):
    """The phrase list cannot be used; the message names file and line."""


class Phrasebook:
    """Naive Bayes over character runs: small enough to be learnt in milliseconds when the service starts."""

    def __init__(self, phrases: Iterable[tuple[Intent, str]], smoothing: float = 0.35) -> None:
        counts: dict[Intent, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for intent, phrase in phrases:
            for run in set(_runs(respelled(phrase))):
                counts[intent][run] += 1
        runs = {run for found in counts.values() for run in found}
        self._intents = tuple(sorted(counts))
        places = {run: place for place, run in enumerate(sorted(runs))}
        seen = np.zeros((len(runs), len(self._intents)))
        for column, intent in enumerate(self._intents):
            for run, count in counts[intent].items():
                seen[places[run], column] = count
        totals = seen.sum(0) + smoothing * len(runs)
        self._unseen = np.log(smoothing / totals)
        self._gains = np.log((seen + smoothing) / totals) - self._unseen
        self._known = Spotter(places)

    @classmethod
    def load(cls, file: Path = PHRASES) -> Phrasebook:
        """Read `intent,phrase`. A fault names file and line."""
        phrases: list[tuple[Intent, str]] = []
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            for row in reader:
                if row.get("intent") not in set(Intent) or not row.get("phrase"):
                    raise PhraseError(f"{file}:{reader.line_num}: expected an intent and a phrase")
                phrases.append((Intent(row["intent"]), row["phrase"]))
        return cls(phrases)

    def resemble(self, text: str) -> dict[Intent, float]:
        """How likely each intent is, adding up to one; empty when nothing in the text was ever seen."""
        known = sorted({place for _, place in self._known.spot(_marked(text[:60]))})
        if not known:
            return {}
        # Overlapping runs are not independent evidence; the root keeps their sum from pretending so.
        sums = self._gains[known].sum(0) * (1.6 / math.sqrt(len(known))) + self._unseen
        shares = np.exp(sums - sums.max())
        shares /= shares.sum()
        return dict(zip(self._intents, shares.tolist(), strict=True))


def _runs(text: str) -> Iterator[str]:
    marked = _marked(text)
    for size in (1, 2, 3):
        for start in range(len(marked) - size + 1):
            run = marked[start : start + size]
            if not run.isspace() and run not in {"^", "$"}:
                yield run


def _marked(text: str) -> str:
    """A run at the beginning or at the end is another than the same run in the middle."""
    return f"^{text.strip()}$"
