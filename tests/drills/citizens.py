"""The citizens of a drill: each does what his script says, and his app delivers it up to three times."""

import asyncio
import contextlib
import json
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import aiohttp

from channels.message import Reply
from channels.telegram import codec as telegram_codec
from channels.webchat.visitor import Seal
from channels.wechat import render as wechat_render
from tests.drills.script import Act, Step
from tests.fakes.telegram import TelegramServer
from tests.fakes.wechat import Citizen as WeChatUser
from tests.fakes.wechat import WeChatServer

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + bytes(40) + b"\xff\xd9"
PIN = (41.108, 122.994)


class Citizen(Protocol):
    """One who writes through some app."""

    @property
    def conversation_id(self) -> str:
        """His conversation in the record."""
        ...

    async def does(self, step: Step, number: int) -> None:
        """Do it; returns when the service has acknowledged it. `number` makes its id, the same in every run."""
        ...

    def screen(self) -> Sequence[str]:
        """What stands on his screen of the service's words, each bubble a text."""
        ...

    def shape(self, reply: Reply) -> str:
        """How one reply looks on his screen."""
        ...


Deliveries = Callable[[str], int]
"""How often the message with this key is delivered."""


def once(_key: str) -> int:
    """Every message once."""
    return 1


def up_to_three_times(key: str) -> int:
    """One to three, always the same for the same message."""
    return 1 + zlib.crc32(key.encode()) % 3


