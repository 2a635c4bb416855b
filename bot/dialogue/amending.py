"""Facts that come after a ticket was filed: they are put into it, and told to the case system."""

from dataclasses import replace

from bot.appeal import Appeal, CategorySlot, PlaceSlot
from bot.conversation import Stage
from bot.dialogue.filling import fill
from bot.dialogue.heard import Heard
from bot.dialogue.scene import Scene
from bot.dialogue.ticketing import to_ticket_attachment, to_ticket_place
from handoff.schemas import outgoing
from handoff.ticket import CaseEventKind, Contact, Ticket, TicketPlace, TranscriptLine


def amend(scene: Scene, ticket: Ticket, heard: Heard) -> tuple[Ticket, frozenset[str]]:
    """The ticket with what this turn says of it, and the slots that it changed."""
    filled = fill(appeal_of(ticket), heard, Stage.CONTACT if not ticket.contact.phone else Stage.IDLE, scene.rules)
    appeal = filled.appeal
    more = tuple(to_ticket_attachment(attachment) for attachment in heard.attachments)
    told = replace(
        ticket,
        content=appeal.what or ticket.content,
        place=to_ticket_place(appeal.place),
        contact=Contact(name=appeal.name, phone=appeal.phone),
        anonymous=appeal.anonymous,
        confidential=appeal.confidential,
        occurred_at=appeal.occurred,
        attachments=(*ticket.attachments, *more),
        transcript=tuple(
            TranscriptLine(who="citizen", text=text, at=ticket.accepted_at) for text in appeal.what.splitlines()
        ),
        supplement_count=ticket.supplement_count + 1,
    )
    told = outgoing(told) if told.anonymous else told
    scene.update(told)
    scene.tell_case(CaseEventKind.SUPPLEMENT, told, heard.text, attachments=more)
    return told, filled.changed


def appeal_of(ticket: Ticket) -> Appeal:
    """A ticket as the appeal that it was."""
    kind = ticket.category
    slot = CategorySlot(code=kind.code, path=kind.path, confidence=1.0) if kind else None
    return Appeal(
        said=tuple(ticket.content.splitlines()),
        appeal_type=ticket.appeal_type,
        category=slot,
        category_chosen=True,
        place=to_place_slot(ticket.place) if ticket.place else None,
        occurred=ticket.occurred_at,
        name=ticket.contact.name,
        phone=ticket.contact.phone,
        anonymous=ticket.anonymous,
        confidential=ticket.confidential,
        urgent=ticket.urgency == "urgent",
    )


def to_place_slot(place: TicketPlace) -> PlaceSlot:
    """A ticket's place as an appeal's."""
    return PlaceSlot(
        text=place.text,
        district=place.district,
        street=place.street,
        community=place.community,
        code=place.code,
        confidence=place.confidence,
    )
