"""Tickets as the desk shows them: a line in a list, or opened."""

from collections.abc import Callable, Iterable, Sequence

from bot.conversation import Conversation
from bot.discretion import as_shown, is_hidden, secrecy_of
from handoff.drafting import TicketLine, TicketView
from handoff.masking import mask_text
from handoff.states import StateTable
from handoff.ticket import Ticket, TicketAttachment, TicketPlace
from handoff.tongue import counted, later, say

_CHANNELS_OPEN = 4
"""Digits of a telephone number that are shown at its end."""


def mask_stranger(ticket: Ticket, called: Iterable[str], text: str) -> str:
    """Words of somebody else's ticket: who he is has no part in whether it is the same matter."""
    return mask_text(text, (*((ticket.contact.name,) if ticket.contact.name else ()), *called))


def show_line(
    ticket: Ticket,
    states: StateTable,
    hide: Callable[[str], str],
    why: str = "",
    channel: str = "",
    *,
    secret: bool,
) -> TicketLine:
    """A ticket in a list; `hide` takes out of its words what may not be seen, `secret` its pin too."""
    return TicketLine(
        ticket_no=ticket.ticket_no,
        title=hide(ticket.title),
        status=states.label(ticket.status),
        accepted_at=ticket.accepted_at,
        place=hide(_place(ticket.place, secret=secret)),
        category=ticket.category.path[-1] if ticket.category else "",
        why=why,
        channel=channel,
    )


def show_ticket(conversation: Conversation, ticket: Ticket, states: StateTable, *, plain: bool = False) -> TicketView:
    """A ticket, opened; whose it is only as far as it may be seen, all of it when `plain`."""

    hide, hidden = as_shown(conversation, plain=plain), is_hidden(conversation)
    return TicketView(
        ticket_no=ticket.ticket_no,
        conversation_id=conversation.id,
        title=hide(ticket.title),
        status=states.label(ticket.status),
        facts=[(label, value) for label, value in _facts(ticket, hide, hidden=hidden, plain=plain) if value],
        content=hide(ticket.content),
        history=[(step.at, states.label(step.status), hide(step.text)) for step in ticket.history],
        hidden=hidden and not plain,
        files=[(each.kind, *_file(each, hidden=hidden and not plain)) for each in ticket.attachments],
    )


def _file(attachment: TicketAttachment, *, hidden: bool) -> tuple[str, str]:
    return ("", "") if hidden else (attachment.key, attachment.filename)


def _facts(ticket: Ticket, hide: Callable[[str], str], *, hidden: bool, plain: bool) -> Sequence[tuple[str, str]]:
    name, phone = ticket.contact.name or "", ticket.contact.phone or ""
    if hidden and not plain:
        name = phone = ""
    elif not hidden:
        name, phone = _surname(name), _masked(phone)
    place = ticket.place
    promised = next((clock for clock in ticket.clocks if clock.promised), None)
    return (
        (later("类型"), say(ticket.appeal_type)),
        (later("类别"), " > ".join(ticket.category.path) if ticket.category else ""),
        (later("地点"), hide(_place(place, secret=hidden and not plain))),
        (later("定位"), say("保密：定位已隐藏") if _point(place) and hidden and not plain else _point(place)),
        (later("时间"), hide(ticket.occurred_at or "")),
        (later("紧急"), say("是") if ticket.urgency == "urgent" else ""),
        (later("保密"), secrecy_of(ticket)),
        (later("称呼"), name),
        (later("电话"), phone),
        (later("登记时间"), ticket.accepted_at[:16].replace("T", " ")),
        (later("答复期限"), promised.due_at[:10] if promised else ""),
        (later("承办（拟）"), ticket.unit),
        (later("承办系统编号"), ticket.external_no),
        (later("催办"), counted("%(n)d 次", ticket.urge_count) if ticket.urge_count else ""),
        (later("评价"), say(ticket.rating) if ticket.rating else ""),
    )


def _place(place: TicketPlace | None, *, secret: bool) -> str:
    """The words; for want of them the pin's label, which may be where somebody lives."""
    if place is None:
        return ""
    words = place.text or ("" if secret else place.label) or say("已附定位")
    return "".join(part for part in (place.district, place.street) if part and part not in words) + words


def _point(place: TicketPlace | None) -> str:
    return f"{place.y:.5f},{place.x:.5f}" if place and place.x is not None and place.y is not None else ""


def _surname(name: str) -> str:
    return name[:1] + "＊" * (len(name) - 1)


def _masked(phone: str) -> str:
    return "＊" * max(0, len(phone) - _CHANNELS_OPEN) + phone[-_CHANNELS_OPEN:]
