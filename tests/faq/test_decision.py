"""What is decided: by one place, with the intent, and each choice that is offered stands on its own feet."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bot.city import City
from bot.knowledge_base import KnowledgeBase, encoding
from bot.mind import Mind
from faq.decision import CHOICES, Evidence, Weights, told
from faq.entry import Answer, Decision, Entry
from faq.evaluate import load_questions, measure, predict
from faq.index import WORTH_OFFERING, Index, Meaning
from faq.knowledge import STARTER, STARTER_MEANINGS, Knowledge
from faq.remembered import Remembered
from nlu.encoder import SHIPPED, Encoder

DAY = date(2026, 11, 26)
ROOT = Path(__file__).resolve().parents[2]
PROBES = ROOT / "faq" / "corpus" / "development" / "starter.jsonl"
HEATING = (
    Entry(id="cold", question="供暖不热怎么投诉", variants=("暖气不热找谁投诉", "供暖投诉电话"), answer="打供热公司。"),
    Entry(id="heat", question="采暖费收费标准是多少", variants=("取暖费多少钱一平米",), answer="见公告。"),
)


@cache
def shared() -> Index:
    """The shared entries, by the shipped encoder."""
    encoder = Encoder.load(SHIPPED)
    remembered = Remembered(encoding(encoder), key=encoder.fingerprint, shipped=STARTER_MEANINGS)
    return Index(Knowledge.load(STARTER), remembered)


@cache
def asked(kind: str) -> Sequence[tuple[str | None, Answer]]:
    """The right entry, if any, and the outcome, of each question of a kind."""
    rows = [json.loads(line) for line in PROBES.read_text("utf-8").splitlines()]
    return [(row["answer_id"], shared().ask(row["text"], DAY)) for row in rows if row["kind"] == kind]


def test_there_are_questions_of_each_kind_to_measure_with() -> None:
    assert [len(asked(kind)) for kind in ("far", "near", "appeal")] == [107, 75, 35]
    known = Knowledge.load(STARTER)
    assert all(right is None or known.entries_on(DAY).count(known.by_id(right)) for right, _ in asked("near"))


def test_of_what_the_base_has_nothing_near_to_little_is_offered() -> None:
    outcomes = [answer for _, answer in asked("far")]

    assert sum(answer.decision is Decision.NONE for answer in outcomes) >= 0.82 * len(outcomes)
    assert sum(len(answer.choices) for answer in outcomes) <= 0.2 * len(outcomes)


def test_of_what_the_base_knows_the_right_entry_is_given_or_offered() -> None:
    helped = [
        right in {found.entry.id for found in answer.choices or answer.matches[:1]} for right, answer in asked("near")
    ]

    assert sum(helped) >= 0.72 * len(helped)


def test_a_matter_to_register_is_hardly_ever_answered_out_of_the_book() -> None:
    outcomes = [answer for _, answer in asked("appeal")]

    assert sum(answer.decision is Decision.ANSWER for answer in outcomes) <= 0.1 * len(outcomes)


@pytest.mark.parametrize("text", ["老年公交卡", "明天下雨吗", "图书馆借书证咋办", "轮椅去哪儿租"])
def test_what_shares_no_more_than_characters_is_not_offered(text: str) -> None:
    assert shared().ask(text, DAY).choices == ()


def test_every_choice_that_is_offered_would_be_offered_alone() -> None:
    weights, offered = Weights.load("meaning"), 0
    for text in ("补办证件", "医保怎么弄", "公积金", "社保怎么办", "驾照", "离婚"):
        answer = shared().ask(text, DAY)
        evidence = {found.entry.id: found.evidence for found in shared().consider(text)}
        offered += len(answer.choices)

        assert len(answer.choices) <= CHOICES
        assert all(weights.offers(evidence[match.entry.id]) >= WORTH_OFFERING for match in answer.choices)
    assert offered


def test_with_the_same_words_a_report_is_registered_and_a_question_is_not() -> None:
    def index(asks: float) -> Index:
        def encode(texts: Sequence[str]) -> list[Meaning]:
            return [Meaning(np.array([1, "暖" in text], dtype=np.float32), asks) for text in texts]

        return Index(Knowledge(HEATING), encode)

    text = "家里暖气不热，投诉打哪个电话"

    assert index(asks=0.97).ask(text, DAY).decision is not Decision.NONE
    assert index(asks=0.02).ask(text, DAY).decision is Decision.NONE


@pytest.mark.parametrize(
    "text", ["我家暖气不热没人管", "家里暖气冰凉，供暖公司一直没来，要求处理", "供暖太差了，我要投诉"]
)
async def test_an_appeal_worded_near_an_entry_is_registered_and_not_answered(text: str, tmp_path: Path) -> None:
    Knowledge(HEATING).save(tmp_path / "faq.jsonl")
    base = KnowledgeBase([tmp_path / "faq.jsonl"], lambda: DAY)
    mind = Mind(City.find("generic", ROOT / "cities"))
    encoder = Encoder.load(SHIPPED)
    mind.interpreter.use(encoder)
    base.use(encoder)

    replies = "\n".join(reply.text for reply in await mind.rehearse(text, base.ask))

    assert base.ask(text).decision is Decision.NONE
    assert all(entry.answer not in replies for entry in HEATING)
    assert "请问在什么地方" in replies


def test_an_evaluation_counts_appeals_that_would_be_answered_and_choices_in_vain(tmp_path: Path) -> None:
    questions = load_questions(PROBES)

    figures = measure(questions, predict(shared(), questions, DAY))

    assert figures.wrong <= 0.05
    assert figures.clarified_in_vain <= 0.15


def test_weights_name_evidence_that_there_is() -> None:
    strong = Evidence(score=1, words=1, likeness=1, margin=0.8, ahead=0.5, told=told("养犬登记证怎么办理"))

    for name in ("meaning", "words"):
        weights = Weights.load(name)
        assert weights.answers(strong) > weights.answers(replace(strong, score=0.4, words=0.2, likeness=0.5, ahead=0))
        assert weights.offers(strong) > weights.offers(replace(strong, share=0.5, words=0.2, likeness=0.5))
        assert weights.reported(1.0, 0.0) > 0.7 > weights.reported(0.0, 1.0)
