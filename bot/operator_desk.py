"""The desk's view of the record: `Desk` over storage and inbox, in plain values."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from bot.conversation import Conversation, Holder
from bot.dialogue.card import show_place
from bot.discretion import as_listed, is_hidden, kept_apart, masked, names_of, secrecy_of, without_code, without_pin
from bot.inbox import Inbox
from bot.storage.base import HeldConversation, RecordLine, Storage
from channels.message import Message, MessageKind, Pin, Reply
from handoff.desk import (
    MATTER,
    ActionKind,
    ActionResult,
    Change,
    FileOwners,
    Line,
    LineFile,
    Operator,
    OperatorAction,
    Thread,
    ThreadHead,
)
from handoff.masking import mask_name, mask_number, mask_text
from handoff.people import People
from handoff.states import StateTable
from handoff.tongue import later, say

_LINES = 200
"""So many lines of a conversation a page shows; the earlier ones upon asking."""
_MOST_HELD = 1000

_WITHOUT_WORDS = {
    MessageKind.IMAGE: later("[照片]"),
    MessageKind.VOICE: later("[语音]"),
    MessageKind.VIDEO: later("[视频]"),
    MessageKind.FILE: later("[文件]"),
    MessageKind.LOCATION: later("[定位]"),
    MessageKind.STICKER: later("[表情]"),
    MessageKind.LINK: later("[链接]"),
    MessageKind.FOLLOW: later("[关注]"),
    MessageKind.UNFOLLOW: later("[取消关注]"),
    MessageKind.SCAN: later("[扫码]"),
    MessageKind.UNKNOWN: later("[暂不支持的内容]"),
}

_PLACE, _NAME, _PHONE = later("地点"), later("称呼"), later("电话")
_MASKS: Mapping[str, Callable[[str], str]] = {_NAME: mask_name, _PHONE: mask_number}


class OperatorDesk:
    """Implements `handoff.desk.Desk`."""

    def __init__(
        self,
        storage: Storage,
        inbox: Inbox,
        *,
        states: StateTable,
        clock: Callable[[], float],
        changes: Callable[[int | None], AsyncIterator[Change]],
    ) -> None:
        self._storage = storage
        self._inbox = inbox
        self._states = states
        self._clock = clock
        self._changes = changes

    @property
    def people(self) -> People:
        """Accounts, sessions and second factors: the record itself."""
        return self._storage

    async def waiting(self, limit: int = 200, group: str | None = None) -> Sequence[ThreadHead]:
        """Conversations that wait for a person, as they stand in line."""
        return [_head(held) for held in await self._storage.conversations(Holder.WAITING, limit, group=group)]

    async def queue_lengths(self) -> Mapping[str, int]:
        """How many wait for each group."""
        return await self._storage.queue_lengths()

    async def held(self, operator: str | None = None) -> Sequence[ThreadHead]:
        """Conversations held by operators, or by one."""
        heads = [_head(held) for held in await self._storage.conversations(Holder.OPERATOR, _MOST_HELD)]
        return [head for head in heads if operator in (None, head.operator)]

    async def recent(self, limit: int = 50, behind: tuple[float, str] | None = None) -> Sequence[ThreadHead]:
        """The latest conversations, or those behind a place in the list."""
        return [_head(held) for held in await self._storage.conversations(None, limit, behind)]

    async def search(self, words: str) -> Sequence[ThreadHead]:
        """Conversations with these words."""
        return [_head(held) for held in await self._storage.search(words)]

    async def thread(self, conversation_id: str, before: int | None = None, *, plain: bool = False) -> Thread | None:
        """A conversation with its last lines, or the last before a cursor; masked where it must be, unless `plain`."""
        if conversation_id.count(":") < 2:
            return None  # an address typed by hand: no citizen has such an id
        loaded = await self._storage.load(conversation_id)
        conversation = loaded.conversation
        if conversation.version == 0 and not loaded.events:
            return None
        found = await self._storage.last_lines(conversation_id, _LINES + 1, before)
        lines = found[-_LINES:]
        last = next((line for line in reversed(lines) if not isinstance(line.body, OperatorAction)), None)
        held = HeldConversation(
            conversation=conversation,
            last_text=_words(last.body) if last else "",
            last_at=last.at if last else conversation.last_message_at,
        )
        apart = kept_apart(conversation, plain=plain)
        thread = Thread(
            head=_head(held, plain=True),
            lines=tuple(replace(each, text=apart(each.text)) for each in map(_line, lines)),
            understood=tuple((label, apart(value)) for label, value in _understood(conversation).items()),
            tickets=tuple((t.ticket_no, t.title, self._states.label(t.status)) for t in conversation.tickets),
            earlier=len(found) > len(lines),
            unfiled=conversation.unfiled,
            hidden=is_hidden(conversation),
        )
        if plain or not thread.hidden:
            return thread
        return _masked(thread, names_of(conversation, _callers(thread)), _place(conversation))

    async def file_owners(self, key: str) -> FileOwners:
        """Whose a stored file is."""
        owners = tuple(await self._storage.media_owners(key))
        hidden = [is_hidden((await self._storage.load(each)).conversation) for each in owners]
        return FileOwners(conversations=owners, hidden=bool(owners) and all(hidden))

    async def act(self, action: OperatorAction) -> ActionResult:
        """Write the action down and return its outcome."""
        return await self._inbox.act(action)

    async def operator(self, name: str) -> Operator | None:
        """The account of that name."""
        return await self._storage.operator(name)

    async def note(self, operator: str, action: str, subject: str) -> None:
        """A line in the audit log."""
        await self._storage.note(operator, action, subject, self._clock())

    async def latest_change(self) -> int:
        """The number of the latest change."""
        return await self._storage.latest_change()

    def changes(self, after: int | None = None) -> AsyncIterator[Change]:
        """Changes after a number, or after now."""
        return self._changes(after)


def _callers(thread: Thread) -> Iterable[str]:
    """What chat apps call the citizen."""
    return (line.name for line in thread.lines if line.who == "citizen")


def _masked(thread: Thread, names: frozenset[str], place: str) -> Thread:
    return replace(
        thread,
        head=replace(thread.head, last_text=mask_text(thread.head.last_text, names), place=place),
        lines=tuple(_masked_line(line, names) for line in thread.lines),
        understood=tuple((label, _masked_fact(label, value, names, place)) for label, value in thread.understood),
        tickets=tuple((number, mask_text(title, names), status) for number, title, status in thread.tickets),
    )


def _masked_line(line: Line, names: frozenset[str]) -> Line:
    """What colleagues and the bot said is masked too: they may have named him. What they sent is no citizen's file."""
    line = replace(line, text=mask_text(line.text, names))
    if line.who != "citizen":
        return line
    return replace(
        line,
        name=mask_name(line.name),
        files=tuple(LineFile(kind=each.kind, hidden=True) for each in line.files),
        pin="",
        pin_hidden=bool(line.pin),
    )


