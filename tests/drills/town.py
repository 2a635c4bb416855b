"""Fifty citizens, a case system and a node that may be killed: one run of all dialogues, and what it left behind."""

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bot.secret import Secrets
from bot.storage.rules import ASKS_AGAIN
from bot.storage.sql import SqlStorage
from channels.message import Reply
from handoff.ticket import TicketStatus
from tests.drills.citizens import Citizen, Deliveries, DrillTelegram, OnTelegram, OnWeb, OnWeChat, once
from tests.drills.script import Act, Step, count_messages, dialogue, says
from tests.drills.watch import Watch
from tests.fakes.case_system import FakeCaseSystem
from tests.fakes.wechat import WeChatServer
from tests.flows.node import SECRET, Node

CASE_SECRET = "the case system's secret of the drill"
SLOT_SECONDS = 0.1
_TIMES = frozenset(
    {"at", "accepted_at", "opened_at", "last_message_at", "met_at", "waiting_since", "due_at", "sent_at"}
)
_BY_CHANCE = frozenset({"media_id", "url", "key", "provisional"})
"""What names a photo on the platform or on the shelf; no part of what was said."""
_DAY = re.compile(r"(?<=[A-Z]{2})\d{8}(?=-)|\d{4}-\d{2}-\d{2}|(?:\d{4}年)?\d{1,2}月\d{1,2}日")
_QUEUE = re.compile(r"，前面还有 \d+ 位")
"""How many wait at that moment depends on the others."""


@dataclass(slots=True)
class Outcome:
    """What a run left behind, without times."""

    tickets: dict[str, Any] = field(default_factory=dict)
    """In the record."""
    handed_over: dict[str, Any] = field(default_factory=dict)
    """At the case system: tickets and events by idempotency key."""
    conversations: dict[str, Any] = field(default_factory=dict)
    said: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """(id, text) of every message and reply of a conversation, in order."""
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    citizens: dict[str, Citizen] = field(default_factory=dict)
    audit: dict[str, Any] = field(default_factory=dict)
    leaving: Counter[str] = field(default_factory=Counter)
    """Ids of pushed or passive replies that were in flight at a kill, and at how many kills."""
    passive: set[str] = field(default_factory=set)
    """Those that a webhook's response carried, where the node was soon back."""
    kills: int = 0
    seconds: float = 0.0
    messages: int = 0


