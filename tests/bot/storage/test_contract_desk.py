"""What every record promises the desk: places in line, passing on, notes among colleagues, operators who are gone."""

from dataclasses import replace

import pytest

from bot.conversation import Conversation, Holder, Rank
from bot.storage.base import Storage
from bot.storage.rules import OPERATOR_LIFE
from bot.turn import Event
from channels.message import Address, Message, Reply
from handoff.desk import ActionKind, OperatorAction, Outcome
from tests.bot.storage.makers import LI, NOW, WANG, action, handle, message, reply

ZHOU = Address(channel="telegram", account="main", user="zhou")


async def wait_in_line(record: Storage, address: Address, since: float) -> None:
    """A citizen asks for a person."""
    await record.append(message(f"m-{address.user}", address))
    conversation = (await record.load(address.key)).conversation
    await handle(record, address, conversation=conversation.waiting("asked", since))


async def line(record: Storage) -> list[str]:
    """Who waits, in order."""
    return [held.conversation.address.user for held in await record.conversations(Holder.WAITING)]


async def held(record: Storage, address: Address = LI) -> Conversation:
    """The conversation as it stands."""
    return (await record.load(address.key)).conversation


def given(name: str, kind: ActionKind, operator: str = "zhao", address: Address = LI, **more: str) -> Event:
    """An act that says to whom."""
    event = action(name, kind, operator, address)
    assert isinstance(event.body, OperatorAction)
    return replace(event, body=replace(event.body, **more))  # type: ignore[arg-type] # words only


def lost(name: str, operator: str, at: float, address: Address = LI) -> Event:
    """Nothing was heard of him."""
    event = action(name, ActionKind.LOSE, operator, address)
    assert isinstance(event.body, OperatorAction)
    return replace(event, body=replace(event.body, at=at), at=at)


async def test_everyone_in_line_has_a_place_and_newcomers_come_behind(record: Storage) -> None:
    for address, since in ((LI, NOW + 2), (WANG, NOW + 1), (ZHOU, NOW + 3)):
        await wait_in_line(record, address, since)

    assert await line(record) == ["wang", "li", "zhou"]
    assert [await record.ahead(address.key) for address in (WANG, LI, ZHOU)] == [0, 1, 2]
    assert await record.ahead("web:main:nobody") == 3
    await record.act(action("a1", ActionKind.CLAIM, address=WANG))
    assert await record.ahead(LI.key) == 0, "as it is now"
    assert await record.ahead(WANG.key) == 2


async def test_a_place_in_line_counts_those_of_the_same_group_and_those_put_first(record: Storage) -> None:
    for address, since in ((LI, NOW), (WANG, NOW + 1), (ZHOU, NOW + 2)):
        await wait_in_line(record, address, since)
        await record.act(given(f"c-{address.user}", ActionKind.CLAIM, address=address))
    await record.act(given("t1", ActionKind.TRANSFER, address=LI, group="社保组"))
    await record.act(given("t2", ActionKind.TRANSFER, address=WANG, group="社保组"))
    await record.act(given("t3", ActionKind.TRANSFER, address=ZHOU))
    newcomer = Address(channel="web", account="main", user="new")
    await wait_in_line(record, newcomer, NOW - 5)

    assert [await record.ahead(address.key) for address in (WANG, LI)] == [0, 1], "those of their group"
    assert await record.ahead(ZHOU.key) == 0
    assert await record.ahead(newcomer.key) == 1, "who was passed on comes before him though he waits longer"
    assert await record.ahead("web:main:nobody") == 2
    assert await record.queue_lengths() == {"社保组": 2, "": 2}
    of_group = await record.conversations(Holder.WAITING, group="社保组")
    assert [each.conversation.id for each in of_group] == [WANG.key, LI.key]
    assert [each.conversation.id for each in await record.conversations(Holder.WAITING, limit=1, group="")] == [
        ZHOU.key
    ]


async def test_who_lost_his_operator_is_first_and_who_was_passed_on_comes_next(record: Storage) -> None:
    for address, since in ((LI, NOW), (WANG, NOW), (ZHOU, NOW - 900)):
        await wait_in_line(record, address, since)
    await record.act(action("a1", ActionKind.CLAIM))
    await record.act(action("a2", ActionKind.CLAIM, address=WANG))
    await record.act(given("a3", ActionKind.TRANSFER, address=WANG, group="社保组", note="看看"))
    result = await record.act(lost("a4", "zhao", NOW + 120))

    assert result.outcome is Outcome.DONE
    assert await line(record) == ["li", "wang", "zhou"]
    first, second = await held(record), await held(record, WANG)
    assert (first.waiting_reason, first.rank, first.operator) == ("lost_operator", Rank.LOST, "")
    assert (second.waiting_reason, second.group) == ("transferred", "社保组")


