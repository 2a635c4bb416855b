"""The composition root: a node put together out of its parts, and their life from the start to the stop."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Iterable
from importlib.metadata import version
from pathlib import Path

from aiohttp import web

from bot.bus.base import Bus
from bot.bus.local import LocalBus
from bot.city import City
from bot.config import Settings, service_secret
from bot.desk.change_feed import ChangeFeed
from bot.desk.lost import LostOperators
from bot.desk.queue import DeskQueue
from bot.desk.typing import Screens, Typing
from bot.desk.window import Windows
from bot.front_desk import BehindDesk, FrontDesk
from bot.geocoder import load_geocoder
from bot.guard import guard
from bot.health import Health, lengths_of
from bot.inbox import Inbox
from bot.knowledge_watch import KnowledgeWatch
from bot.log import get_logger
from bot.media import Fetcher, MediaShelf, media_routes
from bot.mind import Mind
from bot.outbox import Outbox
from bot.outgoing import Outgoing
from bot.presence import Presence
from bot.privacy import privacy_routes
from bot.secret import Secrets
from bot.speech import load_recognizer
from bot.storage.base import Storage
from bot.storage.sql import SqlStorage
from bot.switchboard import BehindChannels, Switchboard
from bot.turn import Turn
from bot.worker import Worker
from channels.channel import Channel
from channels.message import Address
from faq.knowledge import KnowledgeError
from handoff.callback import StatusCallback
from handoff.case_system import CaseSystem
from handoff.rest import RestCaseSystem
from handoff.sandbox import Sandbox, SignedPost
from nlu.encoder import SHIPPED
from nlu.model_folder import ModelError

log = get_logger(__name__)


class Service:
    """One node of suda, from its settings."""

    def __init__(self, settings: Settings, city: City, *, base_url: str | None = None) -> None:
        """`base_url` is where this process answers; by default its host and port."""
        self._settings = settings
        self._city = city
        self.base_url = base_url or f"http://{_reachable(settings.host)}:{settings.port}"
        self._public_url = settings.public_url or self.base_url
        self._secrets = Secrets.of(service_secret(settings))
        self._tasks: list[asyncio.Task[None]] = []
        self.warming: asyncio.Task[None] | None = None
        """Loads the encoder at the start; until it has ended, rules answer."""

        # What everything stands on: the record, the bus, the shelf, and what the city knows.
        self.storage: Storage = SqlStorage(settings.database_url)
        self.bus = _make_bus(settings.redis_url)
        self._shelf = MediaShelf(settings.media_dir)
        recognizer = load_recognizer(settings.speech)
        self._mind = Mind(
            city,
            f"{self._public_url}/privacy",
            listens=recognizer is not None,
            model=settings.model or SHIPPED,
            geocoder=load_geocoder(settings.geocoder),
            kept=settings.data_dir / "knowledge",
        )
        self.health = self._make_health()
        self._presence = Presence(self.storage, shared=bool(settings.redis_url), clock=time.time)
        self._watch = KnowledgeWatch(self.storage, self._mind.knowledge_base)
        self._feed = ChangeFeed(self.storage, self.bus.changes)

        # The way of a message: in by a channel, through a turn, out again.
        self.inbox = Inbox(self.storage, self.bus, clock=time.time, count_message=self.health.message)
        self.channels = self._make_switchboard()
        screens = Screens(self.channels.by_account)
        self._typing = Typing(self.bus, clock=time.time, show=screens.show, push=screens.push)
        queue = DeskQueue(self.storage, city.groups, time.time)
        self.worker = self._make_worker(queue)
        self.sandbox = self._make_sandbox() if settings.case_system.kind == "sandbox" else None
        self._case_system: CaseSystem = self.sandbox or self._make_rest()
        self.outbox = self._make_outbox()
        self._fetcher = Fetcher(
            self.storage,
            self._shelf,
            self.channels.by_account,
            self.bus,
            recognizer=recognizer,
            heard=self.inbox.receive,
        )

        # People.
        self._front_desk = self._make_front_desk(queue)
        self.desk, self.writing = self._front_desk.desk, self._front_desk.writing
        self._lost = LostOperators(self.storage, self.inbox, self.bus, clock=time.time)

    # the parts

    def _make_health(self) -> Health:
        return Health(
            version=version("suda"),
            city=self._city.id,
            lengths=lambda: lengths_of(self.storage, time.time()),
            understanding=lambda: self._mind.understanding,
            schemas=Path(__file__).parent.parent / "handoff",
        )

    def _make_switchboard(self) -> Switchboard:
        behind = BehindChannels(
            storage=self.storage,
            bus=self.bus,
            inbox=self.inbox,
            shelf=self._shelf,
            health=self.health,
            web_secret=self._secrets.web,
            web_title=self._city.hotline_name,
            # Looked up when somebody types: what tells of it needs the channels first.
            heard_typing=lambda address: self._typing.citizen_writes(address.key),
        )
        return Switchboard(self._settings, behind)

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

    def _committed(self, turn: Turn, seconds: float) -> None:
        self.health.turn(turn.outcome, seconds)

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

    def _make_outbox(self) -> Outbox:
        outgoing = Outgoing(self.storage, self._public_url, self._secrets.media, clock=time.time)
        return Outbox(
            self.storage,
            self.bus,
            channels=self.channels.by_account,
            case_system=self._case_system,
            prepare=outgoing.prepare,
            receive_status=self.inbox.receive_status,
            clock=time.time,
            count=self.health.delivery,
        )

    def _make_front_desk(self, queue: DeskQueue) -> FrontDesk:
        behind = BehindDesk(
            storage=self.storage,
            inbox=self.inbox,
            shelf=self._shelf,
            city=self._city,
            mind=self._mind,
            watch=self._watch,
            feed=self._feed,
            typing=self._typing,
            windows=Windows(self.channels.by_account),
            queue=queue,
        )
        secure = self._public_url.startswith("https://")
        return FrontDesk(self._settings.desk, behind, secret=self._secrets.desk, secure=secure)

    # HTTP

    def web_app(self) -> web.Application:
        """Everything that this node answers over HTTP."""
        app = web.Application(middlewares=[guard])
        app.add_routes([web.get("/", _to_chat), *privacy_routes(self._city), *self.health.routes()])
        for channel in self.channels:
            app.add_routes(channel.routes())
        app.add_routes(self._front_desk.routes())
        app.add_routes(media_routes(self.storage, self._shelf, self._secrets.media))
        app.add_routes(self._case_system_routes())
        return app

    def _case_system_routes(self) -> Iterable[web.AbstractRouteDef]:
        secrets = [*self._settings.case_system.callback_secrets]
        if self.sandbox:
            secrets.append(self._secrets.sandbox)
        callback = StatusCallback(self.inbox.receive_status, secrets, self.inbox.bury, self.health.count, time.time)
        return [*(self.sandbox.routes() if self.sandbox else ()), *callback.routes()]

    # life

    async def start(self) -> None:
        """Start in the order in which the parts need each other."""
        await self.storage.start()
        await self._presence.start()
        await self.bus.start()
        await self._case_system.start()
        await self._watch.refresh()
        await self._front_desk.start()
        self.warming = self._begin(self._warm(), "warm the encoder")
        for work, name in (
            (self.worker.run(), "worker"),
            (self.outbox.run(), "outbox"),
            (self._fetcher.run(), "media"),
            (self._watch.run(), "knowledge"),
            (self._presence.run(), "presence"),
            (self._lost.run(), "lost operators"),
            (self._wake_pages(), "pages"),
            (self._feed.run(), "changes"),
        ):
            self._begin(work, name)
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
        except Exception:
            # Nobody waits for this task: what it does not say here, nobody learns.
            log.exception("encoder not loaded", action="model_failed")
        else:
            log.info("encoder loaded", action="model_loaded")

    async def _wake_pages(self) -> None:
        """Open pages of the web chat look for new lines, whichever node wrote them."""
        web_chat = self.channels.web
        async for conversation_id in self.bus.changes():
            if web_chat and conversation_id:
                address = Address.parse(conversation_id)
                if address.channel == web_chat.name:
                    web_chat.wake(address.user)

    async def _start_channel(self, channel: Channel) -> None:
        try:
            await channel.start()
        except Exception:
            # A channel that fails never stops the others; its replies wait in the outbox.
            log.exception("channel did not start", action="channel_failed", channel=channel.name)

    async def hang_up(self) -> None:
        """End the live connections, which would otherwise hold up the server's stop."""
        await self._front_desk.hang_up()
        if self.channels.web:
            await self.channels.web.stop()

    async def stop(self) -> None:
        """Stop in the reverse order; what is in hand is finished."""
        for channel in reversed(self.channels.channels):
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
