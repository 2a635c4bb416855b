"""What every record tells in figures: waits for a person, first answers, grades, and what is overdue."""

from dataclasses import replace

import pytest

from bot.storage.base import Storage
from bot.storage.figures import Patience, Span, busiest
from bot.turn import Event, Fate, Outcomes, ServiceGrade, Turn
from channels.message import Address
from handoff.desk import ActionKind, OperatorAction
from handoff.ticket import CaseEvent, CaseEventKind, Clock, StatusUpdate, TicketStatus
from tests.bot.storage.makers import LI, NOW, WANG, action, handle, message, reply, ticket, to_case_system

HOUR = 3600.0
DAY = Span(NOW, HOUR, 24)
PATIENCE = Patience(bot=60, waiting=300, held=300)


def at(event: Event, when: float) -> Event:
    """The same, at another time."""
    return replace(event, at=when)


async def wants_a_person(record: Storage, address: Address, when: float, reason: str = "asked") -> None:
    """A citizen writes, and waits for a person from then on."""
    await record.append(at(message(f"{address.user}-{when}", address), when))
    conversation = (await record.load(address.key)).conversation.waiting(reason, when)
    await handle(record, address, conversation=conversation, outcome=Outcomes.HANDOVER)


async def does(record: Storage, kind: ActionKind, when: float, operator: str = "zhao", address: Address = LI) -> None:
    """An operator acts."""
    await record.act(at(action(f"{operator}-{kind}-{when}", kind, operator, address), when))


async def test_a_wait_and_its_first_answer_are_told_of_the_operator_who_gave_it(record: Storage) -> None:
    await wants_a_person(record, LI, NOW + 10)
    await does(record, ActionKind.CLAIM, NOW + 40)
    await does(record, ActionKind.REPLY, NOW + 70)
    await does(record, ActionKind.REPLY, NOW + 90)

    figures = await record.figures(DAY)

    assert figures.handed[0] == 1
    [first] = figures.answers
    assert (first.operator, first.waited, first.took) == ("zhao", 60.0, 30.0)


@pytest.mark.parametrize("back", [ActionKind.LOSE, ActionKind.TRANSFER])
async def test_one_wish_for_a_person_is_one_and_answered_when_anybody_answered(
    record: Storage, back: ActionKind
) -> None:
    await wants_a_person(record, LI, NOW + 10)
    await does(record, ActionKind.CLAIM, NOW + 40)
    await does(record, back, NOW + 120)
    overdue = await record.loose_ends(NOW + 400, PATIENCE)
    await does(record, ActionKind.CLAIM, NOW + 400, "qian")
    silent = await record.loose_ends(NOW + 400, PATIENCE)
    await does(record, ActionKind.REPLY, NOW + 410, "qian")
    answered = await record.loose_ends(NOW + 1000, PATIENCE)

    figures = await record.figures(DAY)
    assert sum(figures.handed) == 1
    assert [(first.operator, first.waited, first.took) for first in figures.answers] == [("qian", 400.0, 10.0)]
    assert [(end.kind, end.since) for end in (*overdue.ends, *silent.ends)] == [
        ("waiting", NOW + 10),
        ("unanswered", NOW + 10),
    ]
    assert answered.ends == ()


@pytest.mark.parametrize("back", [ActionKind.LOSE, ActionKind.TRANSFER])
async def test_who_was_answered_and_put_back_wished_for_nobody_again(record: Storage, back: ActionKind) -> None:
    await wants_a_person(record, LI, NOW + 10)
    await does(record, ActionKind.REPLY, NOW + 40)
    await does(record, back, NOW + 120)
    await does(record, ActionKind.REPLY, NOW + 200, "qian")
    await does(record, ActionKind.GIVE_BACK, NOW + 210, "qian")
    await wants_a_person(record, LI, NOW + 220)

    figures = await record.figures(DAY)
    assert sum(figures.handed) == 2, "the second wish is his own"
    assert [(first.operator, first.waited) for first in figures.answers] == [("zhao", 30.0), ("qian", None)]


