"""A whole `Desk` in memory: the claims, the dedupe and the live signals of the real one, without a record."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.storage.memory import MemoryStorage
from handoff.desk import ActionKind, ActionResult, Line, Operator, OperatorAction, Outcome, Thread, ThreadHead


@dataclass(slots=True)
class MemoryDesk:
    """Conversations by id; tests lay them in and read what became of them."""

    threads: dict[str, Thread] = field(default_factory=dict)
    people: MemoryStorage = field(default_factory=MemoryStorage)
    """Accounts and sessions are those of a real record."""
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    actions: dict[str, ActionResult] = field(default_factory=dict)
    warm_seconds: float = 0.05
    subscribers: set[asyncio.Queue[str]] = field(default_factory=set)
    meanwhile: Callable[[], None] | None = None
    """Happens once, between what the console looked at and what it does next."""
    fault: Exception | None = None
    """What the live signals fail with."""

    @property
    def operators(self) -> dict[str, Operator]:
        """Accounts by name, as the record holds them."""
        return self.people._operators

    def hire(self, name: str, display_name: str, password_hash: str, role: str = "operator") -> Operator:
        """An account."""
        operator = Operator(name=name, display_name=display_name, role=role, password_hash=password_hash)
        self.operators[name] = operator
        return operator

    def wants_a_person(
        self, conversation: str, text: str, *, at: float, reason: str = "asked", name: str = "", **head: str
    ) -> None:
        """A citizen comes to the waiting list."""
        channel = conversation.partition(":")[0]
        self.threads[conversation] = Thread(
            head=ThreadHead(
                conversation_id=conversation,
                channel=channel,
                holder="waiting",
                operator="",
                reason=reason,
                since=at,
                last_text="",
                last_at=at,
                **head,
            ),
            lines=(),
            understood=(),
            tickets=(),
        )
        self.says(conversation, "citizen", text, at=at, name=name)

    def says(
        self,
        conversation: str,
        who: str,
        text: str,
        *,
        at: float,
        name: str = "",
        kind: str = "text",
        fate: str = "",
        attachments: tuple[str, ...] = (),
        pin: str = "",
    ) -> None:
        """Somebody says something."""
        thread = self.threads[conversation]
        cursor = len(thread.lines) + 1
        line = Line(
            cursor=cursor,
            id=f"{conversation}-{cursor}",
            who=who,
            name=name,
            kind=kind,
            text=text,
            at=at,
            fate=fate,
            attachments=attachments,
            pin=pin,
        )
        head = replace(thread.head, last_text=text or thread.head.last_text, last_at=at)
        self.threads[conversation] = replace(thread, head=head, lines=(*thread.lines, line))
        self._changed(conversation)

    async def waiting(self) -> Sequence[ThreadHead]:
        """Oldest first."""
        return sorted((head for head in self._heads() if head.holder == "waiting"), key=lambda head: head.since)

    async def held(self, operator: str | None = None) -> Sequence[ThreadHead]:
        """By one operator, or by any."""
        held = [head for head in self._heads() if head.holder == "operator"]
        return [head for head in held if operator is None or head.operator == operator]

    async def recent(self, limit: int = 50) -> Sequence[ThreadHead]:
        """Latest first."""
        return sorted(self._heads(), key=lambda head: -head.last_at)[:limit]

    async def thread(self, conversation_id: str, after: int = 0, *, plain: bool = False) -> Thread | None:
        """The conversation with its lines after a cursor."""
        thread = self.threads.get(conversation_id)
        if thread is None:
            return None
        return replace(thread, lines=tuple(line for line in thread.lines if line.cursor > after))

    async def act(self, action: OperatorAction) -> ActionResult:
        """Decide and write in one step, as the record does; the same id has its first outcome again."""
        if self.meanwhile:
            self.meanwhile()
            self.meanwhile = None
        if action.id not in self.actions:
            self.actions[action.id] = self._decide(action)
        return self.actions[action.id]

    async def operator(self, name: str) -> Operator | None:
        """The account of that name."""
        return self.operators.get(name)

    async def note(self, operator: str, action: str, subject: str) -> None:
        """Kept for the tests to read, and in the log."""
        self.notes.append((operator, action, subject))
        await self.people.note(operator, action, subject, time.time())

    async def changes(self) -> AsyncIterator[str]:
        """Ids as they change; empty at first and while nothing happens."""
        if self.fault:
            raise self.fault
        queue: asyncio.Queue[str] = asyncio.Queue()
        self.subscribers.add(queue)
        try:
            yield ""
            while True:
                try:
                    async with asyncio.timeout(self.warm_seconds):
                        changed = await queue.get()
                except TimeoutError:
                    changed = ""
                yield changed
        finally:
            self.subscribers.discard(queue)

    def _heads(self) -> list[ThreadHead]:
        return [thread.head for thread in self.threads.values()]

    def _decide(self, action: OperatorAction) -> ActionResult:
        thread = self.threads.get(action.conversation_id)
        if thread is None:
            return ActionResult(outcome=Outcome.GONE)
        mine = thread.head.holder == "operator" and thread.head.operator == action.operator
        if thread.head.holder == "operator" and not mine:
            return ActionResult(outcome=Outcome.TAKEN, holder=thread.head.operator_name)
        if action.kind is ActionKind.CLAIM:
            self._hold(thread, "operator", action)
        elif not mine:
            return ActionResult(outcome=Outcome.NOT_HELD)
        elif action.kind is ActionKind.REPLY:
            name = action.operator_name
            self.says(action.conversation_id, "operator", action.text, at=action.at, name=name, fate="pending")
        else:
            self._hold(thread, "bot", action)
        return ActionResult(outcome=Outcome.DONE, holder=action.operator_name)

    def _hold(self, thread: Thread, holder: str, action: OperatorAction) -> None:
        name, shown = (action.operator, action.operator_name) if holder == "operator" else ("", "")
        head = replace(thread.head, holder=holder, operator=name, operator_name=shown, since=action.at, reason="")
        self.threads[action.conversation_id] = replace(thread, head=head)
        self._changed(action.conversation_id)

    def _changed(self, conversation: str) -> None:
        for queue in self.subscribers:
            queue.put_nowait(conversation)
