"""Made-up tickets for the tests of this room."""

from dataclasses import replace
from typing import Any

from handoff.ticket import (
    Category,
    Clock,
    Contact,
    Source,
    StatusUpdate,
    Ticket,
    TicketAttachment,
    TicketPlace,
    TicketStatus,
    TranscriptLine,
)

TICKET = Ticket(
    ticket_no="AS2026112300017",
    source=Source(channel="web", account="main", message_ids=("m1", "m2")),
    accepted_at="2026-11-23T17:20:05+08:00",
    appeal_type="求助",
    title="楼道灯坏了，老人夜里上下楼看不清",
    content="幸福小区3号楼2单元的楼道灯坏了一个星期，老人夜里上下楼看不清，希望修好。",
    category=Category(code="05-02-11", path=("城乡建设", "公共照明", "楼道灯"), confidence=0.83, taxonomy_version="1"),
    occurred_at="上星期",
    claim="修好楼道灯",
    place=TicketPlace(
        text="幸福小区3号楼2单元",
        district="铁东区",
        street="和平街道",
        code="210302",
        x=122.99,
        y=41.11,
        datum="gcj02",
        confidence=0.9,
    ),
    contact=Contact(name="王小明", phone="13800001111"),
    attachments=(
        TicketAttachment(id="a1", kind="image", key="k1", filename="楼道.jpg", mime="image/jpeg", url="/media/k1?s=1"),
        TicketAttachment(id="a2", kind="voice", filename="语音.amr"),
        TicketAttachment(id="a3", kind="file", filename="坏.html", url="javascript:alert(1)"),
    ),
    clocks=(
        Clock(name="受理", due_at="2026-11-26T23:59:59+08:00", law="示例条例第十条"),
        Clock(name="答复", due_at="2026-12-03T23:59:59+08:00", law="示例条例第十条", promised=True, provisional=True),
    ),
    completeness=1.0,
    transcript=(
        TranscriptLine(who="citizen", text="楼道灯坏了", at="2026-11-23T17:18:00+08:00"),
        TranscriptLine(who="bot", text="请问怎样联系您？可以留一个电话。", at="2026-11-23T17:18:02+08:00"),
        TranscriptLine(who="citizen", text="王小明，138 0000 1111", at="2026-11-23T17:19:00+08:00"),
    ),
    related=("AS2026112300003",),
    unit="和平街道办事处",
)


def ticket(**changes: Any) -> Ticket:
    """The ticket, with changes."""
    return replace(TICKET, **changes)


def update(status: TicketStatus, event_id: str = "e1", **changes: Any) -> StatusUpdate:
    """A step of the ticket."""
    return StatusUpdate(
        event_id=event_id,
        ticket_no=changes.pop("ticket_no", TICKET.ticket_no),
        status=status,
        at=changes.pop("at", "2026-11-24T09:00:00+08:00"),
        **changes,
    )
