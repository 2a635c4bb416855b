"""`Drafting` over the record: what stands beside a conversation, and the operator's form held against the city."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import partial

from bot.appeal import Appeal, CategorySlot, PlaceSlot
from bot.conversation import Conversation
from bot.desk.categories import CategorySearch
from bot.desk.links import LinkDesk
from bot.desk.merging import Merged, merged
from bot.desk.nearby import Nearby
from bot.desk.places import PlaceDesk
from bot.desk.tickets import mask_stranger, show_line, show_ticket
from bot.dialogue.card import show_place
from bot.dialogue.filling import to_slot
from bot.dialogue.linking import wish_of
from bot.dialogue.places import read_place
from bot.discretion import as_shown, is_hidden, secrecy_of, without_pin
from bot.storage.base import RecordLine, Storage
from channels.message import Message
from handoff.desk import ActionKind, OperatorAction
from handoff.drafting import (
    APPEAL_TYPES,
    AS_TYPED,
    LONGEST,
    REASON,
    CategoryOption,
    Checked,
    Fields,
    PlaceOption,
    Sheet,
    TicketLine,
    TicketView,
)
from handoff.legible import legible
from handoff.masking import HIDDEN_POINT
from handoff.states import StateTable
from handoff.ticket import Ticket
from handoff.ticket_form import FormPlace, Secrecy, TicketForm
from handoff.tongue import later, say
from nlu.interpretation import Intent, Interpretation

Read = Callable[[str], Awaitable[Interpretation]]
_PHONE = re.compile(r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}-?\d{7,8}(?:-\d{1,6})?|\d{3,8}")
_NAMES = {
    "title": later("标题"),
    "content": later("事项"),
    "place": later("地点"),
    "occurred": later("时间"),
    "name": later("称呼"),
    "phone": later("电话"),
    "category_words": later("类别"),
}
_LAST = later("最近来信")
_TYPE = later("类型")
_CATEGORY = later("类别")
_PLACE = later("地点")
_WHEN = later("时间")
_URGENT = later("紧急")
_SECRECY = later("保密")
_INTENTS = {
    "appeal": later("反映诉求"),
    "faq": later("咨询问题"),
    "greet": later("打招呼"),
    "thanks": later("道谢"),
    "goodbye": later("告别"),
    "human": later("要求人工"),
    "status": later("查进度"),
    "urge": later("催办"),
    "supplement": later("补充信息"),
    "withdraw": later("撤回"),
    "confirm": later("确认"),
    "deny": later("否认"),
    "correct": later("更正"),
    "rate": later("评价"),
    "emergency": later("紧急情况"),
    "complaint_about_bot": later("对机器人不满"),
    "abuse": later("辱骂"),
    "chitchat": later("闲聊"),
    "gibberish": later("看不出意思"),
}
_DANGERS = {
    "fire": later("火情"),
    "gas": later("燃气"),
    "crime": later("治安"),
    "medical": later("急救"),
    "suicide": later("轻生"),
    "traffic": later("交通事故"),
    "other": later("其他险情"),
}
_TELLING = (Intent.APPEAL, Intent.FAQ, Intent.EMERGENCY)
"""Of these the machine says what they are about; a name, a number or a thank-you is about nothing."""
_VISITS = 10
_PAGE = 500


class DraftDesk:
    """Implements `handoff.drafting.Drafting`."""

    def __init__(
        self,
        storage: Storage,
        *,
        read: Read,
        categories: CategorySearch,
        places: PlaceDesk,
        needs_place: Callable[[tuple[str, ...] | None], bool],
        states: StateTable,
        timezone: tzinfo,
        clock: Callable[[], float],
    ) -> None:
        self._storage = storage
        self._read = read
        self._categories = categories
        self._places = places
        self._needs_place = needs_place
        self._states = states
        self._timezone = timezone
        self._clock = clock
        self._nearby = Nearby(storage, read)
        self._links = LinkDesk(storage, states, timezone)

    async def sheet(self, conversation_id: str, *, plain: bool = False) -> Sheet | None:
        """What stands beside a conversation, masked where it must be, unless `plain`."""
        loaded = await self._storage.load(conversation_id)
        conversation = loaded.conversation
        if conversation.version == 0 and not loaded.events:
            return None
        draft = conversation.draft
        filing = any(isinstance(e.body, OperatorAction) and e.body.kind is ActionKind.SUBMIT for e in loaded.events)
        lines = await self._lines(conversation_id)
        last = next((line.body for line in reversed(lines) if _is_told(line)), None)
        links = isinstance(last, Message) and wish_of(conversation, last.text) is not None
        told = await self._read(last.text) if isinstance(last, Message) and not links else None
        since = self._clock() - timedelta(days=30).total_seconds()
        his = {conversation_id, *(other.id for other in conversation.linked)}
        near = await self._nearby.find(draft, his, since) if draft else ()
        hide = as_shown(conversation, plain=plain)
        secret = is_hidden(conversation) and not plain
        linked, earlier = await self._links.look(conversation, plain=plain)
        return Sheet(
            understood=[
                *([(_LAST, say("绑定聊天"))] if links else ()),
                *((label, hide(value)) for label, value in _understood(told, conversation, secret=secret)),
            ],
            fields=_fields(draft, hide, secret=secret) if draft and not filing else None,
            filing=filing,
            parts=_parts(draft.place, hide, secret=secret) if draft else (),
            hidden=bool(draft and secret and (draft.name or draft.phone)),
            files=len(draft.attachments) if draft else 0,
            more=tuple(hide(matter.what) for matter in conversation.matters),
            earlier=earlier,
            linked=linked,
            visits=self._days(lines),
            nearby=[await self._similar(ticket, why) for ticket, why in near],
        )

    async def _similar(self, ticket: Ticket, why: str) -> TicketLine:
        """Somebody else's ticket; what his chat app calls him stands in his conversation."""
        found = await self._storage.find_ticket(ticket.ticket_no)
        conversation = (await self._storage.load(found[0])).conversation if found else None
        hide = partial(mask_stranger, ticket, conversation.called if conversation else ())
        secret = conversation is None or is_hidden(conversation)
        return show_line(ticket, self._states, hide, why, secret=secret)

    async def check(
        self,
        conversation_id: str,
        fields: Fields,
        *,
        whole: bool,
        begun: Fields | None = None,
        take: str = "",
        plain: bool = False,
    ) -> Checked:
        """Hold a form against the city's lists, and against what the citizen said since it was begun."""
        conversation = (await self._storage.load(conversation_id)).conversation
        now = _shown(conversation, plain=plain)
        going = _merged(conversation, fields, begun, now, take) if begun and now else None
        shown = going.fields if going else fields
        fields, faults = _unmasked(conversation, shown)
        faults |= _faults(fields, whole=whole) | _unexplained(conversation, fields)
        category, options = await asyncio.to_thread(self._category, fields)
        if category is None and fields.category_words:
            faults["category"] = (
                later("请从下面选一个类别。") if options else later("没有找到这个类别，请换个说法，或输入拼音首字母。")
            )
        elif category is None and whole:
            faults["category"] = later("还没有选类别。")
        place, choices, parts = await self._place(conversation_id, fields)
        path = category.path if category else None
        if place is None:
            faults.setdefault("place", later("这个地名不止一处，请选一处。"))
        elif whole and not (place.text or place.pin or fields.no_place) and self._needs_place(path):
            faults.setdefault("place", later("还没有写地点；确实没有具体地点的，勾选“没有具体地点”。"))
        form = None
        clashes = going.clashes if going else ()
        if not faults and not clashes and place is not None:
            form = replace(_form(fields, category, place), touched=going.touched if going else None)
        return Checked(
            form=form,
            faults=faults,
            categories=options,
            places=choices,
            parts=parts,
            fields=shown,
            begun=now if going else begun,
            clashes=clashes,
        )

    async def categories(self, words: str, limit: int = 12) -> Sequence[CategoryOption]:
        """Leaves by name, keyword, code or pinyin initials."""
        return await asyncio.to_thread(self._categories.find, words[: LONGEST["category_words"]], limit)

    async def places(self, words: str) -> Checked:
        """What a place resolves to."""
        slot, choices = await self._places.resolve(words[: LONGEST["place"]])
        return Checked(form=None, places=choices, parts=place_parts(slot))

    async def ticket(self, ticket_no: str, *, plain: bool = False) -> TicketView | None:
        """A ticket by its number."""
        found = await self._storage.find_ticket(ticket_no)
        if found is None:
            return None
        conversation = (await self._storage.load(found[0])).conversation
        return show_ticket(conversation, found[1], self._states, plain=plain)

    async def _lines(self, conversation_id: str) -> Sequence[RecordLine]:
        """All of a conversation; the record gives a page at a time."""
        lines = list(await self._storage.lines(conversation_id, limit=_PAGE))
        while lines and len(lines) % _PAGE == 0:
            more = await self._storage.lines(conversation_id, lines[-1].cursor, _PAGE)
            if not more:
                break
            lines += more
        return lines

    def _category(self, fields: Fields) -> tuple[CategoryOption | None, Sequence[CategoryOption]]:
        """The leaf that was chosen, or the only one that the words can mean; else those to choose from."""
        words = fields.category_words
        chosen = self._categories.by_code(fields.category) if fields.category else None
        if chosen and words in ("", " > ".join(chosen.path)):
            return (chosen, ()) if words else (None, ())
        options = self._categories.find(words, 8)
        if chosen and any(option.code == chosen.code for option in options):
            return chosen, ()  # one of those that were offered for these words
        exact = self._categories.by_path(words)
        return (exact, ()) if exact else (None, options)

    async def _place(
        self, conversation_id: str, fields: Fields
    ) -> tuple[PlaceSlot | None, Sequence[PlaceOption], Sequence[tuple[str, str]]]:
        """The place, unless one of several must be chosen first; what else it may be; what it resolves to."""
        known = (await self._storage.load(conversation_id)).conversation.draft
        before = known.place if known else None
        if before and before.text == fields.place and not fields.place_choice:
            return before, (), place_parts(before)
        pin = before.pin if before else None
        found, options = await self._places.resolve(fields.place)
        chosen = self._places.chosen(fields.place, fields.place_choice) if fields.place_choice else None
        if chosen and any(option.code == fields.place_choice for option in options):
            found, options = chosen, ()
        elif options and fields.place_choice != AS_TYPED:
            return None, options, place_parts(found)
        return replace(found, pin=pin), (), place_parts(found)

    def _days(self, lines: Sequence[RecordLine]) -> Sequence[str]:
        """Days on which he wrote, without the latest, which is on the screen."""
        told = (line.at for line in reversed(lines) if isinstance(line.body, Message))
        days = dict.fromkeys(datetime.fromtimestamp(at, self._timezone).date().isoformat() for at in told)
        return list(days)[1 : _VISITS + 1]


