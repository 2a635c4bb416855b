"""Tickets and what happens to them, made fit to leave the house."""

from collections.abc import Callable
from dataclasses import replace

from bot.media import sign_link
from bot.storage.base import Storage
from handoff.schemas import outgoing, outgoing_event
from handoff.ticket import CaseEvent, Ticket, TicketAttachment

_LINK_LIFE = 30 * 86400
"""Seconds for which a signed link to an attachment is good: as long as a matter usually takes."""


class Outgoing:
    """Masks what must be masked, and turns attachments into links that expire."""

    def __init__(self, storage: Storage, public_url: str, secret: bytes, *, clock: Callable[[], float]) -> None:
        """`public_url` is where the case system reaches this service; `secret` signs the links."""
        self._storage = storage
        self._public_url = public_url
        self._secret = secret
        self._clock = clock

    async def prepare(self, body: Ticket | CaseEvent) -> Ticket | CaseEvent:
        """The body as the case system may have it."""
        attachments = tuple(self._linked(attachment) for attachment in body.attachments)
        if isinstance(body, Ticket):
            return outgoing(replace(body, attachments=attachments))
        found = await self._storage.find_ticket(body.ticket_no)
        event = replace(body, attachments=attachments)
        return outgoing_event(event, found[1]) if found else event

    def _linked(self, attachment: TicketAttachment) -> TicketAttachment:
        path = sign_link(self._secret, attachment.id, int(self._clock()) + _LINK_LIFE)
        return replace(attachment, url=f"{self._public_url}{path}")
