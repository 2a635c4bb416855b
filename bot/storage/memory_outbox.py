"""The door out of the record in memory: deliveries, their order and their fates."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby, takewhile

from bot.storage import rules
from bot.turn import Delivery, Destination, Fate
from channels.channel import Fit
from channels.message import Reply


class MemoryOutbox(ABC):
    """The deliveries of a record. No method awaits, so each is one step that nothing comes between."""

    def __init__(self) -> None:
        self._deliveries: dict[str, Delivery] = {}
        self._delivery_seq = 0
        self._of_conversation: dict[str, list[str]] = {}
        self._under_way: set[str] = set()
        self._seen_at = 0.0
        self._change = 0
        self._changes: dict[str, int] = {}

    async def heads(self, now: float, limit: int = 100) -> Sequence[Delivery]:
        """The first delivery of each line, if it is PENDING and due."""
        return [d for d in self._first_of_lines() if d.fate is Fate.PENDING and d.due_at <= now][:limit]

    async def next_due(self) -> float | None:
        """When the next delivery that nothing holds back is due."""
        return min((d.due_at for d in self._first_of_lines() if d.fate is Fate.PENDING), default=None)

    async def behind(self, delivery: Delivery, now: float) -> Sequence[Delivery]:
        """The due PENDING deliveries right behind this one."""
        line = self._line(delivery.conversation_id, delivery.destination)
        later = (d for d in line if d.seq > delivery.seq)
        return list(takewhile(lambda d: d.due_at <= now, rules.leading_pending(later)))

    async def sending(self, delivery_ids: Sequence[str]) -> bool:
        """Mark as SENDING if all are PENDING."""
        chosen = [self._deliveries.get(each) for each in delivery_ids]
        pending = [d for d in chosen if d is not None and d.fate is Fate.PENDING]
        if len(pending) != len(chosen):
            return False
        self._keep(replace(d, fate=Fate.SENDING, attempts=d.attempts + 1, slot="") for d in pending)
        return True

    async def mark(self, delivery_ids: Sequence[str], fate: Fate, *, error: str = "", due_at: float = 0.0) -> None:
        """Set the fate of deliveries."""
        chosen = [self._deliveries[each] for each in delivery_ids if each in self._deliveries]
        slotless = fate in (Fate.PENDING, Fate.HELD)
        self._keep(replace(d, fate=fate, error=error, due_at=due_at, slot="" if slotless else d.slot) for d in chosen)

    async def claim_slot(self, conversation_id: str, message_id: str, fit: Fit, now: float) -> Sequence[Reply]:
        """Claim replies for the response to a message."""
        carried = [d for d in self._to_citizen(conversation_id) if d.slot == message_id and d.fate in rules.CARRIED]
        if carried:
            return _replies(carried)
        line = self._line(conversation_id, Destination.CITIZEN)
        if any(d.fate is Fate.SENDING for d in line):
            return []
        pending = rules.leading_pending(line)
        claimed = pending[: fit(_replies(pending))] if pending else ()
        self._keep(replace(d, fate=Fate.SENDING, attempts=d.attempts + 1, slot=message_id) for d in claimed)
        return _replies(claimed)

    async def slot_sent(self, message_id: str) -> None:
        """What the slot carries is SENT."""
        carried = [d for d in self._deliveries.values() if d.slot == message_id and d.fate in rules.CARRIED]
        self._keep(replace(d, fate=Fate.SENT, error="") for d in carried)

    async def release(self, conversation_id: str, now: float) -> None:
        """Replies that wait for a slot are due now."""
        line = self._line(conversation_id, Destination.CITIZEN)
        self._keep(replace(d, due_at=now) for d in line if rules.waits_for_slot(d, now))

    def _overtake(self, conversation_id: str) -> None:
        mine = [d for d in self._deliveries.values() if d.conversation_id == conversation_id]
        self._keep(filter(None, map(rules.overtaken, mine)))

    async def attend(self, now: float) -> None:
        """This node is there."""
        self._seen_at = now

    async def leave(self) -> None:
        """This node goes."""
        self._seen_at = 0.0

    async def recover(self, now: float) -> int:
        """After a crash, a fate for what was SENDING by this node, the only one there can be, if it does not attend."""
        if self._seen_at > now - rules.NODE_LIFE:
            return 0
        stranded = [d for d in self._sorted(self._under_way) if d.fate is Fate.SENDING]
        fated = [rules.recovered(d, now, self._sent_at(d.slot)) for d in stranded]
        self._keep(fated)
        return sum(d.fate is Fate.UNKNOWN for d in fated)

    @abstractmethod
    def _sent_at(self, message_id: str) -> float | None:
        """When the citizen sent this message; the inbox's half knows."""

    async def replay(self, delivery_id: str, now: float) -> bool:
        """Send again by a person's order."""
        delivery = self._deliveries.get(delivery_id)
        again = rules.replayed(delivery, now) if delivery else None
        self._keep([again] if again else [])
        return again is not None

    async def deliveries(self, fates: Sequence[Fate], destination: Destination | None = None) -> Sequence[Delivery]:
        """All deliveries with one of these fates."""
        return [d for d in self._deliveries.values() if d.fate in fates and (destination in (None, d.destination))]

    def _add(self, delivery: Delivery) -> bool:
        """Take a new delivery in; False when its id is there already."""
        if delivery.id in self._deliveries:
            return False
        self._delivery_seq += 1
        self._keep([replace(delivery, seq=self._delivery_seq)])
        self._of_conversation.setdefault(delivery.conversation_id, []).append(delivery.id)
        return True

    def _reopen(self, conversation_id: str, due_at: float) -> None:
        """The citizen is there again: what was held or unknown may go out."""
        changed = (rules.reopened(d, due_at) for d in self._to_citizen(conversation_id))
        self._keep([d for d in changed if d])

    def _keep(self, changed: Iterable[Delivery]) -> None:
        for delivery in changed:
            self._deliveries[delivery.id] = delivery
            self._touch(delivery.conversation_id)
            (self._under_way.add if delivery.fate in rules.UNDER_WAY else self._under_way.discard)(delivery.id)

    def _touch(self, conversation_id: str) -> None:
        """Number the change; the latest number comes last."""
        self._change += 1
        self._changes.pop(conversation_id, None)
        self._changes[conversation_id] = self._change

    def _to_citizen(self, conversation_id: str) -> list[Delivery]:
        ids = self._of_conversation.get(conversation_id, ())
        return [d for each in ids if (d := self._deliveries[each]).destination is Destination.CITIZEN]

    def _line(self, conversation_id: str, destination: Destination) -> list[Delivery]:
        """What is under way in one conversation to one destination, in order."""
        ids = self._under_way.intersection(self._of_conversation.get(conversation_id, ()))
        return [d for d in self._sorted(ids) if d.destination is destination]

    def _sorted(self, ids: Iterable[str]) -> list[Delivery]:
        return sorted((self._deliveries[each] for each in ids), key=lambda d: d.seq)

    def _first_of_lines(self) -> list[Delivery]:
        in_lines = sorted(
            (self._deliveries[each] for each in self._under_way),
            key=lambda d: (d.conversation_id, d.destination, d.seq),
        )
        firsts = [next(line) for _, line in groupby(in_lines, key=lambda d: (d.conversation_id, d.destination))]
        return sorted(firsts, key=lambda d: d.seq)


def _replies(deliveries: Iterable[Delivery]) -> list[Reply]:
    return [d.body for d in deliveries if isinstance(d.body, Reply)]
