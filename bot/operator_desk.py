"""The desk's view of the record: `Desk` over storage and inbox, in plain values."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from bot.conversation import Conversation, Holder
from bot.dialogue.card import show_place
from bot.inbox import Inbox
from bot.storage.base import HeldConversation, RecordLine, Storage
from channels.message import Address, Message, MessageKind, Pin, Reply
from handoff.desk import ActionResult, Line, Operator, OperatorAction, Thread, ThreadHead
from handoff.masking import mask_name, mask_number, mask_text
from handoff.people import People
from handoff.states import StateTable

Limits = Callable[[Address], Awaitable[str]]
"""A channel's limits in words, such as 本窗口还可发送 2 条; empty when it has none."""

_WITHOUT_WORDS = {
    MessageKind.IMAGE: "[照片]",
    MessageKind.VOICE: "[语音]",
    MessageKind.VIDEO: "[视频]",
    MessageKind.FILE: "[文件]",
    MessageKind.LOCATION: "[定位]",
    MessageKind.STICKER: "[表情]",
    MessageKind.LINK: "[链接]",
    MessageKind.FOLLOW: "[关注]",
    MessageKind.UNFOLLOW: "[取消关注]",
    MessageKind.SCAN: "[扫码]",
    MessageKind.UNKNOWN: "[暂不支持的内容]",
}


class OperatorDesk:
    """Implements `handoff.desk.Desk`."""

    def __init__(
        self,
        storage: Storage,
        inbox: Inbox,
        *,
        states: StateTable,
        clock: Callable[[], float],
        changes: Callable[[], AsyncIterator[str]],
        limits: Limits,
    ) -> None:
        self._storage = storage
        self._inbox = inbox
        self._states = states
        self._clock = clock
        self._changes = changes
        self._limits = limits

    @property
    def people(self) -> People:
        """Accounts, sessions and second factors: the record itself."""
        return self._storage

    async def waiting(self) -> Sequence[ThreadHead]:
        """Conversations that wait for a person, oldest first."""
        return [_head(held) for held in await self._storage.conversations(Holder.WAITING)]

    async def held(self, operator: str | None = None) -> Sequence[ThreadHead]:
        """Conversations held by operators, or by one."""
        heads = [_head(held) for held in await self._storage.conversations(Holder.OPERATOR)]
        return [head for head in heads if operator in (None, head.operator)]

    async def recent(self, limit: int = 50) -> Sequence[ThreadHead]:
        """The latest conversations, whoever holds them."""
        return [_head(held) for held in await self._storage.conversations(None, limit)]

    async def thread(self, conversation_id: str, after: int = 0, *, plain: bool = False) -> Thread | None:
        """A conversation with its lines after a cursor; masked where it must be, unless `plain`."""
        if conversation_id.count(":") < 2:
            return None  # an address typed by hand: no citizen has such an id
        loaded = await self._storage.load(conversation_id)
        conversation = loaded.conversation
        if conversation.version == 0 and not loaded.events:
            return None
        lines = await self._storage.lines(conversation_id, after)
        last = lines[-1] if lines else None
        held = HeldConversation(
            conversation=conversation,
            last_text=_words(last.body) if last else "",
            last_at=last.at if last else conversation.last_message_at,
        )
        thread = Thread(
            head=_head(held, plain=True),
            lines=tuple(_line(line) for line in lines),
            understood=tuple(_understood(conversation).items()),
            tickets=tuple((t.ticket_no, t.title, self._states.label(t.status)) for t in conversation.tickets),
            channel_note=await self._limits(conversation.address),
            hidden=_is_hidden(conversation),
        )
        return _masked(thread, _names(conversation, thread)) if thread.hidden and not plain else thread

    async def act(self, action: OperatorAction) -> ActionResult:
        """Write the action down and return its outcome."""
        return await self._inbox.act(action)

    async def operator(self, name: str) -> Operator | None:
        """The account of that name."""
        return await self._storage.operator(name)

    async def note(self, operator: str, action: str, subject: str) -> None:
        """A line in the audit log."""
        await self._storage.note(operator, action, subject, self._clock())

    async def changes(self) -> AsyncIterator[str]:
        """Conversation ids as they change; an empty string at once, so that a page knows that it is connected."""
        changes = self._changes()
        yield ""
        async for conversation_id in changes:
            yield conversation_id


