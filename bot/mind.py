"""A city's understanding and policy, put together from its pack: what `serve`, `chat` and `understand` think with."""

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from bot.agent import Agent, Ahead, Ask, Attended, Links
from bot.city import City
from bot.conversation import Conversation
from bot.dialogue import Dialogue, Rules
from bot.geocoder import PinNames
from bot.knowledge_base import KnowledgeBase
from bot.reader import Reader
from bot.texts import Texts
from bot.turn import Event, EventKind
from channels.message import Address, Message, MessageKind, Reply
from faq.knowledge import STARTER
from handoff.clock import Clocks
from handoff.states import StateTable
from nlu.encoder import SHIPPED, Encoder
from nlu.interpreter import Interpreter
from nlu.places.geocoding import Geocoder


@dataclass(frozen=True)
class Mind:
    """Everything that is read from a city pack once, at the start. Pure to use, safe in threads."""

    city: City
    privacy_url: str = ""
    listens: bool = False
    """A speech recogniser is plugged in."""
    model: Path = SHIPPED
    """The folder of the encoder."""
    geocoder: Geocoder | None = None
    """The city's own, if it named one."""
    kept: Path | None = None
    """A folder for what was found out about the knowledge base; without it that is found out again at each start."""

    @cached_property
    def interpreter(self) -> Interpreter:
        """Words → `Interpretation`; by rules and word lists until `warm`."""
        return Interpreter.load(self.city.folder)

    @cached_property
    def reader(self) -> Reader:
        """The interpreter for those who may not wait."""
        return Reader(lambda texts: self.interpreter.parse_many(texts))

    def warm(self) -> None:
        """Load the encoder, or load it again, and understand with it from the next message on. ModelError when the
        folder cannot be used; what was in use goes on then."""
        encoder = Encoder.load(self.model)
        self.interpreter.use(encoder)
        self.reader.forget()
        self.knowledge_base.use(encoder)

    @property
    def understanding(self) -> str:
        """What understands now: `rules`, or `model` with the rules beside it."""
        return "model" if self.interpreter.encoder else "rules"

    @cached_property
    def knowledge_base(self) -> KnowledgeBase:
        """The shared entries and the city's own."""
        return KnowledgeBase([STARTER, *([self.city.faq] if self.city.faq else [])], self.today, self.kept)

    @cached_property
    def states(self) -> StateTable:
        """The life of a ticket."""
        return StateTable.load()

    @cached_property
    def rules(self) -> Rules:
        """The city's facts for the dialogue."""
        city, clocks = self.city, Clocks.load(self.city.clocks)
        return Rules(
            prefix=city.ticket_prefix,
            timezone=city.timezone,
            emergency_numbers=city.emergency,
            privacy_url=city.privacy_url or self.privacy_url,
            parse=self.interpreter.parse,
            entry=lambda entry_id: self.knowledge_base.entry(entry_id),
            states=self.states,
            due=clocks.due,
            human_now=city.human_now,
            next_human=city.next_human,
            units=city.unit_of,
            fast_lanes=city.fast_lanes,
            placeless=city.placeless,
            taxonomy_version=hashlib.sha256(city.categories.read_bytes()).hexdigest()[:12],
            around=self.interpreter.gazetteer.around,
            listens=self.listens,
            districts=city.districts,
        )

    @cached_property
    def texts(self) -> Texts:
        """What citizens read here."""
        return Texts(self.city.texts, hotline=self.city.hotline_name)

    def agent(self, ahead: Ahead, attended: Attended, links: Links | None = None) -> Agent:
        """The agent of this city; `ahead` tells how many conversations wait before one, `attended` if anybody serves
        them, `links` what is known of a code that links a citizen's chats."""
        return Agent(
            read=self.reader.read,
            ask=lambda text, gist: self.knowledge_base.ask(text, gist),
            dialogue=Dialogue(self.rules, self.texts),
            ahead=ahead,
            links=links,
            attended=attended,
            name_pins=PinNames(self.geocoder).name if self.geocoder else None,
        )

    async def rehearse(self, text: str, ask: Ask) -> tuple[Reply, ...]:
        """What a citizen reads who writes just this, in a conversation without a past, where `ask` is the knowledge
        base. Nothing is sent and nothing is kept."""
        dialogue = Dialogue(self.rules, self.texts)
        agent = Agent(read=self.reader.read, ask=ask, dialogue=dialogue, ahead=_nobody_ahead, attended=_somebody_there)
        address, now = Address(channel="web", account="rehearsal", user="nobody"), time.time()
        message = Message(id="rehearsal", address=address, kind=MessageKind.TEXT, sent_at=now, text=text)
        event = Event(
            id=message.id, conversation_id=address.key, kind=EventKind.MESSAGE, body=message, at=message.sent_at
        )
        conversation = Conversation(id=address.key, address=address, introduced=True)
        turn = await agent.on_messages(conversation, (event,), now)
        return tuple(delivery.body for delivery in turn.deliveries if isinstance(delivery.body, Reply))

    def today(self) -> date:
        """The date in this city."""
        return datetime.now(UTC).astimezone(self.city.timezone).date()


async def _nobody_ahead(_: str) -> int:
    return 0


async def _somebody_there() -> bool:
    return True
