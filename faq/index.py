"""The entry that answers a question, by words and by meaning, with a calibrated decision whether to say it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

import numpy as np
from rapidfuzz.distance import LCSseq

from faq.entry import Answer, Decision, Match
from faq.knowledge import Knowledge
from faq.lexical import Floats, Lexical
from faq.manner import complains
from faq.vectors import Vectors, best_of, greatest, of_length_one
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
SURE = 0.62
"""The one knob: how likely right an answer must be before it is given. Nearer to 1 answers less and errs less.
At 0.62, wrong answers stayed at 2 % of all questions of a base of its own, which had
no part in the entries and words that ship here."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What speaks for and against giving the best entry as the answer."""

    score: float
    margin: float
    """How far the second best is behind, as a share of the best."""
    words: float
    likeness: float | None
    """Of meaning; None without an encoder."""
    ahead: float
    """By how much its likeness of meaning is the greatest; below 0 when another's is."""
    complaint: float
    length: int

    def right(self) -> float:
        """How likely the best entry is the right one. Like `near`, a logistic model fitted on development sets, the
        paraphrases of `faq/corpus/development` among them; without an encoder set so that the same knob errs alike."""
        if self.likeness is None:
            fit = -2.71 + 2.27 * self.score + 6.43 * self.margin - 2.21 * self.complaint + 1.93 * self._told
        else:
            fit = -4.77 + 3.19 * self.words + 3.14 * self.likeness + 3.78 * self.ahead + 3.83 * self.margin
            fit += -1.51 * self.complaint + 1.51 * self._told
        return 1 / (1 + math.exp(-fit))

    def near(self) -> float:
        """How likely the right one is among the first three."""
        if self.likeness is None:
            fit = -2.58 + 5.78 * self.score - 2.8 * self.complaint + 2.1 * self._told
        else:
            fit = -5.34 + 4.6 * self.words + 5.0 * self.likeness - 1.72 * self.complaint + 1.41 * self._told
        return 1 / (1 + math.exp(-fit))

    @property
    def _told(self) -> float:
        """Of a long question even the right entry shares little."""
        return min(self.length, _LONG) / _LONG


# What counts beside the likeness of words: of meaning, of the sets of characters, of their order, and of length.
_MEANING, _CHARACTERS, _ORDER, _LENGTH = 0.65, 0.8, 0.45, 0.3
# So many of the best are compared character by character.
_CLOSELY = 20
# Below the first an entry shares a word or two with the question, which is no reason to offer it; below the second it
# may be offered, but not answered, however little else there is.
_FAINT, _FIRM = 0.22, 0.3
# What the best of the wrong entries reaches at least: in a base of many, and how much more in one of few, where being
# the only one that shares a word says nothing.
_BACKGROUND, _OF_FEW = 0.2, 0.25
# From here on it is a matter to register, whatever its words have in common with an entry.
_PROTEST = 0.7
# From here on a choice is worth the citizen's tap: it holds the right entry seven times in ten that there is one.
_WORTH_ASKING = 0.6
_LONG = 60


class Index:
    """Answers from the entries of a knowledge base; which of them are valid is asked for each day."""

    def __init__(
        self,
        knowledge: Knowledge,
        encode: Encode | None = None,
        *,
        sure: float = SURE,
        wording: Wording | None = None,
    ) -> None:
        if not 0 < sure <= 1:
            raise ValueError(f"sure must be above 0 and at most 1, not {sure}")
        self._entries = knowledge.entries
        self._sure = sure
        self._wordings = [entry.wordings for entry in self._entries]
        self._starts = np.array([0, *accumulate(len(wordings) for wordings in self._wordings)])
        self._lexical = Lexical(self._wordings, wording)
        self._exact = {
            clean(text): number for number, wordings in enumerate(self._wordings) for text in reversed(wordings)
        }
        self._encode = encode
        self._vectors = Vectors(self._encoded(encode)) if encode and self._entries else None

    def ask(self, text: str, day: date) -> Answer:
        """The entries valid on that day that fit, best first, and whether to answer, to offer a choice, or to say
        nothing."""
        found = self._compare(text)
        exact = self._exact.get(clean(text))
        if exact is not None:
            found.scores[exact] = 1.0
        best = self._best(found.scores, 3 * MATCHES)
        valid = [number for number in best if self._entries[number].is_valid_on(day)][:MATCHES]
        if not valid:
            return Answer(Decision.NONE)
        matches = tuple(Match(self._entries[n], round(min(float(found.scores[n]), 1.0), 4)) for n in valid)
        if valid[0] == exact:
            return Answer(Decision.ANSWER, matches)
        decision = self._decide(_weigh(text, best, found))
        if valid[0] != best[0] and decision is Decision.ANSWER:
            # What fits best may not be given today; the next best would answer something else.
            decision = Decision.CLARIFY
        return Answer(decision, matches)

    def _decide(self, evidence: _Evidence) -> Decision:
        if evidence.complaint >= _PROTEST or evidence.score < _FAINT:
            return Decision.NONE
        if evidence.right() >= self._sure and evidence.score >= _FIRM:
            return Decision.ANSWER
        return Decision.CLARIFY if evidence.near() >= _WORTH_ASKING else Decision.NONE

    def _best(self, scores: Floats, count: int) -> list[int]:
        """The numbers of the entries with the greatest scores above zero, best first; of equals the first."""
        found = np.sort(greatest(scores, count))
        found = found[scores[found] > 0]
        return [int(number) for number in found[np.argsort(-scores[found], kind="stable")]]

    def _compare(self, text: str) -> _Compared:
        words = self._lexical.scores(text)
        scores, whole = words.copy(), 1.0 + _CHARACTERS + _ORDER + _LENGTH
        likeness = None
        if self._encode is not None and self._vectors is not None:
            (meaning,) = self._encode([text])
            wordings = self._vectors.likeness(of_length_one(meaning.vector))
            likeness = best_of(wordings, self._starts).clip(min=0)
            scores += _MEANING * likeness
            whole += _MEANING
        plain = clean(text)
        for number in self._best(scores, _CLOSELY):
            scores[number] += max(_closeness(plain, clean(said)) for said in self._wordings[number])
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


def _weigh(text: str, best: Sequence[int], found: _Compared) -> _Evidence:
    first = best[0]
    score, second = float(found.scores[first]), float(found.scores[best[1]]) if len(best) > 1 else 0.0
    likeness, ahead = None, 0.0
    if found.likeness is not None:
        likeness = float(found.likeness[first])
        others = found.likeness[found.likeness != found.likeness[first]]
        ahead = likeness - float(others.max()) if len(others) else likeness
    return _Evidence(
        score=score,
        margin=max(0.0, score - max(second, _BACKGROUND + _OF_FEW / math.sqrt(len(found.scores)))) / score,
        words=float(found.words[first]),
        likeness=likeness,
        ahead=ahead,
        complaint=complains(text),
        length=len(text),
    )


def _closeness(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    here, there = set(one), set(other)
    shared = len(here & there) / len(here | there)
    ordered = LCSseq.normalized_similarity(one, other)
    length = min(len(one), len(other)) / max(len(one), len(other))
    return _CHARACTERS * shared + _ORDER * ordered + _LENGTH * length
