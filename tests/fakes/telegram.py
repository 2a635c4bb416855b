"""Telegram on loopback: citizens who write, and the Bot API that suda calls. For tests, flows and drills.

    async with TelegramServer() as telegram:              # give suda telegram.api_base, telegram.token, telegram.secret
        citizen = telegram.citizen("王小明")
        await citizen.says("楼下的路灯不亮了")              # delivered when suda has answered 200, or polled past it
        await citizen.sees("已受理")                       # waits until it stands on the screen
        await citizen.taps("确认")                         # a button by its words

By webhook (after setWebhook, or with `telegram.webhook = url`) an update is repeated until it is answered with 2xx, one
after the other, as Telegram does; `telegram.times = 3` delivers each update three times. By polling an update stays
until a getUpdates names a greater offset. `telegram.next("sendMessage", Fault(status=429, retry_after=1))` breaks the
next call; `Fault(hang=9, delivered=True)` delivers, but answers late. The process behind the webhook may be killed and
started again at any time.
"""

import asyncio
import io
import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How a call goes wrong."""

    status: int = 200
    description: str = "fault"
    retry_after: int = 0
    body: str | None = None
    """Sent as it is instead of JSON."""
    hang: float = 0.0
    """Seconds before the answer."""
    delivered: bool = False
    """It takes effect all the same."""
    cut: bool = False
    """The connection is closed without an answer."""


TOO_MANY = Fault(status=429, description="Too Many Requests: retry after 1", retry_after=1)
BAD_GATEWAY = Fault(status=502, body="<html><h1>502 Bad Gateway</h1></html>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message of the bot on a citizen's screen."""

    message_id: int
    text: str
    buttons: tuple[tuple[str, str], ...]
    """Label and callback_data."""
    raw: Json
    content: bytes = b""
    """Of a photo or a file."""


class Citizen:
    """One who writes to the bot in a private chat."""

    def __init__(self, server: "TelegramServer", user: int, name: str) -> None:
        self.server, self.id, self.name = server, user, name
        self.screen: list[Sent] = []
        self.blocked = False
        self.first_seen = 0

    @property
    def texts(self) -> list[str]:
        """What the bot said."""
        return [sent.text for sent in self.screen]

    async def says(self, text: str) -> int:
        """Write a text; the update's number, once it is delivered."""
        return await self.sends(text=text)

    async def sends(self, **content: Any) -> int:
        """Send any kind of message: the fields of the Bot API's Message."""
        return await self.server.deliver({"message": self.message(**content)})

    async def photo(self, content: bytes, caption: str = "") -> int:
        """Send a photo, which comes in two sizes."""
        small = {"file_id": self.server.store(content[:8], "thumb.jpg"), "width": 90, "height": 60, "file_size": 8}
        large = {
            "file_id": self.server.store(content, "photos/file_1.jpg"),
            "width": 1280,
            "height": 853,
            "file_size": len(content),
        }
        sizes = [one | {"file_unique_id": one["file_id"]} for one in (small, large)]
        return await self.sends(photo=sizes, **({"caption": caption} if caption else {}))

    async def voice(self, content: bytes) -> int:
        """Send a voice message."""
        file = self.server.store(content, "voice/file_2.oga")
        voice = {"file_id": file, "file_unique_id": file, "duration": 3, "mime_type": "audio/ogg"}
        return await self.sends(voice=voice | {"file_size": len(content)})

    async def location(self, latitude: float, longitude: float) -> int:
        """Send a pin."""
        return await self.sends(location={"latitude": latitude, "longitude": longitude})

    async def edits(self, text: str) -> int:
        """Change his last message."""
        message = self.message(text=text) | {"edit_date": int(self.server.clock())}
        return await self.server.deliver({"edited_message": message})

    async def taps(self, words: str) -> int:
        """Tap the latest button with these words."""
        for sent in reversed(self.screen):
            for label, data in sent.buttons:
                if words in label:
                    return await self._tap(sent, data)
        raise AssertionError(f"no button {words!r} on the screen")

    async def blocks(self) -> int:
        """Block the bot."""
        self.blocked = True
        return await self._membership("member", "kicked")

    async def unblocks(self) -> int:
        """Let it speak again."""
        self.blocked = False
        return await self._membership("kicked", "member")

    async def sees(self, text: str, within: float = 10.0) -> Sent:
        """Wait until a message with these words is on the screen."""
        found: list[Sent] = []

        def there() -> bool:
            found[:] = [sent for sent in self.screen if text in sent.text]
            return bool(found)

        await self.server.until(there, within)
        return found[-1]

    def message(self, **content: Any) -> Json:
        """A message of his, as the Bot API shows it."""
        return {
            "message_id": next(self.server.numbers),
            "date": int(self.server.clock()),
            "chat": {"id": self.id, "type": "private", "first_name": self.name},
            "from": self.user(),
            **content,
        }

    def user(self) -> Json:
        """Himself, as the Bot API shows him."""
        return {"id": self.id, "is_bot": False, "first_name": self.name, "language_code": "zh-hans"}

    async def _tap(self, sent: Sent, data: str) -> int:
        tap = {"id": f"tap{next(self.server.numbers)}", "from": self.user(), "message": sent.raw, "data": data}
        return await self.server.deliver({"callback_query": tap | {"chat_instance": "1"}})

    async def _membership(self, before: str, after: str) -> int:
        def member(status: str) -> Json:
            more = {"until_date": 0} if status == "kicked" else {}
            return {"status": status, "user": self.server.me(), **more}

        change = {
            "chat": {"id": self.id, "type": "private", "first_name": self.name},
            "from": self.user(),
            "date": int(self.server.clock()),
            "old_chat_member": member(before),
            "new_chat_member": member(after),
        }
        return await self.server.deliver({"my_chat_member": change})


