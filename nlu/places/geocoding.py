"""What an online geocoder (地理编码) must be able to do, for a city that has one; none ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place that the words may mean, with its point in degrees and the datum of it."""

    name: str
    latitude: float
    longitude: float
    datum: str
    """`gcj02`, `wgs84` or `bd09`: as the geocoder measures, never converted."""


class Geocoder(Protocol):
    """Knows where words are and what stands at a point. Asked over a network, so it may fail or be slow."""

    async def locate(self, text: str, city: str) -> Sequence[Spot]:
        """Where these words may be in the city of this name, the likeliest first; empty when nowhere."""
        ...

    async def describe(self, latitude: float, longitude: float, datum: str) -> str:
        """The address of a point in words (district, street, what stands there); empty when it has none."""
        ...
