"""Photos, voice and files that citizens sent, for who may see them."""

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.console.http import media_response
from handoff.console.reveal import is_open
from handoff.console.words import file_subject
from handoff.tongue import say

ReadMedia = Callable[[str], Awaitable[tuple[bytes, str]]]
"""Content and MIME type of what a citizen sent; raises LookupError when there is no such key."""


class Files:
    """Gives out a file by its key, unless whoever sent it asked for secrecy."""

    def __init__(self, frame: Frame, media: ReadMedia) -> None:
        self._frame = frame
        self._media = media

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """One, for all kinds of files."""
        return [web.get("/desk/media/{key:.+}", self._frame.inside(self._show))]

    async def _show(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        key = request.match_info["key"]
        whose = await self._frame.desk.file_owners(key)
        at = [each for each in whose.conversations if not whose.hidden or await is_open(self._frame, visit, each)]
        if whose.hidden and not at:
            await self._frame.note(visit, "file_hidden", file_subject(whose.conversations[0], key))
            raise web.HTTPForbidden(text=say("市民要求保密或匿名：请先在会话里写明理由，再看照片和文件。"))
        try:
            content, mime = await self._media(key)
        except LookupError:
            raise web.HTTPNotFound(text=say("没有这个文件，或仍在取回。")) from None
        if at:
            await self._frame.note_look(visit, "file_opened", file_subject(at[0], key))
        return media_response(request, content, mime, kept=not whose.hidden)
