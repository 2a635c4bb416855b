"""The record in memory and the record in SQL are one thing: whatever is done to both, they show the same."""

import asyncio
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation import Holder
from bot.storage.base import StaleTurn, Storage
from bot.storage.figures import Patience, Span
from bot.storage.memory import MemoryStorage
from bot.storage.sql import SqlStorage
from bot.turn import Destination, Fate, LinkKind, LinkStep, Outcomes, Timeout, Turn
from channels.message import Address, MessageKind
from handoff.desk import ActionKind
from tests.bot.storage.makers import LI, NOW, WANG, action, message, photo, reply, ticket, to_case_system

Step = tuple[str, tuple[Any, ...]]

places = st.sampled_from([LI, LI, LI, WANG])
numbers = st.integers(0, 2)
times = st.sampled_from([NOW, NOW + 5, NOW + 50])
ids = st.lists(st.sampled_from(["li-r0", "li-r0", "li-r1", "li-r2", "wang-r0"]), min_size=1, max_size=3, unique=True)
kinds = st.sampled_from([MessageKind.TEXT, MessageKind.IMAGE, MessageKind.EVENT, MessageKind.UNFOLLOW])

steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("append"), st.tuples(places, numbers, kinds, st.sampled_from([0.0, NOW + 4]))),
    st.tuples(st.just("turn"), st.tuples(places, st.lists(numbers, max_size=3), numbers, times)),
    st.tuples(st.just("stale"), st.tuples(places)),
    st.tuples(st.just("aside"), st.tuples(places)),
    st.tuples(
        st.just("act"), st.tuples(places, numbers, st.sampled_from(ActionKind), st.sampled_from(["zhao", "qian"]))
    ),
    st.tuples(st.just("sending"), st.tuples(ids)),
    st.tuples(st.just("mark"), st.tuples(ids, st.sampled_from(Fate), times, st.sampled_from(["", "503"]))),
    st.tuples(st.just("claim"), st.tuples(places, numbers, st.integers(0, 3))),
    st.tuples(st.just("claim"), st.tuples(st.just(LI), st.integers(0, 1), st.integers(1, 3))),
    st.tuples(st.just("mark"), st.tuples(ids, st.sampled_from([Fate.PENDING, Fate.SENT]), st.just(NOW), st.just(""))),
    st.tuples(st.just("slot_sent"), st.tuples(numbers)),
    st.tuples(st.just("release"), st.tuples(places, times)),
    st.tuples(st.just("recover"), st.tuples(times)),
    st.tuples(st.just("replay"), st.tuples(ids, times)),
    st.tuples(st.just("link"), st.tuples(places, st.sampled_from(LinkKind), st.sampled_from(["11", "22"]), times)),
    st.tuples(st.just("join"), st.tuples(places, st.sampled_from(["11", "22"]))),
    st.tuples(st.just("lent"), st.tuples(places, st.booleans())),
    st.tuples(st.just("media"), st.tuples(numbers, st.sampled_from(["pending", "fetched", "gone"]))),
)

BEGINNING: list[Step] = [
    ("append", (LI, 0, MessageKind.TEXT, NOW + 4)),
    ("turn", (LI, [0, 1], 0, NOW + 5)),
    ("turn", (WANG, [0], 1, NOW)),
    ("link", (WANG, LinkKind.OFFER, "11", NOW + 50)),
]
"""So that every script has something to send from the start."""


@settings(max_examples=25, deadline=None, database=None)
@given(st.lists(steps, min_size=8, max_size=30))
def test_both_records_answer_and_show_the_same(empty_record: Path, script: list[Step]) -> None:
    asyncio.run(play(empty_record, script))


