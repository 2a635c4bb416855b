"""The face of this room: a message goes in, an `Interpretation` comes out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import structlog

from nlu import contact, emergency, intents, matters, mentions, tenor
from nlu.encoder import Encoder, Reading
from nlu.interpretation import EmergencyKind, Gist, Intent, Interpretation, Matter, Place
from nlu.lexical import LexicalClassifier, strength
from nlu.model_folder import ModelError
from nlu.normalize import Normalized, normalize
from nlu.phrasebook import Phrasebook
from nlu.places.finder import PlaceFinder
from nlu.places.gazetteer import Gazetteer
from nlu.ranking import Ranker
from nlu.taxonomy import Taxonomy

log = structlog.get_logger(__name__)

# A cry for help is short, almost nothing like anything else, and speaks of nothing that a city keeps a category for.
_CRY, _SURE_CRY, _MATTER = 40, 0.97, 0.4
_CORRECTING = 40
# Below this the words point at nothing that a city keeps a category for.
_NO_MATTER = 0.1
# A category believed as far as this is a matter too, whatever the words.
_SURE_MATTER = 0.6
# What is said around a place or a name when nothing is told of it.
_AROUND = re.compile(
    r"[^\u4e00-\u9fff]|我|俺|咱|们|家|就|住|在|是|叫|姓|的|了|啊|呀|哦|嗯|这里|这边|那边|电话|手机|号码|地址|名字"
)
_TELLING = frozenset({Intent.APPEAL, Intent.EMERGENCY, Intent.SUPPLEMENT, Intent.FAQ})


class Interpreter:
    """Understands messages of one city. Synchronous and without state between messages, so threads may share it."""

    def __init__(
        self,
        taxonomy: Taxonomy,
        gazetteer: Gazetteer,
        encoder: Encoder | None = None,
        phrasebook: Phrasebook | None = None,
    ) -> None:
        self._phrasebook = phrasebook or Phrasebook.load()
        self._lexical = LexicalClassifier(taxonomy)
        self._places = PlaceFinder(gazetteer)
        self.taxonomy = taxonomy
        self.gazetteer = gazetteer
        self._model: _Model | None = None
        self.use(encoder)

    @classmethod
    def load(cls, pack: Path, encoder: Encoder | None = None) -> Interpreter:
        """Read categories.csv of a city pack, and places.csv if it has one. Without an encoder, rules and word lists
        understand alone."""
        places = pack / "places.csv"
        gazetteer = Gazetteer.load(places) if places.exists() else Gazetteer()
        return cls(Taxonomy.load(pack / "categories.csv"), gazetteer, encoder)

    def use(self, encoder: Encoder | None) -> None:
        """Understand with this encoder from now on; messages in hand finish with the one they began with. ModelError
        when it fails on the categories; what was in use goes on then."""
        self._model = _Model(encoder, Ranker(self.taxonomy, encoder)) if encoder else None

    @property
    def encoder(self) -> Encoder | None:
        """The encoder in use; None while rules understand alone."""
        return self._model.encoder if self._model else None

    def parse(self, text: str) -> Interpretation:
        """Understand one message. Any text is allowed: empty, endless or nonsense."""
        return self.parse_many([text])[0]

    def parse_many(self, texts: Iterable[str]) -> list[Interpretation]:
        """Understand several messages, in their order; each as if it came alone."""
        model = self._model
        return [self._interpret(text, model) for text in texts]

    def _interpret(self, text: str, model: _Model | None) -> Interpretation:
        # First of all, and whatever becomes of the model.
        reflex = emergency.detect(text)
        normalized = normalize(text)
        reading = model.read(normalized.text) if model else None
        return self._understand(text, normalized, reflex, model if reading else None, reading)

    def _understand(
        self,
        text: str,
        normalized: Normalized,
        danger: EmergencyKind | None,
        model: _Model | None,
        reading: Reading | None,
    ) -> Interpretation:
        """`danger` is what the reflex says."""
        plain = normalized.text
        resembles = self._phrasebook.resemble(plain)
        unnamed = _without_people(normalized)
        found = self._places.find(unnamed, reading.tags if reading else None)
        places = _original(text, found)
        told = _without_names(unnamed.text, found)
        scores = self._lexical.leaf_scores(told)
        matter = strength(scores)
        if danger is None and matter < _MATTER:
            danger = _cry_for_help(plain, resembles)
        if reading:
            alike = resembles.get(Intent.EMERGENCY, 0.0)
            danger = emergency.second_look(
                plain, danger, *reading.emergency(), resembles=alike, matter=matter >= _MATTER
            )
        candidates = model.ranker.rank(plain, scores, reading) if model and reading else self._lexical.rank(told)
        phone, name = contact.find_phone(text), contact.find_name(text)
        evidence = intents.Evidence(
            emergency=danger is not None,
            places=len(places),
            contact=bool(phone or name or contact.digit_fragment(text)),
            matter=matter,
            resembles=resembles,
            read=reading.by_intent() if reading else {},
        )
        intent, confidence = intents.judge(plain, evidence)
        tells = intent in _TELLING
        # A number, a name or a place alone answers a question; a category or urgency of it would be made up.
        speaks = tells and not (matter < _NO_MATTER and (intent is Intent.SUPPLEMENT or _is_bare(unnamed.text, found)))
        known = matter >= _MATTER or bool(candidates and candidates[0].confidence >= _SURE_MATTER)
        # In a long message 不是…是… argues more often than it corrects.
        corrected = mentions.corrections(plain) if intent is Intent.CORRECT or len(plain) <= _CORRECTING else ()
        return Interpretation(
            text=text,
            intent=intent,
            confidence=confidence,
            emergency=danger,
            appeal_type=tenor.appeal_type(plain, reading) if tells else None,
            category=candidates[0] if candidates and speaks else None,
            candidates=candidates if speaks else (),
            locations=places,
            urgent=tells and tenor.is_urgent(plain, danger is not None, reading, matter=speaks and known),
            matters=_matters(normalized, reading) if tells else (),
            phone=phone,
            name=name,
            occurred=mentions.occurred(plain),
            anonymous=tenor.is_anonymous(plain),
            confidential=tenor.is_confidential(plain),
            corrections=corrected,
            gist=Gist(reading.vector, reading.asks, model.encoder.fingerprint) if model and reading else None,
        )


class _Model:
    """An encoder and the ranker over it: exchanged together, so that no message meets halves of two."""

    def __init__(self, encoder: Encoder, ranker: Ranker) -> None:
        self.encoder = encoder
        self.ranker = ranker
        self._has_failed = False

    def read(self, text: str) -> Reading | None:
        """None when the model fails on this text: rules understand it then."""
        try:
            (reading,) = self.encoder.read([text])
        except ModelError as error:
            # Once: what fails on one message will likely fail on many.
            if not self._has_failed:
                log.error("model failed, rules understand", action="model_fails", reason=str(error), exc_info=error)
            self._has_failed = True
            return None
        return reading


def _cry_for_help(text: str, resembles: Mapping[Intent, float]) -> EmergencyKind | None:
    """A short message that resembles cries for help is taken for one, though no word of the reflex is in it."""
    if len(text) > _CRY or resembles.get(Intent.EMERGENCY, 0.0) < _SURE_CRY or emergency.belongs_elsewhere(text):
        return None
    return EmergencyKind.OTHER


def _without_people(normalized: Normalized) -> Normalized:
    """The text without people's names and telephone numbers, of equal length: 我叫陈大桥 tells of no bridge."""
    letters = list(normalized.text)
    for start, end in (*contact.name_spans(normalized.text), *contact.number_spans(normalized.text)):
        letters[start:end] = "，" * (end - start)
    return replace(normalized, text="".join(letters))


def _without_names(plain: str, places: tuple[Place, ...]) -> str:
    """The text without the names of places: that a community is named makes it no matter of communities."""
    for place in places:
        names = place.text
        for kept in (place.landmark, place.compound):
            names = names.replace(kept, "") if kept and "、" not in kept else names
        if names and len(names) > 1:
            plain = plain.replace(place.text, (place.compound or "") + (place.landmark or ""))
    return plain


def _is_bare(unnamed: str, places: tuple[Place, ...]) -> bool:
    """Nothing is said besides names, numbers and places."""
    for place in places:
        unnamed = unnamed.replace(place.text, "")
    return len(_AROUND.sub("", unnamed)) < 2


def _original(text: str, places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Places quote the citizen's own spelling."""
    return tuple(replace(place, text=text[place.start : place.end]) for place in places)


def _matters(normalized: Normalized, reading: Reading | None) -> tuple[Matter, ...]:
    found = matters.split(normalized.text, reading.cuts if reading else None)
    return tuple(Matter(*normalized.span(matter.start, matter.end)) for matter in found)
