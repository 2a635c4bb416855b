"""A person is one message away from every state; danger gets its number first; beside a person the bot is silent."""

import pytest

from bot.conversation import Holder, Stage
from bot.turn import Event, EventKind, Outcomes
from channels.message import Speaker
from handoff.desk import ActionKind
from handoff.ticket import TicketStatus
from tests.bot.dialogue.harness import Citizen, mind, reread

LAMP = "铁东区胜利路58号的路灯坏了"


def sent(citizen: Citizen) -> None:
    """He has one ticket."""
    citizen.says(LAMP, "不留", "确认")


def in_stage(stage: Stage) -> Citizen:
    """A citizen in that stage."""
    citizen = Citizen(guess=1.1 if stage is Stage.CATEGORY else 0.0)
    match stage:
        case Stage.IDLE:
            citizen.says("你好")
        case Stage.WHAT:
            citizen.says("我要投诉")
        case Stage.WHERE:
            citizen.says("路灯坏了")
        case Stage.PLACE_CHOICE:
            citizen.says("太平村的路坏了")
        case Stage.CATEGORY:
            citizen.says("铁东区胜利路58号楼下饭店油烟大，还倒脏水")
        case Stage.CONTACT:
            citizen.says(LAMP)
        case Stage.CONFIRM:
            citizen.says(LAMP, "不留")
        case Stage.WITHDRAW:
            citizen.says(LAMP, "撤回")
        case Stage.WHICH_TICKET:
            sent(citizen)
            citizen.says("铁西区人民路半夜施工噪音大", "不留", "确认", "催办")
        case Stage.RATE:
            sent(citizen)
            citizen.hears_of(citizen.ticket, TicketStatus.RESOLVED, text="已修好")
        case Stage.RATE_SERVICE:
            citizen.says("人工")
            citizen.operator(ActionKind.REPLY, "您好")
            citizen.operator(ActionKind.CLOSE)
        case Stage.RATE_REASON:
            sent(citizen)
            citizen.hears_of(citizen.ticket, TicketStatus.RESOLVED, text="已修好")
            citizen.says("不满意")
        case Stage.SUPPLEMENT:
            sent(citizen)
            citizen.hears_of(citizen.ticket, TicketStatus.NEED_INFO, text="哪一根")
        case Stage.FAQ:
            citizen.says("请问天上有几颗星星")
        case Stage.FAQ_CASE:
            citizen.says("养老保险交满多少年可以领")
        case Stage.FAQ_VOTE:
            citizen.says("12345是什么电话")
        case Stage.DANGER:
            citizen.says("着火了")
        case Stage.CARE:
            citizen.says("不想活了")
        case Stage.LINK:
            citizen.says("绑定")
        case Stage.RESUME:
            citizen.says(LAMP)
            citizen.says("你好", after=3 * 86400)
    assert citizen.stage is stage, citizen.story
    return citizen


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("words", ["人工", "转人工", "我要找真人"])
def test_a_person_is_called_by_one_message_from_every_stage(stage: Stage, words: str) -> None:
    citizen = in_stage(stage)
    before = citizen.conversation
    citizen.says(words)

    assert citizen.holder is Holder.WAITING, citizen.story
    assert citizen.outcome is Outcomes.HANDOVER
    assert "人工" in citizen.heard
    now = citizen.conversation
    assert (now.draft and now.draft.said) == (before.draft and before.draft.said), "what was said is kept"
    assert now.matters == before.matters
    assert now.tickets == before.tickets


def test_a_tap_calls_a_person_too() -> None:
    citizen = Citizen()
    citizen.says("请问天上有几颗星星")
    citizen.taps("转人工")

    assert citizen.holder is Holder.WAITING


def test_a_matter_told_in_the_same_breath_is_not_lost() -> None:
    citizen = Citizen()
    citizen.says(f"给我转人工，{LAMP}一个礼拜没人修")
    citizen.says("我姓马，13900001111")

    assert "路灯" in citizen.draft.what
    assert citizen.stage is Stage.CONFIRM


def test_facts_told_with_the_call_go_into_the_draft() -> None:
    citizen = Citizen()
    citizen.says("楼道灯坏了", "转人工，我在铁东区胜利路58号")

    assert citizen.draft.place


def test_the_matter_goes_on_while_a_person_is_awaited() -> None:
    citizen = Citizen()
    citizen.says("转人工", LAMP, "不留", "确认")

    assert len(citizen.submitted) == 1
    assert citizen.holder is Holder.WAITING


def test_how_many_wait_before_is_said() -> None:
    citizen = Citizen(ahead=3)
    citizen.says("转人工")

    assert "3 位" in citizen.heard


def test_who_asks_again_is_told_that_he_is_not_forgotten() -> None:
    citizen = Citizen()
    citizen.says("转人工", "人工")
    assert "没有被忘记" in citizen.heard
    citizen.says("你好")
    assert "没有被忘记" in citizen.heard


