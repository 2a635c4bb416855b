"""The lists of the desk as they are read: who waits, whom one serves, who came last, and what was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.console.lists import RECENT, Wish, link_behind
from handoff.console.queue import AT_ONCE, QueuePages
from handoff.desk import ThreadHead


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Everything that stands in the column beside a conversation."""

    waiting: Sequence[ThreadHead]
    waiting_total: int
    counts: Mapping[str, int]
    """Of those who wait, by group."""
    news: Sequence[ThreadHead]
    """Who waits, as far as a notice may tell of him."""
    mine: Sequence[ThreadHead]
    recent: Sequence[ThreadHead]
    older: str
    """Where the list of the latest goes on; empty at its end."""
    found: Sequence[ThreadHead] | None
    """What was searched; None when nothing was."""


class Listing:
    """Reads them."""

    def __init__(self, frame: Frame, queue: QueuePages) -> None:
        self._frame = frame
        self._desk = frame.desk
        self._queue = queue

    async def read(self, request: web.Request, visit: Visit, wish: Wish) -> Lists:
        """The lists as this page asks for them."""
        group = self._queue.chosen(request) or None
        waiting = await self._desk.waiting(AT_ONCE * self._queue.pages(request), group)
        counts = await self._desk.queue_lengths()
        total = sum(number for name, number in counts.items() if group in (None, name))
        mine = await self._desk.held(visit.operator.name)
        held = {head.conversation_id for head in mine}
        latest = await self._desk.recent(RECENT, wish.behind)
        return Lists(
            waiting=waiting,
            waiting_total=max(total, len(waiting)),
            counts=counts,
            news=await self._news(waiting, total, group),
            mine=mine,
            recent=[head for head in latest if head.holder != "waiting" and head.conversation_id not in held],
            older=link_behind(latest[-1]) if len(latest) == RECENT else "",
            found=await self._search(visit, wish.words) if wish.words else None,
        )

    async def _news(self, waiting: Sequence[ThreadHead], total: int, group: str | None) -> Sequence[ThreadHead]:
        """Newcomers stand behind the end of a list that is cut."""
        if total <= len(waiting):
            return waiting
        listed = {head.conversation_id for head in waiting}
        latest = [head for head in await self._desk.recent(RECENT) if head.holder == "waiting"]
        newcomers = [head for head in latest if head.conversation_id not in listed and group in (None, head.group)]
        return [*waiting, *newcomers]

    async def _search(self, visit: Visit, words: str) -> Sequence[ThreadHead]:
        found = await self._desk.search(words)
        await self._frame.note(visit, "searched", str(len(found)))  # the words may be a citizen's name
        return found
