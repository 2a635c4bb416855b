"""Whose name and number the desk hides, and how what was written of him reads then."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.appeal import Appeal, PlaceSlot
from bot.conversation import Conversation
from handoff.masking import mask_text
from handoff.ticket import Ticket
from handoff.tongue import say
from nlu.interpretation import Interpretation

_LINK_CODE = re.compile(r"(绑定\D{0,6})\d{6}(?!\d)")


def is_hidden(conversation: Conversation) -> bool:
    """Whether the citizen asked for 保密 or 匿名, in the open draft or in any ticket."""
    draft = conversation.draft
    asked = draft is not None and (draft.confidential or draft.anonymous)
    return asked or any(ticket.confidential or ticket.anonymous for ticket in conversation.tickets)


def without_pin(place: PlaceSlot) -> PlaceSlot:
    """The place in words; where exactly he stood is hidden with his name."""
    return replace(place, pin=None)


def names_of(conversation: Conversation, shown: Iterable[str] = ()) -> frozenset[str]:
    """What the citizen is called: as he said, in his tickets, and by his chat app, now (`shown`) or before."""
    said = {conversation.draft.name if conversation.draft else None, *(t.contact.name for t in conversation.tickets)}
    return frozenset(name for name in {*said, *conversation.called, *shown} if name)


def masked(conversation: Conversation, text: str, shown: Iterable[str] = ()) -> str:
    """The text as everybody may read it: without the names and numbers of who asked for it."""
    return mask_text(text, names_of(conversation, shown)) if is_hidden(conversation) else text


def kept_apart(conversation: Conversation, *, plain: bool) -> Callable[[str], str]:
    """How a line of this conversation reads where secrecy keeps it apart from the citizen's other chats.

    The citizen reads his tickets in each of them; who reads over his shoulder must not find one chat by the other's.
    What was told here of a chat that is parted now, or erased, is hidden for good: its secrecy is not known any more.
    """
    secret = is_hidden(conversation) and not plain
    apart = {told.ticket_no: told for told in conversation.quoted}
    for other in conversation.linked:
        closed = secret or any(each.confidential or each.anonymous for each in other.tickets)
        for told in other.quotable:
            apart.pop(told.ticket_no, None)
            if closed:
                apart[told.ticket_no] = told

    def hide(text: str) -> str:
        for told in apart.values():
            text = _as_typed(told.ticket_no).sub(f"{told.ticket_no[:2]}******", text)
            for title in told.titles:
                text = text.replace(title, "******")
        return text

    return hide


def as_shown(conversation: Conversation, *, plain: bool) -> Callable[[str], str]:
    """How a text reads beside this conversation: kept apart from his other chats, and masked unless `plain`."""
    apart = kept_apart(conversation, plain=plain)
    return apart if plain else lambda text: masked(conversation, apart(text))


def as_listed(conversation: Conversation, text: str) -> str:
    """The text as a list shows it, or a search may find it."""
    return as_shown(conversation, plain=False)(text)


def _as_typed(ticket_no: str) -> re.Pattern[str]:
    """The number as people type it: in small letters, and with another dash or none."""
    return re.compile(r"[\s\-‐–—]*".join(map(re.escape, ticket_no.split("-"))), re.IGNORECASE)


def without_code(text: str) -> str:
    """What was told to a citizen, without the code that links his chats: who reads it could link a chat of his own."""
    return _LINK_CODE.sub(r"\1******", text)


def secrecy_of(who: Ticket | Appeal | Interpretation) -> str:
    """What he asked for, in words; empty when nothing."""
    return say("匿名") if who.anonymous else say("保密") if who.confidential else ""
