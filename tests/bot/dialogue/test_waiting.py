"""Who waits for a person knows his place and the hours; what must be seen is shown; what an operator heard is known."""

import asyncio
from typing import Any

import pytest

from bot.conversation import Holder, Rank, Stage
from bot.turn import Event, EventKind
from channels.message import Speaker
from handoff.desk import ActionKind, OperatorAction
from handoff.ticket import TicketStatus
from tests.bot.dialogue.harness import HOUR, MINUTE, Citizen, mind

LAMP = "铁东区胜利路58号的路灯坏了"


def given(citizen: Citizen, kind: ActionKind, **to: Any) -> str:
    """An act that says to whom; what the citizen is told of it."""
    citizen.now += MINUTE
    action = OperatorAction(
        id=f"given-{citizen.now}",
        conversation_id=citizen.conversation.id,
        operator="li",
        operator_name="小李",
        kind=kind,
        at=citizen.now,
        **to,
    )
    citizen.conversation, _ = citizen.conversation.after(action)
    event = Event(
        id=action.id, conversation_id=citizen.conversation.id, kind=EventKind.OPERATOR, body=action, at=citizen.now
    )

    async def nobody(_: str) -> int:
        return 0

    async def attended() -> bool:
        return True

    agent = mind("anshan").agent(nobody, attended)
    citizen.turn = asyncio.run(agent.on_event(citizen.conversation, event, citizen.now))
    citizen.conversation = citizen.turn.conversation
    return citizen.heard


# nobody at the desk


def test_with_nobody_at_the_desk_in_its_hours_the_citizen_is_told_so_and_what_happens_next() -> None:
    citizen = Citizen(ahead=3, attended=False)
    said = citizen.says("人工")

    assert "现在没有坐席在线" in said
    assert "一上线就按先后在这里回复您" in said
    assert "前面还有 3 位" in said
    assert "我来登记" in said, "what he has to say is taken down all the same"
    assert citizen.holder is Holder.WAITING


@pytest.mark.parametrize("words", ["坐席来了吗", "前面还有几个人", "人工"])
def test_who_asks_again_is_told_again_that_nobody_is_there(words: str) -> None:
    citizen = Citizen(attended=False)
    citizen.says("人工")

    assert "现在没有坐席在线" in citizen.says(words)


def test_outside_the_hours_the_hours_are_the_answer_whoever_is_there() -> None:
    citizen = Citizen("changyi", at="2026-11-24T22:00:00+08:00", attended=False)
    said = citizen.says("人工")

    assert "不是坐席当班时间" in said
    assert "没有坐席在线" not in said


def test_who_lost_the_only_operator_is_told_that_nobody_is_there() -> None:
    citizen = Citizen(attended=False)
    citizen.says("人工")
    citizen.operator(ActionKind.CLAIM)

    assert "现在没有坐席在线" in citizen.operator(ActionKind.LOSE)


def test_an_angry_citizen_is_not_promised_somebody_who_is_not_there() -> None:
    citizen = Citizen(attended=False)
    citizen.says("你们都是废物", "废物滚")

    assert "现在没有坐席在线" in citizen.heard, citizen.story


# the place in line


@pytest.mark.parametrize("words", ["人工", "前面还有几个人", "排到第几了", "什么时候轮到我", "坐席来了吗", "你好"])
def test_asking_again_tells_the_place_as_it_is_now(words: str) -> None:
    citizen = Citizen(ahead=3)
    citizen.says("转人工")
    citizen.says(words)

    assert "没有被忘记，前面还有 3 位" in citizen.heard
    assert citizen.holder is Holder.WAITING


def test_the_first_in_line_is_told_so() -> None:
    citizen = Citizen()
    citizen.says("转人工", "人工")

    assert "您排在最前面" in citizen.heard


