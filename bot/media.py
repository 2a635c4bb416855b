"""Citizens' photos, voice and files: kept on a shelf, fetched by a durable job, shown by links that expire."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import re
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from aiohttp import web

from bot.bus.base import Bus, Topic
from bot.log import get_logger
from bot.retry import backoff, give_up
from bot.speech import Recognizer
from bot.storage.base import MediaJob, Storage
from channels.channel import Channel, Media
from channels.errors import ChannelUnavailable, ReplyRejected
from channels.message import Message, MessageKind

log = get_logger(__name__)

_KEY = re.compile(r"[0-9a-f]{64}(?:\.[a-z0-9]{1,8})?")
_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "audio/amr": ".amr",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "application/pdf": ".pdf",
}
_SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""What a browser may show in place; everything else is downloaded."""
_LOOK_EVERY = 5.0
_LONGEST_LISTENING = 60.0

Heard = Callable[[Message], Awaitable[object]]
"""Takes what was made out of a voice message."""


class MediaShelf:
    """Files by the hash of their content, beside each a small note of what it is. Implements `MediaStore`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def put(self, content: bytes, mime: str, filename: str) -> str:
        """Keep it for good and return its key; the same content has the same key."""
        try:
            return await asyncio.to_thread(self._put, content, mime, filename)
        except OSError as error:
            raise ChannelUnavailable(f"the shelf cannot be written ({error.strerror})") from error

    async def get(self, key: str) -> Media:
        """What is kept under the key."""
        return await asyncio.to_thread(self._get, key)

    async def read(self, key: str) -> tuple[bytes, str]:
        """Content and MIME type of what is kept under the key, for pages; LookupError when there is nothing."""
        try:
            media = await self.get(key)
        except ReplyRejected as error:
            raise LookupError(key) from error
        return media.content, media.mime

    async def drop(self, key: str) -> bool:
        """Take what is kept under the key off the shelf for good; False when there is nothing."""
        return await asyncio.to_thread(self._drop, key)

    def _drop(self, key: str) -> bool:
        if not _KEY.fullmatch(key):
            return False
        path = self._path(key)
        there = path.exists()
        # the content goes first: a note without one says nothing of the citizen but the file's name, and goes next
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".json").unlink(missing_ok=True)
        return there

    def _put(self, content: bytes, mime: str, filename: str) -> str:
        plain = mime.split(";")[0].strip().lower()
        key = hashlib.sha256(content).hexdigest() + _ENDINGS.get(plain, ".bin")
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # the note goes first: a content that is there can then always be read
            note = path.with_name(path.name + ".json")
            _write(note, json.dumps({"mime": plain, "filename": filename}).encode())
            _write(path, content)
            for folder in (path.parent, self._directory):
                _sync(folder)
        return key

    def _get(self, key: str) -> Media:
        if not _KEY.fullmatch(key):
            raise ReplyRejected("that is no key of the shelf")
        path = self._path(key)
        try:
            content = path.read_bytes()
            note = json.loads(path.with_name(path.name + ".json").read_text("utf-8"))
        except FileNotFoundError as error:
            raise ReplyRejected("nothing is kept under that key") from error
        except OSError as error:
            raise ChannelUnavailable(f"the shelf cannot be read ({error.strerror})") from error
        return Media(content=content, mime=str(note["mime"]), filename=str(note["filename"]))

    def _path(self, key: str) -> Path:
        return self._directory / key[:2] / key


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, also when the power goes."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    """A new name in a folder is as durable as the folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Fetcher:
    """Fetches what citizens attached, before the platform forgets it. Each attachment is a job in the record."""

    def __init__(
        self,
        storage: Storage,
        shelf: MediaShelf,
        channels: Mapping[tuple[str, str], Channel],
        bus: Bus,
        *,
        recognizer: Recognizer | None = None,
        heard: Heard | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`recognizer` listens to voice messages; what it makes out goes to `heard` as the citizen's own words."""
        self._recognizer = recognizer
        self._heard = heard
        self._storage = storage
        self._shelf = shelf
        self._channels = channels
        self._bus = bus
        self._clock = clock
        self._wake = asyncio.Event()
        bus.listen(Topic.MEDIA, lambda _subject: self._wake.set())

    async def run(self) -> None:
        """Fetch until cancelled."""
        while True:
            self._wake.clear()
            try:
                done = await self.fetch_due()
            except Exception:
                # The record may be away for a moment; the jobs are still in it.
                log.exception("media could not be looked for", action="media_failed")
                done = 0
            if not done:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY):
                        await self._wake.wait()

    async def fetch_due(self) -> int:
        """Fetch what is due now, side by side; returns how many jobs that were."""
        jobs = await self._storage.media_due(self._clock())
        await asyncio.gather(*(self._fetch(job) for job in jobs))
        return len(jobs)

    async def _fetch(self, job: MediaJob) -> None:
        attachment = job.attachment
        channel = self._channels.get((job.address.channel, job.address.account))
        try:
            if channel is None:
                raise ChannelUnavailable("the channel is off")
            media = await channel.fetch(attachment)
            key = await self._shelf.put(media.content, media.mime, media.filename or attachment.filename)
        except ReplyRejected as error:
            await self._storage.media_mark(attachment.id, "gone", error=str(error))
            self._bus.publish(job.address.key)
            log.warning("media gone", action="media_gone", attachment_id=attachment.id, reason=str(error))
        except Exception as error:  # noqa: BLE001  # logged in _postpone, and the job stays in the record
            await self._postpone(job, error)
        else:
            await self._storage.media_mark(attachment.id, "fetched", key=key, mime=media.mime, size=len(media.content))
            self._bus.publish(job.address.key)
            await self._listen(job, media)

    async def _listen(self, job: MediaJob, media: Media) -> None:
        """A voice message becomes words, when somebody can listen; the message's id makes it one effect."""
        if self._recognizer is None or self._heard is None or job.attachment.kind is not MessageKind.VOICE:
            return
        try:
            async with asyncio.timeout(_LONGEST_LISTENING):
                text = await self._recognizer.recognize(media.content, media.mime)
        except Exception:
            # The recording is kept, and an operator can hear it; a recogniser's fault must not stop the fetching.
            log.exception("voice could not be recognised", action="speech_failed", attachment_id=job.attachment.id)
            return
        if text.strip():
            now = self._clock()
            words = Message(
                id=f"{job.attachment.id}:heard",
                address=job.address,
                kind=MessageKind.TEXT,
                sent_at=now,
                text=text.strip(),
            )
            await self._heard(words)

    async def _postpone(self, job: MediaJob, error: Exception) -> None:
        attempts = job.attempts + 1
        fate = "gone" if give_up(attempts) else "pending"
        seconds = getattr(error, "retry_after", None) or backoff(attempts, key=job.attachment.id)
        log.warning("media postponed", action="media_postponed", attachment_id=job.attachment.id, reason=repr(error))
        await self._storage.media_mark(job.attachment.id, fate, error=repr(error), due_at=self._clock() + seconds)


