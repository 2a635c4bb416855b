"""The clerk's pages of the built-in case system: the list, a ticket, and the forms for its next steps."""

import base64
import binascii
import hashlib
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
from aiohttp import web

from handoff.clock import CHINA
from handoff.errors import CaseSystemUnavailable, StepRefused
from handoff.sandbox_store import Held, SandboxStore
from handoff.schemas import field_names
from handoff.states import StateTable, Step, Who
from handoff.ticket import StatusUpdate, TicketStatus

TakeStep = Callable[[StatusUpdate], Awaitable[bool]]

_log = logging.getLogger(__name__)
_ROOM = Path(__file__).parent
_COOKIE = "suda_sandbox"
_DONE = frozenset(
    {
        TicketStatus.ANSWERED_DIRECTLY,
        TicketStatus.REJECTED_OUT_OF_SCOPE,
        TicketStatus.RESOLVED,
        TicketStatus.CALLED_BACK,
        TicketStatus.RATED,
        TicketStatus.MERGED_INTO,
        TicketStatus.WITHDRAWN,
        TicketStatus.ARCHIVED,
    }
)
_LISTS: Mapping[str, tuple[str, tuple[TicketStatus, ...]]] = {
    "open": ("待办", tuple(status for status in TicketStatus if status not in _DONE)),
    "done": ("已办", tuple(status for status in TicketStatus if status in _DONE)),
    "all": ("全部", tuple(TicketStatus)),
}
_ASKED: Mapping[str, str] = {
    "text": "告诉市民的话",
    "unit": "承办单位",
    "reason": "原因",
    "legal_basis": "依据",
    "promised_date": "日期",
    "merged_into": "并入的工单编号",
}
_LONGEST = 4000
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' https: http:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SandboxPage:
    """Server-rendered, without a script; every step that it offers comes from the state table."""

    def __init__(
        self,
        store: SandboxStore,
        table: StateTable,
        take_step: TakeStep,
        login: tuple[str, str] | None,
        now: Callable[[], float],
        units: Sequence[str] = (),
    ) -> None:
        self._units = units
        self._store = store
        self._table = table
        self._take_step = take_step
        self._login = login
        self._now = now
        self._key = secrets.token_bytes(32)
        self._pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_ROOM / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages.filters["moment"] = _moment
        self._pages.filters["link"] = _safe_link
        self._names = field_names()

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The pages, each behind the door."""
        return [
            web.get("/sandbox", self._guarded(self._show_list)),
            web.get("/sandbox/sandbox.css", self._guarded(self._show_style)),
            web.get("/sandbox/tickets/{ticket_no}", self._guarded(self._show_ticket)),
            web.post("/sandbox/tickets/{ticket_no}", self._guarded(self._post_step)),
        ]

    def _guarded(self, handler: _Handler) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            refusal = self._refuse(request)
            try:
                response = refusal if refusal is not None else await handler(request)
            except CaseSystemUnavailable:
                _log.exception("the sandbox could not answer")
                response = web.Response(status=503, text="沙盒的数据库暂时不能读写，请稍后重试。")
            response.headers.update(_HEADERS)
            return response

        return handle

    def _refuse(self, request: web.Request) -> web.Response | None:
        if self._login is None:
            return None if _is_local(request) else web.Response(status=403, text=_NOT_LOCAL)
        if _logged_in(request, self._login):
            return None
        challenge = {"WWW-Authenticate": 'Basic realm="suda sandbox", charset="UTF-8"'}
        return web.Response(status=401, text="请先登录。", headers=challenge)

    async def _show_list(self, request: web.Request) -> web.StreamResponse:
        chosen = request.query.get("list", "open")
        if chosen not in _LISTS:
            chosen = "open"
        tickets = await self._store.list(_LISTS[chosen][1])
        lists = [(key, name) for key, (name, _) in _LISTS.items()]
        return self._render(request, "sandbox_list.html", {"tickets": tickets, "lists": lists, "chosen": chosen})

    async def _show_style(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_ROOM / "static" / "sandbox.css")

    async def _show_ticket(self, request: web.Request) -> web.StreamResponse:
        held = await self._store.held(request.match_info["ticket_no"])
        if held is None:
            return web.Response(status=404, text="没有这个工单。")
        return await self._render_ticket(request, held)

    async def _post_step(self, request: web.Request) -> web.StreamResponse:
        ticket_no = request.match_info["ticket_no"]
        form = await request.post()
        if not hmac.compare_digest(_word(form, "token").encode(), self._token(request).encode()):
            return web.Response(status=403, text="页面已过期，请返回并刷新后重试。")
        held = await self._store.held(ticket_no)
        if held is None:
            return web.Response(status=404, text="没有这个工单。")
        step = self._find_step(held, _word(form, "status"))
        if step is None or _word(form, "seen") != str(len(held.ticket.history)):
            return await self._render_ticket(request, held, faults=["工单的状态刚刚变了，请看过再操作。"], status=409)
        values = {name: _word(form, name) for name in (*step.asks, *step.may_ask)}
        faults = _find_faults(step, values)
        if faults:
            return await self._render_ticket(request, held, faults, step.target, values, 422)
        try:
            await self._take_step(self._update(held, step.target, values))
        except StepRefused:
            return await self._render_ticket(request, held, faults=["工单的状态刚刚变了，请看过再操作。"], status=409)
        raise web.HTTPSeeOther(f"/sandbox/tickets/{ticket_no}", headers=_HEADERS)

    def _find_step(self, held: Held, target: str) -> Step | None:
        steps = self._table.allowed(held.ticket.status, Who.CLERK)
        return next((step for step in steps if step.target == target), None)

    def _update(self, held: Held, target: TicketStatus, values: Mapping[str, str]) -> StatusUpdate:
        ticket = held.ticket
        return StatusUpdate(
            # Numbered by what the clerk saw, so that a form sent twice is one step.
            event_id=f"sandbox:{ticket.ticket_no}:{len(ticket.history) + 1}",
            ticket_no=ticket.ticket_no,
            external_no=ticket.external_no,
            status=target,
            at=datetime.fromtimestamp(self._now(), CHINA).isoformat(timespec="seconds"),
            actor=self._login[0] if self._login else "sandbox",
            unit=values.get("unit", ""),
            text=values.get("text", ""),
            reason=values.get("reason", ""),
            legal_basis=values.get("legal_basis", ""),
            promised_date=values.get("promised_date", ""),
            merged_into=values.get("merged_into", ""),
        )

    async def _render_ticket(
        self,
        request: web.Request,
        held: Held,
        faults: Iterable[str] = (),
        opened: str = "",
        values: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> web.Response:
        context = {
            "held": held,
            "ticket": held.ticket,
            "steps": self._table.allowed(held.ticket.status, Who.CLERK),
            "timeline": await self._store.timeline(held.ticket.ticket_no),
            "names": self._names["Ticket"],
            "asked": _ASKED,
            "units": self._units,
            "faults": list(faults),
            "opened": opened,
            "values": values or {},
            "today": datetime.fromtimestamp(self._now(), CHINA).date().isoformat(),
        }
        return self._render(request, "sandbox_ticket.html", context, status)

    def _render(
        self, request: web.Request, template: str, context: Mapping[str, object], status: int = 200
    ) -> web.Response:
        cookie = request.cookies.get(_COOKIE) or secrets.token_urlsafe(24)
        text = self._pages.get_template(template).render(
            label=self._table.label, token=self._token_for(cookie), **context
        )
        response = web.Response(text=text, content_type="text/html", status=status)
        response.set_cookie(
            _COOKIE, cookie, path="/sandbox", httponly=True, samesite="Strict", secure=request.scheme == "https"
        )
        return response

    def _token(self, request: web.Request) -> str:
        cookie = request.cookies.get(_COOKIE, "")
        # Without a cookie no form can have come from a page of ours: compare with what nobody can know.
        return self._token_for(cookie or secrets.token_urlsafe(24))

    def _token_for(self, cookie: str) -> str:
        return hmac.new(self._key, cookie.encode(), hashlib.sha256).hexdigest()


_NOT_LOCAL = "沙盒办件页只能在本机打开。要从别处打开，请为它设置登录名和密码。"


def _is_local(request: web.Request) -> bool:
    """From this machine, asked for by a name of this machine, and not handed on by a proxy for somebody else."""
    if any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP")):
        return False
    # A page elsewhere can point its own name at 127.0.0.1; then the Host still gives it away.
    host = urlsplit(f"//{request.host}").hostname or ""
    return _is_loopback(request.remote or "") and (host == "localhost" or _is_loopback(host))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _logged_in(request: web.Request, login: tuple[str, str]) -> bool:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        given = b""
    return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(":".join(login).encode()).digest())


def _word(form: Mapping[str, object], name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _find_faults(step: Step, values: Mapping[str, str]) -> list[str]:
    faults = [f"请填写“{_ASKED[name]}”。" for name in step.asks if not values[name]]
    faults.extend(f"“{_ASKED[name]}”太长了。" for name, value in values.items() if len(value) > _LONGEST)
    try:
        date.fromisoformat(values.get("promised_date") or "2000-01-01")
    except ValueError:
        faults.append("日期要写成 2026-11-30 这样。")
    words = values.get("text", "") + values.get("reason", "")
    faults.extend(
        f"“{vague}”没有说清时间，请写明日期。"
        for vague in ("近期", "尽快", "即将")
        if vague in words and not values.get("promised_date")
    )
    return faults


def _moment(value: str | float) -> str:
    """A time as a clerk reads it: 11月23日 17:20."""
    moment = datetime.fromtimestamp(value, CHINA) if isinstance(value, float) else datetime.fromisoformat(value)
    moment = moment.astimezone(CHINA)
    return f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M}"


def _safe_link(url: str) -> str:
    """A link that may stand on the page; anything but a web address is left out."""
    parts = urlsplit(url)
    local = not parts.scheme and not parts.netloc and url.startswith("/")
    return url if parts.scheme in ("http", "https") or local else ""
