"""What every record promises about a citizen's several addresses: linked by a code, his everywhere, parted again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from bot.conversation import Conversation
from bot.discretion import as_listed
from bot.storage.base import StaleTurn, Storage
from bot.storage.sql import SqlStorage
from bot.turn import LinkFacts, LinkKind, LinkStep, Timeout
from channels.message import Address, Reply
from handoff.desk import ActionKind, Outcome
from handoff.ticket import CaseEvent, CaseEventKind
from tests.bot.storage.makers import (
    LI,
    NOW,
    WANG,
    action,
    handle,
    head_ids,
    message,
    reply,
    status,
    ticket,
    to_case_system,
)

ZHOU = Address(channel="telegram", account="main", user="zhou")
SOON = NOW + 600.0
HOUR = 3600.0


async def meet(record: Storage, *addresses: Address) -> None:
    """Citizens who wrote something, and were answered."""
    for address in addresses:
        await record.append(message(f"m-{address.user}", address))
        await handle(record, address)


async def of(record: Storage, address: Address) -> Conversation:
    """The conversation as it stands."""
    return (await record.load(address.key)).conversation


async def take(record: Storage, address: Address, kind: LinkKind, **given: Any) -> None:
    """A turn that does only this."""
    await handle(record, address, link=LinkStep(kind=kind, **given))


async def offer(record: Storage, address: Address, code: str = "482913", until: float = SOON) -> None:
    """A code is given out."""
    await take(record, address, LinkKind.OFFER, code=code, until=until)


async def join(record: Storage, address: Address, other: Address, code: str = "482913") -> None:
    """It is said elsewhere."""
    await take(record, address, LinkKind.JOIN, code=code, other=other.key, person=f"of {address.user}")


async def link(record: Storage, first: Address, second: Address, code: str = "482913") -> None:
    """Both."""
    await offer(record, first, code)
    await join(record, second, first, code)


async def others(record: Storage, address: Address) -> set[str]:
    """What is linked with it."""
    return {each.id for each in (await of(record, address)).linked}


async def due(record: Storage) -> list[tuple[str, str, str]]:
    """Who is to be told what, and on which channel it was done."""
    return [(where, each.name, each.subject) for where, each in await record.due_timeouts(NOW)]


async def submit(record: Storage, address: Address, number: str) -> None:
    """A ticket of this address."""
    made = ticket(number)
    await handle(record, address, to_case_system(f"ticket:{number}", made, address), tickets=(made,))


async def test_a_code_is_good_once_and_only_until_it_runs_out(record: Storage) -> None:
    await meet(record, LI, WANG, ZHOU)
    await offer(record, LI)

    assert (await record.link_facts(WANG.key, "482913", NOW)).offered_by == LI.key
    assert (await record.link_facts(WANG.key, "482914", NOW)) == LinkFacts()
    assert (await record.link_facts(WANG.key, "482913", SOON)) == LinkFacts(), "too late"
    await join(record, WANG, LI)
    assert (await record.link_facts(ZHOU.key, "482913", NOW)) == LinkFacts()
    with pytest.raises(StaleTurn):
        await join(record, ZHOU, LI)


async def test_a_newer_code_takes_the_place_of_the_older_and_no_two_citizens_have_the_same(record: Storage) -> None:
    await meet(record, LI, WANG)
    await offer(record, LI, "111111")
    await offer(record, LI, "222222")

    assert (await record.link_facts(WANG.key, "111111", NOW)).offered_by == ""
    with pytest.raises(StaleTurn):
        await offer(record, WANG, "222222")
    assert (await record.link_facts(WANG.key, "222222", NOW)).offered_by == LI.key


async def test_who_linked_is_one_person_and_the_other_chat_is_to_be_told(record: Storage) -> None:
    await meet(record, LI, WANG, ZHOU)
    await link(record, LI, WANG)

    assert (await others(record, LI), await others(record, WANG)) == ({WANG.key}, {LI.key})
    assert (await of(record, LI)).linked[0].since == NOW
    assert await due(record) == [(LI.key, "linked", "web")]
    assert (await record.link_facts(ZHOU.key, "000000", NOW)).theirs == 1
    await offer(record, WANG)
    assert (await record.link_facts(ZHOU.key, "482913", NOW)).theirs == 2


async def test_two_groups_that_link_become_one(record: Storage) -> None:
    far = Address(channel="telegram", account="main", user="wu")
    await meet(record, LI, WANG, ZHOU, far)
    await link(record, LI, WANG)
    await link(record, ZHOU, far)
    await link(record, WANG, far)

    assert await others(record, LI) == {WANG.key, ZHOU.key, far.key}
    assert await others(record, ZHOU) == {LI.key, WANG.key, far.key}


async def test_who_parts_stands_alone_and_the_others_stay_together(record: Storage) -> None:
    await meet(record, LI, WANG, ZHOU)
    await link(record, LI, WANG)
    await link(record, WANG, ZHOU)
    await take(record, LI, LinkKind.PART)

    assert await others(record, LI) == set()
    assert await others(record, WANG) == {ZHOU.key}
    assert (WANG.key, "parted", "wechat") in await due(record)
    await take(record, WANG, LinkKind.PART)
    assert await others(record, ZHOU) == set(), "nobody is linked with nobody"


async def test_an_operators_parting_is_one_transaction_with_its_line_in_the_audit_log(record: Storage) -> None:
    await meet(record, LI, WANG)
    await link(record, LI, WANG)
    parted = await record.act(action("p1", ActionKind.PART))
    again = await record.act(action("p1", ActionKind.PART))
    late = await record.act(action("p2", ActionKind.PART))

    assert [parted.outcome, again.outcome, late.outcome] == [Outcome.DONE, Outcome.DONE, Outcome.UNLINKED]
    assert await others(record, WANG) == set()
    assert [(who, what, where) for _, who, what, where in await record.notes()] == [("zhao", "part", LI.key)]
    assert (await record.last_lines(LI.key, 1))[0].body == action("p1", ActionKind.PART).body
    assert (WANG.key, "parted", "wechat") in await due(record)


async def test_wrong_codes_are_counted_for_an_hour_at_their_address_and_over_all(record: Storage) -> None:
    await meet(record, LI, WANG)
    for address in (LI, LI, WANG):
        await take(record, address, LinkKind.WRONG)

    facts = await record.link_facts(LI.key, "1", NOW + 1)
    assert (facts.wrong, facts.wrong_anywhere) == (2, 3)
    assert (await record.link_facts(LI.key, "1", NOW + HOUR)) == LinkFacts()


async def test_a_ticket_of_a_linked_address_is_his_and_stays_where_it_was_made(record: Storage) -> None:
    await meet(record, LI, WANG)
    await submit(record, LI, "AS1")
    await link(record, LI, WANG)
    mine = await of(record, WANG)
    asked = mine.ticket("AS1")
    assert asked is not None
    assert [each.ticket_no for each in mine.all_tickets] == ["AS1"]
    assert mine.tickets == ()
    urged = replace(asked, urge_count=1)
    case = CaseEvent(id="AS1:urge:m", ticket_no="AS1", kind=CaseEventKind.URGE, at=asked.accepted_at)
    await handle(
        record,
        WANG,
        to_case_system("AS1:urge:m", case, LI),
        conversation=mine.with_ticket(urged),
        tickets=(urged,),
    )

    assert (await of(record, LI)).tickets == (urged,)
    assert await record.find_ticket("AS1") == (LI.key, urged)
    assert (await of(record, WANG)).linked[0].tickets == (urged,)
    assert await head_ids(record) == ["ticket:AS1"], "behind the ticket itself"


async def test_of_two_turns_that_change_a_ticket_from_two_chats_the_second_is_decided_anew(record: Storage) -> None:
    await meet(record, LI, WANG)
    await submit(record, LI, "AS1")
    await link(record, LI, WANG)
    there, here = await of(record, LI), await of(record, WANG)
    urged = replace(ticket("AS1"), urge_count=1)
    await handle(record, WANG, conversation=here.with_ticket(urged), tickets=(urged,))
    with pytest.raises(StaleTurn):
        await handle(record, LI, conversation=there.with_ticket(ticket("AS1")), tickets=(ticket("AS1"),))

    here = await of(record, WANG)
    await record.append(status("s1", "AS1"))
    await handle(record, LI, tickets=(replace(urged, unit="路灯所"),))
    with pytest.raises(StaleTurn):
        await handle(record, WANG, conversation=here, tickets=(urged,))
    assert (await of(record, LI)).tickets[0].unit == "路灯所"


async def test_a_ticket_is_nobody_elses_once_they_are_parted(record: Storage) -> None:
    await meet(record, LI, WANG)
    await submit(record, LI, "AS1")
    await link(record, LI, WANG)
    before = await of(record, WANG)
    await take(record, LI, LinkKind.PART)

    with pytest.raises(StaleTurn):
        await handle(record, WANG, conversation=before, tickets=(ticket("AS1"),))
    assert (await of(record, WANG)).all_tickets == ()


async def test_a_link_is_a_change_of_both_conversations(record: Storage) -> None:
    await meet(record, LI, WANG)
    await offer(record, LI)
    before = await record.latest_change()
    await join(record, WANG, LI)

    assert {each.conversation_id for each in await record.changes(before)} == {LI.key, WANG.key}


async def test_what_is_told_of_a_link_is_rung_once(record: Storage) -> None:
    await meet(record, LI, WANG)
    await link(record, LI, WANG)
    ((where, timeout),) = await record.due_timeouts(NOW)
    await record.drop_timeout(where, timeout.name, timeout.due_at)

    assert timeout == Timeout(name="linked", due_at=NOW, subject="web")
    assert await record.due_timeouts(NOW) == []


@asynccontextmanager
async def two_nodes(url: str) -> AsyncIterator[tuple[Storage, Storage]]:
    """Two nodes on one PostgreSQL."""
    one, two = SqlStorage(url), SqlStorage(url)
    await one.start()
    await two.start()
    yield one, two
    await one.stop()
    await two.stop()


async def test_of_two_who_say_one_code_at_once_on_two_nodes_one_is_linked(postgres_url: str) -> None:
    async with two_nodes(postgres_url) as (one, two):
        await meet(one, LI, WANG, ZHOU)
        for number in range(10):
            code = f"{number:06d}"
            await offer(one, LI, code)
            ends = await asyncio.gather(join(one, WANG, LI, code), join(two, ZHOU, LI, code), return_exceptions=True)
            linked = await others(one, LI)

            assert sorted(map(type, ends), key=str) == [type(None), StaleTurn]
            assert linked in ({WANG.key}, {ZHOU.key})
            await take(one, LI, LinkKind.PART)


async def test_two_chats_that_change_each_others_tickets_at_once_lose_nothing(postgres_url: str) -> None:
    times = 15

    async def urge_all(record: Storage, address: Address) -> None:
        done = 0
        while done < times:
            mine = await of(record, address)
            urged = tuple(replace(each, urge_count=each.urge_count + 1) for each in mine.all_tickets)
            for each in urged:
                mine = mine.with_ticket(each)
            try:
                await handle(record, address, conversation=mine, tickets=urged)
            except StaleTurn:
                continue
            done += 1

    async with two_nodes(postgres_url) as (one, two):
        await meet(one, LI, WANG)
        await submit(one, LI, "AS1")
        await submit(one, WANG, "AS2")
        await link(one, LI, WANG)
        async with asyncio.timeout(30):
            await asyncio.gather(urge_all(one, LI), urge_all(two, WANG))

        assert [each.urge_count for each in (await of(one, LI)).all_tickets] == [2 * times] * 2
        assert [each.ticket_no for each in (await of(one, WANG)).tickets] == ["AS2"]


async def test_who_is_erased_is_linked_with_nobody_and_the_others_are_told(record: Storage) -> None:
    await meet(record, LI, ZHOU)
    await link(record, LI, ZHOU)
    await take(record, LI, LinkKind.WRONG)

    await record.erase(LI.key, "cli", NOW + 9)

    assert await others(record, ZHOU) == set()
    assert await record.due_timeouts(NOW + 99) == [(ZHOU.key, Timeout(name="parted", due_at=NOW + 9, subject="wechat"))]
    assert (await record.link_facts(LI.key, "482913", NOW)).wrong == 0


async def test_what_was_told_of_another_chat_is_hidden_once_they_are_parted_and_gone_once_it_is_erased(
    record: Storage,
) -> None:
    await meet(record, LI, WANG)
    await handle(
        record, LI, tickets=(replace(ticket("AS20261123-7K3QF8MD"), title="举报人民路饭店", confidential=True),)
    )
    await link(record, LI, WANG)
    listing = "1. 举报人民路饭店（AS20261123-7K3QF8MD）：办理中"
    linked = await of(record, WANG)
    await record.append(message("mine", WANG))
    told = Reply(id="told", address=WANG, text=listing)
    await handle(record, WANG, reply("told", WANG, body=told), conversation=linked.quoting([listing]))
    await take(record, WANG, LinkKind.PART)

    parted = await of(record, WANG)
    assert as_listed(parted, listing) == "1. ******（AS******）：办理中"
    assert [each.conversation.id for each in await record.search("人民路饭店")] in ([], [LI.key])

    await record.erase(LI.key, "cli", NOW + 9)

    lines = await record.last_lines(WANG.key, 20)
    left = [line.body.text for line in lines if isinstance(line.body, Reply)]
    assert left == ["1. 应市民要求已删除（AS20261123-7K3QF8MD）：办理中"]
    assert as_listed(await of(record, WANG), left[0]) == "1. 应市民要求已删除（AS******）：办理中"
    (listed,) = [each for each in await record.conversations(None) if each.conversation.id == WANG.key]
    assert "人民路饭店" not in listed.last_text


@pytest.mark.parametrize(
    "typed", ["AS20261123-7K3QF8MD", "as20261123-7k3qf8md", "AS20261123—7K3QF8MD", "AS202611237K3QF8MD"]
)
async def test_a_number_that_he_typed_where_secrecy_keeps_his_chats_apart_is_in_no_list_and_not_found(
    record: Storage, typed: str
) -> None:
    await meet(record, LI, WANG)
    secret = replace(ticket("AS20261123-7K3QF8MD"), confidential=True)
    await handle(record, LI, tickets=(secret,))
    await link(record, LI, WANG)
    await record.append(message("asked", WANG, text=f"{typed} 到哪了"))

    (listed,) = [each for each in await record.conversations(None) if each.conversation.id == WANG.key]
    assert as_listed(listed.conversation, listed.last_text) == "AS****** 到哪了"
    assert [each.conversation.id for each in await record.search(typed)] in ([], [LI.key])
    assert [each.conversation.id for each in await record.search("到哪了")] == [WANG.key]