def _is_told(line: RecordLine) -> bool:
    return isinstance(line.body, Message) and bool(line.body.text)


def _understood(told: Interpretation | None, conversation: Conversation, *, secret: bool) -> Sequence[tuple[str, str]]:
    """The last message as the machine reads it, and what it had made of the draft before anybody corrected it."""
    draft = conversation.draft
    known: dict[str, str] = {}
    if told is not None:
        known[_LAST] = say(_INTENTS.get(str(told.intent), str(told.intent)))
        known[later("险情")] = say(_DANGERS.get(str(told.emergency), "")) if told.emergency else ""
    if draft is not None:
        reading = draft.reading or draft.read()
        kind = reading.category if draft.reading else draft.believed.path if draft.believed else ()
        place = without_pin(reading.place) if reading.place and secret else reading.place
        known |= {
            _TYPE: say(reading.appeal_type),
            _CATEGORY: " > ".join(kind) + _sureness(draft, kind),
            later("其他可能"): say("；").join(_guess(slot) for slot in draft.candidates if slot.path != kind),
            _PLACE: show_place(place) if place else "",
            **dict(place_parts(place) if place else ()),
            _WHEN: draft.occurred or "",
            _URGENT: say("是") if reading.urgent else say("否"),
            _SECRECY: secrecy_of(draft) or say("否"),
        }
    elif told is not None and told.intent in _TELLING:
        known |= _message(told)
    return [(label, value) for label, value in known.items() if value]


