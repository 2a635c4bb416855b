"""The knowledge base at `/desk/faq`: the pages that its keepers work with, put together."""

from collections.abc import Iterable

from aiohttp import web

from handoff.console.curation_entry import EntryPages
from handoff.console.curation_gaps import GapPages
from handoff.console.curation_list import ListPage
from handoff.console.curation_table import TablePages
from handoff.console.curation_words import FILTERS, list_path
from handoff.console.frame import Frame
from handoff.library import Library


class Curation:
    """The pages over a `Library`, in the frame of the desk."""

    def __init__(self, frame: Frame, library: Library) -> None:
        frame.teach(FILTERS, list_path=list_path)
        front = ListPage(frame, library)
        self._pages = (front, EntryPages(front, library), GapPages(front, library), TablePages(front, library))

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Everybody at the desk may look; what changes something asks for an editor."""
        return [route for page in self._pages for route in page.routes()]
