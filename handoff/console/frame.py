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
from jinja2.ext import InternationalizationExtension

from handoff.console.auth import COOKIE, IDLE_SECONDS, Gate, Session, Sessions, key_for
from handoff.console.broken import UNREADABLE, is_for_script, readable, subject_of, words_of
from handoff.console.http import PAGE_HEADERS, page_after_login, page_before, see_other
from handoff.console.scripts import words_script
from handoff.console.second_factor import SecondFactors
from handoff.desk import ActionKind, Desk, Operator
from handoff.legible import legible
from handoff.people import ROLE_NAMES, Right, may
from handoff.tongue import LANGUAGES, TRANSLATED, apart, counted, language, learn, plural, say, speaking, tag

REFRESH = "X-Desk-Refresh"
"""Marks what a page fetches of its own accord: it does not count as the operator being there."""

NOTED_SECONDS = 1800.0
"""For so long a look is the same look."""
LEFT = "left"
"""In the address of the login: somebody left by his own will, and nothing of his stays in the browser."""

LANGUAGE_COOKIE = "suda_desk_language"
LANGUAGE = "X-Desk-Language"
"""What a page fetches must be in its own language, also when another was chosen since."""

_HERE = Path(__file__).parent
_STATIC = {
    "desk.css": "text/css",
    "desk-faq.css": "text/css",
    "desk-writing.css": "text/css",
    "desk-queue.css": "text/css",
    "desk-people.css": "text/css",
    "desk.js": "text/javascript",
    "desk-tongue.js": "text/javascript",
    "desk-keys.js": "text/javascript",
    "desk-writing.js": "text/javascript",
    "desk-faq.js": "text/javascript",
    "desk-alerts.js": "text/javascript",
    "vendor/idiomorph-0.7.4.min.js": "text/javascript",
    "desk-shade.js": "text/javascript",
    "desk-numbers.css": "text/css",
    "desk-numbers.js": "text/javascript",
    "vendor/uPlot.iife.min.js": "text/javascript",
    "vendor/uPlot.min.css": "text/css",
    "desk-queue.js": "text/javascript",
    "desk-draft.js": "text/javascript",
    "desk-draft.css": "text/css",
    "desk-lines.js": "text/javascript",
    "desk-icon.svg": "image/svg+xml",
}
_ACTS = (*ActionKind, "withdraw", "restore", "variant", "confirm", "files", "typing", "delete", "reveal")
_OPEN_TO_TEMPORARY = frozenset({"/desk/me", "/desk/me/password", "/desk/logout"})
"""All that somebody may do whose password was given to him by another."""
_SEEN_SECONDS = 60.0
"""So often the record is told that a session is in use."""
_TRUSTED_SECONDS = 1.0
"""For so long a live connection believes what the record said about its session."""
_OURS = re.compile(r"desk[a-z-]*\.js")
_LONGEST_SUBJECT = 200
_LOOKED = web.RequestKey("looked", bool)
"""Marks a request by which a person looked, and not his page."""
_ACT_OF_PAGE = re.compile(rf"/({'|'.join(_ACTS)})\Z")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at the desk, through which session."""

    session: Session
    operator: Operator
    seen_at: float = 0.0
    """When the session was last used, up to a minute ago."""


Answer = Callable[[web.Request, Visit], Awaitable[web.StreamResponse]]


class Frame:
    """Sessions, layout and style of the desk, shared by its pages."""

    def __init__(
        self, desk: Desk, secret: bytes, secure: bool, title: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.desk = desk
        self.clock = clock
        self.sessions = Sessions(secret, secure)
        self.factors = SecondFactors(desk.people, key_for(secret, "desk-totp"), title, clock)
        self.gate = Gate(desk, self.factors, clock)
        self._welcomed: dict[str, float] = {}
        self._looks: dict[tuple[str, str, str], float] = {}
        learn()
        self._static = {name: (_HERE / "static" / name).read_bytes() for name in _STATIC}
        scripts = tuple(content for name, content in self._static.items() if _OURS.fullmatch(name))
        self._static |= {_words_of(each): words_script(scripts, each) for each in TRANSLATED}
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            extensions=[InternationalizationExtension],
        )
        self._templates.install_gettext_callables(say, plural, newstyle=True, pgettext=apart)  # type: ignore[attr-defined]  # the extension adds it
        self._templates.globals.update(title=title, static=self._static_path, may=may, Right=Right)
        self._templates.globals.update(counted=counted, languages=LANGUAGES, spoken=language, tongue_tag=tag)
        self._templates.globals.update(words_of=_words_of, translated=TRANSLATED)
        self._templates.filters.update(say=say, role=lambda role: say(ROLE_NAMES.get(role, role)))

    def teach(self, filters: Mapping[str, Callable[..., object]], **values: object) -> None:
        """Filters and values that the templates of a page use."""
        self._templates.filters.update(filters)
        self._templates.globals.update(values)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Style, script and icon, for which nobody needs to log in; and whatever is no page of the desk."""
        return [
            web.get("/desk/static/{name:.+}", self._static_file),
            web.route("*", "/desk/{nowhere:.*}", self.inside(self._nowhere, None)),
        ]

    def inside(
        self, answer: Answer, right: Right | None = Right.TALK
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Answer those who have logged in and have the right; `None` is for what everybody inside may do.

        The others are led to the login and back, or told that their role may not, which is noted.
        """

        async def handle(request: web.Request) -> web.StreamResponse:
            visit = await self.visit(request)
            if visit is None:
                await self._note_expired(request)
                return self._to_login(request)
            if visit.operator.temporary and request.path not in _OPEN_TO_TEMPORARY:
                return self._to_own_page(request)
            if right is not None and not may(visit.operator, right):
                return await self._refuse(request, visit, right)
            try:
                response = await readable(answer(request, visit))
            except web.HTTPException as fault:
                if fault.status in UNREADABLE:
                    await self.note(visit, "request_refused", subject_of(request, fault.status))
                return self._in_words(request, fault, visit)
            if request.get(_LOOKED) and self.clock() - visit.seen_at > _SEEN_SECONDS:
                await self.desk.people.session_seen(visit.session.key, self.clock())
            return response

        return self.spoken(handle)

    def spoken(
        self, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Answer in the language that this browser chose, or that the page has which asks."""

        async def handle(request: web.Request) -> web.StreamResponse:
            with speaking(request.headers.get(LANGUAGE) or request.cookies.get(LANGUAGE_COOKIE, "")):
                try:
                    return await readable(answer(request))
                except web.HTTPException as fault:
                    return self._in_words(request, fault)

        return handle

    def _in_words(self, request: web.Request, fault: web.HTTPException, visit: Visit | None = None) -> web.Response:
        """A page of the desk that says why there is none; a redirection and a script's answer stay what they are."""
        if fault.status < 400:
            raise fault
        words = words_of(fault)
        if is_for_script(request.path):
            return web.Response(text=words, status=fault.status, headers={"Cache-Control": "no-store"})
        me, csrf = (visit.operator, self.sessions.csrf(visit.session)) if visit else (None, "")
        back = page_before(request)
        return self.page("desk_broken.html", fault.status, me=me, csrf=csrf, words=words, back=back)

    async def _nowhere(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """An act's address that somebody opens leads to its page, and so does one with a slash at its end."""
        page = _ACT_OF_PAGE.sub("", request.rel_url.raw_path.rstrip("/"))
        if request.method == "GET" and page != request.rel_url.raw_path and page == page_after_login(page):
            return see_other(page)
        raise web.HTTPNotFound

    async def visit(self, request: web.Request) -> Visit | None:
        """Who asks; None when the session is over, or was never opened."""
        session = self.sessions.read(request)
        return await self._visit_of(session) if session and session.inside else None

    async def welcome(self, visit: Visit) -> bool:
        """Whether somebody on a live connection may still hear, asked of the record at most once in a second."""
        now, key = time.monotonic(), visit.session.key
        if now - self._welcomed.get(key, -_TRUSTED_SECONDS) < _TRUSTED_SECONDS:
            return True
        self._welcomed = {kept: at for kept, at in self._welcomed.items() if now - at < _TRUSTED_SECONDS}
        fresh = await self._visit_of(visit.session)
        if fresh is None or fresh.operator.temporary or not may(fresh.operator, Right.TALK):
            return False
        self._welcomed[key] = now
        return True

    async def _visit_of(self, session: Session) -> Visit | None:
        entered = await self.desk.people.entered(session.key)
        if entered is None or self.clock() - entered.session.seen_at >= IDLE_SECONDS:
            return None
        return Visit(session, entered.operator, entered.session.seen_at)

    async def note(self, visit: Visit, action: str, subject: str) -> None:
        """A line in the audit log: ids and acts only."""
        await self.desk.note(visit.operator.name, action, subject[:_LONGEST_SUBJECT])

    async def note_look(self, visit: Visit, action: str, subject: str) -> None:
        """Write down who reads what: once per session and half an hour, not at every refresh of an open page."""
        now, look = self.clock(), (visit.session.id, action, subject)
        if now - self._looks.get(look, 0.0) < NOTED_SECONDS:
            return
        self._looks = {key: at for key, at in self._looks.items() if now - at < NOTED_SECONDS} | {look: now}
        await self.note(visit, action, subject)

    async def _note_expired(self, request: web.Request) -> None:
        """Only of a session that we gave out, so that strangers cannot fill the log."""
        session = self.sessions.read(request)
        if session and session.inside and REFRESH not in request.headers and not _by_itself(request):
            entered = await self.desk.people.entered(session.key)
            who = entered.operator.name if entered else ""
            await self.desk.note(who, "session_expired", request.path[:_LONGEST_SUBJECT])

    def _to_own_page(self, request: web.Request) -> web.Response:
        if _by_itself(request):
            raise web.HTTPUnauthorized(text=say("请先修改密码。"))
        return see_other("/desk/me")

    async def _refuse(self, request: web.Request, visit: Visit, right: Right) -> web.StreamResponse:
        if request.method == "GET" and request.path == "/desk":
            return see_other("/desk/faq" if may(visit.operator, Right.LOOK_UP) else "/desk/me")
        await self.note(visit, "role_refused", f"{right} {request.path}")
        if _by_itself(request):
            raise web.HTTPForbidden(text=say("您的角色不能查看。"))
        return self.inner_page(visit, "desk_refused.html", 403, problem="")

    async def is_ours(self, visit: Visit, form: Mapping[str, str], subject: str) -> bool:
        """Whether a form came from a page of ours; one that did not is written in the audit."""
        if self.sessions.csrf_holds(visit.session, form.get("csrf", "")):
            return True
        await self.note(visit, "csrf_refused", subject)
        return False

    def page(self, template: str, status: int = 200, **values: object) -> web.Response:
        """A page, under the strict policy that all of them have."""
        # The whole of it, since a name may come in by any door: a translated sentence, an attribute, a title.
        html = legible(self._templates.get_template(template).render(**values))
        return web.Response(text=html, content_type="text/html", status=status, headers=PAGE_HEADERS)

    def inner_page(self, visit: Visit, template: str, status: int = 200, **values: object) -> web.Response:
        """A page for somebody who has logged in, with his name and a token for its forms."""
        return self.page(template, status, me=visit.operator, csrf=self.sessions.csrf(visit.session), **values)

    def keep(self, request: web.Request, _: Visit, response: web.Response) -> web.Response:
        """Let the session go on from now, if a person asked for the page."""
        request[_LOOKED] = REFRESH not in request.headers
        return response

    def _to_login(self, request: web.Request) -> NoReturn:
        if _by_itself(request):
            raise web.HTTPUnauthorized(text=say("登录已过期。"))
        path = request.rel_url.raw_path
        page = _ACT_OF_PAGE.sub("", path) if request.method == "POST" else path
        # A cookie that only carries the login form's token was no login, so nothing of it can have expired.
        session = self.sessions.read(request)
        expired = COOKIE in request.cookies and (session is None or session.inside)
        query = {"next": page_after_login(page)} | ({"expired": "1"} if expired else {})
        if request.path == "/desk/logout":
            query = {LEFT: "1"}
        raise web.HTTPSeeOther(f"/desk/login?{urlencode(query)}")

    def _static_path(self, name: str) -> str:
        return f"/desk/static/{name}?v={hashlib.sha256(self._static[name]).hexdigest()[:12]}"

    async def _static_file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in self._static:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return web.Response(
            body=self._static[name], content_type=_STATIC.get(name, "text/javascript"), charset="utf-8", headers=headers
        )


def _words_of(language: str) -> str:
    return f"desk-words-{language}.js"


def _by_itself(request: web.Request) -> bool:
    """Whether a page fetches this, which cannot show a login."""
    return request.path == "/desk/live" or request.path.startswith("/desk/media/")
