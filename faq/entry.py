"""The values of common questions: an entry, how well it matches, and what to do about it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from faq.condition import Case, Condition

GAP = "〔本市填写"
"""How an answer marks what only the city knows: 〔本市填写：收费标准〕."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A question with its approved answer. The bot never says anything but an approved answer."""

    id: str
    question: str
    answer: str
    """In general: also for who cannot tell which case of the condition is his."""
    variants: tuple[str, ...] = ()
    source: str = ""
    department: str = ""
    region: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day on which the answer may be given."""
    review_by: date | None = None
    """The day by which the department should look at it again; it is still given after that."""
    tags: tuple[str, ...] = ()
    condition: Condition | None = None
    """What the answer depends on, where it may be asked back."""

    @property
    def wordings(self) -> tuple[str, ...]:
        """All ways in which the question is written down."""
        return (self.question, *self.variants)

    @property
    def has_gap(self) -> bool:
        """Something in the answer is left for the city to fill in; until then it is not given."""
        return GAP in self.answer

    @property
    def cases_to_fill(self) -> tuple[str, ...]:
        """Cases whose answer is left for the city to fill in; until then who is in one gets the general answer."""
        cases = self.condition.cases if self.condition else ()
        return tuple(case.label for case in cases if is_withheld(case))

    @property
    def asks(self) -> Condition | None:
        """The condition, if an answer hangs on it: that of at least one case is filled in."""
        condition = self.condition
        return condition if condition and not all(is_withheld(case) for case in condition.cases) else None

    def answer_in(self, case: Case | None) -> str:
        """What is said in this case; in none, and in one that the city has to fill in first, the general answer."""
        return self.answer if case is None or is_withheld(case) else case.answer

    def is_valid_on(self, day: date) -> bool:
        """It may be given on that day."""
        return (
            not self.has_gap
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
        )

    def is_expired_on(self, day: date) -> bool:
        return self.valid_until is not None and self.valid_until < day

    def is_due_for_review_on(self, day: date) -> bool:
        return self.review_by is not None and self.review_by < day


def is_withheld(case: Case) -> bool:
    """Something in its answer is left for the city to fill in."""
    return GAP in case.answer


class Decision(StrEnum):
    """What to do with a question."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that may be meant, and how well it fits, from 0 to 1."""

    entry: Entry
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome for one question; the best match comes first."""

    decision: Decision
    matches: tuple[Match, ...] = ()
    choices: tuple[Match, ...] = ()
    """What is worth offering, when a choice is to be offered."""

    @property
    def best(self) -> Entry | None:
        """The entry to answer with, if the decision is to answer."""
        return self.matches[0].entry if self.decision is Decision.ANSWER else None
