"""The card shows all that will be sent; nothing is sent before it is confirmed, and any plain yes confirms it."""

import pytest

from bot.conversation import Stage
from bot.turn import Outcomes
from tests.bot.dialogue.harness import LONGEST, Citizen, mind

LAMP = "铁东区胜利路58号的路灯坏了三天了，希望修好"


@pytest.fixture
def citizen() -> Citizen:
    """One who sees his card."""
    citizen = Citizen()
    citizen.says(LAMP, "我姓马，13900001111")
    assert citizen.stage is Stage.CONFIRM
    return citizen


def test_the_card_shows_every_slot(citizen: Citizen) -> None:
    card = citizen.heard

    for words in ("事项", LAMP, "地点", "铁东区胜利路58号", "类别", "城乡建设", "联系", "马 13900001111", "保密", "否"):
        assert words in card
    assert len(card) <= LONGEST
    assert not citizen.submitted


def test_a_long_letter_fits_on_the_card_and_goes_whole_into_the_ticket() -> None:
    letter = (
        "尊敬的领导您好，" + "小区的路灯坏了没有人修，我们反映了很多次都没有结果。" * 30 + "地址是铁东区胜利路58号。"
    )
    citizen = Citizen()
    citizen.says(letter, "不留")

    assert len(citizen.heard) <= LONGEST
    citizen.says("确认")
    assert citizen.ticket.content == letter
    assert citizen.ticket.title.startswith("小区的路灯坏了")


YES = [
    "1", "确认", "确认提交", "确认提教", "对", "对的", "嗯", "嗯呐", "好", "好的", "行", "中", "要得", "没问题", "没错",
    "是的", "可以", "ok", "OK", "提交", "提交吧", "报吧", "快报上去吧", "第一个", "对，赶紧来修吧，晚上老人看不见路",
    "好的谢谢", "对 这回对了", "对 胜利路58号",
]  # fmt: skip


@pytest.mark.parametrize("words", YES)
def test_a_number_the_words_a_near_miss_or_any_plain_yes_confirms(citizen: Citizen, words: str) -> None:
    citizen.says(words)

    assert len(citizen.submitted) == 1, citizen.story
    assert citizen.outcome is Outcomes.TICKET
    assert citizen.ticket.ticket_no in citizen.heard


NOT_YET = ["好 我先看看", "不对", "等等", "先别提交", "对了，还没说完呢", "要修改", "？", "好，我先站远一点看看情况"]


@pytest.mark.parametrize("words", NOT_YET)
def test_what_is_no_plain_yes_sends_nothing(citizen: Citizen, words: str) -> None:
    citizen.says(words)

    assert not citizen.submitted, citizen.story
    assert citizen.outcome is not Outcomes.NOTED


def test_a_tap_confirms(citizen: Citizen) -> None:
    citizen.taps("确认提交")

    assert len(citizen.submitted) == 1


def test_a_confirmation_tapped_twice_makes_one_ticket(citizen: Citizen) -> None:
    citizen.taps("确认提交")
    citizen.taps_value("confirm", "确认提交")

    assert len(citizen.submitted) == 1
    assert "过时" in citizen.heard


@pytest.mark.parametrize(
    "value",
    ["confirm", "edit", "withdraw", "category:01", "place:0", "no_place", "no_contact", "resume", "fresh",
     "withdraw_yes", "withdraw_no", "urge:AS1", "rate:AS1:0", "supplement:AS1", "another", "inquire", "same_place:AS1"],
)  # fmt: skip
def test_a_stale_tap_is_told_and_does_nothing(value: str) -> None:
    citizen = Citizen()
    citizen.says("你好")
    citizen.taps_value(value, "以前的按钮")

    assert "过时" in citizen.heard
    assert not citizen.conversation.draft
    assert not citizen.submitted


def test_a_stale_tap_while_a_draft_is_open_leads_back_to_the_same_question() -> None:
    citizen = Citizen()
    citizen.says("路灯坏了")
    citizen.taps_value("urge:AS1", "催办")

    assert citizen.stage is Stage.WHERE
    assert "什么地方" in citizen.heard


def test_a_confirmation_without_the_card_only_leads_to_the_card() -> None:
    citizen = Citizen()
    citizen.says(LAMP)
    citizen.taps_value("confirm", "确认提交")

    assert not citizen.submitted
    assert citizen.stage is Stage.CONTACT


def test_a_menu_of_the_platform_counts_by_its_words() -> None:
    citizen = Citizen()
    citizen.taps_value("MENU_KEY_7", "转人工")

    assert citizen.outcome is Outcomes.HANDOVER


def test_edit_asks_what_is_wrong_and_takes_it(citizen: Citizen) -> None:
    citizen.taps("要修改")
    assert "哪里要改" in citizen.heard
    citizen.says("地点错了")
    assert "哪里要改" in citizen.heard
    citizen.says("胜利路60号")
    citizen.says("确认")

    assert citizen.ticket.place is not None
    assert citizen.ticket.place.text == "铁东区胜利路60号"


def test_new_facts_on_the_card_show_a_new_card(citizen: Citizen) -> None:
    citizen.says("灯杆也歪了，怕砸到人")

    assert not citizen.submitted
    assert "灯杆也歪了" in citizen.heard
    citizen.says("确认")
    assert "灯杆也歪了" in citizen.ticket.content


