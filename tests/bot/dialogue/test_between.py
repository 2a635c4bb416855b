"""Whatever comes in between, the draft goes on at the same question; it is nudged once, and never forgotten."""

import pytest

from bot.conversation import Holder, Stage
from bot.turn import Outcomes
from faq.entry import Decision
from handoff.desk import ActionKind
from tests.bot.dialogue.harness import DAY, HOUR, Citizen, questions

LAMP = "铁东区胜利路58号的路灯坏了"
AT = {
    Stage.WHERE: ("楼道灯坏了",),
    Stage.CONTACT: (LAMP,),
    Stage.CONFIRM: (LAMP, "13900001111"),
}
QUESTION_OF = {Stage.WHERE: "什么地方", Stage.CONTACT: "称呼和电话", Stage.CONFIRM: "“确认”"}
ASIDES = ["12345是什么电话", "你好", "你是机器人吗", "进度", "啊啊啊啊", "催办", "你听不懂人话吗"]


VAGUE = ["信访怎么办理", "补材料怎么补", "请问热线电话是多少", "请问打什么电话", "怎么查询"]


def vague() -> str:
    """A question to which the knowledge base asks back."""
    return next(t for t in VAGUE if questions("anshan").ask(t).decision is Decision.CLARIFY)


def at(stage: Stage) -> Citizen:
    """A citizen who was just asked this."""
    citizen = Citizen()
    citizen.says(*AT[stage])
    assert citizen.stage is stage
    return citizen


@pytest.mark.parametrize("stage", AT)
@pytest.mark.parametrize("aside", ASIDES)
def test_after_an_aside_the_same_question_stands(stage: Stage, aside: str) -> None:
    citizen = at(stage)
    said = citizen.draft.said
    citizen.says(aside)

    assert citizen.stage is stage, citizen.story
    assert QUESTION_OF[stage] in citizen.heard, citizen.story
    assert citizen.draft.said == said, "an aside is no part of the matter"


def test_a_question_in_the_middle_is_answered_before_the_draft_goes_on() -> None:
    citizen = at(Stage.CONTACT)
    citizen.says("怎么催办")

    answer, _, question = citizen.heard.partition("——")
    assert "催办" in answer
    assert "称呼和电话" in question
    assert citizen.choices[0].value == "no_contact", "what can be tapped belongs to the question"
    citizen.says("1", "确认")
    assert len(citizen.submitted) == 1


def test_a_question_that_must_be_asked_back_waits_for_the_choice_and_then_goes_on() -> None:
    citizen = at(Stage.CONTACT)
    citizen.says(vague())
    assert citizen.labels[-1] == "都不是"
    assert len(citizen.labels) > 1
    citizen.says("1")

    assert "称呼和电话" in citizen.heard
    assert citizen.stage is Stage.CONTACT


def test_none_of_the_questions_offered_goes_on_too() -> None:
    citizen = at(Stage.CONTACT)
    citizen.says(vague(), "都不是")

    assert "没有现成" in citizen.heard
    assert citizen.stage is Stage.CONTACT


def test_the_answer_to_the_open_question_may_come_instead_of_the_choice() -> None:
    citizen = at(Stage.CONTACT)
    citizen.says(vague(), "13900001111")

    assert citizen.stage is Stage.CONFIRM


def test_thanks_and_goodbye_leave_the_draft_as_it_is() -> None:
    citizen = at(Stage.CONFIRM)
    citizen.says("谢谢", "再见", "确认")

    assert len(citizen.submitted) == 1


def test_after_days_a_draft_is_taken_up_with_one_question() -> None:
    citizen = at(Stage.CONTACT)
    citizen.says("你好", after=3 * DAY)

    assert citizen.stage is Stage.RESUME
    assert "路灯坏了" in citizen.heard
    citizen.taps("接着办")
    assert "请核对" in citizen.heard, "the telephone was asked for days ago"
    citizen.says("确认")
    assert len(citizen.submitted) == 1


def test_the_answer_to_the_old_question_is_still_one_after_days() -> None:
    citizen = at(Stage.WHERE)
    citizen.says("在铁东区胜利路58号", after=3 * DAY)

    assert citizen.draft.place
    assert citizen.stage is Stage.CONTACT


@pytest.mark.parametrize("words", ["确认", "13900001111"])
def test_a_confirmation_or_a_number_needs_no_question_after_days(words: str) -> None:
    citizen = at(Stage.CONFIRM)
    citizen.says(words, after=2 * DAY)

    assert citizen.stage is not Stage.RESUME


