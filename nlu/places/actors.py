"""Offices and companies: who bears the name of a place and acts, or is written to, is no place."""

from __future__ import annotations

import re
from dataclasses import replace

from nlu.places.chains import Chain
from nlu.places.grammar import Kind

_AUTHORITY = re.compile(
    r"(?:人民)?政府(?![门旁对广])|[市县区]?委(?!会)|[\u4e00-\u9fff]{0,5}(?:局|部门|大队|支队|执法队|"
    r"办公室)(?![门旁对])|领导|书记"
    r"|[市县区镇乡村]长|公安|交警|城管|法院(?![门旁对])|检察院(?![门旁对])|经侦|干部|总体规划|户口|户籍"
)
COMPANY = re.compile(r"[\u4e00-\u9fffa-z]{0,10}?(?:公司|集团|建工|股份|涂料|路桥|置业)")


def is_authority(text: str, chain: Chain) -> bool:
    """An office that is written to, or acts, is no place (立山区政府, 某镇书记)."""
    if chain.relation or any(piece.kind not in {Kind.KNOWN, Kind.AREA} for piece in chain.pieces):
        return False
    return bool(chain.pieces and _AUTHORITY.match(text, chain.end))


def with_company(text: str, chain: Chain) -> Chain:
    """A company that bears the name of a place counts only when no other place is named."""
    if chain.relation is None and (firm := re.match(r"有限|公司|集团", text[chain.end : chain.end + 2])):
        return replace(chain, end=chain.end + len(firm.group()), company=True)
    if chain.relation is None and text[chain.start : chain.end].endswith(("公司", "集团")):
        return replace(chain, company=True)
    plain = chain.relation is None and all(piece.kind in {Kind.KNOWN, Kind.AREA} for piece in chain.pieces)
    match = COMPANY.match(text, chain.end) if plain and chain.pieces else None
    if match and not set(match.group()) & set("的在把被与和，"):
        return replace(chain, end=match.end(), company=True)
    return chain


def is_actor(text: str, chain: Chain) -> bool:
    """千山供电公司老停电: the name of one that acts, where the encoder took the place in it for a place."""
    if chain.relation or any(piece.kind not in {Kind.KNOWN, Kind.AREA} for piece in chain.pieces):
        return False
    company = COMPANY.match(text, chain.end)
    return company is not None and not set(company.group()) & set("的在把被与和，")
