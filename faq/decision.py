"""Whether to answer, to offer a choice or to say nothing: what speaks for each entry, weighed once and in one place."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

WEIGHTS = Path(__file__).with_name("decision.json")
"""Fitted by `benchmarks/fit_faq.py`, with an encoder and without; to be fitted again when the encoder changes."""

CHOICES = 3
"""So many are offered at most."""
LONG = 60

Terms = Mapping[str, float]
"""What each kind of evidence counts in a logistic model; `bias` counts always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for and against one entry; all but `ahead` from 0 to 1."""

    score: float
    words: float
    likeness: float = 0.0
    """Of meaning."""
    share: float = 1.0
    """Of the score of the best entry."""
    margin: float = 0.0
    """How far the next best is behind, or what the wrong ones of such a base reach, as a share of this one's score."""
    ahead: float = 0.0
    """By how much its likeness of meaning is the greatest; below 0 when another's is."""
    reports: float = 0.0
    """How much the question sounds like a matter to register."""
    told: float = 0.0
    """How long the question is: of a long one even the right entry shares little."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The models of one way to read a question."""

    reports: Terms
    """A matter is reported, of how it is told and, with an encoder, of its intent."""
    right: Terms
    """The best entry is the right one."""
    choice: Terms
    """An entry that is offered is the right one."""

    @classmethod
    @cache
    def load(cls, name: str) -> Weights:
        """`meaning`: with an encoder; `words`: without."""
        return cls(**json.loads(WEIGHTS.read_text(encoding="utf-8"))[name])

    def reported(self, complaint: float, asks: float) -> float:
        """How likely it is that a matter is reported. What is told as a complaint is one, whatever else is read into
        it: to answer an appeal out of the book is the worst that can happen."""
        return max(complaint, _likely(self.reports, {"complaint": complaint, "asks": asks}))

    def answers(self, evidence: Evidence) -> float:
        """How likely the best entry is the right answer."""
        return _likely(self.right, _named(evidence))

    def offers(self, evidence: Evidence) -> float:
        """How likely an entry is what was meant, were it offered."""
        return _likely(self.choice, _named(evidence))


def told(text: str) -> float:
    """See `Evidence.told`."""
    return min(len(text), LONG) / LONG


def _named(evidence: Evidence) -> Terms:
    return {field.name: getattr(evidence, field.name) for field in fields(evidence)}


def _likely(terms: Terms, values: Terms) -> float:
    fit = sum(weight * (1.0 if name == "bias" else values[name]) for name, weight in terms.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, fit))))
