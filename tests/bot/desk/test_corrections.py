"""What an operator corrected is kept once, without contact data, in the form that training reads."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.amendment import amended, lifts_secrecy
from bot.appeal import PlaceSlot
from bot.conversation import Conversation, Stage
from bot.desk.corrections import as_row
from bot.dialogue.filing import without_contact
from bot.turn import Event, EventKind, Outcomes, Turn
from channels.message import Pin, Reply, Speaker
from handoff.desk import ActionKind, OperatorAction, Outcome
from handoff.ticket_form import FormPlace, Secrecy, TicketForm
from nlu.evaluate import evaluate
from nlu.labels import read_rows
from nlu.training.rows import read_examples
from tests.bot.dialogue.harness import Citizen, mind

WORDS = "铁东区胜利路58号的路灯坏了半个月"
HEATING = ("城乡建设", "城市建设和市政管理", "冬季采暖")
FORM = TicketForm(
    category_code="010208",
    category_path=HEATING,
    appeal_type="投诉",
    place=FormPlace(text="胜利路58号", district="铁东区", confidence=1.0),
    content=WORDS,
    phone="13900001111",
)


def held(citizen: Citizen) -> Conversation:
    """The conversation in an operator's hands."""
    claimed, result = citizen.conversation.after(act(ActionKind.CLAIM, None, "claim"))
    assert result.outcome is Outcome.DONE
    return claimed


def act(kind: ActionKind, form: TicketForm | None, name: str = "a1", operator: str = "wangli") -> OperatorAction:
    return OperatorAction(
        id=name,
        conversation_id="web:main:zhang",
        operator=operator,
        operator_name="王丽",
        kind=kind,
        at=1_790_000_000.0,
        form=form,
    )


def turn_of(conversation: Conversation, action: OperatorAction) -> Turn:
    event = Event(id=action.id, conversation_id=conversation.id, kind=EventKind.OPERATOR, body=action, at=action.at)
    return asyncio.run(mind("anshan").agent(nobody, somebody).on_event(conversation, event, action.at))


async def nobody(_: str) -> int:
    return 0


async def somebody() -> bool:
    return True


def a_draft() -> tuple[Conversation, TicketForm]:
    """A conversation with a draft, and a form for it."""
    citizen = Citizen()
    citizen.says(WORDS)
    conversation = held(citizen)
    assert conversation.draft
    return conversation, replace(FORM, key=conversation.draft.key)


def test_the_draft_is_amended_where_the_form_is_written_down_and_the_bot_knows_it_after_the_give_back() -> None:
    conversation, form = a_draft()
    assert conversation.stage is Stage.CONTACT

    after, result = conversation.after(act(ActionKind.AMEND, form))
    back, _ = after.after(act(ActionKind.GIVE_BACK, None, "a2"))

    assert result.outcome is Outcome.DONE
    assert back.draft
    assert back.draft.category
    assert (back.draft.category.path, back.draft.category_chosen, back.draft.phone) == (HEATING, True, "13900001111")
    assert back.stage is Stage.IDLE, "what the bot asked before needs no answer any more"
    citizen = Citizen()
    citizen.conversation = back
    assert "供热" in citizen.says("确认一下", "提交")
    (ticket,) = citizen.submitted
    assert ticket.category
    assert (ticket.category.path, ticket.contact.phone) == (HEATING, "13900001111")


def test_only_the_holder_changes_the_draft_and_only_the_one_he_saw() -> None:
    conversation, form = a_draft()

    assert conversation.after(act(ActionKind.SUBMIT, form, operator="zhao"))[1].outcome is Outcome.TAKEN
    assert conversation.given_back().after(act(ActionKind.SUBMIT, form))[1].outcome is Outcome.NOT_HELD
    assert conversation.after(act(ActionKind.SUBMIT, replace(form, key="another")))[1].outcome is Outcome.STALE
    assert conversation.after(act(ActionKind.AMEND, replace(form, key="")))[1].outcome is Outcome.STALE


def test_filing_tells_the_citizen_number_and_date_by_the_system_and_asks_him_nothing() -> None:
    conversation, form = a_draft()
    action = act(ActionKind.SUBMIT, form)
    after, _ = conversation.after(action)

    turn = turn_of(after, action)

    (ticket,) = turn.tickets
    (reply,) = [each.body for each in turn.deliveries if isinstance(each.body, Reply)]
    assert reply.speaker is Speaker.SYSTEM
    assert ticket.ticket_no in reply.text
    assert "日前" in reply.text
    assert [each.id for each in turn.deliveries if each.body is ticket] == [f"ticket:{ticket.ticket_no}"]
    assert (turn.conversation.draft, turn.outcome) == (None, Outcomes.TICKET)
    assert turn.conversation.holder is conversation.holder
    again = act(ActionKind.SUBMIT, form, "another page")
    assert turn.conversation.after(again)[1].outcome is Outcome.STALE
    assert turn_of(turn.conversation, again).tickets == (), "and one that was written down before it is no second"


