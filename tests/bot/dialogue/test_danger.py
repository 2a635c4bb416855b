"""In danger: the number and the words for the call; the ticket filed at once, later facts put into it, no form."""

from itertools import pairwise

import pytest

from bot.conversation import Holder, Stage
from channels.message import Speaker
from handoff.desk import ActionKind
from tests.bot.dialogue.harness import Citizen

FIRE = "厨房起火了，烟好大，铁西区永乐街道静电社区8号楼2单元502"
LAMP = "铁东区胜利路58号的路灯坏了"
FORM = ("请核对", "【", "保密", "称呼", "哪一类", "您是想问")


def test_a_danger_whose_place_is_known_is_filed_at_once() -> None:
    citizen = Citizen()
    citizen.says(FIRE)

    assert citizen.ticket.urgency == "urgent"
    assert citizen.ticket.place is not None
    assert "静电社区8号楼2单元502" in citizen.ticket.place.text
    assert citizen.holder is Holder.WAITING
    assert citizen.ticket.ticket_no in citizen.heard


def test_the_citizen_is_told_what_to_say_on_the_telephone() -> None:
    citizen = Citizen()
    citizen.says(FIRE)

    assert "“铁西区永乐街道静电社区8号楼2单元502，着火了。”" in citizen.heard


def test_without_a_place_it_is_asked_for_once_and_then_filed_whatever_comes() -> None:
    citizen = Citizen()
    assert "您在哪里" in citizen.says("我家厨房着火了")
    citizen.says("我找不到北了，慌死了")

    assert len(citizen.submitted) == 1
    assert "119" in citizen.heard


@pytest.mark.parametrize(
    "line",
    ["还没打", "打哪个号啊", "我怕跟人家讲不明白", "我怕说不清在哪", "咋办啊", "该打几", "打不通", "火更大了"],
)
def test_who_has_not_called_gets_the_number_and_the_place_to_read_out(line: str) -> None:
    citizen = Citizen()
    citizen.says(FIRE, line)

    assert "119" in citizen.heard
    assert "502" in citizen.heard
    assert not any(word in citizen.heard for word in FORM), citizen.heard


@pytest.mark.parametrize("line", ["已经打了119", "消防车来了", "119我打过了", "他们在路上了"])
def test_who_has_called_is_not_told_to_call_again(line: str) -> None:
    citizen = Citizen()
    citizen.says(FIRE, line)
    assert "听从救援人员" in citizen.heard
    citizen.says("楼上还住着个老太太")

    assert "119" not in citizen.heard
    assert not any(word in citizen.heard for word in FORM), citizen.heard


def test_later_facts_go_into_the_ticket_and_to_the_case_system() -> None:
    citizen = Citizen()
    citizen.says("有人在楼道里拿刀砍人", "立山区双山街道菜市场", "我叫李强 13800001234", "穿黑衣服，往北跑了")

    ticket = citizen.ticket
    assert len(citizen.submitted) == 1
    assert ticket.place is not None
    assert "双山街道菜市场" in ticket.place.text
    assert (ticket.contact.name, ticket.contact.phone) == ("李强", "13800001234")
    assert "往北跑了" in ticket.content
    assert [event.kind for event in citizen.case_events] == ["supplement", "supplement"]


def test_a_plain_yes_adds_nothing() -> None:
    citizen = Citizen()
    citizen.says(FIRE, "嗯")

    assert not citizen.case_events
    assert len(citizen.submitted) == 1


def test_a_door_that_is_shut_brings_the_number_that_opens_it() -> None:
    citizen = Citizen("jining")
    citizen.says("对门老爷子摔倒了起不来，直喊救命，任城区古槐街道", "门反锁着进不去")

    assert "119" in citizen.heard
    assert "水" not in citizen.story.replace("水电", "")


def test_advice_about_water_only_where_there_is_water() -> None:
    wet, dry = Citizen("lianyuan"), Citizen("lianyuan")
    wet.says("有人掉塘里了，桥头河镇")
    dry.says("救命啊快来人")

    assert "不要贸然下水" in wet.heard
    assert "下水" not in dry.heard


def test_another_matter_that_was_open_waits_until_the_danger_is_over() -> None:
    citizen = Citizen()
    citizen.says(LAMP, "对面楼着火了", "就在我对面")
    assert "119" in citizen.story
    assert "路灯" not in citizen.ticket.content
    citizen.says("火灭了，没事了")

    assert "路灯" in citizen.draft.what


def test_what_was_begun_of_the_same_matter_is_one_ticket() -> None:
    citizen = Citizen()
    citizen.says("铁东区和平街道金都社区3号楼楼道里有股怪味", "是煤气漏了，我头晕")

    assert "怪味" in citizen.ticket.content
    assert "头晕" in citizen.ticket.content


def test_when_it_is_over_the_ordinary_talk_goes_on() -> None:
    citizen = Citizen()
    citizen.says(FIRE, "谢谢")
    assert "不客气" in citizen.heard
    citizen.says(LAMP)

    assert "路灯" in citizen.draft.what


def test_hours_later_a_matter_is_a_matter() -> None:
    citizen = Citizen()
    citizen.says(FIRE)
    citizen.says(LAMP, after=3 * 3600)

    assert "路灯" in citizen.draft.what


def test_after_an_operator_looked_after_it_the_bot_goes_on_as_usual() -> None:
    citizen = Citizen()
    citizen.says(FIRE)
    citizen.operator(ActionKind.CLAIM)
    citizen.operator(ActionKind.CLOSE, "消防已到场")

    assert citizen.stage is Stage.IDLE


def test_the_number_comes_again_for_another_danger() -> None:
    citizen = Citizen()
    citizen.says(FIRE, "有人晕过去了，没有呼吸")

    assert citizen.replies[0].speaker is Speaker.SYSTEM
    assert "120" in citizen.replies[0].text


def test_nobody_in_despair_is_asked_to_fill_a_form() -> None:
    citizen = Citizen()
    citizen.says("我不想活了", "没有人在乎我", "一个人在家里")

    assert citizen.conversation.draft is None
    assert Stage.WHERE not in citizen.asked
    assert Stage.CONTACT not in citizen.asked
    assert "12356" in citizen.heard


def test_who_despairs_never_hears_the_same_words_twice_running() -> None:
    citizen = Citizen()
    heard = [citizen.says(line) for line in ("我不想活了", "别管我", "活着没意思", "你们不懂", "太累了")]

    assert all(one != other for one, other in pairwise(heard))


def test_who_stands_at_the_brink_is_asked_to_step_back_and_thanked_when_he_does() -> None:
    citizen = Citizen()
    assert "往里退几步" in citizen.says("我不想活了，在楼顶坐着")
    citizen.says("好，我从楼顶下来了")

    assert "谢谢您" in citizen.heard
    assert "往里退" not in citizen.heard
