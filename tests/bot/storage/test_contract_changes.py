"""What live pages and the desk's lists ask of every record: changes in their order, pages of a list, a search."""

import asyncio
from dataclasses import replace

import pytest

from bot.conversation import Holder
from bot.storage.base import StaleTurn, Storage
from bot.storage.sql import SqlStorage
from bot.turn import Fate
from channels.message import Address, Message, MessageKind
from handoff.desk import ActionKind
from handoff.ticket import Contact
from tests.bot.storage.makers import LI, NOW, WANG, action, handle, message, photo, reply, ticket


async def changed(record: Storage, after: int) -> list[str]:
    """Conversations that changed since."""
    return [change.conversation_id for change in await record.changes(after)]


async def test_every_change_that_the_desk_shows_has_a_number_that_grows(record: Storage) -> None:
    assert await record.latest_change() == 0
    steps = {
        "a message": lambda: record.append(message("m1", attachments=(photo("p1"),), kind=MessageKind.IMAGE)),
        "a turn": lambda: handle(record, LI, reply("r1"), reply("r2")),
        "a sending": lambda: record.sending(["r1"]),
        "a fate": lambda: record.mark(["r1"], Fate.SENT),
        "a slot": lambda: record.claim_slot(LI.key, "m1", len, NOW),
        "a response": lambda: record.slot_sent("m1"),
        "a photo": lambda: record.media_mark("p1", "fetched", key="k1"),
        "a claim": lambda: record.act(action("a1", ActionKind.CLAIM)),
    }

    for name, step in steps.items():
        before = await record.latest_change()
        await step()  # type: ignore[no-untyped-call]  # steps of many kinds
        after = await record.latest_change()
        assert after > before, name
        assert [(c.conversation_id, c.number) for c in await record.changes(before)] == [(LI.key, after)], name


async def test_each_conversation_is_told_by_its_latest_change_in_order(record: Storage) -> None:
    await record.append(message("m1"))
    await record.append(message("m2", WANG))
    between = await record.latest_change()
    await record.append(message("m3"))

    assert await changed(record, 0) == [WANG.key, LI.key]
    assert await changed(record, between) == [LI.key]
    assert await changed(record, await record.latest_change()) == []
    assert [c.conversation_id for c in await record.changes(0, limit=1)] == [WANG.key]


async def test_what_changed_nothing_is_no_change(record: Storage) -> None:
    await record.append(message("m1"))
    old = (await record.load(LI.key)).conversation
    await handle(record, LI)
    number = await record.latest_change()

    assert not await record.append(message("m1"))
    await record.act(action("a1", ActionKind.GIVE_BACK))
    await record.mark(["nobody's"], Fate.SENT)
    await record.slot_sent("nobody's")
    with pytest.raises(StaleTurn):
        await handle(record, LI, conversation=old)
    await record.append(message("m2", WANG))

    assert await changed(record, number) == [WANG.key]


async def test_numbers_of_several_nodes_grow_in_the_order_of_their_commits(sql_url: str) -> None:
    nodes = [SqlStorage(sql_url) for _ in range(3)]
    for node in nodes:
        await node.start()
    seen: list[int] = []
    known: dict[str, int] = {}

    async def write(node: SqlStorage, who: int) -> None:
        for count in range(15):
            shared = Address(channel="web", account="main", user=f"u{count % 4}")
            await node.append(message(f"m{who}-{count}", shared))

    async def read() -> None:
        while True:
            for change in await nodes[0].changes(seen[-1] if seen else 0):
                seen.append(change.number)
                known[change.conversation_id] = change.number
            await asyncio.sleep(0)

    reader = asyncio.create_task(read())
    await asyncio.gather(*(write(node, who) for who, node in enumerate(nodes)))
    last = await nodes[1].latest_change()
    async with asyncio.timeout(10):
        while not seen or seen[-1] < last:  # noqa: ASYNC110  # the promise is that the reader comes there by itself
            await asyncio.sleep(0.01)
    reader.cancel()

    assert seen == sorted(set(seen)), "each told once, in order"
    assert known == {c.conversation_id: c.number for c in await nodes[2].changes(0)}, "none missed"
    for node in nodes:
        await node.stop()


async def test_the_last_lines_come_first_and_the_earlier_ones_upon_asking(record: Storage) -> None:
    for number in range(5):
        await record.append(message(f"m{number}"))

    latest = await record.last_lines(LI.key, 2)
    earlier = await record.last_lines(LI.key, 2, before=latest[0].cursor)

    assert [line.body.id for line in latest] == ["m3", "m4"]
    assert [line.body.id for line in earlier] == ["m1", "m2"]


async def test_a_list_goes_on_behind_its_last_row_also_when_many_spoke_at_one_moment(record: Storage) -> None:
    people = [Address(channel="web", account="main", user=f"u{number}") for number in range(5)]
    for who in people:
        await record.append(message(f"m-{who.user}", who))

    first = await record.conversations(None, 2)
    place = (first[-1].last_at, first[-1].conversation.id)
    rest = await record.conversations(None, 10, behind=place)

    assert [each.conversation.id for each in (*first, *rest)] == [who.key for who in people]
    assert await record.conversations(Holder.OPERATOR, 10, behind=place) == []


async def test_a_conversation_is_found_by_words_name_ticket_and_end_of_a_number(record: Storage) -> None:
    said = message("m1", text="楼下的路灯坏了")
    assert isinstance(said.body, Message)
    await record.append(replace(said, body=replace(said.body, name="李先生")))
    filed = replace(ticket("AS20261109-0007", "路灯不亮"), contact=Contact(name="李明", phone="13900001234"))
    await handle(record, LI, reply("r1"), tickets=(filed,))
    await record.append(message("m2", WANG, text="公交车太挤"))
    await handle(record, WANG)

    async def found(words: str) -> list[str]:
        return [each.conversation.id for each in await record.search(words)]

    for words in ("路灯", "李先生", "李明", "1234", "as20261109-0007", "answer r1"):
        assert await found(words) == [LI.key], words
    assert await found("公交") == [WANG.key]
    assert await found("sent_at") == [], "how a body is written is none of its words"
    assert await found("100%") == []


async def test_who_wants_to_stay_unknown_is_not_found_by_name_or_number(record: Storage) -> None:
    await record.append(message("m1"))
    filed = replace(ticket("AS1"), contact=Contact(name="李明", phone="13900001234"), confidential=True)
    await handle(record, LI, tickets=(filed,))

    assert not await record.search("李明")
    assert not await record.search("1234")
    assert await record.search("AS1")
