"""What every record promises of the door in: events, turns, operators' actions, timeouts."""

import asyncio
from dataclasses import replace

import pytest

from bot.appeal import Appeal
from bot.conversation import Holder, Stage
from bot.storage.base import StaleTurn, Storage
from bot.turn import Fate, Outcomes, Question, Timeout, Turn
from channels.message import Attachment, MessageKind, Pin
from handoff.desk import ActionKind, Outcome
from handoff.ticket import TicketStatus
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
    moment,
    photo,
    reply,
    status,
    ticket,
    to_case_system,
)


async def test_an_event_comes_back_as_it_was_written_down(record: Storage) -> None:
    pin = Pin(latitude=41.1, longitude=122.9, datum="gcj02", label="a square")
    event = message("m1", pin=pin, choice="3", raw={"deep": [1, {"er": None}]}, attachments=(photo("p1"),))

    assert await record.append(event)
    assert (await record.load(LI.key)).events == (replace(event, seq=1),)


async def test_the_same_thing_told_twice_is_one_event(record: Storage) -> None:
    assert await record.append(message("m1"))
    assert not await record.append(message("m1"))

    assert len((await record.load(LI.key)).events) == 1
    assert len(await record.lines(LI.key)) == 1


async def test_broken_letters_lose_that_letter_and_nothing_else(record: Storage) -> None:
    await record.append(message("m1", text="before \ud83d after\x00"))

    body = (await record.lines(LI.key))[0].body
    assert body.text.startswith("before ")
    assert " after" in body.text


async def test_many_appends_at_once_are_all_there_once_and_in_their_own_order(record: Storage) -> None:
    async def citizen(number: int) -> list[bool]:
        address = replace(LI, user=f"citizen-{number}")
        return [await record.append(message(f"{number}-{each % 9}", address)) for each in range(10)]

    answers = await asyncio.gather(*(citizen(number) for number in range(20)))

    assert all(answer == [True] * 9 + [False] for answer in answers)
    for number in range(20):
        loaded = await record.load(f"wechat:main:citizen-{number}")
        assert [event.id for event in loaded.events] == [f"{number}-{each}" for each in range(9)]


async def test_one_bad_event_spoils_none_of_its_neighbours(record: Storage) -> None:
    bad = replace(message("bad"), conversation_id="no address")

    results = await asyncio.gather(
        record.append(message("m1")), record.append(bad), record.append(message("m2")), return_exceptions=True
    )

    assert results[0] is True
    assert isinstance(results[1], ValueError)
    assert results[2] is True


async def test_conversations_with_work_are_ready_the_oldest_first(record: Storage) -> None:
    await record.append(message("w1", WANG))
    await record.append(message("l1", LI))
    await record.append(message("w2", WANG))
    assert list(await record.ready()) == [WANG.key, LI.key]

    await handle(record, WANG)
    assert list(await record.ready()) == [LI.key]


async def test_an_unknown_conversation_is_loaded_as_a_new_one_and_can_be_committed(record: Storage) -> None:
    loaded = await record.load(LI.key)
    assert (loaded.conversation.address, loaded.conversation.version, loaded.events) == (LI, 0, ())

    await handle(record, LI, conversation=replace(loaded.conversation, introduced=True))

    saved = (await record.load(LI.key)).conversation
    assert (saved.introduced, saved.version) == (True, 1)


async def test_a_turn_is_written_whole(record: Storage) -> None:
    await record.append(message("m1"))
    conversation = (await record.load(LI.key)).conversation
    draft = Appeal(said=("no light",), opened_at=NOW)
    await handle(
        record,
        LI,
        reply("r1"),
        to_case_system("t1", ticket("1")),
        conversation=replace(conversation, draft=draft, stage=Stage.WHERE),
        tickets=(ticket("1"),),
        timeouts=(Timeout(name="nudge", due_at=FAR),),
        questions=(Question(text="when?", decision="none"),),
        outcome=Outcomes.TICKET,
    )

    loaded = await record.load(LI.key)
    assert loaded.events == ()
    assert (loaded.conversation.draft, loaded.conversation.stage) == (draft, Stage.WHERE)
    assert loaded.conversation.tickets == (ticket("1"),)
    assert await fates(record) == {"r1": Fate.PENDING, "t1": Fate.PENDING}
    assert [line.fate for line in await record.lines(LI.key)] == [None, Fate.PENDING]
    assert await record.due_timeouts(FAR) == [(LI.key, Timeout(name="nudge", due_at=FAR))]
    assert [asked.text for asked in await record.questions()] == ["when?"]
    assert (await record.audit()).outcomes == {"ticket": 1}


async def test_a_turn_upon_an_older_version_changes_nothing(record: Storage) -> None:
    await record.append(message("m1"))
    turn = await handle(record, LI)
    await record.append(message("m2"))

    with pytest.raises(StaleTurn):
        await record.commit(replace(turn, events=("m2",), deliveries=(reply("r1"),), tickets=(ticket("1"),)), NOW)

    assert [event.id for event in (await record.load(LI.key)).events] == ["m2"]
    assert await fates(record) == {}
    assert await record.find_ticket("1") is None


