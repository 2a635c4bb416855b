"""A service in one loop whose clock, commits and channels stand still until they are told to go on.

Everything is the real thing over a real record: inbox, worker, outbox, dialogue, the look for lost operators. Only what
lies outside is made here: the channel that may be away, and the gate before each commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, TypeVar

from aiohttp import web

from bot.agent import Agent
from bot.bus.base import Topic
from bot.bus.local import LocalBus
from bot.config import Settle
from bot.conversation import Conversation, Holder
from bot.desk.lost import LostOperators
from bot.desk.queue import DeskQueue
from bot.dialogue import Dialogue
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.storage.base import Storage
from bot.turn import Turn
from bot.worker import Worker
from channels.channel import Media
from channels.errors import ChannelUnavailable, OutcomeUnknown, ReplyRejected, WindowClosed
from channels.message import Address, Attachment, Message, MessageKind, Reply, Speaker
from faq.entry import Answer
from handoff.errors import CaseSystemUnavailable
from handoff.ticket import CaseEvent, StatusUpdate, Ticket
from nlu.interpretation import Gist, Interpretation
from tests.bot.dialogue.harness import mind, questions

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds in which all comes to rest; long, since other tests run on the same cores."""
Line = Literal["open", "away", "window", "lost"]
"""How a channel is: it takes what is sent, is away, waits for the citizen, or takes it and its answer is lost."""


@cache
def understand(text: str) -> Interpretation:
    """What the city's mind makes of the words."""
    return mind("anshan").interpreter.parse(text)


@cache
def know(text: str, gist: Gist | None) -> Answer:
    """What its knowledge base says to them."""
    return questions("anshan").ask(text, gist)


async def read(text: str) -> Interpretation:
    """The same, as the agent asks for it."""
    return understand(text)


class Killed(Exception):
    """The process died before it wrote."""


class Gate:
    """Stands before each commit of a record, so that anything may happen between deciding and writing."""

    def __init__(self, record: Storage) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.waiting: set[str] = set()
        self.killed = False
        self.talked_over: list[Turn] = []
        self._record = record
        self._commit = record.commit
        record.commit = self.commit  # type: ignore[method-assign]  # the seam between deciding and writing

    async def commit(self, turn: Turn, now: float) -> None:
        """Written when the gate opens; a citizen's message is never answered by the bot beside an operator."""
        self.waiting.add(turn.conversation.id)
        try:
            await self.open.wait()
        finally:
            self.waiting.discard(turn.conversation.id)
        if self.killed:
            raise Killed
        before = (await self._record.load(turn.conversation.id)).conversation
        await self._commit(turn, now)
        said = [d.body.speaker for d in turn.deliveries if isinstance(d.body, Reply)]
        if before.holder is Holder.OPERATOR and Speaker.BOT in said:
            self.talked_over.append(turn)  # kept, since the worker outlives an error here


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A reply that the citizen has."""

    conversation_id: str
    reply: Reply
    held: bool
    """Whether an operator had the conversation when it left."""


@dataclass
class FlakyChannel:
    """A chat app, as it is at the moment; what it takes is remembered."""

    name: str
    record: Storage
    left: list[Left]
    line: Line = "open"
    account: str = "main"
    sent: set[str] = field(default_factory=set)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Nothing comes in here: the citizen speaks to the inbox."""
        return ()

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Nothing to close."""

    async def send(self, reply: Reply) -> None:
        """As the line is."""
        if self.line == "away":
            raise ChannelUnavailable("the platform is away")
        if self.line == "window":
            raise WindowClosed("the citizen has to write first")
        conversation = (await self.record.load(reply.address.key)).conversation
        if not (self.name == "web" and reply.id in self.sent):  # the web chat knows its lines again by their keys
            held = conversation.holder is Holder.OPERATOR
            self.left.append(Left(conversation_id=conversation.id, reply=reply, held=held))
        self.sent.add(reply.id)
        if self.line == "lost":
            raise OutcomeUnknown("no answer came")

    async def fetch(self, attachment: Attachment) -> Media:
        """Nobody sends photos here."""
        raise ReplyRejected(f"nothing is kept under {attachment.id}")


class CaseSystemOnHoliday:
    """A case system that is away all the while, so that tickets stay on their way."""

    name = "rest"

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Nothing to close."""

    async def submit(self, ticket: Ticket) -> StatusUpdate:
        """Not now."""
        raise CaseSystemUnavailable(f"{ticket.ticket_no} has to wait")

    async def send(self, event: CaseEvent) -> None:
        """Not now."""
        raise CaseSystemUnavailable(f"{event.ticket_no} has to wait")

    async def lookup(self, ticket_no: str) -> StatusUpdate | None:
        """It answers nobody."""
        return None


