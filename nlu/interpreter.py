"""The face of this room: a message goes in, an `Interpretation` comes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from nlu import contact, emergency, intents, matters, mentions, tenor
from nlu.classifier import Classifier
from nlu.gazetteer import Gazetteer
from nlu.interpretation import EmergencyKind, Intent, Interpretation, Matter, Place
from nlu.lexical import LexicalClassifier
from nlu.normalize import Normalized, normalize
from nlu.phrasebook import Phrasebook
from nlu.places import PlaceFinder
from nlu.taxonomy import Taxonomy

# A cry for help is short, almost nothing like anything else, and speaks of nothing that a city keeps a category for.
_CRY, _SURE_CRY, _MATTER = 40, 0.97, 0.4
_TELLING = frozenset({Intent.APPEAL, Intent.EMERGENCY, Intent.SUPPLEMENT, Intent.FAQ})


class Interpreter:
    """Understands messages of one city. Synchronous and without state between messages, so threads may share it."""

    def __init__(
        self,
        taxonomy: Taxonomy,
        gazetteer: Gazetteer,
        classifier: Classifier | None = None,
        phrasebook: Phrasebook | None = None,
    ) -> None:
        self._phrasebook = phrasebook or Phrasebook.load()
        self._lexical = LexicalClassifier(taxonomy)
        self._classifier: Classifier = classifier or self._lexical
        self._places = PlaceFinder(gazetteer)
        self.taxonomy = taxonomy
        self.gazetteer = gazetteer

    @classmethod
    def load(cls, pack: Path, classifier: Classifier | None = None) -> Interpreter:
        """Read categories.csv of a city pack, and places.csv if it has one."""
        places = pack / "places.csv"
        gazetteer = Gazetteer.load(places) if places.exists() else Gazetteer()
        return cls(Taxonomy.load(pack / "categories.csv"), gazetteer, classifier)

    def parse(self, text: str) -> Interpretation:
        """Understand one message. Any text is allowed: empty, endless or nonsense."""
        normalized = normalize(text)
        plain = normalized.text
        resembles = self._phrasebook.resemble(plain)
        matter = self._lexical.evidence(plain)
        danger = emergency.detect(text)
        if danger is None and matter < _MATTER:
            danger = _cry_for_help(plain, resembles)
        places = _original(text, self._places.find(normalized))
        candidates = self._classifier.rank(plain)
        evidence = intents.Evidence(
            emergency=danger is not None,
            places=len(places),
            matter=matter,
            resembles=resembles,
        )
        intent, confidence = intents.judge(plain, evidence)
        tells = intent in _TELLING
        corrected = mentions.corrections(plain) if intent in {Intent.CORRECT, Intent.DENY, Intent.APPEAL} else ()
        return Interpretation(
            text=text,
            intent=intent,
            confidence=confidence,
            emergency=danger,
            appeal_type=tenor.appeal_type(plain) if tells else None,
            category=candidates[0] if candidates and tells else None,
            candidates=candidates if tells else (),
            locations=places,
            urgent=tenor.is_urgent(plain, danger is not None),
            matters=_matters(normalized) if tells else (),
            phone=contact.find_phone(text),
            name=contact.find_name(text),
            occurred=mentions.occurred(plain),
            anonymous=tenor.is_anonymous(plain),
            confidential=tenor.is_confidential(plain),
            corrections=corrected,
        )

    def parse_many(self, texts: Iterable[str]) -> list[Interpretation]:
        """Understand several messages, in their order."""
        return [self.parse(text) for text in texts]


def _cry_for_help(text: str, resembles: Mapping[Intent, float]) -> EmergencyKind | None:
    """A short message that resembles cries for help is taken for one, though no word of the reflex is in it."""
    if len(text) > _CRY or resembles.get(Intent.EMERGENCY, 0.0) < _SURE_CRY or emergency.belongs_elsewhere(text):
        return None
    return EmergencyKind.OTHER


def _original(text: str, places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Places quote the citizen's own spelling."""
    return tuple(replace(place, text=text[place.start : place.end]) for place in places)


def _matters(normalized: Normalized) -> tuple[Matter, ...]:
    return tuple(Matter(*normalized.span(matter.start, matter.end)) for matter in matters.split(normalized.text))
