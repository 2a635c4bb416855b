"""Whether a name is a place where it stands, judged by the words before and behind it."""

from __future__ import annotations

import re

from nlu.places.actors import COMPANY
from nlu.places.gazetteer import Hit, Strength, everyday
from nlu.places.grammar import Kind, Piece, heads_name
from nlu.search import swift

_LEADS = re.compile(r"(?:^|[\s,，。.!！?？:：;；、（(“\"]|[在到从去往是住找回])$")
_AFTER_SHORT = re.compile(
    r"[那这]|的|边|附近|一带|街里|街上|镇上|街道|镇|乡|村|社区|大集|集|派出所|医院|卫生院|小学|中学|学校|"
    r"市场|车站|景区|码头|港"
)
# 洸河路 is a road and says nothing of 洸河街道; 三楼 is a floor before it is 三楼村.
_ROAD_END = re.compile(r"[东西南北中一二三]?(?:路|街(?!道)|巷|大街|大道|胡同)")
_COUNTED = swift(r"[一二三四五六七八九十]+[楼组队号层区期]")
_SPACE = " ,，。.!！?？\n"
_END = swift(r"\s*(?:$|[,，。.！!？?])")
_STAYS = re.compile(r"(?:[我人俺家]在|住在?|位于)$")
RANK = {"city": 0, "district": 1, "street": 2}


def stands(text: str, hit: Hit, firm: set[int], ahead: set[int]) -> bool:
    """Whether a short or misheard form is a place here, judged by its neighbours."""
    if hit.strength >= Strength.VARIANT:
        return True
    said = text[hit.start : hit.end]
    before, after = text[: hit.start], text[hit.end :]
    if COMPANY.match(after) and "的" not in after[:10]:
        return False
    if hit.strength is Strength.STEM and (_ROAD_END.match(after) or _COUNTED.fullmatch(said)):
        return False
    behind = hit.start in firm
    if hit.strength is Strength.MISHEARD:
        if any(ending in said for ending in ("街道", "社区")) or said[-1] in "镇乡村区县":
            return not everyday(said) and (behind or bool(_LEADS.search(before)))
        return not everyday(said) and len(said) > 1 and (behind or bool(_LEADS.search(before)))
    if hit.strength is Strength.STEM and not _lends_its_name(hit, said) and heads_name(text, hit.start, hit.end):
        return False
    if not is_area(hit):
        return len(said) >= 3 or (behind and not everyday(said))
    return not everyday(said) or behind or hit.end in ahead or _is_pointed_at(text, hit)


def is_area(hit: Hit) -> bool:
    return any(entry.level in RANK for entry in hit.entries)


def _lends_its_name(hit: Hit, said: str) -> bool:
    """A school that bears the name of a town or a district lies in it; those that bear the name of a 街道 or an
    everyday word are all over the country."""
    return not everyday(said) and any(not entry.name.endswith("街道") for entry in hit.entries)


def _is_pointed_at(text: str, hit: Hit) -> bool:
    """站前那边, 家住站前, 站前 and nothing else: an everyday word is a place where it is spoken of as one."""
    before, after = text[: hit.start], text[hit.end :]
    if not before.strip() and not after.strip(_SPACE):
        return True
    if _END.match(after):
        return bool(_STAYS.search(before))
    return bool(_LEADS.search(before) and _AFTER_SHORT.match(after) and not before.endswith("是"))


def cuts_a_name(piece: Piece, known: list[Hit]) -> bool:
    """True when a piece begins or ends inside a name that the gazetteer knows, without covering it whole."""
    for hit in known:
        if piece.start < hit.end and hit.start < piece.end:
            covers = piece.start <= hit.start and piece.end >= hit.end
            if not covers or (piece.start, piece.end) == (hit.start, hit.end):
                return True
            if hit.strength >= Strength.VARIANT and piece.kind is not Kind.ROAD and piece.kind is not Kind.FACILITY:
                return True
    return False
