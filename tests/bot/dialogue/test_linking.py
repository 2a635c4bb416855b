"""A citizen at two addresses: 绑定, the code, 解除绑定, and what becomes his everywhere."""

from dataclasses import replace
from functools import partial

import pytest

from bot.agent import Agent
from bot.conversation import Conversation, Linked, Stage
from bot.dialogue import Dialogue
from bot.dialogue.linking import LIFE, MOST, TRIES, TRIES_ANYWHERE, wish_of
from bot.turn import LinkFacts, LinkKind, LinkStep, Timeout
from channels.message import Address
from handoff.desk import ActionKind
from handoff.ticket import CaseEventKind, Source, Ticket, TicketStatus
from nlu.interpretation import Interpretation
from tests.bot.dialogue.harness import Citizen, mind, questions

THERE = Address(channel="telegram", account="main", user="zhang")
NOBODY = Conversation(id="web:main:x", address=Address(channel="web", account="main", user="x"))


async def _read(text: str) -> Interpretation:
    return mind("anshan").interpreter.parse(text)


async def _first(_: str) -> int:
    return 0


async def _somebody() -> bool:
    return True


def citizen(known: LinkFacts | None = None) -> Citizen:
    """One of whose codes this is known; the next code given out is 482913."""

    async def links(_conversation: str, _code: str, _now: float) -> LinkFacts:
        return known or LinkFacts()

    talker = Citizen()
    of = mind("anshan")
    talker._agent = partial(
        Agent,
        read=_read,
        ask=questions("anshan").ask,
        dialogue=Dialogue(of.rules, of.texts),
        ahead=_first,
        attended=_somebody,
        links=links,
        draw=lambda: "482913",
    )
    return talker


def ticket(number: str = "AS20261120-0000000A", title: str = "和平路路灯不亮", **given: object) -> Ticket:
    """A ticket that was made in the other chat."""
    source = Source(channel="telegram", account="main", message_ids=("m",))
    made = Ticket(
        ticket_no=number,
        source=source,
        accepted_at="2026-11-20T09:00:00+08:00",
        appeal_type="求助",
        title=title,
        content=f"{title}，晚上看不见路。",
    )
    return replace(made, **given)  # type: ignore[arg-type] # as the fields say


def linked(*tickets: Ticket) -> Citizen:
    """One whose other chat has these tickets."""
    talker = citizen()
    other = Linked(id=THERE.key, since=talker.now, version=3, tickets=tickets)
    talker.conversation = replace(talker.conversation, introduced=True, linked=(other,))
    return talker


def step(talker: Citizen) -> LinkStep | None:
    """What the last turn does to the link."""
    assert talker.turn is not None
    return talker.turn.link


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("绑定", LinkKind.OFFER, ""),
        ("绑定账号", LinkKind.OFFER, ""),
        ("我要关联微信。", LinkKind.OFFER, ""),
        ("请帮我绑定一下我的Telegram账号", LinkKind.OFFER, ""),
        ("怎么绑定另一个聊天？", LinkKind.OFFER, ""),
        ("绑定 482913", LinkKind.JOIN, "482913"),
        ("绑定码：４８２ ９１３", LinkKind.JOIN, "482913"),
        ("“绑定 482-913”", LinkKind.JOIN, "482913"),
        ("解除绑定", LinkKind.PART, ""),
        ("取消关联", LinkKind.PART, ""),
        ("取消绑定微信公众号，谢谢", LinkKind.PART, ""),
        ("绑定我的微信号", LinkKind.OFFER, ""),
        ("帮我解绑微信吧", LinkKind.PART, ""),
    ],
)
def test_what_is_about_a_link(words: str, kind: LinkKind, code: str) -> None:
    wish = wish_of(NOBODY, words)

    assert wish is not None
    assert (wish.kind, wish.code) == (kind, code)


@pytest.mark.parametrize(
    "words",
    [
        "医保卡怎么绑定",
        "社保卡绑定手机号怎么弄",
        "电费户号绑定不了微信",
        "绑定手机号",
        "解除绑定手机号",
        "取消绑定银行卡",
        "绑定微信支付",
        "482913",
        "绑定 48291",
        "绑定 13900002471",
        "解除劳动合同",
        "有人被绑在树上",
        "燃气公司让我绑定微信缴费，绑定完多扣了200块",
    ],
)
def test_what_only_sounds_like_it_is_a_matter_like_any_other(words: str) -> None:
    assert wish_of(NOBODY, words) is None


def test_a_code_is_given_out_for_ten_minutes() -> None:
    talker = citizen()
    heard = talker.says("绑定")

    assert "绑定 482913" in heard
    assert step(talker) == LinkStep(kind=LinkKind.OFFER, code="482913", until=talker.now + LIFE)
    assert talker.stage is Stage.LINK


def test_six_digits_alone_are_a_code_where_one_is_awaited_and_nowhere_else() -> None:
    known = LinkFacts(offered_by=THERE.key)
    asked = citizen(known)
    heard = asked.says("绑定", "604417")

    made = step(asked)
    assert made is not None
    assert (made.kind, made.code, made.other) == (LinkKind.JOIN, "604417", THERE.key)
    assert "Telegram" in heard
    assert asked.stage is Stage.IDLE
    unasked = citizen(known)
    unasked.says("你好", "604417")
    assert step(unasked) is None


