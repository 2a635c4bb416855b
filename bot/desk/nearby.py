"""Tickets that may be about the same as a draft: of its kind or its meaning, at its place, in the last days."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Sequence

from rapidfuzz.distance import LCSseq

from bot.appeal import Appeal, PlaceSlot
from bot.storage.base import Storage
from handoff.ticket import Ticket, TicketPlace
from handoff.tongue import later, say
from nlu.interpretation import Gist, Interpretation

Read = Callable[[str], Awaitable[Interpretation]]
_SHOWN = 6
_MEANT = 24
"""So many tickets of another kind are compared by meaning; the others are older."""
_NEAR = 0.76
"""Cosine from which two matters mean the same: of five matters worded twice, pairs lie at 0.78 to 0.89, all others
below 0.75."""
_COMPOUND = 3
"""Characters in a row that two places share, beyond district and street, to be the same compound."""
_REMEMBERED = 2048


class Nearby:
    """Over the record."""

    def __init__(self, storage: Storage, read: Read) -> None:
        self._storage = storage
        self._read = read
        self._gists: OrderedDict[str, Gist | None] = OrderedDict()

    async def find(self, draft: Appeal, his: Collection[str], since: float) -> Sequence[tuple[Ticket, str]]:
        """(ticket, what it has in common), the latest first; those of `his` conversations are listed elsewhere."""
        place = draft.place
        if place is None:
            return ()
        code = draft.category.code if draft.category else ""
        known = await self._storage.tickets_near(since, code, place.street or "")
        others = [ticket for whose, ticket in known if whose not in his]
        at_place = [(ticket, where) for ticket in others if (where := _same_place(place, ticket.place))]
        found = []
        compared = 0
        for ticket, where in at_place:
            if code and ticket.category and ticket.category.code == code:
                found.append((ticket, say("{where}，同一类别").format(where=say(where))))
            elif compared < _MEANT:
                compared += 1
                if await self._means_the_same(draft, ticket):
                    found.append((ticket, say("{where}，说的是同样的事").format(where=say(where))))
            if len(found) == _SHOWN:
                break
        return found

    async def _means_the_same(self, draft: Appeal, ticket: Ticket) -> bool:
        if not draft.has_what:
            return False
        mine = (await self._read(draft.what)).gist
        if ticket.ticket_no not in self._gists:
            self._gists[ticket.ticket_no] = (await self._read(ticket.content)).gist
            while len(self._gists) > _REMEMBERED:
                self._gists.popitem(last=False)
        theirs = self._gists[ticket.ticket_no]
        if mine is None or theirs is None or mine.encoder != theirs.encoder:
            return False  # rules understand alone: only the category tells
        return float(mine.vector @ theirs.vector) >= _NEAR


def _same_place(mine: PlaceSlot, other: TicketPlace | None) -> str:
    """What of the place is the same, in words; empty when nothing is."""
    if other is None or (mine.district and other.district and mine.district != other.district):
        return ""
    if mine.community and mine.community == other.community:
        return later("同一社区")
    if mine.street and mine.street == other.street:
        return later("同一街道")
    first, second = _bare(mine.text, mine), _bare(other.text, other)
    if _common(first, second) >= _COMPOUND:
        return later("同一地点")
    return ""


def _bare(text: str, place: PlaceSlot | TicketPlace) -> str:
    """The words without the names of district and street."""
    for part in (place.district, place.street):
        text = text.replace(part, "") if part else text
    return text


def _common(first: str, second: str) -> int:
    """How many characters the longest stretch that both share has."""
    blocks = LCSseq.editops(first, second).as_matching_blocks()
    return max((block.size for block in blocks), default=0)
