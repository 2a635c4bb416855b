"""More examples out of the written ones, for training only: other places, slips of the finger, other openings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from nlu.normalize import words
from nlu.training.corpus import Example, Span


def phrases(line: str) -> tuple[str, ...]:
    """What a line lists, parted by blanks, in a fixed order: chance must choose the same again."""
    return tuple(sorted(words(line)))


_POINTS = "，。！？、；：,.!?;: ~…"
_OPENINGS = phrases(
    "你好 您好， 您好！ 喂 喂， 请问 请问一下 你们好， 麻烦问下 我想反映一下 反映个事 我要反映， 反映一个问题： "
    "跟你们说个事 同志你好 领导好， 尊敬的领导：您好！ 各位领导， 在吗， 想问问 我想问一下 那个， 就是说 求助 帮忙看看 "
    "老师您好 "
    "师傅 救救我们吧， 哎， 唉 我说一下啊 有个情况， 情况是这样的， 本人 我是居民， 业主反映： 我要投诉， 投诉 举报 "
    "咨询 咨询一下，"
)
_ENDINGS = phrases(
    "。谢谢 谢谢 ，谢谢！ 麻烦了 ，请尽快处理 。望回复 ！！！ …… 。 ，管不管 求解决 ，急 。盼复 ，在线等 哈 "
    "啊 呀 🙏 😡 。请领导重视 ，希望有关部门处理一下 。此致敬礼"
)
# A name without the word that says what it is; compounds, shops and schools have the oddest ones.
_NAME = r"(?:(?![省市区县镇乡道路街村与和])[\u4e00-\u9fff])"
_AREA = re.compile(_NAME + r"{2,4}?(?=[省市县]|(?<![小社院校园库新])区)")
_NAMED = re.compile(
    _NAME + r"{2,5}?(?=小区|社区|花园|家园|嘉园|新村|新城|公寓|大厦|广场|国际|家属院|宿舍|公司|厂|市场|超市|"
    r"小学|中学|学校|幼儿园|医院|公园|[东西南北中一二三]?路|大道|大街|街|巷|村|庄|屯|镇|乡|[苑府城湾店里园])"
)
_TAILS = phrases("门前 门口 楼后 楼前 院里 旁边 附近 对面 后身 楼下 路口 周边 一带 后面 大门口 东侧 北门 以东 路段")
_TAILED = re.compile(r"[前后口旁边近面侧里身下间段带东南西北]$")


class Augmenter:
    """Changes an example without changing what it means. `places` are spans of the corpus to put in place of others."""

    def __init__(self, examples: Sequence[Example], names: Sequence[str], seed: int = 7) -> None:
        self._rng = np.random.default_rng(seed)
        self._spans = sorted({e.text[s.start : s.end] for e in examples for s in e.spans})
        self._names = [name for name in names if len(name) > 1]
        self._cores = sorted({found.group() for span in self._spans for found in _NAMED.finditer(span)})

    def change(self, example: Example) -> Example:
        """Three times in ten the example as it was written."""
        rng = self._rng
        example = self._numbered(example)
        if rng.random() < 0.3:
            return example
        if example.spans:
            lot = rng.random()
            if lot < 0.4:
                example = self._elsewhere(example)
            elif lot < 0.65:
                example = self._renamed(example, _NAMED, self._invented)
            if rng.random() < 0.1:  # areas are masked where letters are published: A市B2区
                example = self._renamed(example, _AREA, self._mask)
            if rng.random() < 0.05:
                example = self._beside(example)
        if rng.random() < 0.18:
            example = self._unpointed(example)
        if example.path and rng.random() < 0.2:
            example = self._framed(example)
        if len(example.text) > 8 and rng.random() < 0.25:
            example = self._slipped(example)
        return example

    def _numbered(self, example: Example) -> Example:
        """Telephone numbers are written 1380000xxxx in the corpus; citizens write digits."""
        found = example.text.find("xxxx")
        if found < 0:
            return example
        return rewritten(example, [(found, found + 4, f"{int(self._rng.integers(10_000)):04d}")])

    def _elsewhere(self, example: Example) -> Example:
        changes = []
        for span in example.spans:
            if self._rng.random() < 0.7:
                changes.append((span.start, span.end, self._place(example.text[span.start : span.end])))
        return rewritten(example, changes)

    def _place(self, said: str) -> str:
        lot = self._rng.random()
        if lot < 0.3 and self._names:
            return self._one_of(self._names) + (said if self._rng.random() < 0.3 else "")
        return self._one_of(self._spans) if self._spans else said

    def _mask(self) -> str:
        digit = int(self._rng.integers(-6, 13))
        return "ABCDEFGKLM"[int(self._rng.integers(10))] + (str(digit) if digit > 0 else "")

    def _renamed(self, example: Example, what: re.Pattern[str], make: Callable[[], str]) -> Example:
        """Other names inside of places, the same wherever the message says one again."""
        new: dict[str, str] = {}
        changes = []
        for span in example.spans:
            for found in what.finditer(example.text, span.start, span.end):
                changes.append((*found.span(), new.setdefault(found.group(), make())))
        return rewritten(example, changes)

    def _invented(self) -> str:
        """A name that nobody has heard: the halves of two."""
        first, second = self._one_of(self._cores), self._one_of(self._cores)
        return first[: (len(first) + 1) // 2] + second[len(second) // 2 :]

    def _beside(self, example: Example) -> Example:
        """A place gets a tail, as 门前 and 对面 are."""
        bare = [span.end for span in example.spans if not _TAILED.search(example.text, span.start, span.end)]
        return rewritten(example, [(end - 1, end, example.text[end - 1] + self._one_of(_TAILS)) for end in bare[:1]])

    def _one_of(self, texts: Sequence[str]) -> str:
        return texts[int(self._rng.integers(len(texts)))]

    def _unpointed(self, example: Example) -> Example:
        """Dictated: without punctuation, or with spaces for it."""
        instead = "" if self._rng.random() < 0.5 else " "
        return rewritten(example, [(at, at + 1, instead) for at, char in enumerate(example.text) if char in _POINTS])

    def _framed(self, example: Example) -> Example:
        opening = self._one_of(_OPENINGS) if self._rng.random() < 0.7 else ""
        ending = self._one_of(_ENDINGS) if self._rng.random() < 0.5 else ""
        end = len(example.text)
        return rewritten(example, [(0, 0, opening), (end, end, ending)])

    def _slipped(self, example: Example) -> Example:
        """One or two characters lost, doubled or exchanged, outside of places."""
        inside = {at for span in example.spans for at in range(span.start, span.end)}
        changes = []
        for _ in range(int(self._rng.integers(1, 3))):
            at = int(self._rng.integers(0, len(example.text) - 1))
            if at in inside or at + 1 in inside or at in example.cuts:
                continue
            first, second = example.text[at], example.text[at + 1]
            wrong = ("", first + first, None)[int(self._rng.integers(3))]
            changes.append((at, at + 1, wrong) if wrong is not None else (at, at + 2, second + first))
        return rewritten(example, changes)


def rewritten(example: Example, changes: Sequence[tuple[int, int, str]]) -> Example:
    """The example with stretches of its text replaced; places and matters move along. Overlapping changes are left."""
    text, moved, done = [], np.zeros(len(example.text) + 1, dtype=int), 0
    length = 0
    for start, end, instead in sorted(changes):
        if start < done:
            continue
        for at in range(done, start):
            moved[at] = length
            text.append(example.text[at])
            length += 1
        moved[start:end] = length
        text.append(instead)
        length += len(instead)
        done = end
    for at in range(done, len(example.text)):
        moved[at] = length
        text.append(example.text[at])
        length += 1
    moved[len(example.text)] = length
    inserted = {start: len(instead) for start, end, instead in changes if start == end == 0}
    shift = inserted.get(0, 0)
    spans = tuple(
        Span(int(moved[span.start]), int(moved[span.end]), span.main)
        if span.start or not shift
        else Span(shift, int(moved[span.end]), span.main)
        for span in example.spans
    )
    return replace(
        example,
        text="".join(text),
        spans=tuple(span for span in spans if span.end > span.start),
        cuts=tuple(int(moved[cut]) for cut in example.cuts),
    )
