"""What the pages of the knowledge base take in over HTTP: drafts and tables."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from aiohttp import BodyPartReader, web

from handoff.console.http import clean
from handoff.library import Draft
from handoff.tongue import say

LARGEST_DRAFT = 256 * 1024
LARGEST_TABLE = 5 * 1024 * 1024
_LARGEST_FIELD = 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A table as a browser sent it."""

    csrf: str
    name: str
    content: bytes
    """Empty when no file was chosen."""


class TooLarge(Exception):
    """The table has more than 5 MB."""


def draft_from(form: Mapping[str, str], entry_id: str = "") -> Draft:
    """What was typed, whatever of it is wrong; the id of an entry that is there is that of its page."""
    typed = {field.name: clean(form.get(field.name, "")) for field in fields(Draft)}
    return Draft(**{**typed, "id": entry_id or typed["id"]})


def number(form: Mapping[str, str], name: str) -> int:
    """A hidden field that holds a number."""
    value = form.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise web.HTTPBadRequest(text=say("表单不完整，请刷新页面后再试。"))
    return int(value)


async def read_upload(request: web.Request) -> Upload:
    """The token and the file of an upload form. TooLarge as soon as it is known."""
    if request.content_type != "multipart/form-data":
        raise web.HTTPUnsupportedMediaType
    if (request.content_length or 0) > LARGEST_TABLE + 64 * 1024:
        raise TooLarge
    csrf, name, content = "", "", b""
    try:
        reader = await request.multipart()
        while isinstance(part := await reader.next(), BodyPartReader):
            if part.name == "csrf":
                csrf = (await _read(part, _LARGEST_FIELD)).decode("utf-8", "replace")
            elif part.name == "table":
                name, content = _plain(part.filename or ""), await _read(part, LARGEST_TABLE)
    except (ValueError, LookupError, AssertionError) as fault:  # what aiohttp's reader raises on broken bodies
        raise web.HTTPBadRequest(text=say("上传没有读完整，请再试一次。")) from fault
    return Upload(csrf, name, content)


async def _read(part: BodyPartReader, largest: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        content += chunk
        if len(content) > largest:
            raise TooLarge
    return bytes(content)


def _plain(filename: str) -> str:
    """The last part of a path, as people read it; some browsers send the whole path."""
    return clean(filename.replace("\\", "/").rpartition("/")[2])[-100:]
