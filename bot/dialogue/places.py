"""The place of an appeal: taken from what was understood, joined with what was known, or corrected."""

import re
from collections.abc import Callable
from dataclasses import replace

from bot.appeal import PlaceSlot
from bot.dialogue.rules import Around
from channels.message import Pin
from nlu.interpretation import Correction, Interpretation, Place

_JOINT = re.compile(r"^[\s,，、的]{0,2}$")
_NUMBER = re.compile(r"[0-9]+")
_ROAD = 3
"""Characters of a road's name, by which it is found again in a longer place."""
_SAME_ROAD = 2
"""Characters that the end of a place and the beginning of the next words share when both name the same road."""
_AREA = re.compile(r"(?:[区县市镇乡村屯]|街道|社区|小区)$")
_DIGITS = "0123456789一二三四五六七八九十"
_TAIL = 4
"""Characters behind a house that say where at it, such as 门口 or 单元楼下."""
_HOUSE = re.compile(r"[0-9一二三四五六七八九十]+\s*(?:号楼|栋|幢|单元|室|号|户|楼|层|#)")


def read_place(interpretation: Interpretation) -> PlaceSlot | None:
    """The place of the matter: the main spans, those that stand side by side as one, the area before what is in it."""
    mains = [place for place in interpretation.locations if place.main]
    if not mains:
        return None
    groups = _side_by_side(mains, interpretation.text)
    best = max(groups, key=lambda group: (any(p.district for p in group), group[-1].end - group[0].start))
    found = _slot(best, mains, interpretation.text)
    inside = [group for group in groups if group is not best and not any(p.district for p in group)]
    if inside and _is_area(best):
        inner = max(inside, key=lambda group: group[-1].end - group[0].start)
        text = _quote(inner, interpretation.text)
        return replace(found, text=found.text if text in found.text else _concatenate(found.text, text))
    return found


def _is_area(group: list[Place]) -> bool:
    """Only districts, streets and villages: nothing that a worker could go to."""
    return not any(p.road or p.compound or p.building or p.unit or p.room or p.landmark for p in group)


def read_pin(pin: Pin, label: Interpretation) -> PlaceSlot:
    """A pin with its datum kept, and what its label says about the district."""
    named = read_place(label)
    words = PlaceSlot(text=pin.label) if named is None else replace(named, text=pin.label or named.text)
    return replace(words, pin=pin, confidence=1.0)


def near_pin(pin: Pin, around: Around) -> tuple[PlaceSlot, ...]:
    """Known places that the pin may mean. The pin keeps its datum; the citizen chooses, nobody guesses."""
    return tuple(
        PlaceSlot(
            text=f"{option.name}附近",
            district=option.district,
            street=option.street,
            community=option.community,
            code=option.code,
            confidence=1.0,
            pin=pin,
        )
        for option, _ in around(pin.latitude, pin.longitude, pin.datum)
    )


def join(known: PlaceSlot | None, new: PlaceSlot, *, instead: bool) -> PlaceSlot:
    """What is known of the place after hearing more; `instead`: the new words take the place of the old."""
    if not known:
        return new
    pin = new.pin or known.pin
    if new.text and new.text in known.text:
        return _filled(replace(known, pin=pin), new)
    if (
        instead
        and new.text
        and _is_whole(new)
        and not _lies_in(new, known)
        and _overlap(known.text, new.text) < _SAME_ROAD
    ):
        kept = known.text.find(new.text[:_ROAD])
        text = known.text[:kept] + new.text if kept > 0 else new.text  # 铁东区胜利路58号 and 胜利路60号
        return replace(new, text=text, pin=pin, district=new.district or known.district)
    if not new.text:
        return _filled(replace(known, pin=pin), new)
    if not known.text or known.text in new.text:
        return _filled(replace(new, pin=pin), known)
    if new.district and known.district and new.district != known.district:
        return replace(known, pin=pin)
    first, second = (new, known) if _is_wider(new, known) else (known, new)
    return replace(_filled(first, second), text=_concatenate(first.text, second.text), pin=pin)


def within(area: PlaceSlot, spot: PlaceSlot) -> PlaceSlot:
    """A spot that names no area of its own, in that of another place."""
    found = _HOUSE.search(area.text)
    outer = area.text[: found.start()] if found else area.text
    return replace(area, text=_concatenate(outer, spot.text), confidence=min(area.confidence, spot.confidence))


def correct(place: PlaceSlot, correction: Correction, parse: Callable[[str], Interpretation]) -> PlaceSlot:
    """The place with 不是3栋是5栋 carried out on its words; another district or street is looked up anew."""
    text = correct_text(place.text, correction)
    if text == place.text:
        return place
    named = read_place(parse(correction.right or ""))
    anew = read_place(parse(text))
    if named is not None and named.district not in (None, place.district):
        # The citizen knows better than the gazetteer in which district he is.
        inside = anew if anew is not None and anew.district == named.district else PlaceSlot(district=named.district)
        return replace(inside, text=text, pin=place.pin)
    old = _without(place, correction.wrong)
    if anew is None or anew.district in (None, place.district):
        return _filled(replace(anew or PlaceSlot(confidence=place.confidence), text=text, pin=place.pin), old)
    return replace(anew, text=text, pin=place.pin)


