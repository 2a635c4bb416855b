"""Giving back and closing are two things: the bot goes on, or it is over and the citizen hears how it ended."""

import pytest

from bot.conversation import Holder, Stage
from bot.turn import EventKind
from channels.message import Speaker
from handoff.desk import ActionKind, OperatorAction, Outcome
from handoff.ticket import TicketStatus
from tests.bot.dialogue.harness import HOUR, Citizen

LAMP = "铁东区胜利路58号的路灯坏了"
GRADES = ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]


def held(*lines: str) -> Citizen:
    """A citizen who said this, and whom an operator has."""
    citizen = Citizen()
    citizen.says(*lines, "转人工")
    citizen.operator(ActionKind.CLAIM)
    return citizen


def closing_of(citizen: Citizen, dropped: str = "") -> OperatorAction:
    """A closing that is not written down yet."""
    return OperatorAction(
        id="c1",
        conversation_id=citizen.conversation.id,
        operator="li",
        operator_name="小李",
        kind=ActionKind.CLOSE,
        at=citizen.now,
        dropped=dropped,
    )


def closing(citizen: Citizen, dropped: str = "") -> Outcome:
    """What the record says to a closing."""
    return citizen.conversation.after(closing_of(citizen, dropped))[1].outcome


# giving back


def test_given_back_the_bot_asks_at_once_for_what_the_draft_still_needs() -> None:
    citizen = held(LAMP)
    citizen.operator(ActionKind.GIVE_BACK, "请接着登记")

    operator, system, bot = citizen.replies
    assert (operator.speaker, operator.text) == (Speaker.OPERATOR, "请接着登记")
    assert system.speaker is Speaker.SYSTEM
    assert "智能助手" in system.text
    assert bot.speaker is Speaker.BOT
    assert "称呼和电话" in bot.text
    assert citizen.stage is Stage.CONTACT
    assert citizen.draft.what == LAMP
    assert "请核对" in citizen.says("不留")


def test_given_back_with_nothing_open_asks_for_nothing() -> None:
    citizen = held()
    citizen.operator(ActionKind.GIVE_BACK)

    assert [reply.speaker for reply in citizen.replies] == [Speaker.SYSTEM]
    assert "评价" not in citizen.heard


# closing


def test_closed_after_an_answer_the_citizen_hears_it_and_is_asked_how_he_liked_it() -> None:
    citizen = held()
    citizen.operator(ActionKind.REPLY, "社保卡在区政务大厅补办")
    citizen.operator(ActionKind.CLOSE, "再见")

    assert citizen.replies[0].text == "再见"
    assert "小李 已结束这次服务" in citizen.heard
    assert "人工服务您满意吗" in citizen.heard
    assert [choice.label for choice in citizen.replies[-1].choices] == GRADES
    assert citizen.holder is Holder.BOT


def test_closed_after_a_ticket_its_number_is_said_again() -> None:
    citizen = held(LAMP)
    citizen.says("不留")
    citizen.operator(ActionKind.GIVE_BACK)
    citizen.says("确认", "人工")
    number = citizen.ticket.ticket_no
    citizen.operator(ActionKind.REPLY, "您好")
    citizen.operator(ActionKind.CLOSE)
    assert number not in citizen.heard, "it is of an earlier stay"

    citizen.says("人工", "铁西区人民路半夜施工噪音大", "不留", "确认")
    citizen.operator(ActionKind.CLAIM)
    citizen.operator(ActionKind.CLOSE)
    assert f"已登记工单 {citizen.conversation.tickets[-1].ticket_no}" in citizen.heard
    assert number not in citizen.heard
    assert "您满意吗" in citizen.heard


def test_closed_without_a_word_or_a_ticket_nobody_is_asked_for_a_grade() -> None:
    citizen = held()
    citizen.operator(ActionKind.CLOSE)

    assert "已结束这次服务" in citizen.heard
    assert "满意" not in citizen.heard
    assert citizen.stage is Stage.IDLE


def test_who_was_in_danger_is_not_asked_how_he_liked_it() -> None:
    citizen = Citizen()
    citizen.says("着火了")
    citizen.operator(ActionKind.CLAIM)
    citizen.operator(ActionKind.REPLY, "消防已出动")
    citizen.operator(ActionKind.CLOSE, dropped=citizen.conversation.unfiled)

    assert "满意" not in citizen.heard