def test_a_doubtful_category_is_shown_with_others_to_tap() -> None:
    citizen = Citizen(sure=1.1)
    citizen.says("铁东区胜利路58号楼下饭店油烟大，还倒脏水", "不留")

    assert "不太有把握" in citizen.heard
    first = citizen.labels[1]
    citizen.says("2")
    assert citizen.draft.category is not None
    assert citizen.draft.category_chosen
    assert first.startswith(citizen.draft.category.path[-1])
    assert "不太有把握" not in citizen.heard


def test_an_unknown_category_is_asked_for_once_with_two_or_three_choices() -> None:
    citizen = Citizen(guess=1.1, sure=1.1)
    citizen.says("铁东区胜利路58号楼下饭店油烟大，还倒脏水")

    assert citizen.stage is Stage.CATEGORY
    assert 3 <= len(citizen.choices) <= 4
    citizen.says("都不是", "不留", "确认")
    assert citizen.ticket.category is None
    assert "由受理人员归类" in citizen.story


def test_a_category_nobody_picked_is_not_guessed_on_the_card() -> None:
    citizen = Citizen(guess=1.1, sure=1.1)
    citizen.says("铁东区胜利路58号楼下饭店油烟大，还倒脏水", "我姓马 13900001111")

    assert citizen.asked.count(Stage.CATEGORY) == 1
    assert "由受理人员归类" in citizen.heard
    citizen.says("确认")
    assert citizen.ticket.unit == ""


DRY = "铁东区胜利路58号停水又停气"


def halfway(text: str) -> float:
    """A threshold that the second level of a text's category reaches and its leaf does not."""
    kind = mind("anshan").interpreter.parse(text).category
    assert kind is not None
    assert kind.levels is not None
    assert kind.levels[1] > kind.levels[2]
    return (kind.levels[1] + kind.levels[2]) / 2


def test_a_leaf_that_is_not_believed_is_neither_shown_nor_filed_nor_does_it_choose_a_unit() -> None:
    citizen = Citizen(sure=halfway(DRY))
    citizen.says(DRY, "不留")
    kind = citizen.draft.category
    assert kind is not None

    assert f"【类别】{' > '.join(kind.path[:2])}\n" in citizen.heard
    citizen.says("确认")
    assert citizen.ticket.category is not None
    assert (citizen.ticket.category.path, citizen.ticket.category.code) == (kind.path[:2], "")
    assert citizen.ticket.category.confidence >= halfway(DRY)
    assert citizen.ticket.unit == ""


def test_below_the_level_that_is_believed_the_leaves_are_offered_and_the_chosen_one_is_filed_whole() -> None:
    citizen = Citizen(sure=halfway(DRY))
    citizen.says(DRY, "不留")
    offered = citizen.labels[1]
    citizen.says("2", "确认")

    assert citizen.ticket.category is not None
    assert offered.startswith(citizen.ticket.category.path[2])
    assert citizen.ticket.category.confidence == 1.0
    assert citizen.ticket.unit


WITHDRAW = ["撤回", "不报了", "算了，不报了", "撤了吧"]


@pytest.mark.parametrize("words", WITHDRAW)
def test_a_draft_is_withdrawn_after_asking_back(citizen: Citizen, words: str) -> None:
    citizen.says(words)
    assert citizen.stage is Stage.WITHDRAW, citizen.story
    citizen.says("确定")

    assert not citizen.conversation.draft
    assert not citizen.submitted
    assert not citizen.timeouts, "nothing is nudged that is gone"


@pytest.mark.parametrize("words", ["不撤", "2", "算了，不撤了", "不", "还是提交吧"])
def test_a_withdrawal_is_taken_back(citizen: Citizen, words: str) -> None:
    citizen.says("撤回", words)

    assert citizen.draft.has_what
    assert citizen.stage is Stage.CONFIRM
    citizen.says("确认")
    assert len(citizen.submitted) == 1


def test_a_question_instead_of_an_answer_to_the_withdrawal_keeps_the_draft(citizen: Citizen) -> None:
    citizen.says("撤回", "12345是什么电话")

    assert citizen.draft.has_what


def test_the_receipt_names_number_matter_place_unit_date_and_the_ways_on(citizen: Citizen) -> None:
    citizen.says("确认")

    for words in (citizen.ticket.ticket_no, "路灯坏了", "胜利路58号", "承办（拟）", "预计答复", "月", "进度", "人工"):
        assert words in citizen.heard


def test_the_same_message_makes_the_same_ticket_number() -> None:
    numbers = []
    for _ in range(2):
        citizen = Citizen()
        citizen.says(LAMP, "不留", "确认")
        numbers.append(citizen.ticket.ticket_no)

    assert numbers[0] == numbers[1]


def test_claim_time_and_type_are_in_the_ticket(citizen: Citizen) -> None:
    citizen.says("确认")

    ticket = citizen.ticket
    assert ticket.claim == "希望修好"
    assert ticket.occurred_at
    assert ticket.appeal_type in ("求助", "投诉")
    assert ticket.contact.phone == "13900001111"
    assert any(clock.promised for clock in ticket.clocks)
    assert ticket.completeness == 1.0