async def test_what_is_passed_on_has_its_new_holder_in_the_same_moment(record: Storage) -> None:
    await wait_in_line(record, LI, NOW)
    await record.act(action("a1", ActionKind.CLAIM))
    passed = await record.act(given("a2", ActionKind.TRANSFER, target="qian", target_name="Qian"))

    assert (passed.outcome, passed.holder) == (Outcome.DONE, "Qian")
    refused = await record.act(action("a3", ActionKind.REPLY, "zhao"))
    assert (refused.outcome, refused.holder) == (Outcome.TAKEN, "Qian")
    assigned = await record.act(given("a4", ActionKind.ASSIGN, "chen", target="sun", target_name="Sun"))
    assert assigned.outcome is Outcome.DONE
    assert (await held(record)).operator == "sun"
    assert (await record.act(given("a5", ActionKind.TRANSFER, "qian", group="x"))).outcome is Outcome.TAKEN


async def test_who_waits_and_is_meant_for_one_who_is_not_there_keeps_his_place_and_his_reason(record: Storage) -> None:
    await wait_in_line(record, LI, NOW)
    await wait_in_line(record, WANG, NOW + 1)
    before = await held(record)
    put_back = given("a1", ActionKind.ASSIGN, "chen", target="qian", target_name="Qian")
    assert isinstance(put_back.body, OperatorAction)

    await record.act(replace(put_back, body=replace(put_back.body, later=True, at=NOW + 60)))

    after = await held(record)
    assert after.meant_for == "qian"
    assert (after.waiting_reason, after.waiting_since, after.rank) == (
        before.waiting_reason,
        before.waiting_since,
        before.rank,
    )
    assert await line(record) == ["li", "wang"]


@pytest.mark.parametrize("kind", [ActionKind.TRANSFER, ActionKind.ASSIGN])
async def test_what_is_meant_for_one_who_is_not_there_waits_for_him_and_is_anybodys(
    record: Storage, kind: ActionKind
) -> None:
    for address in (LI, WANG):
        await wait_in_line(record, address, NOW)
    await record.act(action("a1", ActionKind.CLAIM))
    by = "zhao" if kind is ActionKind.TRANSFER else "chen"
    put_back = given("a2", kind, by, target="qian", target_name="Qian")
    assert isinstance(put_back.body, OperatorAction)
    result = await record.act(replace(put_back, body=replace(put_back.body, later=True)))

    assert (result.outcome, result.holder) == (Outcome.DONE, "")
    waits = await held(record)
    assert (waits.holder, waits.operator, waits.meant_for_name) == (Holder.WAITING, "", "Qian")
    assert await line(record) == ["li", "wang"], "he waited for his turn already"
    assert (waits.taken_from, waits.taken_by) == (("", "") if by == "zhao" else ("zhao", "Chen"))
    assert (await record.act(action("a3", ActionKind.CLAIM, "sun"))).outcome is Outcome.DONE
    assert (await held(record)).meant_for == ""


async def test_who_leaves_puts_it_back_once_and_first_in_line(record: Storage) -> None:
    for address, since in ((LI, NOW), (WANG, NOW - 900)):
        await wait_in_line(record, address, since)
    await record.act(action("a1", ActionKind.CLAIM))
    assert (await record.act(given("l0", ActionKind.LEAVE, "qian"))).outcome is Outcome.TAKEN
    results = [await record.act(given("l1", ActionKind.LEAVE)) for _ in range(2)]

    assert [result.outcome for result in results] == [Outcome.DONE, Outcome.DONE]
    assert await line(record) == ["li", "wang"]
    assert ((await held(record)).waiting_reason, (await held(record)).taken_from) == ("operator_left", "")
    notes = [each.body.kind for each in await record.lines(LI.key) if isinstance(each.body, OperatorAction)]
    assert notes == [ActionKind.LEAVE]
    assert (await record.act(given("l2", ActionKind.LEAVE))).outcome is Outcome.NOT_HELD


async def test_from_whom_it_was_taken_is_known_until_he_has_it_again_or_it_is_passed_on(record: Storage) -> None:
    async def after(name: str, kind: ActionKind, by: str, to: str = "") -> tuple[str, str]:
        await record.act(given(name, kind, by, target=to, target_name=to.capitalize()))
        conversation = await held(record)
        return conversation.taken_from, conversation.taken_by

    await wait_in_line(record, LI, NOW)
    assert await after("a1", ActionKind.CLAIM, "zhao") == ("", "")
    assert await after("a2", ActionKind.ASSIGN, "chen", "chen") == ("zhao", "Chen")
    assert await after("a3", ActionKind.ASSIGN, "chen", "zhao") == ("", "Chen")
    assert await after("a4", ActionKind.ASSIGN, "chen", "chen") == ("zhao", "Chen")
    assert await after("a5", ActionKind.TRANSFER, "chen", "sun") == ("", "Chen")
    await record.act(lost("a6", "sun", NOW + 900))
    assert ((await held(record)).taken_from, (await held(record)).taken_by) == ("sun", "")
    assert await after("a7", ActionKind.CLAIM, "zhao") == ("sun", "")
    assert await after("a8", ActionKind.GIVE_BACK, "zhao") == ("", "")


