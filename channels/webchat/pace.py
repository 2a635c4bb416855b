"""How fast one visitor may go: so many times within so many seconds."""

from collections import deque
from collections.abc import Callable


class Pace:
    """A sliding window per visitor, kept in this process; generous, it only stops floods."""

    def __init__(self, times: int, seconds: float, now: Callable[[], float], visitors: int = 10_000) -> None:
        self._times, self._seconds, self._now, self._visitors = times, seconds, now, visitors
        self._recent: dict[str, deque[float]] = {}

    def allows(self, user: str) -> bool:
        """Whether he may go on; counts this time when he may."""
        now = self._now()
        if user not in self._recent and len(self._recent) >= self._visitors:
            self._forget(now)
        recent = self._recent.setdefault(user, deque())
        while recent and recent[0] <= now - self._seconds:
            recent.popleft()
        if len(recent) >= self._times:
            return False
        recent.append(now)
        return True

    def _forget(self, now: float) -> None:
        self._recent = {
            user: recent for user, recent in self._recent.items() if recent and recent[-1] > now - self._seconds
        }
