"""The face of a case system: where tickets go, and what it is asked."""

from typing import Protocol

from handoff.ticket import CaseEvent, StatusUpdate, Ticket


class CaseSystem(Protocol):
    """A city's case system. Every call may be repeated: the ticket number and the event id are idempotency keys."""

    @property
    def name(self) -> str:
        """`sandbox`, `rest` or the like; names the destination of deliveries."""
        ...

    async def start(self) -> None:
        """Open what is needed to send; must not fail because the other side is away."""
        ...

    async def stop(self) -> None:
        """Close it again."""
        ...

    async def submit(self, ticket: Ticket) -> StatusUpdate:
        """Hand a ticket over; returns the first status, with the case system's own number."""
        ...

    async def send(self, event: CaseEvent) -> None:
        """Tell what the citizen did to a submitted ticket."""
        ...

    async def lookup(self, ticket_no: str) -> StatusUpdate | None:
        """Where the ticket stands now; None when the case system does not know it."""
        ...
