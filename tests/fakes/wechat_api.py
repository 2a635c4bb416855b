"""The interface of the WeChat server that suda calls: stable token, customer-service messages, media, menu."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from tests.fakes.wechat_seal import Seal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_WINDOWS = {"message": (48 * 3600.0, 5), "action": (60.0, 3)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with a call: it is slow, refused, answered with a status or cut off."""

    delay: float = 0.0
    errcode: int = 0
    status: int = 0
    cut: str = ""
    """`before`: the connection breaks and nothing was done; `after`: it was done, and the answer is lost."""
    body: bytes | None = None
    """Answered instead."""


class Faults:
    """What is to go wrong next, by call: `token`, `send`, `typing`, `upload`, `media`, `menu`."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Fault]] = {}
        self._always: dict[str, Fault] = {}

    def next(self, call: str, *faults: Fault) -> None:
        """The next calls go wrong, one fault each."""
        self._waiting.setdefault(call, []).extend(faults)

    def always(self, call: str, fault: Fault | None) -> None:
        """Every call goes wrong, until None is given."""
        self._always.pop(call, None)
        if fault:
            self._always[call] = fault

    def take(self, call: str) -> Fault:
        """What goes wrong now."""
        waiting = self._waiting.get(call)
        return waiting.pop(0) if waiting else self._always.get(call, Fault())


@dataclass(slots=True)
class Grant:
    """A window in which suda may push."""

    until: float
    left: int


@dataclass(slots=True)
class Call:
    """One call that arrived: its name, its JSON or query, and the error code it was answered with."""

    name: str
    body: Mapping[str, object] = field(default_factory=dict)
    code: int = 0


class WeChatInterface:
    """Holds the token, the windows of the citizens, the media and the menu."""

    def __init__(
        self, *, seal: Seal, app_secret: str, clock: Callable[[], float], show: Callable[[str, str], None]
    ) -> None:
        self.faults = Faults()
        self.calls: list[Call] = []
        self.menu: object = None
        self.typing: list[str] = []
        self.token_seconds = 7200.0
        self._seal = seal
        self._secret = app_secret
        self._clock = clock
        self._show = show
        self._token, self._token_until = "", 0.0
        self._grants: dict[str, dict[str, Grant]] = {}
        self._gone: set[str] = set()
        self._media: dict[str, tuple[bytes, str, float]] = {}
        self.photos: list[tuple[str, bytes, str]] = []
        """Photos that citizens were shown: to whom, the content, its MIME type."""

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/cgi-bin/stable_token", self._broken("token", self._stable_token))
        app.router.add_post("/cgi-bin/message/custom/send", self._broken("send", self._send))
        app.router.add_post("/cgi-bin/message/custom/typing", self._broken("typing", self._typing))
        app.router.add_post("/cgi-bin/media/upload", self._broken("upload", self._upload))
        app.router.add_get("/cgi-bin/media/get", self._broken("media", self._get_media))
        app.router.add_post("/cgi-bin/menu/create", self._broken("menu", self._create_menu))
        app.router.add_get("/video/{media_id}", self._video)
        return app

    def named(self, name: str) -> list[Call]:
        """The calls of one name, in order."""
        return [call for call in self.calls if call.name == name]

    def grant(self, openid: str, what: str) -> None:
        """A citizen did something that lets suda push: `message` or `action`; `unfollow` takes it away."""
        if what == "unfollow":
            self._gone.add(openid)
            self._grants.pop(openid, None)
        elif what:
            self._gone.discard(openid)
            seconds, count = _WINDOWS[what]
            self._grants.setdefault(openid, {})[what] = Grant(self._clock() + seconds, count)

    def left(self, openid: str) -> int:
        """How many may be pushed to this citizen now."""
        return max((grant.left for grant in self._live(openid)), default=0)

    def keep_media(self, content: bytes, mime: str) -> str:
        """What a citizen sent, for three days."""
        media_id = secrets.token_urlsafe(24)
        self._media[media_id] = (content, mime, self._clock() + 3 * 86400)
        return media_id

    def renew_token(self) -> str:
        """A new token; the old one is worth nothing from now on, as when somebody else forces a renewal."""
        self._token, self._token_until = secrets.token_urlsafe(80), self._clock() + self.token_seconds
        return self._token

    def _live(self, openid: str) -> list[Grant]:
        return [grant for grant in self._grants.get(openid, {}).values() if self._clock() < grant.until]

    def _broken(self, name: str, handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            fault = self.faults.take(name)
            await asyncio.sleep(fault.delay)
            if fault.cut == "before":
                return self._cut(request)
            if fault.body is not None:
                return web.Response(body=fault.body, status=fault.status or 200, content_type="application/json")
            if fault.status:
                return web.Response(status=fault.status, text="<html>bad gateway</html>", content_type="text/html")
            if fault.errcode:
                return self._error(name, fault.errcode)
            answer = await handler(request)
            return self._cut(request) if fault.cut == "after" else answer

        return handle

    def _cut(self, request: web.Request) -> web.StreamResponse:
        if request.transport:
            request.transport.abort()
        return web.Response()

    def _error(self, name: str, code: int, body: Mapping[str, object] | None = None) -> web.Response:
        self.calls.append(Call(name, body or {}, code))
        return web.json_response({"errcode": code, "errmsg": "ok" if code == 0 else f"made-up error rid: {code}"})

    def _token_error(self, request: web.Request) -> int:
        given = request.query.get("access_token", "")
        if not given:
            return 41001
        if given != self._token:
            return 40001
        return 42001 if self._clock() >= self._token_until else 0

    async def _stable_token(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if body.get("grant_type") != "client_credential" or body.get("appid") != self._seal.app_id:
            return self._error("token", 40013, body)
        if body.get("secret") != self._secret:
            return self._error("token", 40125, body)
        if body.get("force_refresh") or self._clock() >= self._token_until - 300:
            self.renew_token()
        self.calls.append(Call("token", body))
        lasts = int(self._token_until - self._clock())
        return web.json_response({"access_token": self._token, "expires_in": lasts})

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = json.loads((await request.read()).decode())
        openid, content = str(body.get("touser", "")), str(body.get("text", {}).get("content", ""))
        media_id = str(body.get("image", {}).get("media_id", ""))
        code = self._token_error(request) or self._send_error(openid, str(body.get("msgtype")), content, media_id)
        if code == 0:
            for grant in self._live(openid):  # they do not add up
                grant.left = max(0, grant.left - 1)
            if media_id:
                self.photos.append((openid, *self._media[media_id][:2]))
            self._show(openid, content or "[图片]")
        return self._error("send", code, body)

    def _send_error(self, openid: str, kind: str, content: str, media_id: str) -> int:
        if openid in self._gone:
            return 43004
        if not self._live(openid):
            return 45015
        if not self.left(openid):
            return 45047
        if kind == "image":
            return 0 if media_id in self._media and self._clock() < self._media[media_id][2] else 40007
        if kind != "text":
            return 40008
        if not content.strip():
            return 44004
        return 45002 if len(content.encode()) > 2048 else 0

    async def _typing(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        code = self._token_error(request) or (0 if self._live(str(body.get("touser"))) else 45080)
        if code == 0:
            self.typing.append(str(body.get("command")))
        return self._error("typing", code, body)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        code = self._token_error(request)
        if code:
            return self._error("upload", code)
        part = (await request.post()).get("media")
        if not isinstance(part, web.FileField):
            return self._error("upload", 41005)
        content = part.file.read()
        if request.query.get("type") != "image" or part.content_type not in ("image/jpeg", "image/png", "image/gif"):
            return self._error("upload", 40005)
        if len(content) > 10 * 1024 * 1024:
            return self._error("upload", 40009)
        self.calls.append(Call("upload", {"filename": part.filename}))
        media_id = self.keep_media(content, part.content_type)
        return web.json_response({"type": "image", "media_id": media_id, "created_at": int(self._clock())})

    async def _get_media(self, request: web.Request) -> web.StreamResponse:
        media_id = request.query.get("media_id", "")
        code = self._token_error(request)
        content, mime, until = self._media.get(media_id, (b"", "", 0.0))
        if code or self._clock() >= until:
            return self._error("media", code or 40007, {"media_id": media_id})
        self.calls.append(Call("media", {"media_id": media_id}))
        if mime.startswith("video/"):  # the URL of the bytes, and not the bytes
            return web.json_response({"video_url": str(request.url.with_path(f"/video/{media_id}").with_query(None))})
        disposition = f'attachment; filename="{media_id}.{mime.rpartition("/")[2]}"'
        return web.Response(body=content, content_type=mime, headers={"Content-Disposition": disposition})

    async def _video(self, request: web.Request) -> web.StreamResponse:
        content, mime, _ = self._media[request.match_info["media_id"]]
        return web.Response(body=content, content_type=mime)

    async def _create_menu(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        code = self._token_error(request)
        if code == 0:
            self.menu = body.get("button")
        return self._error("menu", code, body)
