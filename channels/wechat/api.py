"""The calls that we make at WeChat's server: token, customer-service messages, media, menu."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import aiohttp

from channels.channel import Media
from channels.errors import ChannelError, ChannelUnavailable, OutcomeUnknown, ReplyRejected, WindowClosed

Result = TypeVar("Result")

WECHAT: Final = "https://api.weixin.qq.com"

_EARLY = 300.0
"""Seconds before its end in which a token is fetched anew; WeChat renews a stable token from then on."""

_FORCE_GAP = 30.0
"""WeChat takes a forced renewal at most every 30 s, and 20 in a day."""

_BAD_TOKEN = frozenset({40001, 40014, 41001, 42001})
# 48001: an account that may not push at all; its citizens are answered when they write.
_WINDOW = frozenset({45015, 45047, 48001})
_TYPING = frozenset({45080, 45081})  # nobody wrote in the last 30 s; already typing
_LATER: Final = {
    -1: 5.0,  # 系统繁忙
    45009: 3600.0,  # the day's calls are used up
    45011: 60.0,  # too many in this minute
    40013: 300.0,  # wrong AppID: a person has to put it right, and the reply waits for that
    40125: 300.0,  # wrong secret, the same
    40164: 300.0,  # our address is not on the account's list, the same
    50004: 300.0,  # the account is frozen for now
}


class Lease(Protocol):
    """One holder at a time of a name, over all processes of the service."""

    def __call__(self, name: str) -> AbstractAsyncContextManager[object]:
        """Held as long as the `async with` lasts."""
        ...


class LocalLease:
    """A lease among the tasks of one process."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}

    def __call__(self, name: str) -> AbstractAsyncContextManager[object]:
        """See `Lease`."""
        return self._locks.setdefault(name, asyncio.Lock())


@dataclass(frozen=True, slots=True)
class _Token:
    words: str = ""
    until: float = 0.0

    def __repr__(self) -> str:
        return "_Token(***)"


@dataclass(frozen=True, slots=True)
class _Answer:
    content: bytes
    mime: str
    filename: str

    def media(self) -> Media:
        return Media(content=self.content, mime=self.mime, filename=self.filename)


