"""What is shown beside a conversation of the citizen's other addresses, and what secrecy keeps apart."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from functools import partial

from bot.conversation import Conversation
from bot.desk.tickets import show_line
from bot.discretion import is_hidden, masked
from bot.storage.base import Storage
from handoff.drafting import LinkedAddress, TicketLine
from handoff.states import StateTable


class LinkDesk:
    """Over the record."""

    def __init__(self, storage: Storage, states: StateTable, timezone: tzinfo) -> None:
        self._storage = storage
        self._states = states
        self._timezone = timezone

    async def look(
        self, conversation: Conversation, *, plain: bool
    ) -> tuple[Sequence[LinkedAddress], Sequence[TicketLine]]:
        """His other addresses, and his tickets everywhere, latest first; masked where it must be, unless `plain`.

        Secrecy is each conversation's own, and a link must not get around it: from where he asked for it nobody is led
        to where his name stands open, and from there nobody back. Only that there is a link is shown.
        """
        secret = is_hidden(conversation) and not plain
        hide = partial(masked, conversation) if secret else str
        here = conversation.address.channel if conversation.linked else ""
        lines = [show_line(ticket, self._states, hide, channel=here, secret=secret) for ticket in conversation.tickets]
        addresses = []
        for other in conversation.linked:
            there = (await self._storage.load(other.id)).conversation
            if secret or is_hidden(there):
                addresses.append(LinkedAddress(channel=other.channel, since=other.since))
                continue
            last = datetime.fromtimestamp(there.last_message_at, self._timezone).date().isoformat()
            known = LinkedAddress(channel=other.channel, since=other.since, conversation_id=other.id, last=last)
            addresses.append(known)
            lines += [
                show_line(ticket, self._states, str, channel=other.channel, secret=False) for ticket in there.tickets
            ]
        return addresses, sorted(lines, key=lambda line: datetime.fromisoformat(line.accepted_at), reverse=True)
