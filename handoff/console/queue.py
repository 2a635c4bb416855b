"""Acts upon the queue: passing on, whispering, and the sign of life of an open page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.console.http import clean, read_form
from handoff.console.lists import whole
from handoff.desk import ActionKind, Operator
from handoff.people import Right, may
from handoff.queue import Queue
from handoff.tongue import say

BEAT = 15.0
"""Seconds between two questions whether the page is still there; it answers each."""
LONGEST_NOTE = 500
GROUP_COOKIE = "desk_group"
SHOWN_COOKIE = "desk_shown"
AT_ONCE = 200
"""So many who wait are listed, and so many more for each asking: with hundreds a page is drawn in a blink."""
_MOST_PAGES = 50

_FOR_SUPERVISORS = (ActionKind.ASSIGN, ActionKind.WHISPER, ActionKind.PART)


@dataclass(frozen=True, slots=True)
class Given:
    """What a form says beside the act itself; `fault` is why it cannot be done, in the operator's words."""

    note: str = ""
    target: str = ""
    target_name: str = ""
    later: bool = False
    """He is not there: it waits for him in the queue."""
    group: str = ""
    fault: str = ""
    status: int = 422
    """Of the answer to a form with a fault."""
    noted: str = ""
    """What the audit log says of that fault; one that is only mistyped is not noted."""


class QueuePages:
    """Reads the queue's forms, and hears that operators are there."""

    def __init__(self, frame: Frame, queue: Queue) -> None:
        self._frame = frame
        self._queue = queue

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Where open pages say that they are there."""
        return [web.post("/desk/here", self._frame.inside(self._here))]

    async def read(self, kind: ActionKind, form: Mapping[str, str], me: Operator) -> Given:
        """What the form of one of the queue's acts gives."""
        note = clean(form.get("note", ""))
        if kind in _FOR_SUPERVISORS and not may(me, Right.SUPERVISE):
            return Given(
                note=note, fault=say("只有班长可以这样做，您的操作没有生效。"), status=403, noted="role_refused"
            )
        if len(note) > LONGEST_NOTE:
            fault = say("备注有 {count} 字，超过 {most} 字，没有写入。")
            return Given(note=note, fault=fault.format(count=len(note), most=LONGEST_NOTE))
        match kind:
            case ActionKind.WHISPER:
                return Given(note=note, fault="" if note else say("还没有写提示。"))
            case ActionKind.TRANSFER | ActionKind.ASSIGN:
                return await self._passed(kind, form.get("to", ""), note, me)
            case _:
                return Given()

    async def _passed(self, kind: ActionKind, to: str, note: str, me: Operator) -> Given:
        where, _, name = to.partition(":")
        if where == "queue" and kind is ActionKind.TRANSFER:
            return Given(note=note)
        if where == "group" and kind is ActionKind.TRANSFER and name in self._queue.groups:
            return Given(note=note, group=name)
        found = [each for each in await self._queue.colleagues() if where in ("to", "for") and each.name == name]
        if not found:
            return Given(note=note, fault=say("请选择转给谁。"))
        if kind is ActionKind.TRANSFER and name == me.name:
            return Given(note=note, fault=say("会话已经在您手中。"))
        shown = found[0].display_name
        if where == "to" and not found[0].present and name != me.name:
            fault = say("{name} 现在不在线，会话没有转给他。可以放回排队指给他：再按一次就是。").format(name=shown)
            return Given(note=note, fault=fault, status=409)
        return Given(note=note, target=name, target_name=shown, later=where == "for" and name != me.name)

    async def shown(self, request: web.Request, visit: Visit) -> Mapping[str, object]:
        """What the templates show of the queue."""
        return {
            "groups": self._queue.groups,
            "group": self.chosen(request),
            "shown_pages": self.pages(request),
            "at_once": AT_ONCE,
            "colleagues": await self._queue.colleagues(),
            "supervises": may(visit.operator, Right.SUPERVISE),
            "longest_note": LONGEST_NOTE,
        }

    def remember(self, request: web.Request, response: web.StreamResponse) -> None:
        """Keep the group that was chosen, and how much of the list is shown, while he works through the queue."""
        if "group" in request.query:
            response.set_cookie(GROUP_COOKIE, self._index(request), path="/desk", httponly=True, samesite="Strict")
        if "shown" in request.query:
            pages = str(self.pages(request))
            response.set_cookie(SHOWN_COOKIE, pages, path="/desk", httponly=True, samesite="Strict")

    def chosen(self, request: web.Request) -> str:
        """The group whose queue he looks at; empty: all."""
        number = self._index(request)
        return self._queue.groups[int(number)] if number else ""

    def pages(self, request: web.Request) -> int:
        """How many times AT_ONCE of those who wait are listed."""
        asked = whole(request.query.get("shown", request.cookies.get(SHOWN_COOKIE, "")))
        return min(max(1, asked or 1), _MOST_PAGES)

    def _index(self, request: web.Request) -> str:
        """The chosen group by its place in the list, since a cookie holds no Chinese; empty: all."""
        groups = list(self._queue.groups)
        if "group" in request.query:
            group = request.query["group"]
            return str(groups.index(group)) if group in groups else ""
        number = request.cookies.get(GROUP_COOKIE, "")
        return number if number in {str(index) for index in range(len(groups))} else ""

    async def here(self, visit: Visit) -> None:
        """A person looked or acted."""
        await self._queue.here(visit.operator.name)

    async def gone(self, operator: str) -> None:
        """A person logged out."""
        await self._queue.gone(operator)

    async def _here(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        form = await read_form(request)
        if not await self._frame.is_ours(visit, form, "here"):
            raise web.HTTPForbidden(text=say("请刷新页面。"))
        await self.here(visit)
        return web.Response(status=204)
