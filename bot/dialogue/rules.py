"""What the dialogue must know of the city, and how patient it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from faq.entry import Entry
from handoff.states import StateTable
from handoff.ticket import Clock
from nlu.interpretation import BELIEVED, Interpretation, PlaceCandidate

Due = Callable[[datetime, bool, bool, str], tuple[Clock, ...]]
"""Clocks of a ticket: (accepted at, fast lane, urgent, category code)."""
Around = Callable[[float, float, str], tuple[tuple[PlaceCandidate, float], ...]]
"""Known places near a point (latitude, longitude, datum), nearest first, with the metres between."""


def _nowhere(latitude: float, longitude: float, datum: str) -> tuple[tuple[PlaceCandidate, float], ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The city's facts and the policy's numbers; functions in here are pure."""

    prefix: str
    timezone: tzinfo
    emergency_numbers: Mapping[str, str]
    privacy_url: str
    parse: Callable[[str], Interpretation]
    entry: Callable[[str], Entry | None]
    """The valid FAQ entry of an id."""
    states: StateTable
    due: Due
    human_now: Callable[[datetime], bool]
    next_human: Callable[[datetime], str]
    units: Mapping[str, str] = field(default_factory=dict)
    """Category code → the unit it will probably go to."""
    fast_lanes: frozenset[str] = frozenset()
    """Codes of categories with a faster clock (water, power, gas, heating)."""
    placeless: tuple[tuple[str, ...], ...] = ()
    """Beginnings of category paths whose matters have no place (a pension)."""
    taxonomy_version: str = ""
    """Which edition of the category tree the codes are from."""
    around: Around = _nowhere
    """The known places near a pin."""
    listens: bool = False
    """A speech recogniser is plugged in: who sends a voice message need not type it again."""
    districts: tuple[str, ...] = ()
    """The districts served; where there is one only, it need not be said."""
    sure: float = BELIEVED
    """Confidence from which a level of the category is shown and filed; below the leaf others are offered."""
    guess: float = 0.3
    """Category confidence below which the citizen is asked before the card."""
    nudge_after: float = 2 * 3600.0
    """Seconds after which an unconfirmed draft is nudged, once; well inside WeChat's 48 hours."""
    lay_after: float = 22 * 3600.0
    """Seconds after the nudge at which the draft is laid before the desk."""
    stale_after: float = 12 * 3600.0
    """Seconds after which a draft is taken up again with a question, not silently."""

    def moment(self, now: float) -> datetime:
        """A Unix time as the city's clock shows it."""
        return datetime.fromtimestamp(now, self.timezone)

    def iso(self, now: float) -> str:
        """A Unix time as ISO 8601 with the city's offset, to the second."""
        return self.moment(now).isoformat(timespec="seconds")

    def needs_place(self, path: tuple[str, ...] | None) -> bool:
        """Whether a matter of this category has a place."""
        return path is None or not any(path[: len(start)] == start for start in self.placeless)