class _Refused(Exception):
    """WeChat answered with an error code."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"WeChat says {code} {words[:120]}".strip())
        self.code = code


class WeChatApi:
    """WeChat's HTTP interface for one account. A token is fetched by one task, for all."""

    def __init__(
        self,
        *,
        app_id: str,
        app_secret: str,
        base: str = WECHAT,
        lease: Lease | None = None,
        clock: Callable[[], float] = time.time,
        timeout: float = 10.0,
        largest_media: int = 20 * 1024 * 1024,
    ) -> None:
        self._app_id = app_id
        self._app_secret = app_secret
        self._base = base.rstrip("/")
        self._lease = lease or LocalLease()
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=4 * timeout, sock_connect=timeout / 2, sock_read=timeout)
        self._largest = largest_media
        self._token = _Token()
        self._forced_at = float("-inf")
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Be ready to call; calls nothing yet."""
        self._session = aiohttp.ClientSession(timeout=self._timeout)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def prove(self) -> None:
        """Get a token, as proof that WeChat knows us."""
        await self._current()

    async def send_text(self, user: str, text: str) -> None:
        """Push a customer-service message."""
        await self._tell("message/custom/send", {"touser": user, "msgtype": "text", "text": {"content": text}})

    async def upload_image(self, content: bytes, mime: str, filename: str) -> str:
        """Lay a photo down at WeChat, which keeps it for three days; its media_id. The citizen sees nothing of it."""

        async def call(token: str) -> Mapping[str, object]:
            form = aiohttp.FormData()  # made anew for each try, since it can be read once only
            form.add_field("media", content, filename=_plain(filename), content_type=mime)
            query = {"access_token": token, "type": "image"}
            return _json_of(await self._request("POST", f"{self._base}/cgi-bin/media/upload", query, form))

        try:
            media_id = (await self._with_token(call)).get("media_id")
        except _Refused as error:
            raise _told_apart(error) from error
        if not isinstance(media_id, str):
            raise OutcomeUnknown("WeChat gave no media_id")
        return media_id

    async def send_image(self, user: str, media_id: str) -> None:
        """Push a photo that was laid down."""
        await self._tell("message/custom/send", {"touser": user, "msgtype": "image", "image": {"media_id": media_id}})

    async def type_on(self, user: str, *, typing: bool = True) -> None:
        """Show the citizen that an answer is being written, or no longer."""
        command = "Typing" if typing else "CancelTyping"
        await self._tell("message/custom/typing", {"touser": user, "command": command}, harmless=_TYPING)

    async def create_menu(self, buttons: Sequence[Mapping[str, object]]) -> None:
        """Set the menu under the chat."""
        await self._tell("menu/create", {"button": list(buttons)})

    async def media(self, media_id: str) -> Media:
        """What a citizen sent; fetching changes nothing, so every broken try may be repeated."""
        try:
            return await self._with_token(lambda token: self._media(token, media_id))
        except OutcomeUnknown as error:
            raise ChannelUnavailable(str(error)) from error
        except _Refused as error:
            raise _told_apart(error) from error

    async def _tell(self, path: str, body: Mapping[str, object], harmless: Container[int] = ()) -> None:
        async def call(token: str) -> None:
            _json_of(await self._request("POST", f"{self._base}/cgi-bin/{path}", {"access_token": token}, body))

        try:
            await self._with_token(call)
        except _Refused as error:
            if error.code not in harmless:
                raise _told_apart(error) from error

    async def _with_token(self, call: Callable[[str], Awaitable[Result]]) -> Result:
        """Call; when the token is not believed, once more with another one, and never in a circle."""
        token = await self._current()
        try:
            return await call(token)
        except _Refused as error:
            if error.code not in _BAD_TOKEN:
                raise
        return await call(await self._current(stale=token))

    async def _current(self, stale: str = "") -> str:
        if self._good(stale):
            return self._token.words
        # The one lock held across a network call: everybody who waits here needs what this call brings.
        async with self._lease(f"wechat-token:{self._app_id}"):
            if not self._good(stale):
                self._token = await self._fetched(force=False)
            if self._token.words == stale and self._clock() - self._forced_at >= _FORCE_GAP:
                self._forced_at = self._clock()
                self._token = await self._fetched(force=True)
            return self._token.words

    def _good(self, stale: str) -> bool:
        return self._clock() < self._token.until and self._token.words != stale

    async def _fetched(self, *, force: bool) -> _Token:
        body = {"grant_type": "client_credential", "appid": self._app_id, "secret": self._app_secret}
        url = f"{self._base}/cgi-bin/stable_token"
        try:
            told = _json_of(await self._request("POST", url, {}, {**body, "force_refresh": force}))
            words, lasts = told["access_token"], told["expires_in"]
        except (OutcomeUnknown, KeyError) as error:  # the reply itself has not left
            raise ChannelUnavailable("WeChat gave no token") from error
        except _Refused as error:
            raise ChannelUnavailable(f"no token: {error}", _LATER.get(error.code, 60.0)) from error
        if not (isinstance(words, str) and isinstance(lasts, int | float)):
            raise ChannelUnavailable("WeChat gave no token")
        return _Token(words, self._clock() + max(lasts - _EARLY, 5.0))

    async def _media(self, token: str, media_id: str) -> Media:
        query = {"access_token": token, "media_id": media_id}
        answer = await self._request("GET", f"{self._base}/cgi-bin/media/get", query, None)
        if answer.mime not in ("application/json", "text/plain"):  # errors come as JSON with status 200
            return answer.media()
        video = _json_of(answer).get("video_url")
        if not isinstance(video, str):
            raise OutcomeUnknown("neither a file nor an error came for the media")
        return (await self._request("GET", video, {}, None)).media()

    async def _request(self, method: str, url: str, query: Mapping[str, str], body: object) -> _Answer:
        """One call. What broke before anything left may be tried again; what broke later may have been done."""
        if self._session is None:
            raise ChannelUnavailable("the channel is not open")
        # WeChat shows \uXXXX to citizens as it is, so the JSON must hold the characters themselves.
        form = body if isinstance(body, aiohttp.FormData) else None
        data = form or (None if body is None else json.dumps(body, ensure_ascii=False).encode())
        headers = {"Content-Type": "application/json; charset=utf-8"} if data and not form else {}
        try:
            async with self._session.request(
                method, url, params=query, data=data, headers=headers, allow_redirects=False
            ) as response:
                _refuse_status(response)
                content = await self._content(response)
                name = response.content_disposition.filename if response.content_disposition else None
                return _Answer(content, response.content_type, name or "")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise ChannelUnavailable(f"WeChat is not to be reached ({type(error).__name__})") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OutcomeUnknown(f"WeChat did not answer ({type(error).__name__})") from error

    async def _content(self, response: aiohttp.ClientResponse) -> bytes:
        content = bytearray()
        async for chunk in response.content.iter_chunked(64 * 1024):
            content += chunk
            if len(content) > self._largest:
                raise ReplyRejected("the file is larger than we take")
        return bytes(content)


def _plain(filename: str) -> str:
    """A name that no reader of multipart stumbles over; WeChat looks at its ending only."""
    _, dot, ending = filename.rpartition(".")
    return f"photo.{ending}" if dot and ending.isascii() and ending.isalnum() else "photo.jpg"


def _refuse_status(response: aiohttp.ClientResponse) -> None:
    if response.status == 200:
        return
    words = f"WeChat answered with status {response.status}"
    if response.status == 504:  # a gateway gave up waiting for somebody who may have done it
        raise OutcomeUnknown(words)
    named = response.headers.get("Retry-After", "")
    raise ChannelUnavailable(words, float(named) if named.isascii() and named.isdigit() else 10.0)


def _json_of(answer: _Answer) -> Mapping[str, object]:
    try:
        told = json.loads(answer.content)
    except ValueError as error:
        raise OutcomeUnknown("WeChat's answer is not JSON") from error
    if not isinstance(told, dict):
        raise OutcomeUnknown("WeChat's answer is not an object")
    code = told.get("errcode", 0)
    if code:
        raise _Refused(code if isinstance(code, int) else -1, str(told.get("errmsg", "")))
    return told


def _told_apart(error: _Refused) -> ChannelError:
    """What the caller can do about WeChat's error code."""
    if error.code in _WINDOW:
        return WindowClosed(str(error))
    if error.code in _BAD_TOKEN:
        return ChannelUnavailable(str(error), 60.0)
    if error.code in _LATER:
        return ChannelUnavailable(str(error), _LATER[error.code])
    return ReplyRejected(str(error))
