"""A whole `Writing` in memory: canned replies, the real gate and the real checks of files, without a record."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.desk.carriage import carriage_of, checked
from bot.desk.gate import Known, doubts
from bot.storage.memory import MemoryStorage
from handoff.desk import Enclosure, Operator, Thread
from handoff.writing import CannedReply, Help, Kept, Suggestion, Warning, Window, filled


@dataclass(slots=True)
class MemoryWriting:
    """Tests lay in what the record would know."""

    media: dict[str, tuple[bytes, str]]
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    values: dict[str, str] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    suggestions: tuple[Suggestion, ...] = ()
    window: Window | None = None
    typed: list[tuple[str, str]] = field(default_factory=list)
    citizen_types: bool = False

    async def help(self, thread: Thread, by: Operator) -> Help:
        """What the composer shows."""
        values = {"坐席": by.display_name, **self.values}
        return Help(
            replies=tuple(replace(reply, text=filled(reply.text, values)) for reply in await self.replies(by)),
            suggestions=self.suggestions,
            window=self.window,
            carriage=carriage_of(thread.head.channel),
        )

    async def warnings(self, conversation_id: str, text: str) -> Sequence[Warning]:
        """The real gate over what is known."""
        return doubts(text, self.known)

    async def enclose(self, conversation_id: str, filename: str, content: bytes) -> Enclosure:
        """Kept where the console's media are read from."""
        content, enclosure = checked(content, filename, carriage_of(conversation_id.partition(":")[0]))
        key = f"kept-{len(self.media)}"
        self.media[key] = content, enclosure.mime
        return replace(enclosure, key=key)

    async def typing(self, conversation_id: str, by: Operator) -> None:
        """Remembered for the test."""
        self.typed.append((conversation_id, by.name))

    def is_typing(self, conversation_id: str) -> bool:
        """As the test says."""
        return self.citizen_types

    async def replies(self, by: Operator) -> Sequence[CannedReply]:
        """Shared ones and his own."""
        return await self.storage.canned_replies(by.name)

    async def keep(self, reply: CannedReply) -> Kept:
        """Add one, or change it."""
        return await self.storage.keep_canned(reply)

    async def drop(self, reply_id: int, owner: str) -> bool:
        """Delete one."""
        return await self.storage.drop_canned(reply_id, owner)
