"""What the desk takes in and gives out over HTTP: forms, redirects, and what citizens sent."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from handoff.legible import legible
from handoff.tongue import say

LONGEST_REPLY = 2000
LARGEST_FORM = 64 * 1024
_MOST_FIELDS = 40

PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_INLINE_MEDIA = re.compile(r"(image/(jpeg|png|gif|webp|bmp)|audio/[\w.+-]+|video/[\w.+-]+)\Z")
_PAGE_OF_DESK = re.compile(
    r"/desk(/c/[A-Za-z0-9_.~%:@+-]+(/ticket)?|/t/[A-Za-z0-9_.~%-]+|/replies|/numbers|/me|/people|/audit"
    r"|/faq(/e/[A-Za-z0-9_.~%:@+-]+|/[a-z]+)?)?\Z"
)


async def read_form(request: web.Request, largest: int = LARGEST_FORM) -> Mapping[str, str]:
    """The fields of a posted form of at most so many bytes; anything else is refused before it costs something."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    if (request.content_length or 0) > largest:
        raise web.HTTPRequestEntityTooLarge(largest, request.content_length or 0)
    body = bytearray()
    while chunk := await request.content.readany():  # in pieces: a length is said only by who wants to
        body += chunk
        if len(body) > largest:
            raise web.HTTPRequestEntityTooLarge(largest, len(body))
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as fault:
        raise web.HTTPBadRequest(text=say("表单无法读取。")) from fault


def clean(text: str) -> str:
    """What was typed: browsers send line ends as CRLF, and what nobody sees nobody has typed."""
    return legible(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def fault_of(reply: str) -> str:
    """Why a reply cannot be sent, in the operator's words; empty when it can."""
    if not reply:
        return say("还没有写内容。")
    if len(reply) > LONGEST_REPLY:
        return say("内容有 {count} 字，超过 {most} 字，没有发送。请分成几条。").format(
            count=len(reply), most=LONGEST_REPLY
        )
    return ""


def page_after_login(path: str) -> str:
    """Where to go after the login: only ever a page of the desk."""
    return path if _PAGE_OF_DESK.match(path) else "/desk"


def page_before(request: web.Request) -> str:
    """The page on which a form stood, to come back to; from what answered a form, the page that it belongs to."""
    referer = request.headers.get("Referer", "")
    try:
        parts = urlsplit(referer if referer.isascii() else "")
    except ValueError:
        return "/desk"
    path = parts.path
    if path == "/desk/login" or _PAGE_OF_DESK.match(path):
        # What was done is said once.
        query = "&".join(part for part in parts.query.split("&") if not part.startswith("done="))
        return f"{path}?{query}" if query else path
    while path and not _PAGE_OF_DESK.match(path):
        path = path.rpartition("/")[0]
    return path or "/desk"


def see_other(path: str) -> web.Response:
    """Go on to a page, so that reloading it does not send the form again."""
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


def media_response(request: web.Request, content: bytes, mime: str, *, kept: bool = True) -> web.Response:
    """What a citizen sent. It must never run as a page of ours: no HTML, no SVG shown in place.

    Not `kept`: the browser must ask again each time, since the reason to see it is good for a while only.
    """
    inline = _INLINE_MEDIA.match(mime)
    headers = {
        "Content-Type": mime if inline else "application/octet-stream",
        "Content-Disposition": "inline" if inline else "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=3600" if kept else "no-store",
        "Accept-Ranges": "bytes",
    }
    return _ranged(request, content, headers)


def _ranged(request: web.Request, content: bytes, headers: Mapping[str, str]) -> web.Response:
    """All of it, or the part asked for: some browsers play no sound without parts."""
    refused = web.Response(status=416, headers={"Content-Range": f"bytes */{len(content)}"})
    try:
        wanted = request.http_range
    except ValueError:
        return refused
    if wanted.start is None and wanted.stop is None:
        return web.Response(body=content, headers=headers)
    start, stop, _ = wanted.indices(len(content))
    if start >= stop:
        return refused
    part = {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{len(content)}"}
    return web.Response(status=206, body=content[start:stop], headers=part)
