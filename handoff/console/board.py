"""The page at `/desk`: the lists, and the conversation that is open in their midst."""

import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields

from aiohttp import web

from handoff.console.composing import Composing
from handoff.console.drafting import Beside
from handoff.console.frame import REFRESH, Frame, Visit
from handoff.console.listing import Listing, Lists
from handoff.console.lists import NO_WISH, Wish
from handoff.console.queue import QueuePages
from handoff.console.refusing import Refused
from handoff.console.reveal import Revealing
from handoff.console.words import DONE, refusal
from handoff.desk import ActionResult, Outcome, Thread
from handoff.writing import Help

StandsBeside = Callable[[Visit, Thread], Awaitable[Beside | None]]
"""What stands beside a conversation; None when it has gone meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What somebody looks at, as the record has it."""

    change: int
    """The latest change before anything was read: what changes meanwhile is told again, and not missed."""
    thread: Thread | None = None
    wish: Wish = NO_WISH


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the page says of what was done, or of what was not."""

    problem: str = ""
    notice: str = ""
    refused: Refused = field(default_factory=Refused)
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The open conversation as this colleague may see it now, and what helps him with it."""

    thread: Thread | None = None
    revealed: bool = False
    help: Help | None = None
    beside: Beside | None = None


class Board:
    """Reads what is looked at, and shows it."""

    def __init__(
        self,
        frame: Frame,
        queue: QueuePages,
        composing: Composing,
        beside: StandsBeside,
        revealing: Revealing,
    ) -> None:
        self._frame = frame
        self._desk = frame.desk
        self._queue = queue
        self._listing = Listing(frame, queue)
        self._composing = composing
        self._beside = beside
        self._revealing = revealing

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The lists alone, and a conversation among them."""
        return [
            web.get("/desk", self._frame.inside(self._list)),
            web.get("/desk/c/{conversation}", self._frame.inside(self._conversation)),
        ]

    async def _list(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        look = await self.read(None, Wish.of(request.query))
        return await self._looked(request, visit, look, Said(notice=_done(request)))

    async def _conversation(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        conversation = request.match_info["conversation"]
        look = await self.read(conversation, Wish.of(request.query))
        if look.thread is not None:
            return await self._looked(request, visit, look, Said(notice=_done(request)))
        await self._frame.note(visit, "gone", conversation)
        gone = Said(problem=refusal(ActionResult(outcome=Outcome.GONE)), status=404)
        return await self._looked(request, visit, Look(change=look.change), gone)

    async def _looked(self, request: web.Request, visit: Visit, look: Look, said: Said) -> web.StreamResponse:
        """The page for who came to look, and not for what he did: he is there, and his session goes on."""
        if REFRESH not in request.headers:
            await self._queue.here(visit)
        response = await self.show(request, visit, look, said)
        self._queue.remember(request, response)
        return self._frame.keep(request, visit, response)

    async def read(self, conversation: str | None, wish: Wish = NO_WISH) -> Look:
        """A conversation as it stands now, or with None the lists alone."""
        change = await self._desk.latest_change()
        # An id of ours can be printed; a NUL would only upset the database.
        known = conversation is not None and conversation.isprintable()
        thread = await self._desk.thread(conversation, wish.before) if conversation is not None and known else None
        return Look(change=change, thread=thread, wish=wish)

    async def show(self, request: web.Request, visit: Visit, look: Look, said: Said) -> web.Response:
        """The page."""
        opened = await self._open(visit, look.thread, look.wish) if look.thread else Opened()
        await self._frame.note_look(visit, "list_opened", "")  # citizens' last words stand in it
        lists = await self._listing.read(request, visit, look.wish)
        values = {
            **_named(lists),
            **_named(opened),
            **await self._queue.shown(request, visit),
            **said.refused.shown(opened.thread, visit.operator),
        }
        return self._frame.inner_page(
            visit,
            "desk_board.html",
            said.status,
            action=uuid.uuid4().hex,
            now=self._frame.clock(),
            change=look.change,
            wish=look.wish,
            problem=said.problem,
            notice=said.notice,
            **values,
        )

    async def _open(self, visit: Visit, thread: Thread, wish: Wish) -> Opened:
        await self._frame.note_look(visit, "thread_opened", thread.head.conversation_id)
        thread, revealed = await self._revealing.shown(visit, thread, wish.before)
        return Opened(
            thread=thread,
            revealed=revealed,
            help=await self._help(visit, thread, wish),
            beside=await self._beside(visit, thread),
        )

    async def _help(self, visit: Visit, thread: Thread, wish: Wish) -> Help | None:
        """What helps to answer what he said last, also while an earlier page is read."""
        last = thread if wish.before is None else await self._desk.thread(thread.head.conversation_id)
        return await self._composing.help(visit, last) if last else None


def _done(request: web.Request) -> str:
    return DONE.get(request.query.get("done", ""), "")


def _named(values: Lists | Opened) -> Mapping[str, object]:
    """Under the names that the template knows."""
    return {each.name: getattr(values, each.name) for each in fields(values)}