def test_an_operator_begins_a_draft_of_his_own() -> None:
    conversation = held(Citizen())

    begun, result = conversation.after(act(ActionKind.AMEND, TicketForm(), "b1"))
    assert result.outcome is Outcome.DONE
    assert begun.draft
    form = replace(FORM, key=begun.draft.key, title="胜利路58号路灯不亮", secrecy=Secrecy.ANONYMOUS)
    action = act(ActionKind.SUBMIT, form, "b2")
    turn = turn_of(begun.after(action)[0], action)

    (ticket,) = turn.tickets
    assert (ticket.title, ticket.anonymous, ticket.contact.phone) == ("胜利路58号路灯不亮", True, None)
    (correction,) = turn.corrections
    assert correction.machine.category != HEATING, "what it reads in the operator's words"


def test_what_is_confidential_and_not_shown_is_kept_unless_it_is_typed_anew() -> None:
    citizen = Citizen()
    citizen.says("举报铁东区胜利路58号的饭店往下水道倒油", "我叫王建国，电话13900001111", "保密")
    draft = citizen.conversation.draft
    assert draft
    assert draft.confidential
    blind = replace(FORM, key=draft.key, phone="", secrecy=Secrecy.CONFIDENTIAL)

    kept = amended(draft, blind, "new", 0.0)
    anew = amended(draft, replace(blind, phone="13900002222"), "new", 0.0)
    gone = amended(draft, replace(blind, secrecy=Secrecy.ANONYMOUS), "new", 0.0)

    assert kept
    assert anew
    assert gone
    assert [each.phone for each in (kept, anew, gone)] == ["13900001111", "13900002222", None]


def test_a_pin_stays_whatever_is_said_of_the_place() -> None:
    conversation, form = a_draft()
    assert conversation.draft
    pin = Pin(latitude=41.1, longitude=122.9, datum="gcj02")
    draft = replace(conversation.draft, place=PlaceSlot(text="x", pin=pin))

    after = amended(draft, form, "new", 0.0)

    assert after
    assert after.place
    assert (after.place.pin, after.place.district) == (pin, "铁东区")


def test_a_correction_is_a_row_that_training_and_evaluation_read(tmp_path: Path) -> None:
    conversation, form = a_draft()
    action = act(ActionKind.SUBMIT, form)

    (correction,) = turn_of(conversation.after(action)[0], action).corrections
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(as_row(correction), ensure_ascii=False), "utf-8")

    assert correction.machine.category != HEATING
    assert (correction.who, correction.operator.category) == ("wangli", HEATING)
    (example,) = read_examples(rows)
    assert (example.path, example.appeal_type, example.text) == (HEATING, "投诉", WORDS)
    assert [WORDS[span.start : span.end] for span in example.spans] == ["胜利路58号"]
    assert evaluate(read_rows(rows), [mind("anshan").interpreter.parse(WORDS)]).rows == 1


def test_what_the_operator_left_as_it_was_is_no_correction() -> None:
    conversation, form = a_draft()
    draft = conversation.draft
    assert draft
    assert draft.category
    assert draft.place
    place = FormPlace(
        text=draft.place.text,
        district=draft.place.district or "",
        street=draft.place.street or "",
        community=draft.place.community or "",
    )
    same = replace(
        form,
        category_code=draft.category.code,
        category_path=draft.category.path,
        appeal_type=draft.appeal_type,
        urgent=draft.urgent,
        place=place,
    )
    action = act(ActionKind.SUBMIT, same)

    turn = turn_of(conversation.after(action)[0], action)

    assert len(turn.tickets) == 1
    assert turn.corrections == ()


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("我姓王，电话13900001111，路灯坏了", ()),
        ("电话１３９００００１１１１，路灯坏了", ()),
        ("幺三九零零零零幺幺幺幺打给我，路灯坏了", ()),
        ("身份证210302199001011234，路灯坏了", ()),
        ("找张三丰要钱，路灯坏了", ("张三丰",)),
        ("座机0412-5551234，路灯坏了", ()),
    ],
)
def test_names_and_numbers_of_people_are_masked_and_no_offset_moves(text: str, known: tuple[str, ...]) -> None:
    masked = without_contact(text, known)

    assert len(masked) == len(text)
    assert masked.endswith("路灯坏了")
    assert not any(part in masked for part in ("1390000", "１３９", "零零零零", "210302", "张三丰", "5551234"))


def test_what_the_operator_left_alone_follows_what_the_citizen_wrote_this_moment() -> None:
    conversation, form = a_draft()
    assert conversation.draft
    draft = replace(conversation.draft, phone="13700002222", place=PlaceSlot(text="胜利路60号", district="铁东区"))

    kept = amended(draft, replace(form, title="路灯不亮", touched=("title", "category")), "new", 0.0)

    assert kept
    assert kept.place
    assert kept.category
    assert (kept.title, kept.category.path) == ("路灯不亮", HEATING)
    assert (kept.phone, kept.place.text, kept.appeal_type) == ("13700002222", "胜利路60号", draft.appeal_type)


def test_a_form_that_touched_nothing_makes_nothing_public_that_was_just_asked_to_be_secret() -> None:
    conversation, form = a_draft()
    assert conversation.draft
    draft = replace(conversation.draft, confidential=True, name="李某", phone="13700002222")

    kept = amended(draft, replace(form, name="", phone="", touched=()), "new", 0.0)

    assert kept
    assert (kept.confidential, kept.name, kept.phone) == (True, "李某", "13700002222")
    assert not lifts_secrecy(draft, replace(form, touched=()))
    assert lifts_secrecy(draft, replace(form, touched=("secrecy",)))
