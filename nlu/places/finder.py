"""Where it happened: place expressions of a message, as spans with their parts, resolved against the gazetteer."""

from __future__ import annotations

import re
from dataclasses import replace

from nlu.interpretation import Place, PlaceCandidate
from nlu.normalize import Normalized
from nlu.places import houses, tagging
from nlu.places.actors import is_actor, is_authority, with_company
from nlu.places.chains import Chain, chain_up, disjoint, join_stretches
from nlu.places.elsewhere import Elsewhere
from nlu.places.gazetteer import Entry, Gazetteer, Hit, Strength, short_name
from nlu.places.grammar import FLOOR, RELATIVE, TAIL, Kind, Piece, named_by_span, pieces
from nlu.places.tagging import Floats
from nlu.places.vicinity import RANK, cuts_a_name, is_area, stands

_PROVINCES = re.compile(
    r"(?<=[在去到从回自往])(?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|"
    r"山东|河南|湖北|湖南|广东|海南|四川"
    r"|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|深圳|广州|沈阳|大连|济南|长沙|青岛)(?:省|市)?"
    r"(?![\u4e00-\u9fff]{0,3}[路街道巷])"
)
_NOT_HERE = re.compile(r"(?:不是|不在|并非|不是说)$")
_LIVES = re.compile(
    r"(?:我家住|家住|我家在|老家在?|户口在|户籍|我是|俺是|人在|我住|俺住|工作在|在外地|上次|打工|就读于?|"
    r"毕业于?|从)(?:在)?$"
)
_LIVES_AFTER = re.compile(r"(?:的?学生|的?居民|人[，,。 ]|打工|上班|跟|和)")
# How sure the encoder must be of itself to overrule the grammar on where the matter is.
_SURELY_MAIN, _SURELY_OTHER = 0.8, 0.2
# What stands later in a message of this length names no place that is not named before; and time stays bounded.
_MAX_TEXT = 4_000