def sign_link(secret: bytes, attachment_id: str, expires: int) -> str:
    """The path of an attachment that is good until `expires` (Unix seconds)."""
    name = attachment_id.encode().hex()
    return f"/media/{name}?expires={expires}&signature={_signature(secret, attachment_id, expires)}"


def _signature(secret: bytes, attachment_id: str, expires: int) -> str:
    return hmac.new(secret, f"{attachment_id}|{expires}".encode(), hashlib.sha256).hexdigest()


def media_routes(
    storage: Storage, shelf: MediaShelf, secret: bytes, clock: Callable[[], float] = time.time
) -> Iterable[web.AbstractRouteDef]:
    """Where signed links lead: GET /media/{id}?expires=…&signature=…"""

    async def show(request: web.Request) -> web.Response:
        attachment_id = _checked(request, secret, clock())
        job = await storage.media(attachment_id)
        if job is None or job.fate == "gone":
            raise web.HTTPNotFound(text="this attachment is gone")
        if not job.attachment.key:
            raise web.HTTPServiceUnavailable(text="not fetched yet, try again soon", headers={"Retry-After": "10"})
        try:
            media = await shelf.get(job.attachment.key)
        except ReplyRejected:
            raise web.HTTPNotFound(text="this attachment is gone") from None
        return web.Response(body=media.content, headers=_headers(media))

    return [web.get("/media/{name}", show)]


def _checked(request: web.Request, secret: bytes, now: float) -> str:
    """The attachment's id, or 403."""
    expires, signature = request.query.get("expires", ""), request.query.get("signature", "")
    try:
        attachment_id = bytes.fromhex(request.match_info["name"]).decode()
    except ValueError:
        raise web.HTTPNotFound(text="no such attachment") from None
    good = expires.isdecimal() and len(expires) < 12
    if not good or not hmac.compare_digest(
        _signature(secret, attachment_id, int(expires)).encode(), signature.encode("utf-8", "replace")
    ):
        raise web.HTTPForbidden(text="this link is not ours")
    if int(expires) < now:
        raise web.HTTPForbidden(text="this link has expired")
    return attachment_id


def _headers(media: Media) -> dict[str, str]:
    place = "inline" if media.mime in _SHOWN else "attachment"
    return {
        "Content-Type": media.mime if media.mime in _SHOWN else "application/octet-stream",
        "Content-Disposition": place,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=300",
    }