async def test_a_stale_turn_among_others_fails_alone(record: Storage) -> None:
    await record.append(message("m1"))
    turn = await handle(record, LI)
    await record.append(message("w1", WANG))
    fresh = await record.load(WANG.key)
    other = replace(turn, conversation=fresh.conversation, events=("w1",))

    results = await asyncio.gather(
        record.commit(turn, NOW), record.commit(other, NOW), record.append(message("m2")), return_exceptions=True
    )

    assert isinstance(results[0], StaleTurn)
    assert results[2] is True
    assert (await record.load(WANG.key)).events == ()


async def test_a_delivery_that_is_there_already_is_left_alone(record: Storage) -> None:
    await handle(record, LI, reply("r1"))
    await record.mark(["r1"], Fate.SENT)
    await handle(record, LI, reply("r1"), reply("r2"))

    assert await fates(record) == {"r1": Fate.SENT, "r2": Fate.PENDING}
    assert [line.body.id for line in await record.lines(LI.key)] == ["r1", "r2"]


async def test_a_changed_ticket_keeps_its_place_among_the_others(record: Storage) -> None:
    await handle(record, LI, tickets=(ticket("1"), ticket("2")))
    accepted = replace(ticket("1"), status=TicketStatus.ACCEPTED)
    await handle(record, LI, tickets=(accepted,))

    assert (await record.load(LI.key)).conversation.tickets == (accepted, ticket("2"))
    assert await record.find_ticket("1") == (LI.key, accepted)
    assert await record.find_ticket("3") is None


async def test_tickets_live_in_their_own_table_only(record: Storage) -> None:
    conversation = (await record.load(LI.key)).conversation
    await handle(record, LI, conversation=conversation.with_ticket(ticket("1")))

    assert (await record.load(LI.key)).conversation.tickets == ()


async def test_what_could_not_be_handled_is_put_aside_with_its_error(record: Storage) -> None:
    await record.append(message("m1"))
    await record.append(message("m2"))
    loaded = await record.load(LI.key)
    turn = Turn(conversation=loaded.conversation, events=("m1", "m2"), outcome=Outcomes.TOLD, deliveries=(reply("r"),))
    await record.put_aside(["m2"], "KeyError", turn, NOW)

    audit = await record.audit()
    assert audit.put_aside == (("m2", "KeyError"),)
    assert audit.outcomes == {"told": 1, "put_aside": 1}
    assert await head_ids(record) == ["r"]
    assert (await record.load(LI.key)).events == ()


# timeouts


async def test_a_later_timeout_takes_the_place_of_an_earlier_one(record: Storage) -> None:
    await handle(record, LI, timeouts=(Timeout(name="nudge", due_at=NOW), Timeout(name="close", due_at=NOW + 1)))
    await handle(record, WANG, timeouts=(Timeout(name="nudge", due_at=NOW + 2),))
    await handle(record, LI, timeouts=(Timeout(name="nudge", due_at=FAR, subject="again"),))

    assert [(key, t.name) for key, t in await record.due_timeouts(NOW + 5)] == [(LI.key, "close"), (WANG.key, "nudge")]
    assert (await record.due_timeouts(FAR))[-1] == (LI.key, Timeout(name="nudge", due_at=FAR, subject="again"))


async def test_a_cancelled_timeout_never_comes(record: Storage) -> None:
    nudge = Timeout(name="nudge", due_at=NOW)
    await handle(record, LI, timeouts=(nudge,))
    await handle(record, LI, cancelled=("nudge", "never set"))
    assert await record.due_timeouts(FAR) == []

    await handle(record, LI, cancelled=("nudge",), timeouts=(nudge,))
    assert await record.due_timeouts(FAR) == [(LI.key, nudge)]


async def test_a_timeout_is_gone_with_the_append_of_its_event(record: Storage) -> None:
    nudge = Timeout(name="nudge", due_at=NOW)
    await handle(record, LI, timeouts=(nudge,))

    assert await record.append(moment(nudge))

    assert await record.due_timeouts(FAR) == []
    assert (await record.load(LI.key)).events[0].body == nudge


async def test_an_old_timeout_takes_no_newer_one_of_its_name_away(record: Storage) -> None:
    later = Timeout(name="nudge", due_at=FAR)
    await handle(record, LI, timeouts=(later,))

    await record.append(moment(Timeout(name="nudge", due_at=NOW)))
    await record.drop_timeout(LI.key, "nudge", NOW)
    assert await record.due_timeouts(FAR) == [(LI.key, later)]

    await record.drop_timeout(LI.key, "nudge", FAR)
    assert await record.due_timeouts(FAR) == []


# operators


