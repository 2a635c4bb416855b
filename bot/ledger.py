"""WeChat's quota of pushes per citizen, kept in the record so that a restart forgets nothing."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from bot.storage.base import Storage
from channels.message import MessageKind
from channels.wechat.quota import Quota


class RecordLedger:
    """Implements `channels.wechat.quota.Ledger` for one account."""

    def __init__(
        self, storage: Storage, account: str, lease: Callable[[str], AbstractAsyncContextManager[object]]
    ) -> None:
        """Reading and writing a citizen's quota is one step, under a lease."""
        self._storage = storage
        self._account = account
        self._lease = lease

    async def refill(self, user: str, kind: MessageKind, now: float) -> None:
        """The citizen did something that opens a window."""
        async with self._lease(self._name(user)):
            await self._save(user, (await self._read(user)).refilled(kind, now))

    async def spend(self, user: str, now: float) -> bool:
        """One was sent; False when by our count none was left."""
        async with self._lease(self._name(user)):
            quota = await self._read(user)
            await self._save(user, quota.spent())
            return quota.left(now)[0] > 0

    async def exhausted(self, user: str) -> None:
        """The platform says that nothing is left, whatever was counted."""
        async with self._lease(self._name(user)):
            await self._save(user, (await self._read(user)).exhausted())

    async def left(self, user: str, now: float) -> tuple[int, float]:
        """(pushes left, until when)."""
        return (await self._read(user)).left(now)

    async def _read(self, user: str) -> Quota:
        line = await self._storage.value(self._name(user))
        return Quota.loaded(line) if line else Quota()

    async def _save(self, user: str, quota: Quota) -> None:
        await self._storage.set_value(self._name(user), quota.dumped())

    def _name(self, user: str) -> str:
        return f"wechat-quota:{self._account}:{user}"