async def play(empty_record: Path, script: list[Step]) -> None:
    """Do the same to both, and compare answers on the way and all that can be read at the end."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(empty_record, f"{folder}/suda.db")
        memory, sql = MemoryStorage(), SqlStorage(f"sqlite:///{folder}/suda.db")
        await sql.start()
        try:
            for step in (*BEGINNING, *script):
                assert await do(memory, step) == await do(sql, step), step
                assert await queue(memory) == await queue(sql), step
            assert await all_of(memory) == await all_of(sql)
        finally:
            await sql.stop()


async def do(record: Storage, step: Step) -> object:
    """One step; its answer."""
    match step:
        case ("append", (address, number, kind, slot)):
            attachments = (photo(f"p{number}"),) if kind is MessageKind.IMAGE else ()
            name = f"{address.user}-m{number}"
            return await record.append(message(name, address, kind=kind, slot_until=slot, attachments=attachments))
        case ("turn", (address, replies, number, due)):
            return await commit(record, await turn(record, address, replies, number, due))
        case ("stale", (address,)):
            made = await turn(record, address, [0], 0, NOW)
            return await commit(record, replace(made, conversation=replace(made.conversation, version=99)))
        case ("aside", (address,)):
            made = await turn(record, address, [], 0, NOW)
            await record.put_aside(made.events[:1], "broken", made, NOW)
        case ("act", (address, number, kind, operator)):
            return await record.act(action(f"{address.user}-a{number}", kind, operator, address))
        case ("link", (address, kind, code, until)):
            step_ = LinkStep(kind=kind, code=code, until=until, other=(WANG if address == LI else LI).key, person=code)
            return await commit(record, replace(await turn(record, address, [], 3, NOW), link=step_))
        case ("join", (address, code)):
            facts = await record.link_facts(address.key, code, NOW)
            if facts.offered_by in ("", address.key):
                return facts
            step_ = LinkStep(kind=LinkKind.JOIN, code=code, other=facts.offered_by, person=code)
            return facts, await commit(record, replace(await turn(record, address, [], 3, NOW), link=step_))
        case ("lent", (address, stale)):
            made = await turn(record, address, [], 3, NOW)
            tickets = tuple(replace(t, urge_count=t.urge_count + 1) for t in made.conversation.all_tickets)
            if stale:
                await record.act(action(f"{address.user}-w", ActionKind.CLAIM, "zhao", WANG))
            return await commit(record, replace(made, tickets=tickets))
        case ("sending", (chosen,)):
            return await record.sending(chosen)
        case ("mark", (chosen, fate, due, error)):
            await record.mark(chosen, fate, error=error, due_at=due)
        case ("claim", (address, number, count)):
            name = f"{address.user}-m{number}"
            return list(await record.claim_slot(address.key, name, lambda found: min(count, len(found)), NOW))
        case ("slot_sent", (number,)):
            await record.slot_sent(f"li-m{number}")
        case ("release", (address, now)):
            await record.release(address.key, now)
        case ("recover", (now,)):
            return await record.recover(now)
        case ("replay", (chosen, now)):
            return [await record.replay(name, now) for name in chosen]
        case ("media", (number, fate)):
            if await record.media(f"p{number}"):
                await record.media_mark(f"p{number}", fate, key=f"key{number}", due_at=NOW)
        case _:
            raise AssertionError(step)
    return None


async def turn(record: Storage, address: Address, replies: list[int], number: int, due: float) -> Turn:
    """A turn upon what waits: some replies, sometimes a ticket, a timeout set or taken back."""
    loaded = await record.load(address.key)
    mine = f"{address.user}-{number}"
    told = tuple(reply(f"{address.user}-r{each}", address, due_at=due) for each in dict.fromkeys(replies))
    sent = (to_case_system(f"{mine}-t", ticket(mine), address),) if number < 2 else ()
    moment = Timeout(name="nudge", due_at=due)
    wanting = loaded.conversation.waiting("asked", due) if number == 2 else loaded.conversation
    return Turn(
        conversation=replace(wanting, not_understood=number),
        events=tuple(event.id for event in loaded.events),
        outcome=Outcomes.TICKET if sent else Outcomes.ANSWER,
        deliveries=(*told, *sent),
        tickets=(ticket(mine),) if number < 3 else (),
        timeouts=(moment,) if number % 2 else (),
        cancelled=() if number % 2 else ("nudge",),
    )


async def commit(record: Storage, made: Turn) -> str:
    """Whether the record took it."""
    try:
        await record.commit(made, NOW)
    except StaleTurn:
        return "stale"
    return "taken"


async def queue(record: Storage) -> object:
    """What the workers see."""
    heads = [await record.heads(now) for now in (NOW, NOW + 100)]
    behind = [await record.behind(head, NOW + 100) for head in heads[1]]
    return await record.ready(), [list(each) for each in (*heads, *behind)], await record.next_due()


async def all_of(record: Storage) -> list[object]:
    """All that can be read."""
    shown: list[object] = [await record.audit(), list(await record.due_timeouts(NOW + 100))]
    shown += [list(await record.conversations(holder)) for holder in (None, *Holder)]
    shown += [await record.standing(), await record.figures(Span(NOW - 60, 60.0, 3))]
    shown += [await record.loose_ends(now, Patience(bot=1, waiting=1, held=1)) for now in (NOW, NOW + 10)]
    shown += [list(await record.deliveries(list(Fate), destination)) for destination in (None, *Destination)]
    shown += [await record.media(f"p{number}") for number in range(6)]
    shown += [list(await record.media_due(NOW + 100))]
    for address in (LI, WANG):
        shown += [await record.link_facts(address.key, code, NOW) for code in ("11", "22")]
        shown += [await record.load(address.key), list(await record.lines(address.key))]
        shown += [await record.owns_media(address.key, f"key{number}") for number in range(6)]
    return shown
