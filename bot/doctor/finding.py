"""What the doctor found: one thing, how grave it is, and the way out."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    NOTE = "note"
    """Good to know."""
    WARNING = "warning"
    """Works, but will hurt."""
    FAULT = "fault"
    """Does not work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    thing: str
    """What it is about: the key of a setting, a file, a system."""
    what: str
    way_out: str = ""


def well(thing: str, what: str) -> Finding:
    """All is right with it."""
    return Finding(level=Level.OK, thing=thing, what=what)


def note(thing: str, what: str, way_out: str = "") -> Finding:
    """Good to know."""
    return Finding(level=Level.NOTE, thing=thing, what=what, way_out=way_out)


def warning(thing: str, what: str, way_out: str) -> Finding:
    """It will hurt one day."""
    return Finding(level=Level.WARNING, thing=thing, what=what, way_out=way_out)


def fault(thing: str, what: str, way_out: str) -> Finding:
    """It does not work."""
    return Finding(level=Level.FAULT, thing=thing, what=what, way_out=way_out)
