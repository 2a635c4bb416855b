"""Who is at the desk and what groups there are, from the record and the city pack."""

from collections.abc import Callable, Sequence

from bot.storage.base import Storage
from handoff.people import Right, may
from handoff.queue import Colleague

AT_HAND = 40.0
"""Seconds after an operator's last sign of life in which a conversation is still given to him. His page gives one every
15 seconds, and one may be lost on its way."""


class DeskQueue:
    """Implements `handoff.queue.Queue`."""

    def __init__(self, storage: Storage, groups: Sequence[str], clock: Callable[[], float]) -> None:
        self._storage = storage
        self._groups = tuple(groups)
        self._clock = clock

    @property
    def groups(self) -> Sequence[str]:
        """The city's groups."""
        return self._groups

    async def colleagues(self) -> Sequence[Colleague]:
        """All whose account is open and who may take conversations over."""
        there = set(await self._storage.present(self._clock() - AT_HAND))
        open_ones = [each.operator for each in await self._storage.people() if not each.operator.disabled]
        accounts = [account for account in open_ones if may(account, Right.TALK)]
        found = [
            Colleague(name=a.name, display_name=a.display_name or a.name, present=a.name in there) for a in accounts
        ]
        return sorted(found, key=lambda colleague: (not colleague.present, colleague.display_name))

    async def attended(self) -> bool:
        """Whether anybody is there who may take a conversation over."""
        there = await self._storage.present(self._clock() - AT_HAND)
        return bool(there) and any(colleague.present for colleague in await self.colleagues())

    async def gone(self, operator: str) -> None:
        """He left."""
        await self._storage.unseen(operator)

    async def here(self, operator: str) -> None:
        """His desk is open."""
        await self._storage.seen(operator, self._clock())
