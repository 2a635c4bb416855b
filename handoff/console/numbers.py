"""The supervisor's page at `/desk/numbers`: how it stands, how it went, and what is owed to citizens."""

from collections.abc import Iterable

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.console.numbers_words import (
    BEFORE,
    FILTERS,
    GRADES,
    PERIODS,
    WHOLE_BEFORE,
    as_csv,
    by_kind,
    content,
    share,
)
from handoff.numbers import KINDS, Numbers, Report
from handoff.people import Right
from handoff.tongue import say

_SHOWN = 10
"""So many of each kind of overdue things, until somebody asks for all of a kind."""


class NumbersPages:
    """The page over `Numbers`, in the frame of the desk."""

    def __init__(self, frame: Frame, numbers: Numbers) -> None:
        self._frame = frame
        self._numbers = numbers
        frame.teach(FILTERS, share=share, content=content)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """For who supervises."""
        return [
            web.get("/desk/numbers", self._frame.inside(self._page, Right.SUPERVISE)),
            web.get("/desk/numbers/figures.csv", self._frame.inside(self._csv, Right.SUPERVISE)),
        ]

    async def _page(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        report = await self._report(request)
        kind = request.query.get("kind", "")
        all_of = kind if kind in KINDS else ""
        overdue = [
            (kind, count, ends if kind == all_of else ends[:_SHOWN])
            for kind, count, ends in by_kind(report)
            if all_of in ("", kind)
        ]
        page = self._frame.inner_page(
            visit,
            "desk_numbers.html",
            report=report,
            overdue=overdue,
            owed=sum(report.loose.counts.values()),
            all_of=all_of,
            periods=PERIODS,
            period_word=say(PERIODS[report.period]),
            before_word=say(BEFORE[report.period]),
            whole_before=say(WHOLE_BEFORE[report.period]),
            grades=GRADES,
        )
        return self._frame.keep(request, visit, page)

    async def _csv(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        report = await self._report(request)
        await self._frame.note(visit, "numbers_exported", report.period)
        name = f"suda-{report.period}-{report.at:.0f}.csv"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=as_csv(report), content_type="text/csv", charset="utf-8", headers=headers)

    async def _report(self, request: web.Request) -> Report:
        period = request.query.get("period", "day")
        return await self._numbers.report(period if period in PERIODS else "day")
