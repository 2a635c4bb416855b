"""匿名, 保密 and 公开 in plain words, before, during and after; who is anonymous leaves no name and no number."""

import pytest

from bot.conversation import Stage
from handoff.ticket import CaseEventKind
from tests.bot.dialogue.harness import Citizen

PUB = "立山区双山街道老王饭店油烟扰民"
NAME, PHONE = "张建国", "13900001111"
WHO = f"我叫{NAME}，电话{PHONE}"
LEAKS = (NAME, PHONE, "139 0000 1111", "139-0000-1111", "0000")

ANONYMOUS = {
    "before": ("我要匿名反映个事", PUB, "确认"),
    "in the first message": (f"{PUB}，我要匿名", "确认"),
    "instead of a number": (PUB, "匿名", "确认"),
    "after name and number": (f"{PUB}，{WHO}", "我想匿名", "确认"),
    "after a spaced number": (f"{PUB}，我叫{NAME}，电话139 0000 1111", "匿名吧", "确认"),
    "on the card": (PUB, WHO, "还是匿名吧", "确认"),
    "and the number again": (PUB, "匿名", WHO, "确认"),
    "name alone again": (PUB, "匿名", f"我叫{NAME}", "确认"),
    "number in pieces": (PUB, "139", "匿名", "确认"),
    "after it was sent": (f"{PUB}，{WHO}", "确认", "匿名"),
    "in a supplement": (PUB, "匿名", "确认", f"补充一下，{WHO}"),
}


@pytest.mark.parametrize("lines", ANONYMOUS.values(), ids=ANONYMOUS)
def test_an_anonymous_citizen_leaves_no_name_and_no_number_anywhere(lines: tuple[str, ...]) -> None:
    citizen = Citizen()
    citizen.says(*lines)

    ticket = citizen.ticket
    assert ticket.anonymous, citizen.story
    assert ticket.confidential
    assert (ticket.contact.name, ticket.contact.phone) == (None, None)
    kept = "".join((ticket.title, ticket.content, ticket.claim, *(line.text for line in ticket.transcript)))
    assert not any(leak in kept for leak in LEAKS), kept
    if lines[-1] == "确认":
        assert not any(leak in citizen.everything for leak in LEAKS), citizen.everything


def test_an_anonymous_citizen_is_not_asked_for_a_number() -> None:
    citizen = Citizen()
    citizen.says(f"{PUB}，我要匿名")

    assert citizen.stage is Stage.CONFIRM
    assert "匿名" in citizen.heard


def test_a_number_given_after_all_is_refused_with_the_way_to_leave_it() -> None:
    citizen = Citizen()
    citizen.says(PUB, "匿名", WHO)

    assert "不匿名" in citizen.heard
    citizen.says("不匿名了", WHO)
    assert citizen.draft.phone == PHONE, citizen.story
    assert not citizen.draft.anonymous


@pytest.mark.parametrize("words", ["保密", "请保密", "不要告诉他们是我说的"])
def test_confidential_keeps_who_he_is_and_sets_the_flag(words: str) -> None:
    citizen = Citizen()
    citizen.says(f"{PUB}，{WHO}", words, "确认")

    assert citizen.ticket.confidential, citizen.story
    assert not citizen.ticket.anonymous
    assert citizen.ticket.contact.phone == PHONE


def test_a_report_is_confidential_unless_the_citizen_says_otherwise() -> None:
    closed, opened = Citizen(), Citizen()
    closed.says(f"举报{PUB}", "确认" if closed.stage is Stage.CONFIRM else "不留", "确认")
    opened.says(f"举报{PUB}", "公开举报，不用保密", "不留", "确认")

    assert closed.draft.confidential if closed.conversation.draft else closed.ticket.confidential
    assert not opened.ticket.confidential, opened.story


def test_secrecy_is_taken_back_on_the_card() -> None:
    citizen = Citizen()
    citizen.says(f"{PUB}，{WHO}", "保密", "不用保密了")

    assert "【保密】否" in citizen.heard
    assert "不保密" in citizen.heard


@pytest.mark.parametrize(
    ("words", "confidential", "anonymous"),
    [("匿名", True, True), ("保密", True, False), ("帮我保密", True, False), ("不用保密了", False, False)],
)
def test_secrecy_of_a_submitted_ticket_is_changed_and_told_to_the_case_system(
    words: str, confidential: bool, anonymous: bool
) -> None:
    citizen = Citizen()
    citizen.says(f"{PUB}，{WHO}", "确认", words)

    assert (citizen.ticket.confidential, citizen.ticket.anonymous) == (confidential, anonymous), citizen.story
    assert citizen.case_events[-1].kind is CaseEventKind.SUPPLEMENT
    assert citizen.ticket.ticket_no in citizen.heard
    assert citizen.conversation.draft is None


def test_of_several_tickets_it_is_asked_whose_secrecy_is_meant() -> None:
    citizen = Citizen()
    citizen.says(f"{PUB}，{WHO}", "确认", "铁东区胜利路路灯坏了", "确认", "确认", "匿名")
    assert citizen.stage is Stage.WHICH_TICKET, citizen.story
    citizen.says("2")

    assert [ticket.anonymous for ticket in citizen.tickets] == [True, False]


def test_anonymity_holds_for_all_matters_of_the_talk() -> None:
    citizen = Citizen()
    citizen.says(f"两件事，第一件是{PUB}，第二件是铁西区人民路5号楼道灯坏了，{WHO}", "匿名", "确认")
    while citizen.conversation.draft is not None:
        citizen.says("确认")

    assert len(citizen.tickets) == 2, citizen.story
    assert all(ticket.anonymous and not ticket.contact.phone for ticket in citizen.tickets)
    assert not any(leak in citizen.everything for leak in LEAKS)


def test_a_one_letter_name_is_hidden_without_tearing_other_words() -> None:
    citizen = Citizen()
    citizen.says("铁东区马路边的路灯坏了，我姓马", "匿名", "确认")

    assert "马路边" in citizen.ticket.content
    assert "姓马" not in citizen.ticket.content


def test_the_number_of_the_one_reported_stays() -> None:
    citizen = Citizen()
    citizen.says("铁西区大陆街道有人诈骗，骗子电话13588887777", "匿名", "确认")

    assert "13588887777" in citizen.ticket.content, citizen.story