async def test_of_two_claims_at_once_one_wins(record: Storage) -> None:
    await record.append(message("m1"))

    results = await asyncio.gather(
        *(record.act(action(f"a-{name}", ActionKind.CLAIM, name)) for name in ("zhao", "qian", "sun"))
    )

    assert sorted(result.outcome for result in results) == [Outcome.DONE, Outcome.TAKEN, Outcome.TAKEN]
    conversation = (await record.load(LI.key)).conversation
    assert conversation.holder is Holder.OPERATOR
    assert {result.holder for result in results} == {conversation.operator_name}


async def test_a_claim_makes_the_turn_stale_that_did_not_know_of_it(record: Storage) -> None:
    await record.append(message("m1"))
    loaded = await record.load(LI.key)
    await record.act(action("a1", ActionKind.CLAIM))

    with pytest.raises(StaleTurn):
        await handle(record, LI, reply("r1"), conversation=loaded.conversation)

    again = await record.load(LI.key)
    assert [event.id for event in again.events] == ["m1", "a1"]
    assert again.conversation.version == loaded.conversation.version + 1


async def test_an_action_sent_twice_has_one_effect(record: Storage) -> None:
    await record.append(message("m1"))
    claim = action("a1", ActionKind.CLAIM)
    first, second = await record.act(claim), await record.act(claim)

    assert first == second
    assert first.outcome is Outcome.DONE
    loaded = await record.load(LI.key)
    assert [event.id for event in loaded.events] == ["m1", "a1"]
    assert loaded.conversation.version == 1


async def test_only_what_is_done_is_written_down(record: Storage) -> None:
    await record.append(message("m1"))
    await record.act(action("a1", ActionKind.CLAIM, "zhao"))

    assert (await record.act(action("a2", ActionKind.REPLY, "qian"))).outcome is Outcome.TAKEN
    assert (await record.act(action("a3", ActionKind.GIVE_BACK, "zhao"))).outcome is Outcome.DONE
    assert (await record.act(action("a4", ActionKind.CLOSE, "zhao"))).outcome is Outcome.NOT_HELD
    assert (await record.act(action("a5", ActionKind.CLAIM, address=WANG))).outcome is Outcome.GONE
    assert [event.id for event in (await record.load(LI.key)).events] == ["m1", "a1", "a3"]
    assert await record.ready() == [LI.key]


# what an event leaves behind


async def test_messages_and_replies_make_lines_and_other_events_make_none(record: Storage) -> None:
    await record.append(message("m1"))
    await record.append(message("told", kind=MessageKind.EVENT))
    await record.append(status("s1", "1"))
    await handle(record, LI, reply("r1"), to_case_system("t1", ticket("1")))
    await record.append(message("m2"))

    lines = await record.lines(LI.key)
    assert [line.body.id for line in lines] == ["m1", "r1", "m2"]
    assert [line.cursor for line in lines] == sorted({line.cursor for line in lines})


async def test_lines_go_on_after_a_cursor(record: Storage) -> None:
    for number in range(5):
        await record.append(message(f"m{number}"))
        await record.append(message(f"w{number}", WANG))
    first = await record.lines(LI.key, limit=2)
    rest = await record.lines(LI.key, after=first[-1].cursor)

    assert [line.body.id for line in (*first, *rest)] == [f"m{number}" for number in range(5)]
    assert await record.lines("web:main:nobody") == []


async def test_attachments_to_fetch_become_jobs_and_stored_ones_are_fetched(record: Storage) -> None:
    stored = photo("p2", media_id="", key="abc.jpg")
    elsewhere = Attachment(id="p3", kind=MessageKind.IMAGE, url="https://example.org/p3")
    await record.append(message("m1", attachments=(photo("p1"), stored, elsewhere)))

    jobs = await record.media_due(NOW)
    assert [(job.attachment, job.address, job.fate) for job in jobs] == [(photo("p1"), LI, "pending")]
    kept = await record.media("p2")
    assert kept is not None
    assert (kept.fate, kept.attachment.key) == ("fetched", "abc.jpg")
    assert await record.media("p3") is None


# what citizens write


async def test_every_letter_is_kept_and_a_nul_breaks_nothing(record: Storage) -> None:
    words = "路灯坏了😀🏮𠮷\U0001f468\u200d\U0001f469\u200d\U0001f467 naïve '--; %s :x"
    await record.append(message("m1", text=words))
    await record.append(message("m2", text="with \x00 a NUL"))
    await record.append(message("m3", text="half a letter \ud83d"))
    await handle(record, LI, questions=(Question(text="NUL \x00", decision="none"),))
    await record.set_value("a\x00", "b")

    texts = [line.body.text for line in await record.lines(LI.key)]
    assert texts[0] == words
    assert len(texts) == 3
    assert (await record.conversations(None))[0].last_text.startswith("half a letter")
    assert await record.find_ticket("no\x00such") is None
    assert await record.operator("no\x00body") is None
