"""What helps an operator write, over the record, the knowledge base and the media store: `handoff.writing.Writing`."""

import asyncio
import re
import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from bot.conversation import Conversation, Holder
from bot.desk.carriage import carriage_of, checked
from bot.desk.gate import Known, doubts
from bot.desk.typing import Typing
from bot.dialogue.card import show_place
from bot.discretion import as_listed, is_hidden, masked
from bot.knowledge_base import KnowledgeBase
from bot.storage.base import Storage
from channels.channel import MediaStore
from channels.errors import ChannelUnavailable
from channels.message import Address, Message
from faq.entry import Answer, Decision
from handoff.clock import chinese_date, promised
from handoff.desk import Enclosure, Operator, Thread
from handoff.ticket import Ticket
from handoff.tongue import say
from handoff.writing import CannedReply, FileRefused, Help, Kept, Suggestion, Warning, Window, filled
from nlu.interpretation import Intent, Interpretation

_SEED = Path(__file__).with_name("canned.toml")
_SEEDED = "desk.canned"
"""The value that tells that the shipped replies were laid in once."""
_LOOKED_BACK = 3
"""Citizen's lines, from the last, in which a question is looked for: after it he often only says 人工."""
_PAGE = 500
_BEFORE = 3600.0
"""Seconds before a matter was opened in which he may have said what he wants."""
_ANSWERED = (Intent.FAQ, Intent.APPEAL)
"""What an entry may answer; a name, a number or 人工 asks nothing of the knowledge base."""
_SURE = 0.5
"""The score from which a choice is worth an operator's look; below it, most were about something else."""
_MOST = 3
_LONGEST_QUESTION = 300
_COMPLAINS = re.compile(r"(?:^|[，。！？\s]|我|要|想|来|再次|继续)投诉(?!电话|热线|渠道|方式|平台|过)")
_COMPLAINT = "投诉"


