"""What is known is never asked for, in whatever order and however it is said, and any of it can be put right."""

from itertools import permutations

import pytest

from bot.appeal import PlaceSlot
from bot.conversation import Stage
from bot.dialogue.places import join
from tests.bot.dialogue.harness import Citizen

WHAT, WHERE, WHO = "路灯坏了一个星期", "铁东区胜利路58号", "我姓马，13900001111"
LAMP = "铁东区胜利路58号的路灯坏了"


def drafted(*lines: str, city: str = "anshan") -> Citizen:
    """A citizen who said these lines."""
    citizen = Citizen(city)
    citizen.says(*lines)
    return citizen


@pytest.mark.parametrize(
    "order", list(permutations((WHAT, WHERE, WHO))), ids=lambda order: "-".join(w[:2] for w in order)
)
def test_facts_may_come_in_any_order(order: tuple[str, ...]) -> None:
    citizen = drafted(*order)

    draft = citizen.draft
    assert citizen.stage is Stage.CONFIRM, citizen.story
    assert (draft.name, draft.phone) == ("马", "13900001111")
    assert draft.place is not None
    assert (draft.place.text, draft.place.district) == ("铁东区胜利路58号", "铁东区")
    assert "路灯坏了" in draft.what
    assert draft.category is not None
    assert draft.category.path[0] == "城乡建设"


def test_one_message_that_tells_all_leads_straight_to_the_card() -> None:
    citizen = drafted(f"{LAMP}，我姓马，电话13900001111")

    assert citizen.asked == [Stage.CONFIRM]


def test_only_what_is_missing_is_asked_for() -> None:
    assert drafted(LAMP).asked == [Stage.CONTACT]
    assert drafted(WHAT).asked == [Stage.WHERE]
    assert drafted(WHERE).asked == [Stage.WHAT]
    assert drafted(WHO).asked == [Stage.WHAT]


TALKS = {
    "asked in order": (WHAT, WHERE, "13900001111", "确认"),
    "place in two parts": (WHAT, "铁东区", "胜利路58号门口", "不留", "对"),
    "does not know the place": (WHAT, "说不清", "不留", "行"),
    "cannot be brought to name a place": (WHAT, "我也说不上来啊", "就那边", "不留", "可以"),
    "will not give a number": (LAMP, "不想留电话", "报吧"),
    "answers something else": (WHAT, "我姓马", "铁东区胜利路", "13900001111", "没错"),
    "elder": ("喂", "我们楼道灯坏了", "铁东区湖南街道3号楼", "没有手机", "中"),
    "burst of temper": ("你们到底管不管", WHAT, "快点派人", WHERE, "13900001111", "确认"),
    "suggestion": ("建议铁东区胜利路增设垃圾桶", "不用留了", "提交吧"),
    "praise": ("表扬铁西区启明街道社区王大姐，热心帮老人", "13900001111", "提交"),
    "wages": ("老板拖欠我三个月工资", "铁西区大陆街道的工地", "周师傅13900001111", "对"),
}


@pytest.mark.parametrize("lines", TALKS.values(), ids=TALKS)
def test_no_question_is_asked_twice_and_none_in_vain(lines: tuple[str, ...]) -> None:
    citizen = drafted(*lines)

    assert citizen.asked.count(Stage.CONTACT) <= 1, citizen.story
    assert citizen.asked.count(Stage.CATEGORY) <= 1, citizen.story
    assert citizen.asked.count(Stage.WHERE) <= 2, citizen.story
    assert len(citizen.submitted) == 1, citizen.story


CORRECTIONS = [
    ("不是58号，是85号", "place", "铁东区胜利路85号"),
    ("门牌说错了，应该是85号，不是58号", "place", "铁东区胜利路85号"),
    ("地点是铁西区人民路5号", "place", "铁西区人民路5号"),
    ("把地点改成铁西区人民路5号", "place", "铁西区人民路5号"),
    ("电话错了，是13900002222", "phone", "13900002222"),
    ("我姓刘，不姓马", "name", "刘"),
    ("记岔了 在85号 不是58号", "place", "铁东区胜利路85号"),
]