def test_outside_the_hours_the_matter_is_taken_and_it_is_said_when_a_person_will_look() -> None:
    citizen = Citizen("changyi", at="2026-11-24T22:00:00+08:00")
    citizen.says("转人工")

    assert "8:30" in citizen.heard or "08:30" in citizen.heard
    assert "受理" in citizen.heard
    assert not any(word in citizen.heard for word in ("关闭", "已下班", "不在服务时间"))
    citizen.says("还没人吗，人工")
    assert "8:30" in citizen.heard or "08:30" in citizen.heard
    citizen.says("昌邑市都昌街道北大街垃圾没人清", "不留", "确认")
    assert len(citizen.submitted) == 1


DANGER = [
    ("我家着火了", "119"),
    ("厨房煤气泄漏了", "119"),
    ("有人拿刀抢劫", "110"),
    ("有人晕倒了没有呼吸", "120"),
    ("两辆车撞了，有人受伤", "122"),
    ("我不想活了", "12356"),
    ("有人掉河里了", "110"),
]


@pytest.mark.parametrize(("words", "number"), DANGER)
def test_danger_gets_its_number_first_and_calls_a_person(words: str, number: str) -> None:
    citizen = Citizen()
    citizen.says(words)

    assert citizen.replies[0].speaker is Speaker.SYSTEM
    assert number in citizen.replies[0].text
    assert citizen.holder is Holder.WAITING
    assert citizen.conversation.waiting_reason == "emergency"


@pytest.mark.parametrize(("words", "number"), DANGER)
def test_danger_passes_while_an_operator_holds(words: str, number: str) -> None:
    citizen = Citizen()
    citizen.says("转人工")
    citizen.operator(ActionKind.CLAIM)
    citizen.says(words)

    assert [reply.speaker for reply in citizen.replies] == [Speaker.SYSTEM]
    assert number in citizen.heard
    assert citizen.holder is Holder.OPERATOR


def test_after_a_night_a_matter_is_a_matter_again() -> None:
    citizen = Citizen()
    citizen.says("我不想活了")
    citizen.says(LAMP, after=86400)

    assert "路灯" in citizen.draft.what


def test_the_bot_is_silent_while_an_operator_holds_the_conversation() -> None:
    citizen = Citizen()
    citizen.says("转人工")
    citizen.operator(ActionKind.CLAIM)
    assert "小李" in citizen.heard
    for words in ("你好", LAMP, "人工", "12345是什么电话", "啊啊啊"):
        citizen.says(words)
        assert not citizen.replies
        assert citizen.outcome is Outcomes.HANDOVER
    citizen.shows()
    assert not citizen.replies


def test_operators_words_are_theirs() -> None:
    citizen = Citizen()
    citizen.says("转人工")
    citizen.operator(ActionKind.CLAIM)
    citizen.operator(ActionKind.REPLY, "我来看看")

    (reply,) = citizen.replies
    assert (reply.speaker, reply.speaker_name, reply.text) == (Speaker.OPERATOR, "小李", "我来看看")


@pytest.mark.parametrize("before", [("你好",), ("转人工",)])
def test_whose_first_words_take_the_conversation_is_told_by_name_before_them(before: tuple[str, ...]) -> None:
    citizen = Citizen()
    citizen.says(*before)
    citizen.operator(ActionKind.REPLY, "我来看看")

    joined, words = citizen.replies
    assert (joined.speaker, joined.text) == (Speaker.SYSTEM, "坐席 小李 已接入，为您服务。")
    assert (words.speaker, words.text) == (Speaker.OPERATOR, "我来看看")
    citizen.operator(ActionKind.REPLY, "找到了")
    assert [reply.text for reply in citizen.replies] == ["找到了"]


def test_after_giving_back_the_bot_answers_again() -> None:
    citizen = Citizen()
    citizen.says(LAMP, "转人工")
    citizen.operator(ActionKind.CLAIM)
    citizen.operator(ActionKind.GIVE_BACK, "先这样")
    assert "先这样" in citizen.heard
    assert "智能助手" in citizen.heard
    assert citizen.holder is Holder.BOT
    citizen.says("不留")

    assert citizen.stage is Stage.CONFIRM, "where the draft was left, it goes on"


def test_a_failure_is_told_and_a_person_called() -> None:
    citizen = Citizen()
    citizen.says("你好")
    message = citizen.text("这句会出错")
    event = Event(id=message.id, conversation_id=citizen.conversation.id, kind=EventKind.MESSAGE, body=message, at=0.0)
    agent = mind("anshan").agent(_nobody, _somebody)
    turn = agent.on_failure(citizen.conversation, (event,), citizen.now)

    assert turn == agent.on_failure(reread(citizen.conversation), (event,), citizen.now)
    assert turn.outcome is Outcomes.PUT_ASIDE
    assert turn.conversation.holder is Holder.WAITING
    assert turn.deliveries


async def _nobody(_: str) -> int:
    return 0


async def _somebody() -> bool:
    return True
