"""The pages about the people of the desk, put together."""

from collections.abc import Iterable

from aiohttp import web

from handoff.console.frame import Frame
from handoff.console.inspection import InspectionPage
from handoff.console.me import OwnPages
from handoff.console.people_words import FILTERS
from handoff.console.staff import StaffPages


class PeoplePages:
    """One's own account, everybody's accounts, and the audit log."""

    def __init__(self, frame: Frame) -> None:
        frame.teach(FILTERS)
        self._pages = (OwnPages(frame), StaffPages(frame), InspectionPage(frame))

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """What they answer."""
        return [route for page in self._pages for route in page.routes()]
