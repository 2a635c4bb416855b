"""Who reads what of a citizen's, written down: once per session and half an hour, not at every refresh of a page."""

from handoff.console.frame import Frame, Visit

NOTED_SECONDS = 1800.0


class Looks:
    """What was noted lately, so that an open page fills no log."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._noted: dict[tuple[str, str], float] = {}

    async def note(self, visit: Visit, subject: str, action: str = "thread_opened") -> None:
        """Somebody looks at a conversation, or at a file of it."""
        now, look = self._frame.clock(), (visit.session.id, subject)
        if now - self._noted.get(look, 0.0) < NOTED_SECONDS:
            return
        self._noted = {key: at for key, at in self._noted.items() if now - at < NOTED_SECONDS} | {look: now}
        await self._frame.note(visit, action, subject)