def _masked_fact(label: str, value: str, names: frozenset[str], place: str) -> str:
    if label == _PLACE:
        return mask_text(place, names)
    mask = _MASKS.get(label)
    return mask(value) if mask else mask_text(value, names)


def _head(held: HeldConversation, *, plain: bool = False) -> ThreadHead:
    conversation = held.conversation
    draft = conversation.draft
    kind = draft.believed if draft else None
    return ThreadHead(
        conversation_id=conversation.id,
        channel=conversation.address.channel,
        holder=str(conversation.holder),
        operator=conversation.operator,
        operator_name=conversation.operator_name,
        reason=conversation.waiting_reason,
        group=conversation.group,
        meant_for=conversation.meant_for,
        meant_for_name=conversation.meant_for_name,
        taken_from=conversation.taken_from,
        taken_by=conversation.taken_by,
        since=conversation.waiting_since or held.last_at,
        last_text=held.last_text if plain else as_listed(conversation, held.last_text),
        last_at=held.last_at,
        heard_at=conversation.last_message_at,
        category=kind.path[-1] if kind else "",
        place=_place(conversation, plain=plain),
    )


def _place(conversation: Conversation, *, plain: bool = False) -> str:
    place = conversation.draft.place if conversation.draft else None
    if place is None:
        return ""
    hidden = is_hidden(conversation) and not plain
    return masked(conversation, show_place(without_pin(place))) if hidden else show_place(place)


