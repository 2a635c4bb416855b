"""Places of one name: which of them is meant, by what else was said or by asking for the district and the town."""

from dataclasses import replace

from bot.appeal import Appeal, PlaceSlot
from nlu.interpretation import Interpretation, Place, PlaceCandidate

_MOST = 5
"""So many places are offered at once; of more the district is asked first, then the town."""
_AREAS = ("street", "district")
NONE_OF_THEM = "place_none"
"""Among what was asked: of the places offered it is none, so he is asked for the town in his own words."""


def read_choices(interpretation: Interpretation) -> tuple[PlaceSlot, ...]:
    """What a named place may be, when it exists more than once in the city."""
    for place in interpretation.locations:
        if place.main and place.code is None:
            options = {(each.district, each.street, each.community): each for each in place.candidates}
            if len(options) > 1:
                return tuple(_candidate(place, option) for option in options.values())
    return ()


def _candidate(place: Place, option: PlaceCandidate) -> PlaceSlot:
    return PlaceSlot(
        text=place.text,
        district=option.district,
        street=option.street,
        community=option.community,
        code=option.code,
        confidence=1.0,
    )


def is_open(appeal: Appeal) -> bool:
    """It is not known yet which of several is meant, and the place is still called so, or is a bare pin."""
    choices, place = appeal.place_choices, appeal.place
    if place is None or not choices:
        return False
    if choices[0].pin:
        return not place.street
    return len(choices) > 1 and choices[0].text in place.text


def areas(choices: tuple[PlaceSlot, ...]) -> tuple[str, ...]:
    """The districts of too many places, or the towns where all lie in one district; none when all can be offered."""
    if len(choices) <= _MOST:
        return ()
    for field in reversed(_AREAS):
        names = tuple(dict.fromkeys(name for choice in choices if (name := getattr(choice, field))))
        if len(names) > 1:
            return names
    return ()


def settle(appeal: Appeal, heard: Interpretation) -> Appeal:
    """Leave only those in the town or district that the words, or those before, name."""
    if not is_open(appeal) or appeal.place is None:
        return appeal
    left = appeal.place_choices
    if appeal.place.street and appeal.place.street not in {choice.street for choice in left}:
        # He says in which town it is, and knows better than the gazetteer what lies there.
        return replace(appeal, place=replace(appeal.place, community=None), place_choices=())
    for field in _AREAS:
        named = {getattr(place, field) for place in (*heard.locations, appeal.place)} - {None}
        left = tuple(choice for choice in left if getattr(choice, field) in named) or left
    return _leave(appeal, left)


def answer(appeal: Appeal, new: PlaceSlot, heard: Interpretation) -> Appeal | None:
    """海城 to 温泉街道不止一处: words that only say in which area it is; None when they say another thing too."""
    if not is_open(appeal) or appeal.place_choices[0].pin or new.text in appeal.place_choices[0].text:
        return None
    settled = settle(appeal, heard)
    place = settled.place
    official = f"{place.district or ''}{place.street or ''}" if place else ""
    return settled if settled != appeal and new.text in official else None


def inside(appeal: Appeal, area: str) -> Appeal:
    """Leave only those in this district or town."""
    left = tuple(choice for choice in appeal.place_choices if area in (choice.district, choice.street))
    return _leave(appeal, left) if left else appeal


def take(appeal: Appeal, choice: PlaceSlot) -> Appeal:
    """It is this one; what the citizen calls it stays."""
    known = appeal.place or choice
    return replace(appeal, place=replace(choice, text=known.text or choice.text, pin=known.pin), place_choices=())


def _leave(appeal: Appeal, left: tuple[PlaceSlot, ...]) -> Appeal:
    """The last one left is the place; of several what they share is known."""
    if len(left) == 1:
        return take(appeal, left[0])
    if len(left) == len(appeal.place_choices) or appeal.place is None:
        return appeal
    first = left[0]
    # The next question is another one.
    asked = tuple(slot for slot in appeal.asked if slot not in ("place_choice", NONE_OF_THEM))
    shared = {field: getattr(first, field) for field in _AREAS if len({getattr(each, field) for each in left}) == 1}
    return replace(appeal, place=replace(appeal.place, **shared), place_choices=left, asked=asked)