class Town:
    """One run."""

    def __init__(
        self, folder: Path, *, dialogues: int, messages: int, kills: Sequence[int] = (), deliveries: Deliveries = once
    ) -> None:
        """`kills`: after how many messages the node is killed, each time a moment later."""
        self._deliveries = deliveries
        self._folder = folder
        self._dialogues, self._messages = dialogues, messages
        self._kills = sorted(kills)
        self._chance = random.Random(7)
        self._sent = 0
        self._moved = asyncio.Event()
        self.outcome = Outcome()

    async def run(self) -> Outcome:
        """All dialogues to their end."""
        self._folder.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        async with self._furnished() as citizens:
            await self._node.start()
            async with self._watch.watching():
                killing = asyncio.create_task(self._kill_now_and_then(), name="kills")
                everybody = zip(citizens, range(self._dialogues), strict=True)
                await asyncio.gather(killing, *(self._live(citizen, number) for citizen, number in everybody))
                # Their last word comes when no more kill can: what is unknown is repeated now.
                await asyncio.gather(*(self._say_goodbye(citizen) for citizen in citizens))
            self.outcome.audit = json.loads((await asyncio.to_thread(self._node.run, "audit", "--json")).stdout)
            self._node.stop()
            await self._collect(citizens)
        self.outcome.seconds = time.monotonic() - began
        return self.outcome

    @asynccontextmanager
    async def _furnished(self) -> AsyncIterator[list[Citizen]]:
        async with AsyncExitStack() as stack:
            # More patient than the real server, so that a restart on a busy machine fits between its tries.
            wx = await stack.enter_async_context(WeChatServer(tries=300, pause=0.2, patience=10.0))
            telegram = await stack.enter_async_context(DrillTelegram())
            telegram.deliveries = self._deliveries
            self._case = FakeCaseSystem(CASE_SECRET)
            await self._case.start()
            stack.push_async_callback(self._case.stop)
            # Rules alone, in both runs: just after a kill they answer while the model loads, and more or fewer messages
            # fall into that moment.
            no_model = self._folder / "no-model"
            no_model.mkdir()
            self._node = Node(self._folder, SUDA_MODEL=str(no_model), **self._settings(wx, telegram))
            stack.callback(self._node.kill)
            wx.webhook = f"{self._node.url}/channels/wechat/main"
            telegram.webhook = f"{self._node.url}/channels/telegram/main"
            self._watch = Watch(self._folder / "suda.db")
            citizens = [self._citizen(number, wx, telegram) for number in range(self._dialogues)]
            for page in citizens:
                if isinstance(page, OnWeb):
                    stack.push_async_callback(page.close)
            yield citizens

    def _settings(self, wx: WeChatServer, telegram: DrillTelegram) -> dict[str, str]:
        return {
            "SUDA_SETTLE_QUIET": "0",  # each message is a turn of its own, however busy the machine is
            # Short, so that about half of the answers miss the webhook's response and are pushed.
            "SUDA_SLOT_SECONDS": str(SLOT_SECONDS),
            "SUDA_PUBLIC_URL": "https://suda.invalid",
            "SUDA_WECHAT_APP_ID": wx.seal.app_id,
            "SUDA_WECHAT_APP_SECRET": wx.app_secret,
            "SUDA_WECHAT_TOKEN": wx.seal.token,
            "SUDA_WECHAT_AES_KEY": wx.seal.aes_key,
            "SUDA_WECHAT_API_BASE": wx.api_base,
            "SUDA_TELEGRAM_TOKEN": telegram.token,
            "SUDA_TELEGRAM_MODE": "webhook",
            "SUDA_TELEGRAM_SECRET": telegram.secret,
            "SUDA_TELEGRAM_API_BASE": telegram.api_base,
            "SUDA_CASE_SYSTEM_KIND": "rest",
            "SUDA_CASE_SYSTEM_URL": self._case.url,
            "SUDA_CASE_SYSTEM_SECRET": CASE_SECRET,
        }

    def _citizen(self, number: int, wx: WeChatServer, telegram: DrillTelegram) -> Citizen:
        match number % 10:
            case 0 | 1 | 2 | 3 | 4:
                return OnWeChat(wx, number, self._deliveries)
            case 5 | 6 | 7 | 8:
                return OnWeb(lambda: self._node.url, Secrets.of(SECRET).web, number, self._deliveries)
            case _:
                return OnTelegram(telegram, number)

    async def _live(self, citizen: Citizen, number: int) -> None:
        script = dialogue(number, self._messages - 1)
        assert count_messages(script) == self._messages - 1
        for index, step in enumerate(script, start=1):
            if step.act is Act.TOLD:
                await self._tell(citizen, step, index)
            else:
                await self._does(citizen, step, index)
            await self._watch.at_rest(citizen.conversation_id)

    async def _say_goodbye(self, citizen: Citizen) -> None:
        (step,) = says("谢谢，再见")
        await self._does(citizen, step, 999)
        await self._watch.at_rest(citizen.conversation_id)

    async def _does(self, citizen: Citizen, step: Step, number: int) -> None:
        self._sent += 1
        self._moved.set()
        await citizen.does(step, number)

    async def _tell(self, citizen: Citizen, step: Step, number: int) -> None:
        """The case system works on his latest ticket, and tells until suda has taken it."""
        ticket_no = self._latest_ticket(citizen)
        words = {"unit": step.text} if step.status is TicketStatus.DISPATCHED else {"text": step.text}
        url = f"{self._node.url}/handoff/status"
        while True:
            try:
                if await self._case.tell(url, ticket_no, step.status, event_id=f"step-{number}", **words) == 200:
                    return
            except aiohttp.ClientError:  # suda is away; a case system tries again
                pass
            await asyncio.sleep(0.1)

    def _latest_ticket(self, citizen: Citizen) -> str:
        return self._watch.latest_ticket(citizen.conversation_id)

    async def _kill_now_and_then(self) -> None:
        for after in self._kills:
            while self._sent < after:
                self._moved.clear()
                await self._moved.wait()
            await asyncio.sleep(self._chance.uniform(0, 0.2))
            self._node.kill()
            self.outcome.kills += 1
            passive = self._watch.passive()
            self.outcome.leaving.update(self._watch.leaving())
            killed = time.monotonic()
            await self._node.start()
            if time.monotonic() - killed < ASKS_AGAIN - SLOT_SECONDS - 1:
                self.outcome.passive |= passive

    async def _collect(self, citizens: Sequence[Citizen]) -> None:
        storage = SqlStorage(f"sqlite:///{self._folder}/suda.db")
        await storage.start()
        for citizen in citizens:
            this = citizen.conversation_id
            conversation = (await storage.load(this)).conversation
            lines = [line.body for line in await storage.lines(this, limit=10_000)]
            self.outcome.conversations[this] = timeless(replace(conversation, tickets=()))
            self.outcome.tickets |= {_undated(t.ticket_no): timeless(t) for t in conversation.tickets}
            self.outcome.said[this] = [(_undated(body.id), timeless(body.text)) for body in lines]
            self.outcome.replies[this] = [body for body in lines if isinstance(body, Reply)]
            self.outcome.citizens[this] = citizen
        await storage.stop()
        taken = {**self._case.tickets, **self._case.events}
        self.outcome.handed_over = {_undated(key): timeless(body) for key, body in taken.items()}
        self.outcome.messages = self._sent


def timeless(value: object) -> Any:
    """Plain data without times and dates."""
    return _without(msgspec.to_builtins(value))


def _without(value: Any) -> Any:
    match value:
        case dict():
            return {k: _without(v) for k, v in value.items() if k not in _TIMES and k not in _BY_CHANCE}
        case list() | tuple():
            return [_without(inner) for inner in value]
        case str():
            return _undated(value)
        case _:
            return value


def _undated(text: str) -> str:
    return _QUEUE.sub("", _DAY.sub("DAY", text))