def _message(told: Interpretation) -> dict[str, str]:
    place = read_place(told)
    kind = to_slot(told.category).believed if told.category else None
    return {
        _TYPE: say(str(told.appeal_type or "")),
        _CATEGORY: f"{' > '.join(kind.path)}{_percent(kind.confidence)}" if kind else "",
        _PLACE: show_place(place) if place else "",
        **(dict(place_parts(place)) if place else {}),
        _WHEN: told.occurred or "",
        _URGENT: say("是") if told.urgent else "",
        _SECRECY: secrecy_of(told),
    }


def _sureness(draft: Appeal, path: tuple[str, ...]) -> str:
    """How sure the machine was; of what an operator chose it says nothing any more."""
    kinds = [*draft.candidates, *([draft.believed] if draft.believed and draft.reading is None else [])]
    sure = next((kind.confidence for kind in kinds if kind.path == path), None)
    return _percent(sure) if sure is not None else ""


def _guess(slot: CategorySlot) -> str:
    return f"{slot.path[-1]}{_percent(slot.confidence)}"


def _percent(confidence: float) -> str:
    return say("（{percent}）").format(percent=f"{confidence:.0%}")


def place_parts(place: PlaceSlot) -> Sequence[tuple[str, str]]:
    """What a place resolves to, as labels for the catalogue and values."""
    parts = ((later("区县"), place.district), (later("街道乡镇"), place.street), (later("社区村"), place.community))
    pin = place.pin
    point = f"{pin.latitude:.5f},{pin.longitude:.5f} {pin.label}".strip() if pin else ""
    return [(label, value) for label, value in (*parts, (later("定位"), point)) if value]


