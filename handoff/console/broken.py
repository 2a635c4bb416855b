"""Requests that cannot be answered: what is said about them, in the desk's words instead of the server's."""

import re
from collections.abc import Awaitable, Mapping

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from handoff.tongue import later, say

UNREADABLE = frozenset({400, 405, 413, 415, 422})
"""No page of ours sends such a thing: it is written down, where somebody is logged in."""

_WORDS: Mapping[int, str] = {
    400: later("请求不完整，没有生效。请回到刚才的页面再试一次。"),
    403: later("没有权限，没有生效。"),
    404: later("没有这个页面。"),
    413: later("内容太长或文件太大，没有生效。请减少一些再试。"),
    415: later("表单无法读取，没有生效。请回到刚才的页面再试一次。"),
}
_ELSE = later("没有成功。请回到刚才的页面再试一次。")
_SERVERS_OWN = re.compile(r"\d{3}: |Maximum request body size ")
"""How aiohttp's texts begin, where nobody gave another."""
_FOR_SCRIPTS = re.compile(r"/desk/(live|here|places|categories|media/.+|static/.+|c/[^/]+/(files|typing))\Z")
"""What pages fetch and nobody opens: words are enough."""


async def readable(answer: Awaitable[web.StreamResponse]) -> web.StreamResponse:
    """An answer, or HTTPBadRequest where the body that it asked for is no body at all."""
    try:
        return await answer
    except (HttpProcessingError, web.RequestPayloadError) as fault:
        raise web.HTTPBadRequest from fault


def is_for_script(path: str) -> bool:
    """Whether the answer is read by a script of ours, or stands in a page as a picture."""
    return _FOR_SCRIPTS.match(path) is not None


def words_of(fault: web.HTTPException) -> str:
    """Why there is no answer, as an operator reads it."""
    said = fault.text or ""
    return said if said and not _SERVERS_OWN.match(said) else say(_WORDS.get(fault.status, _ELSE))


def subject_of(request: web.Request, status: int) -> str:
    """For the audit: the conversation or else the kind of address, since anything can be typed into one."""
    resource = request.match_info.route.resource
    where = request.match_info.get("conversation") or (resource.canonical if resource else "/desk")
    return f"{where} {status}"
