"""GCJ-02, in which maps of China are drawn, turned back into WGS-84."""

import math

_AXIS = 6378245.0
_FLATNESS = 0.00669342162296594323
"""Of the Krasovsky ellipsoid, in which GCJ-02's shift is reckoned."""
_ROUNDS = 10
"""Each round makes the rest about a thousand times smaller; three would do."""


def to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """The point whose GCJ-02 coordinates these are. The shift has no closed inverse, so it is approached."""
    lat, lon = latitude, longitude
    for _ in range(_ROUNDS):
        shifted = to_gcj02(lat, lon)
        lat, lon = lat + latitude - shifted[0], lon + longitude - shifted[1]
    return lat, lon


def to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    """A WGS-84 point as maps of China show it; outside of China nothing is shifted."""
    if not (0.8293 < latitude < 55.8271 and 72.004 < longitude < 137.8347):
        return latitude, longitude
    x, y = longitude - 105.0, latitude - 35.0
    slant = math.radians(latitude)
    bend = 1 - _FLATNESS * math.sin(slant) ** 2
    meridian = (_AXIS * (1 - _FLATNESS)) / (bend * math.sqrt(bend))
    parallel = _AXIS / math.sqrt(bend) * math.cos(slant)
    return latitude + math.degrees(_north(x, y) / meridian), longitude + math.degrees(_east(x, y) / parallel)


def _north(x: float, y: float) -> float:
    """Metres by which a point is moved to the north."""
    moved = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    moved += _waves(x, (20.0, 6.0), (20.0, 2.0))
    moved += _waves(y, (20.0, 1.0), (40.0, 1 / 3))
    return moved + _waves(y, (160.0, 1 / 12), (320.0, 1 / 30))


def _east(x: float, y: float) -> float:
    """Metres by which a point is moved to the east."""
    moved = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    moved += _waves(x, (20.0, 6.0), (20.0, 2.0))
    moved += _waves(x, (20.0, 1.0), (40.0, 1 / 3))
    return moved + _waves(x, (150.0, 1 / 12), (300.0, 1 / 30))


def _waves(at: float, *waves: tuple[float, float]) -> float:
    return sum(height * math.sin(at * pace * math.pi) for height, pace in waves) * 2.0 / 3.0
