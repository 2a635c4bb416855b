"""The knowledge base in use: read from its files, changed by its keepers, indexed by words and by meaning, asked by
every turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import Lock

from bot.log import get_logger
from faq.entry import Answer, Entry
from faq.index import Encode, Index, Meaning
from faq.knowledge import STARTER_MEANINGS, Knowledge
from faq.remembered import Remembered
from faq.saved import Saved
from nlu.encoder import Encoder
from nlu.interpretation import Gist
from nlu.model_folder import ModelError
from nlu.normalize import normalize

log = get_logger(__name__)

_MEANINGS = "meanings.npz"

Changes = Mapping[str, Entry | None]
"""Entries by id as their keepers left them; None: withdrawn."""


@dataclass(frozen=True)
class _InUse:
    """Entries and their index: exchanged together, so that no turn meets halves of two."""

    knowledge: Knowledge
    index: Index
    encoder: str = ""
    """The fingerprint of what its meanings are of."""

    def ask(self, text: str, day: date, gist: Gist | None) -> Answer:
        known = Meaning(gist.vector, gist.asks) if gist and gist.encoder == self.encoder else None
        try:
            return self.index.ask(text, day, known)
        except ModelError:
            # The interpreter says so in the log: it fails on the same text.
            return self._by_words.ask(text, day)

    @cached_property
    def _by_words(self) -> Index:
        """Made when the encoder fails on a question first: hardly ever."""
        return Index(self.knowledge)


class KnowledgeBase:
    """Answers from the shared entries, the city's own, and what was changed of both. Threads may share it."""

    def __init__(self, files: Iterable[Path], today: Callable[[], date], kept: Path | None = None) -> None:
        """Of an id that stands in two files the later one counts. KnowledgeError names each fault. `kept` is a folder
        for the index and the meanings of all wordings, so that the next start need not find them again."""
        self._files = tuple(files)
        self._kept = kept
        self._saved = Saved(kept) if kept else None
        self._today = today
        self._encoder: Encoder | None = None
        self._encode: Encode | None = None
        self._layers = self._read()
        self._changes: Changes = {}
        self._building = Lock()
        self._in_use = self._built(self._together())

    @property
    def knowledge(self) -> Knowledge:
        """The entries in use, whether valid today or not."""
        return self._in_use.knowledge

    @property
    def encode(self) -> Encode | None:
        """What texts mean, by the encoder in use; nothing of them is kept."""
        return encoding(self._encoder) if self._encoder else None

    @property
    def layers(self) -> tuple[Knowledge, ...]:
        """What stands in each of the files, in their order."""
        return self._layers

    def use(self, encoder: Encoder | None) -> None:
        """Understand questions with this encoder from now on; None: by their words alone."""
        with self._building:
            self._encoder = encoder
            self._encode = self._remembering(encoder) if encoder else None
            self._in_use = self._built(self._together())

    def reload(self) -> None:
        """Read the files again. KnowledgeError when one is faulty; what was in use goes on then."""
        with self._building:
            self._layers = self._read()
            self._in_use = self._built(self._together())

    def amend(self, changes: Changes) -> None:
        """Let these changes, and no others, stand over the files."""
        with self._building:
            self._changes = dict(changes)
            self._in_use = self._built(self._together())

    def ask(self, text: str, gist: Gist | None = None) -> Answer:
        """What it says to a question today. A question that was read already is not read again: `gist` is its reading,
        or it is of an encoder that has gone, and counts for nothing."""
        return self._in_use.ask(text, self._today(), gist)

    def trying(self, entry: Entry) -> Callable[[str, Gist | None], Answer]:
        """How it would be asked if this entry were kept: nothing that is in use changes."""
        with self._building:
            tried = self._built(self.knowledge.merged_with(Knowledge([entry])), passing=True)
        return lambda text, gist: tried.ask(text, self._today(), gist)

    def entry(self, entry_id: str) -> Entry | None:
        """The entry of this id, if it may be given today."""
        entry = self.knowledge.by_id(entry_id)
        return entry if entry is not None and entry.is_valid_on(self._today()) else None

    def _remembering(self, encoder: Encoder) -> Encode:
        file = self._kept / _MEANINGS if self._kept else None
        return Remembered(encoding(encoder), file, encoder.fingerprint, shipped=STARTER_MEANINGS)

    def _read(self) -> tuple[Knowledge, ...]:
        return tuple(Knowledge.load(file) for file in self._files)

    def _together(self) -> Knowledge:
        knowledge = Knowledge()
        for layer in self._layers:
            knowledge = knowledge.merged_with(layer)
        changed = Knowledge(entry for entry in self._changes.values() if entry is not None)
        gone = {entry_id for entry_id, entry in self._changes.items() if entry is None}
        return Knowledge(entry for entry in knowledge.merged_with(changed) if entry.id not in gone)

    def _built(self, knowledge: Knowledge, *, passing: bool = False) -> _InUse:
        """`passing`: nothing of it is kept."""
        fingerprint = self._encoder.fingerprint if self._encoder else ""
        try:
            if passing or self._saved is None:
                index = Index(knowledge, self._encode)
            else:
                index = self._saved.index(knowledge, self._encode, fingerprint)
        except ModelError as error:
            log.error("model failed, knowledge is found by words", action="model_fails", reason=str(error))
            return _InUse(knowledge, Index(knowledge))
        return _InUse(knowledge, index, fingerprint)


def encoding(encoder: Encoder) -> Encode:
    """The encoder as the index asks it."""

    def encode(texts: Sequence[str]) -> list[Meaning]:
        readings = encoder.read([normalize(text).text for text in texts])
        return [Meaning(reading.vector, reading.asks) for reading in readings]

    return encode
