"""One message, several matters: where one ends and the next begins."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from nlu.interpretation import Matter
from nlu.search import swift

Floats = npt.NDArray[np.float32]

_ANNOUNCED = re.compile(
    r"(?P<two>(?:两|俩|2)(?:个|件|样|桩|点|档子)(?:事|问题|情况|诉求)|两样|两(?:个|点)?方面|反映两|说俩事)|"
    r"(?P<more>(?:[三四五几仨]|[345])(?:个|件|样|桩|点|档子)?(?:事儿?|问题|情况|诉求))"
)
_SECOND = swift(
    r"第[二三四](?:个|件|点|是|[,，:：、])?(?![天次期季代楼层名实人章医中小十产])|[二三四]是|其[二三四]|(?<!\d)[234][、.．)）](?!\d)|[②③④]|(?:再|"
    r"另)(?:还有)?一个(?!人|地方|小区|"
    r"老师|孩子)|再(?:就是|有|一件|一样)|另外(?!一|那|的|几|两|有人)|还有(?:就是|个事|一个?事|一件|一点|一样|个问题|"
    r"一个问题|有人|那个)?|顺便|再说(?:个|一)|此外|除此之外|同时(?:反映|投诉|举报|还)|另[,，]|最后(?:一个|一件|就是|说)"
)
_NUMBERED = ("第二", "第三", "第四", "二是", "三是", "四是", "2", "3", "4", "②", "③", "④", "其二", "其三", "其四")
_MOST = 5
_GRIPE = re.compile(
    r"不|没|冇|坏|堵|漏|臭|吵|乱|占|断|停|欠|偷|灭|裂|塌|噪|污|油烟|垃圾|灯|路|井|水|电|气|款|工资|费|证|"
    r"低保|老师|医院|半夜|唱|账|收据|歪|晃|养|卖"
)
_SAME = re.compile(r"^(?:另外|还有|同时|此外)[,，]?(?:希望|请|麻烦|我|也|附|补充|建议|谢谢|多)")
_BREAK = re.compile(r"[。；;！!？?\n,，\s]")


# From which belief on the encoder alone makes a cut, and below which it refuses one that the words make.
_SURE_CUT, _NO_CUT = 0.8, 0.01


def split(text: str, read: Floats | None = None) -> tuple[Matter, ...]:
    """At least one stretch; more only where the text itself says that another matter begins. `read` is how far the
    encoder believes that one begins at each character."""
    if not text.strip():
        return ()
    found = _ANNOUNCED.search(text)
    most = 2 if found and found["two"] else _MOST
    cuts = _cuts(text, announced=found is not None)[: most - 1]
    if found and not cuts and (cut := _cut_at_break(text)):
        cuts = [cut]
    if read is not None:
        cuts = _weighed(cuts, read, most, refuses=found is None)
    bounds = [0, *cuts, len(text)]
    return tuple(Matter(start, end) for start, end in pairwise(bounds))


def _weighed(cuts: list[int], read: Floats, most: int, *, refuses: bool) -> list[int]:
    """Cuts of the words that the encoder does not refuse (where two matters were announced it may not), and those of
    which it is sure by itself."""
    kept = [cut for cut in cuts if not refuses or cut >= len(read) or read[max(0, cut - 3) : cut + 4].max() > _NO_CUT]
    for at in np.flatnonzero(read > _SURE_CUT):
        if 4 < at < len(read) - 3 and all(abs(int(at) - cut) > 6 for cut in kept):
            kept.append(int(at))
    return sorted(kept)[: most - 1]


def _cuts(text: str, announced: bool) -> list[int]:
    """Where the second matter begins, the third, and so on."""
    cuts: list[int] = []
    for match in _SECOND.finditer(text):
        before, after = text[cuts[-1] if cuts else 0 : match.start()], text[match.start() :]
        if not announced and not _opens(text[: match.start()], match.group()):
            continue
        if _SAME.match(after) and not announced:
            continue
        if len(before.strip()) < 5 or len(after) < len(match.group()) + 4:
            continue
        gripes = _GRIPE.search(before) and _GRIPE.search(text[match.end() :]) and _is_new(text, match)
        if announced or gripes:
            cuts.append(match.start())
    return cuts


def _opens(before: str, word: str) -> bool:
    """A linking word begins a matter at the start of a clause, or anywhere when it counts (第二)."""
    return word.startswith((*_NUMBERED, "再")) or bool(_BREAK.match(before[-1:] or " "))


def _is_new(text: str, match: re.Match[str]) -> bool:
    """In a long letter 还有 and 另外 mostly go on with the same matter; in a chat line they open another."""
    if match.group().startswith(_NUMBERED):
        return (
            bool(re.search(r"第一|一是|其一|(?<!\d)1[、.．)）]|①|头一|一个是", text[: match.start()]))
            and len(text) < 400
        )
    return len(text) <= 160


def _cut_at_break(text: str) -> int | None:
    breaks = [match.end() for match in re.finditer(r"[。；;，,\s]", text) if 8 < match.end() < len(text) - 5]
    return min(breaks, key=lambda place: abs(place - len(text) // 2)) if breaks else None
