"""What a citizen may do with what he submitted, in plain words, and what he hears of it until it is rated."""

import pytest

from bot.conversation import Stage
from bot.turn import Outcomes
from handoff.desk import ActionKind
from handoff.ticket import CaseEventKind, TicketStatus
from tests.bot.dialogue.harness import LONGEST, Citizen, mind

LAMP, NOISE = "铁东区胜利路58号的路灯坏了", "铁西区人民路街道半夜施工噪音大"
SAYS = {"urge": "催一下", "supplement": "补充一下，是靠马路那边的", "withdraw": "撤回工单", "progress": "进度"}
KIND = {
    "urge": CaseEventKind.URGE,
    "supplement": CaseEventKind.SUPPLEMENT,
    "withdraw": CaseEventKind.WITHDRAW,
}


def with_tickets(*matters: str) -> Citizen:
    """A citizen who submitted these."""
    citizen = Citizen()
    for matter in matters:
        citizen.says(matter)
        while not citizen.submitted or citizen.conversation.draft is not None:
            citizen.says("不留" if citizen.stage is Stage.CONTACT else "确认")
    assert len(citizen.tickets) == len(matters), citizen.story
    return citizen


@pytest.mark.parametrize("words", ["催一下", "撤回", "进度", "我要评价"])
def test_without_a_ticket_it_is_said_that_there_is_none(words: str) -> None:
    citizen = Citizen()
    citizen.says(words)

    assert citizen.conversation.draft is None
    assert not citizen.case_events
    assert citizen.outcome in (Outcomes.TOLD, Outcomes.ANSWER)


def test_progress_of_the_one_ticket_names_status_and_date() -> None:
    citizen = with_tickets(LAMP)
    citizen.says("进度")

    assert citizen.ticket.ticket_no in citizen.heard
    assert "待受理" in citizen.heard
    assert "月" in citizen.heard


def test_urging_is_counted_and_travels() -> None:
    citizen = with_tickets(LAMP)
    citizen.says("催办", "怎么还没人来，快点")

    assert [event.kind for event in citizen.case_events] == [CaseEventKind.URGE] * 2
    assert citizen.ticket.urge_count == 2
    assert len({event.id for event in citizen.case_events}) == 2


def test_a_supplement_travels_with_its_words_and_photos() -> None:
    citizen = with_tickets(LAMP)
    citizen.bursts("补充一下，是靠马路那边的", "另外拍了照片")
    citizen.shows("pole.jpg")

    first, photo = citizen.case_events
    assert "靠马路那边" in first.text
    assert photo.attachments[0].filename == "pole.jpg"
    assert citizen.ticket.attachments[0].filename == "pole.jpg"


def test_a_ticket_is_withdrawn_after_asking_back() -> None:
    citizen = with_tickets(LAMP)
    citizen.says("撤回")
    assert not citizen.case_events
    citizen.says("确定")

    assert citizen.ticket.status is TicketStatus.WITHDRAWN
    assert [event.kind for event in citizen.case_events] == [CaseEventKind.WITHDRAW]


@pytest.mark.parametrize("words", ["不撤", "不", "算了不撤了", "2"])
def test_a_withdrawal_of_a_ticket_is_taken_back(words: str) -> None:
    citizen = with_tickets(LAMP)
    citizen.says("撤回", words)

    assert citizen.ticket.status is TicketStatus.SUBMITTED
    assert not citizen.case_events


def test_what_is_done_can_no_longer_be_withdrawn() -> None:
    citizen = with_tickets(LAMP)
    citizen.hears_of(citizen.ticket, TicketStatus.RESOLVED, text="已修好")
    citizen.says("撤回")

    assert "不能再撤回" in citizen.heard
    assert citizen.outcome is Outcomes.TOLD


def test_a_ticket_that_was_resolved_while_the_withdrawal_was_asked_back_stays() -> None:
    citizen = with_tickets(LAMP)
    citizen.says("撤回")
    citizen.taps_value("withdraw_ticket:" + citizen.ticket.ticket_no)
    citizen.hears_of(citizen.ticket, TicketStatus.RESOLVED, text="已修好")
    citizen.taps_value("withdraw_yes", "确定撤回")

    assert citizen.ticket.status is TicketStatus.RESOLVED
    assert not citizen.case_events


