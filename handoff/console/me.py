"""One's own account at `/desk/me`: password, second factor, and where one is logged in."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from aiohttp import web

from handoff.console.auth import Refused, fault_of_password
from handoff.console.door import too_often
from handoff.console.frame import Frame, Visit
from handoff.console.http import read_form, see_other
from handoff.console.second_factor import Offer
from handoff.console.words import FORGED
from handoff.tongue import later

DONE: Mapping[str, str] = {
    "password": later("密码已修改。其他地方的登录都已退出。"),
    "off": later("两步验证已关闭。"),
    "ended": later("已退出那个登录。"),
}
_WRONG = later("当前密码不对，没有生效。")

Work = Callable[[web.Request, Visit, Mapping[str, str]], Awaitable[web.StreamResponse]]


class OwnPages:
    """Everybody inside may do this, for himself."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._people = frame.desk.people

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The page and its forms."""
        return [
            web.get("/desk/me", self._frame.inside(self._page, None)),
            web.post("/desk/me/password", self._form(self._change_password)),
            web.post("/desk/me/code", self._form(self._offer_code)),
            web.post("/desk/me/code/on", self._form(self._switch_on)),
            web.post("/desk/me/code/off", self._form(self._switch_off)),
            web.post("/desk/me/sessions/end", self._form(self._end_session)),
        ]

    def _form(self, work: Work) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request, visit: Visit) -> web.StreamResponse:
            form = await read_form(request)
            if not await self._frame.is_ours(visit, form, "me"):
                return await self._show(request, visit, problem=FORGED, status=403)
            return await work(request, visit, form)

        return self._frame.inside(answer, None)

    async def _page(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit, notice=DONE.get(request.query.get("done", ""), ""))

    async def _show(
        self,
        request: web.Request,
        visit: Visit,
        *,
        problem: str = "",
        notice: str = "",
        status: int = 200,
        offer: Offer | None = None,
        recovery: Sequence[str] = (),
    ) -> web.Response:
        me = visit.operator
        response = self._frame.inner_page(
            visit,
            "desk_me.html",
            status,
            armed=await self._people.second_factor(me.name) is not None,
            sessions=await self._people.sessions(me.name),
            here=visit.session.key,
            problem=problem,
            notice=notice,
            offer=offer,
            recovery=recovery,
        )
        return self._frame.keep(request, visit, response)

    async def _change_password(self, request: web.Request, visit: Visit, form: Mapping[str, str]) -> web.StreamResponse:
        me, old, new = visit.operator, form.get("old", ""), form.get("new", "")
        if (refused := await self._doubt(request, visit, old)) is not None:
            return refused
        if fault := fault_of_password(new, form.get("again", ""), known=(old, me.name)):
            return await self._show(request, visit, problem=fault, status=422)
        changed = replace(me, password_hash=await self._frame.gate.hash(new), temporary=False)
        await self._people.save_operator(changed)
        await self._frame.note(visit, "password_changed", me.name)
        # All sessions ended with the old password, this one too: it goes on under a new id.
        session = self._frame.sessions.new()
        agent = request.headers.get("User-Agent", "")
        await self._frame.gate.admit(changed, session, request.remote or "", agent, "new_password")
        response = see_other("/desk/me?done=password" if not me.temporary else "/desk")
        self._frame.sessions.write(response, session)
        return response

    async def _offer_code(self, request: web.Request, visit: Visit, form: Mapping[str, str]) -> web.StreamResponse:
        if (refused := await self._doubt(request, visit, form.get("old", ""))) is not None:
            return refused
        return await self._show(request, visit, offer=self._frame.factors.offer(visit.operator.name))

    async def _switch_on(self, request: web.Request, visit: Visit, form: Mapping[str, str]) -> web.StreamResponse:
        me, sealed = visit.operator, form.get("offer", "")
        codes = await self._frame.factors.switch_on(me.name, sealed, form.get("code", ""))
        if not codes:
            await self._frame.note(visit, "code_failed", me.name)
            offer = self._frame.factors.offer(me.name, sealed)
            problem = later("验证码不对，两步验证还没有开启。请核对手机时间后再输入新的验证码。")
            return await self._show(request, visit, problem=problem, status=422, offer=offer)
        await self._frame.note(visit, "code_on", me.name)
        return await self._show(request, visit, notice=later("两步验证已开启。"), recovery=codes)

    async def _switch_off(self, request: web.Request, visit: Visit, form: Mapping[str, str]) -> web.StreamResponse:
        if (refused := await self._doubt(request, visit, form.get("old", ""))) is not None:
            return refused
        await self._people.drop_second_factor(visit.operator.name)
        await self._frame.note(visit, "code_off", visit.operator.name)
        return see_other("/desk/me?done=off")

    async def _end_session(self, _: web.Request, visit: Visit, form: Mapping[str, str]) -> web.StreamResponse:
        if await self._people.end_session(visit.operator.name, form.get("key", "")):
            await self._frame.note(visit, "session_ended", visit.operator.name)
        return see_other("/desk/me?done=ended")

    async def _doubt(self, request: web.Request, visit: Visit, password: str) -> web.Response | None:
        """Why nothing happens: whoever sits at an open desk must know the password for this."""
        known = await self._frame.gate.knows(visit.operator, password)
        if isinstance(known, Refused):
            return await self._show(request, visit, problem=too_often(known), status=429)
        return None if known else await self._show(request, visit, problem=_WRONG, status=401)