def test_outside_the_hours_the_place_and_the_hour_are_told() -> None:
    citizen = Citizen("changyi", at="2026-11-24T22:00:00+08:00", ahead=2)
    citizen.says("转人工")
    assert "前面还有 2 位" in citizen.heard
    assert "8:30 起有人看" in citizen.heard
    citizen.says("人工")

    assert "前面还有 2 位；现在不是坐席当班时间，明天 8:30 起有人看" in citizen.heard


def test_a_question_about_a_ticket_is_not_taken_for_one_about_the_line() -> None:
    citizen = Citizen()
    citizen.says(LAMP, "不留", "确认")
    citizen.says("到哪一步了")

    assert "没有被忘记" not in citizen.heard


# reasons


def test_who_is_rude_twice_gets_a_person_and_keeps_his_draft() -> None:
    citizen = Citizen()
    citizen.says(LAMP, "你们就是一群废物")
    assert citizen.conversation.waiting_reason == ""
    citizen.says("你们这群混蛋")

    assert citizen.holder is Holder.WAITING
    assert citizen.conversation.waiting_reason == "angry"
    assert "已为您转人工" in citizen.heard
    citizen.says("不留")
    assert citizen.stage is Stage.CONFIRM


@pytest.mark.parametrize(
    "words",
    [
        "我要举报我们村支书贪污低保款",
        "镇长收了好处费，把地包给亲戚",
        "再不解决我们明天就集体去市里上访",
        "全村人准备一起去堵路",
        "这是我们小区三百户的联名信，请转给领导",
    ],
)
def test_what_is_sensitive_is_shown_to_a_person_and_answered_all_the_same(words: str) -> None:
    citizen = Citizen()
    citizen.says(words)

    assert citizen.holder is Holder.WAITING, citizen.story
    assert citizen.conversation.waiting_reason == "sensitive"
    assert "已转给人工坐席" in citizen.heard
    assert len(citizen.heard) > len("已转给人工坐席"), "the bot goes on with it meanwhile"


@pytest.mark.parametrize(
    "words",
    [
        LAMP,
        "请问上访需要什么手续",
        "我不想上访，就想把路灯修好",
        "车都堵路上了，铁东区胜利路没人指挥",
        "举报楼下饭店油烟扰民，在铁东区胜利路58号",
        "表扬和平派出所的民警帮我找回了钱包",
        "村主任家门口的路灯坏了",
        "老板拖欠工资，领导也不管",
        "小区业主联名想加装电梯，需要什么材料",
        "派出所的民警一直没给我回电话",
    ],
)
def test_ordinary_matters_raise_no_alarm(words: str) -> None:
    citizen = Citizen()
    citizen.says(words)

    assert citizen.conversation.waiting_reason != "sensitive", citizen.story


def test_a_bad_rating_calls_a_person() -> None:
    citizen = Citizen()
    citizen.says(LAMP, "不留", "确认")
    citizen.hears_of(citizen.ticket, TicketStatus.RESOLVED, text="已修好")
    citizen.says("不满意")

    assert citizen.holder is Holder.WAITING
    assert citizen.conversation.waiting_reason == "unhappy"
    assert "已转给人工坐席" in citizen.heard


def test_a_graver_reason_takes_the_place_of_a_lighter_one_and_never_the_other_way() -> None:
    citizen = Citizen()
    citizen.says("转人工", "厨房煤气泄漏了")
    assert citizen.conversation.waiting_reason == "emergency"
    since = citizen.conversation.waiting_since
    citizen.says("人工")

    assert citizen.conversation.waiting_reason == "emergency"
    assert citizen.conversation.waiting_since == since


# from hand to hand


def test_whoever_goes_on_is_named_and_nothing_untrue_is_said() -> None:
    citizen = Citizen()
    citizen.says("转人工")
    citizen.operator(ActionKind.CLAIM)

    assert "由坐席 小王 接着办" in given(citizen, ActionKind.TRANSFER, target="wang", target_name="小王", note="难缠")
    assert "难缠" not in citizen.everything
    assert (citizen.holder, citizen.conversation.operator) == (Holder.OPERATOR, "wang")


