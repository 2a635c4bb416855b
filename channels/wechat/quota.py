"""How many customer-service messages WeChat still takes for a citizen: pure rules over a value, and its keeper."""

import json
from dataclasses import dataclass, field, replace
from typing import Protocol

from channels.message import MessageKind

DAYS_2 = 48 * 3600.0
MINUTE = 60.0

_ACTIONS = {MessageKind.FOLLOW, MessageKind.SCAN, MessageKind.CHOICE}
_NOTHING = {MessageKind.EVENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Until when WeChat lets us speak of our own accord, and how often yet."""

    since: float = 0.0
    until: float = 0.0
    left: int = 0

    def live(self, now: float) -> int:
        """How many may still be sent now."""
        return self.left if now < self.until else 0

    def opened(self, at: float, seconds: float, count: int) -> "Window":
        """Opened anew by what the citizen did; what he did before that changes nothing."""
        return self if at < self.since else Window(since=at, until=at + seconds, left=count)

    def spent(self) -> "Window":
        """One less."""
        return replace(self, left=max(0, self.left - 1))

    def closed(self, at: float | None = None) -> "Window":
        """Nothing left, until the citizen does something later than `at`."""
        return replace(self, left=0, since=self.since if at is None else max(self.since, at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One citizen's two windows: 5 in 48 hours after his message, 3 in a minute after a tap, a follow or a scan.

    They do not add up, so a message sent counts in both.
    """

    message: Window = field(default_factory=Window)
    action: Window = field(default_factory=Window)

    def refilled(self, kind: MessageKind, at: float) -> "Quota":
        """After the citizen did something at that time."""
        if kind in _NOTHING:
            return self
        if kind is MessageKind.UNFOLLOW:
            return Quota(message=self.message.closed(at), action=self.action.closed(at))
        if kind in _ACTIONS:
            return replace(self, action=self.action.opened(at, MINUTE, 3))
        return replace(self, message=self.message.opened(at, DAYS_2, 5))

    def spent(self) -> "Quota":
        """After one was sent."""
        return Quota(message=self.message.spent(), action=self.action.spent())

    def exhausted(self) -> "Quota":
        """After WeChat said that nothing is left."""
        return Quota(message=self.message.closed(), action=self.action.closed())

    def left(self, now: float) -> tuple[int, float]:
        """How many may be sent now, and until when (Unix seconds; 0 when none)."""
        live = [(window.live(now), window.until) for window in (self.message, self.action) if window.live(now)]
        return max(live, default=(0, 0.0))

    def dumped(self) -> str:
        """As one short line of JSON, for a record."""
        return json.dumps([[w.since, w.until, w.left] for w in (self.message, self.action)])

    @classmethod
    def loaded(cls, line: str) -> "Quota":
        """What `dumped` made."""
        message, action = (
            ([Window(since=s, until=u, left=n) for s, u, n in json.loads(line)]) if line else [Window()] * 2
        )
        return cls(message=message, action=action)


class Ledger(Protocol):
    """Keeps the quotas of an account's citizens."""

    async def refill(self, user: str, kind: MessageKind, now: float) -> None:
        """The citizen did something at that time; told again with an earlier time, nothing changes."""
        ...

    async def spend(self, user: str, now: float) -> bool:
        """One was sent; False when by our count none was left."""
        ...

    async def exhausted(self, user: str) -> None:
        """WeChat said that nothing is left, whatever we counted."""
        ...

    async def left(self, user: str, now: float) -> tuple[int, float]:
        """How many may be sent now, and until when."""
        ...


class MemoryLedger:
    """A ledger that lives as long as the process."""

    def __init__(self) -> None:
        self._quotas: dict[str, Quota] = {}

    async def refill(self, user: str, kind: MessageKind, now: float) -> None:
        """See `Ledger`."""
        self._quotas[user] = self._of(user).refilled(kind, now)

    async def spend(self, user: str, now: float) -> bool:
        """See `Ledger`."""
        allowed = self._of(user).left(now)[0] > 0
        self._quotas[user] = self._of(user).spent()
        return allowed

    async def exhausted(self, user: str) -> None:
        """See `Ledger`."""
        self._quotas[user] = self._of(user).exhausted()

    async def left(self, user: str, now: float) -> tuple[int, float]:
        """See `Ledger`."""
        return self._of(user).left(now)

    def _of(self, user: str) -> Quota:
        return self._quotas.get(user, Quota())
