"""An appeal that was confirmed becomes a ticket (工单); its number comes from the message that opened it."""

import hashlib
import re

from bot.appeal import Appeal, CategorySlot, PlaceSlot
from bot.conversation import Conversation
from bot.dialogue.rules import Rules
from bot.dialogue.wording import without_lead
from channels.message import Attachment
from handoff.schemas import outgoing
from handoff.ticket import (
    Category,
    Clock,
    Contact,
    Source,
    Ticket,
    TicketAttachment,
    TicketPlace,
    TranscriptLine,
)

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0 1 I L O U: a number is read aloud over the telephone."""
_CLAIM = re.compile(
    r"[^，。！？,!?\n]*(?:希望|要求|请求|恳请|请[^问]|能不能|能否|盼|给(?:修|解决|处理|管|说法))[^，。！？,!?\n]*"
)
_TITLE = 30
_SHORTEST, _LOOKED_AT = 4, 12
_SPECIFIC = 2
"""So many of a place's names say more than a district or a street."""
_FIRST = 0.5
"""So much plainer another line must be than the first, to be the title."""
_SENTENCE = re.compile(r"[。！？!?；;\n]+")
_IDENTITY = re.compile(
    r"[，,\s]*(?:我叫|俺叫|我姓|联系人)[^，,。\s]{1,4}|(?:^|[，,\s]+)(?:我的?)?(?:联系)?(?:电话|手机)(?:号码?)?(?:是|[:：])?\s*[\d＊][\d\s\-＊]*"
)
_GREETING = re.compile(
    r"^(?:(?:尊敬的|敬爱的)?(?:各位)?(?:市长|书记|领导|政府|主任|同志|工作人员|客服|老师)[们]?)?[\s,，:：！!]*(?:您好|你好|大家好|早上好|下午好|晚上好)?"
)


def make_number(prefix: str, day: str, conversation_id: str, key: str) -> str:
    """`AS20261123-7K3QF8MD`: the same message makes the same number, whenever it is replayed."""
    value = int.from_bytes(hashlib.sha256(f"{conversation_id}|{key}".encode()).digest()[:8])
    code = ""
    for _ in range(8):
        value, rest = divmod(value, len(_LETTERS))
        code += _LETTERS[rest]
    return f"{prefix}{day}-{code}"


def make_ticket(appeal: Appeal, conversation: Conversation, rules: Rules, now: float) -> Ticket:
    """The complete ticket of an appeal."""
    opened = rules.moment(appeal.opened_at or now)
    kind = appeal.believed
    hidden = appeal.anonymous
    content = appeal.what
    ticket = Ticket(
        ticket_no=make_number(rules.prefix, f"{opened:%Y%m%d}", conversation.id, appeal.key),
        source=Source(
            channel=conversation.address.channel,
            account=conversation.address.account,
            message_ids=tuple(dict.fromkeys(appeal.message_ids)),
        ),
        accepted_at=rules.iso(now),
        occurred_at=appeal.occurred,
        appeal_type=appeal.appeal_type,
        title=appeal.title or make_title(appeal, rules),
        content=content,
        claim=_claim(content),
        category=_category(appeal, kind, rules.taxonomy_version),
        place=to_ticket_place(appeal.place),
        contact=Contact() if hidden else Contact(name=appeal.name, phone=appeal.phone),
        confidential=appeal.confidential,
        anonymous=hidden,
        urgency="urgent" if appeal.urgent else "normal",
        attachments=tuple(to_ticket_attachment(attachment) for attachment in appeal.attachments),
        related=_related(appeal, conversation),
        clocks=make_clocks(appeal, rules, now),
        completeness=_completeness(appeal, rules),
        transcript=_transcript(appeal, rules),
        unit=rules.units.get(kind.code, "") if kind else "",
    )
    return outgoing(ticket) if hidden else ticket  # of an anonymous citizen nothing is kept that would not leave


def make_clocks(appeal: Appeal, rules: Rules, now: float) -> tuple[Clock, ...]:
    """The statutory clocks that start when the ticket is taken in."""
    # A guess at the leaf counts here: where it errs it only makes the time shorter, and the citizen waits no longer.
    code = appeal.category.code if appeal.category else ""
    return rules.due(rules.moment(now), code in rules.fast_lanes, appeal.urgent, code)


def make_title(appeal: Appeal, rules: Rules) -> str:
    """The matter in one line: what tells most plainly what it is, and where, without what only leads into it."""
    parts = [part for text in appeal.said for part in ([text] if len(text) <= _TITLE else _SENTENCE.split(text))]
    lines = [_trim(part) for part in parts]
    lines = [line for line in lines if len(line) >= _SHORTEST][:_LOOKED_AT] or [appeal.what or "（未说明事项）"]
    best = _plainest(lines, rules)
    if len(best) > _TITLE:
        best = _pick_clauses(best, rules)
    return _with_place(re.sub(r"\s+", " ", best), appeal.place)


