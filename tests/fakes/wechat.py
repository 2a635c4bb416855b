"""A WeChat server on loopback: citizens who write, and the interface that suda calls. For tests, flows and drills.

    async with WeChatServer(webhook="http://127.0.0.1:8080/channels/wechat/main") as wx:   # or set wx.webhook later
        citizen = wx.citizen("oA1")
        shown = await citizen.says("楼下的路灯不亮了")      # what the citizen sees at once: shown.text, shown.failed
        await citizen.sees("已受理")                        # waits until it stands on his screen, passive or pushed
        await citizen.taps("确认")                          # a choice by its words

suda needs `wx.api_base`, `wx.seal.token`, `wx.seal.aes_key`, `wx.seal.app_id`, `wx.app_secret` and the mode
`wx.seal.mode`. Like the real server this one signs every try anew with the same MsgId, gives up a try after `patience`
seconds, tries `tries` times in all (a refused connection, a cut one and a status other than 200 count as a try and are
followed by a pause), and shows “该公众号提供的服务出现故障” when the answer is none. `lose=n` loses the first n answers
on the way back. The process behind `webhook` may be killed and started again at any time. `wx.advance(seconds)` moves
the clock; `wx.clock` can be given to a channel under test. `wx.faults.next("send", Fault(...))` breaks a call.
"""

import asyncio
import itertools
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import unquote

import aiohttp
from aiohttp import web

from tests.fakes.wechat_api import Faults, WeChatInterface
from tests.fakes.wechat_seal import BadAnswer, Seal, xml_of