def _parts(place: PlaceSlot | None, hide: Callable[[str], str], *, secret: bool) -> Sequence[tuple[str, str]]:
    if place is None:
        return ()
    return [(label, hide(value)) for label, value in place_parts(without_pin(place) if secret else place)]


_STARS = "**"


def _words(draft: Appeal) -> dict[str, str]:
    """Fields in which a name or a number may stand among other words; as a page shows them, or none would be alike."""
    words = {
        "place": draft.place.text if draft.place else "",
        "occurred": draft.occurred or "",
        "title": draft.title,
        "content": draft.what,
    }
    return {name: legible(text) for name, text in words.items()}


def _unmasked(conversation: Conversation, fields: Fields) -> tuple[Fields, dict[str, str]]:
    """The form as it was meant: what was masked and left alone is what the draft says, and no star gets into it."""
    draft = conversation.draft
    if draft is None or draft.key != fields.key:
        return fields, {}
    ways = [as_shown(conversation, plain=plain) for plain in (False, True)]
    faults = {}
    for name, said in _words(draft).items():
        typed, shown = getattr(fields, name), [hide(said) for hide in ways]
        if set(shown) == {said}:
            continue
        if typed.splitlines() in [words.splitlines() for words in shown]:
            fields = replace(fields, **{name: said})
        elif any(sign in typed and sign not in said for sign in (_STARS, HIDDEN_POINT)):
            faults[name] = later("里面有遮住的姓名、电话或定位，改动前请先在会话里写明理由查看。")
    if is_hidden(conversation) and fields.secrecy != Secrecy.ANONYMOUS:
        fields = replace(fields, name=fields.name or draft.name or "", phone=fields.phone or draft.phone or "")
    return fields, faults


