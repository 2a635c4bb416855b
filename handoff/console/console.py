"""All that an operator's desk answers about conversations, put together: the door, the pages, the acts, the files."""

from collections.abc import Iterable

from aiohttp import web

from handoff.console.acting import Acting
from handoff.console.board import Board, StandsBeside
from handoff.console.composing import Composing
from handoff.console.door import Door
from handoff.console.files import Files, ReadMedia
from handoff.console.frame import Frame
from handoff.console.http import LONGEST_REPLY
from handoff.console.leaving import Leaving
from handoff.console.queue import QueuePages
from handoff.console.reveal import Revealing
from handoff.console.words import FILTERS, KINDS, USUAL, Waits


class Console:
    """The web console over a `Desk`, the one of its frame."""

    def __init__(
        self,
        frame: Frame,
        media: ReadMedia,
        queue: QueuePages,
        composing: Composing,
        beside: StandsBeside,
        waits: Waits = USUAL,
    ) -> None:
        """`composing` helps to write and looks at what was written; `waits` says which waits stand out."""
        revealing = Revealing(frame)
        board = Board(frame, queue, composing, beside, revealing)
        acting, files = Acting(frame, queue, board, composing), Files(frame, media)
        self._parts = (Door(frame), Leaving(frame, queue.gone), revealing, board, queue, acting, files)
        frame.teach({**FILTERS, "patience": waits.of}, marks_of_waits=waits, kinds=KINDS, longest_reply=LONGEST_REPLY)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """What the desk answers; everything but the login asks for a session."""
        return [route for part in self._parts for route in part.routes()]
