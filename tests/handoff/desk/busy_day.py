"""A busy day in a record: citizens who waited, operators who answered, and much that is owed."""

from dataclasses import replace

from bot.storage.base import Storage
from bot.turn import Delivery, Destination, Event, EventKind, Fate, Outcomes, Turn
from channels.message import Address, Message, MessageKind, Reply
from handoff.desk import ActionKind, OperatorAction
from handoff.ticket import CaseEvent, CaseEventKind, Clock, Source, Ticket, TicketStatus

PEOPLE = {"wangli": "王丽", "zhaoqiang": "赵强"}


class Day:
    """What happens on it, told by the moment."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._number = 0

    def _id(self, what: str) -> str:
        self._number += 1
        return f"{what}{self._number}"

    async def writes(self, user: str, at: float, outcome: Outcomes | None = Outcomes.ANSWER, **turn: object) -> None:
        """A citizen writes; without an outcome nobody handles it."""
        address = Address.parse(user)
        message = Message(id=self._id("m"), address=address, kind=MessageKind.TEXT, sent_at=at, text="路灯不亮")
        event = Event(id=message.id, conversation_id=user, kind=EventKind.MESSAGE, body=message, at=at)
        await self._storage.append(event)
        if outcome:
            await self.turns(user, at, outcome, **turn)

    async def turns(self, user: str, at: float, outcome: Outcomes = Outcomes.ANSWER, **turn: object) -> None:
        """What waits is handled."""
        loaded = await self._storage.load(user)
        given = {"conversation": loaded.conversation, **turn}
        events = tuple(event.id for event in loaded.events)
        await self._storage.commit(Turn(events=events, outcome=outcome, **given), at)  # type: ignore[arg-type]

    async def wants_a_person(self, user: str, at: float, reason: str = "asked") -> None:
        """A citizen waits for a person from now on."""
        await self.writes(user, at, None)
        conversation = (await self._storage.load(user)).conversation.waiting(reason, at)
        await self.turns(user, at, Outcomes.HANDOVER, conversation=conversation)

    async def acts(self, user: str, kind: ActionKind, at: float, operator: str = "wangli") -> None:
        """An operator does something, and it is handled."""
        body = OperatorAction(
            id=self._id("a"),
            conversation_id=user,
            operator=operator,
            operator_name=PEOPLE[operator],
            kind=kind,
            at=at,
        )
        await self._storage.act(Event(id=body.id, conversation_id=user, kind=EventKind.OPERATOR, body=body, at=at))
        await self.turns(user, at, Outcomes.NOTED)

    async def files(self, user: str, number: str, due: str, at: float) -> None:
        """A ticket with a date."""
        clock = Clock(name="办理", due_at=due, promised=True)
        ticket = Ticket(
            ticket_no=number,
            source=Source(channel="web", account="main"),
            accepted_at=due,
            appeal_type="投诉",
            title="路灯不亮",
            content="路灯不亮",
            clocks=(clock,),
            status=TicketStatus.IN_PROGRESS,
        )
        await self.turns(user, at, Outcomes.TICKET, tickets=(ticket,))

    async def grades(self, user: str, grade: str, at: float) -> None:
        """A citizen grades a ticket."""
        body = CaseEvent(id=self._id("e"), ticket_no="T", kind=CaseEventKind.RATING, at="", rating=grade)
        sent = Delivery(id=body.id, conversation_id=user, destination=Destination.CASE_SYSTEM, body=body, due_at=at)
        await self.turns(user, at, Outcomes.TICKET, deliveries=(sent,))

    async def replies_in_vain(self, user: str, fate: Fate, error: str, at: float) -> None:
        """A reply that does not arrive."""
        body = Reply(id=self._id("r"), address=Address.parse(user), text="您好")
        sent = Delivery(id=body.id, conversation_id=user, destination=Destination.CITIZEN, body=body, due_at=at)
        await self.turns(user, at, deliveries=(sent,))
        await self._storage.sending([body.id])
        await self._storage.mark([body.id], fate, error=error)

    async def fails(self, user: str, at: float) -> None:
        """A message whose handling failed."""
        await self.writes(user, at, None)
        loaded = await self._storage.load(user)
        failed = [event.id for event in loaded.events]
        waits = replace(loaded.conversation.waiting("failed", at))
        turn = Turn(conversation=waits, events=tuple(failed), outcome=Outcomes.PUT_ASIDE)
        await self._storage.put_aside(failed, "KeyError('street')", turn, at)


async def fill(storage: Storage, now: float) -> None:
    """Yesterday and today until now; the day must be a few hours old."""
    day, yesterday = Day(storage), now - 86400
    for hour in range(4):
        for number in range(3 + 2 * hour):
            await day.writes(f"web:main:y{hour}-{number}", yesterday - hour * 3600 - 1)
            await day.writes(f"wechat:main:t{hour}-{number}", now - hour * 3600 - 60 * number - 1)
    for number, (waited, grade) in enumerate([(30, "非常满意"), (80, "满意"), (200, "不满意"), (900, "满意")]):
        user, at = f"web:main:w{number}", now - 7000 + 300 * number
        operator = "wangli" if number % 2 else "zhaoqiang"
        await day.wants_a_person(user, at)
        await day.acts(user, ActionKind.CLAIM, at + waited - 20, operator)
        await day.acts(user, ActionKind.REPLY, at + waited, operator)
        await day.acts(user, ActionKind.GIVE_BACK, at + waited + 60, operator)
        await day.grades(user, grade, at + waited + 90)
    await day.wants_a_person("wechat:main:lin", now - 1000, "emergency")
    await day.wants_a_person("web:main:sun", now - 100, "unhappy")
    await day.wants_a_person("telegram:main:qian", now - 4000)
    await day.acts("telegram:main:qian", ActionKind.REPLY, now - 3900)
    await day.writes("telegram:main:qian", now - 700, Outcomes.HANDOVER)
    await day.writes("wechat:main:he", now - 300, None)
    await day.files("web:main:w1", "AS20261101-0007", "2026-11-20T23:59:59+08:00", now - 50)
    await day.replies_in_vain("wechat:main:t0-1", Fate.REFUSED, "errcode 45015", now - 2000)
    await day.replies_in_vain("wechat:main:t0-2", Fate.UNKNOWN, "connection cut", now - 1500)
    await day.fails("web:main:w2", now - 600)
