"""What conditions promise: a text tells one case or none, never a wrong one, and what is kept comes back the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from faq.condition import Case, Condition
from faq.entry import Entry
from faq.knowledge import Knowledge, KnowledgeError, read_row, row_of
from faq.notation import read_condition, read_text, strange_districts, write_text

HOUSEHOLD = Condition(
    ask="农业户口还是非农业户口？",
    cases=(
        Case(label="农业户口", words=("农业", "农村", "村里"), answer="到村委会。"),
        Case(label="非农业户口", words=("非农业", "城里", "没有村里户口"), answer="到社区。"),
    ),
    unless=("多少钱",),
)
YEARS = Condition(
    ask="工作几年了？",
    cases=(
        Case(label="不满10年", words=("三年", "9年", "不满十年"), answer="5天"),
        Case(label="10年以上", words=("10年", "十三年", "20年"), answer="10天"),
    ),
)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("农业户口", "农业户口"),
        ("我家是农村的，医保咋交", "农业户口"),
        ("非农业", "非农业户口"),
        ("我 是 非 农 业 户 口", "非农业户口"),
        ("没有村里户口", "非农业户口"),
        ("不是农村户口", None),
        ("不属于农业", None),
        ("是不是农村户口都行", "农业户口"),
        ("有没有村里的窗口", "农业户口"),
        ("农村和城里有什么区别", None),
        ("医保咋交", None),
        ("", None),
    ],
)
def test_a_text_tells_one_case_or_none(text: str, label: str | None) -> None:
    case = HOUSEHOLD.told(text)

    assert (case.label if case else None) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("三年", "不满10年"),
        ("十三年", "10年以上"),
        ("二十三年", None),
        ("9年", "不满10年"),
        ("19年", None),
        ("10年", "10年以上"),
        ("110年", None),
        ("不到10年", None),
        ("不满10年", "不满10年"),
    ],
)
def test_a_number_is_no_part_of_a_greater_one(text: str, label: str | None) -> None:
    case = YEARS.told(text)

    assert (case.label if case else None) == label


def test_what_is_said_beside_the_case_is_told_apart() -> None:
    case, rest = HOUSEHOLD.find("我是农村的，路灯坏了")

    assert case == HOUSEHOLD.cases[0]
    assert rest == "我是的路灯坏了"
    assert HOUSEHOLD.spares("城镇的多少钱")


def test_districts_tell_their_case_only_where_they_are_what_is_asked() -> None:
    case = Case(label="城区", words=("铁东区", "铁西区"), answer="一楼")
    other = Case(label="海城市", answer="二楼")
    condition = Condition(ask="在哪里？", cases=(case, other), by_district=True)

    assert condition.of_district("铁西区") == case
    assert condition.of_district("立山区") is None
    assert HOUSEHOLD.of_district("农业户口") is None
    assert strange_districts(condition, ("铁东区", "台安县")) == ("海城市",)
    assert strange_districts(condition, ()) == ()
    assert strange_districts(HOUSEHOLD, ("铁东区",)) == ()


def test_a_case_with_a_gap_gives_the_general_answer_and_with_gaps_only_nothing_is_asked() -> None:
    filled, gap = Case(label="甲", answer="到甲处"), Case(label="乙", answer="〔本市填写：地点〕")
    other_gap = Case(label="丙", answer="电话〔本市填写：电话〕")
    entry = Entry(id="a", question="怎么办", answer="问12345", condition=Condition(ask="？？", cases=(filled, gap)))
    nothing = Entry(id="b", question="怎么办", answer="问12345", condition=Condition(ask="？", cases=(gap, other_gap)))

    assert [entry.answer_in(case) for case in (filled, gap, None)] == ["到甲处", "问12345", "问12345"]
    assert entry.asks is entry.condition
    assert nothing.asks is None
    assert not entry.has_gap
    assert (entry.cases_to_fill, nothing.cases_to_fill) == (("乙",), ("乙", "丙"))
    assert Entry(id="c", question="怎么办", answer="问12345").cases_to_fill == ()


@pytest.mark.parametrize("condition", [HOUSEHOLD, YEARS])
def test_what_is_written_is_read_again_unchanged(tmp_path: Path, condition: Condition) -> None:
    entry = Entry(id="a", question="医保在哪里缴费", answer="问12393", condition=condition)
    Knowledge([entry]).save(tmp_path / "kb.jsonl")

    assert Knowledge.load(tmp_path / "kb.jsonl").entries == (entry,)
    assert read_row(json.loads(json.dumps(row_of(entry))), []) == entry
    assert read_condition(read_text(write_text(condition)), entry.question, []) == condition
    assert write_text(None) == ""


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ("问什么", "condition: must have ask, and a list of cases"),
        ({"ask": "问什么"}, "condition: must have ask, and a list of cases"),
        ({"ask": "问", "cases": ["甲", "乙"]}, "condition: case 1: must have label and answer"),
        ({"ask": "问", "by_district": "是"}, "condition: by_district: must be true or false"),
        ({"ask": "问", "unless": "不问"}, "condition: unless: must be a list of texts"),
        ({"ask": "问", "unless": ["两 个"]}, "condition: unless: '两 个' must be one word"),
        ({"ask": "问", "asks": 1}, "condition: asks: unknown field"),
        ({"ask": "按区县：问"}, "condition: ask: must not begin with 按区县："),
        ({"ask": "问", "cases": [{"label": "甲", "answer": "答", "word": []}, {}]}, "'甲': word: unknown field"),
        ({"ask": "问", "cases": [{"label": "甲", "answer": "答\n【乙】"}, {}]}, "no line of it may begin with 【…】"),
        ({"ask": "问", "cases": [{"label": "甲】", "answer": "答"}, {}]}, "'甲】': cannot be called so"),
    ],
)
def test_each_fault_in_a_line_of_json_is_named(tmp_path: Path, condition: Any, what: str) -> None:
    if isinstance(condition, dict) and condition.get("ask") != "问什么":
        condition.setdefault("cases", [{"label": "甲", "answer": "答"}, {"label": "乙", "answer": "答"}])
    row = {"id": "a", "question": "怎么办", "answer": "这么办", "condition": condition}
    (tmp_path / "kb.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")

    with pytest.raises(KnowledgeError) as caught:
        Knowledge.load(tmp_path / "kb.jsonl")

    assert what in caught.value.faults[0]
    assert caught.value.faults[0].startswith(f"{tmp_path / 'kb.jsonl'}:1: condition: ")
