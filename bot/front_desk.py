"""Everything that answers under /desk, put together: what stands behind the pages, and the pages."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from bot.city import City
from bot.config import DeskSettings
from bot.curation.desk import KnowledgeDesk
from bot.desk.categories import CategorySearch
from bot.desk.change_feed import ChangeFeed
from bot.desk.drafting import DraftDesk
from bot.desk.numbers import NumbersDesk
from bot.desk.places import PlaceDesk
from bot.desk.queue import DeskQueue
from bot.desk.typing import Typing
from bot.desk.window import Windows
from bot.desk.writing import WritingDesk
from bot.inbox import Inbox
from bot.knowledge_watch import KnowledgeWatch
from bot.media import MediaShelf
from bot.mind import Mind
from bot.operator_desk import OperatorDesk
from bot.storage.base import Storage
from bot.storage.figures import Patience
from handoff.console.composing import Composing
from handoff.console.console import Console
from handoff.console.curation import Curation
from handoff.console.drafting import DraftPages
from handoff.console.frame import Frame
from handoff.console.live import Live
from handoff.console.numbers import NumbersPages
from handoff.console.people import PeoplePages
from handoff.console.queue import QueuePages
from handoff.console.replies import ReplyPages
from handoff.console.words import Waits


@dataclass(frozen=True, slots=True, kw_only=True)
class BehindDesk:
    """What the desk stands on."""

    storage: Storage
    inbox: Inbox
    shelf: MediaShelf
    city: City
    mind: Mind
    watch: KnowledgeWatch
    feed: ChangeFeed
    typing: Typing
    windows: Windows
    queue: DeskQueue


class FrontDesk:
    """The desk of one node."""

    def __init__(self, settings: DeskSettings, behind: BehindDesk, *, secret: bytes, secure: bool) -> None:
        """`secret` signs sessions and forms; `secure`: only browsers on https send the session's cookie."""
        self._settings = settings
        self._behind = behind
        self.desk = self._make_desk()
        self.writing = self._make_writing()
        frame = Frame(self.desk, secret, secure, behind.city.hotline_name)
        composing = Composing(frame, self.writing, secret)
        drafts = DraftPages(frame, self._make_drafting())
        waits = Waits(settings.wait_long, settings.wait_late)
        queue = QueuePages(frame, behind.queue)
        self._live = Live(frame)
        self._pages = (
            frame,
            Console(frame, behind.shelf.read, queue, composing, drafts.beside, waits),
            self._live,
            drafts,
            composing,
            ReplyPages(frame, self.writing),
            Curation(frame, self._make_library()),
            NumbersPages(frame, self._make_numbers()),
            PeoplePages(frame),
        )

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """All pages of the desk."""
        return [route for page in self._pages for route in page.routes()]

    async def start(self) -> None:
        """Lay in what the desk begins with."""
        await self.writing.start()

    async def hang_up(self) -> None:
        """End the live connections, which would otherwise hold up the server's stop."""
        await self._live.stop()

    def _make_desk(self) -> OperatorDesk:
        behind = self._behind
        return OperatorDesk(
            behind.storage,
            behind.inbox,
            states=behind.mind.states,
            clock=time.time,
            changes=behind.feed.follow,
        )

    def _make_writing(self) -> WritingDesk:
        behind, mind = self._behind, self._behind.mind
        return WritingDesk(
            behind.storage,
            mind.knowledge_base,
            behind.shelf,
            behind.typing,
            read=lambda words: mind.interpreter.parse(words),
            window=behind.windows.of,
            today=mind.today,
            hotline=behind.city.hotline,
        )

    def _make_drafting(self) -> DraftDesk:
        mind, interpreter = self._behind.mind, self._behind.mind.interpreter
        return DraftDesk(
            self._behind.storage,
            read=mind.reader.read,
            categories=CategorySearch(interpreter.taxonomy),
            places=PlaceDesk(interpreter.gazetteer, mind.reader.read),
            needs_place=mind.rules.needs_place,
            states=mind.states,
            timezone=self._behind.city.timezone,
            clock=time.time,
        )

    def _make_library(self) -> KnowledgeDesk:
        behind, mind = self._behind, self._behind.mind
        return KnowledgeDesk(
            behind.storage,
            mind.knowledge_base,
            refresh=behind.watch.refresh,
            rehearse=mind.rehearse,
            today=mind.today,
            clock=time.time,
            districts=behind.city.districts,
        )

    def _make_numbers(self) -> NumbersDesk:
        overdue = self._settings
        patience = Patience(bot=overdue.unhandled, waiting=overdue.waiting, held=overdue.unanswered)
        return NumbersDesk(self._behind.storage, states=self._behind.mind.states, clock=time.time, patience=patience)
