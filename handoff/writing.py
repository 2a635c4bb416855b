"""What helps an operator write: canned replies, suggestions, the gate before sending, and what a channel can carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from handoff.desk import Enclosure, Operator, Thread

PLACEHOLDERS = ("市民", "坐席", "工单号", "日期", "部门", "地点", "事项", "答复期限", "热线")
"""What a canned reply may leave open, in braces."""

SHARED = ""
"""The owner of a canned reply that all may use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CannedReply:
    """A reply that is written once and used often (常用语)."""

    id: int = 0
    """0: not kept yet."""
    owner: str = SHARED
    """The operator whose own it is."""
    shortcut: str
    title: str
    text: str
    version: int = 0
    """Grows with every change: of two who change one at once, the second is told."""


class Kept(StrEnum):
    """What became of keeping a canned reply."""

    DONE = "done"
    DOUBLED = "doubled"
    """The owner has another with this shortcut."""
    LATE = "late"
    """It was changed or deleted meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """An approved answer that may fit what the citizen asked last."""

    question: str
    answer: str
    source: str = ""


class Doubt(StrEnum):
    """What the gate stops at."""

    VAGUE = "vague"
    """近期、尽快 … without a date."""
    ASKED_AGAIN = "asked_again"
    """Asks for what the record knows."""
    ASKED_BACK = "asked_back"
    """反问."""
    RETYPED = "retyped"
    """A complaint became a question on the way."""
    UNFILED = "unfiled"
    """A matter was told that is no ticket yet, and the conversation is to be closed."""


@dataclass(frozen=True, slots=True)
class Warning:
    """Why a reply should be read once more before it goes."""

    doubt: Doubt
    words: str
    """For the operator."""


@dataclass(frozen=True, slots=True)
class Window:
    """How many messages a channel still takes until the citizen writes again."""

    left: int
    until: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """What photos and files a channel can carry to the citizen, in words and as limits."""

    words: str
    """For the composer."""
    mimes: frozenset[str]
    """Empty: the channel carries none."""
    largest: int
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What the composer shows for one conversation."""

    replies: tuple[CannedReply, ...]
    """Shared and own, their placeholders filled as far as the record knows."""
    suggestions: tuple[Suggestion, ...]
    window: Window | None
    """None where the channel has no limits."""
    carriage: Carriage


class FileRefused(Exception):
    """A photo or file cannot be sent; the message is for the operator."""


class Writing(Protocol):
    """The service behind the composer."""

    async def help(self, thread: Thread, by: Operator) -> Help:
        """What the composer shows."""
        ...

    async def warnings(self, conversation_id: str, text: str) -> Sequence[Warning]:
        """What speaks against sending this as it is."""
        ...

    async def enclose(self, conversation_id: str, filename: str, content: bytes) -> Enclosure:
        """Keep a photo or file that is to be sent. FileRefused when the channel cannot carry it."""
        ...

    async def typing(self, conversation_id: str, by: Operator) -> None:
        """Show the citizen, where his channel can, that an answer is being written."""
        ...

    def is_typing(self, conversation_id: str) -> bool:
        """Whether the citizen is writing just now."""
        ...

    # canned replies

    async def replies(self, by: Operator) -> Sequence[CannedReply]:
        """Shared ones and his own, by shortcut, as they were written."""
        ...

    async def keep(self, reply: CannedReply) -> Kept:
        """Add one (its id is 0), or change it."""
        ...

    async def drop(self, reply_id: int, owner: str) -> bool:
        """Delete one of this owner; False when there is none."""
        ...


def unfilled(text: str) -> tuple[str, ...]:
    """The placeholders that are still open, each once, in their order."""
    places = sorted((text.index(mark), mark) for name in PLACEHOLDERS if (mark := f"{{{name}}}") in text)
    return tuple(mark for _, mark in places)


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with all filled in that is known."""
    for name, value in values.items():
        if value:
            text = text.replace(f"{{{name}}}", value)
    return text