class TownHall:
    """A node over a record, run step by step; it may die and begin again."""

    def __init__(self, open_record: Callable[[], Awaitable[Storage]], breath: float) -> None:
        """`breath`: seconds between two looks whether all is at rest; a record in threads needs some."""
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda _loop, _context: None)  # a killed commit has nobody who waits for it
        self.now = 1_795_572_000.0
        self._breath = breath
        self.left: list[Left] = []
        self.record: Storage = self.run(_made(open_record))
        self.gate = self.run(_made(self._make_gate))
        self.channels = [FlakyChannel(name, self.record, self.left) for name in ("web", "wechat")]
        self.begin()

    async def _make_gate(self) -> Gate:
        return Gate(self.record)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the loop do it."""
        return self.loop.run_until_complete(work)

    def clock(self) -> float:
        """The time that the rules set."""
        return self.now

    def begin(self) -> None:
        """A process begins, on the record as it is."""
        of = mind("anshan")
        rules = replace(of.rules, entry=questions("anshan").entry)
        self.bus = LocalBus()
        self.inbox = Inbox(self.record, self.bus, clock=self.clock, count_message=lambda _channel: None)
        self.worker = Worker(
            self.record,
            self.bus,
            agent=Agent(
                read=read,
                ask=know,
                dialogue=Dialogue(rules, of.texts),
                ahead=self.record.ahead,
                attended=DeskQueue(self.record, (), self.clock).attended,
            ),
            inbox=self.inbox,
            settle=lambda _channel: Settle(quiet=0.0, most=0.0),
            clock=self.clock,
            committed=lambda _turn, _seconds: None,
        )
        self.lost = LostOperators(self.record, self.inbox, self.bus, clock=self.clock)
        self.outbox = Outbox(
            self.record,
            self.bus,
            channels={(channel.name, channel.account): channel for channel in self.channels},
            case_system=CaseSystemOnHoliday(),
            prepare=_as_it_is,
            receive_status=self.inbox.receive_status,
            clock=self.clock,
            count=lambda _destination, _fate: None,
        )
        self.run(self.record.recover(self.now))
        self.loop.create_task(self.outbox.run())

    def settle(self) -> None:
        """Until all is handled and sent, or stands at the gate."""
        self.run(self._settled())

    async def _settled(self) -> None:
        for conversation_id in await self.record.ready():
            self.worker.wake(conversation_id)
        self.bus.wake(Topic.OUT)
        async with asyncio.timeout(PATIENCE):
            while not (await self._is_handled() and await self.outbox.idle()):  # noqa: ASYNC110  # a worker at rest tells nobody
                await asyncio.sleep(self._breath)

    async def _is_handled(self) -> bool:
        if self.gate.open.is_set():
            return await self.worker.idle()
        return set(await self.record.ready()) <= self.gate.waiting

    def says(self, who: Address, number: int, text: str) -> None:
        """A citizen writes."""
        message = Message(
            id=f"m{number}", address=who, kind=MessageKind.TEXT, sent_at=self.now, text=text, name="张先生"
        )
        self.run(self.inbox.receive(message))
        self.settle()

    def conversation(self, who: Address) -> Conversation:
        """As the record has it."""
        return self.run(self.record.load(who.key)).conversation

    def die(self) -> None:
        """What the process has in hand is lost, and handled by the next, which begins."""

        async def stop_all() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            self.gate.killed = True
            self.gate.open.set()
            await asyncio.gather(*others, return_exceptions=True)
            self.gate.killed = False

        self.run(stop_all())
        self.begin()
        self.settle()

    def close(self) -> None:
        """Nothing is left running."""

        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await self.record.stop()
            await self.loop.shutdown_default_executor()

        self.run(end())
        self.loop.close()


async def _made(make: Callable[[], Awaitable[T]]) -> T:
    """Made within the loop that it belongs to."""
    return await make()


async def _as_it_is(body: Ticket | CaseEvent) -> Ticket | CaseEvent:
    return body
