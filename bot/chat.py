"""`suda chat`: a conversation on standard input, one citizen turn a line, through the same parts as the service."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import PurePath
from typing import Any

import msgspec
from aiohttp import web

from bot.appeal import Appeal
from bot.bus.local import LocalBus
from bot.config import Settle
from bot.inbox import Inbox
from bot.mind import Mind
from bot.outbox import Outbox
from bot.storage.base import Storage
from bot.turn import Destination, Fate, Turn
from bot.worker import Worker
from channels.channel import Media
from channels.errors import ReplyRejected
from channels.message import Address, Attachment, Message, MessageKind, Pin, Reply
from handoff.sandbox import Sandbox
from handoff.schemas import ticket_json
from handoff.ticket import CaseEvent, StatusUpdate, Ticket

_PIN = re.compile(r"^\[位置\]\s*(-?[\d.]+)\s*[,，]\s*(-?[\d.]+)\s*(.*)$")
_PHOTO = re.compile(r"^\[图片\]\s*(.*)$")
_VOICE = re.compile(r"^\[语音\]\s*(.*)$")


class ChatChannel:
    """A channel to the terminal: keeps what is said until it is printed."""

    name = "terminal"
    account = "main"

    def __init__(self) -> None:
        self.said: list[Reply] = []

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """A terminal has no routes."""
        return ()

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Nothing to close."""

    async def send(self, reply: Reply) -> None:
        """Keep it for printing."""
        self.said.append(reply)

    async def fetch(self, attachment: Attachment) -> Media:
        """A terminal names files, it does not carry them."""
        raise ReplyRejected(f"{attachment.filename} is a name only")


class Chat:
    """One citizen at a terminal."""

    def __init__(self, mind: Mind, storage: Storage, user: str = "citizen") -> None:
        self._mind, self._storage = mind, storage
        self._address = Address(channel=ChatChannel.name, account=ChatChannel.account, user=user)
        self._channel = ChatChannel()
        self._turns: list[Turn] = []
        self._count = 0
        self._began = time.time()
        self._sandbox = Sandbox(":memory:", self._hear_status, mind.states)
        bus = LocalBus()
        self._inbox = Inbox(storage, bus, clock=time.time, count_message=lambda _channel: None)
        self._outbox = Outbox(
            storage,
            bus,
            channels={(ChatChannel.name, ChatChannel.account): self._channel},
            case_system=self._sandbox,
            prepare=_as_it_is,
            receive_status=self._inbox.receive_status,
            clock=time.time,
            count=lambda _destination, _fate: None,
        )
        self._worker = Worker(
            storage,
            bus,
            agent=mind.agent(_nobody_ahead, _nobody_there, storage.link_facts),
            inbox=self._inbox,
            settle=lambda _channel: Settle(quiet=0.0, most=0.0),
            clock=time.time,
            committed=lambda turn, _seconds: self._turns.append(turn),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The parts at work; what is in hand is finished at the end."""
        # Nobody waits yet, so the first line is understood as well as the last.
        await asyncio.to_thread(self._mind.warm)
        await self._storage.start()
        await self._storage.recover(time.time())
        await self._sandbox.start()
        tasks = [asyncio.create_task(self._outbox.run(), name="outbox")]
        tasks.append(asyncio.create_task(self._worker.run(), name="worker"))
        try:
            yield
        finally:
            for task in reversed(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._sandbox.stop()
            await self._storage.stop()

    async def say(self, line: str) -> dict[str, Any]:
        """One turn of the citizen: what `--json` prints for it."""
        self._count += 1
        self._turns.clear()
        self._channel.said.clear()
        message = read_line(line, self._address, self._count, self._began)
        await self._inbox.receive(message)
        await self._settled()
        turn = next((turn for turn in self._turns if message.id in turn.events), None)
        conversation = (await self._storage.load(self._address.key)).conversation
        tickets = turn.tickets if turn else ()  # filed or changed in this turn
        return {
            "turn": self._count,
            "replies": [show_reply(reply) for reply in self._channel.said],
            "intent": turn.intent if turn else "",
            "holder": str(conversation.holder),
            "appeal": show_appeal(conversation.draft),
            # As the record keeps them; on the way to a case system a confidential one loses name and number.
            "tickets": [ticket_json(ticket) for ticket in tickets],
        }

    async def _hear_status(self, update: StatusUpdate) -> None:
        await self._inbox.receive_status(update)

    async def _settled(self) -> None:
        """Everything that the line set off is handled and printed."""
        while not (await self._worker.idle() and await self._outbox.idle() and await self._delivered()):  # noqa: ASYNC110  # all must be idle at once
            await asyncio.sleep(0.002)

    async def _delivered(self) -> bool:
        on_the_way = await self._storage.deliveries((Fate.PENDING, Fate.SENDING), Destination.CITIZEN)
        return not any(delivery.conversation_id == self._address.key for delivery in on_the_way)


def read_line(line: str, address: Address, number: int, began: float) -> Message:
    """A line of the terminal as a message; `[位置]`, `[图片]`, `[语音]` stand for a pin, a photo, a voice message."""
    message_id = f"{address.key}:{began:.3f}:{number}"
    now = time.time()
    if found := _PIN.match(line):
        pin = Pin(latitude=float(found[1]), longitude=float(found[2]), datum="unknown", label=found[3].strip())
        return Message(id=message_id, address=address, kind=MessageKind.LOCATION, sent_at=now, pin=pin)
    if found := _PHOTO.match(line):
        name = PurePath(found[1].strip()).name
        photo = Attachment(id=f"{message_id}:1", kind=MessageKind.IMAGE, filename=name, key=name)
        return Message(id=message_id, address=address, kind=MessageKind.IMAGE, sent_at=now, attachments=(photo,))
    if found := _VOICE.match(line):
        voice = Attachment(id=f"{message_id}:1", kind=MessageKind.VOICE)
        return Message(
            id=message_id,
            address=address,
            kind=MessageKind.VOICE,
            sent_at=now,
            text=found[1].strip(),
            attachments=() if found[1].strip() else (voice,),
        )
    return Message(id=message_id, address=address, kind=MessageKind.TEXT, sent_at=now, text=line.strip())


def show_reply(reply: Reply) -> str:
    """A reply as a terminal shows it, its choices numbered."""
    numbered = [f"{number}. {choice.label}" for number, choice in enumerate(reply.choices, start=1)]
    return "\n".join([reply.text, *numbered])


def show_appeal(appeal: Appeal | None) -> dict[str, Any] | None:
    """The slots of the open draft."""
    if appeal is None:
        return None
    slots: dict[str, Any] = msgspec.to_builtins(appeal)
    return slots


async def _as_it_is(body: Ticket | CaseEvent) -> Ticket | CaseEvent:
    return body


async def _nobody_ahead(_: str) -> int:
    return 0


async def _nobody_there() -> bool:
    return False