BROKEN = "该公众号提供的服务出现故障，请稍后再试"
_LINK = re.compile(r'<a href="weixin://bizmsgmenu\?msgmenucontent=([^"&]*)&msgmenuid=([^"&]*)">(.*?)</a>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One thing on a citizen's screen, or nothing (`text` empty) when suda only said `success`."""

    text: str = ""
    pushed: bool = False
    failed: bool = False
    tries: int = 0
    message_id: str = ""
    why: str = ""
    """For a failed one: what was wrong with the answer."""
    at: float = 0.0

    @property
    def choices(self) -> dict[str, str]:
        """What can be tapped: the words and the value of each."""
        return {unquote(words): unquote(value) for words, value, _ in _LINK.findall(self.text)}

    @property
    def plain(self) -> str:
        """The text as it is read, without the links."""
        return _LINK.sub(r"\3", self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One delivery of a webhook and how it was answered; status 0 when no answer came."""

    message_id: str
    status: int
    body: bytes
    seconds: float
    error: str = ""


class WeChatServer:
    """The platform: see the module's first lines."""

    def __init__(
        self,
        *,
        webhook: str = "",
        seal: Seal | None = None,
        app_secret: str = "made-up-secret",
        original_id: str = "gh_suda",
        patience: float = 5.0,
        tries: int = 3,
        pause: float | None = None,
        port: int = 0,
    ) -> None:
        self.webhook = webhook
        self.seal = seal or Seal()
        self.app_secret = app_secret
        self.original_id = original_id
        self.patience = patience
        self.tries = tries
        self.pause = patience if pause is None else pause
        self.attempts: list[Try] = []
        self.interface = WeChatInterface(seal=self.seal, app_secret=app_secret, clock=self.clock, show=self._pushed)
        self._port = port
        self._shift = 0.0
        self._numbers = itertools.count(secrets.randbelow(10**6) + 24_000_000_000_000_000)
        self._citizens: dict[str, Citizen] = {}
        self._changed = asyncio.Event()

    @property
    def api_base(self) -> str:
        """Where suda finds the interface, instead of api.weixin.qq.com."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def faults(self) -> Faults:
        """What is to go wrong in the interface."""
        return self.interface.faults

    def clock(self) -> float:
        """The time here."""
        return time.time() + self._shift

    def advance(self, seconds: float) -> None:
        """Let time pass: tokens grow old and windows close."""
        self._shift += seconds

    def citizen(self, openid: str) -> "Citizen":
        """The person with this OpenID, always the same object."""
        return self._citizens.setdefault(openid, Citizen(self, openid))

    def next_number(self) -> int:
        """A new MsgId."""
        return next(self._numbers)

    async def verify(self) -> bool:
        """What the console does when the URL is saved: True when suda proves that it knows the token."""
        echo = secrets.token_hex(8)
        async with self._session.get(self.webhook, params=self.seal.query(self.clock()) | {"echostr": echo}) as answer:
            return answer.status == 200 and await answer.text() == echo

    async def post(self, query: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """One raw delivery, for what no citizen would send: status and body of the answer."""
        async with self._session.post(self.webhook, params=query, data=body) as answer:
            return answer.status, await answer.read()

    async def deliver(self, openid: str, xml: str, *, message_id: str, lose: int = 0) -> Shown:
        """Deliver as WeChat does, until an answer is there; what the citizen then sees."""
        why = ""
        for number in range(1, self.tries + 1):
            status, body, why = await self._tried(openid, xml, message_id)
            if status != 200:
                await asyncio.sleep(self.pause if number < self.tries else 0)
                continue
            if number > lose:
                return self._shown(openid, message_id, number, body)
            why = "the answer was lost"
        return Shown(text=BROKEN, failed=True, tries=self.tries, message_id=message_id, why=why, at=self.clock())

    async def _tried(self, openid: str, xml: str, message_id: str) -> tuple[int, bytes, str]:
        query, body = self.seal.webhook(xml, user=openid, now=self.clock())
        started, status, answer, error = time.monotonic(), 0, b"", ""
        try:
            async with asyncio.timeout(self.patience):
                status, answer = await self.post(query, body)
            error = "" if status == 200 else f"status {status}"
        except (aiohttp.ClientError, OSError, TimeoutError) as caught:
            error = type(caught).__name__
        seconds = time.monotonic() - started
        self.attempts.append(Try(message_id=message_id, status=status, body=answer, seconds=seconds, error=error))
        self.woken()
        return status, answer, error

    def _shown(self, openid: str, message_id: str, tries: int, body: bytes) -> Shown:
        shown = Shown(tries=tries, message_id=message_id, at=self.clock())
        if body.strip() in (b"", b"success"):
            return shown
        try:
            text = self._read(openid, body)
        except BadAnswer as error:
            return Shown(text=BROKEN, failed=True, tries=tries, message_id=message_id, why=str(error), at=self.clock())
        return Shown(text=text, tries=tries, message_id=message_id, at=self.clock())

    def _read(self, openid: str, body: bytes) -> str:
        reply = self.seal.open_answer(body)
        if (reply.get("ToUserName"), reply.get("FromUserName")) != (openid, self.original_id):
            raise BadAnswer("the answer is not from us to the citizen")
        if reply.get("MsgType") != "text" or not reply.get("CreateTime", "").isdigit():
            raise BadAnswer("the answer is not a text message")
        if not 0 < len(reply.get("Content", "").encode()) <= 2048:
            raise BadAnswer("the text is empty or longer than 2,048 bytes")
        return reply["Content"]

    def _pushed(self, openid: str, text: str) -> None:
        self.citizen(openid).screen.append(Shown(text=text, pushed=True, at=self.clock()))
        self.woken()

    def woken(self) -> None:
        """Something changed: a screen, or another try was made."""
        self._changed.set()

    async def until(self, true: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait for a condition that changes with what citizens see or with the tries that are made."""
        async with asyncio.timeout(timeout):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def __aenter__(self) -> Self:
        """Serve, and be ready to deliver."""
        self._runner = web.AppRunner(self.interface.app(), access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = int(self._runner.addresses[0][1])
        connector = aiohttp.TCPConnector(limit=0)  # WeChat has many machines: no delivery waits for another
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self._session.close()
        await self._runner.cleanup()


@dataclass(slots=True)
class Citizen:
    """A person with the chat open. Every method returns what he sees at once."""

    server: WeChatServer
    openid: str
    screen: list[Shown] = field(default_factory=list)
    """All that was shown, in order."""

    @property
    def texts(self) -> list[str]:
        """The words on the screen."""
        return [shown.text for shown in self.screen]

    async def says(self, text: str, *, message_id: int | None = None, lose: int = 0) -> Shown:
        """Write a text."""
        return await self.sends({"MsgType": "text", "Content": text}, message_id=message_id, lose=lose)

    async def taps(self, words: str) -> Shown:
        """Tap a choice on the screen, the newest with these words."""
        for shown in reversed(self.screen):
            for label, value in shown.choices.items():
                if words in label:
                    fields = {"MsgType": "text", "Content": label, "bizmsgmenuid": value}
                    return await self.sends(fields, grants="action")
        raise AssertionError(f"nothing to tap with the words {words}: {self.texts}")

    async def sends_photo(self, content: bytes = b"\xff\xd8\xff photo", mime: str = "image/jpeg") -> Shown:
        """Send a photo."""
        media_id = self.server.interface.keep_media(content, mime)
        url = f"http://mmbiz.qpic.cn/mmbiz_jpg/{media_id}/0"
        return await self.sends({"MsgType": "image", "PicUrl": url, "MediaId": media_id})

    async def sends_voice(self, content: bytes = b"#!AMR\nvoice", recognition: str | None = None) -> Shown:
        """Speak; `recognition` is what WeChat understood, None when the account has not switched it on."""
        media_id = self.server.interface.keep_media(content, "audio/amr")
        heard: dict[str, object] = {} if recognition is None else {"Recognition": recognition}
        return await self.sends({"MsgType": "voice", "MediaId": media_id, "Format": "amr", **heard})

    async def sends_video(self, content: bytes = b"mp4", *, short: bool = False) -> Shown:
        """Send a video, from the album or just taken."""
        media_id = self.server.interface.keep_media(content, "video/mp4")
        kind = "shortvideo" if short else "video"
        return await self.sends({"MsgType": kind, "MediaId": media_id, "ThumbMediaId": "thumb"})

    async def sends_file(self, filename: str, size: int = 1000) -> Shown:
        """Send a file, which WeChat tells of but does not hand out."""
        fields = {"Title": filename, "Description": "", "FileKey": "key", "FileMd5": "0" * 32, "FileTotalLen": size}
        return await self.sends({"MsgType": "file", **fields})

    async def sends_location(self, latitude: float, longitude: float, label: str = "") -> Shown:
        """Send a pin."""
        where = {"Location_X": latitude, "Location_Y": longitude, "Scale": 16, "Label": label}
        return await self.sends({"MsgType": "location", **where})

    async def sends_link(self, title: str, url: str = "https://example.org/a?b=1&c=2") -> Shown:
        """Share an article."""
        return await self.sends({"MsgType": "link", "Title": title, "Description": "摘要", "Url": url})

    async def sends_card(self, title: str) -> Shown:
        """Share a page of a mini program."""
        return await self.sends({"MsgType": "miniprogrampage", "Title": title, "AppId": "wx1", "PagePath": "p"})

    async def follows(self, scene: str = "") -> Shown:
        """Follow the account, by a scene code or without."""
        key: dict[str, object] = {"EventKey": f"qrscene_{scene}", "Ticket": "T"} if scene else {"EventKey": ""}
        return await self.does("subscribe", key, grants="action")

    async def unfollows(self) -> Shown:
        """Leave."""
        return await self.does("unsubscribe", {"EventKey": ""}, grants="unfollow")

    async def scans(self, scene: str) -> Shown:
        """Scan a scene code as a follower."""
        return await self.does("SCAN", {"EventKey": scene, "Ticket": "T"}, grants="action")

    async def clicks(self, key: str) -> Shown:
        """Tap a menu button."""
        return await self.does("CLICK", {"EventKey": key}, grants="action")

    async def views(self, url: str) -> Shown:
        """Open a page from the menu."""
        return await self.does("VIEW", {"EventKey": url})

    async def reports_location(self, latitude: float, longitude: float) -> Shown:
        """The app tells where he is, by itself."""
        return await self.does("LOCATION", {"Latitude": latitude, "Longitude": longitude, "Precision": 30.0})

    async def does(
        self, event: str, fields: Mapping[str, object] | None = None, *, grants: str = "", lose: int = 0
    ) -> Shown:
        """Any event."""
        named = {"MsgType": "event", "Event": event, **(fields or {})}
        return await self.sends(named, grants=grants, lose=lose, numbered=False)

    async def sends(
        self,
        fields: Mapping[str, object],
        *,
        grants: str = "message",
        message_id: int | None = None,
        lose: int = 0,
        numbered: bool = True,
    ) -> Shown:
        """Any message: its own elements; those that all have are added."""
        server = self.server
        server.interface.grant(self.openid, grants)
        number = message_id or server.next_number()
        head = {"ToUserName": server.original_id, "FromUserName": self.openid, "CreateTime": int(server.clock())}
        tail: dict[str, object] = {"MsgId": number} if numbered else {}
        xml = xml_of({**head, **fields, **tail})
        shown = await server.deliver(self.openid, xml, message_id=str(number), lose=lose)
        if shown.text:
            self.screen.append(shown)
            server.woken()
        return shown

    async def sees(self, words: str, timeout: float = 10.0) -> Shown:
        """Wait until something with these words stands on the screen; it is the newest such thing."""
        await self.server.until(lambda: any(words in text for text in self.texts), timeout)
        return next(shown for shown in reversed(self.screen) if words in shown.text)
