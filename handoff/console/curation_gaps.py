"""What citizens asked in vain: made an entry of, or added to one as another wording."""

from collections.abc import Iterable

from aiohttp import web

from handoff.console.curation_list import ListPage
from handoff.console.curation_words import entry_path
from handoff.console.frame import Visit
from handoff.console.http import clean, read_form, see_other
from handoff.library import Ending, Library
from handoff.tongue import later, say

_FOUND = 10
_WORDINGS = 5
"""As many as a group shows."""
_LONGEST = 300


class GapPages:
    """The groups of unanswered questions, and the search for the entry that one of them belongs to."""

    def __init__(self, front: ListPage, library: Library) -> None:
        self._front = front
        self._library = library

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The groups, the search, and the adding."""
        return [
            web.get("/desk/faq/gaps", self._front.looking(self._gaps)),
            web.get("/desk/faq/place", self._front.editing(self._place)),
            web.post("/desk/faq/gaps/variant", self._front.editing(self._add)),
        ]

    async def _gaps(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def _place(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        wording = clean(request.query.get("q", "")).replace("\n", " ")[:_LONGEST]
        search = clean(request.query.get("search", ""))[:_LONGEST]
        found = await self._library.find(search or wording, _FOUND)
        return self._front.page(request, visit, "desk_faq_place.html", 200, wording=wording, search=search, found=found)

    async def _add(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        form = await read_form(request)
        entry_id = form.get("entry", "")
        if not await self._front.is_ours(visit, form, entry_id):
            return await self._front.forged(request, visit)
        typed = (clean(form.get(f"wording{number}", "")).replace("\n", " ") for number in range(_WORDINGS))
        wordings = [wording for wording in typed if wording]
        if not wordings:
            return await self._show(request, visit, later("没有选问法，没有添加。"), 422)
        filed = await self._library.add_variants(entry_id, wordings, visit.operator)
        if filed.ending is Ending.DONE:
            await self._front.note(visit, "faq_variant", f"{entry_id}@{filed.version}")
            return see_other(f"{entry_path(entry_id)}?done=variant")
        await self._front.note(visit, "faq_variant_refused", entry_id)
        match filed.ending:
            case Ending.FAULTY:
                fault = say("没有添加：{fault}。").format(fault=say(filed.faults[0].words))
                return await self._show(request, visit, fault, 422)
            case Ending.LATE:
                late = say("{who} 正在改这个条目，没有添加。请再试一次。").format(who=filed.first)
                return await self._show(request, visit, late, 409)
            case _:
                return await self._show(request, visit, later("没有这个条目，或已撤下，没有添加。"), 404)

    async def _show(
        self, request: web.Request, visit: Visit, problem: str = "", status: int = 200
    ) -> web.StreamResponse:
        await self._front.frame.note_look(visit, "gaps_opened", "")  # they are citizens' own words
        gaps = await self._library.gaps()
        return self._front.page(request, visit, "desk_faq_gaps.html", status, gaps=gaps, problem=problem)
