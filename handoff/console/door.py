"""The door of the desk: the login and its second step."""

from collections.abc import Iterable
from math import ceil

from aiohttp import web

from handoff.console.auth import Refused, Session
from handoff.console.frame import LANGUAGE_COOKIE, LEFT, Frame
from handoff.console.http import page_after_login, page_before, read_form, see_other
from handoff.desk import Operator
from handoff.tongue import LANGUAGES, counted, later

_TOO_OLD = later("页面放得太久了，请再登录一次。")
_CHOSEN_SECONDS = 365 * 86400
"""For so long a browser remembers its language; each choice begins it anew."""


class Door:
    """The pages before all others."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._desk = frame.desk
        self._sessions = frame.sessions

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """In, and in which language."""
        return [
            web.get("/desk/login", self._frame.spoken(self._page)),
            web.post("/desk/login", self._frame.spoken(self._enter)),
            web.post("/desk/login/code", self._frame.spoken(self._code)),
            web.post("/desk/language", self._frame.spoken(self._choose_language)),
        ]

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if await self._frame.visit(request):
            raise web.HTTPSeeOther(page_after_login(request.query.get("next", "")))
        left = LEFT in request.query
        return self._show(request, request.query.get("next", ""), expired="expired" in request.query, left=left)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        form = await read_form(request)
        name, onward = form.get("name", "").strip(), form.get("next", "")
        session = self._sessions.read(request)
        if session is None or not self._sessions.csrf_holds(session, form.get("csrf", "")):
            await self._desk.note("", "csrf_refused", "login")
            return self._show(request, onward, name, _TOO_OLD, status=403)
        operator = await self._frame.gate.enter(name, form.get("password", ""), request.remote or "")
        if isinstance(operator, Refused):
            if operator.wait:
                return self._show(request, onward, name, too_often(operator), status=429)
            return self._show(request, onward, name, later("用户名或密码不对。"), status=401)
        if await self._desk.people.second_factor(operator.name) is None:
            return await self._admit(request, operator, onward)
        return self._ask_code(session, operator, onward)

    async def _code(self, request: web.Request) -> web.StreamResponse:
        form = await read_form(request)
        onward, ticket = form.get("next", ""), form.get("halfway", "")
        session = self._sessions.read(request)
        if session is None or not self._sessions.csrf_holds(session, form.get("csrf", "")):
            await self._desk.note("", "csrf_refused", "login")
            return self._show(request, onward, "", _TOO_OLD, status=403)
        operator = await self._desk.operator(ticket.partition("|")[0])
        now = self._frame.clock()
        if operator is None or operator.disabled or not self._sessions.is_halfway(session, operator, ticket, now):
            return self._show(request, onward, "", _TOO_OLD, status=403)
        way = await self._frame.gate.pass_code(operator, form.get("code", ""), request.remote or "")
        if isinstance(way, Refused):
            problem = too_often(way) if way.wait else later("验证码不对，或已经用过。请等下一个验证码。")
            return self._ask_code(session, operator, onward, problem, 429 if way.wait else 401)
        return await self._admit(request, operator, onward, way)

    async def _admit(self, request: web.Request, operator: Operator, onward: str, way: str = "") -> web.Response:
        session = self._sessions.new()
        agent = request.headers.get("User-Agent", "")
        await self._frame.gate.admit(operator, session, request.remote or "", agent, way)
        response = see_other("/desk/me" if operator.temporary else page_after_login(onward))
        self._sessions.write(response, session)
        if operator.language:  # his own choice counts, and not that of whoever sat at this browser before
            self._remember(response, operator.language)
        return response

    async def _choose_language(self, request: web.Request) -> web.StreamResponse:
        """Back to where one was, in another language; a form that no page of ours holds changes nothing."""
        form = await read_form(request)
        session, wanted = self._sessions.read(request), form.get("to", "")
        response = see_other(page_before(request))
        if wanted in LANGUAGES and session and self._sessions.csrf_holds(session, form.get("csrf", "")):
            self._remember(response, wanted)
            if visit := await self._frame.visit(request):
                await self._desk.people.choose_language(visit.operator.name, wanted)
        return response

    def _remember(self, response: web.StreamResponse, language: str) -> None:
        self._sessions.write_word(response, LANGUAGE_COOKIE, language, _CHOSEN_SECONDS)

    def _ask_code(
        self, session: Session, operator: Operator, onward: str, problem: str = "", status: int = 200
    ) -> web.Response:
        return self._frame.page(
            "desk_login_code.html",
            status,
            csrf=self._sessions.csrf(session),
            halfway=self._sessions.halfway(session, operator, self._frame.clock()),
            onward=page_after_login(onward),
            problem=problem,
        )

    def _show(
        self,
        request: web.Request,
        onward: str,
        name: str = "",
        problem: str = "",
        *,
        expired: bool = False,
        left: bool = False,
        status: int = 200,
    ) -> web.Response:
        session = self._sessions.read(request)
        # A session that is over is not good for the form either.
        session = session if session and not session.inside else self._sessions.for_form()
        response = self._frame.page(
            "desk_login.html",
            status,
            csrf=self._sessions.csrf(session),
            onward=page_after_login(onward),
            name=name,
            problem=problem,
            expired=expired,
            left=left,
        )
        self._sessions.write(response, session)
        return response


def too_often(refused: Refused) -> str:
    """How long to wait after too many wrong tries."""
    seconds = refused.wait
    if seconds < 60:
        return counted("错误次数过多，请在 %(n)d 秒后再试。", ceil(seconds))
    return counted("错误次数过多，请在 %(n)d 分钟后再试。", ceil(seconds / 60))
