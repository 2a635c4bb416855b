"""What a visitor's page shows: every line of his conversation, in order, by a growing cursor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from channels.message import Attachment, Choice, Message, Pin, Reply

Who = Literal["citizen", "bot", "operator", "system"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message of the visitor or one reply to him."""

    cursor: int
    id: str
    """`Message.id` for the visitor's own lines (so the page knows which unsent message this is), else `Reply.id`."""
    who: Who
    text: str
    at: float
    name: str = ""
    choices: tuple[Choice, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    pin: Pin | None = None


class Mailbox(Protocol):
    """The visitor's side of the record; the application implements it."""

    async def after(self, user: str, cursor: int, limit: int) -> Sequence[Line]:
        """At most `limit` lines whose cursor is greater, in rising order of it.

        A line must never become visible with a cursor below one that could be read before, or a page misses it.
        """
        ...


class MemoryMailbox:
    """A mailbox that lasts as long as the process; the same message or reply is kept once."""

    def __init__(self) -> None:
        self._lines: dict[str, list[Line]] = {}
        self._seen: set[str] = set()
        self._cursor = 0

    async def after(self, user: str, cursor: int, limit: int) -> Sequence[Line]:
        """See `Mailbox.after`."""
        return [line for line in self._lines.get(user, ()) if line.cursor > cursor][:limit]

    def keep(self, heard: Message) -> bool:
        """Keep what the visitor said; False when it was there already."""
        line = Line(
            cursor=0,
            id=heard.id,
            who="citizen",
            text=heard.text,
            at=heard.sent_at,
            attachments=heard.attachments,
            pin=heard.pin,
        )
        return self._add(heard.address.user, line)

    def put(self, reply: Reply) -> bool:
        """Keep what he is told; False when it was there already."""
        line = Line(
            cursor=0,
            id=reply.id,
            who=reply.speaker.value,
            name=reply.speaker_name,
            text=reply.text,
            choices=reply.choices,
            attachments=reply.attachments,
            at=reply.at,
        )
        return self._add(reply.address.user, line)

    def _add(self, user: str, line: Line) -> bool:
        if line.id in self._seen:
            return False
        self._seen.add(line.id)
        self._cursor += 1
        self._lines.setdefault(user, []).append(replace(line, cursor=self._cursor))
        return True