def test_a_person_is_an_id_that_says_nothing_of_him() -> None:
    talker = citizen(LinkFacts(offered_by=THERE.key))
    talker.says("绑定 482913")

    made = step(talker)
    assert made is not None
    assert len(made.person) == 32
    assert "zhang" not in made.person


def test_a_wrong_code_is_said_to_be_wrong_and_counted() -> None:
    talker = citizen(LinkFacts(wrong=0))
    heard = talker.says("绑定 111111")

    assert "不对" in heard
    assert step(talker) == LinkStep(kind=LinkKind.WRONG)


@pytest.mark.parametrize("known", [LinkFacts(wrong=TRIES), LinkFacts(wrong_anywhere=TRIES_ANYWHERE)])
def test_after_too_many_wrong_ones_even_a_right_one_is_not_looked_at(known: LinkFacts) -> None:
    talker = citizen(replace(known, offered_by=THERE.key))
    heard = talker.says("绑定 482913")

    assert "一小时后" in heard or "过一小时" in heard
    assert step(talker) is None


def test_the_code_of_this_very_chat_is_a_clear_word() -> None:
    talker = citizen()
    talker = citizen(LinkFacts(offered_by=talker.conversation.id))
    heard = talker.says("绑定", "482913")

    assert "另一个聊天里用" in heard
    assert step(talker) is None


def test_what_is_linked_already_and_what_is_full_is_said() -> None:
    talker = citizen(LinkFacts(offered_by=THERE.key))
    talker.conversation = linked().conversation
    assert "已经绑定过" in talker.says("绑定 482913")
    full = citizen(LinkFacts(offered_by=THERE.key, theirs=MOST))
    assert f"最多绑定{MOST}个" in full.says("绑定 482913")

    assert step(talker) is step(full) is None


def test_parting_says_so_and_where_nothing_is_linked_too() -> None:
    together, alone = linked(ticket()), citizen()

    assert "已解除绑定" in together.says("解除绑定")
    assert step(together) == LinkStep(kind=LinkKind.PART)
    assert "没有绑定过" in alone.says("解除绑定")
    assert step(alone) is None


def test_the_other_chat_is_told_with_the_name_of_the_channel_whoever_holds_it() -> None:
    talker = citizen()
    talker.operator(ActionKind.CLAIM)
    talker.timeouts["linked"] = Timeout(name="linked", due_at=talker.now, subject="telegram")
    (told,) = talker.waits(1)
    talker.timeouts["parted"] = Timeout(name="parted", due_at=talker.now, subject="feishu")
    (parted,) = talker.waits(1)

    assert "Telegram" in told
    assert "解除绑定" in told
    assert "另一个聊天" in parted


def test_an_open_draft_stays_and_its_question_comes_again() -> None:
    talker = citizen(LinkFacts(offered_by=THERE.key))
    talker.says("路灯坏了")
    stage = talker.stage
    heard = talker.says("绑定 482913")

    assert "绑定好了" in heard
    assert talker.stage is stage
    assert talker.draft.has_what


def test_while_an_operator_holds_him_the_service_still_gives_a_code() -> None:
    talker = citizen()
    talker.operator(ActionKind.CLAIM)
    heard = talker.says("绑定")

    assert "482913" in heard
    assert talker.stage is not Stage.LINK, "a number that he tells the operator is no code"
    talker.says("604417")
    assert step(talker) is None


def test_progress_lists_the_tickets_of_all_his_chats_and_where_they_were_made() -> None:
    talker = linked(ticket())
    heard = talker.says("我的工单")

    assert "AS20261120-0000000A" in heard
    assert "在Telegram登记" in heard


def test_a_ticket_of_the_other_chat_is_his_to_urge_supplement_and_withdraw() -> None:
    number = "AS20261120-0000000A"
    talker = linked(ticket(status=TicketStatus.ACCEPTED))
    talker.says(f"催一下 {number}")
    talker.says("补充一下：灯杆编号是 12")
    assert talker.turn is not None
    told = talker.turn.deliveries
    talker.says(f"撤回 {number}", "确定撤回")

    kinds = [event.kind for event in talker.case_events]
    assert kinds == [CaseEventKind.URGE, CaseEventKind.SUPPLEMENT, CaseEventKind.WITHDRAW]
    assert talker.conversation.linked[0].tickets[0].status is TicketStatus.WITHDRAWN
    assert talker.conversation.tickets == ()
    assert {d.conversation_id for d in told if d.body_kind == "case_event"} == {THERE.key}


def test_a_ticket_of_the_other_chat_is_his_to_rate() -> None:
    talker = linked(ticket(status=TicketStatus.RESOLVED))
    talker.says("AS20261120-0000000A 非常满意")

    assert talker.conversation.linked[0].tickets[0].rating == "非常满意"


def test_without_a_link_it_is_nobodys_here() -> None:
    talker = citizen()

    assert "没有在您名下查到" in talker.says("查一下 AS20261120-0000000A 的进度")
    assert "绑定" in talker.heard
    assert talker.case_events == []


def test_his_other_chats_tickets_are_not_named_to_the_case_system_in_a_new_one() -> None:
    talker = linked(ticket(title="铁东区和平路金都社区路灯不亮", anonymous=True))
    talker.says("铁东区和平路金都社区路灯不亮", "不留", "确认")

    assert talker.ticket.related == ()
