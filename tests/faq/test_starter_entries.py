"""What the entries that ship with each city promise: a source, a department, a date for review, and being found."""

from datetime import date
from pathlib import Path

import pytest

from faq.entry import Decision
from faq.index import Index
from faq.knowledge import Knowledge

CITIES = Path(__file__).parents[2] / "cities"
PACKS = sorted(path.parent.name for path in CITIES.glob("*/faq.jsonl"))
DAY = date(2026, 11, 23)


@pytest.mark.parametrize("city", PACKS)
def test_each_entry_says_where_it_comes_from_and_when_to_look_again(city: str) -> None:
    knowledge = Knowledge.load(CITIES / city / "faq.jsonl")

    assert len(knowledge) >= 30
    for entry in knowledge:
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
    answer = Index(Knowledge.load(CITIES / "anshan" / "faq.jsonl"), DAY).ask(text)

    assert answer.matches[0].entry.id == entry


@pytest.mark.parametrize("text", ["路灯坏了半个月没人修", "物业停我家水逼我交费，请处理", "包工头欠我们工资跑了"])
def test_an_appeal_is_not_answered_from_the_book(text: str) -> None:
    answer = Index(Knowledge.load(CITIES / "anshan" / "faq.jsonl"), DAY).ask(text)

    assert answer.decision is not Decision.ANSWER