@pytest.mark.parametrize("what", ["urge", "withdraw"])
def test_of_several_tickets_the_citizen_is_asked_which(what: str) -> None:
    citizen = with_tickets(LAMP, NOISE)
    citizen.says(SAYS[what])

    assert citizen.stage is Stage.WHICH_TICKET
    assert len(citizen.choices) == 2
    citizen.says("2")
    if what == "withdraw":
        citizen.says("确定")
    assert citizen.case_events[-1].ticket_no == citizen.tickets[0].ticket_no
    assert citizen.case_events[-1].kind is KIND[what]


def test_the_words_of_a_supplement_are_not_lost_by_the_question_which() -> None:
    citizen = with_tickets(LAMP, NOISE)
    citizen.says("补充一点情况，门口有监控")
    assert citizen.stage is Stage.WHICH_TICKET, citizen.story
    citizen.says("1")

    assert "监控" in citizen.case_events[-1].text


def test_one_of_several_is_named_by_its_words() -> None:
    citizen = with_tickets(LAMP, NOISE)
    citizen.says("上次那个路灯的事催一下")

    assert citizen.case_events[-1].ticket_no == citizen.tickets[0].ticket_no


@pytest.mark.parametrize("spell", [str, str.lower, lambda number: number.replace("-", " ")])
def test_one_of_several_is_named_by_its_number_however_it_is_spelt(spell: object) -> None:
    citizen = with_tickets(LAMP, NOISE)
    number = citizen.tickets[0].ticket_no
    citizen.says(f"催办 {spell(number)}")  # type: ignore[operator]  # a table of plain functions

    assert citizen.case_events[-1].ticket_no == number


def test_progress_of_several_lists_each_and_a_number_picks_one() -> None:
    citizen = with_tickets(LAMP, NOISE)
    citizen.says("进度")
    assert all(ticket.ticket_no in citizen.heard for ticket in citizen.tickets)
    citizen.says(f"{citizen.tickets[1].ticket_no} 到哪一步了")
    assert citizen.tickets[0].ticket_no not in citizen.heard


def test_a_number_of_somebody_else_is_not_found() -> None:
    citizen = with_tickets(LAMP)
    citizen.says("催办 AS20260101-ABCDEFGH")

    assert "没有在您名下查到" in citizen.heard
    assert not citizen.case_events


def test_while_a_draft_is_open_plain_words_go_to_the_draft() -> None:
    citizen = with_tickets(NOISE)
    citizen.says(LAMP, "催办")
    assert "还没提交" in citizen.heard
    citizen.says("撤回")
    assert "路灯" in citizen.heard


def test_while_a_draft_is_open_a_number_or_its_words_still_reach_the_ticket() -> None:
    citizen = with_tickets(NOISE)
    citizen.says(LAMP)
    citizen.says(f"催办 {citizen.tickets[0].ticket_no}")
    assert citizen.case_events[-1].kind is CaseEventKind.URGE
    assert citizen.stage is Stage.CONTACT
    citizen.says("催一下半夜施工噪音那个")
    assert len(citizen.case_events) == 2, citizen.story
    citizen.says("把半夜施工噪音那个撤回")
    assert citizen.labels == ["确定撤回", "不撤"], citizen.story
    citizen.says("确定")
    assert citizen.tickets[0].status is TicketStatus.WITHDRAWN
    assert "称呼和电话" in citizen.heard
    citizen.says("不留", "确认")
    assert len(citizen.submitted) == 2


def test_what_was_taken_for_a_supplement_becomes_a_matter_of_its_own_by_a_word() -> None:
    citizen = with_tickets(LAMP)
    citizen.says("补充一下，楼下井盖也丢了")
    citizen.says("是另一件事")

    assert "井盖" in citizen.draft.what
    assert citizen.stage in (Stage.WHERE, Stage.CONTACT)


def test_words_of_temper_after_a_ticket_open_no_new_one() -> None:
    citizen = with_tickets(LAMP)
    citizen.says("再不来我找你们领导")

    assert citizen.conversation.draft is None, citizen.story


def steps() -> list[TicketStatus]:
    """Every status that a citizen hears of straight from 已提交."""
    return [
        step.target
        for step in mind("anshan").states.steps
        if step.origin is TicketStatus.SUBMITTED and "case_system" in step.who and not step.quiet
    ]


@pytest.mark.parametrize("status", steps(), ids=str)
def test_each_step_that_concerns_the_citizen_is_told_in_his_chat(status: TicketStatus) -> None:
    citizen = with_tickets(LAMP)
    citizen.hears_of(citizen.ticket, status, text="已处理", reason="原因", unit="城管局", promised_date="2026-12-20")

    assert citizen.ticket.ticket_no in citizen.heard
    assert len(citizen.heard) <= LONGEST
    assert citizen.ticket.status is status


