"""Where it happened: place expressions of a message, as spans with their parts, resolved against the gazetteer."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from nlu import tagging
from nlu.gazetteer import Entry, Gazetteer, Hit, Strength, everyday
from nlu.grammar import FLOOR, JOINER, RELATIVE, STRETCH, STRETCH_TO, TAIL, Kind, Piece, pieces
from nlu.interpretation import Place, PlaceCandidate
from nlu.normalize import Normalized, chinese_number
from nlu.tagging import Floats

_AUTHORITY = re.compile(
    r"(?:人民)?政府(?![门旁对广])|[市县区]?委(?!会)|[\u4e00-\u9fff]{0,5}(?:局|部门|大队|支队|执法队|"
    r"办公室)(?![门旁对])|领导|书记"
    r"|[市县区镇乡村]长|公安|交警|城管|法院(?![门旁对])|检察院(?![门旁对])|经侦|干部|总体规划|户口|户籍"
)
_COMPANY = re.compile(r"[\u4e00-\u9fffa-z]{0,10}?(?:公司|集团|建工|股份|涂料|路桥|置业)")
_PROVINCES = re.compile(
    r"(?<=[在去到从回自往])(?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|"
    r"山东|河南|湖北|湖南|广东|海南|四川"
    r"|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|深圳|广州|沈阳|大连|济南|长沙|青岛)(?:省|市)?"
    r"(?![\u4e00-\u9fff]{0,3}[路街道巷])"
)
_LEADS = re.compile(r"(?:^|[\s,，。.!！?？:：;；、（(“\"]|[在到从去往是住找回])$")
_AFTER_SHORT = re.compile(
    r"[那这]|的|边|附近|一带|街里|街上|镇上|街道|镇|乡|村|社区|大集|集|派出所|医院|卫生院|小学|中学|学校|"
    r"市场|车站|景区|码头|港"
)
# 洸河路 is a road and says nothing of 洸河街道; 三楼 is a floor before it is 三楼村.
_ROAD_END = re.compile(r"[东西南北中一二三]?(?:路|街(?!道)|巷|大街|大道|胡同)")
_COUNTED = re.compile(r"[一二三四五六七八九十]+[楼组队号层区期]")
_NOT_HERE = re.compile(r"(?:不是|不在|并非|不是说)$")
_LIVES = re.compile(
    r"(?:我家住|家住|我家在|老家在?|户口在|户籍|我是|俺是|人在|我住|俺住|工作在|在外地|上次|打工|就读于?|"
    r"毕业于?|从)(?:在)?$"
)
_LIVES_AFTER = re.compile(r"(?:的?学生|的?居民|人[，,。 ]|打工|上班|跟|和)")
_THERE = re.compile(r"那(?:儿|里|块|边|旮|疙瘩)?(?=[\s,，。.!！的]|$)|这(?:儿|里|块|边)(?=[\s,，。.!！的]|$)")
# How sure the encoder must be of itself to overrule the grammar on where the matter is.
_SURELY_MAIN, _SURELY_OTHER = 0.8, 0.2
_RANK = {"city": 0, "district": 1, "street": 2}
# What stands later in a message of this length names no place that is not named before; and time stays bounded.
_MAX_TEXT = 4_000
_MAX_PIECES = 12

_BUILDING = re.compile(r"([a-z]?(?:\d+|[一二三四五六七八九十]+)(?:[/、,]\d+)*)(?:号楼|#楼|#|栋|幢|座)")
_UNIT = re.compile(r"([东西南北中]|\d+|[一二三四五六七八九十]+)单元|(\d+)门")
_ROOM = re.compile(r"(?<=[元栋幢楼#门])-?(\d{3,4})(?:室|户|房)?|(\d{3,4})室")


@dataclass(frozen=True, slots=True)
class _Chain:
    """Pieces that stand together, and the tail that says on which side."""

    start: int
    end: int
    pieces: tuple[Piece, ...]
    hits: tuple[Hit, ...]
    relation: str | None = None
    company: bool = False
    foreign: bool = False

    @property
    def named(self) -> bool:
        return any(not piece.bare and piece.kind is not Kind.BUILDING for piece in self.pieces)


class PlaceFinder:
    """Finds and resolves places for one city."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        districts = [entry for entry in gazetteer.entries if entry.level == "district"]
        # A county-level city is its own only district, so whatever lies in it lies there.
        self._only_district = districts[0] if len(districts) == 1 else None

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
            chains, beliefs = self._fitted(text, chains, tagged), [span.main for span in tagged]
        places = [self._place(text, chain) for chain in chains]
        places = _agree(places)
        mains = [_is_main(text, chain) for chain in chains]
        if beliefs:
            mains = [
                belief > _SURELY_MAIN or (main and belief > _SURELY_OTHER)
                for main, belief in zip(mains, beliefs, strict=True)
            ]
        if not any(mains):
            mains = [not chain.foreign and not _NOT_HERE.search(text[: chain.start]) for chain in chains]
        return tuple(_moved(replace(place, main=main), normalized) for place, main in zip(places, mains, strict=True))

    # -- spans ------------------------------------------------------------------------------------------------

    def _chains(self, text: str) -> list[_Chain]:
        known = self._known(text)
        # The short form of a village is too weak to cut a longer name in two (北湖 in 北湖湾小区).
        walls = frozenset(
            hit.end for hit in known if hit.strength >= Strength.VARIANT or _area(hit) or hit.end - hit.start > 2
        )
        found = [piece for piece in pieces(text, walls) if not _cuts(piece, known)]
        found += [Piece(hit.start, hit.end, Kind.KNOWN) for hit in known]
        chosen = _disjoint(found, {(hit.start, hit.end): hit for hit in known})
        chains = _chain_up(text, chosen, known)
        chains = _join_stretches(text, chains)
        chains = [chain for chain in chains if self._counts(text, chain)]
        taken = [(chain.start, chain.end) for chain in chains]
        for match in RELATIVE.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in taken):
                end = match.end() + len(floor.group() if (floor := FLOOR.match(text, match.end())) else "")
                chains.append(_Chain(match.start(), end, (), (), relation=text[match.start() : end]))
        for match in _PROVINCES.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in taken):
                chains.append(_Chain(match.start(), match.end(), (), (), foreign=True))
        return sorted(
            (_with_company(text, chain) for chain in chains if not _is_authority(text, chain)), key=lambda c: c.start
        )

    def _fitted(self, text: str, chains: list[_Chain], tagged: list[tagging.Tagged]) -> list[_Chain]:
        """Chains with the borders that were settled: pieces and names are what the grammar finds inside them."""
        fitted: list[_Chain] = []
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
                _Chain(
                    span.start,
                    span.end,
                    tuple(inside),
                    tuple(hits),
                    relation,
                    foreign=any(chain.foreign for chain in near),
                )
            )
        return fitted

    def _known(self, text: str) -> list[Hit]:
        """Hits of the gazetteer that what stands around them lets stand; the longest where they overlap."""
        hits = sorted(self._gazetteer.find(text), key=lambda hit: (-(hit.end - hit.start), -hit.strength, hit.start))
        kept: list[Hit] = []
        firm = {hit.end for hit in hits if hit.strength >= Strength.VARIANT} | {
            hit.end for hit in hits if hit.strength is Strength.STEM and hit.end - hit.start >= 2 and _area(hit)
        }
        ahead = {hit.start for hit in hits if hit.strength >= Strength.VARIANT}
        taken = bytearray(len(text))
        for hit in hits:
            if not any(taken[hit.start : hit.end]) and _stands(text, hit, firm, ahead):
                kept.append(hit)
                taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
        return sorted(kept, key=lambda hit: hit.start)

    def _counts(self, text: str, chain: _Chain) -> bool:
        """A bare word is no place, unless a tail makes the only one of its kind in a town of it (汽车站对过)."""
        if chain.named:
            return True
        said = text[chain.start : chain.end]
        if chain.pieces and all(piece.kind is Kind.BUILDING for piece in chain.pieces):
            return bool(_BUILDING.search(said) or _UNIT.search(said))
        return bool(
            chain.relation
            and re.match(
                r"[市县]?(?:汽车站|火车站|客运站|高铁站|人民医院|中医院|市场|农贸市场|菜市场|人民公园|[一二三]中)", said
            )
        )

    # -- meaning ----------------------------------------------------------------------------------------------

    def _place(self, text: str, chain: _Chain) -> Place:
        said = text[chain.start : chain.end]
        entries, confidence = self._resolve(text, chain)
        options = tuple(self._gazetteer.candidate(entry) for entry in entries)
        district = _shared([option.district for option in options])
        if district is None and self._only_district and not chain.foreign:
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
        )
        return _with_parts(place, text, chain)

    def _resolve(self, text: str, chain: _Chain) -> tuple[tuple[Entry, ...], float]:
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
            if not fitting and len(entries) == 1 and sure > 0.9 and _RANK.get(entries[0].level, 3) == 2:
                fitting = entries  # a town said by its name outweighs a district said wrongly
            depth = max((_RANK.get(entry.level, 3) for entry in fitting), default=-1)
            if fitting and depth > deepest:
                deepest = depth
                fitting = tuple(entry for entry in fitting if _RANK.get(entry.level, 3) == depth) or fitting
                best = fitting, sure / len(fitting) ** 0.5
        return best

    def _fits(self, entry: Entry, others: list[tuple[Entry, ...]]) -> bool:
        line = {up.code for up in self._gazetteer.line(entry)}
        rank = _RANK.get(entry.level, 3)
        for options in others:
            above = [option for option in options if _RANK.get(option.level, 3) < rank]
            if above and not any(option.code in line for option in above):
                return False
        return True


