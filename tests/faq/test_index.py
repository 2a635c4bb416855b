"""What the index promises: the right entry for other words, a choice when unsure, and no answer to an appeal."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from faq.entry import Decision, Entry
from faq.index import MATCHES, Index, Meaning
from faq.knowledge import Knowledge
from faq.lexical import Lexical
from faq.manner import asks, complains
from faq.wording import Wording, clean

DAY = date(2026, 11, 23)
ENTRIES = (
    Entry(id="plate", question="电动自行车怎么上牌", variants=("电动自行车登记需要什么材料",), answer="到登记点办。"),
    Entry(id="sell", question="电动自行车怎么过户", variants=("电动自行车转让登记",), answer="双方同去。"),
    Entry(id="dog", question="养犬登记证怎么办理", variants=("犬证办理材料",), answer="到派出所办。"),
    Entry(id="heat", question="采暖费收费标准是多少", variants=("取暖费多少钱一平米",), answer="见公告。"),
    Entry(id="old", question="高龄津贴怎么申领", answer="到社区办。", valid_until=date(2026, 1, 1)),
)
KNOWLEDGE = Knowledge(ENTRIES)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("电动自行车怎么上牌？", "plate"),
        ("小电驴上牌要什么材料", "plate"),
        ("电瓶车过户怎么办", "sell"),
        ("狗证怎么办", "dog"),
        ("暖气费一平米多少钱", "heat"),
    ],
)
def test_everyday_words_find_the_entry(text: str, entry: str) -> None:
    answer = Index(KNOWLEDGE).ask(text, DAY)

    assert answer.matches[0].entry.id == entry
    assert answer.decision in {Decision.ANSWER, Decision.CLARIFY}


def test_a_question_that_is_written_down_is_answered() -> None:
    answer = Index(KNOWLEDGE).ask(" 犬证办理材料！ ", DAY)

    assert answer.decision is Decision.ANSWER
    assert answer.best is ENTRIES[2]


@pytest.mark.parametrize(
    "text",
    [
        "邻居的狗没办犬证，天天乱叫没人管，请处理",
        "采暖费交了家里还是冰凉，打了三次电话也没人来",
        "上牌点乱收费，我要投诉",
        "小区电动自行车堵住楼道，太危险了，要求清理",
        "停电了",
    ],
)
def test_an_appeal_is_never_answered_as_a_question(text: str) -> None:
    assert Index(KNOWLEDGE).ask(text, DAY).decision is Decision.NONE


@pytest.mark.parametrize("text", ["", "？！", "今天晚上吃什么好", "帮我写一首诗"])
def test_what_no_entry_speaks_of_gets_nothing(text: str) -> None:
    assert Index(KNOWLEDGE).ask(text, DAY).decision is Decision.NONE


def test_an_entry_that_has_run_out_is_never_offered() -> None:
    answer = Index(KNOWLEDGE).ask("高龄津贴怎么申领", DAY)

    assert "old" not in [match.entry.id for match in answer.matches]
    assert answer.decision is not Decision.ANSWER


def test_when_two_entries_fit_alike_the_citizen_is_asked() -> None:
    answer = Index(KNOWLEDGE).ask("电动自行车的手续怎么办", DAY)

    assert answer.decision is Decision.CLARIFY
    assert {match.entry.id for match in answer.matches[:2]} == {"plate", "sell"}


def test_a_higher_knob_answers_less() -> None:
    texts = ["小电驴上牌要什么材料", "电瓶车过户怎么办", "狗证怎么办", "暖气费一平米多少钱"]

    def answered(sure: float) -> int:
        index = Index(KNOWLEDGE, sure=sure)
        return sum(index.ask(text, DAY).decision is Decision.ANSWER for text in texts)

    assert answered(0.5) >= answered(0.9)
    assert answered(1.0) == 0
    with pytest.raises(ValueError, match="sure"):
        Index(KNOWLEDGE, sure=0)


def test_an_encoder_finds_what_shares_no_word() -> None:
    def encode(texts: Sequence[str]) -> list[Meaning]:
        dogs = [float("犬" in text or "旺财" in text) for text in texts]
        return [Meaning(np.array([dog, 1 - dog], dtype=np.float32), asks=0.9) for dog in dogs]

    assert Index(KNOWLEDGE).ask("旺财的事儿", DAY).matches == ()
    assert Index(KNOWLEDGE, encode).ask("旺财的事儿", DAY).matches[0].entry.id == "dog"


def test_an_empty_base_answers_nothing() -> None:
    assert Index(Knowledge()).ask("怎么上牌", DAY).decision is Decision.NONE


def test_no_more_than_ten_matches_are_given() -> None:
    many = Knowledge([Entry(id=str(n), question=f"第{n}路公交末班车几点", answer="见站牌。") for n in range(30)])

    assert len(Index(many).ask("公交末班车", DAY).matches) == MATCHES


def test_among_ten_thousand_nearly_equal_entries_the_very_one_is_found_and_none_is_guessed() -> None:
    many = Knowledge(
        [Entry(id=str(n), question=f"{n}路公交末班车几点", answer=f"见{n}路站牌。") for n in range(10_000)]
    )
    index = Index(many)

    exact, vague = index.ask("4711路公交末班车几点", DAY), index.ask("公交末班车几点", DAY)

    assert exact.best is not None
    assert exact.best.id == "4711"
    assert vague.decision is not Decision.ANSWER


@pytest.mark.parametrize(
    "text", ["", " \n\t", "😡😡😡👍", "\x00\x07\x1b[2J", "。，！？", "a" * 20_000, "今天天气不错我们去散步。" * 1_700]
)
def test_what_is_no_question_gets_no_answer_and_harms_nothing(text: str) -> None:
    assert Index(KNOWLEDGE).ask(text, DAY).decision is Decision.NONE


def test_of_twenty_thousand_characters_a_question_is_no_less_a_question() -> None:
    answer = Index(KNOWLEDGE).ask("电动自行车怎么上牌？" * 2_000, DAY)

    assert answer.matches[0].entry.id == "plate"


def test_scores_lie_between_nothing_and_one() -> None:
    lexical = Lexical.of([["图书馆几点开门"], ["游泳馆几点开门"]])

    scores = lexical.scores("图书馆几点开门")

    assert scores[0] == pytest.approx(1.0)
    assert 0 < scores[1] < 1


def test_words_that_only_sound_right_are_understood() -> None:
    wording = Wording([("养老保险", ["养老保险"]), ("犬证", ["狗证"])])

    assert wording.concepts(clean("杨老保险")) == {"养老保险"}
    assert wording.concepts(clean("够正")) == frozenset()


def test_a_question_and_a_complaint_are_told_apart() -> None:
    assert asks("垃圾费怎么收")
    assert not asks("楼下的垃圾桶已经满得到处都是")
    assert complains("垃圾费怎么收") < 0.3
    assert complains("垃圾堆了半个月没人管") > 0.6