@pytest.mark.parametrize(("words", "slot", "right"), CORRECTIONS, ids=[words for words, _, _ in CORRECTIONS])
@pytest.mark.parametrize("before", [(), ("我姓马，13900001111",)], ids=["before the card", "on the card"])
def test_any_slot_is_put_right_at_any_point(words: str, slot: str, right: str, before: tuple[str, ...]) -> None:
    citizen = drafted(LAMP, *before, words)

    draft = citizen.draft
    got = draft.place.text if slot == "place" and draft.place else getattr(draft, slot)
    assert got == right, citizen.story
    assert draft.said == (draft.said[0],), "a correction is no part of the matter"


def test_another_district_takes_the_old_one_away() -> None:
    citizen = drafted("千山区汤岗子镇路灯不亮", "不对，不是千山区，是铁西区")

    assert citizen.draft.place is not None
    assert citizen.draft.place.district == "铁西区"
    assert "千山区" not in citizen.heard


def test_another_village_takes_the_official_name_of_the_old_one_away() -> None:
    citizen = drafted("海城市西柳镇柳西村路灯坏了", "说错了 不是柳西村 是柳东村")

    place = citizen.draft.place
    assert place is not None
    assert place.text == "海城市西柳镇柳东村"
    assert "柳西村" not in f"{place}"


def test_a_house_number_is_corrected_everywhere_it_was_said() -> None:
    citizen = drafted("立山区友好街道12栋3单元漏水", "不是12栋，是21栋", "不留", "确认")

    assert citizen.ticket.place is not None
    assert citizen.ticket.place.text == "立山区友好街道21栋3单元"
    assert "12栋" not in citizen.ticket.content


def test_more_of_the_place_is_joined_not_exchanged() -> None:
    citizen = drafted("铁东区湖南街道路灯不亮", "就是绿化街那里", "58号楼门口")

    assert citizen.draft.place is not None
    assert citizen.draft.place.text.startswith("铁东区湖南街道绿化街58号楼"), citizen.story


def test_a_spot_in_an_area_is_joined_to_it_also_on_the_card() -> None:
    citizen = drafted("占道经营", "铁西区", "永乐街道", "菜市场门口")

    assert citizen.draft.place is not None
    assert citizen.draft.place.text == "铁西区永乐街道菜市场门口"


def test_a_time_alone_is_a_time() -> None:
    citizen = drafted("铁西区人民路医院医生态度恶劣", "昨天上午")

    assert citizen.draft.occurred == "昨天上午"
    assert len(citizen.draft.said) == 1


def test_who_declines_again_is_answered_shortly_and_not_with_a_telephone_number() -> None:
    citizen = drafted(LAMP, "不留", "没电话")

    assert "不留联系方式" in citizen.heard


def test_to_drop_the_matter_is_not_to_decline_the_number() -> None:
    assert drafted(LAMP, "算了不报了").stage is Stage.WITHDRAW


def test_a_house_number_is_no_date() -> None:
    assert drafted("铁东区胜利路灯坏了", "胜利路58号").draft.occurred is None


@pytest.mark.parametrize("pieces", [("138", "0000", "1111"), ("电话1380000", "1", "111"), ("13800001", "111")])
def test_a_number_may_come_in_pieces_even_such_as_look_like_a_choice(pieces: tuple[str, ...]) -> None:
    citizen = drafted(LAMP, *pieces)

    assert citizen.draft.phone == "13800001111"
    assert "还差" not in citizen.heard


def test_a_number_that_is_none_is_shown_and_asked_back() -> None:
    citizen = drafted(LAMP, "5551234")

    assert "5551234" in citizen.heard
    assert citizen.draft.phone is None
    assert citizen.stage is Stage.CONTACT
    assert "不留" in citizen.labels


