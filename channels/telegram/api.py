"""The Bot API as we use it: python-telegram-bot's `Bot`, its errors told as ours, and the token kept out of them."""

import logging
import mimetypes
import os
from collections.abc import Awaitable, Sequence
from posixpath import basename
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputFile
from telegram.constants import ChatAction
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from channels.channel import Media
from channels.errors import ChannelError, ChannelUnavailable, OutcomeUnknown, ReplyRejected
from channels.message import Attachment

_T = TypeVar("_T")

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
"""The request never left this machine."""
UPDATES = '["message","edited_message","callback_query","my_chat_member"]'


class BotApi:
    """One bot. Nothing is asked of Telegram before the first call."""

    def __init__(self, token: str, api_base: str, timeout: float, poll_seconds: int) -> None:
        # Without it RetryAfter warns of its own deprecated form, and a warning may be an error where we run.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._token, self._poll_seconds = token, poll_seconds
        self._updates = f"{api_base}/bot{token}/getUpdates"
        self._requests = [
            HTTPXRequest(connection_pool_size=size, connect_timeout=5.0, read_timeout=timeout, write_timeout=timeout)
            for size in (2, 32)  # polling, all else
        ]
        polling, usual = self._requests
        self._bot = Bot(
            token,
            base_url=f"{api_base}/bot",
            base_file_url=f"{api_base}/file/bot",
            request=usual,
            get_updates_request=polling,
        )

    async def open(self) -> None:
        """Make the clients usable (again)."""
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)  # they log each address, and ours hold the token
        for request in self._requests:
            await request.initialize()

    async def close(self) -> None:
        """Close the connections."""
        for request in self._requests:
            await request.shutdown()

    async def send(self, chat: int, text: str, buttons: Sequence[tuple[str, str]]) -> None:
        """One message, with a button a row. Plain text: what a citizen wrote can never become markup."""
        rows = [[InlineKeyboardButton(label, callback_data=data)] for label, data in buttons]
        markup = InlineKeyboardMarkup(rows) if rows else None
        await self._told(self._bot.send_message(chat, text, reply_markup=markup))

    async def send_photo(self, chat: int, content: bytes, filename: str, caption: str) -> None:
        """A photo, shown in the chat."""
        await self._told(self._bot.send_photo(chat, InputFile(content, filename), caption=caption or None))

    async def send_document(self, chat: int, content: bytes, filename: str, caption: str) -> None:
        """A file, as it is."""
        await self._told(self._bot.send_document(chat, InputFile(content, filename), caption=caption or None))

    async def type_on(self, chat: int) -> None:
        """Show for five seconds that somebody is writing."""
        await self._told(self._bot.send_chat_action(chat, ChatAction.TYPING))

    async def answer(self, tap: str) -> None:
        """Stop the little clock on a tapped button."""
        await self._told(self._bot.answer_callback_query(tap))

    async def set_webhook(self, url: str, secret: str) -> None:
        """Let Telegram post updates to us; those that wait are kept."""
        await self._told(self._bot.set_webhook(url, secret_token=secret, allowed_updates=_updates()))

    async def delete_webhook(self) -> None:
        """Let us ask for updates; those that wait are kept."""
        await self._told(self._bot.delete_webhook(drop_pending_updates=False))

    async def updates(self, offset: int) -> bytes:
        """The raw answer of getUpdates, for parsed by the library one odd update would hold up all after it."""
        query = urlencode({"offset": offset, "timeout": self._poll_seconds, "allowed_updates": UPDATES})
        polling = self._requests[0]
        return await self._told(polling.retrieve(f"{self._updates}?{query}", read_timeout=self._poll_seconds + 10))

    async def fetch(self, attachment: Attachment, limit: int) -> Media:
        """The file behind a file_id. Its address holds the token and stays in here."""
        try:
            file = await self._told(self._bot.get_file(attachment.media_id))
            if (file.file_size or 0) > limit:
                raise ReplyRejected("the file is larger than we take")
            content = bytes(await self._told(file.download_as_bytearray()))
        except OutcomeUnknown as error:  # to fetch again does no harm
            raise ChannelUnavailable(str(error)) from error
        name = attachment.filename or basename(urlsplit(file.file_path or "").path)
        mime = attachment.mime or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Media(content=content, mime=mime, filename=name)

    async def _told(self, call: Awaitable[_T]) -> _T:
        try:
            return await call
        except TelegramError as error:
            raise self._ours(error) from None  # its chain may hold the token
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise OutcomeUnknown(f"an answer that the library cannot read: {type(error).__name__}") from None

    def _ours(self, error: TelegramError) -> ChannelError:
        secret = self._token.partition(":")[2]  # without the number before it, whose colon is quoted in addresses
        words = f"{type(error).__name__}: {error}".replace(secret, "***")
        match error:
            case RetryAfter():
                return ChannelUnavailable(words, error._retry_after.total_seconds())
            case Forbidden() | BadRequest() | ChatMigrated():
                return ReplyRejected(words)
            case TimedOut() | NetworkError():
                sent = not isinstance(error.__cause__, _NOT_SENT)
                return OutcomeUnknown(words) if sent and "Too Many Requests" not in words else ChannelUnavailable(words)
            case InvalidToken():  # to be set right by those who run the service; nothing was taken
                return ChannelUnavailable("the token is not accepted", retry_after=60)
            case _:
                return OutcomeUnknown(words)


def _updates() -> list[str]:
    return UPDATES.strip("[]").replace('"', "").split(",")
