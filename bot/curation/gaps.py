"""What citizens asked in vain, and still would: grouped by likeness, each group with the entries that come nearest."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from bot.dialogue.filing import without_contact
from bot.storage.entries import Unanswered
from faq.entry import Answer, Decision
from faq.gaps import find_gaps
from faq.index import Encode
from handoff.library import Gap, Near

LOOKED_AT = 500
"""Different questions that are looked at, the latest; asking and grouping them all takes a few seconds."""
_EXAMPLES = 5
_NEAR = 3
_LONGEST = 300
"""Characters; a longer question is a story, and grouped by how it begins."""


def open_gaps(
    asked: Sequence[Unanswered],
    changed: Mapping[str, float],
    ask: Callable[[str], Answer],
    encode: Encode | None = None,
) -> tuple[Gap, ...]:
    """Groups of like questions, the largest first, by words and, with an encoder, by meaning. What is answered by an
    entry that was made or changed since is left out.

    `changed` tells when each entry was last changed, in Unix seconds.
    """
    latest: dict[str, Unanswered] = {}
    counts: Counter[str] = Counter()
    for question in asked:
        # Who keeps the knowledge base sees no conversations, and needs neither names nor numbers.
        text = without_contact(question.text).strip()[:_LONGEST]
        if text in latest or len(latest) < LOOKED_AT:
            latest.setdefault(text, question)
            counts[text] += 1
    answers = {text: ask(text) for text in latest}
    still = [text for text, question in latest.items() if not _is_settled(question, answers[text], changed)]
    groups = [(gap.questions, sum(counts[text] for text in gap.questions)) for gap in find_gaps(still, encode=encode)]
    return tuple(
        Gap(
            count=count,
            examples=questions[:_EXAMPLES],
            near=tuple(
                Near(id=match.entry.id, question=match.entry.question, score=match.score)
                for match in answers[questions[0]].matches[:_NEAR]
            ),
        )
        for questions, count in sorted(groups, key=lambda group: -group[1])
    )


def _is_settled(question: Unanswered, answer: Answer, changed: Mapping[str, float]) -> bool:
    """Somebody saw to it: the entry that answers now was changed since, or another one is worded just so.

    That the index would answer now is not enough: it may only have become bolder, and may be wrong.
    """
    if answer.decision is not Decision.ANSWER:
        return False
    best = answer.matches[0]
    worded_so = best.score == 1.0 and best.entry.id != question.entry_id
    return worded_so or changed.get(best.entry.id, 0.0) > question.at
