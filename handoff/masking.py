"""Hides who a citizen is where he asked for 保密 or 匿名: names to the surname, numbers to their ends."""

import re
from collections.abc import Iterable

from handoff.legible import legible

_NUMBER = re.compile(r"(?<![\d.])\+?\d(?:[ \-‐–—\u00ad\u200b-\u200d\u2060\ufeff]?\d){6,19}[Xx]?(?!\d)")
"""Telephone, identity card and bank card numbers, also typed in groups, in wide digits or with spaces of no width; not
coordinates."""
_POINT = re.compile(r"(?<![\d.])-?\d{1,3}\.\d{3,}\s*[,，]\s*-?\d{1,3}\.\d{3,}")
"""A point on the map, as the bot reads a pin back and as links to maps have it."""
_TICKET = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2,4}20\d\d[01]\d[0-3]\d-[0-9A-Z]{8})(?![A-Za-z0-9])", re.IGNORECASE)
"""A ticket's number, whose day reads like a telephone number, leads to nobody, and whoever helps him needs it."""
HIDDEN_POINT = "（定位已隐藏）"
_KEPT = 3, 2
"""Digits that stay at the beginning and at the end: enough to tell two numbers apart, not enough to call."""
_SHORTEST_NAME = 2


def mask_number(number: str) -> str:
    """139****2471 is too much for some: 139******71."""
    digits = [character for character in number if character.isalnum()]
    first, last = _KEPT
    return "".join([*digits[:first], "*" * (len(digits) - first - last), *digits[-last:]])


def mask_name(name: str) -> str:
    """The surname, as in 张**."""
    return f"{name[:1]}**" if name else ""


def mask_text(text: str, names: Iterable[str] = ()) -> str:
    """What was written, without numbers and points that lead to somebody, and without these names.

    Marks that nobody sees go first: a phone puts them around a number, or between its digits.
    """
    text = legible(text)
    for name in sorted(set(map(legible, names)), key=len, reverse=True):
        if len(name) >= _SHORTEST_NAME:
            text = text.replace(name, mask_name(name))
    text = _POINT.sub(HIDDEN_POINT, text)
    pieces = _TICKET.split(text)  # what lies between tickets, and every second one a ticket's number
    pieces[::2] = [_NUMBER.sub(lambda found: mask_number(found[0]), piece) for piece in pieces[::2]]
    return "".join(pieces)
