"""Understands a turn in a thread, then asks the dialogue: from messages to a `Turn`, within a time budget."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from secrets import randbelow

from bot.conversation import Conversation, Holder
from bot.dialogue import Dialogue, Heard, join_words
from bot.dialogue.linking import wish_of
from bot.turn import Event, LinkFacts, LinkKind, Timeout, Turn
from channels.message import Message, MessageKind
from faq.entry import Answer
from handoff.desk import OperatorAction
from handoff.ticket import StatusUpdate
from nlu import emergency
from nlu.interpretation import Gist, Intent, Interpretation

_HURRIED = frozenset({Intent.EMERGENCY, Intent.GREET, Intent.HUMAN})
_ALONE = frozenset({MessageKind.CHOICE, MessageKind.FOLLOW, MessageKind.SCAN, MessageKind.UNFOLLOW, MessageKind.EVENT})

Read = Callable[[str], Awaitable[Interpretation]]
Ask = Callable[[str, Gist | None], Answer]
"""What the knowledge base says to a text, of which this is known already."""
Ahead = Callable[[str], Awaitable[int]]
"""How many wait for a person before the conversation of this id, among those whom the same people serve."""
Links = Callable[[str, str, float], Awaitable[LinkFacts]]
"""What the record knows of a code (perhaps none) that is said in a conversation at a time."""
NamePins = Callable[[tuple[Message, ...]], Awaitable[tuple[Message, ...]]]
"""The same messages, with words for a pin that came without."""
Attended = Callable[[], Awaitable[bool]]
"""Whether anybody is at the desk who could answer."""


class Agent:
    """One city's understanding and policy. `ask` is pure and may run in any thread."""

    def __init__(
        self,
        *,
        read: Read,
        ask: Ask,
        dialogue: Dialogue,
        ahead: Ahead,
        attended: Attended,
        links: Links | None = None,
        name_pins: NamePins | None = None,
        draw: Callable[[], str] | None = None,
        budget: float = 10.0,
    ) -> None:
        """`ahead` tells how many conversations wait before one, `attended` if anybody serves them; `links` what is
        known of a code, and `draw` makes one; `name_pins` finds words for bare pins; `budget` is in seconds,
        for one turn."""
        self._links = links
        self._draw = draw or _draw
        self._name_pins = name_pins
        self._read = read
        self._ask = ask
        self._dialogue = dialogue
        self._ahead = ahead
        self._attended = attended
        self._budget = budget

    def stands_alone(self, message: Message) -> bool:
        """A choice, a follow, an event: never part of a burst."""
        return message.kind in _ALONE

    async def is_hurried(self, message: Message) -> bool:
        """A greeting, a call for a person or an emergency: nothing waits for more. The reflex is asked
        before the model, so that a cry for help waits for no batch."""
        if not message.text:
            return False
        # What comes right behind a code must not be read as a part of it.
        bare = Conversation(id=message.address.key, address=message.address)
        if wish_of(bare, message.text) is not None or emergency.detect(message.text) is not None:
            return True
        return (await self._read(message.text)).intent in _HURRIED

    async def on_messages(self, conversation: Conversation, events: tuple[Event, ...], now: float) -> Turn:
        """A message, or a burst of them, understood and answered. TimeoutError when the budget is spent."""
        messages = tuple(event.body for event in events if isinstance(event.body, Message))
        ids = tuple(event.id for event in events)
        held = conversation.holder is Holder.OPERATOR
        ahead = 0 if held else await self._ahead(conversation.id)
        attended = held or await self._attended()

        text = join_words(messages)
        link = await self._look_up(conversation, text, now)

        def decide(interpretation: Interpretation) -> Turn:
            heard = Heard(
                messages=messages,
                text=text,
                interpretation=interpretation,
                answer=self._ask(text, interpretation.gist),
                ahead=ahead,
                link=link,
                attended=attended,
            )
            return self._dialogue.on_message(conversation, heard, ids, now)

        async with asyncio.timeout(self._budget):
            if self._name_pins and not held:
                messages = await self._name_pins(messages)
            return await asyncio.to_thread(decide, await self._read(text))

    async def _look_up(self, conversation: Conversation, text: str, now: float) -> LinkFacts:
        """What is known of a code, where the words are about one."""
        wish = wish_of(conversation, text)
        if wish is None or wish.kind is LinkKind.PART:
            return LinkFacts()
        known = await self._links(conversation.id, wish.code, now) if self._links else LinkFacts()
        return replace(known, fresh=self._draw())

    async def on_event(self, conversation: Conversation, event: Event, now: float) -> Turn:
        """A status, an operator's act or a time-out; needs no understanding."""
        match event.body:
            case StatusUpdate() as update:
                return self._dialogue.on_status(conversation, update, event, now)
            case OperatorAction() as action:
                return self._dialogue.on_operator(conversation, action, event, now, attended=await self._attended())
            case Timeout() as timeout:
                return self._dialogue.on_timeout(conversation, timeout, event, now)
            case Message():
                raise TypeError("messages go through on_messages")

    def on_failure(self, conversation: Conversation, events: tuple[Event, ...], now: float) -> Turn:
        """What is said and done when handling failed."""
        return self._dialogue.on_failure(conversation, tuple(event.id for event in events), now)


def _draw() -> str:
    return f"{randbelow(1_000_000):06d}"
