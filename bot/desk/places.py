"""A place as an operator types it, looked up anew: what it resolves to, and what else it may be."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.appeal import PlaceSlot
from bot.dialogue.homonyms import read_choices
from bot.dialogue.places import read_place
from handoff.drafting import PlaceOption
from nlu.interpretation import Interpretation
from nlu.normalize import respelled
from nlu.places.gazetteer import Entry, Gazetteer

Read = Callable[[str], Awaitable[Interpretation]]
_MOST = 6


class PlaceDesk:
    """Over one city's gazetteer."""

    def __init__(self, gazetteer: Gazetteer, read: Read) -> None:
        self._gazetteer = gazetteer
        self._read = read

    async def resolve(self, words: str) -> tuple[PlaceSlot, Sequence[PlaceOption]]:
        """What the words mean, and the official places to choose from where that is not the only one."""
        if not words:
            return PlaceSlot(), ()
        understood = await self._read(words)
        found = read_place(understood) or PlaceSlot(confidence=0.2)
        slot = replace(found, text=words)
        options = [
            PlaceOption(code=each.code or "", name=_name(each), **_parts(each)) for each in read_choices(understood)
        ]
        if not options and not slot.is_known:
            options = [self._option(entry) for entry in self._like(words)]
        distinct = {option.code: option for option in options if option.code}
        return slot, tuple(distinct.values())[:_MOST]

    def chosen(self, words: str, code: str) -> PlaceSlot | None:
        """The words at the official place of this code."""
        entry = self._gazetteer.by_code(code)
        if entry is None:
            return None
        option = self._gazetteer.candidate(entry)
        return PlaceSlot(
            text=words,
            district=option.district,
            street=option.street,
            community=option.community,
            code=option.code,
            confidence=1.0,
        )

    def _like(self, words: str) -> Sequence[Entry]:
        """Entries that are named in the words, or nearly."""
        plain = respelled(words)
        hits = sorted(self._gazetteer.find(plain), key=lambda hit: (-(hit.end - hit.start), -hit.strength))
        return [entry for hit in hits for entry in hit.entries] or self._gazetteer.nearest(plain)

    def _option(self, entry: Entry) -> PlaceOption:
        option = self._gazetteer.candidate(entry)
        parts = {name: getattr(option, name) or "" for name in ("district", "street", "community")}
        return PlaceOption(code=option.code, name=option.name, **parts)


def _name(slot: PlaceSlot) -> str:
    return slot.community or slot.street or slot.district or slot.text


def _parts(slot: PlaceSlot) -> dict[str, str]:
    return {name: getattr(slot, name) or "" for name in ("district", "street", "community")}
