"""Questions are answered by curated words, asked back, or honestly not known; never in other words."""

import pytest

from bot.conversation import Stage
from bot.turn import Outcomes
from faq.entry import Decision
from tests.bot.dialogue.harness import Citizen, questions

KNOWN, UNKNOWN = "12345是什么电话", "请问天上有几颗星星"
VAGUE = ["信访怎么办理", "补材料怎么补", "请问热线电话是多少", "请问打什么电话", "怎么查询"]


def vague() -> str:
    """A question to which the knowledge base asks back."""
    return next(t for t in VAGUE if questions("anshan").ask(t).decision is Decision.CLARIFY)


@pytest.fixture
def citizen() -> Citizen:
    """Somebody with a question."""
    return Citizen()


def test_a_known_question_gets_the_curated_answer_and_its_source(citizen: Citizen) -> None:
    citizen.says(KNOWN)

    entry = questions("anshan").ask(KNOWN).best
    assert entry is not None
    assert entry.answer in citizen.heard
    assert entry.source in citizen.heard
    assert citizen.outcome is Outcomes.ANSWER
    assert citizen.labels == ["有用", "没用", "转人工", "我要反映"]
    assert citizen.turn is not None
    assert [(q.text, q.decision) for q in citizen.turn.questions] == [(KNOWN, "answer")]


def test_a_question_worded_just_like_an_entry_is_one_even_if_it_sounds_like_a_complaint(citizen: Citizen) -> None:
    entry = next(e for e in questions("anshan").knowledge.entries if "停电" in e.question)
    citizen.says(entry.question)

    assert entry.answer in citizen.heard


def test_a_useful_answer_is_counted(citizen: Citizen) -> None:
    citizen.says(KNOWN, "有用")

    assert citizen.turn is not None
    assert [q.vote for q in citizen.turn.questions] == ["useful"]
    assert citizen.stage is Stage.IDLE


def test_a_useless_answer_offers_an_inquiry_with_the_question_as_it_was_put(citizen: Citizen) -> None:
    citizen.says(KNOWN, "没用")
    assert citizen.turn is not None
    assert [(q.vote, q.text) for q in citizen.turn.questions] == [("useless", KNOWN)]
    citizen.says("提交为咨询", "不留", "确认")

    assert citizen.ticket.appeal_type == "咨询"
    assert KNOWN in citizen.ticket.content


def test_a_vote_that_is_tapped_after_something_else_still_counts(citizen: Citizen) -> None:
    citizen.says(KNOWN)
    useful, useless = citizen.choices[0], citizen.choices[1]
    citizen.says("铁东区胜利路58号的路灯坏了")
    citizen.taps_value(useless.value, useless.label)
    assert citizen.turn is not None
    assert citizen.turn.questions[0].vote == "useless"
    assert citizen.turn.questions[0].text == "", "the words before it were about something else"
    assert "称呼和电话" in citizen.heard
    citizen.taps_value(useful.value, useful.label)
    assert "称呼和电话" in citizen.heard


def test_an_unknown_question_is_never_answered_by_guess(citizen: Citizen) -> None:
    citizen.says(UNKNOWN)

    assert "没有现成" in citizen.heard
    assert citizen.labels == ["提交为咨询", "转人工"]
    assert citizen.turn is not None
    assert [q.decision for q in citizen.turn.questions] == ["none"]


@pytest.mark.parametrize("words", ["1", "提交为咨询", "好的", "提交吧"])
def test_an_unknown_question_becomes_an_inquiry_without_a_place(citizen: Citizen, words: str) -> None:
    citizen.says(UNKNOWN, words, "不留", "确认")

    assert citizen.ticket.appeal_type == "咨询", citizen.story
    assert citizen.ticket.content == UNKNOWN
    assert Stage.WHERE not in citizen.asked


def test_a_vague_question_is_asked_back_and_answered_by_the_choice(citizen: Citizen) -> None:
    citizen.says(vague())
    assert citizen.outcome is Outcomes.QUESTION
    assert citizen.labels[-1] == "都不是"
    label = citizen.labels[0]
    citizen.says("1")

    entry = next(e for e in questions("anshan").knowledge.entries if e.question == label)
    assert entry.answer in citizen.heard
    assert citizen.turn is not None
    assert [q.decision for q in citizen.turn.questions] == ["clarified"]


def test_none_of_the_choices_leads_to_the_inquiry(citizen: Citizen) -> None:
    question = vague()
    citizen.says(question, "都不是", "提交为咨询", "不留", "确认")

    assert question in citizen.ticket.content


def test_an_answer_that_went_out_of_date_is_not_given(citizen: Citizen) -> None:
    citizen.says(vague())
    citizen.taps_value("faq:gone", "旧的问题")

    assert "没有现成" in citizen.heard


def test_i_want_to_report_opens_a_matter(citizen: Citizen) -> None:
    citizen.says(KNOWN, "我要反映")
    assert "什么事" in citizen.heard
    citizen.says("铁东区胜利路58号的路灯坏了")
    assert citizen.stage is Stage.CONTACT


def test_who_announced_a_matter_may_still_ask_first(citizen: Citizen) -> None:
    citizen.says("我要投诉", KNOWN)

    entry = questions("anshan").ask(KNOWN).best
    assert entry is not None
    assert entry.answer in citizen.heard


def test_a_question_that_has_no_answer_in_the_middle_of_a_draft_is_told_and_goes_on(citizen: Citizen) -> None:
    citizen.says("铁东区胜利路58号的路灯坏了", UNKNOWN)

    assert "没有现成" in citizen.heard
    assert "称呼和电话" in citizen.heard
    assert UNKNOWN not in citizen.draft.what


def test_without_a_knowledge_base_every_question_is_honestly_unknown() -> None:
    citizen = Citizen("generic")
    citizen.says(UNKNOWN)

    assert "没有现成" in citizen.heard
