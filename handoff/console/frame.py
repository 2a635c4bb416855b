"""What all pages of the desk stand in: who looks, through which session, in which layout."""

import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from handoff.console.auth import COOKIE, Session, Sessions
from handoff.console.http import PAGE_HEADERS, page_after_login
from handoff.desk import ActionKind, Desk, Operator
from handoff.numbers import READERS

REFRESH = "X-Desk-Refresh"
"""Marks what a page fetches of its own accord: it does not count as the operator being there."""

_HERE = Path(__file__).parent
_STATIC = {
    "desk.css": "text/css",
    "desk-faq.css": "text/css",
    "desk-writing.css": "text/css",
    "desk.js": "text/javascript",
    "desk-writing.js": "text/javascript",
    "desk-faq.js": "text/javascript",
    "desk-alerts.js": "text/javascript",
    "vendor/idiomorph-0.7.4.min.js": "text/javascript",
    "desk-shade.js": "text/javascript",
    "desk-numbers.css": "text/css",
    "desk-numbers.js": "text/javascript",
    "vendor/uPlot.iife.min.js": "text/javascript",
    "vendor/uPlot.min.css": "text/css",
    "desk-draft.js": "text/javascript",
    "desk-draft.css": "text/css",
    "desk-lines.js": "text/javascript",
    "desk-icon.svg": "image/svg+xml",
}
_ACTS = (*ActionKind, "withdraw", "restore", "variant", "confirm", "files", "typing", "delete")
_ACT_OF_PAGE = re.compile(rf"/({'|'.join(_ACTS)})\Z")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at the desk, through which session."""

    session: Session
    operator: Operator


Answer = Callable[[web.Request, Visit], Awaitable[web.StreamResponse]]


class Frame:
    """Sessions, layout and style of the desk, shared by its pages."""

    def __init__(
        self, desk: Desk, secret: bytes, secure: bool, title: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.desk = desk
        self.clock = clock
        self.sessions = Sessions(secret, secure, clock)
        self._static = {name: (_HERE / "static" / name).read_bytes() for name in _STATIC}
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.globals.update(title=title, static=self._static_path, readers=READERS)

    def teach(self, filters: Mapping[str, Callable[..., object]], **values: object) -> None:
        """Filters and values that the templates of a page use."""
        self._templates.filters.update(filters)
        self._templates.globals.update(values)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Style, script and icon; nobody needs to log in for them."""
        return [web.get("/desk/static/{name:.+}", self._static_file)]

    def inside(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Answer those who have logged in; the others are led to the login, and back."""

        async def handle(request: web.Request) -> web.StreamResponse:
            visit = await self.visit(request)
            return await answer(request, visit) if visit else self._to_login(request)

        return handle

    async def visit(self, request: web.Request) -> Visit | None:
        """Who asks; None when the session is over, or was never opened."""
        session = self.sessions.read(request)
        if session is None or not session.operator:
            return None
        operator = await self.desk.operator(session.operator)
        return Visit(session, operator) if operator and self.sessions.belongs(session, operator) else None

    async def is_ours(self, visit: Visit, form: Mapping[str, str], subject: str) -> bool:
        """Whether a form came from a page of ours; one that did not is written in the audit."""
        if self.sessions.csrf_holds(visit.session, form.get("csrf", "")):
            return True
        await self.desk.note(visit.operator.name, "csrf_refused", subject)
        return False

    def page(self, template: str, status: int = 200, **values: object) -> web.Response:
        """A page, under the strict policy that all of them have."""
        html = self._templates.get_template(template).render(**values)
        return web.Response(text=html, content_type="text/html", status=status, headers=PAGE_HEADERS)

    def inner_page(self, visit: Visit, template: str, status: int = 200, **values: object) -> web.Response:
        """A page for somebody who has logged in, with his name and a token for its forms."""
        return self.page(template, status, me=visit.operator, csrf=self.sessions.csrf(visit.session), **values)

    def keep(self, request: web.Request, visit: Visit, response: web.Response) -> web.Response:
        """Let the session go on from now, if a person asked for the page."""
        if REFRESH not in request.headers:
            self.sessions.write(response, visit.session)
        return response

    def _to_login(self, request: web.Request) -> NoReturn:
        if request.path == "/desk/live" or request.path.startswith("/desk/media/"):
            raise web.HTTPUnauthorized(text="登录已过期。")
        path = request.rel_url.raw_path
        page = _ACT_OF_PAGE.sub("", path) if request.method == "POST" else path
        # A cookie that only carries the login form's token was no login, so nothing of it can have expired.
        session = self.sessions.read(request)
        expired = COOKIE in request.cookies and (session is None or session.operator != "")
        query = {"next": page_after_login(page)} | ({"expired": "1"} if expired else {})
        raise web.HTTPSeeOther(f"/desk/login?{urlencode(query)}")

    def _static_path(self, name: str) -> str:
        return f"/desk/static/{name}?v={hashlib.sha256(self._static[name]).hexdigest()[:12]}"

    async def _static_file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in self._static:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=self._static[name], content_type=_STATIC[name], charset="utf-8", headers=headers)
