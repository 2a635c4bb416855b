"""Questions that found no answer, grouped by likeness, so that the knowledge base can grow where it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from faq.index import Encode
from faq.lexical import Lexical
from faq.vectors import of_length_one
from faq.wording import Wording, clean

LIKE, MEANT = 0.4, 0.53
"""How alike two questions must be to stand in one group, from 0 to 1: by their words, and by words and meaning."""
_WORDS = 0.35
"""What words count beside meaning."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that one new entry might answer; the first is the most typical one."""

    questions: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.questions)


def find_gaps(
    questions: Sequence[str], wording: Wording | None = None, encode: Encode | None = None
) -> tuple[Gap, ...]:
    """Groups of like questions, the largest first; each question stands in exactly one group. With an encoder they are
    alike by meaning too."""
    asked = [question for question in questions if clean(question)]
    if not asked:
        return ()
    likeness = Lexical.of([[question] for question in asked], wording, by_rarity=False)
    alike, least = np.stack([likeness.scores(question) for question in asked]), LIKE
    if encode is not None:
        vectors = of_length_one(np.stack([meaning.vector for meaning in encode(asked)]))
        alike, least = _WORDS * alike + (1 - _WORDS) * (vectors @ vectors.T), MEANT
    near = [{number, *map(int, np.flatnonzero(row >= least))} for number, row in enumerate(alike)]
    free = set(range(len(asked)))
    gaps: list[Gap] = []
    # The question with most neighbours speaks for its group; then the next among those that are left.
    for centre in sorted(free, key=lambda number: (-len(near[number]), number)):
        if centre in free:
            group = (near[centre] & free) - {centre}
            free -= group | {centre}
            gaps.append(Gap((asked[centre], *(asked[number] for number in sorted(group)))))
    return tuple(sorted(gaps, key=lambda gap: -gap.count))
