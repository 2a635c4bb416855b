"""What an evaluation promises: the published line format, true figures, and gaps that group like questions."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from faq.entry import Answer, Decision, Entry, Match
from faq.evaluate import Question, load_questions, measure, predict, write_predictions
from faq.gaps import find_gaps
from faq.index import Index, Meaning
from faq.knowledge import Knowledge, KnowledgeError

A, B = Entry(id="a", question="图书馆几点开门", answer="九点。"), Entry(id="b", question="游泳馆收费吗", answer="收。")


def test_predictions_are_written_in_the_published_format(tmp_path: Path) -> None:
    source = tmp_path / "q.jsonl"
    source.write_text(
        '{"id": "1", "text": "图书馆几点开门", "answer_id": "a", "kind": "x"}\n\n{"id": "2", "text": "讲个故事"}\n',
        encoding="utf-8",
    )
    questions = load_questions(source)
    answers = predict(Index(Knowledge([A, B])), questions, date(2026, 11, 23))

    write_predictions(tmp_path / "out.jsonl", questions, answers)

    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["1", "2"]
    assert rows[0]["decision"] == "answer"
    assert rows[0]["top"][0] == "a"
    assert len(rows[0]["top"]) == len(rows[0]["scores"])
    assert rows[1]["decision"] == "none"


def test_figures_count_wrong_answers_among_all_questions() -> None:
    questions = [Question("1", "x", "a"), Question("2", "x", "a"), Question("3", "x", "b"), Question("4", "x")]
    answers = [
        Answer(Decision.ANSWER, (Match(A, 0.9),)),
        Answer(Decision.ANSWER, (Match(B, 0.9), Match(A, 0.5))),
        Answer(Decision.CLARIFY, (Match(A, 0.5), Match(B, 0.4)), (Match(A, 0.5), Match(B, 0.4))),
        Answer(Decision.ANSWER, (Match(A, 0.9),)),
    ]

    figures = measure(questions, answers)

    assert (figures.questions, figures.answerable) == (4, 3)
    assert figures.recall_at_1 == pytest.approx(1 / 3, abs=1e-3)
    assert figures.recall_at_3 == 1.0
    assert figures.answered_rightly == pytest.approx(1 / 3, abs=1e-3)
    assert figures.clarified_rightly == pytest.approx(1 / 3, abs=1e-3)
    assert figures.clarified_in_vain == 0
    assert figures.wrong == 0.5


def test_a_fault_in_the_questions_is_named_by_line_and_field(tmp_path: Path) -> None:
    source = tmp_path / "q.jsonl"
    source.write_text('{"id": "1"}\n[]\n{"text": "x", "id": "3", "answer_id": 5}\nx\n', encoding="utf-8")

    with pytest.raises(KnowledgeError) as caught:
        load_questions(source)

    assert [fault.split(":")[1] for fault in caught.value.faults] == ["1", "2", "3", "4"]
    assert "text" in caught.value.faults[0]


def test_like_questions_without_an_answer_stand_in_one_gap() -> None:
    gaps = find_gaps(["游泳馆几点开门", "马拉松怎么报名", "游泳馆几点关门", "请问游泳馆开门时间", "？"])

    assert gaps[0].count == 3
    assert [gap.questions for gap in gaps[1:]] == [("马拉松怎么报名",)]
    assert find_gaps([]) == ()


def test_questions_that_share_a_meaning_and_hardly_a_word_stand_in_one_gap() -> None:
    def encode(texts: Sequence[str]) -> list[Meaning]:
        parks = [float("公园" in text or "遛弯" in text) for text in texts]
        return [Meaning(np.array([park, 1 - park], dtype=np.float32), asks=0.9) for park in parks]

    asked = ["公园年票怎么买", "遛弯的卡上哪整", "马拉松怎么报名"]

    assert [gap.questions for gap in find_gaps(asked)] == [(asked[0],), (asked[1],), (asked[2],)]
    assert find_gaps(asked, encode=encode)[0].questions == (asked[0], asked[1])