def _trim(part: str) -> str:
    return without_lead(_IDENTITY.sub("", _GREETING.sub("", part)).strip(" ，,。")).strip(" ，,。")


def _plainest(lines: list[str], rules: Rules) -> str:
    """What was said first, unless something else tells much more plainly what it is."""
    if len(lines) == 1:
        return lines[0]
    scores = [_plainness(line, rules) + (_FIRST if number == 0 else 0.0) for number, line in enumerate(lines)]
    return lines[scores.index(max(scores))]


def _pick_clauses(line: str, rules: Rules) -> str:
    """Of a long sentence the plainest clause, and as many after it as fit."""
    clauses = [clause for clause in re.split(r"[\s，,、]+", line) if clause][:_LOOKED_AT]
    start = clauses.index(_plainest(clauses, rules))
    title = clauses[start]
    for clause in clauses[start + 1 :]:
        if len(title) + len(clause) >= _TITLE:
            break
        title = f"{title}，{clause}"
    return title


def _with_place(title: str, place: PlaceSlot | None) -> str:
    """Where it is goes before, as much of it as fits, unless the words say it."""
    words = place.text if place else ""
    title = _with_area(title, place)
    if words and words not in title and not any(part and part in title for part in _names(place)):
        for part in _names(place)[:_SPECIFIC]:
            if len(part) + len(title) < _TITLE:
                title = f"{part} {title}"
                break
    return title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"


def _with_area(title: str, place: PlaceSlot | None) -> str:
    """3号楼的下水道堵了 → 金都社区3号楼的下水道堵了: the words name only the end of the place."""
    names = _names(place)[1:2]
    for short in names:
        tail = next((short[-n:] for n in range(len(short) - 1, 1, -1) if short[-n:] in title), "")
        if tail and short not in title and len(title) + len(short) - len(tail) <= _TITLE:
            return title.replace(tail, short, 1)
    return title


def _names(place: PlaceSlot | None) -> tuple[str, ...]:
    """The place in words, from the whole to its smallest official part."""
    if place is None:
        return ()
    short = place.text
    for outer in (place.district, place.street):
        short = short.removeprefix(outer) if outer else short
    names = (place.text, short or place.text, place.community, place.street, place.district)
    return tuple(name for name in names if name)


def _plainness(line: str, rules: Rules) -> float:
    category = rules.parse(line).category
    return round(category.confidence, 1) if category else 0.0


def to_ticket_attachment(attachment: Attachment) -> TicketAttachment:
    """What a citizen attached, as a ticket carries it."""
    return TicketAttachment(
        id=attachment.id,
        kind=str(attachment.kind),
        key=attachment.key,
        filename=attachment.filename,
        mime=attachment.mime,
    )


def _claim(content: str) -> str:
    found = _CLAIM.search(content)
    return found.group().strip() if found else ""


def _category(appeal: Appeal, kind: CategorySlot | None, taxonomy_version: str) -> Category | None:
    """What the card showed: a guess that nobody vouches for is left to the clerks."""
    if kind is None:
        return None
    return Category(
        code=kind.code,
        path=kind.path,
        confidence=1.0 if appeal.category_chosen else round(kind.confidence, 4),
        taxonomy_version=taxonomy_version,
    )


def to_ticket_place(slot: PlaceSlot | None) -> TicketPlace | None:
    """An appeal's place as its ticket carries it."""
    if slot is None:
        return None
    pin = slot.pin
    return TicketPlace(
        text=slot.text,
        district=slot.district,
        street=slot.street,
        community=slot.community,
        code=slot.code,
        x=pin.longitude if pin else None,
        y=pin.latitude if pin else None,
        datum=pin.datum if pin else None,
        label=pin.label if pin else "",
        confidence=round(slot.confidence, 4),
    )


def _related(appeal: Appeal, conversation: Conversation) -> tuple[str, ...]:
    """The citizen's own earlier tickets of the same category or at the same place."""

    def alike(ticket: Ticket) -> bool:
        same_kind = bool(appeal.category and ticket.category and appeal.category.code == ticket.category.code)
        same_place = bool(appeal.place and ticket.place and appeal.place.text == ticket.place.text)
        return same_kind or same_place

    return tuple(ticket.ticket_no for ticket in conversation.tickets if alike(ticket))


def _completeness(appeal: Appeal, rules: Rules) -> float:
    placeless = not rules.needs_place(appeal.category.path if appeal.category else None)
    facts = (
        appeal.has_what,
        bool(appeal.place) or placeless,
        bool(appeal.occurred),
        bool(appeal.phone) or appeal.anonymous,
        appeal.category is not None,
    )
    return round(sum(facts) / len(facts), 2)


def _transcript(appeal: Appeal, rules: Rules) -> tuple[TranscriptLine, ...]:
    at = rules.iso(appeal.opened_at) if appeal.opened_at else ""
    return tuple(TranscriptLine(who="citizen", text=text, at=at) for text in appeal.what.splitlines())
