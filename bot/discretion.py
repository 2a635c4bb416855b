"""Whose name and number the desk hides, and how what was written of him reads then."""

from collections.abc import Iterable
from dataclasses import replace

from bot.appeal import PlaceSlot
from bot.conversation import Conversation
from handoff.masking import mask_text


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