def _understood(conversation: Conversation) -> Mapping[str, str]:
    """What the machine has of the open draft, as labels and values."""
    draft = conversation.draft
    if draft is None:
        return {}
    category = draft.believed
    sure = say("（{percent}）").format(percent=f"{category.confidence:.0%}") if category else ""
    known = {
        later("诉求类型"): say(draft.appeal_type),
        MATTER: draft.what,
        _PLACE: show_place(draft.place) if draft.place else "",
        later("类别"): f"{' > '.join(category.path)}{sure}" if category else "",
        later("时间"): draft.occurred or "",
        _NAME: draft.name or "",
        _PHONE: draft.phone or "",
        later("保密"): secrecy_of(draft),
        later("紧急"): say("是") if draft.urgent else "",
        later("其他事项"): say("；").join(matter.what for matter in conversation.matters),
    }
    return {label: value for label, value in known.items() if value}


def _line(line: RecordLine) -> Line:
    body = line.body
    if isinstance(body, OperatorAction):
        name = "" if body.kind is ActionKind.LOSE else body.operator_name
        kind = "take_over" if _takes_over(body) else str(body.kind)
        return Line(cursor=line.cursor, id=body.id, who="note", name=name, kind=kind, text=_note(body), at=line.at)
    if isinstance(body, Reply):
        return Line(
            cursor=line.cursor,
            id=body.id,
            who=str(body.speaker),
            name=body.speaker_name,
            kind=str(body.attachments[0].kind) if body.attachments else "text",
            text=without_code(_with_choices(body)),
            at=line.at,
            fate=str(line.fate or ""),
            files=_files(body),
        )
    return Line(
        cursor=line.cursor,
        id=body.id,
        who="citizen",
        name=body.name,
        kind=str(body.kind),
        text=body.text,
        at=line.at,
        files=_files(body),
        pin=_pin(body.pin) if body.pin else "",
    )


def _takes_over(action: OperatorAction) -> bool:
    """Who assigns to himself takes it over, from whoever has it."""
    return action.kind is ActionKind.ASSIGN and action.target == action.operator and not action.later


def _note(action: OperatorAction) -> str:
    """What colleagues read of an act."""
    to = action.target_name or action.group or say("其他坐席")
    back = say("{to} 不在线，放回排队，指给他").format(to=to)
    taken = say("{name} 接管了会话").format(name=action.operator_name)
    assigned = taken if _takes_over(action) else say("指派给 {to}").format(to=to)
    left, lost = (
        say("{name} 退出登录，会话退回排队，排在最前。"),
        say("{name} 掉线超过 1 分钟，会话退回排队，排在最前。"),
    )
    done = {
        ActionKind.TRANSFER: back if action.later else say("转给 {to}").format(to=to),
        ActionKind.ASSIGN: back if action.later else assigned,
        ActionKind.LEAVE: left.format(name=action.operator_name),
        ActionKind.PART: say("解除了与这位市民其他渠道的绑定"),
        ActionKind.LOSE: lost.format(name=action.operator_name),
    }
    return say("：").join(part for part in (done.get(action.kind, ""), action.note) if part)


def _files(body: Message | Reply) -> tuple[LineFile, ...]:
    return tuple(
        LineFile(kind=str(each.kind), key=each.key, name=each.filename, size=each.size) for each in body.attachments
    )


def _with_choices(reply: Reply) -> str:
    numbered = [f"{number}. {choice.label}" for number, choice in enumerate(reply.choices, start=1)]
    return "\n".join([reply.text, *numbered])


def _pin(pin: Pin) -> str:
    return f"{pin.latitude},{pin.longitude} {pin.datum} {pin.label}".strip()


def _words(body: Message | Reply | OperatorAction) -> str:
    if isinstance(body, OperatorAction):
        return ""
    kind = body.kind if isinstance(body, Message) else body.attachments[0].kind if body.attachments else None
    return body.text or (say(_WITHOUT_WORDS.get(kind, "")) if kind else "")
