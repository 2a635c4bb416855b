"""Tickets as the desk shows them: a line in a list, or opened."""

from collections.abc import Sequence

from handoff.drafting import TicketLine, TicketView
from handoff.states import StateTable
from handoff.ticket import Ticket, TicketPlace

_CHANNELS_OPEN = 4
"""Digits of a telephone number that are shown at its end."""


def show_line(ticket: Ticket, states: StateTable, why: str = "") -> TicketLine:
    """A ticket in a list."""
    return TicketLine(
        ticket_no=ticket.ticket_no,
        title=ticket.title,
        status=states.label(ticket.status),
        accepted_at=ticket.accepted_at,
        place=_place(ticket.place),
        category=ticket.category.path[-1] if ticket.category else "",
        why=why,
    )


def show_ticket(conversation_id: str, ticket: Ticket, states: StateTable) -> TicketView:
    """A ticket, opened; whose it is only as far as it may be seen."""
    return TicketView(
        ticket_no=ticket.ticket_no,
        conversation_id=conversation_id,
        title=ticket.title,
        status=states.label(ticket.status),
        facts=[(label, value) for label, value in _facts(ticket) if value],
        content=ticket.content,
        history=[(step.at, states.label(step.status), step.text) for step in ticket.history],
        files=[(each.kind, each.key, each.filename) for each in ticket.attachments],
    )


def _facts(ticket: Ticket) -> Sequence[tuple[str, str]]:
    hidden = ticket.confidential or ticket.anonymous
    contact = ticket.contact
    place = ticket.place
    promised = next((clock for clock in ticket.clocks if clock.promised), None)
    return (
        ("类型", ticket.appeal_type),
        ("类别", " > ".join(ticket.category.path) if ticket.category else ""),
        ("地点", _place(place)),
        ("定位", f"{place.y:.5f},{place.x:.5f}" if place and place.x is not None and place.y is not None else ""),
        ("时间", ticket.occurred_at or ""),
        ("紧急", "是" if ticket.urgency == "urgent" else ""),
        ("保密", "匿名" if ticket.anonymous else "保密" if ticket.confidential else ""),
        ("称呼", "" if hidden else _surname(contact.name or "")),
        ("电话", "" if hidden else _masked(contact.phone or "")),
        ("登记时间", ticket.accepted_at[:16].replace("T", " ")),
        ("答复期限", promised.due_at[:10] if promised else ""),
        ("承办（拟）", ticket.unit),
        ("承办系统编号", ticket.external_no),
        ("催办", f"{ticket.urge_count} 次" if ticket.urge_count else ""),
        ("评价", ticket.rating or ""),
    )


def _place(place: TicketPlace | None) -> str:
    if place is None:
        return ""
    words = place.text or place.label or "已附定位"
    return "".join(part for part in (place.district, place.street) if part and part not in words) + words


def _surname(name: str) -> str:
    return name[:1] + "＊" * (len(name) - 1)


def _masked(phone: str) -> str:
    return "＊" * max(0, len(phone) - _CHANNELS_OPEN) + phone[-_CHANNELS_OPEN:]
