"""Canned replies in the record in memory."""

from collections.abc import Sequence
from dataclasses import replace

from handoff.writing import SHARED, CannedReply, Kept


class MemoryCanned:
    """The part of `MemoryStorage` that is about canned replies."""

    def __init__(self) -> None:
        super().__init__()
        self._canned: dict[int, CannedReply] = {}
        self._canned_number = 0

    async def canned_replies(self, owner: str) -> Sequence[CannedReply]:
        """The shared ones and this owner's."""
        mine = (reply for reply in self._canned.values() if reply.owner in (SHARED, owner))
        return sorted(mine, key=lambda reply: (reply.shortcut, reply.owner))

    async def keep_canned(self, reply: CannedReply) -> Kept:
        """Add one, or change it."""
        others = (other for other in self._canned.values() if other.id != reply.id)
        if any((other.owner, other.shortcut) == (reply.owner, reply.shortcut) for other in others):
            return Kept.DOUBLED
        if reply.id == 0:
            self._canned_number += 1
            self._canned[self._canned_number] = replace(reply, id=self._canned_number, version=1)
            return Kept.DONE
        there = self._canned.get(reply.id)
        if there is None or (there.owner, there.version) != (reply.owner, reply.version):
            return Kept.LATE
        self._canned[reply.id] = replace(reply, version=reply.version + 1)
        return Kept.DONE

    async def drop_canned(self, reply_id: int, owner: str) -> bool:
        """Delete one of this owner."""
        there = self._canned.get(reply_id)
        if there is None or there.owner != owner:
            return False
        del self._canned[reply_id]
        return True