class WritingDesk:
    """Implements `handoff.writing.Writing`."""

    def __init__(
        self,
        storage: Storage,
        base: KnowledgeBase,
        media: MediaStore,
        typing: Typing,
        *,
        read: Callable[[str], Interpretation],
        window: Callable[[Address], Awaitable[Window | None]],
        today: Callable[[], date],
        hotline: str,
    ) -> None:
        """`read` tells what the machine reads in words; `window` what a channel still takes."""
        self._storage = storage
        self._base = base
        self._media = media
        self._typing = typing
        self._read = read
        self._window = window
        self._today = today
        self._hotline = hotline

    async def start(self) -> None:
        """Lay the shipped replies in, once in the life of a record."""
        if await self._storage.value(_SEEDED):
            return
        for row in tomllib.loads(_SEED.read_text("utf-8"))["reply"]:
            await self._storage.keep_canned(CannedReply(**row))
        await self._storage.set_value(_SEEDED, "1")

    async def help(self, thread: Thread, by: Operator) -> Help:
        """What the composer shows."""
        conversation = (await self._storage.load(thread.head.conversation_id)).conversation
        values = self._values(conversation, by)
        return Help(
            replies=tuple(replace(reply, text=filled(reply.text, values)) for reply in await self.replies(by)),
            suggestions=await asyncio.to_thread(self._suggest, thread),
            window=await self._window(conversation.address),
            carriage=carriage_of(conversation.address.channel),
        )

    async def warnings(self, conversation_id: str, text: str) -> Sequence[Warning]:
        """What speaks against sending this as it is."""
        conversation = (await self._storage.load(conversation_id)).conversation
        complains = await self._complains(conversation)
        found = doubts(text, await self._known(conversation, complains=complains))
        return tuple(replace(warning, words=as_listed(conversation, warning.words)) for warning in found)

    async def _complains(self, conversation: Conversation) -> bool:
        """Whether he called it a complaint himself, anywhere in what was said of this matter, however long ago."""
        since, before = _since(conversation), None
        while True:
            lines = await self._storage.last_lines(conversation.id, _PAGE, before)
            said = [line.body for line in lines if line.at >= since]
            if any(isinstance(body, Message) and _COMPLAINS.search(body.text) for body in said):
                return True
            if len(lines) < _PAGE or len(said) < len(lines):
                return False
            before = lines[0].cursor

    async def enclose(self, conversation_id: str, filename: str, content: bytes) -> Enclosure:
        """Keep a photo or file that is to be sent."""
        carriage = carriage_of(Address.parse(conversation_id).channel)
        content, enclosure = await asyncio.to_thread(checked, content, filename, carriage)
        try:
            key = await self._media.put(content, enclosure.mime, enclosure.filename)
        except ChannelUnavailable as error:
            raise FileRefused(say("文件暂时存不下，没有发送。请稍后再试。")) from error
        return replace(enclosure, key=key)

    async def typing(self, conversation_id: str, by: Operator) -> None:
        """Show the citizen that an answer is being written, if this operator holds the conversation."""
        conversation = (await self._storage.load(conversation_id)).conversation
        if conversation.holder is Holder.OPERATOR and conversation.operator == by.name:
            self._typing.operator_writes(conversation_id, by.display_name)

    def is_typing(self, conversation_id: str) -> bool:
        """Whether the citizen is writing just now."""
        return self._typing.is_citizen_writing(conversation_id)

    async def replies(self, by: Operator) -> Sequence[CannedReply]:
        """Shared ones and his own, as they were written."""
        return await self._storage.canned_replies(by.name)

    async def keep(self, reply: CannedReply) -> Kept:
        """Add one, or change it."""
        return await self._storage.keep_canned(reply)

    async def drop(self, reply_id: int, owner: str) -> bool:
        """Delete one of this owner."""
        return await self._storage.drop_canned(reply_id, owner)

    def _values(self, conversation: Conversation, by: Operator) -> Mapping[str, str]:
        """What fills placeholders; what the record does not know is left out."""
        draft, ticket = conversation.draft, _latest(conversation)
        known = (draft.name if draft else "") or (ticket.contact.name if ticket else "")
        name = "" if is_hidden(conversation) else known
        due = promised(ticket.clocks) if ticket else None
        return {
            "市民": name or "",
            "坐席": by.display_name,
            "工单号": ticket.ticket_no if ticket else "",
            "日期": f"{self._today().month}月{self._today().day}日",
            "部门": _unit(ticket),
            "地点": masked(conversation, _place(conversation)),
            "事项": masked(conversation, ticket.title) if ticket else "",
            "答复期限": chinese_date(due.due_at, self._today().isoformat()) if due else "",
            "热线": self._hotline,
        }

    def _type_of(self, words: str) -> str:
        return str(self._read(words).appeal_type or "")

    def _suggest(self, thread: Thread) -> tuple[Suggestion, ...]:
        """Approved answers to the last thing he asked or reported that the knowledge base answers."""
        said = [line.text for line in thread.lines if line.who == "citizen" and line.text.strip()]
        for text in reversed(said[-_LOOKED_BACK:]):
            question = text[:_LONGEST_QUESTION]
            told = self._read(question)
            if told.intent not in _ANSWERED:
                continue
            if found := self._of(self._base.ask(question, told.gist)):
                return found
        return ()

    def _of(self, answer: Answer) -> tuple[Suggestion, ...]:
        if answer.decision is Decision.NONE:
            return ()
        matches = [match for match in answer.choices if match.score >= _SURE]
        best = answer.matches[:1] if answer.decision is Decision.ANSWER else ()
        entries = [self._base.entry(match.entry.id) for match in (*best, *matches)]
        given = {entry.id: entry for entry in entries if entry is not None}
        return tuple(
            Suggestion(question=entry.question, answer=entry.answer, source=entry.source)
            for entry in list(given.values())[:_MOST]
        )

    async def _known(self, conversation: Conversation, *, complains: bool) -> Known:
        draft, ticket = conversation.draft, _latest(conversation)
        phone = (draft.phone if draft else "") or (ticket.contact.phone if ticket else "") or ""
        words = draft.what if draft else ticket.content if ticket else ""
        kept = (draft.appeal_type if draft else ticket.appeal_type if ticket else "") if words else ""
        read = _COMPLAINT if complains else await asyncio.to_thread(self._type_of, words) if words else ""
        return Known(phone=phone, place=_place(conversation), kept_type=kept, read_type=read)


def _since(conversation: Conversation) -> float:
    """When the talk about the present matter began: 我要投诉 comes before the matter itself, or to a person."""
    draft, ticket = conversation.draft, _latest(conversation)
    if draft is not None:
        began = draft.opened_at
    else:
        began = datetime.fromisoformat(ticket.accepted_at).timestamp() if ticket and ticket.accepted_at else 0.0
    known = [moment for moment in (began, conversation.met_at) if moment]
    return min(known, default=0.0) - _BEFORE


def _latest(conversation: Conversation) -> Ticket | None:
    return conversation.tickets[-1] if conversation.tickets else None


def _unit(ticket: Ticket | None) -> str:
    """Who has it, by the case system; until it told one, who probably will."""
    if ticket is None:
        return ""
    return next((step.unit for step in reversed(ticket.history) if step.unit), ticket.unit)


def _place(conversation: Conversation) -> str:
    draft, ticket = conversation.draft, _latest(conversation)
    if draft and draft.place:
        return show_place(draft.place)
    return ticket.place.text if ticket and ticket.place else ""
