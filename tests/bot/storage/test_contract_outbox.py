"""What every record promises of the door out: order, slots, fates."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.storage.base import Storage
from bot.turn import Delivery, Destination, Fate
from channels.message import MessageKind, Reply, Speaker
from handoff.desk import ActionKind, OperatorAction
from handoff.ticket import CaseEvent, CaseEventKind
from tests.bot.storage.makers import (
    FAR,
    LI,
    NOW,
    WANG,
    action,
    fates,
    handle,
    head_ids,
    message,
    reply,
    ticket,
    to_case_system,
)


def all_fit(replies: Sequence[Reply]) -> int:
    """A response without limits."""
    return len(replies)


async def claim(record: Storage, message_id: str, count: int = 99) -> list[str]:
    """Ids of the replies that the response to a message carries."""
    replies = await record.claim_slot(LI.key, message_id, lambda found: min(count, len(found)), NOW)
    return [each.id for each in replies]


async def one(record: Storage, delivery_id: str) -> Delivery:
    """A delivery as it stands."""
    return next(d for d in await record.deliveries(list(Fate)) if d.id == delivery_id)


# order


async def test_only_the_first_of_each_conversation_and_destination_is_a_head(record: Storage) -> None:
    await handle(record, LI, reply("r1"), to_case_system("t1", ticket("1")), reply("r2"))
    await handle(record, WANG, reply("w1", WANG))

    assert await head_ids(record) == ["r1", "t1", "w1"]
    assert [d.id for d in await record.heads(NOW, limit=1)] == ["r1"]


@pytest.mark.parametrize("fate", [Fate.SENDING, Fate.HELD])
async def test_what_is_held_or_being_sent_holds_back_those_behind_it_and_nothing_else(
    record: Storage, fate: Fate
) -> None:
    await handle(record, LI, reply("r1"), reply("r2"), to_case_system("t1", ticket("1")))
    await record.mark(["r1"], fate)

    assert await head_ids(record) == ["t1"]


async def test_a_postponed_one_holds_back_those_behind_it_until_it_is_due(record: Storage) -> None:
    await handle(record, LI, reply("r1"), reply("r2"))
    await record.mark(["r1"], Fate.PENDING, error="503", due_at=NOW + 30)

    assert await head_ids(record, NOW + 29) == []
    assert await record.next_due() == NOW + 30
    assert await head_ids(record, NOW + 30) == ["r1"]


@pytest.mark.parametrize("fate", [Fate.SENT, Fate.REFUSED, Fate.UNKNOWN])
async def test_what_has_come_to_its_end_lets_the_next_one_go(record: Storage, fate: Fate) -> None:
    await handle(record, LI, reply("r1"), reply("r2"))
    await record.mark(["r1"], fate)

    assert await head_ids(record) == ["r2"]


async def test_next_due_tells_of_nothing_that_is_held_back(record: Storage) -> None:
    assert await record.next_due() is None
    await handle(record, LI, reply("r1"), reply("r2"))
    await record.mark(["r1"], Fate.HELD)
    assert await record.next_due() is None

    await handle(record, WANG, reply("w1", WANG, due_at=FAR))
    assert await record.next_due() == FAR


async def test_behind_a_head_stand_the_due_pending_ones_of_its_own_line(record: Storage) -> None:
    await handle(record, LI, reply("r1"), to_case_system("t1", ticket("1")), reply("r2"), reply("r3"))
    await handle(record, LI, reply("later", due_at=FAR), reply("r5"))
    head = (await record.heads(NOW))[0]

    assert [d.id for d in await record.behind(head, NOW)] == ["r2", "r3"]
    assert [d.id for d in await record.behind(head, FAR)] == ["r2", "r3", "later", "r5"]

    await record.mark(["r3"], Fate.HELD)
    assert [d.id for d in await record.behind(head, FAR)] == ["r2"]


# fates


async def test_sending_is_all_or_nothing_and_counts_the_attempt(record: Storage) -> None:
    await handle(record, LI, reply("r1"), reply("r2"), reply("r3"))

    assert await record.sending(["r1", "r2"])
    assert not await record.sending(["r2", "r3"])
    assert not await record.sending(["nobody"])
    assert await fates(record) == {"r1": Fate.SENDING, "r2": Fate.SENDING, "r3": Fate.PENDING}
    assert [(await one(record, name)).attempts for name in ("r1", "r3")] == [1, 0]


async def test_a_mark_keeps_the_error_and_the_next_moment(record: Storage) -> None:
    await handle(record, LI, reply("r1"))
    await record.mark(["r1"], Fate.PENDING, error="timed out", due_at=FAR)

    found = await one(record, "r1")
    assert (found.error, found.due_at) == ("timed out", FAR)


async def test_deliveries_come_back_as_they_were_and_can_be_asked_for_by_destination(record: Storage) -> None:
    urge = CaseEvent(id="u1", ticket_no="1", kind=CaseEventKind.URGE, at="2027-01-15T08:00:00+08:00", text="hurry")
    given = (reply("r1"), to_case_system("t1", ticket("1")), to_case_system("u1", urge))
    await handle(record, LI, *given)

    found = await record.deliveries([Fate.PENDING])
    assert [replace(d, seq=0) for d in found] == list(given)
    assert [d.id for d in await record.deliveries([Fate.PENDING], Destination.CITIZEN)] == ["r1"]
    assert await record.deliveries([Fate.SENT]) == []


async def test_after_a_crash_what_has_a_key_is_sent_again_and_the_rest_is_unknown(record: Storage) -> None:
    await handle(record, LI, reply("r1"), to_case_system("t1", ticket("1")), reply("r2"))
    await handle(record, WANG, reply("w1", WANG))
    await record.sending(["r1", "t1", "w1"])

    assert await record.recover(NOW + 5) == 1
    expected = {"r1": Fate.UNKNOWN, "t1": Fate.PENDING, "r2": Fate.PENDING, "w1": Fate.PENDING}
    assert await fates(record) == expected
    assert await head_ids(record, NOW + 5) == ["t1", "r2", "w1"]
    assert await record.recover(NOW + 5) == 0


async def test_a_person_can_order_a_refused_or_unknown_one_out_again(record: Storage) -> None:
    await handle(record, LI, reply("r1"), reply("r2"), reply("r3"), to_case_system("t1", ticket("1")))
    await record.mark(["r1", "t1"], Fate.UNKNOWN, error="cut off")
    await record.mark(["r2"], Fate.REFUSED, error="blocked")

    assert [await record.replay(name, NOW + 1) for name in ("r1", "r2", "r3", "t1", "nobody")] == [
        True,
        True,
        False,
        True,
        False,
    ]
    again = await one(record, "r1")
    assert isinstance(again.body, Reply)
    assert (again.fate, again.body.repeated, again.due_at, again.error) == (Fate.PENDING, True, NOW + 1, "")
    refused = (await one(record, "r2")).body
    assert isinstance(refused, Reply)
    assert not refused.repeated
    assert (await one(record, "t1")).fate is Fate.PENDING


# the citizen makes contact again


async def test_contact_reopens_what_was_held_and_marks_what_may_have_arrived(record: Storage) -> None:
    await handle(record, LI, reply("sent"), reply("r1"), reply("r2"), reply("no"), to_case_system("t1", ticket("1")))
    await handle(record, WANG, reply("w1", WANG))
    await record.mark(["sent"], Fate.SENT)
    await record.mark(["r1", "w1"], Fate.HELD)
    await record.mark(["r2", "t1"], Fate.UNKNOWN)
    await record.mark(["no"], Fate.REFUSED)

    await record.append(message("m2"))

    expected = {"sent": Fate.SENT, "r1": Fate.PENDING, "r2": Fate.PENDING, "no": Fate.REFUSED}
    assert await fates(record) == {**expected, "t1": Fate.UNKNOWN, "w1": Fate.HELD}
    repeated = {d.id: d.body.repeated for d in await record.deliveries(list(Fate)) if isinstance(d.body, Reply)}
    assert repeated == {"sent": False, "r1": False, "r2": True, "no": False, "w1": False}
    assert await head_ids(record) == ["r1"]


async def test_what_contact_reopens_waits_for_the_slot(record: Storage) -> None:
    await handle(record, LI, reply("r1"))
    await record.mark(["r1"], Fate.HELD)
    await record.append(message("m2", slot_until=NOW + 4))

    assert await head_ids(record, NOW + 3) == []
    assert await claim(record, "m2") == ["r1"]


async def test_a_message_told_again_reopens_nothing(record: Storage) -> None:
    await record.append(message("m1"))
    await handle(record, LI, reply("r1"))
    await record.mark(["r1"], Fate.HELD)
    await record.append(message("m1"))

    assert await fates(record) == {"r1": Fate.HELD}


@pytest.mark.parametrize("kind", [MessageKind.EVENT, MessageKind.UNFOLLOW])
async def test_a_platform_report_or_a_farewell_is_no_contact(record: Storage, kind: MessageKind) -> None:
    await handle(record, LI, reply("r1"))
    await record.mark(["r1"], Fate.HELD)
    await record.append(message("m2", kind=kind))

    assert await fates(record) == {"r1": Fate.HELD}


async def test_a_marked_reply_is_marked_in_the_thread_too(record: Storage) -> None:
    await handle(record, LI, reply("r1"))
    await record.mark(["r1"], Fate.UNKNOWN)
    await record.append(message("m2"))

    line = (await record.lines(LI.key))[0]
    assert isinstance(line.body, Reply)
    assert (line.body.repeated, line.fate) == (True, Fate.PENDING)


# the passive slot


async def test_a_slot_takes_the_pending_replies_in_order_whatever_their_due_time(record: Storage) -> None:
    await handle(record, LI, reply("r1", due_at=FAR), to_case_system("t1", ticket("1")), reply("r2"), reply("r3"))

    assert await claim(record, "m1", count=2) == ["r1", "r2"]
    assert await fates(record) == {
        "r1": Fate.SENDING,
        "t1": Fate.PENDING,
        "r2": Fate.SENDING,
        "r3": Fate.PENDING,
    }
    assert await head_ids(record) == ["t1"]


async def test_a_response_that_went_out_has_sent_what_it_carried(record: Storage) -> None:
    await handle(record, LI, reply("r1"), reply("r2"))
    await claim(record, "m1", count=1)
    await record.slot_sent("m1")

    assert await fates(record) == {"r1": Fate.SENT, "r2": Fate.PENDING}


async def test_a_message_delivered_again_gets_the_same_replies(record: Storage) -> None:
    await handle(record, LI, reply("r1"))
    first = await record.claim_slot(LI.key, "m1", all_fit, NOW)
    assert list(await record.claim_slot(LI.key, "m1", all_fit, NOW)) == list(first)

    await record.slot_sent("m1")
    await handle(record, LI, reply("r2"))
    assert await claim(record, "m1") == ["r1"]
    assert (await fates(record))["r2"] is Fate.PENDING


async def test_after_a_crash_a_message_delivered_again_gets_what_is_unknown(record: Storage) -> None:
    await handle(record, LI, reply("r1"))
    await claim(record, "m1")
    await record.recover(NOW)

    assert await claim(record, "m1") == ["r1"]
    await record.slot_sent("m1")
    assert await fates(record) == {"r1": Fate.SENT}


async def test_after_a_crash_a_response_is_not_doubled_while_the_platform_would_ask_again(record: Storage) -> None:
    await record.append(message("m1"))
    await handle(record, LI, reply("r1"))
    await claim(record, "m1")

    assert await record.recover(NOW + 2) == 0
    assert await fates(record) == {"r1": Fate.SENT}
    assert await claim(record, "m1") == ["r1"], "asked again, it gets what the slot holds"
    await record.append(message("m2"))
    assert await head_ids(record, NOW + 9) == []


async def test_after_a_crash_too_long_for_the_platform_to_ask_again_a_response_is_unknown(record: Storage) -> None:
    await record.append(message("m1"))
    await handle(record, LI, reply("r1"))
    await claim(record, "m1")

    assert await record.recover(NOW + 60) == 1
    assert await fates(record) == {"r1": Fate.UNKNOWN}


@pytest.mark.parametrize("kind", [ActionKind.CLAIM, ActionKind.REPLY, ActionKind.ASSIGN])
async def test_what_the_bot_said_before_a_person_took_it_and_has_not_left_is_marked(
    record: Storage, kind: ActionKind
) -> None:
    by_system = replace(reply("s1").body, speaker=Speaker.SYSTEM)  # type: ignore[arg-type]  # it is one
    await record.append(message("m1"))
    await handle(record, LI, *map(reply, ("gone", "lost", "leaving", "held", "waits")), reply("s1", body=by_system))
    await handle(record, WANG, reply("w1", WANG))
    await record.mark(["gone"], Fate.SENT)
    await record.mark(["lost"], Fate.UNKNOWN)
    await record.sending(["leaving"])
    await record.mark(["held"], Fate.HELD)
    event = action("a1", kind, text="您好")
    assert isinstance(event.body, OperatorAction)
    await record.act(replace(event, body=replace(event.body, target="qian", target_name="Qian")))
    await handle(record, LI, reply("later"))
    await record.act(action("a2", ActionKind.REPLY, "qian" if kind is ActionKind.ASSIGN else "zhao", text="在"))

    known = {d.id: d for d in await record.deliveries(list(Fate))}
    marked = {name for name, d in known.items() if isinstance(d.body, Reply) and d.body.belated}
    assert marked == {"lost", "leaving", "held", "waits"}
    assert known["leaving"].fate is Fate.SENDING
    await record.append(message("m2"))
    (again,) = [d.body for d in await record.deliveries([Fate.PENDING]) if d.id == "lost"]
    assert isinstance(again, Reply)
    assert again.marks == "（可能重复）（智能助手稍早的答复）"


async def test_nothing_is_claimed_while_another_reply_is_being_sent(record: Storage) -> None:
    await handle(record, LI, reply("r1"), reply("r2"))
    await record.sending(["r1"])
    assert await claim(record, "m1") == []

    await record.mark(["r1"], Fate.SENT)
    assert await claim(record, "m1") == ["r2"]
    await handle(record, LI, reply("r3"))
    assert await claim(record, "m2") == []


async def test_a_slot_takes_nothing_past_one_that_is_held(record: Storage) -> None:
    await handle(record, LI, reply("r1"), reply("r2"), reply("r3"))
    await record.mark(["r2"], Fate.HELD)

    assert await claim(record, "m1") == ["r1"]


async def test_an_empty_slot_asks_for_no_fit(record: Storage) -> None:
    def never(replies: Sequence[Reply]) -> int:
        raise AssertionError("nothing to fit")

    assert list(await record.claim_slot(LI.key, "m1", never, NOW)) == []
    await handle(record, LI, reply("r1"))
    assert await claim(record, "m1", count=0) == []
    assert await fates(record) == {"r1": Fate.PENDING}


async def test_what_was_unknown_in_a_slot_leaves_it_when_it_goes_out_anew(record: Storage) -> None:
    await handle(record, LI, reply("r1"))
    await claim(record, "m1")
    await record.recover(NOW)
    await record.append(message("m2", slot_until=NOW + 4))

    assert await claim(record, "m2") == ["r1"]
    assert await claim(record, "m1") == []


async def test_a_postponed_one_leaves_its_slot(record: Storage) -> None:
    await handle(record, LI, reply("r1"))
    await claim(record, "m1")
    await record.mark(["r1"], Fate.PENDING, due_at=NOW)
    await record.sending(["r1"])
    await record.mark(["r1"], Fate.SENT)

    assert await claim(record, "m1") == []


async def test_a_missed_slot_lets_go_what_waited_for_it_and_not_what_failed(record: Storage) -> None:
    await handle(record, LI, reply("failed"), reply("waits", due_at=FAR))
    await handle(record, WANG, reply("w1", WANG, due_at=FAR))
    await record.mark(["failed"], Fate.PENDING, error="busy", due_at=FAR)
    await record.release(LI.key, NOW)
    await record.release("web:main:nobody", NOW)

    due = {d.id: d.due_at for d in await record.deliveries([Fate.PENDING])}
    assert due == {"failed": FAR, "waits": NOW, "w1": FAR}
