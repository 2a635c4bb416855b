"""Building, unit and room of a place, however they are written: 十二号楼三单元502室, 58号楼2-301, 58-1-301, A座."""

from __future__ import annotations

import re
from typing import TypedDict

from nlu.normalize import chinese_number
from nlu.search import swift

_NUMERAL = "一二三四五六七八九十百零〇"
_BUILDING = swift(rf"([a-z]?(?:\d+|[{_NUMERAL}]+)(?:[/、,]\d+)*)(?:号楼|#楼|#|栋|幢|座)|([a-z])[栋幢座]")
_UNIT = swift(rf"([东西南北中]|\d+|[{_NUMERAL}]+)单元|(\d+)门(?!口)")
_ROOM = re.compile(r"(?<=[元栋幢楼#门座])-?(\d{3,4})(?:室|户|房)?|(\d{3,4})室")
# 58-1-301 by itself, or 2-301 behind a building; -301 alone is a room.
_WHOLE = re.compile(r"(?<![\d-])(\d{1,3})-(\d{1,2})-(\d{3,4})(?![\d-])")
_INSIDE = re.compile(r"(?<=[栋幢楼#座])-?(\d{1,2})-(\d{3,4})(?![\d-])")


class House(TypedDict):
    """Which door it is, as far as it was said."""

    building: str | None
    unit: str | None
    room: str | None


def read(said: str) -> House:
    """The parts in a normalized place."""
    if whole := _WHOLE.search(said):
        return House(building=whole[1], unit=whole[2], room=whole[3])
    building = _BUILDING.search(said)
    inside = _INSIDE.search(said)
    unit, room = _UNIT.search(said), _ROOM.search(said)
    return House(
        building=_number(building[1] or building[2]) if building else None,
        unit=inside[1] if inside else _number(unit[1] or unit[2]) if unit else None,
        room=inside[2] if inside else (room[1] or room[2]) if room else None,
    )


def _number(words: str) -> str:
    number = chinese_number(words)
    return str(number) if number is not None else words.upper()