def _is_hidden(conversation: Conversation) -> bool:
    """Whether the citizen asked for 保密 or 匿名, in the open draft or in any ticket."""
    draft = conversation.draft
    asked = draft is not None and (draft.confidential or draft.anonymous)
    return asked or any(ticket.confidential or ticket.anonymous for ticket in conversation.tickets)


def _names(conversation: Conversation, thread: Thread | None = None) -> frozenset[str]:
    """What the citizen is called: as he said, in his tickets, and by his chat app."""
    said = {conversation.draft.name if conversation.draft else None, *(t.contact.name for t in conversation.tickets)}
    shown = {line.name for line in thread.lines if line.who == "citizen"} if thread else set()
    return frozenset(name for name in said | shown if name)


def _masked(thread: Thread, names: frozenset[str]) -> Thread:
    return replace(
        thread,
        head=replace(thread.head, last_text=mask_text(thread.head.last_text, names)),
        lines=tuple(
            replace(
                line,
                name=mask_name(line.name) if line.who == "citizen" else line.name,
                text=mask_text(line.text, names),
            )
            for line in thread.lines
        ),
        understood=tuple((label, _masked_fact(label, value, names)) for label, value in thread.understood),
        tickets=tuple((number, mask_text(title, names), status) for number, title, status in thread.tickets),
    )


def _masked_fact(label: str, value: str, names: frozenset[str]) -> str:
    match label:
        case "称呼":
            return mask_name(value)
        case "电话":
            return mask_number(value)
        case _:
            return mask_text(value, names)


def _head(held: HeldConversation, *, plain: bool = False) -> ThreadHead:
    conversation = held.conversation
    draft = conversation.draft
    return ThreadHead(
        conversation_id=conversation.id,
        channel=conversation.address.channel,
        holder=str(conversation.holder),
        operator=conversation.operator,
        operator_name=conversation.operator_name,
        reason=conversation.waiting_reason,
        since=conversation.waiting_since or held.last_at,
        last_text=held.last_text if plain or not _is_hidden(conversation) else _masked_words(held),
        last_at=held.last_at,
        category=draft.category.path[-1] if draft and draft.category else "",
        place=show_place(draft.place) if draft and draft.place else "",
    )


def _masked_words(held: HeldConversation) -> str:
    return mask_text(held.last_text, _names(held.conversation))


def _understood(conversation: Conversation) -> Mapping[str, str]:
    """What the machine has of the open draft, as labels and values."""
    draft = conversation.draft
    if draft is None:
        return {}
    known = {
        "诉求类型": draft.appeal_type,
        "事项": draft.what,
        "地点": show_place(draft.place) if draft.place else "",
        "类别": f"{' > '.join(draft.category.path)}（{draft.category.confidence:.0%}）" if draft.category else "",
        "时间": draft.occurred or "",
        "称呼": draft.name or "",
        "电话": draft.phone or "",
        "保密": "匿名" if draft.anonymous else "保密" if draft.confidential else "",
        "紧急": "是" if draft.urgent else "",
        "其他事项": "；".join(matter.what for matter in conversation.matters),
    }
    return {label: value for label, value in known.items() if value}


def _line(line: RecordLine) -> Line:
    body = line.body
    if isinstance(body, Reply):
        return Line(
            cursor=line.cursor,
            id=body.id,
            who=str(body.speaker),
            name=body.speaker_name,
            kind="text",
            text=_with_choices(body),
            at=line.at,
            fate=str(line.fate or ""),
        )
    return Line(
        cursor=line.cursor,
        id=body.id,
        who="citizen",
        name=body.name,
        kind=str(body.kind),
        text=body.text,
        at=line.at,
        attachments=tuple(attachment.key for attachment in body.attachments if attachment.key),
        pin=_pin(body.pin) if body.pin else "",
    )


def _with_choices(reply: Reply) -> str:
    numbered = [f"{number}. {choice.label}" for number, choice in enumerate(reply.choices, start=1)]
    return "\n".join([reply.text, *numbered])


def _pin(pin: Pin) -> str:
    return f"{pin.latitude},{pin.longitude} {pin.datum} {pin.label}".strip()


def _words(body: Message | Reply) -> str:
    return body.text if isinstance(body, Reply) else body.text or _WITHOUT_WORDS.get(body.kind, "")
