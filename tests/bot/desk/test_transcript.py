"""Long conversations: pages of the thread meet without a gap, and the gate reads all that was said of the matter."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.appeal import Appeal
from bot.bus.local import LocalBus
from bot.conversation import Conversation
from bot.desk.change_feed import ChangeFeed
from bot.desk.typing import Typing
from bot.desk.writing import WritingDesk
from bot.inbox import Inbox
from bot.media import MediaShelf
from bot.operator_desk import OperatorDesk
from bot.storage.memory import MemoryStorage
from channels.message import Address, Message
from handoff.desk import Thread
from handoff.states import StateTable
from handoff.writing import Doubt, Window
from tests.bot.dialogue.harness import mind, questions
from tests.bot.storage.makers import LI, NOW, handle, message

PAGE = 200


@pytest.fixture
async def record() -> AsyncIterator[MemoryStorage]:
    storage = MemoryStorage()
    await storage.start()
    yield storage
    await storage.stop()


@pytest.fixture
def desk(record: MemoryStorage) -> OperatorDesk:
    bus = LocalBus()
    inbox = Inbox(record, bus, clock=lambda: NOW, count_message=lambda _channel: None)
    changes = ChangeFeed(record, bus.changes).follow
    return OperatorDesk(record, inbox, states=StateTable.load(), clock=lambda: NOW, changes=changes)


@pytest.fixture
def writing(record: MemoryStorage, tmp_path: Path) -> WritingDesk:
    async def nothing(*_: object) -> None:
        return None

    async def window(_: Address) -> Window | None:
        return None

    return WritingDesk(
        record,
        questions("anshan"),
        MediaShelf(tmp_path),
        Typing(LocalBus(), clock=lambda: NOW, show=nothing, push=nothing),
        read=mind("anshan").interpreter.parse,
        window=window,
        today=lambda: date(2027, 1, 15),
        hotline="12345",
    )


async def says(record: MemoryStorage, *words: str, at: float = NOW) -> None:
    """The citizen says these one after another."""
    for number, text in enumerate(words):
        name = f"m{len(await record.lines(LI.key, limit=10_000))}"
        event = message(name)
        assert isinstance(event.body, Message)
        await record.append(replace(event, body=replace(event.body, text=text), at=at + number))


async def shown(desk: OperatorDesk, before: int | None = None) -> Thread:
    """The conversation, or the page of it before a cursor."""
    thread = await desk.thread(LI.key, before)
    assert thread
    return thread


@pytest.mark.parametrize(("said", "pages"), [(1, [1]), (199, [199]), (200, [200]), (201, [200, 1]), (400, [200, 200])])
async def test_pages_of_a_thread_meet_without_a_gap_or_an_empty_one(
    record: MemoryStorage, desk: OperatorDesk, said: int, pages: list[int]
) -> None:
    await says(record, *[f"第 {number} 句" for number in range(said)])

    found, before = [], None
    while True:
        thread = await shown(desk, before)
        found.append([line.text for line in thread.lines])
        if not thread.earlier:
            break
        before = thread.lines[0].cursor
    assert [len(page) for page in found] == pages
    assert [text for page in reversed(found) for text in page] == [f"第 {number} 句" for number in range(said)]


async def test_before_the_first_line_there_is_nothing_and_beyond_the_last_the_end(
    record: MemoryStorage, desk: OperatorDesk
) -> None:
    await says(record, "一", "二", "三")
    first, _, last = (await shown(desk)).lines

    nothing = await shown(desk, first.cursor)
    assert (nothing.lines, nothing.earlier) == ((), False)
    assert [line.text for line in (await shown(desk, last.cursor)).lines] == ["一", "二"]
    assert [line.text for line in (await shown(desk, last.cursor + 999)).lines] == ["一", "二", "三"]
    assert (await shown(desk, 0)).lines == ()


async def asks(record: MemoryStorage, opened_at: float) -> None:
    """A draft that is called a question."""
    conversation: Conversation = (await record.load(LI.key)).conversation
    draft = Appeal(key="k", said=("医保怎么办",), appeal_type="咨询", opened_at=opened_at)
    await handle(record, LI, conversation=replace(conversation, draft=draft))


async def doubts(writing: WritingDesk) -> list[Doubt]:
    """What the gate says to a harmless reply."""
    return [warning.doubt for warning in await writing.warnings(LI.key, "您好，正在核实。")]


async def test_a_complaint_behind_many_lines_is_heard(record: MemoryStorage, writing: WritingDesk) -> None:
    await says(record, *["嗯"] * 700, "我要投诉你们")
    await asks(record, NOW)

    assert await doubts(writing) == [Doubt.RETYPED]


async def test_a_complaint_before_many_lines_is_heard(record: MemoryStorage, writing: WritingDesk) -> None:
    await says(record, "我要投诉你们", *["嗯"] * 1200)
    await asks(record, NOW + 60)

    assert await doubts(writing) == [Doubt.RETYPED]


async def test_a_complaint_of_another_matter_long_ago_is_none(record: MemoryStorage, writing: WritingDesk) -> None:
    await says(record, "我要投诉你们", at=NOW - 90 * 86400)
    await says(record, "医保怎么办")
    await asks(record, NOW)

    assert await doubts(writing) == []