def _widest(hit: Hit) -> tuple[Entry, ...]:
    """嘉祥 alone is the county rather than the street of the same name."""
    if hit.strength >= Strength.VARIANT:
        return hit.entries
    widest = min(_RANK.get(entry.level, 3) for entry in hit.entries)
    return tuple(entry for entry in hit.entries if _RANK.get(entry.level, 3) == widest)


def _area(hit: Hit) -> bool:
    return any(entry.level in _RANK for entry in hit.entries)


def _stands(text: str, hit: Hit, firm: set[int], ahead: set[int]) -> bool:
    """Whether a short or misheard form is a place here, judged by its neighbours."""
    if hit.strength >= Strength.VARIANT:
        return True
    said = text[hit.start : hit.end]
    before, after = text[: hit.start], text[hit.end :]
    if _COMPANY.match(after) and "的" not in after[:10]:
        return False
    if hit.strength is Strength.STEM and (_ROAD_END.match(after) or _COUNTED.fullmatch(said)):
        return False
    behind = hit.start in firm
    if hit.strength is Strength.MISHEARD:
        if any(ending in said for ending in ("街道", "社区")) or said[-1] in "镇乡村区县":
            return not everyday(said) and (behind or bool(_LEADS.search(before)))
        return not everyday(said) and len(said) > 1 and (behind or bool(_LEADS.search(before)))
    if _area(hit):
        if everyday(said):
            return (
                behind
                or hit.end in ahead
                or bool(_LEADS.search(before) and _AFTER_SHORT.match(after) and before[-1:] not in "是")
            )
        return True
    if len(said) >= 3:
        return True
    return behind