def _without(place: PlaceSlot, wrong: str | None) -> PlaceSlot:
    """The place without those of its official names that are the wrong one."""
    street = None if wrong and wrong in (place.street or "") else place.street
    community = None if wrong and wrong in (place.community or "") else place.community
    same = (street, community) == (place.street, place.community)
    return replace(place, street=street, community=community, code=place.code if same else None)


_PART = re.compile(r"([0-9一二三四五六七八九十]+)\s*(号楼|栋|幢|单元|室|户)")
_KINDS = {"栋": "号楼", "幢": "号楼", "户": "室"}


def renumber(known: str, new: str) -> tuple[Correction, ...]:
    """What a house number says anew of a place that has one already: 6号楼2单元, then 3单元."""
    parts = [(match, _kind_of(match)) for match in _PART.finditer(new)]
    if not parts or _PART.sub("", new).strip("的，, "):
        return ()
    old = {_kind_of(match): match for match in _PART.finditer(known)}
    changed = [
        Correction(old[kind].group(), match.group())
        for match, kind in parts
        if kind in old and old[kind][1] != match[1]
    ]
    return tuple(changed)


def _kind_of(part: re.Match[str]) -> str:
    return _KINDS.get(part[2], part[2])


def correct_text(text: str, correction: Correction) -> str:
    """Put the right words where the wrong ones stand, whole numbers only: 6号 is not found in 16号."""
    wrong, right = correction.wrong, correction.right
    if not wrong or not right:
        return text
    found = re.search(rf"(?<![0-9]){re.escape(wrong)}(?![0-9])", text)
    if found is None:
        return _correct_number(text, wrong, right)
    following = text[found.end() :]
    longer = len(_NUMBER.sub("", right)) > len(_NUMBER.sub("", wrong))
    return text[: found.start()] + right + (following[_overlap(right, following) :] if longer else following)


def _correct_number(text: str, wrong: str, right: str) -> str:
    """6号 corrected to 16号楼 where the text says 6栋: the number decides."""
    old, new = _NUMBER.match(wrong), _NUMBER.match(right)
    if old is None or new is None:
        return text
    return re.sub(rf"(?<![0-9]){old.group()}(?![0-9])", new.group(), text, count=1)


def _overlap(first: str, second: str) -> int:
    """How many characters the end of one and the beginning of the other share: 16号楼 + 楼楼顶 → 1."""
    return max((n for n in range(1, len(first) + 1) if second.startswith(first[-n:])), default=0)


def _side_by_side(places: list[Place], text: str) -> list[list[Place]]:
    groups = [[places[0]]]
    for place in places[1:]:
        if _JOINT.match(text[groups[-1][-1].end : place.start]):
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _slot(group: list[Place], mains: list[Place], text: str) -> PlaceSlot:
    def known(field: str) -> str | None:
        return next((getattr(p, field) for p in (*group, *mains) if getattr(p, field)), None)

    return PlaceSlot(
        text=_quote(group, text),
        district=known("district"),
        street=known("street"),
        community=known("community"),
        code=known("code"),
        confidence=max(place.confidence for place in group),
    )


def _quote(group: list[Place], text: str) -> str:
    return re.sub(r"\s+", "", text[group[0].start : group[-1].end])


def _filled(slot: PlaceSlot, other: PlaceSlot) -> PlaceSlot:
    return replace(
        slot,
        district=slot.district or other.district,
        street=slot.street or other.street,
        community=slot.community or other.community,
        code=slot.code or other.code,
        confidence=max(slot.confidence, other.confidence),
    )


def _is_whole(place: PlaceSlot) -> bool:
    """It can stand alone: more than a house number."""
    return bool(place.district or place.street or place.community) or not _HOUSE.match(place.text)


def _lies_in(new: PlaceSlot, known: PlaceSlot) -> bool:
    """A spot without an area of its own, where so far only an area is known: 永乐街道, then 菜市场门口."""
    named = any(part and part[:2] in new.text for part in (new.district, new.street, new.community))
    return not named and bool(_AREA.search(known.text))


def _is_wider(place: PlaceSlot, other: PlaceSlot) -> bool:
    """It names the area in which the other lies, and goes before it."""
    return bool(place.district or place.street) and not (other.district or other.street)


def _concatenate(first: str, second: str) -> str:
    """Two parts of a place in one, without saying twice what both say: 创业社区 + 社区16号楼, 3号楼 + 3号楼1单元."""
    house = _HOUSE.match(second)
    at = first.rfind(house.group()) if house else -1
    if house and at > 0 and len(first) - at - len(house.group()) <= _TAIL and first[at - 1] not in _DIGITS:
        return first[:at] + second
    return first + second[_overlap(first, second) :]
