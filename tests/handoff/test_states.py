"""The state table: every row is walked, and every pair that it does not name is refused."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from handoff.errors import StepRefused
from handoff.states import StateTable, Step, Who
from handoff.ticket import TicketStatus
from tests.handoff.tickets import ticket, update

TABLE = StateTable.load()
FULL = {
    "text": "灯泡已经更换",
    "unit": "市照明管理处",
    "reason": "线路老化",
    "legal_basis": "《示例条例》第八条",
    "promised_date": "2026-11-30",
    "merged_into": "AS2026112300001",
}

WRONG = ("近期", "尽快", "即将", "。。", "，，", "：。", "，。", ",", ":", "(")


@pytest.mark.parametrize("step", TABLE.steps, ids=lambda step: f"{step.origin}-{step.target}")
def test_every_step_of_the_table_can_be_walked_by_those_it_names_and_by_nobody_else(step: Step) -> None:
    before = ticket(status=step.origin)
    for who in Who:
        if who in step.who:
            after = TABLE.apply(before, update(step.target), who)
            assert after.status is step.target
            assert [past.status for past in after.history] == [step.target]
        else:
            with pytest.raises(StepRefused):
                TABLE.apply(before, update(step.target), who)


@pytest.mark.parametrize("step", TABLE.steps, ids=lambda step: f"{step.origin}-{step.target}")
@pytest.mark.parametrize("words", [{}, FULL], ids=["bare", "full"])
def test_every_sentence_is_whole_and_promises_nothing_vague(step: Step, words: dict[str, str]) -> None:
    sentence = TABLE.sentence(ticket(status=step.origin), update(step.target, **words))

    assert sentence.startswith("您好，")
    assert sentence[-1] in "。？"
    assert "AS2026112300017" in sentence
    assert not set("{}[]|") & set(sentence)
    assert not any(wrong in sentence for wrong in WRONG)
    if words and "{promised_date}" in step.sentence:
        assert "11月30日" in sentence


def test_every_pair_that_the_table_does_not_name_is_refused() -> None:
    named = {(step.origin, step.target) for step in TABLE.steps}
    refused = [pair for pair in product(TicketStatus, TicketStatus) if pair not in named]

    assert len(refused) + len(named) == len(TicketStatus) ** 2
    for origin, target in refused:
        for who in Who:
            with pytest.raises(StepRefused):
                TABLE.apply(ticket(status=origin), update(target), who)
        with pytest.raises(StepRefused):
            TABLE.sentence(ticket(status=origin), update(target))


def test_every_status_has_a_name_and_is_reached_and_only_an_archived_ticket_can_stay_for_good() -> None:
    assert all(TABLE.label(status) for status in TicketStatus)
    assert {step.target for step in TABLE.steps} == set(TicketStatus)
    for status in TicketStatus:
        assert [step for step in TABLE.steps if step.origin is status and step.target is not status]


def test_the_same_event_told_twice_has_one_effect() -> None:
    first = TABLE.apply(ticket(), update(TicketStatus.ACCEPTED), Who.CASE_SYSTEM)

    assert TABLE.apply(first, update(TicketStatus.ACCEPTED), Who.CASE_SYSTEM) is first


def test_an_update_for_another_ticket_is_refused() -> None:
    with pytest.raises(StepRefused, match="does not fit"):
        TABLE.apply(ticket(), update(TicketStatus.ACCEPTED, ticket_no="AS9"), Who.CASE_SYSTEM)


def test_number_unit_and_promise_of_the_case_system_are_kept() -> None:
    told = update(TicketStatus.DISPATCHED, external_no="X-7", unit="市照明管理处", promised_date="2026-11-30")

    after = TABLE.apply(ticket(), told, Who.CASE_SYSTEM)

    assert (after.external_no, after.unit) == ("X-7", "市照明管理处")
    assert [clock.due_at for clock in after.clocks if clock.promised] == ["2026-11-30T23:59:59+08:00"]
    assert len(after.clocks) == len(ticket().clocks) + 1
    again = TABLE.apply(after, replace(told, event_id="e2"), Who.CASE_SYSTEM)
    assert again.clocks == after.clocks


def test_each_reopening_counts_as_a_round_of_second_supervision_but_its_confirmation_does_not() -> None:
    reopened = TABLE.apply(ticket(status=TicketStatus.RATED), update(TicketStatus.REOPENED), Who.SUDA)
    confirmed = TABLE.apply(reopened, update(TicketStatus.REOPENED, "e2"), Who.CASE_SYSTEM)

    assert reopened.supervision_rounds == confirmed.supervision_rounds == 1
    assert TABLE.is_quiet(reopened, update(TicketStatus.REOPENED, "e2"))
    assert not TABLE.is_quiet(ticket(), update(TicketStatus.ACCEPTED))


def test_a_refusal_tells_its_reason_and_its_basis() -> None:
    told = update(TicketStatus.REJECTED_OUT_OF_SCOPE, reason="正在诉讼中。", legal_basis="《示例条例》第九条")

    sentence = TABLE.sentence(ticket(), told)

    assert "原因：正在诉讼中。依据：《示例条例》第九条。" in sentence


def test_a_long_title_is_shortened_and_a_missing_one_left_out() -> None:
    told = update(TicketStatus.ACCEPTED)

    assert "“" + "长" * 24 + "…”" in TABLE.sentence(ticket(title="长" * 40), told)
    assert TABLE.sentence(ticket(title=""), told).startswith("您好，您反映的事项（编号AS2026112300017）已受理。")


def test_the_unit_that_was_told_before_is_named_again_but_a_suggestion_is_not() -> None:
    progress = update(TicketStatus.IN_PROGRESS, "e2")
    sent_on = TABLE.apply(ticket(), update(TicketStatus.DISPATCHED, unit="市照明管理处"), Who.CASE_SYSTEM)

    assert "承办单位：市照明管理处" in TABLE.sentence(sent_on, progress)
    assert "和平街道办事处" not in TABLE.sentence(ticket(), progress)


def test_a_date_in_another_year_is_told_with_its_year() -> None:
    told = update(TicketStatus.ACCEPTED, promised_date="2027-01-05")

    assert "2027年1月5日" in TABLE.sentence(ticket(), told)


def test_words_of_a_clerk_are_never_taken_for_placeholders() -> None:
    told = update(TicketStatus.RESOLVED, text="见{unit}[附件|页]!")

    assert "办理情况：见{unit}[附件|页]!" in TABLE.sentence(ticket(), told)


def test_a_clerk_is_offered_exactly_the_steps_of_his() -> None:
    offered = TABLE.allowed(TicketStatus.RESOLVED, Who.CLERK)

    assert [step.target for step in offered] == [
        TicketStatus.CALLED_BACK,
        TicketStatus.REOPENED,
        TicketStatus.ARCHIVED,
    ]
    assert all(step.button for step in offered)


def test_a_wrong_table_names_all_its_faults_at_once(tmp_path: Path) -> None:
    wrong = tmp_path / "states.toml"
    wrong.write_text(
        """
[labels]
submitted = "已提交"
lost = "丢失"
[[step]]
from = ["submitted", "nowhere"]
to = "accepted"
who = ["king"]
asks = ["colour"]
sentence = "{weather}"
[[step]]
from = []
to = "accepted"
who = ["clerk"]
sentence = ""
[[step]]
from = "submitted"
to = "accepted"
who = ["suda"]
sentence = "一"
[[step]]
from = "submitted"
to = "accepted"
who = "suda"
sentence = "二"
""",
        "utf-8",
    )

    with pytest.raises(ValueError, match="lost is no status") as caught:
        StateTable.load(wrong)

    for fault in (
        "accepted has no name",
        "lost is no status",
        "'nowhere' is no status",
        "'king' may take no steps",
        "'colour' is no field",
        "{weather} is no placeholder",
        "step 2: from is missing",
        "step 2: sentence is missing",
        "step 2: a clerk's step has a button",
        "stands there twice",
    ):
        assert fault in str(caught.value)
