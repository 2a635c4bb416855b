"""The channels that are switched on, each with what it needs of the service behind it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.bus.base import Bus
from bot.config import Settings, TelegramSettings, WeChatSettings
from bot.health import Health
from bot.inbox import Inbox
from bot.ledger import RecordLedger
from bot.mailbox import RecordMailbox
from bot.media import MediaShelf
from bot.storage.base import Storage
from channels.channel import Channel
from channels.message import Address
from channels.telegram.channel import TelegramChannel
from channels.webchat.channel import WebChatChannel
from channels.wechat.channel import WeChatChannel
from channels.wechat.envelope import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class BehindChannels:
    """What channels stand on."""

    storage: Storage
    bus: Bus
    inbox: Inbox
    shelf: MediaShelf
    health: Health
    web_secret: bytes
    web_title: str
    """What the web chat is called, unless the settings say otherwise."""
    heard_typing: Callable[[Address], None]


class Switchboard:
    """All channels of this node, in the order in which they start."""

    def __init__(self, settings: Settings, behind: BehindChannels) -> None:
        self._settings = settings
        self._behind = behind
        self.web = self._make_web() if settings.web.enabled else None
        wechat = [self._make_wechat(one) for one in settings.wechat]
        telegram = [self._make_telegram(one) for one in settings.telegram]
        self.channels: tuple[Channel, ...] = (*([self.web] if self.web else []), *wechat, *telegram)
        self.by_account: Mapping[tuple[str, str], Channel] = {(one.name, one.account): one for one in self.channels}

    def __iter__(self) -> Iterator[Channel]:
        return iter(self.channels)

    def _make_web(self) -> WebChatChannel:
        settings, behind = self._settings.web, self._behind
        return WebChatChannel(
            receive=behind.inbox.receive,
            bury=behind.inbox.bury,
            count=behind.health.count,
            mailbox=RecordMailbox(behind.storage, "main"),
            media=behind.shelf,
            secret=behind.web_secret,
            title=settings.title or behind.web_title,
            privacy_url="/privacy",
            embed_on=settings.embed_on,
            max_upload=settings.max_upload,
            heard_typing=behind.heard_typing,
        )

    def _make_wechat(self, settings: WeChatSettings) -> WeChatChannel:
        behind = self._behind
        return WeChatChannel(
            account=settings.account,
            app_id=settings.app_id,
            app_secret=settings.app_secret,
            token=settings.token,
            aes_key=settings.aes_key,
            mode=Mode(settings.mode),
            receive=behind.inbox.receive,
            bury=behind.inbox.bury,
            count=behind.health.count,
            quota=RecordLedger(behind.storage, settings.account, behind.bus.lease),
            store=behind.shelf,
            lease=behind.bus.lease,
            api_base=settings.api_base,
            slot_seconds=self._settings.slot_seconds,
        )

    def _make_telegram(self, settings: TelegramSettings) -> TelegramChannel:
        return TelegramChannel(
            account=settings.account,
            token=settings.token,
            mode="webhook" if settings.mode == "webhook" else "polling",
            secret=settings.secret,
            store=self._behind.shelf,
            api_base=settings.api_base,
            receive=self._behind.inbox.receive,
            bury=self._behind.inbox.bury,
            count=self._behind.health.count,
            public_url=self._settings.public_url,
        )
