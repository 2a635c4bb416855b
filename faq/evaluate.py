"""How well an index answers a file of questions: predictions line by line, and a few figures."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from faq.entry import Answer
from faq.index import Index
from faq.knowledge import KnowledgeError


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the entry that answers it; None when no entry does."""

    id: str
    text: str
    answer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares from 0 to 1; `wrong` counts wrong answers among all questions, appeals and strange ones included, and
    `clarified_in_vain` choices among those that no entry answers."""

    questions: int
    answerable: int
    recall_at_1: float
    recall_at_3: float
    answered_rightly: float
    clarified_rightly: float
    clarified_in_vain: float
    wrong: float


def load_questions(path: Path) -> tuple[Question, ...]:
    """Read `{"id","text","answer_id"}` lines; further fields are left alone. A fault names file, line and field."""
    faults: list[str] = []
    questions: list[Question] = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if line.strip():
            questions += _question(line, f"{path}:{number}", faults)
    if faults:
        raise KnowledgeError(faults)
    return tuple(questions)


def predict(index: Index, questions: Iterable[Question], day: date) -> tuple[Answer, ...]:
    """The outcome for each question on that day, in their order."""
    return tuple(index.ask(question.text, day) for question in questions)


def write_predictions(path: Path, questions: Sequence[Question], answers: Sequence[Answer]) -> None:
    """One `{"id","decision","top","scores"}` line for each question."""
    with path.open("w", encoding="utf-8") as out:
        for question, answer in zip(questions, answers, strict=True):
            row = {
                "id": question.id,
                "decision": answer.decision,
                "top": [match.entry.id for match in answer.matches],
                "scores": [match.score for match in answer.matches],
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def measure(questions: Sequence[Question], answers: Sequence[Answer]) -> Figures:
    """The figures of a run."""
    pairs = list(zip(questions, answers, strict=True))
    known = [(question, answer) for question, answer in pairs if question.answer_id]
    wrong = sum(answer.best is not None and answer.best.id != question.answer_id for question, answer in pairs)
    return Figures(
        questions=len(pairs),
        answerable=len(known),
        recall_at_1=_share(sum(_among(answer, question, 1) for question, answer in known), len(known)),
        recall_at_3=_share(sum(_among(answer, question, 3) for question, answer in known), len(known)),
        answered_rightly=_share(
            sum(answer.best is not None and answer.best.id == question.answer_id for question, answer in known),
            len(known),
        ),
        clarified_rightly=_share(
            sum(any(match.entry.id == question.answer_id for match in answer.choices) for question, answer in known),
            len(known),
        ),
        clarified_in_vain=_share(
            sum(bool(answer.choices) for question, answer in pairs if not question.answer_id), len(pairs) - len(known)
        ),
        wrong=_share(wrong, len(pairs)),
    )


def _among(answer: Answer, question: Question, places: int) -> bool:
    return any(match.entry.id == question.answer_id for match in answer.matches[:places])


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _question(line: str, place: str, faults: list[str]) -> list[Question]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        faults.append(f"{place}: no JSON: {error.msg} at column {error.colno}")
        return []
    if not isinstance(row, dict):
        faults.append(f"{place}: not a JSON object")
        return []
    name, text, answer_id = row.get("id"), row.get("text"), row.get("answer_id")
    before = len(faults)
    if not isinstance(name, str) or not name:
        faults.append(f"{place}: id: missing")
    if not isinstance(text, str):
        faults.append(f"{place}: text: missing")
    if answer_id is not None and not isinstance(answer_id, str):
        faults.append(f"{place}: answer_id: must be text or null")
    return [] if len(faults) > before else [Question(str(name), str(text), answer_id or None)]
