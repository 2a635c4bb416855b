"""Canned replies at `/desk/replies`: everybody keeps his own; who may curate, those that all share."""

import re
from collections.abc import Iterable

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.console.http import LONGEST_REPLY, clean, read_form, see_other
from handoff.console.words import FORGED
from handoff.desk import Operator
from handoff.people import Right, may
from handoff.tongue import later, say
from handoff.writing import PLACEHOLDERS, SHARED, CannedReply, Kept, Writing

_MARK = re.compile(r"\{([^{}\n]{0,20})\}")
_SHORTCUT = re.compile(r"[\w-]{1,20}\Z")
_LONGEST_TITLE = 40
_DONE = {"kept": later("已保存。"), "dropped": later("已删除。")}
_NOT_YOURS = later("共用常用语由知识库编辑、班长或管理员维护，您可以改存为自己的。")


class ReplyPages:
    """The list with its forms; works without a script."""

    def __init__(self, frame: Frame, writing: Writing) -> None:
        self._frame = frame
        self._writing = writing

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The list, keeping, deleting."""
        return [
            web.get("/desk/replies", self._frame.inside(self._list, Right.LOOK_UP)),
            web.post("/desk/replies", self._frame.inside(self._keep, Right.LOOK_UP)),
            web.post("/desk/replies/delete", self._frame.inside(self._drop, Right.LOOK_UP)),
        ]

    async def _list(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        replies = await self._writing.replies(visit.operator)
        wanted = request.query.get("edit", "")
        typed = next((reply for reply in replies if str(reply.id) == wanted), None)
        if typed is not None and not _may(visit.operator, typed.owner):
            typed = None
        notice = _DONE.get(request.query.get("done", ""), "")
        return self._frame.keep(request, visit, await self._page(visit, typed, notice=notice))

    async def _keep(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        form = await read_form(request)
        if not await self._frame.is_ours(visit, form, "canned"):
            return await self._page(visit, None, problem=FORGED, status=403)
        me = visit.operator
        reply = CannedReply(
            id=_number(form.get("id", "0")),
            version=_number(form.get("version", "0")),
            owner=SHARED if form.get("owner") == "shared" else me.name,
            shortcut=clean(form.get("shortcut", "")).lower(),
            title=clean(form.get("title", "")).replace("\n", " "),
            text=clean(form.get("text", "")),
        )
        if not _may(me, reply.owner):
            await self._frame.note(visit, "canned_refused", str(reply.id))
            return await self._page(visit, reply, problem=say(_NOT_YOURS) + say("没有保存。"), status=403)
        if fault := fault_in(reply):
            return await self._page(visit, reply, problem=fault, status=422)
        match await self._writing.keep(reply):
            case Kept.DONE:
                await self._frame.note(visit, "canned_kept", reply.shortcut)
                return see_other("/desk/replies?done=kept")
            case Kept.DOUBLED:
                problem = say("快捷码 {shortcut} 已有人用，没有保存。请换一个。").format(shortcut=reply.shortcut)
            case Kept.LATE:
                problem = later("这一条刚被别人改过或删除，没有保存。您写的内容仍在下面，可另存为新的。")
                reply = CannedReply(owner=reply.owner, shortcut=reply.shortcut, title=reply.title, text=reply.text)
        return await self._page(visit, reply, problem=problem, status=409)

    async def _drop(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        form = await read_form(request)
        if not await self._frame.is_ours(visit, form, "canned"):
            return await self._page(visit, None, problem=FORGED, status=403)
        me, number = visit.operator, _number(form.get("id", "0"))
        owner = SHARED if form.get("owner") == "shared" else me.name
        if not _may(me, owner):
            await self._frame.note(visit, "canned_refused", str(number))
            return await self._page(visit, None, problem=say(_NOT_YOURS) + say("没有删除。"), status=403)
        if not await self._writing.drop(number, owner):
            return await self._page(visit, None, problem=later("这一条已不在了。"), status=404)
        await self._frame.note(visit, "canned_dropped", str(number))
        return see_other("/desk/replies?done=dropped")

    async def _page(
        self, visit: Visit, typed: CannedReply | None, *, problem: str = "", notice: str = "", status: int = 200
    ) -> web.Response:
        replies = await self._writing.replies(visit.operator)
        return self._frame.inner_page(
            visit,
            "desk_replies.html",
            status,
            shared=[reply for reply in replies if reply.owner == SHARED],
            own=[reply for reply in replies if reply.owner != SHARED],
            typed=typed,
            shares=_may(visit.operator, SHARED),
            placeholders=PLACEHOLDERS,
            longest=LONGEST_REPLY,
            problem=problem,
            notice=notice,
        )


def fault_in(reply: CannedReply) -> str:
    """Why a canned reply cannot be kept, in the operator's words; empty when it can."""
    if not _SHORTCUT.match(reply.shortcut):
        return later("快捷码要 1 到 20 个字母、数字或汉字，中间不空格。没有保存。")
    if not 0 < len(reply.title) <= _LONGEST_TITLE:
        return say("标题要 1 到 {most} 个字。没有保存。").format(most=_LONGEST_TITLE)
    if not 0 < len(reply.text) <= LONGEST_REPLY:
        return say("内容要 1 到 {most} 个字。没有保存。").format(most=LONGEST_REPLY)
    unknown = [name for name in dict.fromkeys(_MARK.findall(reply.text)) if name not in PLACEHOLDERS]
    if unknown:
        named = say("、").join(f"{{{name}}}" for name in unknown)
        known = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        return say("不认识的占位符：{named}。可用的有：{known}。没有保存。").format(named=named, known=known)
    return ""


def _may(operator: Operator, owner: str) -> bool:
    """His own everybody keeps; the shared ones who curates what all say."""
    return may(operator, Right.CURATE) if owner == SHARED else owner == operator.name


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise web.HTTPBadRequest(text=say("表单不完整，请刷新页面后再试。"))
    return int(text)
