"""Several matters in one message or over many: each is noticed, none is lost, one after the other."""

import pytest

from bot.conversation import Stage
from tests.bot.dialogue.harness import LONGEST, Citizen

LAMP, TRASH = "铁东区胜利小区3号楼楼道灯坏了", "铁西区人民路5号垃圾没人清"


def finish(citizen: Citizen) -> None:
    """Confirm whatever is asked until nothing is open."""
    for _ in range(12):
        if citizen.conversation.draft is None:
            return
        citizen.says({Stage.CONTACT: "不留", Stage.WHERE: "说不清"}.get(citizen.stage, "确认"))
    raise AssertionError(citizen.story)


TWO = [
    f"两件事，第一件是{LAMP}，第二件是{TRASH}",
    f"1、{LAMP}；2、{TRASH}",
    f"反映两个问题：一是{LAMP}。二是{TRASH}。",
]


@pytest.mark.parametrize("words", TWO)
def test_two_matters_in_one_message_become_two_tickets_by_one_card(words: str) -> None:
    citizen = Citizen()
    citizen.says(words)
    assert "2件事" in citizen.heard
    citizen.says("我姓马，13900001111")
    assert "2件事" in citizen.heard, citizen.story
    assert len(citizen.heard) <= LONGEST
    citizen.says("确认")

    assert [ticket.place.text for ticket in citizen.tickets if ticket.place] == [
        "铁东区胜利小区3号楼楼道",
        "铁西区人民路5号",
    ]
    assert len({ticket.ticket_no for ticket in citizen.tickets}) == 2
    assert all(ticket.contact.phone == "13900001111" for ticket in citizen.tickets)
    assert citizen.asked.count(Stage.CONTACT) == 1
    assert not any("第二" in ticket.title or "两件事" in ticket.title for ticket in citizen.tickets)


def test_a_matter_that_lacks_its_place_has_its_turn_after_the_first() -> None:
    citizen = Citizen()
    citizen.says(f"两件事，第一件是{LAMP}，第二件是垃圾没人清", "13900001111", "确认")

    assert len(citizen.tickets) == 1
    assert citizen.stage is Stage.WHERE
    assert "垃圾没人清" in citizen.heard
    citizen.says("还是那个小区", "确认")
    assert len(citizen.tickets) == 2
    assert citizen.asked.count(Stage.CONTACT) == 1


def test_a_matter_that_only_points_lies_where_the_one_before_it_does() -> None:
    citizen = Citizen()
    citizen.says(f"两件事，第一件是{LAMP}，第二件是楼下烧烤店占着盲道", "13900001111")
    assert citizen.heard.count("【地点】铁东区胜利小区3号楼") == 2, citizen.story
    citizen.says("确认")

    assert [ticket.place.district for ticket in citizen.tickets if ticket.place] == ["铁东区", "铁东区"]


def test_where_the_first_is_placed_later_the_pointing_one_goes_along() -> None:
    citizen = Citizen()
    citizen.says("两件事，第一件是幸福里小区楼道灯坏了，第二件是楼下烧烤店占着盲道", "铁东区", "不留")
    assert citizen.heard.count("铁东区幸福里小区") == 2, citizen.story
    finish(citizen)

    assert [ticket.place.district for ticket in citizen.tickets if ticket.place] == ["铁东区", "铁东区"]


@pytest.mark.parametrize("words", ["公司那边欠我工资不给", "其他地方的公交站牌也歪了", "以后身上不停地被油烟呛"])
def test_what_only_sounds_like_pointing_gets_no_place(words: str) -> None:
    citizen = Citizen()
    citizen.says(f"两件事，第一件是{LAMP}，第二件是{words}")
    finish(citizen)

    assert [bool(ticket.place) for ticket in citizen.tickets] == [True, False]


@pytest.mark.parametrize("words", ["我姓马13900001111", "谢谢你们", "转人工", "你好"])
def test_what_tells_nothing_is_no_matter_of_its_own(words: str) -> None:
    citizen = Citizen()
    citizen.says(f"两件事，第一件是{LAMP}，第二件是{words}")
    finish(citizen)

    assert [ticket.place.text for ticket in citizen.tickets if ticket.place] == ["铁东区胜利小区3号楼楼道"]


def test_a_pointing_matter_asks_no_other_than_the_one_before_it() -> None:
    citizen = Citizen()
    citizen.says(f"三件事，第一件是{LAMP}，第二件是{TRASH}，第三件是旁边井盖丢了")
    finish(citizen)

    assert [ticket.place.text for ticket in citizen.tickets if ticket.place] == [
        "铁东区胜利小区3号楼楼道",
        "铁西区人民路5号",
        "铁西区人民路5号",
    ]


@pytest.mark.parametrize("opening", ["还有一件事，", "第二件事是", "另外还有个事，", "对了，再反映个事，"])
def test_a_further_matter_over_several_messages_waits_for_its_turn(opening: str) -> None:
    citizen = Citizen()
    citizen.says(LAMP, opening + TRASH)
    assert "路灯" in citizen.draft.what or "楼道灯" in citizen.draft.what
    assert len(citizen.conversation.matters) == 1, citizen.story
    assert citizen.stage is Stage.CONTACT, "the same question stands"
    finish(citizen)

    assert len(citizen.tickets) == 2


def test_three_matters_one_after_the_other() -> None:
    citizen = Citizen()
    citizen.says(LAMP, "还有一件事，" + TRASH, "第三件事是立山区友好街道自来水停了")
    finish(citizen)

    assert len(citizen.tickets) == 3, citizen.story


def test_another_kind_of_matter_in_another_part_of_town_is_not_mixed_in() -> None:
    citizen = Citizen()
    citizen.says(LAMP, "立山区友好街道停水三天了")
    finish(citizen)

    assert len(citizen.tickets) == 2, citizen.story


def test_that_there_is_another_matter_may_be_said_before_it_is_told() -> None:
    citizen = Citizen()
    citizen.says(LAMP, "还有一件事")
    assert citizen.stage is Stage.CONTACT
    citizen.says("不留", "确认", "还有一件事")
    assert "什么事" in citizen.heard
    citizen.says(TRASH)
    finish(citizen)

    assert len(citizen.tickets) == 2


def test_dropping_the_first_matter_gives_the_second_its_turn() -> None:
    citizen = Citizen()
    citizen.says(LAMP, "还有一件事，" + TRASH, "撤回", "确定")

    assert "垃圾" in citizen.draft.what
    finish(citizen)
    assert len(citizen.tickets) == 1


def test_a_question_announced_as_another_matter_is_answered() -> None:
    citizen = Citizen()
    citizen.says(LAMP, "不留", "确认", "别的事，请问12345是什么电话")

    assert citizen.conversation.draft is None, citizen.story


def test_photos_of_a_message_with_two_matters_go_with_the_first() -> None:
    citizen = Citizen()
    citizen.bursts(TWO[0], "不留")
    citizen.shows("lamp.jpg")
    finish(citizen)

    assert [len(ticket.attachments) for ticket in citizen.tickets] == [1, 0]
