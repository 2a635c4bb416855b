"""What the dialogue is given of a turn: the citizen's messages and what was understood of them."""

from dataclasses import dataclass, field

from bot.turn import LinkFacts
from channels.message import Attachment, Message, MessageKind, Pin
from faq.entry import Answer
from nlu.interpretation import Interpretation

SILENT = (MessageKind.EVENT, MessageKind.UNFOLLOW)
"""Kinds that are kept, and need no word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message, or a burst of them taken as one turn."""

    messages: tuple[Message, ...]
    text: str
    """The words of all of them, a line each."""
    interpretation: Interpretation
    answer: Answer
    """What the knowledge base has to say to these words."""
    ahead: int = 0
    """How many conversations wait for a person before this one, among those whom the same people serve."""
    link: LinkFacts = field(default_factory=LinkFacts)
    """What is known of codes, where the words are about one."""
    attended: bool = True
    """Somebody is at the desk who could answer."""

    @property
    def last(self) -> Message:
        """The message that the reply answers."""
        return self.messages[-1]

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the messages, in order."""
        return tuple(message.id for message in self.messages)

    @property
    def kinds(self) -> frozenset[MessageKind]:
        """Which kinds of message are among them."""
        return frozenset(message.kind for message in self.messages)

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """Everything attached, in order."""
        return tuple(attachment for message in self.messages for attachment in message.attachments)

    @property
    def pin(self) -> Pin | None:
        """The last place that was pinned."""
        return next((message.pin for message in reversed(self.messages) if message.pin), None)

    @property
    def tapped(self) -> str:
        """The value of the last tapped choice."""
        return next((m.choice for m in reversed(self.messages) if m.kind is MessageKind.CHOICE), "")


def join_words(messages: tuple[Message, ...]) -> str:
    """The words of a burst, a line each."""
    return "\n".join(message.text.strip() for message in messages if message.text.strip())
