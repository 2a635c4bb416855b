"""Other places of the country: a district that is said to lie in one of them is not ours, whatever it is called."""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterable
from pathlib import Path as File

# Names as they are said, each with its code of GB/T 2260, by which a city knows its own province and prefecture: two
# digits for a province, four for what lies in it.
_COUNTRY = File(__file__).parent / "country.csv"
_LONGEST = 12  # characters of the longest name
_NOTHING = "(?!)"


@functools.cache
def _country() -> tuple[tuple[str, str], ...]:
    with _COUNTRY.open(encoding="utf-8", newline="") as lines:
        return tuple((row["name"], row["code"]) for row in csv.DictReader(lines))


class Elsewhere:
    """What is outside of one city; nothing, where it is not known which city this is."""

    def __init__(self, codes: Iterable[str], names: Iterable[str] = ()) -> None:
        """`codes` are those of the city's districts: what they begin with is its own. `names` are ours whatever else
        bears them."""
        own = {code.lstrip("x")[:size] for code in codes for size in (2, 4)}
        ours = frozenset(names)

        def others(digits: int) -> str:
            found = {name for name, code in _country() if len(code) == digits and code not in own and name not in ours}
            return "|".join(sorted(found, key=lambda name: (-len(name), name)))

        is_known = bool(own or ours)
        provinces, prefectures = (others(digits) if is_known else _NOTHING for digits in (2, 4))
        spoken = f"{provinces}|{prefectures}"
        # 沈阳市 by itself, 沈阳 only before a district: 沈阳路 is a road of ours.
        self._whole = re.compile(
            rf"(?:(?:{provinces})[省市]|(?:{prefectures})(?:市|地区|盟))(?![场路街道巷])"
            rf"|(?:{spoken})(?=[\u4e00-\u9fff]{{1,4}}[区县])(?![路街道巷大])"
        )
        self._said = re.compile(rf"(?:{spoken})[省市]?")
        self._before = re.compile(rf"(?:{spoken})[省市]?$")
        above = [name for name, code in _country() if code in own]
        self._own = re.compile(rf"(?:{'|'.join(map(re.escape, [*above, *sorted(ours)])) or _NOTHING})[省市县]?")

    def holds(self, said: str) -> bool:
        """沈阳市铁西区, 沈阳铁西区: the place says itself that it is not here."""
        return bool(self._whole.match(said))

    def names(self, said: str) -> bool:
        """Nothing but the name of another province or city, which tells where somebody or something comes from."""
        return bool(self._said.fullmatch(said))

    def before(self, text: str, at: int) -> int:
        """Where the name of another city begins that stands right before; else the same position."""
        found = self._before.search(text, max(0, at - _LONGEST), at)
        return found.start() if found else at

    def is_ours(self, said: str) -> bool:
        """The city itself, or what it lies in."""
        return bool(self._own.fullmatch(said))
