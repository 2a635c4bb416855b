"""A whole `Desk` in memory: the claims, the dedupe and the live signals of the real one, without a record."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from bot.storage.memory import MemoryStorage
from handoff.desk import (
    ActionKind,
    ActionResult,
    Change,
    FileOwners,
    Line,
    LineFile,
    Operator,
    OperatorAction,
    Outcome,
    Thread,
    ThreadHead,
)
from handoff.queue import Colleague


@dataclass(slots=True)
class MemoryDesk:
    """Conversations by id; tests lay them in and read what became of them."""

    threads: dict[str, Thread] = field(default_factory=dict)
    people: MemoryStorage = field(default_factory=MemoryStorage)
    """Accounts and sessions are those of a real record."""
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    actions: dict[str, ActionResult] = field(default_factory=dict)
    heard_of: list[str] = field(default_factory=list)
    """Operators of whom something was heard, in order."""
    warm_seconds: float = 0.05
    page: int = 200
    """So many lines on a page."""
    subscribers: set[asyncio.Queue[Change]] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)
    """The number of each conversation's latest change, in order."""
    number: int = 0
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
        self,
        conversation: str,
        text: str,
        *,
        at: float,
        reason: str = "asked",
        name: str = "",
        category: str = "",
        place: str = "",
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
                category=category,
                place=place,
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
        names: Mapping[str, str] = MappingProxyType({}),
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
            files=tuple(LineFile(kind=kind, key=key, name=names.get(key, "")) for key in attachments)
            or ((LineFile(kind=kind),) if kind in ("image", "voice", "video", "file") else ()),
            pin=pin,
        )
        heard_at = at if who == "citizen" else thread.head.heard_at
        last = thread.head.last_text if who == "note" else text or thread.head.last_text
        head = replace(thread.head, last_text=last, last_at=at, heard_at=heard_at)
        self.threads[conversation] = replace(thread, head=head, lines=(*thread.lines, line))
        self._changed(conversation)

    async def waiting(self, limit: int = 200, group: str | None = None) -> Sequence[ThreadHead]:
        """Oldest first."""
        waiting = [head for head in self._heads() if head.holder == "waiting" and group in (None, head.group)]
        return sorted(waiting, key=lambda head: head.since)[:limit]

    async def queue_lengths(self) -> Mapping[str, int]:
        """By group."""
        return Counter(head.group for head in self._heads() if head.holder == "waiting")

    async def held(self, operator: str | None = None) -> Sequence[ThreadHead]:
        """By one operator, or by any."""
        held = [head for head in self._heads() if head.holder == "operator"]
        return [head for head in held if operator is None or head.operator == operator]

    async def recent(self, limit: int = 50, behind: tuple[float, str] | None = None) -> Sequence[ThreadHead]:
        """Latest first."""
        placed = sorted((-head.last_at, head.conversation_id) for head in self._heads())
        rest = [place for place in placed if behind is None or place > (-behind[0], behind[1])]
        return [self.threads[conversation].head for _, conversation in rest[:limit]]

    async def search(self, words: str) -> Sequence[ThreadHead]:
        """By what was said."""
        found = [t.head for t in self.threads.values() if any(words in line.text for line in t.lines)]
        return sorted(found, key=lambda head: -head.last_at)

    async def thread(self, conversation_id: str, before: int | None = None, *, plain: bool = False) -> Thread | None:
        """The conversation with its last lines, or the last before a cursor."""
        thread = self.threads.get(conversation_id)
        if thread is None:
            return None
        lines = tuple(line for line in thread.lines if before is None or line.cursor < before)
        return replace(thread, lines=lines[-self.page :], earlier=len(lines) > self.page)

    async def file_owners(self, key: str) -> FileOwners:
        """Those in whose lines it is."""
        sent = [c for c, t in self.threads.items() if any(f.key == key for line in t.lines for f in line.files)]
        return FileOwners(conversations=tuple(sent))

    async def latest_change(self) -> int:
        """The number of the latest change."""
        return self.number

    async def act(self, action: OperatorAction) -> ActionResult:
        """Decide and write in one step, as the record does; the same id has its first outcome again."""
        if self.meanwhile:
            self.meanwhile()
            self.meanwhile = None
        if action.id not in self.actions:
            decided = self.actions[action.id] = self._decide(action)
            if decided.outcome is Outcome.DONE:
                await self.note(action.operator, action.kind.value, action.conversation_id)
        return self.actions[action.id]

    async def operator(self, name: str) -> Operator | None:
        """The account of that name."""
        return self.operators.get(name)

    async def note(self, operator: str, action: str, subject: str) -> None:
        """Kept for the tests to read, and in the log."""
        self.notes.append((operator, action, subject))
        await self.people.note(operator, action, subject, time.time())

    @property
    def groups(self) -> Sequence[str]:
        """Two groups."""
        return ("住建组", "社保组")

    async def colleagues(self) -> Sequence[Colleague]:
        """All accounts; who was heard of is there."""
        return [
            Colleague(name=each.name, display_name=each.display_name, present=each.name in self.heard_of)
            for each in self.operators.values()
        ]

    async def gone(self, operator: str) -> None:
        """He is not there any more."""
        self.heard_of[:] = [each for each in self.heard_of if each != operator]

    async def here(self, operator: str) -> None:
        """Kept for the tests to read."""
        self.heard_of.append(operator)

    async def changes(self, after: int | None = None) -> AsyncIterator[Change]:
        """Changes after a number; empty at first and while nothing happens."""
        if self.fault:
            raise self.fault
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self.subscribers.add(queue)
        seen = self.number if after is None else min(after, self.number)
        for conversation, number in self.numbers.items():
            if number > seen:
                queue.put_nowait(Change(number=number, conversation_id=conversation))
        try:
            yield Change(number=seen, conversation_id="")
            while True:
                try:
                    async with asyncio.timeout(self.warm_seconds):
                        changed = await queue.get()
                except TimeoutError:
                    changed = Change(number=seen, conversation_id="")
                seen = changed.number
                yield changed
        finally:
            self.subscribers.discard(queue)

    def _heads(self) -> list[ThreadHead]:
        return [thread.head for thread in self.threads.values()]

    def _decide(self, action: OperatorAction) -> ActionResult:
        thread = self.threads.get(action.conversation_id)
        if thread is None:
            return ActionResult(outcome=Outcome.GONE)
        if action.kind is ActionKind.PART:
            return ActionResult(outcome=Outcome.UNLINKED)  # nobody here has another chat
        head = thread.head
        mine = head.holder == "operator" and head.operator == action.operator
        given = action.kind in (ActionKind.ASSIGN, ActionKind.WHISPER)
        if head.holder == "operator" and not mine and not given:
            return ActionResult(outcome=Outcome.TAKEN, holder=head.operator_name)
        if not mine and not given and action.kind is not ActionKind.CLAIM:
            return ActionResult(outcome=Outcome.NOT_HELD)
        if action.kind is ActionKind.CLOSE and thread.unfiled not in ("", action.dropped):
            return ActionResult(outcome=Outcome.STALE)
        name, conversation = action.operator_name, action.conversation_id
        match action.kind:
            case ActionKind.CLAIM:
                self._hold(thread, "operator", action)
            case ActionKind.REPLY:
                if action.text or not action.enclosures:
                    self.says(conversation, "operator", action.text, at=action.at, name=name, fate="pending")
                for one in action.enclosures:
                    self.says(
                        conversation,
                        "operator",
                        "",
                        at=action.at,
                        name=name,
                        fate="pending",
                        kind=one.kind,
                        attachments=(one.key,),
                    )
            case ActionKind.WHISPER:
                self.says(conversation, "note", action.note, at=action.at, name=name, kind="whisper")
            case ActionKind.ASSIGN | ActionKind.TRANSFER:
                to = action.target_name or action.group
                note = f"{to} 不在线，放回排队，指给他：{action.note}" if action.later else f"转给 {to}：{action.note}"
                self.says(conversation, "note", note, at=action.at, name=name, kind=str(action.kind))
                given_to = replace(action, operator=action.target, operator_name=action.target_name)
                held = bool(action.target) and not action.later
                self._hold(self.threads[conversation], "operator" if held else "waiting", given_to)
                if head.holder == "operator" and head.operator not in (action.operator, action.target):
                    self._keep_head(conversation, taken_from=head.operator, taken_by=name)
                if action.later:
                    self._keep_head(conversation, meant_for=action.target, meant_for_name=action.target_name)
            case ActionKind.LEAVE:
                self._hold(self.threads[conversation], "waiting", action)
                self._keep_head(conversation, reason="operator_left")
            case _:
                if action.text:
                    self.says(conversation, "operator", action.text, at=action.at, name=name, fate="pending")
                self._hold(self.threads[conversation], "bot", action)
        return ActionResult(outcome=Outcome.DONE, holder=name)

    def _hold(self, thread: Thread, holder: str, action: OperatorAction) -> None:
        name, shown = (action.operator, action.operator_name) if holder == "operator" else ("", "")
        head = replace(
            thread.head, holder=holder, operator=name, operator_name=shown, since=action.at, group=action.group
        )
        head = replace(head, reason="transferred" if holder == "waiting" else "")
        self.threads[action.conversation_id] = replace(thread, head=head)
        self._changed(action.conversation_id)

    def _keep_head(self, conversation: str, **changed: str) -> None:
        thread = self.threads[conversation]
        self.threads[conversation] = replace(thread, head=replace(thread.head, **changed))  # type: ignore[arg-type]  # words only

    def _changed(self, conversation: str) -> None:
        self.number += 1
        self.numbers.pop(conversation, None)
        self.numbers[conversation] = self.number
        for queue in self.subscribers:
            queue.put_nowait(Change(number=self.number, conversation_id=conversation))
