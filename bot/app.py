"""The composition root: the only module that knows every part by name."""

import asyncio
import contextlib
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from aiohttp import web

from bot.bus.base import Bus
from bot.bus.local import LocalBus
from bot.city import City
from bot.config import Settings, TelegramSettings, WeChatSettings, service_secret
from bot.curation.desk import KnowledgeDesk
from bot.desk.categories import CategorySearch
from bot.desk.change_feed import ChangeFeed
from bot.desk.drafting import DraftDesk
from bot.desk.lost import LostOperators
from bot.desk.numbers import NumbersDesk
from bot.desk.places import PlaceDesk
from bot.desk.queue import DeskQueue
from bot.desk.typing import Typing
from bot.desk.writing import WritingDesk
from bot.health import Health, lengths_of
from bot.inbox import Inbox
from bot.knowledge_watch import KnowledgeWatch
from bot.ledger import RecordLedger
from bot.log import get_logger
from bot.mailbox import RecordMailbox
from bot.media import Fetcher, MediaShelf, media_routes, sign_link
from bot.mind import Mind
from bot.operator_desk import OperatorDesk
from bot.outbox import Outbox
from bot.presence import Presence
from bot.speech import load_recognizer
from bot.storage.base import Storage
from bot.storage.figures import Patience
from bot.storage.sql import SqlStorage
from bot.turn import Turn
from bot.worker import Worker
from channels.channel import Channel
from channels.errors import ReplyRejected
from channels.message import Address
from channels.telegram.channel import TelegramChannel
from channels.webchat.channel import WebChatChannel
from channels.wechat.channel import WeChatChannel
from channels.wechat.envelope import Mode
from faq.knowledge import KnowledgeError
from handoff.callback import StatusCallback
from handoff.case_system import CaseSystem
from handoff.console.board import Console
from handoff.console.composing import Composing
from handoff.console.curation import Curation
from handoff.console.drafting import DraftPages
from handoff.console.frame import Frame
from handoff.console.live import Live
from handoff.console.numbers import NumbersPages
from handoff.console.people import PeoplePages
from handoff.console.queue import QueuePages
from handoff.console.replies import ReplyPages
from handoff.console.words import Waits
from handoff.rest import RestCaseSystem
from handoff.sandbox import Sandbox, SignedPost
from handoff.schemas import outgoing, outgoing_event
from handoff.ticket import CaseEvent, Ticket, TicketAttachment
from handoff.tongue import counted, say
from handoff.writing import Window
from nlu.encoder import SHIPPED, ModelError

log = get_logger(__name__)

_HERE = Path(__file__).parent
_WARM_PATIENCE = 3.0
"""Seconds for which the start waits for the encoder, which takes a third of one; then rules begin without it."""
_LINK_LIFE = 30 * 86400
"""Seconds for which a signed link to an attachment is good: as long as a matter usually takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Keys derived for one use each, so that what signs one thing cannot sign another."""

    web: bytes
    desk: bytes
    media: bytes
    sandbox: str

    @classmethod
    def of(cls, secret: str) -> "Secrets":
        """All of them from the service's one secret."""

        def key(use: str) -> bytes:
            return hmac.new(secret.encode(), use.encode(), hashlib.sha256).digest()

        return cls(web=key("web"), desk=key("desk"), media=key("media"), sandbox=key("sandbox").hex())