async def test_who_is_handed_from_one_to_the_next_unanswered_waits_on(record: Storage) -> None:
    await wants_a_person(record, LI, NOW + 10)
    await does(record, ActionKind.CLAIM, NOW + 40)
    event = action("assign", ActionKind.ASSIGN, "chen")
    assert isinstance(event.body, OperatorAction)
    await record.act(at(replace(event, body=replace(event.body, target="qian", target_name="Qian")), NOW + 50))
    late = await record.loose_ends(NOW + 400, PATIENCE)
    await does(record, ActionKind.REPLY, NOW + 410, "qian")

    figures = await record.figures(DAY)
    assert [(end.kind, end.since, end.operator) for end in late.ends] == [("unanswered", NOW + 10, "Qian")]
    assert [(first.operator, first.waited, first.took) for first in figures.answers] == [("qian", 400.0, 360.0)]
    assert sum(figures.handed) == 1


async def test_who_is_taken_over_unasked_waited_for_nobody(record: Storage) -> None:
    await record.append(message("m1"))
    await handle(record, LI)
    await does(record, ActionKind.REPLY, NOW + 5)

    figures = await record.figures(DAY)

    assert sum(figures.handed) == 0
    assert [(first.waited, first.took) for first in figures.answers] == [(None, 0.0)]


async def test_it_stands_as_the_conversations_do(record: Storage) -> None:
    await wants_a_person(record, LI, NOW + 10)
    await wants_a_person(record, WANG, NOW + 5)
    await does(record, ActionKind.CLAIM, NOW + 20)

    held = await record.standing()
    await does(record, ActionKind.GIVE_BACK, NOW + 30)
    back = await record.standing()

    assert (held.waiting, held.oldest, held.held, held.holding) == (1, NOW + 5, 1, {("zhao", "Zhao"): 1})
    assert (back.waiting, back.held, back.holding) == (1, 0, {})


async def test_messages_are_counted_by_hour_and_by_who_answered(record: Storage) -> None:
    await record.append(message("m1"))
    await handle(record, LI)
    await record.append(at(message("m2"), NOW + HOUR))
    await wants_a_person(record, LI, NOW + HOUR + 1)
    await record.append(at(message("before"), NOW - 1))
    await record.append(at(message("after"), DAY.end))

    figures = await record.figures(DAY)

    assert figures.messages[:3] == (1, 2, 0)
    assert figures.by_bot[:3] == (1, 0, 0)
    assert sum(figures.messages) == 3


async def test_grades_count_where_they_were_given(record: Storage) -> None:
    await record.append(message("m1"))
    rated = CaseEvent(id="r1", ticket_no="T1", kind=CaseEventKind.RATING, at="2027-01-15T08:00:00+08:00", rating="满意")
    urged = replace(rated, id="u1", kind=CaseEventKind.URGE, rating=None)
    await handle(record, LI, to_case_system("r1", rated), to_case_system("u1", urged))
    await handle(record, LI, to_case_system("r1", rated))  # told twice, counted once

    assert (await record.figures(DAY)).ratings == {"满意": 1}
    assert (await record.figures(Span(NOW + HOUR, HOUR, 1))).ratings == {}


async def test_grades_of_operators_service_are_counted_by_themselves(record: Storage) -> None:
    await record.append(message("m1"))
    grades = (ServiceGrade(operator="li", grade="满意"), ServiceGrade(operator="zhao", grade="满意"))
    await handle(record, LI, grades=(*grades, ServiceGrade(operator="li", grade="不满意")))

    figures = await record.figures(DAY)
    assert figures.service == {"满意": 2, "不满意": 1}
    assert figures.ratings == {}


async def test_what_nobody_answered_is_overdue_only_when_its_time_is_up(record: Storage) -> None:
    await record.append(message("m1"))

    early = await record.loose_ends(NOW + 60, PATIENCE)
    late = await record.loose_ends(NOW + 61, PATIENCE)

    assert early.ends == ()
    [end] = late.ends
    assert (end.kind, end.conversation_id, end.since, late.counts) == ("unhandled", LI.key, NOW, {"unhandled": 1})


async def test_who_waits_and_who_wrote_to_an_operator_are_overdue_until_answered(record: Storage) -> None:
    await wants_a_person(record, LI, NOW, "unhappy")
    [waits] = (await record.loose_ends(NOW + 301, PATIENCE)).ends
    await does(record, ActionKind.CLAIM, NOW + 302)
    [claimed] = (await record.loose_ends(NOW + 302, PATIENCE)).ends
    await does(record, ActionKind.REPLY, NOW + 310)
    answered = await record.loose_ends(NOW + 1000, PATIENCE)
    await record.append(at(message("m2"), NOW + 1000))
    await record.append(at(message("m3"), NOW + 1200))
    await handle(record, LI)
    [wrote] = (await record.loose_ends(NOW + 1301, PATIENCE)).ends

    assert (waits.kind, waits.detail, waits.since) == ("waiting", "unhappy", NOW)
    assert (claimed.kind, claimed.since, claimed.operator) == ("unanswered", NOW, "Zhao")
    assert answered.ends == ()
    assert (wrote.kind, wrote.since) == ("unanswered", NOW + 1000)


