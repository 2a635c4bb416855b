"""The entry that answers a question, by words and by meaning, with a calibrated decision whether to say it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import mul

from faq.entry import Answer, Decision, Entry, Match
from faq.knowledge import Knowledge
from faq.lexical import Lexical
from faq.manner import complains
from faq.wording import Wording, clean

Encode = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Texts to vectors of one length, in the same order."""

MATCHES = 10
SURE = 0.78
"""The one knob: how likely right an answer must be before it is given. Nearer to 1 answers less and errs less.
Clarifying begins at half of it. At 0.78, wrong answers stayed under 2 % of all questions of our development set."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What speaks for and against giving the best entry as the answer."""

    score: float
    margin: float
    """How far the second best is behind, as a share of the best."""
    missed: float
    surplus: float
    shared: bool
    complaint: float

    def likelihood(self) -> float:
        """The chance that the best entry is right: a logistic model fitted on our development sets."""
        if self.shared:
            fit = 1.43 + 0.15 * self.score + 1.15 * self.margin - 2.24 * self.missed - 2.37 * self.surplus
        else:
            fit = -2.43 + 4.13 * self.score + 1.72 * self.margin
        return 1 / (1 + math.exp(2.92 * self.complaint - fit))


# With an encoder the score is the mean of words and meaning.
_VECTOR_SHARE = 0.5
# Below this an entry shares a word or two with the question, which is no reason to offer it.
_FAINT = 0.22
# Below this it may be offered, but not answered, however little else there is.
_FIRM = 0.35
# From here on it is a matter to register, whatever its words have in common with an entry.
_PROTEST = 0.7


class Index:
    """Answers from the entries of a knowledge base that are valid on a day. Build a new one when the day changes."""

    def __init__(
        self,
        knowledge: Knowledge,
        day: date,
        encode: Encode | None = None,
        *,
        sure: float = SURE,
        wording: Wording | None = None,
    ) -> None:
        if not 0 < sure <= 1:
            raise ValueError(f"sure must be above 0 and at most 1, not {sure}")
        self._entries = knowledge.entries_on(day)
        self._sure = sure
        self._lexical = Lexical([entry.wordings for entry in self._entries], wording)
        self._exact = {clean(text): number for number, entry in enumerate(self._entries) for text in entry.wordings}
        self._encode = encode
        self._vectors = self._encode_entries(encode) if encode and self._entries else []

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self._entries

    def ask(self, text: str) -> Answer:
        """The entries that fit, best first, and whether to answer, to offer a choice, or to say nothing."""
        scores = self._scores(text)
        ranked = sorted(scores, key=lambda number: (-scores[number], number))[:MATCHES]
        if not ranked:
            return Answer(Decision.NONE)
        matches = tuple(Match(self._entries[number], round(min(scores[number], 1.0), 4)) for number in ranked)
        if clean(text) in self._exact:
            return Answer(Decision.ANSWER, matches)
        return Answer(self._decide(self._weigh(text, ranked, scores)), matches)

    def _decide(self, evidence: _Evidence) -> Decision:
        if evidence.complaint >= _PROTEST or evidence.score < _FAINT:
            return Decision.NONE
        likelihood = evidence.likelihood()
        if likelihood >= self._sure and evidence.score >= _FIRM:
            return Decision.ANSWER
        return Decision.CLARIFY if likelihood >= self._sure / 2 else Decision.NONE

    def _weigh(self, text: str, ranked: Sequence[int], scores: dict[int, float]) -> _Evidence:
        best = scores[ranked[0]]
        second = scores[ranked[1]] if len(ranked) > 1 else 0.0
        return _Evidence(
            score=best,
            margin=(best - second) / best if best else 0.0,
            missed=self._lexical.missed(text, ranked[0]),
            surplus=self._lexical.surplus(text, ranked[0]),
            shared=self._lexical.shares_matter(text, ranked[0]),
            complaint=complains(text),
        )

    def _scores(self, text: str) -> dict[int, float]:
        scores = self._lexical.scores(text)
        if self._encode is not None and self._entries:
            meant = _unit(self._encode([text])[0])
            near = {
                number: max(sum(map(mul, meant, vector)) for vector in own) for number, own in enumerate(self._vectors)
            }
            scores = {
                number: (1 - _VECTOR_SHARE) * scores.get(number, 0.0) + _VECTOR_SHARE * max(0.0, likeness)
                for number, likeness in near.items()
            }
        exact = self._exact.get(clean(text))
        return scores if exact is None else scores | {exact: 1.0}

    def _encode_entries(self, encode: Encode) -> list[list[list[float]]]:
        texts = [text for entry in self._entries for text in entry.wordings]
        vectors = iter([_unit(vector) for vector in encode(texts)])
        return [[next(vectors) for _ in entry.wordings] for entry in self._entries]


def _unit(vector: Sequence[float]) -> list[float]:
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector] if length else [0.0] * len(vector)
