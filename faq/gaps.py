"""Questions that found no answer, grouped by likeness, so that the knowledge base can grow where it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from faq.lexical import Lexical
from faq.wording import Wording, clean

LIKE = 0.4
"""How alike two questions must be to stand in one group, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that one new entry might answer; the first is the most typical one."""

    questions: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.questions)


def find_gaps(questions: Sequence[str], wording: Wording | None = None, like: float = LIKE) -> tuple[Gap, ...]:
    """Groups of like questions, the largest first; each question stands in exactly one group."""
    asked = [question for question in questions if clean(question)]
    if not asked:
        return ()
    likeness = Lexical([[question] for question in asked], wording, by_rarity=False)
    near = [
        {number, *map(int, np.flatnonzero(likeness.scores(question) >= like))} for number, question in enumerate(asked)
    ]
    free = set(range(len(asked)))
    gaps: list[Gap] = []
    # The question with most neighbours speaks for its group; then the next among those that are left.
    for centre in sorted(free, key=lambda number: (-len(near[number]), number)):
        if centre in free:
            group = (near[centre] & free) - {centre}
            free -= group | {centre}
            gaps.append(Gap((asked[centre], *(asked[number] for number in sorted(group)))))
    return tuple(sorted(gaps, key=lambda gap: -gap.count))
