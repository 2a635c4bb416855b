"""The list of entries, where one searches and filters, and where everything leads back to."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from aiohttp import web

from handoff.console.curation_words import DONE, ONLY_EDITORS
from handoff.console.frame import Answer, Frame, Visit
from handoff.console.http import clean
from handoff.console.words import FORGED
from handoff.library import Library, Mark
from handoff.people import Right, may

_LONGEST_SEARCH = 200


class ListPage:
    """The front page, and the manners that all pages of the knowledge base share."""

    def __init__(self, frame: Frame, library: Library) -> None:
        self.frame = frame
        self._library = library

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The list."""
        return [web.get("/desk/faq", self.looking(self._show))]

    def looking(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Answer those who may read the knowledge base."""
        return self.frame.inside(answer, Right.LOOK_UP)

    def editing(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Answer those who may change the knowledge base; the others are told why not, and it is noted."""

        async def handle(request: web.Request, visit: Visit) -> web.StreamResponse:
            if may_edit(visit):
                return await answer(request, visit)
            await self.note(visit, "faq_refused", request.match_info.get("entry", ""))
            return await self.show(request, visit, problem=ONLY_EDITORS, status=403)

        return self.looking(handle)

    async def is_ours(self, visit: Visit, form: Mapping[str, str], subject: str) -> bool:
        """Whether a form came from a page of ours."""
        return await self.frame.is_ours(visit, form, f"faq {subject}".strip())

    async def forged(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What somebody reads whose form did not come from here."""
        return await self.show(request, visit, problem=FORGED, status=403)

    async def note(self, visit: Visit, action: str, subject: str) -> None:
        """A line in the audit log: ids only."""
        await self.frame.desk.note(visit.operator.name, action, subject)

    def page(self, request: web.Request, visit: Visit, template: str, status: int, **values: object) -> web.Response:
        """A page with what each of them shows: where one is, who may edit, and what was just done."""
        done = DONE.get(request.query.get("done", ""), "")
        shown = {"problem": "", "notice": done, "edits": may_edit(visit), **values}
        return self.frame.keep(request, visit, self.frame.inner_page(visit, template, status, **shown))

    async def show(
        self, request: web.Request, visit: Visit, *, problem: str = "", status: int = 200
    ) -> web.StreamResponse:
        """The list, under what went wrong."""
        search = clean(request.query.get("q", ""))[:_LONGEST_SEARCH]
        mark = _mark(request.query.get("mark", ""))
        listing = await self._library.listing(search, mark, _page(request.query.get("page", "")))
        return self.page(
            request, visit, "desk_faq.html", status, listing=listing, search=search, chosen=mark or "", problem=problem
        )

    async def _show(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self.show(request, visit)


def may_edit(visit: Visit) -> bool:
    """Whether somebody may change the knowledge base."""
    return may(visit.operator, Right.CURATE)


def _mark(name: str) -> Mark | None:
    return Mark(name) if name in frozenset(Mark) else None


def _page(number: str) -> int:
    return int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
