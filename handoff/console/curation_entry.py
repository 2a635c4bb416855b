"""One entry: its form, what citizens would get with it, and its history."""

from collections.abc import Iterable, Mapping
from dataclasses import fields

from aiohttp import web

from handoff.console.curation_http import LARGEST_DRAFT, draft_from, number
from handoff.console.curation_list import ListPage
from handoff.console.curation_words import CONDITION, entry_path, refusal
from handoff.console.frame import Visit
from handoff.console.http import clean, read_form, see_other
from handoff.library import Draft, Ending, Filed, Library, Rehearsal, Volume
from handoff.tongue import later

_STATUS = {Ending.LATE: 409, Ending.FAULTY: 422, Ending.GONE: 404}
_REFUSED = {Ending.LATE: "faq_late", Ending.FAULTY: "faq_faulty", Ending.GONE: "faq_gone"}
_GONE = later("没有这个条目。")


class EntryPages:
    """Making, changing, trying, withdrawing and restoring an entry."""

    def __init__(self, front: ListPage, library: Library) -> None:
        self._front = front
        self._library = library

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """An entry's page, and that of a new one."""
        editing, entry = self._front.editing, "/desk/faq/e/{entry}"
        return [
            web.get("/desk/faq/new", editing(self._new_page)),
            web.post("/desk/faq/new", editing(self._make)),
            web.get(entry, self._front.looking(self._entry_page)),
            web.post(entry, editing(self._change)),
            web.post(f"{entry}/withdraw", editing(self._withdraw)),
            web.post(f"{entry}/restore", editing(self._restore)),
        ]

    # A new one

    async def _new_page(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        question = clean(request.query.get("q", ""))
        draft = Draft(question=question.replace("\n", " "))
        return self._show(request, visit, None, draft, asked=question)

    async def _make(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        form = await read_form(request, LARGEST_DRAFT)
        if not await self._front.is_ours(visit, form, "new"):
            return await self._front.forged(request, visit)
        draft = draft_from(form)
        if form.get("do") == "preview":
            return await self._preview(request, visit, None, draft, form)
        filed = await self._library.add(draft, visit.operator)
        if filed.ending is Ending.DONE:
            await self._front.note(visit, "faq_made", _id_of(filed))
            return see_other(f"{entry_path(filed.entry_id)}?done=made")
        await self._front.note(visit, _REFUSED[filed.ending], filed.entry_id)
        return self._show(request, visit, None, draft, filed=filed, status=_STATUS[filed.ending])

    # One that is there

    async def _entry_page(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        volume = await self._volume(request)
        if volume is None:
            return await self._front.show(request, visit, problem=_GONE, status=404)
        return self._show(request, visit, volume, volume.draft, version=volume.version)

    async def _change(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        form = await read_form(request, LARGEST_DRAFT)
        entry_id = request.match_info["entry"]
        if not await self._front.is_ours(visit, form, entry_id):
            return await self._front.forged(request, visit)
        draft, version = draft_from(form, entry_id), number(form, "version")
        if form.get("do") == "preview":
            return await self._preview(request, visit, await self._volume(request), draft, form, version)
        filed = await self._library.keep(draft, version, visit.operator)
        return await self._told(request, visit, filed, "saved", draft)

    async def _withdraw(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        form = await read_form(request)
        entry_id = request.match_info["entry"]
        if not await self._front.is_ours(visit, form, entry_id):
            return await self._front.forged(request, visit)
        filed = await self._library.withdraw(entry_id, number(form, "version"), visit.operator)
        return await self._told(request, visit, filed, "withdrawn")

    async def _restore(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        form = await read_form(request)
        entry_id = request.match_info["entry"]
        if not await self._front.is_ours(visit, form, entry_id):
            return await self._front.forged(request, visit)
        wanted, version = number(form, "wanted"), number(form, "version")
        filed = await self._library.restore(entry_id, wanted, version, visit.operator)
        return await self._told(request, visit, filed, "restored")

    async def _told(
        self, request: web.Request, visit: Visit, filed: Filed, done: str, draft: Draft | None = None
    ) -> web.StreamResponse:
        """What became of a change; what was typed is kept when it had no effect."""
        if filed.ending is Ending.DONE:
            await self._front.note(visit, f"faq_{done}", _id_of(filed))
            return see_other(f"{entry_path(filed.entry_id)}?done={done}")
        await self._front.note(visit, _REFUSED[filed.ending], _id_of(filed))
        volume = await self._volume(request)
        if volume is None:
            return await self._front.show(request, visit, problem=_GONE, status=404)
        # From a late form one goes on upon the newest version, having been shown what is in it.
        version = volume.version
        typed = draft or volume.draft
        status = _STATUS[filed.ending]
        return self._show(request, visit, volume, typed, version=version, filed=filed, status=status)

    async def _preview(
        self,
        request: web.Request,
        visit: Visit,
        volume: Volume | None,
        draft: Draft,
        form: Mapping[str, str],
        version: int = 0,
    ) -> web.StreamResponse:
        asked = clean(form.get("asked", ""))
        shown = await self._library.rehearse(draft, asked)
        return self._show(request, visit, volume, draft, version=version, asked=asked, rehearsal=shown)

    async def _volume(self, request: web.Request) -> Volume | None:
        entry_id = request.match_info["entry"]
        # An id of ours can be printed; a NUL would only upset the database.
        return await self._library.volume(entry_id) if entry_id.isprintable() else None

    def _show(
        self,
        request: web.Request,
        visit: Visit,
        volume: Volume | None,
        draft: Draft,
        *,
        version: int = 0,
        filed: Filed | None = None,
        asked: str = "",
        rehearsal: Rehearsal | None = None,
        status: int = 200,
    ) -> web.Response:
        faults = (filed.faults if filed else ()) + (rehearsal.faults if rehearsal else ())
        late = filed is not None and filed.ending is Ending.LATE
        return self._front.page(
            request,
            visit,
            "desk_faq_entry.html",
            status,
            volume=volume,
            draft=draft,
            version=version,
            asked=asked,
            rehearsal=rehearsal,
            example=CONDITION,
            faults={fault.field: fault.words for fault in reversed(faults)},
            theirs=_differing(volume.draft, draft) if volume and late else {},
            problem=refusal(filed) if filed else "",
        )


def _differing(theirs: Draft, typed: Draft) -> Mapping[str, str]:
    """By field what stands there now, where it is not what was typed."""
    names = [field.name for field in fields(Draft)]
    return {name: getattr(theirs, name) for name in names if getattr(theirs, name) != getattr(typed, name)}


def _id_of(filed: Filed) -> str:
    return f"{filed.entry_id}@{filed.version}"