def _cuts(piece: Piece, known: list[Hit]) -> bool:
    """True when a piece begins or ends inside a name that the gazetteer knows, without covering it whole."""
    for hit in known:
        if piece.start < hit.end and hit.start < piece.end:
            covers = piece.start <= hit.start and piece.end >= hit.end
            if not covers or (piece.start, piece.end) == (hit.start, hit.end):
                return True
            if hit.strength >= Strength.VARIANT and piece.kind is not Kind.ROAD and piece.kind is not Kind.FACILITY:
                return True
    return False


def _disjoint(found: list[Piece], known: dict[tuple[int, int], Hit]) -> list[Piece]:
    """Of overlapping pieces the longest; of equal ones the known one."""

    def weight(piece: Piece) -> tuple[int, int, int]:
        length = piece.end - piece.start
        return (length + (1 if piece.kind is Kind.KNOWN else 0), not piece.bare, -piece.start)

    kept: list[Piece] = []
    taken = bytearray(max((piece.end for piece in found), default=0))
    for piece in sorted(found, key=weight, reverse=True):
        if not any(taken[piece.start : piece.end]):
            kept.append(piece)
            taken[piece.start : piece.end] = b"\1" * (piece.end - piece.start)
    return sorted(kept, key=lambda piece: piece.start)


def _chain_up(text: str, chosen: list[Piece], known: list[Hit]) -> list[_Chain]:
    by_span = {(hit.start, hit.end): hit for hit in known}
    chains: list[_Chain] = []
    for piece in chosen:
        hit = by_span.get((piece.start, piece.end))
        hits = (hit,) if hit else ()
        last = chains[-1] if chains else None
        if last and piece.start < last.end:
            if piece.end <= last.end:
                continue
            piece = replace(piece, start=last.end, bare=True)  # the tail took its beginning (村西头养鸡场)
        if last and _continues(text, last, piece):
            chain = _Chain(last.start, piece.end, (*last.pieces, piece), (*last.hits, *hits), last.relation)
            chains[-1] = _with_tail(text, chain)
        else:
            chains.append(_with_tail(text, _Chain(piece.start, piece.end, (piece,), hits)))
    return chains