class PlaceFinder:
    """Finds and resolves places for one city."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        districts = [entry for entry in gazetteer.entries if entry.level == "district"]
        # A county-level city is its own only district, so whatever lies in it lies there.
        self._only_district = districts[0] if len(districts) == 1 else None
        ours = [entry for entry in gazetteer.entries if entry.level in {"city", "district"}]
        self._elsewhere = Elsewhere((entry.code for entry in ours), (short_name(entry) for entry in ours))

    def find(self, normalized: Normalized, tags: Floats | None = None) -> tuple[Place, ...]:
        """Places in the order in which they are said; offsets are those of the original text. `tags` is what the
        encoder said of each normalized character; without it the grammar decides alone."""
        text = normalized.text[:_MAX_TEXT]
        chains = self._chains(text)
        if any(not chain.company for chain in chains):
            chains = [chain for chain in chains if not chain.company]
        beliefs: list[float] = []
        if tags is not None:
            tagged = tagging.spans(text, [(chain.start, chain.end) for chain in chains], tags)
            fitted = list(zip(self._fitted(text, chains, tagged), tagged, strict=True))
            placed = [each for each in fitted if not is_actor(text, each[0])] or fitted
            chains, beliefs = [chain for chain, _ in placed], [span.main for _, span in placed]
        places = [self._place(text, chain) for chain in chains]
        places = _agree(places)
        mains = [_is_main(text, chain) for chain in chains]
        if beliefs:
            mains = [
                not chain.foreign and (belief > _SURELY_MAIN or (main and belief > _SURELY_OTHER))
                for chain, main, belief in zip(chains, mains, beliefs, strict=True)
            ]
        if not any(mains):
            mains = [not chain.foreign and not _NOT_HERE.search(text[: chain.start]) for chain in chains]
        return tuple(_moved(replace(place, main=main), normalized) for place, main in zip(places, mains, strict=True))

    # -- spans ------------------------------------------------------------------------------------------------

    def _chains(self, text: str) -> list[Chain]:
        known = self._known(text)
        # The short form of a village is too weak to cut a longer name in two (北湖 in 北湖湾小区).
        walls = frozenset(
            hit.end for hit in known if hit.strength >= Strength.VARIANT or is_area(hit) or hit.end - hit.start > 2
        )
        found = [piece for piece in pieces(text, walls) if not cuts_a_name(piece, known)]
        found += [Piece(hit.start, hit.end, Kind.KNOWN) for hit in known]
        chosen = disjoint(found, {(hit.start, hit.end): hit for hit in known})
        chains = chain_up(text, chosen, known)
        chains = join_stretches(text, chains)
        chains = [self._with_city(text, chain) for chain in chains if self._counts(text, chain)]
        taken = [(chain.start, chain.end) for chain in chains]
        for match in RELATIVE.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in taken):
                end = match.end() + len(floor.group() if (floor := FLOOR.match(text, match.end())) else "")
                chains.append(Chain(match.start(), end, (), (), relation=text[match.start() : end]))
        for match in _PROVINCES.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in taken):
                chains.append(Chain(match.start(), match.end(), (), (), foreign=True))
        return sorted(
            (with_company(text, chain) for chain in chains if not is_authority(text, chain)), key=lambda c: c.start
        )

    def _with_city(self, text: str, chain: Chain) -> Chain:
        """沈阳铁西区: the city that is named right before a district belongs to the place."""
        start = self._elsewhere.before(text, chain.start)
        if start == chain.start or not self._elsewhere.holds(text[start : chain.end]):
            return self._in_passing(text, chain)
        return replace(chain, start=start)

    def _in_passing(self, text: str, chain: Chain) -> Chain:
        """山西省来的货车: where somebody comes from is not where the matter is."""
        return replace(chain, foreign=chain.foreign or self._elsewhere.names(text[chain.start : chain.end]))

    def _fitted(self, text: str, chains: list[Chain], tagged: list[tagging.Tagged]) -> list[Chain]:
        """Chains with the borders that were settled: pieces and names are what the grammar finds inside them."""
        fitted: list[Chain] = []
        for span in tagged:
            exact = next((chain for chain in chains if (chain.start, chain.end) == (span.start, span.end)), None)
            near = [chain for chain in chains if chain.start < span.end and span.start < chain.end]
            if exact:
                fitted.append(exact)
                continue
            inside = [p for chain in near for p in chain.pieces if span.start <= p.start and p.end <= span.end]
            hits = [hit for chain in near for hit in chain.hits if span.start <= hit.start and hit.end <= span.end]
            if not inside:
                hits = [hit for hit in self._known(text) if span.start <= hit.start and hit.end <= span.end]
                inside = [
                    replace(piece, start=piece.start + span.start, end=piece.end + span.start)
                    for piece in pieces(text[span.start : span.end], frozenset())
                ]
                inside += [Piece(hit.start, hit.end, Kind.KNOWN) for hit in hits]
            relation = next((chain.relation for chain in near if chain.relation and chain.end == span.end), None)
            if relation is None and inside:
                tail = TAIL.fullmatch(text, max(piece.end for piece in inside), span.end)
                relation = tail.group() if tail else None
            fitted.append(
                Chain(
                    span.start,
                    span.end,
                    tuple(named_by_span(text, span.start, inside)),
                    tuple(hits),
                    relation,
                    foreign=any(chain.foreign for chain in near),
                )
            )
        return [self._in_passing(text, chain) for chain in fitted]

    def _known(self, text: str) -> list[Hit]:
        """Hits of the gazetteer that what stands around them lets stand; the longest where they overlap."""
        hits = sorted(self._gazetteer.find(text), key=lambda hit: (-(hit.end - hit.start), -hit.strength, hit.start))
        kept: list[Hit] = []
        firm = {hit.end for hit in hits if hit.strength >= Strength.VARIANT} | {
            hit.end for hit in hits if hit.strength is Strength.STEM and hit.end - hit.start >= 2 and is_area(hit)
        }
        ahead = {hit.start for hit in hits if hit.strength >= Strength.VARIANT}
        taken = bytearray(len(text))
        for hit in hits:
            if not any(taken[hit.start : hit.end]) and stands(text, hit, firm, ahead):
                kept.append(hit)
                taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
        return sorted(kept, key=lambda hit: hit.start)

    def _counts(self, text: str, chain: Chain) -> bool:
        """A bare word is no place, unless a tail makes the only one of its kind in a town of it (汽车站对过)."""
        if chain.named:
            return True
        said = text[chain.start : chain.end]
        if chain.pieces and all(piece.kind is Kind.BUILDING for piece in chain.pieces):
            return any(houses.read(said).values())
        return bool(
            chain.relation
            and re.match(
                r"[市县]?(?:汽车站|火车站|客运站|高铁站|人民医院|中医院|市场|农贸市场|菜市场|人民公园|[一二三]中)", said
            )
        )

    # -- meaning ----------------------------------------------------------------------------------------------

    def _place(self, text: str, chain: Chain) -> Place:
        said = text[chain.start : chain.end]
        elsewhere = self._is_elsewhere(text, chain)
        entries, confidence = ((), 0.5) if elsewhere else self._resolve(text, chain)
        options = tuple(self._gazetteer.candidate(entry) for entry in entries)
        district = _shared([option.district for option in options])
        if district is None and self._only_district and not chain.foreign and not elsewhere:
            district = self._only_district.name
        place = Place(
            start=chain.start,
            end=chain.end,
            text=said,
            district=district,
            street=_shared([option.street for option in options]),
            community=_shared([option.community for option in options]),
            code=entries[0].code if len(entries) == 1 else None,
            relation=chain.relation,
            confidence=confidence,
            candidates=options,
            elsewhere=elsewhere,
        )
        return _with_parts(place, text, chain)

    def _is_elsewhere(self, text: str, chain: Chain) -> bool:
        """沈阳市铁西区, 寿光市: another city or county is named before anything of ours."""
        if not self._gazetteer.entries:
            return False  # it is not known which city this is
        if self._elsewhere.holds(text[chain.start : chain.end]):
            return True
        for piece in chain.pieces:
            said = text[piece.start : piece.end]
            if piece.kind is Kind.KNOWN:
                return False
            above = said[-1] in "市县" or (said[-1] == "区" and text[chain.start : piece.start].endswith("市"))
            if piece.kind is Kind.AREA and not piece.bare and above and not self._elsewhere.is_ours(said):
                return not (self._gazetteer.nearest(said) or any(is_area(hit) for hit in self._gazetteer.find(said)))
        return False

    def _resolve(self, text: str, chain: Chain) -> tuple[tuple[Entry, ...], float]:
        """The entries that the chain may mean: the most exact name in it, as far as the others allow."""
        readings = [(_widest(hit), 0.95 if hit.strength >= Strength.VARIANT else 0.85) for hit in chain.hits]
        readings = [
            (entries, 0.7 if hit.strength is Strength.MISHEARD else sure)
            for (entries, sure), hit in zip(readings, chain.hits, strict=True)
        ]
        for piece in chain.pieces:
            if piece.kind is Kind.AREA and not piece.bare:
                near = self._gazetteer.nearest(text[piece.start : piece.end])
                if near:
                    readings.append((near, 0.6))
        if not readings:
            return (), 0.5 if chain.pieces else 0.4
        return self._narrow(readings)

    def _narrow(self, readings: list[tuple[tuple[Entry, ...], float]]) -> tuple[tuple[Entry, ...], float]:
        best: tuple[tuple[Entry, ...], float] = ((), 0.4)
        deepest = -1
        for index, (entries, sure) in enumerate(readings):
            others = [codes for place, (codes, _) in enumerate(readings) if place != index]
            fitting = tuple(entry for entry in entries if self._fits(entry, others))
            if not fitting and len(entries) == 1 and sure > 0.9 and RANK.get(entries[0].level, 3) == 2:
                fitting = entries  # a town said by its name outweighs a district said wrongly
            depth = max((RANK.get(entry.level, 3) for entry in fitting), default=-1)
            if fitting and depth > deepest:
                deepest = depth
                fitting = tuple(entry for entry in fitting if RANK.get(entry.level, 3) == depth) or fitting
                best = fitting, sure / len(fitting) ** 0.5
        return best

    def _fits(self, entry: Entry, others: list[tuple[Entry, ...]]) -> bool:
        line = {up.code for up in self._gazetteer.line(entry)}
        rank = RANK.get(entry.level, 3)
        for options in others:
            above = [option for option in options if RANK.get(option.level, 3) < rank]
            if above and not any(option.code in line for option in above):
                return False
        return True


def _widest(hit: Hit) -> tuple[Entry, ...]:
    """嘉祥 alone is the county rather than the street of the same name."""
    if hit.strength >= Strength.VARIANT:
        return hit.entries
    ranks = {RANK.get(entry.level, 3) for entry in hit.entries}
    # A county-level city is in the list twice, and the district is what lies in it.
    widest = min(ranks - {RANK["city"]} or ranks)
    return tuple(entry for entry in hit.entries if RANK.get(entry.level, 3) == widest)


def _is_main(text: str, chain: Chain) -> bool:
    before = text[max(0, chain.start - 8) : chain.start]
    if chain.foreign or _NOT_HERE.search(before):
        return False
    if re.match(r"不是|，不是", text[chain.end : chain.end + 3]):
        return True
    return not (_LIVES.search(before) or _LIVES_AFTER.match(text, chain.end))


def _shared(names: list[str | None]) -> str | None:
    return names[0] if names and all(name == names[0] for name in names) else None


def _agree(places: list[Place]) -> list[Place]:
    """A place that exists several times is the one in the town, or the district, that the same message names."""
    for area in ("street", "district"):
        names = {name for place in places if (name := getattr(place, area))}
        if len(names) == 1:
            places = [_within(place, area, *names) for place in places]
    return places


def _within(place: Place, area: str, name: str) -> Place:
    options = tuple(option for option in place.candidates if getattr(option, area) == name)
    if getattr(place, area) is not None or len(place.candidates) < 2 or not options:
        return place
    if len(options) == 1:
        return _settled(place, options[0])
    return replace(
        place,
        district=_shared([option.district for option in options]),
        street=_shared([option.street for option in options]),
        candidates=options,
    )


def _settled(place: Place, option: PlaceCandidate) -> Place:
    return replace(
        place,
        district=option.district,
        street=option.street,
        community=option.community,
        code=option.code,
        confidence=0.7,
        candidates=(option,),
    )


def _with_parts(place: Place, text: str, chain: Chain) -> Place:
    def said(kind: Kind) -> str | None:
        words = [text[piece.start : piece.end] for piece in chain.pieces if piece.kind is kind]
        return "、".join(words) or None

    return replace(
        place,
        road=said(Kind.ROAD),
        compound=said(Kind.COMPOUND),
        landmark=said(Kind.FACILITY),
        **houses.read(place.text),
    )


def _moved(place: Place, normalized: Normalized) -> Place:
    start, end = normalized.span(place.start, place.end)
    return replace(place, start=start, end=end)