async def test_a_ticket_is_overdue_from_its_date_until_it_is_settled(record: Storage) -> None:
    await record.append(message("m1"))
    due = Clock(name="办理", due_at="2027-01-15T16:00:00+08:00", promised=True)  # NOW
    late = replace(ticket("T1"), clocks=(due,), status=TicketStatus.ACCEPTED)
    told = StatusUpdate(event_id="e", ticket_no="T2", status=TicketStatus.EXTENDED, at="", promised_date="2027-01-20")
    extended = replace(late, ticket_no="T2", status=TicketStatus.EXTENDED, history=(told,))
    await handle(record, LI, tickets=(late, extended))
    [end] = (await record.loose_ends(NOW + 1, PATIENCE)).ends
    await handle(record, LI, tickets=(replace(late, status=TicketStatus.RESOLVED),))
    settled = await record.loose_ends(NOW + 1, PATIENCE)

    assert (end.kind, end.subject, end.detail, end.since) == ("ticket", "T1", "accepted", NOW)
    assert settled.ends == ()


async def test_deliveries_without_a_good_end_are_listed(record: Storage) -> None:
    await record.append(message("m1"))
    await handle(record, LI, reply("r1"), reply("r2"), reply("r3"), to_case_system("t1", ticket("T1")))
    await record.mark(["r1"], Fate.REFUSED, error="blocked")
    await record.mark(["r2"], Fate.UNKNOWN, error="cut")
    assert await record.sending(["t1"])
    await record.mark(["t1"], Fate.PENDING, error="503", due_at=NOW + 60)

    ends = (await record.loose_ends(NOW + 1, PATIENCE)).ends

    assert {(end.kind, end.subject, end.detail) for end in ends} == {
        ("refused", "reply", "blocked"),
        ("unknown", "reply", "cut"),
        ("retrying", "T1", "503"),
    }


async def test_what_was_put_aside_is_open_until_an_operator_spoke(record: Storage) -> None:
    await record.append(message("m1"))
    loaded = await record.load(LI.key)
    waits = loaded.conversation.waiting("failed", NOW)
    await record.put_aside(["m1"], "broken", Turn(conversation=waits, events=("m1",), outcome=Outcomes.PUT_ASIDE), NOW)
    before = await record.loose_ends(NOW + 1, PATIENCE)
    await does(record, ActionKind.CLAIM, NOW + 2)
    await does(record, ActionKind.REPLY, NOW + 3)
    after = await record.loose_ends(NOW + 4, PATIENCE)

    assert [(end.kind, end.detail) for end in before.ends] == [("put_aside", "broken")]
    assert after.ends == ()


async def test_a_long_list_is_cut_and_counted_in_full(record: Storage) -> None:
    for number in range(5):
        address = replace(LI, user=f"u{number}")
        await record.append(at(message(f"m{number}", address), NOW + number))

    found = await record.loose_ends(NOW + 100, PATIENCE, most=2)

    assert [end.since for end in found.ends] == [NOW, NOW + 1]
    assert found.counts == {"unhandled": 5}


@pytest.mark.parametrize(
    ("waits", "most"),
    [
        ([], (0, 0, 0)),
        ([(5.0, 15.0)], (1, 1, 0)),
        ([(-5.0, None)], (1, 1, 1)),
        ([(1.0, 2.0), (3.0, 4.0)], (1, 0, 0)),
        ([(1.0, 3.0), (2.0, 4.0), (12.0, 99.0)], (2, 1, 1)),
        ([(1.0, 10.0)], (1, 0, 0)),
        ([(-9.0, -1.0), (30.0, 40.0)], (0, 0, 0)),
    ],
)
def test_the_most_that_waited_at_once(waits: list[tuple[float, float | None]], most: tuple[int, ...]) -> None:
    assert busiest(waits, Span(0.0, 10.0, 3)) == most