@dataclass
class TelegramServer:
    """The Bot API of one bot."""

    token: str = "4242:TEST-token_for-loopback"
    secret: str = "webhook-secret"
    webhook: str = ""
    times: int = 1
    clock: Callable[[], float] = time.time
    calls: list[tuple[str, Json]] = field(default_factory=list)
    """Every call of the bot: method and parameters."""
    citizens: dict[int, Citizen] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    chat_actions: list[tuple[int, str]] = field(default_factory=list)
    """To whom, and what was shown: `typing`."""
    answered_taps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.numbers = itertools.count(1000)
        self._waiting: dict[int, Json] = {}
        self._news = asyncio.Condition()
        self._line = asyncio.Lock()
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._runner: web.AppRunner | None = None
        self._http: aiohttp.ClientSession | None = None
        self.api_base = ""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Serve; after `stop`, at the same port again when it is given."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/file/bot{token}/{path:.*}", self._download)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        self._http = aiohttp.ClientSession()
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.api_base = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Be away."""
        assert self._runner is not None
        assert self._http is not None
        await self._runner.cleanup()
        await self._http.close()

    @property
    def port(self) -> int:
        """Where it serves."""
        return int(self.api_base.rpartition(":")[2])

    def citizen(self, name: str = "市民") -> Citizen:
        """Somebody new."""
        user = 700_000 + len(self.citizens)
        self.citizens[user] = Citizen(self, user, name)
        return self.citizens[user]

    def me(self) -> Json:
        """The bot itself."""
        user = int(self.token.partition(":")[0])
        return {"id": user, "is_bot": True, "first_name": "诉达", "username": "suda_test_bot"}

    def next(self, method: str, *faults: Fault) -> None:
        """Break the next calls of this method, in this order."""
        self._faults[method].extend(faults)

    def store(self, content: bytes, path: str) -> str:
        """Keep a file; its file_id."""
        file = f"FILE{next(self.numbers)}"
        self.files[file] = (path, content)
        return file

    def count(self, method: str) -> int:
        """How often the bot called it."""
        return sum(1 for name, _ in self.calls if name == method)

    async def until(self, claim: Callable[[], object], within: float = 10.0) -> None:
        """Wait until the claim holds."""
        async with asyncio.timeout(within):
            while not claim():  # noqa: ASYNC110  # claims are about any state, which sets no event
                await asyncio.sleep(0.01)

    async def deliver(self, update: Json, number: int | None = None) -> int:
        """Bring an update to the bot, as often as `times` says; again with the same `number` when it is given."""
        number = next(self.numbers) if number is None else number
        update = {"update_id": number, **update}
        if not self.webhook:
            await self._wait_for_polling(update)
            return number
        async with self._line:  # Telegram, too, waits for one answer before it sends the next
            for _ in range(self.times):
                await self._post_until_taken(update)
        return number

    async def post(self, body: bytes | io.BytesIO | AsyncIterator[bytes], secret: str | None = None) -> int:
        """Post anything to the webhook once; the status."""
        assert self._http is not None
        headers = {"Content-Type": "application/json"}
        headers["X-Telegram-Bot-Api-Secret-Token"] = self.secret if secret is None else secret
        async with self._http.post(self.webhook, data=body, headers=headers) as response:
            await response.read()
            return response.status

    async def _post_until_taken(self, update: Json) -> None:
        async with asyncio.timeout(60):
            while True:
                try:
                    if await self.post(json.dumps(update).encode()) < 300:
                        return
                except aiohttp.ClientError:
                    pass  # the bot is away: Telegram tries again
                await asyncio.sleep(0.05)

    async def _wait_for_polling(self, update: Json) -> None:
        async with self._news:
            self._waiting[update["update_id"]] = update
            self._news.notify_all()
            await asyncio.wait_for(self._news.wait_for(lambda: update["update_id"] not in self._waiting), 60)

    # -- what the bot calls

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != self.token:
            return _error(Fault(status=401, description="Unauthorized"))
        given = {**request.query, **(await request.post())}
        parameters: Json = {name: _plain(name, value) for name, value in given.items()}
        self.calls.append((method, parameters))
        if method == "getUpdates" and not self._faults[method]:
            return await self._get_updates(parameters)
        if self._faults[method]:
            return await self._fail(request, self._faults[method].popleft(), method, parameters)
        return _answer(self._do(method, parameters))

    async def _fail(self, request: web.Request, fault: Fault, method: str, parameters: Json) -> web.StreamResponse:
        result = self._do(method, parameters) if fault.delivered else None
        await asyncio.sleep(fault.hang)
        if fault.cut:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if fault.body is not None:
            return web.Response(status=fault.status, text=fault.body, content_type="text/html")
        return _error(fault) if fault.status != 200 else _answer(result)

    def _do(self, method: str, parameters: Json) -> object:
        match method:
            case "getMe":
                return self.me()
            case "setWebhook":
                self.webhook, self.secret = parameters["url"], parameters.get("secret_token", "")
                return True
            case "deleteWebhook":
                self.webhook = ""
                return True
            case "sendMessage":
                return self._send(parameters)
            case "sendPhoto" | "sendDocument":
                return self._send_file(method, parameters)
            case "sendChatAction":
                self.chat_actions.append((int(parameters["chat_id"]), parameters["action"]))
                return True
            case "answerCallbackQuery":
                self.answered_taps.append(parameters["callback_query_id"])
                return True
            case "getFile":
                return self._get_file(parameters["file_id"])
            case _:
                return Fault(status=404, description="Not Found")

    def _send(self, parameters: Json) -> object:
        citizen = self.citizens.get(int(parameters["chat_id"]))
        text = parameters.get("text", "")
        rows = (parameters.get("reply_markup") or {}).get("inline_keyboard", [])
        buttons = tuple((button["text"], button["callback_data"]) for row in rows for button in row)
        if citizen is None:
            return Fault(status=400, description="Bad Request: chat not found")
        if citizen.blocked:
            return Fault(status=403, description="Forbidden: bot was blocked by the user")
        if not text.strip():
            return Fault(status=400, description="Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            return Fault(status=400, description="Bad Request: message is too long")
        if any(not 1 <= len(data.encode()) <= 64 for _, data in buttons):
            return Fault(status=400, description="Bad Request: BUTTON_DATA_INVALID")
        raw: Json = {
            "message_id": next(self.numbers),
            "date": int(self.clock()),
            "chat": {"id": citizen.id, "type": "private", "first_name": citizen.name},
            "from": self.me(),
            "text": text,
        }
        if rows:
            raw["reply_markup"] = {"inline_keyboard": rows}
        citizen.screen.append(Sent(message_id=raw["message_id"], text=text, buttons=buttons, raw=raw))
        return raw

    def _send_file(self, method: str, parameters: Json) -> object:
        citizen = self.citizens.get(int(parameters["chat_id"]))
        kind = "photo" if method == "sendPhoto" else "document"
        given = parameters.get(kind)
        file = parameters.get(str(given).removeprefix("attach://")) if isinstance(given, str) else given
        if citizen is None or citizen.blocked:
            return Fault(status=403, description="Forbidden: bot was blocked by the user")
        if not isinstance(file, web.FileField):
            return Fault(status=400, description="Bad Request: there is no file in the request")
        content = file.file.read()
        if kind == "photo" and len(content) > 10 * 1024 * 1024:
            return Fault(status=400, description="Bad Request: file is too big")
        stored = self.store(content, file.filename)
        caption = parameters.get("caption", "")
        about = {"file_id": stored, "file_unique_id": stored, "file_size": len(content)}
        raw: Json = {
            "message_id": next(self.numbers),
            "date": int(self.clock()),
            "chat": {"id": citizen.id, "type": "private", "first_name": citizen.name},
            "from": self.me(),
            "caption": caption,
            kind: [about | {"width": 8, "height": 8}] if kind == "photo" else about | {"file_name": file.filename},
        }
        citizen.screen.append(Sent(message_id=raw["message_id"], text=caption, buttons=(), raw=raw, content=content))
        return raw

    def _get_file(self, file: str) -> object:
        if file not in self.files:
            return Fault(status=400, description="Bad Request: wrong file_id or the file is temporarily unavailable")
        path, content = self.files[file]
        return {"file_id": file, "file_unique_id": file, "file_size": len(content), "file_path": f"{file}/{path}"}

    async def _get_updates(self, parameters: Json) -> web.StreamResponse:
        if self.webhook:
            return _error(Fault(status=409, description="Conflict: can't use getUpdates while webhook is active"))
        offset, patience = int(parameters.get("offset", 0)), float(parameters.get("timeout", 0))
        async with self._news:
            for number in [number for number in self._waiting if number < offset]:
                del self._waiting[number]
            self._news.notify_all()
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: self._waiting), patience)
            except TimeoutError:
                return _answer([])
            updates = [update for _, update in sorted(self._waiting.items())]
            return _answer([update for update in updates for _ in range(self.times)])

    async def _download(self, request: web.Request) -> web.StreamResponse:
        file = request.match_info["path"].partition("/")[0]
        if self._faults["file"]:
            return await self._fail(request, self._faults["file"].popleft(), "file", {})
        if request.match_info["token"] != self.token or file not in self.files:
            return _error(Fault(status=404, description="Not Found"))
        return web.Response(body=self.files[file][1])


def _answer(result: object) -> web.Response:
    return _error(result) if isinstance(result, Fault) else web.json_response({"ok": True, "result": result})


def _error(fault: Fault) -> web.Response:
    body: Json = {"ok": False, "error_code": fault.status, "description": fault.description}
    if fault.retry_after:
        body["parameters"] = {"retry_after": fault.retry_after}
    return web.json_response(body, status=fault.status)


def _plain(name: str, value: object) -> object:
    """Parameters come as form fields; structures in them as JSON."""
    if name in ("reply_markup", "allowed_updates") and isinstance(value, str):
        return json.loads(value)
    return value
