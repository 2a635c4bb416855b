"""What an answer depends on (适用条件): the one thing to ask back, and the cases (情形) that are told apart by it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from faq.wording import clean

_DENIED = re.compile("(?:(?<!是)不(?:是|算|属于?|在|满|到)|(?<!有)没有?[满到]?|未满?|非|无)$")
"""What stands before a word that does not hold: 不是农村户口, 不到十年. 是不是 and 有没有 only ask."""
_NUMERALS = frozenset("0123456789零一二两三四五六七八九十百千")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One of the cases, and the answer that holds in it."""

    label: str
    """What is shown to tap."""
    answer: str
    words: tuple[str, ...] = ()
    """By which a typed message tells this case, beside the label."""

    @property
    def names(self) -> tuple[str, ...]:
        """All words that tell this case."""
        return (self.label, *self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A question with a few cases. Who cannot tell his case is given the entry's general answer."""

    ask: str
    cases: tuple[Case, ...]
    by_district: bool = False
    """Cases are named by districts: a place that is known already tells which."""
    unless: tuple[str, ...] = ()
    """Words of a message to which the general answer is enough, so that nothing is asked."""

    def told(self, text: str) -> Case | None:
        """The case that a text tells; None when it tells none, or several."""
        case, _ = self.find(text)
        return case

    def find(self, text: str) -> tuple[Case | None, str]:
        """The case that a text tells, and what else the text says, in plain letters."""
        said = clean(text)
        spans = [span for case in self.cases for name in case.names for span in _spans(said, clean(name), case)]
        # 非农业 is not 农业, and 没有单位 not 单位: what lies within a longer word of another case is not meant.
        spans = [s for s in spans if not any(s.within(other) and s.case != other.case for other in spans)]
        meant = [span for span in spans if not _DENIED.search(said[: span.start])]
        rest = "".join(char for at, char in enumerate(said) if not any(s.start <= at < s.end for s in meant))
        cases = {span.case for span in meant}
        return (cases.pop() if len(cases) == 1 else None), rest

    def of_district(self, district: str) -> Case | None:
        """The case of a district, when that is what the condition is about."""
        return next((case for case in self.cases if self.by_district and district in case.names), None)

    def spares(self, text: str) -> bool:
        """The general answer is enough to this text."""
        said = clean(text)
        return any(clean(word) in said for word in self.unless)


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    case: Case

    def within(self, other: _Span) -> bool:
        """It is a part of a longer one."""
        longer = other.end - other.start > self.end - self.start
        return longer and other.start <= self.start and self.end <= other.end


def _spans(said: str, name: str, case: Case) -> list[_Span]:
    found = [_Span(match.start(), match.end(), case) for match in re.finditer(re.escape(name), said)] if name else []
    # 三年 is not in 十三年.
    return [s for s in found if not _joins(said[: s.start][-1:], name[0]) and not _joins(name[-1], said[s.end :][:1])]


def _joins(left: str, right: str) -> bool:
    return left in _NUMERALS and right in _NUMERALS