def test_an_open_draft_is_let_go_only_by_who_saw_it() -> None:
    citizen = held(LAMP)
    key = citizen.draft.key

    assert closing(citizen) is Outcome.STALE
    assert closing(citizen, "another") is Outcome.STALE
    assert closing(citizen, key) is Outcome.DONE


def test_a_draft_that_is_let_go_is_told_to_the_citizen_and_never_asked_about_again() -> None:
    citizen = held(LAMP)
    citizen.operator(ActionKind.CLOSE, dropped=citizen.draft.key)

    assert "路灯" in citizen.heard
    assert "没有登记成工单" in citizen.heard
    assert citizen.conversation.draft is None
    assert not any(citizen.waits(48 * HOUR))


def test_what_is_told_just_before_the_closing_goes_on_with_the_bot() -> None:
    citizen = held()
    citizen.operator(ActionKind.REPLY, "您好")
    action = closing_of(citizen)
    # Written down while these words stood in line before it.
    citizen.conversation, _ = citizen.conversation.after(action)
    citizen.says(LAMP)
    citizen._happens(EventKind.OPERATOR, action)

    assert citizen.draft.what == LAMP
    assert citizen.stage is Stage.CONTACT, "what the bot asked stays the question"
    assert "没有登记" not in citizen.heard
    assert "nudge" in citizen.timeouts


# the grade


@pytest.mark.parametrize("said", ["满意", "2", "五星", "挺好"])
def test_a_good_grade_is_kept_for_the_operator_once(said: str) -> None:
    citizen = held()
    citizen.operator(ActionKind.REPLY, "您好")
    citizen.operator(ActionKind.CLOSE)
    citizen.says(said)

    assert citizen.turn
    (grade,) = citizen.turn.grades
    assert grade.operator == "li"
    assert grade.grade in GRADES[:2]
    assert "谢谢您的评价" in citizen.heard
    assert citizen.holder is Holder.BOT
    citizen.taps_value("served:0", "非常满意")
    assert citizen.turn.grades == (), "once"


def test_a_bad_grade_is_for_a_person_to_look_at() -> None:
    citizen = held()
    citizen.operator(ActionKind.REPLY, "您好")
    citizen.operator(ActionKind.CLOSE)
    citizen.taps("不满意")

    assert citizen.turn
    assert citizen.turn.grades[0].grade == "不满意"
    assert citizen.conversation.waiting_reason == "unhappy"
    assert citizen.holder is Holder.WAITING


def test_a_grade_may_come_later_and_by_its_button() -> None:
    citizen = held()
    citizen.operator(ActionKind.REPLY, "您好")
    citizen.operator(ActionKind.CLOSE)
    citizen.says("12345是什么电话")
    citizen.taps_value("served:1", "满意")

    assert citizen.turn
    assert citizen.turn.grades[0].grade == "满意"


@pytest.mark.parametrize("said", ["路灯还没修", "铁东区胜利路58号的路灯坏了三天没人管，很不满意，你们到底管不管"])
def test_bad_news_of_a_matter_is_no_grade(said: str) -> None:
    citizen = held()
    citizen.operator(ActionKind.REPLY, "您好")
    citizen.operator(ActionKind.CLOSE)
    citizen.says(said)

    assert citizen.turn
    assert citizen.turn.grades == ()


def test_a_ticket_that_waits_for_his_words_is_asked_before_the_grade() -> None:
    citizen = Citizen()
    citizen.says(LAMP, "不留", "确认")
    citizen.hears_of(citizen.ticket, TicketStatus.NEED_INFO, text="哪一根")
    citizen.says("人工")
    citizen.operator(ActionKind.REPLY, "您好")
    citizen.operator(ActionKind.CLOSE)
    assert citizen.stage is Stage.SUPPLEMENT
    citizen.says("第三根，靠路口")

    assert citizen.conversation.tickets[-1].supplement_count == 1
    citizen.taps_value("served:1", "满意")
    assert citizen.turn
    assert citizen.turn.grades[0].grade == "满意"
