"""How alike a question and the wordings of an entry are: shared characters and shared matters, weighed by rarity."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt

from faq.vectors import best_of, greatest
from faq.wording import Wording, clean, sound

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

# Words that say how something is asked, not what.
_FILLERS = re.compile(
    "请问一下|我想问的是|我想请教|想请教一下|我想问|想问一下|想问问|想问|请教|请问|你好|您好|谢谢|"
    "怎么办理|怎么办|怎么弄|怎么|怎样|如何|咋样|咋整|咋弄|咋个|咋|点样|點樣|啥时候|什么时候|什么|哪些|哪里|哪儿|哪个|哪家|在哪|去哪|上哪|"
    "为什么|能不能|可不可以|是不是|要不要|有没有|行不行|可以|需要|我们|你们|他们|俺们|现在|应该|是否|的话|这种情况|像我们这样|"
    "吗|呢|吧|啊|呀|嘛|咯|嘞|喽|俺|恁|我|你|您|的|了|是|要|这|那|个|该|就|都|也|和|啥"
)
_SIGNS = re.compile(r"[0-9]+|.", re.DOTALL)
# What a single character, two in a row, two by their sound, and a known matter count; what is found only together with
# a filler counts less.
_SINGLE, _PAIR, _SOUND, _MATTER, _WITH_FILLER = 2.0, 1.0, 0.6, 3.5, 0.7
# A stretch that no entry knows is mostly chat around the question, but not only.
_UNKNOWN = 0.25
# How many places of features are looked up for one question, and in how many wordings the rest of it is looked for.
_POSTINGS, _CLOSELY = 60_000, 200
# Of a question longer than this the rest is story.
_READ = 400

Features = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """What was found out about the documents, in arrays that can be written down as they are."""

    names: npt.NDArray[np.uint8]
    """The features in order, as JSON."""
    starts: Ids  # (documents + 1,): where the wordings of each begin
    rarity: Floats  # (features,)
    unseen: Floats  # (1,): the rarity of what no document has
    rows: Ids  # (features + 1,): where the places of each begin in the two below
    holders: npt.NDArray[np.int32]  # wordings
    values: Floats
    own_rows: Ids  # (wordings + 1,): where the features of each begin in the two below
    own_places: npt.NDArray[np.int32]
    own_values: Floats


class Lexical:
    """An inverted index over the wordings of documents, in arrays: 100,000 of them are searched in milliseconds."""

    def __init__(self, table: Table, wording: Wording | None = None) -> None:
        """ValueError when the table is torn."""
        names = json.loads(table.names.tobytes())
        if not len(names) == len(table.rarity) == len(table.rows) - 1:
            raise ValueError(f"{len(names)} features, {len(table.rarity)} of them known")
        self.table = table
        self._wording = wording or Wording.load()
        self._places: dict[str, int] = dict(zip(names, range(len(names)), strict=True))
        self._count = len(table.starts) - 1
        self._unseen = float(table.unseen[0]) * _UNKNOWN

    @classmethod
    def of(
        cls, documents: Sequence[Iterable[str]], wording: Wording | None = None, *, by_rarity: bool = True
    ) -> Lexical:
        """Read the wordings of each document."""
        known = wording or Wording.load()
        wordings = [list(texts) for texts in documents]
        starts = np.concatenate([[0], np.cumsum([len(texts) for texts in wordings], dtype=np.int64)])
        read = [_features(text, known) for text in chain.from_iterable(wordings)]
        return cls(_table(read, starts, by_rarity=by_rarity), known)

    def scores(self, text: str) -> Floats:
        """(documents,): how alike each is, from 0 to 1, by the nearest of its wordings."""
        features = _features(text[:_READ], self._wording)
        known = [(self._places[name], weight) for name, weight in features.items() if name in self._places]
        if not known:
            return np.zeros(self._count, dtype=np.float32)
        places = np.array([place for place, _ in known])
        weights = np.array([weight for _, weight in known], dtype=np.float32) * self.table.rarity[places]
        strange = [weight for name, weight in features.items() if name not in self._places]
        length = float(np.sqrt((weights**2).sum() + sum((weight * self._unseen) ** 2 for weight in strange)))
        sums = self._sums(places, weights) / (length or 1.0)
        scores: Floats = np.minimum(best_of(sums, self.table.starts), 1.0).astype(np.float32)
        return scores

    def _sums(self, places: Ids, weights: Floats) -> npt.NDArray[np.float64]:
        """(wordings,): what each has in common with the weighed features. Where they stand in too many wordings to
        look at all, the commonest are only looked at in the best of what the others find."""
        order = np.argsort(-weights, kind="stable")
        sizes = self.table.rows[places + 1] - self.table.rows[places]
        affordable = max(1, int(np.searchsorted(np.cumsum(sizes[order]), _POSTINGS, side="right")))
        chosen = order[:affordable]
        parts = [slice(self.table.rows[place], self.table.rows[place + 1]) for place in places[chosen]]
        holders = np.concatenate([self.table.holders[part] for part in parts])
        values = np.concatenate([self.table.values[part] for part in parts])
        values *= np.repeat(weights[chosen], sizes[chosen])
        # With weights it counts in float64, which the library does not say of its types.
        sums = np.bincount(holders, values, minlength=int(self.table.starts[-1])).astype(np.float64, copy=False)
        if affordable < len(places):
            near = greatest(sums, _CLOSELY)
            wanted = np.zeros(len(self.table.rarity), dtype=np.float32)
            wanted[places] = weights
            for wording in near:
                own = slice(self.table.own_rows[wording], self.table.own_rows[wording + 1])
                sums[wording] = float(wanted[self.table.own_places[own]] @ self.table.own_values[own])
        return sums


def _features(text: str, wording: Wording) -> Features:
    whole = clean(text)
    features = {feature: _WITH_FILLER * weight for feature, weight in _runs(whole)}
    for piece in _FILLERS.split(whole):
        features.update(_runs(piece))
    for matter in wording.concepts(whole):
        features["#" + matter] = _MATTER
    return features


def _table(wordings: Sequence[Features], starts: Ids, *, by_rarity: bool) -> Table:
    names = list(chain.from_iterable(wordings))
    numbers = {name: place for place, name in enumerate(dict.fromkeys(names))}
    places = np.fromiter((numbers[name] for name in names), dtype=np.int64, count=len(names))
    sizes = np.array([len(features) for features in wordings], dtype=np.int64)
    holders = np.repeat(np.arange(len(wordings), dtype=np.int64), sizes)
    held = np.fromiter(
        chain.from_iterable(features.values() for features in wordings), dtype=np.float32, count=len(names)
    )
    count = len(starts) - 1
    owners = np.searchsorted(starts, holders, side="right") - 1
    pairs = np.unique(places * max(count, 1) + owners)
    documents = np.bincount(pairs // max(count, 1), minlength=len(numbers))
    # Among questions that are to be grouped, what many share is just what makes them a group.
    rarity = _rarities(documents, count) if by_rarity else np.ones(len(documents), dtype=np.float32)
    unseen = _rarities(np.zeros(1), count) if by_rarity else np.ones(1, dtype=np.float32)
    values = held * rarity[places]
    lengths = np.sqrt(np.bincount(holders, values**2, minlength=len(wordings)))
    values /= np.maximum(lengths, 1e-9)[holders]
    order = np.argsort(places, kind="stable")
    return Table(
        names=np.frombuffer(json.dumps(list(numbers)).encode(), dtype=np.uint8),
        starts=starts,
        rarity=rarity,
        unseen=unseen,
        rows=np.searchsorted(places[order], np.arange(len(numbers) + 1)),
        holders=holders[order].astype(np.int32),
        values=values[order].astype(np.float32),
        own_rows=np.concatenate([[0], np.cumsum(sizes)]),
        own_places=places.astype(np.int32),
        own_values=values.astype(np.float32),
    )


def _rarities(documents: npt.NDArray[np.float64] | Ids, count: int) -> Floats:
    """The root of what BM25 calls inverse document frequency: it stands on both sides of each product."""
    rarity: Floats = np.sqrt(np.log1p((count - documents + 0.5) / (documents + 0.5))).astype(np.float32)
    return rarity


def _runs(text: str) -> Iterator[tuple[str, float]]:
    # A number is one thing: 12366 is not nearly 12336.
    signs = _SIGNS.findall(text)
    heard = [sound(sign) for sign in signs]
    yield from ((sign, _SINGLE) for sign in signs)
    yield from ((one + other, _PAIR) for one, other in pairwise(signs))
    yield from (("~" + one + other, _SOUND) for one, other in pairwise(heard))
