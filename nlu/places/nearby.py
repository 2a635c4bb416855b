"""Which known places are near a point on the map."""

from __future__ import annotations

from collections.abc import Iterable
from math import asin, cos, radians, sin, sqrt
from typing import Protocol, TypeVar

_EARTH = 6_371_000.0  # metres
# Farther away a place says nothing of where the pin is; more than a few are no help to choose from.
RADIUS, MOST = 1_500.0, 3


class Located(Protocol):
    """What may have coordinates, in degrees, and the datum in which they were measured."""

    @property
    def lat(self) -> float | None: ...

    @property
    def lon(self) -> float | None: ...

    @property
    def datum(self) -> str: ...


_L = TypeVar("_L", bound=Located)


def same_datum(one: str, other: str) -> bool:
    """GCJ-02 and gcj02 are one; one that is not known is like no other, not even itself."""
    first, second = (name.lower().replace("-", "") for name in (one, other))
    return first == second and first not in {"", "unknown"}


def metres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The way between two points along the great circle (haversine)."""
    up, along = radians(other_lat - lat), radians(other_lon - lon)
    half = sin(up / 2) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(along / 2) ** 2
    return 2 * _EARTH * asin(min(1.0, sqrt(half)))


def nearest(
    known: Iterable[_L], lat: float, lon: float, datum: str, radius: float = RADIUS, most: int = MOST
) -> tuple[tuple[_L, float], ...]:
    """The nearest ones of the same datum with their distance, nearest first. Data are never turned into one another:
    between two of them lie some hundred metres."""
    found = [
        (each, metres(lat, lon, each.lat, each.lon))
        for each in known
        if each.lat is not None and each.lon is not None and same_datum(each.datum, datum)
    ]
    return tuple(sorted((pair for pair in found if pair[1] <= radius), key=lambda pair: pair[1])[:most])