def _fields(draft: Appeal, hide: Callable[[str], str], *, secret: bool) -> Fields:
    """The draft as the form begins; `secret`: without name and number."""
    secrecy = Secrecy.ANONYMOUS if draft.anonymous else Secrecy.CONFIDENTIAL if draft.confidential else Secrecy.NONE
    kind = draft.believed
    return Fields(
        key=draft.key,
        category=kind.code if kind else "",
        category_words=" > ".join(kind.path) if kind and kind.code else "",
        appeal_type=draft.appeal_type,
        no_place="on" if draft.no_place else "",
        urgent="on" if draft.urgent else "",
        secrecy=str(secrecy),
        name="" if secret else legible(draft.name or ""),
        phone="" if secret else legible(draft.phone or ""),
        **{name: hide(words) for name, words in _words(draft).items()},
    )


def _shown(conversation: Conversation, *, plain: bool) -> Fields | None:
    """The draft as this operator is shown it now."""
    hide, secret = as_shown(conversation, plain=plain), is_hidden(conversation) and not plain
    return _fields(conversation.draft, hide, secret=secret) if conversation.draft else None


def _merged(conversation: Conversation, typed: Fields, begun: Fields, now: Fields, take: str) -> Merged | None:
    """None for a form that is of another matter; that is refused where it is written down."""
    plain = _shown(conversation, plain=True)
    if plain is None or not typed.key == begun.key == now.key:
        return None
    return merged(typed, begun, now, plain, take)


def _faults(fields: Fields, *, whole: bool) -> dict[str, str]:
    faults = {}
    for name, most in LONGEST.items():
        length = len(getattr(fields, name))
        if length > most:
            shown = "category" if name == "category_words" else name
            words = say("{field}有 {count} 字，最多 {most} 字。")
            faults[shown] = words.format(field=say(_NAMES[name]), count=length, most=most)
    if fields.appeal_type not in APPEAL_TYPES:
        faults["appeal_type"] = later("没有这个诉求类型。")
    if fields.secrecy not in list(Secrecy):
        faults["secrecy"] = later("没有这个选项。")
    if fields.phone and not _PHONE.fullmatch(fields.phone):
        faults.setdefault("phone", later("电话号码不完整，请核对。"))
    if whole and not fields.content:
        faults["content"] = later("还没有写事项。")
    return faults


def _unexplained(conversation: Conversation, fields: Fields) -> dict[str, str]:
    """What is wrong with the reason for making public what is secret; one that is not asked for is no fault."""
    draft = conversation.draft
    secret = draft is not None and draft.key == fields.key and (draft.confidential or draft.anonymous)
    if not secret or fields.secrecy != Secrecy.NONE:
        return {}
    shortest, longest = REASON
    if shortest <= len(fields.reason) <= longest:
        return {}
    words = say("市民要求保密或匿名。改为不保密请写明理由（{least} 到 {most} 个字），理由会留存。")
    return {"reason": words.format(least=shortest, most=longest)}


def _form(fields: Fields, category: CategoryOption | None, place: PlaceSlot) -> TicketForm:
    return TicketForm(
        key=fields.key,
        category_code=category.code if category else "",
        category_path=category.path if category else (),
        appeal_type=fields.appeal_type,
        place=FormPlace(
            text=fields.place,
            district=place.district or "",
            street=place.street or "",
            community=place.community or "",
            code=place.code or "",
            confidence=place.confidence,
        ),
        no_place=bool(fields.no_place) and not fields.place,
        occurred=fields.occurred,
        urgent=bool(fields.urgent),
        secrecy=Secrecy(fields.secrecy),
        reason=fields.reason if not fields.secrecy else "",
        title=fields.title,
        content=fields.content,
        name=fields.name,
        phone=re.sub(r"[ ]", "", fields.phone),
    )
