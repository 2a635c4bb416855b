"""How alike a question and the wordings of an entry are: shared characters and shared matters, weighed by rarity."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from faq.wording import Wording, clean, sound

# Words that say how something is asked, not what.
_FILLERS = re.compile(
    "请问一下|我想问的是|我想请教|想请教一下|我想问|想问一下|想问问|想问|请教|请问|你好|您好|谢谢|"
    "怎么办理|怎么办|怎么弄|怎么|怎样|如何|咋样|咋整|咋弄|咋个|咋|点样|點樣|啥时候|什么时候|什么|哪些|哪里|哪儿|哪个|哪家|在哪|去哪|上哪|"
    "为什么|能不能|可不可以|是不是|要不要|有没有|行不行|可以|需要|我们|你们|他们|俺们|现在|应该|是否|的话|这种情况|像我们这样|"
    "吗|呢|吧|啊|呀|嘛|咯|嘞|喽|俺|恁|我|你|您|的|了|是|要|这|那|个|该|就|都|也|和|啥"
)
_KINDS = {1: 0.5, 2: 1.4, 3: 1.1}
_SOUND_WEIGHT = 0.6
_CONCEPT_WEIGHT = 2.4
# A stretch that no entry knows is mostly chat around the question, but not only.
_UNKNOWN = 0.25

Features = Mapping[str, float]


class Lexical:
    """An inverted index over the wordings of entries; plain Python, answers in well under a millisecond each."""

    def __init__(
        self, documents: Sequence[Iterable[str]], wording: Wording | None = None, *, by_rarity: bool = True
    ) -> None:
        self._by_rarity = by_rarity
        self._wording = wording or Wording.load()
        self._owner: list[int] = []
        self._count = len(documents)
        raw = [[self._features(text) for text in texts] for texts in documents]
        self._rarity = self._rarities(raw)
        self._norms: list[float] = []
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._concepts = [[_concepts(features) for features in texts] for texts in raw]
        for owner, texts in enumerate(raw):
            for features in texts:
                self._add(owner, features)

    def scores(self, text: str) -> dict[int, float]:
        """The number of each document that shares anything with the text, and its score from 0 to 1."""
        features = self._features(text)
        weights = {name: weight * self._weight(name) for name, weight in features.items()}
        norm = math.sqrt(sum(weight * weight for weight in weights.values()))
        if not norm:
            return {}
        dots: dict[int, float] = defaultdict(float)
        for name, weight in weights.items():
            for wording, held in self._postings.get(name, ()):
                dots[wording] += weight * held
        best: dict[int, float] = {}
        for wording, dot in dots.items():
            score = dot / (norm * self._norms[wording])
            owner = self._owner[wording]
            if score > best.get(owner, 0.0):
                best[owner] = score
        return best

    def missed(self, text: str, document: int) -> float:
        """The share of the text's matters that the document does not speak of, weighed by rarity; 0 for none."""
        asked = _concepts(self._features(text))
        return self._share(asked - self._spoken(document), asked)

    def surplus(self, text: str, document: int) -> float:
        """The share of the matters of the document's nearest wording that the text does not speak of."""
        asked = _concepts(self._features(text))
        return min(self._share(spoken - asked, spoken) for spoken in self._concepts[document])

    def shares_matter(self, text: str, document: int) -> bool:
        """Text and document speak of at least one known matter in common; if not, only characters speak for them."""
        return bool(_concepts(self._features(text)) & self._spoken(document))

    def _spoken(self, document: int) -> frozenset[str]:
        return frozenset[str]().union(*self._concepts[document])

    def _share(self, part: frozenset[str], whole: frozenset[str]) -> float:
        total = sum(self._rarity.get(name, self._unseen) for name in whole)
        return sum(self._rarity.get(name, self._unseen) for name in part) / total if total else 0.0

    def _features(self, text: str) -> Counter[str]:
        whole = clean(text)
        features: Counter[str] = Counter()
        for piece in _FILLERS.split(whole):
            for length in _KINDS:
                for start in range(len(piece) - length + 1):
                    features[piece[start : start + length]] = 1
            heard = sound(piece)
            for start in range(len(heard) - 1):
                features["~" + heard[start : start + 2]] = 1
        for concept in self._wording.concepts(whole):
            features["#" + concept] = 1
        return features

    def _rarities(self, raw: Sequence[Sequence[Features]]) -> dict[str, float]:
        seen: Counter[str] = Counter()
        for texts in raw:
            seen.update({name for features in texts for name in features})
        return {name: self._rarity_of(count) for name, count in seen.items()}

    def _rarity_of(self, count: int) -> float:
        # Among questions that are to be grouped, what many share is just what makes them a group.
        return math.log(1 + (self._count - count + 0.5) / (count + 0.5)) if self._by_rarity else 1.0

    @property
    def _unseen(self) -> float:
        return self._rarity_of(0)

    def _weight(self, name: str) -> float:
        rarity = self._rarity.get(name)
        return _kind(name) * (self._unseen * _UNKNOWN if rarity is None else rarity)

    def _add(self, owner: int, features: Features) -> None:
        number = len(self._owner)
        self._owner.append(owner)
        weights = {name: self._weight(name) * held for name, held in features.items()}
        self._norms.append(math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0)
        for name, weight in weights.items():
            self._postings[name].append((number, weight))


def _concepts(features: Features) -> frozenset[str]:
    return frozenset(name for name in features if name[0] == "#")


def _kind(name: str) -> float:
    match name[0]:
        case "#":
            return _CONCEPT_WEIGHT
        case "~":
            return _SOUND_WEIGHT
        case _:
            return _KINDS[len(name)]