def test_a_piece_of_a_number_is_dropped_when_the_citizen_changes_his_mind() -> None:
    citizen = drafted(LAMP, "1380000", "不留了", "确认")

    assert citizen.ticket.contact.phone is None
    assert "1380000" not in citizen.everything


def test_landlines_count() -> None:
    assert drafted(LAMP, "0412-5551234").draft.phone == "0412-5551234"


@pytest.mark.parametrize("words", ["不留", "1", "没有手机", "不想留电话", "不方便", "不给", "算了", "别留了"])
def test_who_declines_once_is_not_asked_again(words: str) -> None:
    citizen = drafted(LAMP, words)

    assert citizen.draft.contact_declined, citizen.story
    assert citizen.stage is Stage.CONFIRM
    assert "不留" in citizen.heard


def test_wages_that_are_not_paid_decline_nothing() -> None:
    assert not drafted("老板欠我工资不给，铁西区大陆街道工地").draft.contact_declined


def test_the_number_of_the_other_side_is_part_of_the_matter_not_the_citizens() -> None:
    citizen = drafted("铁西区大陆街道工地老板欠薪，老板电话13599998888")

    assert citizen.draft.phone is None
    assert "13599998888" in citizen.draft.what


@pytest.mark.parametrize("words", ["王建国 13900001111", "王建国，13900001111", "13900001111王建国"])
def test_a_name_beside_a_number_needs_no_introduction(words: str) -> None:
    citizen = drafted(LAMP, words)

    assert (citizen.draft.name, citizen.draft.phone) == ("王建国", "13900001111")
    assert citizen.draft.said == (LAMP,)


def test_a_place_that_exists_twice_is_asked_once() -> None:
    citizen = drafted("太平村的路坏了")

    assert citizen.stage is Stage.PLACE_CHOICE
    assert len(citizen.choices) >= 3
    citizen.says("1")
    assert citizen.draft.place is not None
    assert citizen.draft.place.street
    assert Stage.PLACE_CHOICE not in citizen.asked[1:]


def test_none_of_the_places_offered_is_an_answer_too() -> None:
    citizen = drafted("太平村的路坏了", "都不是", "不留", "确认")

    assert citizen.ticket.place is not None
    assert citizen.ticket.place.text == "太平村"


def test_a_matter_without_a_place_is_not_asked_for_one() -> None:
    citizen = drafted("我的养老金三个月没发了")

    assert Stage.WHERE not in citizen.asked
    citizen.says("不留", "确认")
    assert citizen.ticket.place is None


def test_the_place_of_the_last_ticket_is_offered() -> None:
    citizen = drafted("铁东区胜利小区楼道灯坏了", "不留", "确认", "另外一件事，垃圾没人清")

    assert citizen.labels[0] == "还是铁东区胜利小区楼道" or citizen.labels[0].startswith("还是铁东区胜利小区")
    citizen.says("同一个小区")
    assert citizen.draft.place is not None
    assert citizen.draft.place.district == "铁东区"


def test_complaining_words_are_no_place() -> None:
    citizen = drafted("我要投诉物业", "就是乱收费")

    assert not citizen.draft.place, citizen.story


def test_an_unknown_place_in_the_citizens_words_is_kept_as_he_said_it() -> None:
    citizen = drafted("路灯不亮", "老王家豆腐坊对过")

    assert citizen.draft.place is not None
    assert "豆腐坊" in citizen.draft.place.text


@pytest.mark.parametrize(
    ("known", "finer", "whole"),
    [
        ("铁西区幸福小区3号楼门口", "3号楼1单元门口", "铁西区幸福小区3号楼1单元门口"),
        ("铁西区幸福小区13号楼门口", "3号楼1单元", "铁西区幸福小区13号楼门口3号楼1单元"),
        ("创业社区", "社区16号楼", "创业社区16号楼"),
    ],
)
def test_a_house_that_is_told_again_with_more_of_it_stands_once(known: str, finer: str, whole: str) -> None:
    place = join(PlaceSlot(text=known, district="铁西区"), PlaceSlot(text=finer), instead=False)

    assert place.text == whole
