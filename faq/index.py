"""The entry that answers a question, by words and by meaning, with a calibrated decision whether to say it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

import numpy as np
from rapidfuzz.distance import LCSseq

from faq.decision import CHOICES, Evidence, Weights, told
from faq.entry import Answer, Decision, Entry, Match
from faq.knowledge import Knowledge
from faq.lexical import Floats, Lexical, Table
from faq.manner import complains
from faq.vectors import Rows, Vectors, best_of, greatest, of_length_one
from faq.wording import Wording, clean


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an encoder makes of a text."""

    vector: Floats
    """(width,)"""
    asks: float
    """How likely it is that something is asked, and not reported or merely said."""


Encode = Callable[[Sequence[str]], Sequence[Meaning]]
"""Texts to meanings, in the same order."""

MATCHES = 10
SURE = 0.75
"""The one knob: how likely right an answer must be before it is given. Nearer to 1 answers less and errs less."""

# What counts beside the likeness of words: of meaning, of the sets of characters, of their order, and of length.
_MEANING, _CHARACTERS, _ORDER, _LENGTH = 0.8, 0.9, 0.5, 0.4
# So many of the best are compared character by character.
_CLOSELY = 20
# An entry below this is not answered with, however little else there is.
FIRM = 0.3
# What the best of the wrong entries reaches at least: in a base of many, and how much more in one of few, where being
# the only one that shares a word says nothing.
_BACKGROUND, _OF_FEW = 0.2, 0.25
# From here on it is a matter to register, whatever its words have in common with an entry.
PROTEST = 0.7
# From here on an entry is worth offering.
WORTH_OFFERING = 0.35


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may be meant, and what speaks for it."""

    entry: Entry
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Parts:
    """What an index found out about the wordings, without the entries themselves."""

    table: Table
    rows: Rows | None


class Index:
    """Answers from the entries of a knowledge base; which of them are valid is asked for each day."""

    def __init__(
        self,
        knowledge: Knowledge,
        encode: Encode | None = None,
        *,
        sure: float = SURE,
        wording: Wording | None = None,
        weights: Weights | None = None,
        parts: Parts | None = None,
    ) -> None:
        """`parts` are those of an index of the same wordings and the same encoder, made before."""
        if not 0 < sure <= 1:
            raise ValueError(f"sure must be above 0 and at most 1, not {sure}")
        self._entries = knowledge.entries
        self._sure = sure
        self._wordings = [entry.wordings for entry in self._entries]
        self._starts = np.array([0, *accumulate(len(wordings) for wordings in self._wordings)])
        self._lexical = Lexical(parts.table, wording) if parts else Lexical.of(self._wordings, wording)
        self._encode = encode
        self._vectors: Vectors | None = None
        if encode and self._entries:
            self._vectors = Vectors(parts.rows) if parts and parts.rows else Vectors.of(self._encoded(encode))
        if parts and (len(self._starts) != len(parts.table.starts) or (self._starts != parts.table.starts).any()):
            raise ValueError("of other wordings")
        self._weights = weights or Weights.load("meaning" if encode else "words")

    @property
    def parts(self) -> Parts:
        """What took time to find out."""
        return Parts(self._lexical.table, self._vectors.kept if self._vectors else None)

    def ask(self, text: str, day: date, meaning: Meaning | None = None) -> Answer:
        """The entries valid on that day that fit, best first, and whether to answer, to offer a choice, or to say
        nothing. `meaning` is what the encoder of this index made of the text, if it was asked before."""
        candidates = self.consider(text, meaning)
        valid = [candidate for candidate in candidates if candidate.entry.is_valid_on(day)][:MATCHES]
        matches = tuple(Match(c.entry, round(min(c.evidence.score, 1.0), 4)) for c in valid)
        if not valid:
            return Answer(Decision.NONE)
        if clean(text) in map(clean, valid[0].entry.wordings):
            return Answer(Decision.ANSWER, matches)
        best = candidates[0].evidence
        if best.reports >= PROTEST:
            return Answer(Decision.NONE, matches)
        # What fits best may not be given today; the next best would answer something else.
        if valid[0] is candidates[0] and best.score >= FIRM and self._weights.answers(best) >= self._sure:
            return Answer(Decision.ANSWER, matches)
        choices = tuple(
            match
            for match, candidate in zip(matches, valid, strict=True)
            if self._weights.offers(candidate.evidence) >= WORTH_OFFERING
        )[:CHOICES]
        return Answer(Decision.CLARIFY if choices else Decision.NONE, matches, choices)

    def consider(self, text: str, meaning: Meaning | None = None) -> list[Candidate]:
        """The entries that fit, best first, whether valid or not."""
        if meaning is None and self._encode is not None:
            (meaning,) = self._encode([text])
        found = self._compare(text, meaning)
        best = self._best(found.scores, 3 * MATCHES)
        reports = self._weights.reported(complains(text), meaning.asks if meaning else 0.0)
        return [
            Candidate(self._entries[number], evidence)
            for number, evidence in zip(best, _weigh(best, found, reports, told(text)), strict=True)
        ]

    def _best(self, scores: Floats, count: int) -> list[int]:
        """The numbers of the entries with the greatest scores above zero, best first; of equals the first."""
        found = np.sort(greatest(scores, count))
        found = found[scores[found] > 0]
        return [int(number) for number in found[np.argsort(-scores[found], kind="stable")]]

    def _compare(self, text: str, meaning: Meaning | None) -> _Compared:
        words = self._lexical.scores(text)
        scores, whole = words.copy(), 1.0 + _CHARACTERS + _ORDER + _LENGTH
        likeness = None
        if meaning is not None and self._vectors is not None:
            alike = self._vectors.likeness(of_length_one(meaning.vector))
            likeness = best_of(alike, self._starts).clip(min=0)
            scores += _MEANING * likeness
            whole += _MEANING
        plain = clean(text)
        for number in self._best(scores, _CLOSELY):
            wordings = [clean(said) for said in self._wordings[number]]
            close = max(_closeness(plain, said) for said in wordings)
            scores[number] = whole if plain in wordings else scores[number] + close
        scores /= whole
        return _Compared(scores, words, likeness)

    def _encoded(self, encode: Encode) -> Floats:
        texts = [text for wordings in self._wordings for text in wordings]
        return of_length_one(np.stack([meaning.vector for meaning in encode(texts)]))


@dataclass(frozen=True, slots=True)
class _Compared:
    """Each (entries,), from 0 to 1."""

    scores: Floats
    words: Floats
    likeness: Floats | None


def _weigh(best: Sequence[int], found: _Compared, reports: float, length: float) -> Iterator[Evidence]:
    if not best:
        return
    scores = [float(found.scores[number]) for number in best]
    background = _BACKGROUND + _OF_FEW / math.sqrt(len(found.scores))
    alike = [0.0] * len(best) if found.likeness is None else [float(found.likeness[number]) for number in best]
    first, second = _two_greatest(found.likeness)
    for place, (number, score, likeness) in enumerate(zip(best, scores, alike, strict=True)):
        # Behind the best one comes the second; behind all others, nothing that counts: they are behind themselves.
        rival = scores[0] if place else max(scores[1:2], default=0.0)
        yield Evidence(
            score=score,
            words=float(found.words[number]),
            likeness=likeness,
            share=score / scores[0],
            margin=max(0.0, score - max(rival, background)) / score,
            ahead=likeness - (first if likeness < first else second),
            reports=reports,
            told=length,
        )


def _two_greatest(likeness: Floats | None) -> tuple[float, float]:
    """The greatest and the next that differs from it: an entry that stands there twice is no rival of itself."""
    if likeness is None:
        return 0.0, 0.0
    first = float(likeness.max())
    return first, float(likeness.max(where=likeness < first, initial=0.0))


def _closeness(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    here, there = set(one), set(other)
    shared = len(here & there) / len(here | there)
    ordered = LCSseq.normalized_similarity(one, other)
    length = min(len(one), len(other)) / max(len(one), len(other))
    return _CHARACTERS * shared + _ORDER * ordered + _LENGTH * length