def test_a_step_told_twice_is_heard_once() -> None:
    citizen = with_tickets(LAMP)
    citizen.hears_of(citizen.ticket, TicketStatus.ACCEPTED, event_id="x1")
    citizen.hears_of(citizen.ticket, TicketStatus.ACCEPTED, event_id="x1")

    assert not citizen.replies


def test_a_quiet_step_is_kept_and_not_told() -> None:
    citizen = with_tickets(LAMP)
    citizen.hears_of(citizen.ticket, TicketStatus.SUBMITTED, external_no="X-7")

    assert not citizen.replies
    assert citizen.ticket.external_no == "X-7"


def resolved() -> Citizen:
    """One whose ticket was just resolved."""
    citizen = with_tickets(LAMP)
    citizen.hears_of(citizen.ticket, TicketStatus.RESOLVED, text="已换灯")
    assert citizen.labels == ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]
    return citizen


RATINGS = [
    ("非常满意", "非常满意"), ("1", "非常满意"), ("五星", "非常满意"), ("5星好评", "非常满意"), ("满意", "满意"),
    ("2", "满意"), ("四颗星", "满意"), ("修好了，谢谢", "满意"), ("3", "基本满意"), ("还行吧", "基本满意"),
    ("三分", "基本满意"),
    ("不满意", "不满意"), ("4", "不满意"), ("两星", "不满意"), ("没解决", "不满意"), ("根本没修", "不满意"),
    ("非常不满意", "非常不满意"), ("5", "非常不满意"), ("一星差评", "非常不满意"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "grade"), RATINGS, ids=[words for words, _ in RATINGS])
def test_a_rating_is_read_from_a_word_a_number_or_stars(words: str, grade: str) -> None:
    citizen = resolved()
    citizen.says(words)

    assert citizen.ticket.rating == grade, citizen.story
    bad = grade in ("不满意", "非常不满意")
    assert citizen.ticket.status is (TicketStatus.REOPENED if bad else TicketStatus.RATED)
    assert citizen.ticket.supervision_rounds == int(bad)
    reopened = [event for event in citizen.case_events if event.kind is CaseEventKind.REOPEN]
    assert [event.second_supervision for event in reopened] == [True] * bad


def test_the_reason_of_a_bad_rating_is_passed_on() -> None:
    citizen = resolved()
    citizen.says("不满意")
    assert citizen.stage is Stage.RATE_REASON
    citizen.says("灯换了还是不亮")

    assert citizen.case_events[-1].kind is CaseEventKind.SUPPLEMENT
    assert "还是不亮" in citizen.case_events[-1].text
    assert "督办" in citizen.heard


def test_the_reason_may_be_left_out() -> None:
    citizen = resolved()
    citizen.says("不满意", "没有")

    assert citizen.case_events[-1].kind is CaseEventKind.REOPEN


def test_a_grade_tapped_days_later_is_still_for_its_ticket() -> None:
    citizen = resolved()
    citizen.says("你好", "谢谢")
    citizen.taps_value(f"rate:{citizen.ticket.ticket_no}:0", "非常满意", after=3 * 86400)

    assert citizen.ticket.rating == "非常满意"


def test_a_rating_without_a_grade_asks_for_one() -> None:
    citizen = resolved()
    citizen.says("我要评价")

    assert len(citizen.choices) == 5


def test_a_rating_before_the_end_is_kept_and_does_not_reopen() -> None:
    citizen = with_tickets(LAMP)
    citizen.says(f"{citizen.ticket.ticket_no} 不满意")

    assert citizen.ticket.rating == "不满意"
    assert citizen.ticket.status is TicketStatus.SUBMITTED
    citizen.says("太慢了")
    assert citizen.case_events[-1].kind is CaseEventKind.SUPPLEMENT


def test_a_good_rating_before_the_end_is_kept() -> None:
    citizen = with_tickets(LAMP)
    citizen.says(f"{citizen.ticket.ticket_no} 非常满意")

    assert citizen.ticket.rating == "非常满意"