def test_passed_on_to_a_group_he_is_told_so_and_comes_before_newcomers() -> None:
    citizen = Citizen()
    citizen.says("转人工")
    citizen.operator(ActionKind.CLAIM)

    assert "已转给住建组接着办" in given(citizen, ActionKind.TRANSFER, group="住建组", note="难缠")
    assert "难缠" not in citizen.everything
    conversation = citizen.conversation
    assert (citizen.holder, conversation.group, conversation.rank) == (Holder.WAITING, "住建组", Rank.PASSED_ON)
    citizen.says("铁东区胜利路58号的路灯坏了")
    assert citizen.replies, "the bot takes the matter down meanwhile"


def test_who_lost_his_operator_is_told_what_is_true_and_keeps_his_place() -> None:
    citizen = Citizen()
    citizen.says("转人工")
    citizen.operator(ActionKind.CLAIM)
    told = given(citizen, ActionKind.LOSE)

    assert "暂时离线" in told
    assert [reply.speaker for reply in citizen.replies] == [Speaker.SYSTEM]
    assert citizen.conversation.waiting_reason == "lost_operator"
    citizen.says("人工")
    assert (citizen.conversation.waiting_reason, citizen.conversation.rank) == ("lost_operator", Rank.LOST)


def test_whose_operator_logs_out_is_told_so_and_stands_first() -> None:
    citizen = Citizen()
    citizen.says("转人工")
    citizen.operator(ActionKind.CLAIM)
    told = given(citizen, ActionKind.LEAVE)

    assert "已下线，您的会话已退回排队，排在前面" in told
    assert "暂时" not in told, "he does not come back"
    assert (citizen.conversation.waiting_reason, citizen.conversation.rank) == ("operator_left", Rank.LOST)


def test_meant_for_one_who_is_not_there_he_is_not_promised_him_alone() -> None:
    citizen = Citizen()
    citizen.says("转人工")
    citizen.operator(ActionKind.CLAIM)
    told = given(citizen, ActionKind.TRANSFER, target="wang", target_name="小王", later=True, note="难缠")

    assert "由坐席 小王 或先有空的同事接着办" in told
    assert "难缠" not in citizen.everything
    assert (citizen.holder, citizen.conversation.meant_for, citizen.conversation.rank) == (
        Holder.WAITING,
        "wang",
        Rank.PASSED_ON,
    )


def test_of_a_whisper_the_citizen_hears_nothing() -> None:
    citizen = Citizen()
    citizen.says("转人工")
    given(citizen, ActionKind.WHISPER, note="先安抚")

    assert not citizen.replies
    assert citizen.holder is Holder.WAITING


def test_what_was_said_to_the_operator_is_known_to_the_bot_afterwards() -> None:
    citizen = Citizen()
    citizen.says("路灯坏了", "转人工")
    citizen.operator(ActionKind.CLAIM)
    citizen.says("在铁东区胜利路58号")
    assert not citizen.replies
    citizen.operator(ActionKind.GIVE_BACK)
    citizen.says("不留")

    assert citizen.stage is Stage.CONFIRM, citizen.story
    assert "胜利路58号" in citizen.heard


def test_a_matter_told_to_the_operator_alone_is_taken_down() -> None:
    citizen = Citizen()
    citizen.says("转人工")
    citizen.operator(ActionKind.CLAIM)
    citizen.says("铁东区胜利路58号的路灯坏了三天了", "你好", "谢谢")
    citizen.operator(ActionKind.GIVE_BACK, "请接着登记")
    citizen.says("不留")

    assert citizen.draft.said == ("铁东区胜利路58号的路灯坏了三天了",)
    assert citizen.stage is Stage.CONFIRM, citizen.story


def test_a_draft_that_lies_open_after_giving_back_is_asked_about_again() -> None:
    citizen = Citizen()
    citizen.says(LAMP, "转人工")
    citizen.operator(ActionKind.CLAIM)
    citizen.operator(ActionKind.GIVE_BACK)

    assert any("路灯" in said for said in citizen.waits(48 * HOUR))
