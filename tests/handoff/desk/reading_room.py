"""A knowledge base of a few entries over a record in memory, with its pages served on the loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from bot.agent import Ask
from bot.curation.desk import KnowledgeDesk
from bot.desk.numbers import NumbersDesk
from bot.knowledge_base import KnowledgeBase
from bot.knowledge_watch import KnowledgeWatch
from bot.storage.memory import MemoryStorage
from bot.turn import Event, EventKind, Outcomes, Question, Turn
from channels.message import Address, Message, MessageKind, Reply
from handoff.console.board import Console
from handoff.console.composing import Composing
from handoff.console.curation import Curation
from handoff.console.drafting import DraftPages
from handoff.console.frame import Frame
from handoff.console.live import Live
from handoff.console.numbers import NumbersPages
from handoff.console.people import PeoplePages
from handoff.console.queue import QueuePages
from handoff.console.replies import ReplyPages
from handoff.states import StateTable
from tests.handoff.desk.conftest import Browser, Clock
from tests.handoff.desk.memory_desk import MemoryDesk
from tests.handoff.desk.memory_drafting import MemoryDrafting
from tests.handoff.desk.memory_writing import MemoryWriting

TODAY = date(2026, 11, 26)
CITIZEN = Address(channel="web", account="main", user="u1")
SHARED: list[dict[str, Any]] = [
    {
        "id": "fire",
        "question": "火警电话是多少",
        "variants": ["着火打什么电话"],
        "answer": "火警打119。",
        "source": "消防法",
    },
    {
        "id": "heat-fee",
        "question": "供暖费多少钱",
        "variants": ["暖气费怎么算"],
        "answer": "每平方米〔本市填写：单价〕元。",
    },
    {"id": "old", "question": "疫情期间怎么买口罩", "answer": "到药店预约。", "valid_until": "2023-01-31"},
    {"id": "fund", "question": "公积金怎么提取", "answer": "拨打12329咨询。", "review_by": "2026-01-31"},
]
OWN: list[dict[str, Any]] = [{"id": "bus-card", "question": "公交卡丢了怎么补办", "answer": "带身份证到公交公司。"}]


@dataclass
class Room:
    """The pages and what stands behind them."""

    desk: MemoryDesk
    storage: MemoryStorage
    base: KnowledgeBase
    library: KnowledgeDesk
    clock: Clock
    base_url: str
    media: dict[str, tuple[bytes, str]]
    open_browser: Callable[[], Browser]
    writing: MemoryWriting

    async def asked(self, text: str, decision: str = "none", entry_id: str = "", vote: str = "") -> None:
        """A citizen asked, and this became of it."""
        conversation = (await self.storage.load(CITIZEN.key)).conversation
        if conversation.version == 0:
            message = Message(id="m", address=CITIZEN, kind=MessageKind.TEXT, sent_at=self.clock.now, text=text)
            event = Event(id="m", conversation_id=CITIZEN.key, kind=EventKind.MESSAGE, body=message, at=self.clock.now)
            await self.storage.append(event)
        question = Question(text=text, decision=decision, entry_id=entry_id, vote=vote)
        turn = Turn(conversation=conversation, events=(), outcome=Outcomes.TOLD, questions=(question,))
        await self.storage.commit(turn, self.clock.now)


async def rehearse(text: str, ask: Ask) -> tuple[Reply, ...]:
    """A conversation that says the answer, or nothing of use."""
    best = (await asyncio.to_thread(ask, text, None)).best
    return (Reply(id="r", address=CITIZEN, text=best.answer if best else "没有现成的准确答案"),)


@asynccontextmanager
async def open_room(folder: Path, password_hash: str) -> AsyncIterator[Room]:
    """The room, with liumin who keeps the knowledge base, sunjie who may too, and wangli who may look."""
    media: dict[str, tuple[bytes, str]] = {}

    async def read_media(key: str) -> tuple[bytes, str]:
        return media[key]

    files = [_file(folder / "starter.jsonl", SHARED), _file(folder / "faq.jsonl", OWN)]
    clock, desk, storage = Clock(), MemoryDesk(), MemoryStorage()
    staff = (
        ("liumin", "刘敏", "editor"),
        ("sunjie", "孙杰", "supervisor"),
        ("wangli", "王丽", "operator"),
        ("chenjing", "陈静", "admin"),
    )
    for name, shown, role in staff:
        await storage.save_operator(desk.hire(name, shown, password_hash, role))
    base = KnowledgeBase(files, lambda: TODAY)
    watch = KnowledgeWatch(storage, base)
    library = KnowledgeDesk(
        storage,
        base,
        refresh=watch.refresh,
        rehearse=rehearse,
        today=lambda: TODAY,
        clock=clock,
        districts=("铁东区", "铁西区"),
    )
    frame = Frame(desk, b"a secret of the tests", False, "鞍山 8890", clock=clock)
    app = web.Application()
    writing, drafts = MemoryWriting(media), DraftPages(frame, MemoryDrafting())
    composing = Composing(frame, writing, b"a secret of the tests")
    console = Console(frame, read_media, QueuePages(frame, desk), composing, drafts.beside)
    live = Live(frame)
    numbers = NumbersDesk(storage, states=StateTable.load(), clock=clock)
    curation, people, replies = Curation(frame, library), PeoplePages(frame), ReplyPages(frame, writing)
    pages = (console, live, composing, drafts, curation, NumbersPages(frame, numbers), people, replies)
    app.add_routes([*frame.routes(), *(route for page in pages for route in page.routes())])

    async def stop(_: web.Application) -> None:
        await live.stop()

    app.on_shutdown.append(stop)
    server = TestServer(app)
    await server.start_server()
    sessions: list[ClientSession] = []

    def open_browser() -> Browser:
        sessions.append(ClientSession(cookie_jar=CookieJar(unsafe=True)))
        return Browser(sessions[-1], base_url)

    base_url = f"http://127.0.0.1:{server.port}"
    try:
        yield Room(desk, storage, base, library, clock, base_url, media, open_browser, writing)
    finally:
        for session in sessions:
            await session.close()
        await server.close()


def _file(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path
