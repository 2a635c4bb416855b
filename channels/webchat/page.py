"""The chat page, its parts and the widget: files of `static/`, with the headers that keep them harmless."""

import hashlib
import html
import re
from pathlib import Path

from aiohttp import web

_STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]+")


class Page:
    """Read once, served from memory."""

    def __init__(self, title: str, privacy_url: str, embed_on: str) -> None:
        self._embed_on = embed_on
        template = (_STATIC / "chat.html").read_text("utf-8")
        for name, value in {"title": title, "privacy_url": privacy_url}.items():
            template = template.replace("{{" + name + "}}", html.escape(value))
        self._html = template
        self._parts = {path.name: path.read_bytes() for path in _STATIC.iterdir() if path.suffix in _TYPES}

    def chat(self, host: str, *, embed: bool) -> web.Response:
        """The page itself; only its embedded form may stand in a frame."""
        response = web.Response(text=self._html, content_type="text/html", charset="utf-8")
        response.headers.update(
            {
                "Content-Security-Policy": self._policy(host, embed=embed),
                "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(self)",
                "Cache-Control": "no-store",
                **_HARMLESS,
            }
        )
        return response

    def part(self, name: str, request: web.Request) -> web.Response:
        """A style sheet, script or picture of the page, kept by the browser until it changes."""
        content = self._parts.get(name)
        if content is None:
            return web.Response(status=404)
        tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", **_HARMLESS}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        kind = _TYPES[Path(name).suffix]
        return web.Response(body=content, content_type=kind, charset="utf-8", headers=headers)

    def _policy(self, host: str, *, embed: bool) -> str:
        # Safari before 15.4 does not count a socket to the same host as 'self'
        sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
        frames = self._embed_on if embed else "'none'"
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
            f"connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; frame-ancestors {frames}"
        )


_HARMLESS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
