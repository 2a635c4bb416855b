"""The knowledge base in the record in memory: versions of entries, questions, and how they were answered."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.storage import rules
from bot.storage.entries import EntryUse, EntryVersion, LateEdit, Unanswered
from bot.turn import Question


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, with where and when it was put."""

    conversation_id: str
    at: float
    question: Question


class MemoryEntries:
    """The part of `MemoryStorage` that is about the knowledge base."""

    def __init__(self) -> None:
        super().__init__()
        self._versions: dict[str, list[EntryVersion]] = {}
        self._asked: list[_Asked] = []

    async def keep_entries(self, versions: Sequence[EntryVersion]) -> None:
        """Write versions down, all or none."""
        added: dict[str, list[EntryVersion]] = {}
        for version in versions:
            known = [*self._versions.get(version.entry_id, ()), *added.get(version.entry_id, ())]
            if version.version != len(known) + 1:
                raise LateEdit(version.entry_id, known[-1] if known else None)
            added.setdefault(version.entry_id, []).append(version)
        for entry_id, more in added.items():
            self._versions.setdefault(entry_id, []).extend(more)

    async def newest_entries(self) -> Sequence[EntryVersion]:
        """The newest version of each entry."""
        return [versions[-1] for versions in self._versions.values()]

    async def entry_history(self, entry_id: str) -> Sequence[EntryVersion]:
        """All versions of an entry, newest first."""
        return self._versions.get(entry_id, [])[::-1]

    async def count_entries(self) -> int:
        """How many versions there are."""
        return sum(map(len, self._versions.values()))

    async def entry_uses(self, since: float) -> Mapping[str, EntryUse]:
        """Answers and votes per entry."""
        answers: Counter[str] = Counter()
        votes: Counter[tuple[str, str]] = Counter()
        for asked in self._asked:
            question = asked.question
            if asked.at < since or not question.entry_id:
                continue
            votes[question.entry_id, question.vote] += 1
            answers[question.entry_id] += question.decision in rules.ANSWERED and not question.vote
        uses = {
            entry_id: EntryUse(
                answers=answers[entry_id],
                useful=votes[entry_id, rules.USEFUL],
                useless=votes[entry_id, rules.USELESS],
            )
            for entry_id in answers
        }
        return {entry_id: use for entry_id, use in uses.items() if use != EntryUse()}

    async def unanswered(self, since: float, limit: int = 1000) -> Sequence[Unanswered]:
        """Questions without an answer that was of use, latest first."""
        found = []
        for number in range(len(self._asked) - 1, -1, -1):
            asked, question = self._asked[number], self._asked[number].question
            if asked.at >= since and question.text and self._is_open(number):
                whose = question.entry_id if question.vote == rules.USELESS else ""
                found.append(Unanswered(text=question.text, at=asked.at, entry_id=whose))
        return found[:limit]

    async def questions(self, decision: str | None = None, limit: int = 1000) -> Sequence[Question]:
        """Questions that were asked, latest first."""
        latest = (asked.question for asked in reversed(self._asked))
        return [question for question in latest if decision in (None, question.decision)][:limit]

    def _remember(self, conversation_id: str, questions: Sequence[Question], now: float) -> None:
        self._asked.extend(_Asked(conversation_id, now, question) for question in questions)

    def _is_open(self, number: int) -> bool:
        asked, question = self._asked[number], self._asked[number].question
        if question.vote == rules.USELESS or question.decision == "none":
            return True
        return question.decision == "clarify" and not any(
            later.conversation_id == asked.conversation_id
            and later.question.text == question.text
            and later.question.decision == rules.CLARIFIED
            for later in self._asked[number + 1 :]
        )
