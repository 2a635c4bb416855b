"""A city's understanding and policy, put together from its pack: what `serve`, `chat` and `understand` think with."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from bot.agent import Agent, Ahead
from bot.city import City
from bot.dialogue import Dialogue, Rules
from bot.reader import Reader
from bot.texts import Texts
from faq.entry import Answer, Entry
from faq.index import Index
from faq.knowledge import Knowledge
from handoff.clock import Clocks
from handoff.states import StateTable
from nlu.encoder import SHIPPED, Encoder
from nlu.interpreter import Interpreter


@dataclass(frozen=True)
class Mind:
    """Everything that is read from a city pack once, at the start. Pure to use, safe in threads."""

    city: City
    privacy_url: str = ""
    listens: bool = False
    """A speech recogniser is plugged in."""
    model: Path = SHIPPED
    """The folder of the encoder."""

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
        self.interpreter.use(Encoder.load(self.model))
        self.reader.forget()

    @property
    def understanding(self) -> str:
        """What understands now: `rules`, or `model` with the rules beside it."""
        return "model" if self.interpreter.encoder else "rules"

    @cached_property
    def knowledge(self) -> Knowledge:
        """The curated entries; none when the pack has no faq.jsonl."""
        return Knowledge.load(self.city.faq) if self.city.faq else Knowledge()

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
            entry=self._valid_entry,
            states=self.states,
            due=clocks.due,
            human_now=city.human_now,
            next_human=city.next_human,
            units=city.unit_of,
            fast_lanes=city.fast_lanes,
            placeless=city.placeless,
            taxonomy_version=hashlib.sha256(city.categories.read_bytes()).hexdigest()[:12],
            listens=self.listens,
            districts=city.districts,
        )

    @cached_property
    def texts(self) -> Texts:
        """What citizens read here."""
        return Texts(self.city.texts, hotline=self.city.hotline_name)

    def ask(self, text: str) -> Answer:
        """What the knowledge base says to a question today."""
        return Index(self.knowledge, self._today()).ask(text)

    def agent(self, ahead: Ahead) -> Agent:
        """The agent of this city; `ahead` tells how many conversations wait for a person."""
        return Agent(
            read=self.reader.read,
            ask=self._make_asking(),
            dialogue=Dialogue(self.rules, self.texts),
            ahead=ahead,
        )

    def _today(self) -> date:
        return datetime.now(UTC).astimezone(self.city.timezone).date()

    def _valid_entry(self, entry_id: str) -> Entry | None:
        entry = self.knowledge.by_id(entry_id)
        return entry if entry is not None and entry.is_valid_on(self._today()) else None

    def _make_asking(self) -> Callable[[str], Answer]:
        """Ask the index of the day: entries come into force and expire at midnight."""
        built: dict[date, Index] = {}

        def ask(text: str) -> Answer:
            day = self._today()
            index = built.get(day)
            if index is None:
                index = Index(self.knowledge, day)
                built.clear()
                built[day] = index
            return index.ask(text)

        return ask
