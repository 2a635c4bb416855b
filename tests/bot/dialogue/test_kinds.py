"""Photos, pins, voice, stickers, links, follows: kept and answered, whatever the citizen is in the middle of."""

import pytest

from bot.conversation import Stage
from bot.turn import Outcomes
from channels.message import MessageKind
from handoff.ticket import TicketStatus
from tests.bot.dialogue.harness import Citizen, photo

LAMP = "铁东区胜利路58号的路灯坏了"
NOISE = "铁西区人民路街道半夜施工噪音大"
STATES = {
    "no draft": (),
    "blank draft": ("我要投诉",),
    "asked where": ("路灯坏了",),
    "asked who": (LAMP,),
    "card": (LAMP, "不留"),
    "one ticket": (LAMP, "不留", "确认"),
    "two tickets": (LAMP, "不留", "确认", NOISE, "不留", "确认"),
}
KINDS = ["photo", "pin", "bare pin", "voice", "sticker", "link", "unknown", "follow", "scan", "video", "file"]


def send(citizen: Citizen, kind: str) -> None:
    """That kind, alone."""
    match kind:
        case "photo":
            citizen.shows()
        case "pin":
            citizen.pins("铁东区胜利路")
        case "bare pin":
            citizen.pins()
        case "voice":
            citizen.speaks()
        case "video" | "file":
            citizen.sends(citizen.media(photo(f"1.{kind}", MessageKind(kind))))
        case _:
            citizen.does(MessageKind(kind))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_answered_in_each_state(state: str, kind: str) -> None:
    citizen = Citizen()
    citizen.says(*STATES[state])
    tickets, said = len(citizen.tickets), citizen.conversation.draft and citizen.conversation.draft.said
    send(citizen, kind)

    assert citizen.heard, citizen.story
    assert len(citizen.heard) < 500
    assert len(citizen.submitted) == tickets, "nothing is sent by it"
    if said:
        assert citizen.draft.said == said
    if kind in ("photo", "video", "file", "voice"):
        kept = (
            *citizen.conversation.loose,
            *(citizen.conversation.draft.attachments if citizen.conversation.draft else ()),
        )
        assert kept or any(event.attachments for event in citizen.case_events), "it is kept"


@pytest.mark.parametrize("kind", ["event", "unfollow"])
def test_what_the_platform_tells_of_itself_needs_no_word(kind: str) -> None:
    citizen = Citizen()
    citizen.does(MessageKind(kind))

    assert citizen.outcome is Outcomes.NOTED
    assert not citizen.replies
    assert citizen.conversation.reachable is (kind == "event")
    citizen.says("你好")
    assert citizen.conversation.reachable


def test_a_photo_before_any_word_is_kept_for_the_matter() -> None:
    citizen = Citizen()
    citizen.shows("tree.jpg")
    assert "照片" in citizen.heard
    assert "看图" in citizen.heard
    citizen.says("就这个，树枝压着电线了", "铁东区湖南街道58号楼", "不留", "确认")

    assert [attachment.filename for attachment in citizen.ticket.attachments] == ["tree.jpg"]


def test_a_photo_that_is_of_a_new_matter_goes_with_it() -> None:
    citizen = Citizen()
    citizen.says(*STATES["two tickets"])
    citizen.shows("tree.jpg")
    citizen.taps("是新的事")
    assert citizen.stage is Stage.WHAT
    citizen.says("立山区友好街道树倒了", "不留", "确认")

    assert [attachment.filename for attachment in citizen.tickets[-1].attachments] == ["tree.jpg"]


def test_a_photo_goes_to_the_ticket_that_is_picked() -> None:
    citizen = Citizen()
    citizen.says(*STATES["two tickets"])
    citizen.shows("noise.jpg")
    citizen.says("1")

    assert citizen.case_events[-1].ticket_no == citizen.tickets[1].ticket_no
    assert citizen.tickets[1].attachments[0].filename == "noise.jpg"
    assert not citizen.conversation.loose


def test_a_pin_first_is_the_place_and_only_the_matter_is_asked() -> None:
    citizen = Citizen()
    citizen.pins("铁东区胜利路汽车站")
    assert citizen.stage is Stage.WHAT
    citizen.says("出站口的井盖坏了", "不留", "确认")

    place = citizen.ticket.place
    assert place is not None
    assert (place.x, place.y, place.datum) == (122.99, 41.11, "gcj02")
    assert place.district == "铁东区"
    assert Stage.WHERE not in citizen.asked


def test_a_bare_pin_is_kept_and_words_for_it_are_asked_once() -> None:
    citizen = Citizen()
    citizen.pins()
    citizen.says("井盖坏了")
    assert "定位收到" in citizen.heard
    citizen.says("铁东区胜利路", "不留", "确认")

    place = citizen.ticket.place
    assert place is not None
    assert (place.text, place.x) == ("铁东区胜利路", 122.99)


def test_a_bare_pin_alone_is_enough_for_who_cannot_say_more() -> None:
    citizen = Citizen()
    citizen.pins()
    citizen.says("井盖坏了", "说不清", "不留", "确认")

    assert citizen.ticket.place is not None
    assert citizen.ticket.place.x == 122.99


def test_a_pin_answers_where() -> None:
    citizen = Citizen()
    citizen.says("路灯坏了")
    citizen.pins("铁东区胜利路")

    assert citizen.stage is Stage.CONTACT


def test_voice_with_words_is_words() -> None:
    citizen = Citizen()
    citizen.speaks(LAMP)

    assert citizen.stage is Stage.CONTACT
    assert "没能听清" not in citizen.heard
    assert len(citizen.draft.attachments) == 1


def test_voice_without_words_is_kept_and_typing_is_kindly_asked() -> None:
    citizen = Citizen()
    citizen.speaks()
    assert "没能听清" in citizen.heard
    citizen.says(LAMP, "不留", "确认")

    assert citizen.ticket.attachments[0].kind == "voice"


def test_voice_in_answer_to_a_clerk_is_passed_on_and_typing_is_asked() -> None:
    citizen = Citizen()
    citizen.says(*STATES["one ticket"])
    citizen.hears_of(citizen.ticket, TicketStatus.NEED_INFO, text="哪一根")
    citizen.speaks()
    assert citizen.case_events[-1].attachments
    citizen.says("第三根")
    assert citizen.case_events[-1].text == "第三根"


def test_a_burst_of_fragments_and_photos_is_one_turn_with_one_reply() -> None:
    citizen = Citizen()
    citizen.bursts("铁东区胜利小区", "3号楼", photo("a.jpg"), "楼道灯", "坏了", photo("b.jpg"), "139", "00001111")

    assert len(citizen.replies) == 1
    assert citizen.stage is Stage.CONFIRM, citizen.story
    assert citizen.draft.phone == "13900001111"
    assert "00001111" not in citizen.draft.what
    assert len(citizen.draft.attachments) == 2
    citizen.says("确认")
    assert len(citizen.ticket.source.message_ids) >= 8


def test_a_forwarded_page_is_kept_with_the_matter() -> None:
    citizen = Citizen()
    citizen.says(LAMP)
    citizen.sends(citizen.message(MessageKind.LINK, text="路灯为什么总是坏"))
    assert citizen.stage is Stage.CONTACT
    citizen.says("不留", "确认")

    assert "路灯为什么总是坏" in citizen.ticket.content


def test_who_follows_is_welcomed_and_told_what_is_kept() -> None:
    citizen = Citizen()
    citizen.does(MessageKind.FOLLOW)

    assert "人工" in citizen.heard
    assert "privacy" in citizen.heard
    assert citizen.outcome is Outcomes.ANSWER