def _continues(text: str, last: _Chain, piece: Piece) -> bool:
    between = text[last.end : piece.start]
    if last.end > piece.start or len(last.pieces) >= _MAX_PIECES:
        return False
    if piece.bare and piece.kind is Kind.ROAD:
        return False
    if between in {"那个", "那家"} and piece.bare and last.relation is None and last.named:
        # 云盘村那个鞭炮厂边上: what is pointed at counts when it is said on which side of it.
        return piece.kind is Kind.FACILITY and bool(TAIL.match(text, piece.end))
    if not between:
        # 路口早市 goes on, 码头边上冷库 does not: beside a place is another place.
        return last.relation is None or last.relation.endswith(("口", "头", "段", "桥下")) or not piece.bare
    if not last.named or piece.bare:
        return False
    area = last.pieces[-1].kind in {Kind.KNOWN, Kind.AREA}
    if between in {"的", "·"}:
        return area and last.relation is None and piece.kind is not Kind.BUILDING
    if between == "那个":
        return area and last.relation is None and piece.kind in {Kind.KNOWN, Kind.AREA}
    if between == " ":
        return piece.kind is Kind.BUILDING or (area and last.relation is None and piece.kind is not Kind.AREA)
    return False


def _with_tail(text: str, chain: _Chain) -> _Chain:
    match = TAIL.match(text, chain.end) or (STRETCH_TO.match(text, chain.end) if chain.named else None)
    if not match or (chain.pieces[-1].bare and len(chain.pieces) > 1 and match.group() == "口"):
        return chain
    return replace(chain, end=match.end(), relation=(chain.relation or "") + match.group())


def _join_stretches(text: str, chains: list[_Chain]) -> list[_Chain]:
    """A和B交叉口, A到B这段 are one place."""
    joined: list[_Chain] = []
    for chain in chains:
        last = joined[-1] if joined else None
        between = text[last.end : chain.start] if last else ""
        if last and JOINER.fullmatch(between) and _meet(text, last, chain):
            joined[-1] = _Chain(
                last.start, chain.end, (*last.pieces, *chain.pieces), (*last.hits, *chain.hits), chain.relation
            )
        else:
            joined.append(chain)
    return joined


def _meet(text: str, first: _Chain, second: _Chain) -> bool:
    """利民街和育秀路口, 利民街和北海路那: two roads and a word for where they meet."""
    if second.relation:
        return bool(STRETCH.search(second.relation))
    roads = all(chain.pieces and chain.pieces[-1].kind is Kind.ROAD for chain in (first, second))
    return roads and first.relation is None and bool(_THERE.match(text, second.end))


def _is_authority(text: str, chain: _Chain) -> bool:
    """An office that is written to, or acts, is no place (立山区政府, 某镇书记)."""
    if chain.relation or any(piece.kind not in {Kind.KNOWN, Kind.AREA} for piece in chain.pieces):
        return False
    return bool(chain.pieces and _AUTHORITY.match(text, chain.end))


def _with_company(text: str, chain: _Chain) -> _Chain:
    """A company that bears the name of a place counts only when no other place is named."""
    if chain.relation is None and (firm := re.match(r"有限|公司|集团", text[chain.end : chain.end + 2])):
        return replace(chain, end=chain.end + len(firm.group()), company=True)
    if chain.relation is None and text[chain.start : chain.end].endswith(("公司", "集团")):
        return replace(chain, company=True)
    plain = chain.relation is None and all(piece.kind in {Kind.KNOWN, Kind.AREA} for piece in chain.pieces)
    match = _COMPANY.match(text, chain.end) if plain and chain.pieces else None
    if match and not set(match.group()) & set("的在把被与和，"):
        return replace(chain, end=match.end(), company=True)
    return chain


def _is_main(text: str, chain: _Chain) -> bool:
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


def _with_parts(place: Place, text: str, chain: _Chain) -> Place:
    def said(kind: Kind) -> str | None:
        words = [text[piece.start : piece.end] for piece in chain.pieces if piece.kind is kind]
        return "、".join(words) or None

    unit = _UNIT.search(place.text)
    building = _BUILDING.search(place.text)
    room = _ROOM.search(place.text)
    return replace(
        place,
        road=said(Kind.ROAD),
        compound=said(Kind.COMPOUND),
        landmark=said(Kind.FACILITY),
        building=_number(building.group(1)) if building else None,
        unit=_number(unit.group(1) or unit.group(2)) if unit else None,
        room=(room.group(1) or room.group(2)) if room else None,
    )


def _number(words: str) -> str:
    number = chinese_number(words)
    return str(number) if number is not None else words


def _moved(place: Place, normalized: Normalized) -> Place:
    start, end = normalized.span(place.start, place.end)
    return replace(place, start=start, end=end)