def test_a_result_does_not_break_into_an_open_draft_and_is_rated_by_number_or_afterwards() -> None:
    citizen = with_tickets(LAMP)
    citizen.says(NOISE)
    citizen.hears_of(citizen.tickets[0], TicketStatus.RESOLVED, text="已换灯")

    assert not citizen.choices
    assert citizen.stage is Stage.CONTACT
    citizen.says(f"{citizen.tickets[0].ticket_no} 满意")
    assert citizen.tickets[0].rating == "满意"
    assert "称呼和电话" in citizen.heard


def test_a_bad_rating_beside_a_draft_reopens_and_goes_on() -> None:
    citizen = with_tickets(LAMP)
    citizen.says(NOISE)
    citizen.hears_of(citizen.tickets[0], TicketStatus.RESOLVED, text="已换灯")
    citizen.says("不满意")

    assert citizen.tickets[0].status is TicketStatus.REOPENED
    assert citizen.stage is Stage.CONTACT


def test_what_waited_for_the_draft_is_asked_when_it_is_done() -> None:
    citizen = with_tickets(LAMP)
    citizen.says(NOISE)
    citizen.hears_of(citizen.tickets[0], TicketStatus.RESOLVED, text="已换灯")
    citizen.says("不留", "确认")

    assert citizen.stage is Stage.RATE
    citizen.says("满意")
    assert citizen.tickets[0].rating == "满意"


def test_what_a_clerk_asks_is_answered_by_the_next_words_photo_or_pin() -> None:
    citizen = with_tickets(LAMP)
    citizen.hears_of(citizen.ticket, TicketStatus.NEED_INFO, text="请问是哪一根灯杆")
    citizen.says("谢谢")
    assert not citizen.case_events, "a thank-you is no answer"
    citizen.says("从南数第三根")
    assert citizen.case_events[-1].text == "从南数第三根"
    citizen.hears_of(citizen.ticket, TicketStatus.NEED_INFO, text="请发照片")
    citizen.shows("pole.jpg")
    assert citizen.case_events[-1].attachments
    citizen.hears_of(citizen.ticket, TicketStatus.NEED_INFO, text="请发定位")
    citizen.pins("胜利路灯杆")
    assert "胜利路灯杆" in citizen.case_events[-1].text
    assert len(citizen.submitted) == 1
    assert citizen.conversation.draft is None


def test_what_a_clerk_asks_waits_for_an_open_draft() -> None:
    citizen = with_tickets(LAMP)
    citizen.says(NOISE)
    citizen.hears_of(citizen.tickets[0], TicketStatus.NEED_INFO, text="请问是哪一根灯杆")
    citizen.says("不留", "确认")

    assert citizen.stage is Stage.SUPPLEMENT
    citizen.says("从南数第三根")
    assert citizen.case_events[-1].ticket_no == citizen.tickets[0].ticket_no


def test_another_matter_is_no_answer_to_the_clerk() -> None:
    citizen = with_tickets(LAMP)
    citizen.hears_of(citizen.ticket, TicketStatus.NEED_INFO, text="请问是哪一根灯杆")
    citizen.says("另外一件事，我家停水了")

    assert "停水" in citizen.draft.what


def test_a_status_is_told_while_an_operator_holds() -> None:
    citizen = with_tickets(LAMP)
    citizen.operator(ActionKind.CLAIM)
    citizen.hears_of(citizen.ticket, TicketStatus.RESOLVED, text="已换灯")

    assert citizen.ticket.ticket_no in citizen.heard
    assert not citizen.choices


@pytest.mark.parametrize("words", ["催办", "补充：还是不亮"])
def test_what_comes_after_the_end_is_kept_and_points_to_reopening(words: str) -> None:
    citizen = resolved()
    citizen.says("满意", words)

    assert "不满意" in citizen.heard


@pytest.mark.parametrize("rated", [False, True])
def test_a_complaint_after_the_end_is_asked_whether_it_is_the_old_matter(rated: bool) -> None:
    citizen = resolved()
    if rated:
        citizen.says("满意")
    citizen.says("昨天夜里灯又不亮了")

    assert citizen.labels == ["没解决，重新办理", "是新的事"], citizen.story
    citizen.says("是的")
    assert citizen.ticket.status is TicketStatus.REOPENED


def test_a_new_matter_after_the_end_is_one() -> None:
    citizen = resolved()
    citizen.says("昨天夜里灯又不亮了", "是新的事")

    assert "又不亮" in citizen.draft.what


def test_related_tickets_are_named() -> None:
    citizen = with_tickets(LAMP, "铁东区胜利路58号的路灯又坏了")

    assert citizen.tickets[1].related == (citizen.tickets[0].ticket_no,)