class OnWeChat:
    """Writes to the Official Account; lost answers make WeChat deliver again."""

    def __init__(self, server: WeChatServer, number: int, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._user: WeChatUser = server.citizen(f"oDrill{number:03d}")
        self._base = 24_000_000_000_000_000 + number * 1000
        self.conversation_id = f"wechat:main:{self._user.openid}"

    async def does(self, step: Step, number: int) -> None:
        """See `Citizen`."""
        message_id = self._base + number
        lose = self._deliveries(f"{self.conversation_id}:{number}") - 1
        fields, grants = self._fields(step)
        shown = await self._user.sends(fields, message_id=message_id, lose=lose, grants=grants)
        assert not shown.failed, shown

    def _fields(self, step: Step) -> tuple[dict[str, object], str]:
        match step.act:
            case Act.TAPS:
                return {"MsgType": "text", "Content": step.text, "bizmsgmenuid": step.value}, "action"
            case Act.PHOTO:
                media_id = self._user.server.interface.keep_media(JPEG, "image/jpeg")
                return {
                    "MsgType": "image",
                    "PicUrl": "http://mmbiz.qpic.cn/mmbiz_jpg/x/0",
                    "MediaId": media_id,
                }, "message"
            case Act.PIN:
                where = {"Location_X": PIN[0], "Location_Y": PIN[1], "Scale": 16, "Label": ""}
                return {"MsgType": "location", **where}, "message"
            case _:
                return {"MsgType": "text", "Content": step.text}, "message"

    def screen(self) -> Sequence[str]:
        """See `Citizen`."""
        return self._user.texts

    def shape(self, reply: Reply) -> str:
        """See `Citizen`."""
        return wechat_render.shown(reply)


class DrillTelegram(TelegramServer):
    """Delivers each update as often as it is told; the webhook stays where the drill set it."""

    deliveries: Deliveries = staticmethod(once)

    def _do(self, method: str, parameters: dict[str, Any]) -> object:
        if method == "setWebhook":  # the service names its public address, which leads nowhere here
            self.secret = parameters.get("secret_token", "")
            return True
        return super()._do(method, parameters)

    async def deliver(self, update: dict[str, Any], number: int | None = None) -> int:
        """As often as the number says, in order for each citizen."""
        assert number is not None
        for _ in range(self.deliveries(str(number))):
            await self._post_until_taken({"update_id": number, **update})
        return number


class OnTelegram:
    """Writes to the bot."""

    def __init__(self, server: TelegramServer, number: int) -> None:
        self._server, self._user = server, server.citizen("市民")
        self._base = number * 1000
        self.conversation_id = f"telegram:main:{self._user.id}"

    async def does(self, step: Step, number: int) -> None:
        """See `Citizen`."""
        await self._server.deliver(self._update(step), self._base + number)

    def _update(self, step: Step) -> dict[str, Any]:
        said = self._user.message
        match step.act:
            case Act.TAPS:
                keyboard = [[{"text": f"1. {step.text}", "callback_data": f"v:{step.value}"}]]
                shown = said(text="…", reply_markup={"inline_keyboard": keyboard})
                tap = {"id": "tap", "from": self._user.user(), "message": shown, "data": f"v:{step.value}"}
                return {"callback_query": tap | {"chat_instance": "1"}}
            case Act.PHOTO:
                file = self._server.store(JPEG, "photos/file_1.jpg")
                size = {"file_id": file, "file_unique_id": file, "width": 90, "height": 60, "file_size": len(JPEG)}
                return {"message": said(photo=[size])}
            case Act.PIN:
                return {"message": said(location={"latitude": PIN[0], "longitude": PIN[1]})}
            case _:
                return {"message": said(text=step.text)}

    def screen(self) -> Sequence[str]:
        """See `Citizen`."""
        return self._user.texts

    def shape(self, reply: Reply) -> str:
        """See `Citizen`."""
        (text,) = telegram_codec.texts(reply)
        return text


class OnWeb:
    """Has the chat page open: it comes back after a cut, asks by cursor, and says again what was not acknowledged."""

    def __init__(self, url: Callable[[], str], secret: bytes, number: int, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        user = f"drill-visitor-{number:03d}"
        self._url, self._token = url, Seal(secret).token(user)
        self.conversation_id = f"web:main:{user}"
        self.lines: list[dict[str, Any]] = []
        self._cursor = 0
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._answers: dict[str, asyncio.Future[str]] = {}
        self._task = asyncio.create_task(self._live(), name=f"page of {user}")

    async def close(self) -> None:
        """Close the page."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def does(self, step: Step, number: int) -> None:
        """See `Citizen`."""
        identity = f"drill-{number:06d}"
        frame = {"type": "message", "id": identity, **await self._said(step)}
        for _ in range(self._deliveries(f"{self.conversation_id}:{number}")):
            while await self._tell(identity, frame) != "ack":  # noqa: ASYNC110  # it says it again, it does not wait
                await asyncio.sleep(0.2)

    async def _said(self, step: Step) -> dict[str, Any]:
        match step.act:
            case Act.TAPS:
                return {"text": step.text, "choice": step.value}
            case Act.PHOTO:
                return {"attachments": [await self._upload()]}
            case Act.PIN:
                return {"pin": {"latitude": PIN[0], "longitude": PIN[1]}}
            case _:
                return {"text": step.text}

    async def _upload(self) -> str:
        while True:
            form = aiohttp.FormData()
            form.add_field("file", JPEG, filename="p.jpg", content_type="image/jpeg")
            headers = {"X-Suda-Visitor": self._token}
            with contextlib.suppress(aiohttp.ClientError):
                async with (
                    aiohttp.ClientSession() as http,
                    http.post(f"{self._url()}/channels/web/upload", data=form, headers=headers) as answer,
                ):
                    if answer.status == 200:
                        return str((await answer.json())["grant"])
            await asyncio.sleep(0.1)

    async def _tell(self, identity: str, frame: dict[str, Any]) -> str:
        """What the service says to this frame; empty when the line was cut first."""
        socket = self._socket
        if socket is None:
            return ""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[identity] = answer
        try:
            await socket.send_str(json.dumps(frame, ensure_ascii=False))
            async with asyncio.timeout(10):
                return await answer
        except (ConnectionError, TimeoutError):
            return ""
        finally:
            del self._answers[identity]

    async def _live(self) -> None:
        async with aiohttp.ClientSession() as http:
            while True:
                with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                    async with http.ws_connect(f"{self._url()}/channels/web/socket") as socket:
                        await self._listen(socket)
                self._cut()
                await asyncio.sleep(0.1)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.send_str(json.dumps({"type": "hello", "cursor": self._cursor, "token": self._token}))
        async for got in socket:
            frame = json.loads(got.data)
            match frame["type"]:
                case "welcome":
                    self._socket = socket
                case "lines":
                    self.lines += frame["lines"]
                    self._cursor = frame["lines"][-1]["cursor"]
                case "ack" | "error":
                    self._answered(frame["id"], frame["type"])

    def _cut(self) -> None:
        self._socket = None
        for identity in self._answers:
            self._answered(identity, "")

    def _answered(self, identity: str, answer: str) -> None:
        waiting = self._answers.get(identity)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def screen(self) -> Sequence[str]:
        """See `Citizen`."""
        return [line["text"] for line in self.lines if line["who"] != "citizen"]

    def shape(self, reply: Reply) -> str:
        """See `Citizen`."""
        return reply.text
