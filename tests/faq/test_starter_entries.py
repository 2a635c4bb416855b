"""What the entries that ship with each city promise: a source, a department, a date for review, and being found."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from bot.knowledge_base import encoding
from faq.entry import Decision
from faq.index import Index, Meaning
from faq.knowledge import STARTER, STARTER_MEANINGS, Knowledge
from faq.remembered import Remembered
from nlu.encoder import SHIPPED, Encoder

CITIES = Path(__file__).parents[2] / "cities"
PACKS = sorted(path.parent.name for path in CITIES.glob("*/faq.jsonl"))
DAY = date(2026, 11, 23)


def starter_and(city: str) -> Knowledge:
    return Knowledge.load(STARTER).merged_with(Knowledge.load(CITIES / city / "faq.jsonl"))


def test_the_shared_base_holds_at_least_two_hundred_entries() -> None:
    assert len(Knowledge.load(STARTER)) >= 200


def test_their_meanings_ship_with_them_and_are_of_the_shipped_model() -> None:
    encoder = Encoder.load(SHIPPED)
    read: list[str] = []

    def encode(texts: Sequence[str]) -> Sequence[Meaning]:
        read.extend(texts)
        return encoding(encoder)(texts)

    wordings = [text for entry in Knowledge.load(STARTER) for text in entry.wordings]
    Remembered(encode, key=encoder.fingerprint, shipped=STARTER_MEANINGS)(wordings)

    assert read == [], "run `suda faq encode`"


def test_an_entry_that_the_city_must_fill_in_is_never_given() -> None:
    knowledge = Knowledge.load(STARTER)
    gaps = [entry for entry in knowledge if entry.has_gap]

    assert gaps
    assert not set(gaps) & set(knowledge.entries_on(DAY))
    for entry in gaps:
        assert "待本市补充" in entry.tags, entry.id
        assert Index(knowledge).ask(entry.question, DAY).decision is not Decision.ANSWER, entry.id


@pytest.mark.parametrize("city", PACKS)
def test_each_entry_says_where_it_comes_from_and_when_to_look_again(city: str) -> None:
    for entry in starter_and(city):
        assert entry.source, entry.id
        assert entry.department, entry.id
        assert entry.review_by, entry.id
        assert 3 <= len(entry.variants) <= 6, entry.id
        assert "{" not in entry.answer, entry.id


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("消防电话几号", "call-119"),
        ("消费者投诉打什么号码", "call-12315"),
        ("我的诉求能不能匿名", "use-anonymous"),
        ("信访多少天能办结", "petition-settle"),
        ("申请劳动仲裁收不收费", "law-arbitration"),
    ],
)
def test_a_question_in_other_words_finds_its_entry(text: str, entry: str) -> None:
    answer = Index(starter_and("anshan")).ask(text, DAY)

    assert answer.matches[0].entry.id == entry


@pytest.mark.parametrize("text", ["路灯坏了半个月没人修", "物业停我家水逼我交费，请处理", "包工头欠我们工资跑了"])
def test_an_appeal_is_not_answered_from_the_book(text: str) -> None:
    answer = Index(starter_and("anshan")).ask(text, DAY)

    assert answer.decision is not Decision.ANSWER
