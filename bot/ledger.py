"""WeChat's quota of pushes per citizen, kept in the record so that a restart forgets nothing."""

import asyncio
from weakref import WeakValueDictionary

from bot.storage.base import Storage
from channels.message import MessageKind
from channels.wechat.quota import Quota


class RecordLedger:
    """Implements `channels.wechat.quota.Ledger` for one account."""

    def __init__(self, storage: Storage, account: str) -> None:
        self._storage = storage
        self._account = account
        # Reading and writing a citizen's quota is one step. A lock lives as long as somebody holds or awaits it.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def refill(self, user: str, kind: MessageKind, now: float) -> None:
        """The citizen did something that opens a window."""
        async with self._lock(user):
            await self._save(user, (await self._read(user)).refilled(kind, now))

    async def spend(self, user: str, now: float) -> bool:
        """One was sent; False when by our count none was left."""
        async with self._lock(user):
            quota = await self._read(user)
            await self._save(user, quota.spent())
            return quota.left(now)[0] > 0

    async def exhausted(self, user: str) -> None:
        """The platform says that nothing is left, whatever was counted."""
        async with self._lock(user):
            await self._save(user, (await self._read(user)).exhausted())

    async def left(self, user: str, now: float) -> tuple[int, float]:
        """(pushes left, until when)."""
        return (await self._read(user)).left(now)

    def _lock(self, user: str) -> asyncio.Lock:
        lock = self._locks.get(user) or asyncio.Lock()
        self._locks[user] = lock
        return lock

    async def _read(self, user: str) -> Quota:
        line = await self._storage.value(self._name(user))
        return Quota.loaded(line) if line else Quota()

    async def _save(self, user: str, quota: Quota) -> None:
        await self._storage.set_value(self._name(user), quota.dumped())

    def _name(self, user: str) -> str:
        return f"wechat-quota:{self._account}:{user}"
