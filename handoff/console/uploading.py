"""What a form of the composer brings: fields, and photos or files."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import BodyPartReader, web

from handoff.console.http import clean, read_form
from handoff.tongue import later, say

LARGEST_BODY = 48 * 1024 * 1024
"""Bytes that are read at all: enough to tell somebody with a 20 MB photo what is wrong with it, in words."""
MOST_FILES = 5
_LARGEST_FIELD = 64 * 1024
_MOST_FIELDS = 30


@dataclass(frozen=True, slots=True)
class Received:
    """A file as the browser sent it; nothing of it is believed yet."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Posted:
    """A form with what was attached."""

    fields: Mapping[str, str]
    files: tuple[Received, ...] = ()
    problem: str = ""
    """Why no file of it can go; the fields are what came before the one that is far too large."""


async def read_posted(request: web.Request) -> Posted:
    """A form with files or without. A file that is far too large is not read, but what was typed with it is."""
    if request.content_type != "multipart/form-data":
        return Posted(await read_form(request))
    try:
        return await _read(request)
    except (ValueError, LookupError, AssertionError) as fault:  # what aiohttp's reader raises on broken bodies
        raise web.HTTPBadRequest(text=say("上传没有读完整，请再试一次。")) from fault


_TOO_LONG = later("写的内容太长，没有发送。请分成几条。")


def too_large() -> str:
    """Why a file cannot go that is not even read."""
    return say("文件超过 {most} MB，没有发送。请压缩或换一张再发。").format(most=LARGEST_BODY // 1024 // 1024)


async def _read(request: web.Request) -> Posted:
    fields: dict[str, str] = {}
    files: list[Received] = []
    total = 0
    reader = await request.multipart()
    while isinstance(part := await reader.next(), BodyPartReader):
        if part.filename is not None and (request.content_length or 0) > LARGEST_BODY:
            return Posted(fields, problem=too_large())
        content = bytearray()
        while chunk := await part.read_chunk(64 * 1024):
            total += len(chunk)
            content += chunk
            if part.filename is None and len(content) > _LARGEST_FIELD:
                raise web.HTTPRequestEntityTooLarge(_LARGEST_FIELD, len(content), text=say(_TOO_LONG))
            if total > LARGEST_BODY:
                return Posted(fields, problem=too_large())
        if part.filename is None:
            fields[part.name or ""] = content.decode("utf-8", "replace")
        elif part.filename or content:  # a file field in which nothing was chosen comes empty and nameless
            files.append(Received(_plain(part.filename), bytes(content)))
        if len(fields) + len(files) > _MOST_FIELDS:
            raise ValueError("too many parts")
    return Posted(fields, tuple(files))


def _plain(filename: str) -> str:
    """The last part of a path, as people read it; some browsers send the whole path."""
    return clean(filename.replace("\\", "/").rpartition("/")[2])[-100:]