def test_a_new_matter_after_days_asks_which_first() -> None:
    citizen = at(Stage.CONTACT)
    citizen.says("我家停水了，立山区沙河街道", after=3 * DAY)

    assert citizen.labels[:2] == ["接着办", "办新的"]
    citizen.says("2")
    assert "停水" in citizen.draft.what
    citizen.says("不留", "确认")
    assert [ticket.title[:4] for ticket in citizen.tickets] == ["我家停水", "铁东区胜"], (
        "the old one was on the card too"
    )


def test_going_on_with_the_old_draft_keeps_the_new_matter_for_later() -> None:
    citizen = at(Stage.CONTACT)
    citizen.says("我家停水了，立山区沙河街道", after=3 * DAY)
    citizen.says("好的")

    assert "路灯" in citizen.draft.what
    assert len(citizen.conversation.matters) == 1


def test_an_old_draft_may_be_dropped() -> None:
    citizen = at(Stage.CONTACT)
    citizen.says("你好", after=3 * DAY)
    citizen.taps("不报了")
    citizen.says("确定")

    assert citizen.conversation.draft is None


def test_an_unconfirmed_card_is_nudged_once_and_then_laid_before_the_desk() -> None:
    citizen = at(Stage.CONFIRM)
    said = citizen.waits(40 * HOUR)

    assert len(said) == 2
    assert "确认" in said[0]
    assert "坐席" in said[1]
    assert citizen.holder is Holder.WAITING
    assert citizen.conversation.waiting_reason == "unconfirmed"
    assert citizen.draft.has_what, "nothing is forgotten"


def test_a_nudge_comes_inside_the_channels_window() -> None:
    citizen = at(Stage.CONFIRM)

    assert citizen.timeouts["nudge"].due_at - citizen.now < 48 * HOUR


def test_a_nudged_card_is_confirmed_by_its_number() -> None:
    citizen = at(Stage.CONFIRM)
    citizen.waits(3 * HOUR)
    citizen.says("1")

    assert len(citizen.submitted) == 1
    assert not citizen.timeouts


def test_a_draft_that_is_not_complete_is_nudged_by_its_open_question() -> None:
    citizen = at(Stage.WHERE)
    (nudge,) = citizen.waits(3 * HOUR)

    assert "什么地方" in nudge
    assert "确认" not in nudge


def test_who_goes_on_after_the_nudge_gets_his_full_time_again() -> None:
    citizen = at(Stage.CONTACT)
    citizen.waits(20 * HOUR)
    citizen.says("13900001111")

    assert citizen.waits(10 * HOUR) == []
    assert citizen.holder is Holder.BOT


def test_a_blank_draft_is_not_nudged() -> None:
    citizen = Citizen()
    citizen.says("另一件事")

    assert not citizen.timeouts


def test_time_that_runs_out_while_a_person_holds_says_nothing() -> None:
    citizen = at(Stage.CONFIRM)
    citizen.operator(ActionKind.CLAIM)

    assert citizen.waits(50 * HOUR) == [""]


def test_a_draft_that_an_operator_gave_back_is_watched_again() -> None:
    citizen = at(Stage.CONFIRM)
    citizen.operator(ActionKind.CLAIM)
    citizen.waits(3 * HOUR)
    citizen.operator(ActionKind.GIVE_BACK)

    assert "nudge" in citizen.timeouts


def test_what_is_not_understood_twice_in_a_row_calls_a_person() -> None:
    citizen = Citizen()
    citizen.says("啊啊啊啊")
    assert citizen.outcome is Outcomes.TOLD
    citizen.says("呃呃呃呃")
    assert citizen.holder is Holder.WAITING
    assert citizen.conversation.waiting_reason == "not_understood"
    citizen.says("啊啊啊啊")
    assert "转给人工" not in citizen.heard, "that he was called is said once"


def test_something_understood_in_between_starts_the_count_anew() -> None:
    citizen = Citizen()
    citizen.says("啊啊啊啊", "你好", "呃呃呃呃")

    assert citizen.holder is Holder.BOT


@pytest.mark.parametrize("words", ["你好", "谢谢", "再见", "嗯", "没有了", "你是傻子", "讲个笑话", "哦"])
def test_small_talk_without_a_draft_gets_a_short_answer(words: str) -> None:
    citizen = Citizen()
    citizen.says("你好")
    citizen.says(words)

    assert 0 < len(citizen.heard) <= 120
    assert citizen.conversation.draft is None


def test_the_privacy_line_is_said_exactly_once_at_the_first_contact() -> None:
    citizen = Citizen()
    citizen.says("你好", LAMP, "不留", "确认", "进度", "谢谢")

    assert citizen.story.count("suda.example/privacy") == 1
    assert "suda.example/privacy" in citizen.log[1]


def test_the_first_reply_is_no_wall_of_text() -> None:
    citizen = Citizen()
    citizen.says(LAMP)

    assert len(citizen.heard) <= 150
