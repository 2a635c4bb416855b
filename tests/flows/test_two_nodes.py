"""Two processes on one PostgreSQL and one Redis: whichever a message reaches, it is answered once; one may be killed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.storage.sql import SqlStorage
from bot.turn import Fate
from channels.message import Reply
from tests.fakes.case_system import FakeCaseSystem
from tests.fakes.wechat import Citizen, WeChatServer
from tests.fakes.wechat_seal import Seal
from tests.flows.node import Node, until_true
from tests.flows.town import a_case_system, case_settings, wechat_settings
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

CITIZENS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two nodes behind something that spreads WeChat's webhooks, and a look at their record."""

    nodes: tuple[Node, Node]
    platforms: tuple[WeChatServer, WeChatServer]
    """One interface towards each node; the citizens of the second belong to it alone."""
    case: FakeCaseSystem
    record: SqlStorage