class Service:
    """One node of suda, from its settings."""

    def __init__(self, settings: Settings, city: City, *, base_url: str | None = None) -> None:
        """`base_url` is where this process answers; by default its host and port."""
        self._settings = settings
        self._city = city
        self.base_url = base_url or f"http://{_reachable(settings.host)}:{settings.port}"
        self._public_url = settings.public_url or self.base_url
        self._secrets = Secrets.of(service_secret(settings))
        self.storage: Storage = SqlStorage(settings.database_url)
        self.bus = _make_bus(settings.redis_url)
        self._recognizer = load_recognizer(settings.speech)
        self._mind = Mind(
            city,
            f"{self._public_url}/privacy",
            listens=self._recognizer is not None,
            model=settings.model or SHIPPED,
            kept=settings.data_dir / "knowledge",
        )
        self.health = Health(
            version=version("suda"),
            city=city.id,
            lengths=lambda: lengths_of(self.storage, time.time()),
            understanding=lambda: self._mind.understanding,
            schemas=_HERE.parent / "handoff",
        )
        self._shelf = MediaShelf(settings.media_dir)
        self.inbox = Inbox(self.storage, self.bus, clock=time.time, count_message=self.health.message)
        self._typing = Typing(self.bus, clock=time.time, show=self._show_typing, push=self._push_typing)
        self.web = self._make_web()
        self.channels = self._make_channels()
        self.sandbox = self._make_sandbox() if settings.case_system.kind == "sandbox" else None
        self._case_system: CaseSystem = self.sandbox or self._make_rest()
        queue = DeskQueue(self.storage, city.groups, time.time)
        self.worker = self._make_worker(queue)
        self.outbox = self._make_outbox()
        by_name = {(channel.name, channel.account): channel for channel in self.channels}
        self._fetcher = Fetcher(
            self.storage,
            self._shelf,
            by_name,
            self.bus,
            recognizer=self._recognizer,
            heard=self.inbox.receive,
        )
        self._presence = Presence(self.storage, shared=bool(settings.redis_url), clock=time.time)
        self._watch = KnowledgeWatch(self.storage, self._mind.knowledge_base)
        self._feed = ChangeFeed(self.storage, self.bus.changes)
        self._frame = self._make_frame()
        self.writing = self._make_writing()
        self._composing = Composing(self._frame, self.writing, self._secrets.desk)
        self._drafts = DraftPages(self._frame, self._make_drafting())
        self._console = Console(
            self._frame,
            self._read_media,
            QueuePages(self._frame, queue),
            self._composing,
            self._drafts.beside,
            Waits(settings.desk.wait_long, settings.desk.wait_late),
        )
        self._live = Live(self._frame)
        self._lost = LostOperators(self.storage, self.inbox, self.bus, clock=time.time)
        self._tasks: list[asyncio.Task[None]] = []

    # the parts

    def _make_web(self) -> WebChatChannel | None:
        settings = self._settings.web
        if not settings.enabled:
            return None
        return WebChatChannel(
            receive=self.inbox.receive,
            bury=self.inbox.bury,
            count=self.health.count,
            mailbox=RecordMailbox(self.storage, "main"),
            media=self._shelf,
            secret=self._secrets.web,
            title=settings.title or self._city.hotline_name,
            privacy_url="/privacy",
            embed_on=settings.embed_on,
            max_upload=settings.max_upload,
            heard_typing=lambda address: self._typing.citizen_writes(address.key),
        )

    def _make_channels(self) -> list[Channel]:
        channels: list[Channel] = [self.web] if self.web else []
        channels += [self._make_wechat(settings) for settings in self._settings.wechat]
        channels += [self._make_telegram(settings) for settings in self._settings.telegram]
        return channels

    def _make_wechat(self, settings: WeChatSettings) -> WeChatChannel:
        return WeChatChannel(
            account=settings.account,
            app_id=settings.app_id,
            app_secret=settings.app_secret,
            token=settings.token,
            aes_key=settings.aes_key,
            mode=Mode(settings.mode),
            receive=self.inbox.receive,
            bury=self.inbox.bury,
            count=self.health.count,
            quota=RecordLedger(self.storage, settings.account, self.bus.lease),
            store=self._shelf,
            lease=self.bus.lease,
            api_base=settings.api_base,
            slot_seconds=self._settings.slot_seconds,
        )

    def _make_telegram(self, settings: TelegramSettings) -> Channel:
        return TelegramChannel(
            account=settings.account,
            token=settings.token,
            mode="webhook" if settings.mode == "webhook" else "polling",
            secret=settings.secret,
            store=self._shelf,
            api_base=settings.api_base,
            receive=self.inbox.receive,
            bury=self.inbox.bury,
            count=self.health.count,
            public_url=self._settings.public_url,
        )

    def _make_sandbox(self) -> Sandbox:
        login = self._settings.sandbox_login
        return Sandbox(
            self._settings.data_dir / "sandbox.db",
            SignedPost(lambda: f"{self.base_url}/handoff/status", self._secrets.sandbox),
            self._mind.states,
            login=(login.user, login.password) if login else None,
            loopback_only=login is None,
            units=tuple(unit.name for unit in self._city.units),
        )

    def _make_rest(self) -> RestCaseSystem:
        settings = self._settings.case_system
        return RestCaseSystem(settings.url, settings.secret, settings.mapping)

    def _make_worker(self, queue: DeskQueue) -> Worker:
        return Worker(
            self.storage,
            self.bus,
            agent=self._mind.agent(self.storage.ahead, queue.attended, self.storage.link_facts),
            inbox=self.inbox,
            settle=self._settings.settle_of,
            clock=time.time,
            committed=self._committed,
        )

    def _make_outbox(self) -> Outbox:
        return Outbox(
            self.storage,
            self.bus,
            channels={(channel.name, channel.account): channel for channel in self.channels},
            case_system=self._case_system,
            prepare=self._prepare,
            receive_status=self.inbox.receive_status,
            clock=time.time,
            count=self.health.delivery,
        )

    def _make_frame(self) -> Frame:
        self.desk = OperatorDesk(
            self.storage,
            self.inbox,
            states=self._mind.states,
            clock=time.time,
            changes=self._feed.follow,
            limits=self._describe_limits,
        )
        secure = self._public_url.startswith("https://")
        return Frame(self.desk, self._secrets.desk, secure, f"{self._city.hotline_name} 坐席台")

    def _make_writing(self) -> WritingDesk:
        return WritingDesk(
            self.storage,
            self._mind.knowledge_base,
            self._shelf,
            self._typing,
            read=lambda words: self._mind.interpreter.parse(words),
            window=self._window_of,
            today=self._mind.today,
            hotline=self._city.hotline,
        )

    def _make_drafting(self) -> DraftDesk:
        interpreter = self._mind.interpreter
        return DraftDesk(
            self.storage,
            read=self._mind.reader.read,
            categories=CategorySearch(interpreter.taxonomy),
            places=PlaceDesk(interpreter.gazetteer, self._mind.reader.read),
            needs_place=self._mind.rules.needs_place,
            states=self._mind.states,
            timezone=self._city.timezone,
            clock=time.time,
        )

    def _make_curation(self) -> Curation:
        library = KnowledgeDesk(
            self.storage,
            self._mind.knowledge_base,
            refresh=self._watch.refresh,
            rehearse=self._mind.rehearse,
            today=self._mind.today,
            clock=time.time,
            districts=self._city.districts,
        )
        return Curation(self._frame, library)

    # what the parts ask for

    def _committed(self, turn: Turn, seconds: float) -> None:
        self.health.turn(turn.outcome, seconds)

    async def _wake_pages(self) -> None:
        """Open pages look for new lines, whichever node wrote them."""
        async for conversation_id in self.bus.changes():
            if self.web and conversation_id:
                address = Address.parse(conversation_id)
                if address.channel == self.web.name:
                    self.web.wake(address.user)

    async def _prepare(self, body: Ticket | CaseEvent) -> Ticket | CaseEvent:
        """Masked where it must be, attachments as signed links: fit to leave the house."""
        attachments = tuple(self._linked(attachment) for attachment in body.attachments)
        if isinstance(body, Ticket):
            return outgoing(replace(body, attachments=attachments))
        found = await self.storage.find_ticket(body.ticket_no)
        event = replace(body, attachments=attachments)
        return outgoing_event(event, found[1]) if found else event

    def _linked(self, attachment: TicketAttachment) -> TicketAttachment:
        path = sign_link(self._secrets.media, attachment.id, int(time.time()) + _LINK_LIFE)
        return replace(attachment, url=f"{self._public_url}{path}")

    async def _read_media(self, key: str) -> tuple[bytes, str]:
        try:
            media = await self._shelf.get(key)
        except ReplyRejected as error:
            raise LookupError(key) from error
        return media.content, media.mime

    async def _describe_limits(self, address: Address) -> str:
        window = await self._window_of(address)
        if window is None:
            return ""
        hours = max(0.0, window.until - time.time()) / 3600
        if not window.left:
            return say("微信窗口已关闭，市民再次来信后送达")
        return counted("微信窗口还可发送 %(n)d 条，%(hours)s 小时内有效", window.left, hours=f"{hours:.0f}")

    async def _window_of(self, address: Address) -> Window | None:
        channel = self._channel_of(address)
        if not isinstance(channel, WeChatChannel):
            return None
        left, until = await channel.quota_left(address.user)
        return Window(left=left, until=until)

    def _channel_of(self, address: Address) -> Channel | None:
        return next((c for c in self.channels if (c.name, c.account) == (address.channel, address.account)), None)

    async def _show_typing(self, conversation_id: str, name: str) -> None:
        address = Address.parse(conversation_id)
        if self.web and address.channel == self.web.name:
            await self.web.typing(address.user, name)

    async def _push_typing(self, conversation_id: str) -> None:
        address = Address.parse(conversation_id)
        match self._channel_of(address):
            case WeChatChannel() | TelegramChannel() as channel:
                await channel.typing(address.user)

    # HTTP

    def web_app(self) -> web.Application:
        """Everything that this node answers over HTTP."""
        app = web.Application(middlewares=[_guard])
        app.add_routes([web.get("/", _to_chat), *self._privacy_routes(), *self.health.routes()])
        for channel in self.channels:
            app.add_routes(channel.routes())
        app.add_routes([*self._frame.routes(), *self._console.routes(), *self._live.routes(), *self._drafts.routes()])
        app.add_routes([*self._composing.routes(), *ReplyPages(self._frame, self.writing).routes()])
        app.add_routes(self._make_curation().routes())
        desk = self._settings.desk
        patience = Patience(bot=desk.unhandled, waiting=desk.waiting, held=desk.unanswered)
        numbers = NumbersDesk(self.storage, states=self._mind.states, clock=time.time, patience=patience)
        app.add_routes(NumbersPages(self._frame, numbers).routes())
        app.add_routes(PeoplePages(self._frame).routes())
        app.add_routes(media_routes(self.storage, self._shelf, self._secrets.media))
        callback_secrets = [*self._settings.case_system.callback_secrets]
        if self.sandbox:
            callback_secrets.append(self._secrets.sandbox)
            app.add_routes(self.sandbox.routes())
        callback = StatusCallback(
            self.inbox.receive_status, callback_secrets, self.inbox.bury, self.health.count, time.time
        )
        app.add_routes(callback.routes())
        return app

    def _privacy_routes(self) -> Iterable[web.AbstractRouteDef]:
        page = (_HERE / "static" / "privacy.html").read_text("utf-8")
        for name, value in (
            ("hotline", self._city.hotline_name),
            ("full_name", self._city.full_name),
            ("number", self._city.hotline),
        ):
            page = page.replace(f"{{{name}}}", value)
        style = (_HERE / "static" / "privacy.css").read_text("utf-8")

        async def show_page(_: web.Request) -> web.Response:
            policy = "default-src 'none'; style-src 'self'; frame-ancestors *"
            return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": policy})

        async def show_style(_: web.Request) -> web.Response:
            return web.Response(text=style, content_type="text/css")

        return [web.get("/privacy", show_page), web.get("/privacy.css", show_style)]

    # life

    async def start(self) -> None:
        """Start in the order in which the parts need each other."""
        await self.storage.start()
        await self._presence.start()
        await self.bus.start()
        await self._case_system.start()
        await self._watch.refresh()
        await self.writing.start()
        # The shipped encoder is there in a blink; while a bigger one loads, rules understand.
        await asyncio.wait({self._begin(self._warm(), "warm the encoder")}, timeout=_WARM_PATIENCE)
        self._tasks += [
            asyncio.create_task(self.worker.run(), name="worker"),
            asyncio.create_task(self.outbox.run(), name="outbox"),
            asyncio.create_task(self._fetcher.run(), name="media"),
            asyncio.create_task(self._watch.run(), name="knowledge"),
            asyncio.create_task(self._presence.run(), name="presence"),
            asyncio.create_task(self._lost.run(), name="lost operators"),
            asyncio.create_task(self._wake_pages(), name="pages"),
            asyncio.create_task(self._feed.run(), name="changes"),
        ]
        for channel in self.channels:
            await self._start_channel(channel)

    def reload(self) -> asyncio.Task[None]:
        """Read the knowledge base's files and the encoder again; what is in use goes on meanwhile."""
        return self._begin(self._reread(), "read again")

    def _begin(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        return task

    async def _reread(self) -> None:
        try:
            await asyncio.to_thread(self._mind.knowledge_base.reload)
        except KnowledgeError as error:
            log.error("knowledge base not read", action="knowledge_failed", reason=str(error))
        await self._warm()

    async def _warm(self) -> None:
        try:
            await asyncio.to_thread(self._mind.warm)
        except ModelError as error:
            # Citizens are answered all the same; `suda doctor` names it too.
            log.error("encoder not loaded", action="model_failed", reason=str(error))
        else:
            log.info("encoder loaded", action="model_loaded")

    async def _start_channel(self, channel: Channel) -> None:
        try:
            await channel.start()
        except Exception:
            # A channel that fails never stops the others; its replies wait in the outbox.
            log.exception("channel did not start", action="channel_failed", channel=channel.name)

    async def hang_up(self) -> None:
        """End the live connections, which would otherwise hold up the server's stop."""
        await self._live.stop()
        if self.web:
            await self.web.stop()

    async def stop(self) -> None:
        """Stop in the reverse order; what is in hand is finished."""
        for channel in reversed(self.channels):
            with contextlib.suppress(Exception):
                await channel.stop()
        for task in reversed(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._typing.stop()
        await self._case_system.stop()
        await self._presence.stop()
        await self.bus.stop()
        await self.storage.stop()


def _make_bus(redis_url: str) -> Bus:
    if not redis_url:
        return LocalBus()
    # Only a service of several processes pays for the import of redis, 0.2 s.
    from bot.bus.redis import RedisBus

    return RedisBus(redis_url)


def _reachable(host: str) -> str:
    """Where this process reaches itself."""
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104  # compared with, not bound to


async def _to_chat(_: web.Request) -> web.Response:
    raise web.HTTPFound("/chat")


@web.middleware
async def _guard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Whatever breaks inside is logged with its trace; the other side gets a plain 500."""
    try:
        response = await handler(request)
    except web.HTTPException:
        raise
    except (ConnectionResetError, asyncio.CancelledError):
        raise
    except Exception:
        log.exception("request failed", action="request_failed", route=request.path)
        raise web.HTTPInternalServerError(text="internal error") from None
    else:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response
