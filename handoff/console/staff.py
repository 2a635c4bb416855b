"""Accounts at `/desk/people`, for admins: add, change, disable, and help who cannot get in."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from aiohttp import web

from handoff.console.auth import LONGEST_NAME, one_time_password
from handoff.console.frame import Frame, Visit
from handoff.console.http import clean, read_form, see_other
from handoff.console.words import FORGED
from handoff.desk import ROLES, Operator
from handoff.people import ROLE_NAMES, Right
from handoff.tongue import later, say

DONE: Mapping[str, str] = {
    "changed": later("已保存，立即生效。"),
    "disabled": later("已停用，他的登录已全部退出。"),
    "enabled": later("已恢复使用。"),
    "code_reset": later("已取消他的两步验证，下次登录只要密码。"),
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_LONGEST_SHOWN = 20
_GONE = later("没有这个账号，没有生效。")
_OWN = later("不能停用自己、改自己的角色或重置自己的密码，请由另一位管理员操作。")

Work = Callable[[web.Request, Visit, Mapping[str, str]], Awaitable[web.StreamResponse]]
WorkOn = Callable[[web.Request, Visit, Operator, Mapping[str, str]], Awaitable[web.StreamResponse]]


class StaffPages:
    """The list and its forms."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._people = frame.desk.people
        frame.teach({}, role_names=ROLE_NAMES)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """All of it asks for the right to manage people."""
        return [
            web.get("/desk/people", self._frame.inside(self._page, Right.MANAGE)),
            web.post("/desk/people", self._form(self._add)),
            web.post("/desk/people/{name}/change", self._form(self._on(self._change))),
            web.post("/desk/people/{name}/disable", self._form(self._on(self._disable, others_only=True))),
            web.post("/desk/people/{name}/enable", self._form(self._on(self._enable))),
            web.post("/desk/people/{name}/password", self._form(self._on(self._new_password, others_only=True))),
            web.post("/desk/people/{name}/code", self._form(self._on(self._reset_code))),
        ]

    def _form(self, work: Work) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request, visit: Visit) -> web.StreamResponse:
            form = await read_form(request)
            if not await self._frame.is_ours(visit, form, "people"):
                return await self._show(request, visit, problem=FORGED, status=403)
            return await work(request, visit, form)

        return self._frame.inside(answer, Right.MANAGE)

    def _on(self, work: WorkOn, *, others_only: bool = False) -> Work:
        async def answer(request: web.Request, visit: Visit, form: Mapping[str, str]) -> web.StreamResponse:
            name = request.match_info["name"]
            account = await self._frame.desk.operator(name) if name.isprintable() else None
            if account is None:
                await self._frame.note(visit, "account_gone", name)
                return await self._show(request, visit, problem=_GONE, status=404)
            if others_only and account.name == visit.operator.name:
                return await self._refuse(request, visit, account, _OWN, 409)
            return await work(request, visit, account, form)

        return answer

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
        told: tuple[Operator, str] | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> web.Response:
        """The list; `told` is an account with the one-time password that is shown only this once."""
        response = self._frame.inner_page(
            visit,
            "desk_people.html",
            status,
            people=await self._people.people(),
            now=self._frame.clock(),
            problem=problem,
            notice=notice,
            told=told,
            typed=typed or {},
        )
        return self._frame.keep(request, visit, response)

    async def _add(self, request: web.Request, visit: Visit, form: Mapping[str, str]) -> web.StreamResponse:
        name, shown, role = (clean(form.get(field, "")) for field in ("name", "display_name", "role"))
        if fault := _fault_of(name, shown, role):
            return await self._show(request, visit, problem=fault, status=422, typed=form)
        word = one_time_password()
        hashed = await self._frame.gate.hash(word)
        account = Operator(name=name, display_name=shown or name, role=role, password_hash=hashed, temporary=True)
        if not await self._people.add_operator(account):
            problem = say("用户名 {name} 已经有人用了，没有添加。").format(name=name)
            return await self._show(request, visit, problem=problem, status=409, typed=form)
        await self._frame.note(visit, f"account_added_{role}", name)
        return await self._show(request, visit, told=(account, word))

    async def _change(
        self, request: web.Request, visit: Visit, account: Operator, form: Mapping[str, str]
    ) -> web.StreamResponse:
        shown, role = (clean(form.get(field, "")) for field in ("display_name", "role"))
        if fault := _fault_of(account.name, shown, role):
            return await self._refuse(request, visit, account, fault, 422)
        if account.name == visit.operator.name and role != account.role:
            return await self._refuse(request, visit, account, _OWN, 409)
        await self._people.save_operator(replace(account, display_name=shown or account.name, role=role))
        await self._frame.note(visit, f"account_changed_{role}", account.name)
        return see_other("/desk/people?done=changed")

    async def _disable(
        self, _: web.Request, visit: Visit, account: Operator, __: Mapping[str, str]
    ) -> web.StreamResponse:
        await self._people.save_operator(replace(account, disabled=True))
        await self._frame.note(visit, "account_disabled", account.name)
        return see_other("/desk/people?done=disabled")

    async def _enable(
        self, _: web.Request, visit: Visit, account: Operator, __: Mapping[str, str]
    ) -> web.StreamResponse:
        await self._people.save_operator(replace(account, disabled=False))
        await self._frame.note(visit, "account_enabled", account.name)
        return see_other("/desk/people?done=enabled")

    async def _new_password(
        self, request: web.Request, visit: Visit, account: Operator, _: Mapping[str, str]
    ) -> web.StreamResponse:
        word = one_time_password()
        changed = replace(account, password_hash=await self._frame.gate.hash(word), temporary=True)
        await self._people.save_operator(changed)
        await self._frame.note(visit, "password_reset", account.name)
        return await self._show(request, visit, told=(changed, word))

    async def _reset_code(
        self, _: web.Request, visit: Visit, account: Operator, __: Mapping[str, str]
    ) -> web.StreamResponse:
        await self._people.drop_second_factor(account.name)
        await self._frame.note(visit, "code_reset", account.name)
        return see_other("/desk/people?done=code_reset")

    async def _refuse(
        self, request: web.Request, visit: Visit, account: Operator, problem: str, status: int
    ) -> web.Response:
        await self._frame.note(visit, "account_refused", account.name)
        return await self._show(request, visit, problem=problem, status=status)


def _fault_of(name: str, shown: str, role: str) -> str:
    if not _NAME.match(name) or len(name) > LONGEST_NAME:
        return later("用户名只能用字母、数字和 - _ .，以字母或数字开头；姓名可以用中文。")
    if len(shown) > _LONGEST_SHOWN or not shown.isprintable():
        return say("姓名最多 {most} 个字。").format(most=_LONGEST_SHOWN)
    return "" if role in ROLES else later("请选择角色。")
