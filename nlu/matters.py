"""One message, several matters: where one ends and the next begins."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from nlu.interpretation import Matter
from nlu.normalize import words
from nlu.search import swift

Floats = npt.NDArray[np.float32]

_ANNOUNCED = re.compile(
    r"(?P<two>(?:两|俩|2)(?:个|件|样|桩|点|档子)(?:事|问题|情况|诉求)|两样|两(?:个|点)?方面|反映两|说俩事)|"
    r"(?P<more>(?:[三四五几仨]|[345])(?:个|件|样|桩|点|档子)?(?:事儿?|问题|情况|诉求))"
)
_SECOND = swift(
    r"第[二三四](?:个|件|点|是|[,，:：、])?(?![天次期季代楼层名实人章医中小十产])|[二三四]是|其[二三四次]|(?<!\d)[234][、.．)）](?!\d)|[②③④]|(?:再|"
    r"另)(?:还有)?一个(?!人|地方|小区|"
    r"老师|孩子)|再(?:就是|有|一件|一样)|另外(?!一|那|的|几|两|半|有人)|还有(?:就是|个事|一个?事|一件|一点|一样|个问题|"
    r"一个问题|有人|那个)?|顺便|再说(?:个|一)|此外|除此之外|同时(?:反映|投诉|举报|还)|另[,，]|最后(?:一个|一件|就是|说)"
)
_NUMBERED = tuple(words("第二 第三 第四 二是 三是 四是 2 3 4 ② ③ ④ 其二 其三 其四 其次"))
_MOST = 5
_GRIPE = re.compile(
    r"不|没|冇|坏|堵|漏|臭|吵|乱|占|断|停|欠|偷|灭|裂|塌|噪|污|油烟|垃圾|灯|路|井|水|电|气|款|工资|费|证|"
    r"低保|老师|医院|半夜|唱|账|收据|歪|晃|养|卖|怎么|咋|如何|去哪|哪里|能不能|多少|补贴|投诉|反映|举报|想问|问[下一]"
)
# 另外希望, 还有个孩子, 还有人管吗, 另外收费: the same matter goes on.
_SAME = re.compile(
    r"(?:另外|还有|同时|此外)[,，]?(?:希望|请|麻烦|我|也|附|补充|建议|谢谢|多)|还有(?:人|没|点|些|几|多|脸|理|啥|什么|救|"
    r"个(?!事|问题)|[一二两三四五六七八九十\d](?!个?事|件|点|样|个问题))|另外(?:再|又)?[找收交买租付给算请雇加]"
)
# With these another matter begins in the middle of a clause too: people dictate, and set no commas.
_ANYWHERE = ("再", "另外", "还有就是", "还有一", "还有个", "顺便", "此外", "除此之外", "同时")
_FIRST = re.compile(r"第一|一是|其一|(?<!\d)1[、.．)）]|①|头一|一个是|首先")
_BREAK = re.compile(r"[。；;！!？?\n,，\s]")
# Said so of itself, not in passing: the announcement stands at the head, and what is told is told in one breath.
_HEAD, _BREATH = 16, 100
# 第一，…第二，… and 一是…二是… list; 第二趟 and 第二个小区 only count.
_LISTS = re.compile(r"第[二三四](?:个|件|点)?(?:是|[,，:：、])|[二三四]是|其[二三四次]|[234][、.．)）]|[②③④]")
# How sure the encoder must be that another matter begins about here: alone; alone, where several were announced; of
# each of the places over which its belief is shared; and how little it may believe in a linking word for that to count.
_SURE, _ANNOUNCED_SURE, _SHARED, _DOUBTED = 0.9, 0.3, 0.25, 0.002
# Characters on either side over which its belief in one place is spread, and within which a cut moves behind a sign.
_ABOUT, _SIGN_NEAR = 4, 2
_LEAST = 5


def split(text: str, read: Floats | None = None) -> tuple[Matter, ...]:
    """At least one stretch; more only where another matter begins, by its words or by what the encoder read. `read` is
    how far it believes that one begins at each character (see `nlu.encoder.Reading`)."""
    if not text.strip():
        return ()
    found = _ANNOUNCED.search(text)
    most = 2 if found and found["two"] else _MOST
    cuts = _cuts(text, announced=found is not None)[: most - 1]
    at_head = found is not None and found.start() <= _HEAD and len(text) <= _BREATH
    if read is not None:
        cuts = _weighed(text, cuts, read, most, announced=at_head)
    if not cuts and (at_head if read is not None else found) and (cut := _cut_at_break(text)):
        cuts = [cut]
    bounds = [0, *cuts, len(text)]
    return tuple(Matter(start, end) for start, end in pairwise(bounds))


def _weighed(text: str, cuts: list[int], read: Floats, most: int, *, announced: bool) -> list[int]:
    """Cuts of the words that the encoder does not doubt, and those of which it is sure by itself, the surest first."""
    kept = [cut for cut in cuts if announced or not _is_doubted(text, cut, read)]
    # Of a longer text each window has a belief of its own, and their sum says nothing.
    shared = len(text) <= _BREATH and float(read.sum()) >= (_ANNOUNCED_SURE if announced else _SURE)
    left = read.copy()
    while len(left) and len(kept) < most - 1:
        at = int(left.argmax())
        if not _belief(left, at) >= (_SHARED if shared else _SURE):
            break
        left[max(0, at - _ABOUT) : at + _ABOUT + 1] = 0.0
        cut = _behind_a_sign(text, at)
        room = min(cut, len(text) - cut) >= _LEAST and all(abs(cut - other) > _ABOUT + _SIGN_NEAR for other in kept)
        if room and not _SAME.match(text, cut):
            kept.append(cut)
    return sorted(kept)


def _is_doubted(text: str, cut: int, read: Floats) -> bool:
    """Whether the encoder believes in no cut here. It was hardly taught lists; but those of letters are of demands."""
    lists = len(text) <= _BREATH and _LISTS.match(text, cut) and _FIRST.search(text, 0, cut)
    return cut < len(read) and not lists and _belief(read, cut) < _DOUBTED


def _belief(read: Floats, at: int) -> float:
    return float(read[max(0, at - _ABOUT) : at + _ABOUT + 1].sum())


def _behind_a_sign(text: str, at: int) -> int:
    """The same place, or right behind the signs beside it."""
    for step in sorted(range(-_SIGN_NEAR, _SIGN_NEAR + 1), key=abs):
        if 0 < at + step < len(text) and _BREAK.match(text[at + step - 1]):
            at += step
            break
    else:
        return at
    while at < len(text) - 1 and _BREAK.match(text[at]):
        at += 1
    return at


def _cuts(text: str, announced: bool) -> list[int]:
    """Where the second matter begins, the third, and so on."""
    cuts: list[int] = []
    for match in _SECOND.finditer(text):
        if len(cuts) == _MOST:
            break
        if not announced and (_goes_on(text, match) or not _opens(text, match)):
            continue
        start = cuts[-1] if cuts else 0
        if len(text[start : match.start()].strip()) < 5 or len(text) - match.end() < _least_after(match):
            continue
        if announced or (_GRIPE.search(text, start, match.start()) and _GRIPE.search(text, match.end())):
            cuts.append(match.start())
    return cuts


def _least_after(match: re.Match[str]) -> int:
    """How much must follow: 还有就是停电 says all, 还有 alone may end a list."""
    return 2 if len(match.group()) > 2 else 4


def _goes_on(text: str, match: re.Match[str]) -> bool:
    """In a long letter 还有 and 另外 mostly go on with the same matter; in a chat line they open another."""
    if match.group().startswith(_NUMBERED):
        return len(text) >= 400 or not _FIRST.search(text, 0, match.start())
    return len(text) > 160 or bool(_SAME.match(text, match.start()))


def _opens(text: str, match: re.Match[str]) -> bool:
    """Most linking words begin a matter at the start of a clause only; others, and those that count, anywhere."""
    word, before = match.group(), text[match.start() - 1 : match.start()]
    return word.startswith((*_NUMBERED, *_ANYWHERE)) or not before or bool(_BREAK.match(before))


def _cut_at_break(text: str) -> int | None:
    breaks = [match.end() for match in re.finditer(r"[。；;，,\s]", text) if 8 < match.end() < len(text) - 5]
    return min(breaks, key=lambda place: abs(place - len(text) // 2)) if breaks else None
