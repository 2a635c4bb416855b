"""One spelling for many ways of typing: width, case, traditional characters, noise, with a map back to the original."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

_TABLE = Path(__file__).with_name("traditional.txt")
"""A line for each traditional character and what it is in simplified ones; made from OpenCC, see NOTICE."""
# What a character stands for depends on its neighbours, which are simplified already.
_IN_CONTEXT = (
    # 著火, 看著 are written 着; 著名, 显著, 软著 are not, nor the names of estates.
    (re.compile(r"(?<![显卓昭名专论原巨编合译遗拙土软撰天玖甲])著(?![名作述称者录书])"), "着"),
    (re.compile(r"乾(?![坤隆元陵县安])"), "干"),
    (re.compile(r"瞭(?![望亮])"), "了"),
    (re.compile(r"藉(?=[口此由助着])"), "借"),
    (re.compile(r"(?<=[答回批])覆"), "复"),
)
_CONTEXTUAL = re.compile(r"[著乾瞭藉覆]")

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_SPOKEN = str.maketrans("零〇一幺二三四五六七八九", "001123456789")


@dataclass(frozen=True, slots=True)
class Normalized:
    """Text in one spelling; `offsets[i]` is where character i stood in the original."""

    text: str
    offsets: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that a stretch of the normalized text came from."""
        if start >= end:
            here = self.offsets[start] if start < len(self.offsets) else 0
            return here, here
        return self.offsets[start], self.offsets[end - 1] + 1


def normalize(text: str) -> Normalized:
    """Fold width, case and script; drop invisible characters; turn emoji and control characters into spaces."""
    plain = respelled(text)
    if len(plain) == len(text):
        return Normalized(plain, tuple(range(len(text))))
    return Normalized(plain, tuple(position for position, char in enumerate(text) if _fold(char)))


def respelled(text: str) -> str:
    """The text that `normalize` gives, for those who need no way back to the original."""
    plain = _folding().sub(lambda found: _fold_once(found.group()), text)
    if _CONTEXTUAL.search(plain):
        for pattern, simple in _IN_CONTEXT:
            plain = pattern.sub(simple, plain)
    return plain


@cache
def _simplified() -> dict[str, str]:
    return {line[0]: line[1] for line in _TABLE.read_text(encoding="utf-8").splitlines()}


@cache
def _folding() -> re.Pattern[str]:
    """What does not stay as it is: all but Chinese and plain ASCII, and of these what has a simpler form. A message has
    few of such characters, and each is looked at once."""
    return re.compile(rf"[^\u4e00-\u9fff\x20-\x7e\n]|[A-Z{''.join(_simplified())}]")


def _fold(char: str) -> str:
    if "\u4e00" <= char <= "\u9fff":
        return _simplified().get(char, char)
    if char.isascii() and char.isprintable():
        return char.lower()
    kind = unicodedata.category(char)
    if kind in {"Cf", "Mn", "Me", "Cs"}:  # zero-width joiners, variation selectors, lone surrogates
        return ""
    if kind in {"Cc", "Co", "Cn", "So", "Sk", "Zs", "Zl", "Zp"} and char not in "①②③④⑤⑥⑦⑧⑨":
        return "\n" if char == "\n" else " "
    wide = unicodedata.normalize("NFKC", char)
    # A character that unfolds into several stays as it is: the map back must remain one to one.
    return wide.lower() if len(wide) == 1 and len(wide.lower()) == 1 else char


def words(line: str) -> frozenset[str]:
    """A word list as it reads best in code: one line, parted by spaces."""
    return frozenset(line.split())


def chinese_number(words: str) -> int | None:
    """十三 → 13, 二百零五 → 205, 一一 → 11; None when it is no number below ten thousand."""
    if not words or any(char not in "十百千" and char not in _DIGITS for char in words):
        return None
    if not any(char in "十百千" for char in words):
        return int("".join(str(_DIGITS[char]) for char in words))
    total, digit = 0, 0
    for char in words:
        if char in _DIGITS:
            digit = _DIGITS[char]
            continue
        total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
        digit = 0
    return total + digit


def spoken_digits(text: str) -> str:
    """一三八零零 → 13800, where two or more digit words stand together; the length does not change."""
    return re.sub(r"[零〇一幺二三四五六七八九]{2,}", lambda run: run.group().translate(_SPOKEN), text)


_fold_once = lru_cache(maxsize=4096)(_fold)
