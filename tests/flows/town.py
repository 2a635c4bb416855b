"""What stands around a node in a flow: a platform or a case system on loopback, and the settings that lead there."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from bot.app import Service
from channels.message import Reply
from handoff.desk import ActionKind, OperatorAction
from handoff.ticket import StatusUpdate, Ticket, TicketStatus
from tests.fakes.case_system import FakeCaseSystem
from tests.fakes.telegram import TelegramServer
from tests.fakes.wechat import WeChatServer
from tests.fakes.wechat_seal import Seal
from tests.flows.node import serving, until_true

CASE_SECRET = "the case system's secret of the flows"
AT = "2026-11-23T10:00:00+08:00"


def wechat_settings(wx: WeChatServer) -> dict[str, str]:
    """The settings that point a node at the simulated WeChat."""
    return {
        "SUDA_WECHAT_APP_ID": wx.seal.app_id,
        "SUDA_WECHAT_APP_SECRET": wx.app_secret,
        "SUDA_WECHAT_TOKEN": wx.seal.token,
        "SUDA_WECHAT_AES_KEY": wx.seal.aes_key,
        "SUDA_WECHAT_MODE": wx.seal.mode,
        "SUDA_WECHAT_API_BASE": wx.api_base,
        "SUDA_SETTLE_WECHAT_QUIET": "0",
    }


def telegram_settings(telegram: TelegramServer) -> dict[str, str]:
    """The settings that point a node at the simulated Telegram, which it polls."""
    return {
        "SUDA_TELEGRAM_TOKEN": telegram.token,
        "SUDA_TELEGRAM_MODE": "polling",
        "SUDA_TELEGRAM_API_BASE": telegram.api_base,
        "SUDA_SETTLE_TELEGRAM_QUIET": "0",
    }


def case_settings(case: FakeCaseSystem) -> dict[str, str]:
    """The settings that point a node at a case system of its own."""
    return {
        "SUDA_CASE_SYSTEM_KIND": "rest",
        "SUDA_CASE_SYSTEM_URL": case.url,
        "SUDA_CASE_SYSTEM_SECRET": case.secret,
    }


@asynccontextmanager
async def on_wechat(
    folder: Path, mode: str = "safe", case: FakeCaseSystem | None = None, more: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[WeChatServer, Service]]:
    """A node with one WeChat account; tickets go to its sandbox, unless a case system is given."""
    async with AsyncExitStack() as stack:
        # A machine that is busy with other tests needs longer than the five seconds of the real server.
        wx = await stack.enter_async_context(WeChatServer(seal=Seal(mode=mode), patience=10.0))
        settings = {**wechat_settings(wx), **(case_settings(case) if case else {}), **(more or {})}
        service = await stack.enter_async_context(serving(folder, **settings))
        wx.webhook = f"{service.base_url}/channels/wechat/main"
        yield wx, service


@asynccontextmanager
async def a_case_system() -> AsyncIterator[FakeCaseSystem]:
    """A case system by REST."""
    case = FakeCaseSystem(CASE_SECRET)
    await case.start()
    try:
        yield case
    finally:
        await case.stop()


async def tickets_of(service: Service, conversation_id: str) -> tuple[Ticket, ...]:
    """His tickets as the record has them."""
    return (await service.storage.load(conversation_id)).conversation.tickets


async def words_of(service: Service, conversation_id: str) -> list[str]:
    """What the service told him, by the record."""
    return [line.body.text for line in await service.storage.lines(conversation_id) if isinstance(line.body, Reply)]


async def fetched(url: str) -> tuple[int, bytes]:
    """What stands at an address."""
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.read()


async def at_rest(service: Service) -> None:
    """Wait until all is handled and nothing is due."""

    async def idle() -> bool:
        return await service.worker.idle() and await service.outbox.idle()

    await until_true(idle)


async def clerk_takes(service: Service, ticket_no: str, status: TicketStatus, **words: str) -> None:
    """A clerk's step at the built-in case system, which tells of it by its signed callback."""
    sandbox = service.sandbox
    assert sandbox is not None

    async def arrived() -> bool:
        return await sandbox.held(ticket_no) is not None

    # The citizen reads his number before the outbox has handed the ticket over.
    await until_true(arrived)
    update = StatusUpdate(event_id=f"{ticket_no}-{status}", ticket_no=ticket_no, status=status, at=AT, **words)  # type: ignore[arg-type] # all words
    assert await sandbox.take_step(update)


async def operator_does(service: Service, conversation_id: str, kind: ActionKind, text: str = "") -> str:
    """An operator's act; its outcome."""
    number = len(await service.storage.lines(conversation_id))
    action = OperatorAction(
        id=f"{kind}-{number}",
        conversation_id=conversation_id,
        operator="wangli",
        operator_name="王丽",
        kind=kind,
        at=1_790_000_000.0,
        text=text,
    )
    return str((await service.inbox.act(action)).outcome)
