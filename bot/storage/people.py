"""What the record keeps for the people of the desk, beside what the desk itself asks for."""

from collections.abc import Sequence
from typing import Protocol

from bot.storage.chain import ChainReport, Head
from handoff.people import People


class PeopleStorage(People, Protocol):
    """Accounts, sessions, wrong guesses, second factors, reasons, and the audit log."""

    async def note(self, who: str, action: str, subject: str, at: float) -> None:
        """A line at the end of the audit log's chain: ids and acts only."""
        ...

    async def notes(self, limit: int = 1000) -> Sequence[tuple[float, str, str, str]]:
        """(at, who, action, subject), latest first."""
        ...

    async def follow_notes(self, anchor: Head | None = None) -> ChainReport:
        """Follow the chain of the audit log to its end, or to the first line that is not as it was written."""
        ...
