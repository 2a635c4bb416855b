"""Tables in and out: shown before anything of them is in force, and taken in whole or not at all."""

from collections.abc import Iterable

from aiohttp import web

from handoff.console.curation_http import TooLarge, read_upload
from handoff.console.curation_list import ListPage
from handoff.console.frame import Visit
from handoff.console.http import read_form, see_other
from handoff.library import Ending, Library, Parcel
from handoff.tongue import counted, later, say

_TYPES = {
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class TablePages:
    """Upload, confirmation and download."""

    def __init__(self, front: ListPage, library: Library) -> None:
        self._front = front
        self._library = library

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The page, its two forms, and the files."""
        editing = self._front.editing
        return [
            web.get("/desk/faq/import", editing(self._page)),
            web.post("/desk/faq/import", editing(self._unpack)),
            web.post("/desk/faq/import/confirm", editing(self._take_in)),
            web.get("/desk/faq/export/{name}", self._front.looking(self._export)),
        ]

    async def _page(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return self._show(request, visit)

    async def _unpack(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            upload = await read_upload(request)
        except TooLarge:
            await self._front.note(visit, "faq_import_refused", "too large")
            return self._show(request, visit, problem=later("文件超过 5 MB，没有导入。请分成几个。"), status=413)
        if not await self._front.is_ours(visit, {"csrf": upload.csrf}, "import"):
            return await self._front.forged(request, visit)
        if not upload.content:
            return self._show(request, visit, problem=later("没有选文件，或文件是空的。"), status=422)
        parcel = await self._library.unpack(upload.name, upload.content, visit.operator)
        if parcel.faults:
            await self._front.note(visit, "faq_import_refused", f"{len(parcel.faults)} faults")
            problem = counted("有 %(n)d 处要改，一条也没有导入。", len(parcel.faults))
            return self._show(request, visit, parcel, problem=problem, status=422)
        return self._show(request, visit, parcel)

    async def _take_in(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        form = await read_form(request)
        token = form.get("token", "")
        if not await self._front.is_ours(visit, form, "import"):
            return await self._front.forged(request, visit)
        taken = await self._library.take_in(token, visit.operator)
        if taken.ending is Ending.DONE:
            await self._front.note(visit, "faq_imported", token)
            return see_other("/desk/faq?done=imported")
        await self._front.note(visit, "faq_import_refused", "late" if taken.ending is Ending.LATE else "gone")
        if taken.ending is Ending.LATE:
            problem = say("{who} 在您查看之后改了其中的条目，一条也没有导入。请按下面的新对照再确认。").format(
                who=taken.first or say("别人")
            )
            return self._show(request, visit, taken.parcel, problem=problem, status=409)
        return self._show(request, visit, problem=later("这个文件已经导入过，或要重新上传。"), status=404)

    async def _export(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        stem, _, ending = request.match_info["name"].rpartition(".")
        if stem != "faq" or ending not in _TYPES:
            raise web.HTTPNotFound
        content = await self._library.export(ending)
        await self._front.note(visit, "faq_exported", ending)
        headers = {
            "Content-Disposition": f'attachment; filename="faq.{ending}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return web.Response(body=content, content_type=_TYPES[ending], headers=headers)

    def _show(
        self,
        request: web.Request,
        visit: Visit,
        parcel: Parcel | None = None,
        *,
        problem: str = "",
        status: int = 200,
    ) -> web.Response:
        return self._front.page(request, visit, "desk_faq_import.html", status, parcel=parcel, problem=problem)
