"""Puts the conversations of operators of whom nothing is heard any more back into the queue, first in line."""

import asyncio
from collections.abc import Callable

from bot.bus.base import Bus
from bot.inbox import Inbox
from bot.log import get_logger
from bot.storage.base import Storage
from bot.storage.rules import OPERATOR_LIFE
from handoff.desk import ActionKind, OperatorAction, Outcome

log = get_logger(__name__)

EVERY = 5.0
"""Seconds between two looks."""


class LostOperators:
    """A look on each node. The act's id is made of what was lost, so it happens once, whoever sees it first."""

    def __init__(
        self, storage: Storage, inbox: Inbox, bus: Bus, *, clock: Callable[[], float], every: float = EVERY
    ) -> None:
        self._storage = storage
        self._inbox = inbox
        self._bus = bus
        self._clock = clock
        self._every = every

    async def run(self) -> None:
        """Go on until cancelled."""
        # While no node ran, or the record was away, no operator could show himself: he gets the time to do so.
        seen = self._clock()
        look_from = seen + OPERATOR_LIFE
        while True:
            await asyncio.sleep(self._every)
            now = self._clock()
            if now - seen > OPERATOR_LIFE / 2:
                look_from = now + OPERATOR_LIFE
            try:
                if now >= look_from:
                    async with self._bus.lease("lost operators"):  # one node at a time, so that it is noted once too
                        await self.look(now)
                else:
                    await self._storage.present(now)  # is the record there?
            except Exception:
                # The next look comes soon; until then his conversations stay where they are.
                log.exception("could not look for operators", action="presence_failed")
            else:
                seen = now

    async def look(self, now: float) -> int:
        """Take from those who are gone what they hold; how many conversations that were."""
        lost = 0
        for held in await self._storage.absent(now - OPERATOR_LIFE):
            action = OperatorAction(
                id=f"lost:{held.id}:{held.operator}:{round(held.waiting_since * 1000)}",
                conversation_id=held.id,
                operator=held.operator,
                operator_name=held.operator_name,
                kind=ActionKind.LOSE,
                at=now,
            )
            result = await self._inbox.act(action)
            if result.outcome is Outcome.DONE:
                lost += 1
                log.warning("an operator is gone", action="lost_operator", conversation=held.id, operator=held.operator)
        return lost