@pytest.mark.parametrize("waits", [True, False])
async def test_the_first_word_takes_a_conversation_in_the_same_moment_and_says_so(record: Storage, waits: bool) -> None:
    if waits:
        await wait_in_line(record, LI, NOW)
    else:
        await record.append(message("m1", LI))
        await handle(record, LI)
    for number in (1, 2):
        assert (await record.act(action(f"a{number}", ActionKind.REPLY))).outcome is Outcome.DONE

    acts = [event.body for event in (await record.load(LI.key)).events]
    assert [body.takes for body in acts if isinstance(body, OperatorAction)] == [True, False]
    assert (await held(record)).operator == "zhao"
    assert (await record.act(action("a3", ActionKind.REPLY, "qian"))).outcome is Outcome.TAKEN
    assert [note[2] for note in reversed(await record.notes())] == ["claim", "reply", "reply"]


async def test_what_colleagues_write_is_a_line_for_them_and_for_nobody_else(record: Storage) -> None:
    await wait_in_line(record, LI, NOW)
    await record.act(given("w1", ActionKind.WHISPER, "chen", note="先安抚"))
    await record.act(action("a1", ActionKind.CLAIM))
    await record.act(given("a2", ActionKind.TRANSFER, note="要查社保", group="社保组"))
    await record.append(message("m9"))
    await handle(record, LI, reply("r1"))

    seen = [each.body for each in await record.lines(LI.key)]
    assert [type(body) for body in seen] == [Message, OperatorAction, OperatorAction, Message, Reply]
    assert [body.note for body in seen if isinstance(body, OperatorAction)] == ["先安抚", "要查社保"]
    shown = await record.lines(LI.key, limit=3, notes=False)
    assert [each.body.id for each in shown] == ["m-li", "m9", "r1"], "a page full of notes hides no words"
    assert [each.id for each in await record.heads(NOW)] == ["r1"], "nothing of it is on its way to anybody"
    assert (await record.conversations(None))[0].last_text == "words of m9"


async def test_a_whisper_leaves_the_holder_as_he_is(record: Storage) -> None:
    await wait_in_line(record, LI, NOW)
    await record.act(action("a1", ActionKind.CLAIM))
    await record.act(given("w1", ActionKind.WHISPER, "chen", note="先安抚"))

    assert (await held(record)).operator == "zhao"


async def test_what_is_given_to_one_who_is_gone_is_held_by_nobody_no_longer_than_his_silence_lasts(
    record: Storage,
) -> None:
    await wait_in_line(record, LI, NOW)
    await record.seen("zhao", NOW - OPERATOR_LIFE - 1)
    await record.act(action("a1", ActionKind.CLAIM))
    assert [each.operator for each in await record.absent(NOW - OPERATOR_LIFE)] == ["zhao"]

    await record.unseen("zhao")
    await record.unseen("nobody")
    assert await record.present(0) == []
    assert not await record.absent(NOW - OPERATOR_LIFE), "of him nothing is known"
    assert await record.absent(NOW + 1)


async def test_who_was_heard_of_keeps_what_he_holds_and_who_was_not_has_lost_it_once(record: Storage) -> None:
    for address in (LI, WANG):
        await wait_in_line(record, address, NOW)
    await record.act(action("a1", ActionKind.CLAIM, "zhao"))
    await record.act(action("a2", ActionKind.CLAIM, "qian", WANG))
    later = NOW + 100
    await record.seen("zhao", NOW + 10)
    await record.seen("zhao", later)

    assert await record.present(later - OPERATOR_LIFE) == ["zhao"]
    assert [each.operator for each in await record.absent(later - OPERATOR_LIFE)] == ["qian"]
    assert not await record.absent(NOW), "who took it just now has the time to show himself"
    assert (await record.act(lost("l1", "zhao", later))).outcome is Outcome.NOT_HELD
    assert (await record.act(lost("l2", "qian", later, WANG))).outcome is Outcome.DONE
    again = await record.load(WANG.key)
    assert (await record.act(lost("l2", "qian", later, WANG))).outcome is Outcome.DONE
    assert await record.load(WANG.key) == again
    assert (await record.act(lost("l3", "qian", later, WANG))).outcome is Outcome.NOT_HELD
