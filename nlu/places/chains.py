"""Pieces of a place that are said together: one chain, with the word behind it for the side on which it lies."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from nlu.places.gazetteer import Hit
from nlu.places.grammar import JOINER, STRETCH, STRETCH_TO, TAIL, Kind, Piece

_THERE = re.compile(r"那(?:儿|里|块|边|旮|疙瘩)?(?=[\s,，。.!！的]|$)|这(?:儿|里|块|边)(?=[\s,，。.!！的]|$)")
_MAX_PIECES = 12


@dataclass(frozen=True, slots=True)
class Chain:
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


def disjoint(found: list[Piece], known: dict[tuple[int, int], Hit]) -> list[Piece]:
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


def chain_up(text: str, chosen: list[Piece], known: list[Hit]) -> list[Chain]:
    by_span = {(hit.start, hit.end): hit for hit in known}
    chains: list[Chain] = []
    for piece in chosen:
        hit = by_span.get((piece.start, piece.end))
        hits = (hit,) if hit else ()
        last = chains[-1] if chains else None
        if last and piece.start < last.end:
            if piece.end <= last.end:
                continue
            piece = replace(piece, start=last.end, bare=True)  # the tail took its beginning (村西头养鸡场)
        if last and _continues(text, last, piece):
            chain = Chain(last.start, piece.end, (*last.pieces, piece), (*last.hits, *hits), last.relation)
            chains[-1] = _with_tail(text, chain)
        else:
            chains.append(_with_tail(text, Chain(piece.start, piece.end, (piece,), hits)))
    return chains


def _continues(text: str, last: Chain, piece: Piece) -> bool:
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


def _with_tail(text: str, chain: Chain) -> Chain:
    match = TAIL.match(text, chain.end) or (STRETCH_TO.match(text, chain.end) if chain.named else None)
    if not match or (chain.pieces[-1].bare and len(chain.pieces) > 1 and match.group() == "口"):
        return chain
    return replace(chain, end=match.end(), relation=(chain.relation or "") + match.group())


def join_stretches(text: str, chains: list[Chain]) -> list[Chain]:
    """A和B交叉口, A到B这段 are one place."""
    joined: list[Chain] = []
    for chain in chains:
        last = joined[-1] if joined else None
        between = text[last.end : chain.start] if last else ""
        if last and JOINER.fullmatch(between) and _meet(text, last, chain):
            joined[-1] = Chain(
                last.start, chain.end, (*last.pieces, *chain.pieces), (*last.hits, *chain.hits), chain.relation
            )
        else:
            joined.append(chain)
    return joined


def _meet(text: str, first: Chain, second: Chain) -> bool:
    """利民街和育秀路口, 利民街和北海路那: two roads and a word for where they meet."""
    if second.relation:
        return bool(STRETCH.search(second.relation))
    roads = all(chain.pieces and chain.pieces[-1].kind is Kind.ROAD for chain in (first, second))
    return roads and first.relation is None and bool(_THERE.match(text, second.end))
