"""The small transformer that reads a message once and answers everything: ONNX Runtime, no PyTorch, one thread."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nlu.alphabet import CHARACTERS_FILE, Alphabet, AlphabetError
from nlu.interpretation import AppealType, EmergencyKind, Intent, Path
from nlu.linear import Linear

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

SHIPPED = File(__file__).with_name("models") / "suda"
"""The weights that come with the project."""
ENCODER_FILE, MODEL_FILE, TOKENIZER_FILE = "encoder.onnx", "model.json", "tokenizer.json"
LINEAR_FILES = "linear*.npz"
# What stands later in a message than this is not read by the encoder; the rules still read it.
_WINDOWS = 8
# A reading that gives less than this to asking and to reporting says of neither.
_NEITHER = 0.02
# The opening of a letter says what it is about; each further part says less.
_FADING = 0.6
_ENDS = "。！？!?；;\n"
FORMAT = 1


class ModelError(ValueError):
    """A model folder cannot be used; the message names the file and the way out."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pass said of one text: probabilities by head, `leaves` as logarithms."""

    vector: Floats  # (width,), of length one
    intents: Floats  # in the order of `Intent`
    kinds: Floats  # none, then in the order of `EmergencyKind`
    types: Floats  # in the order of `AppealType`
    urgent: float
    leaves: Floats  # logarithms, in the order of `Encoder.leaves`
    tags: Floats  # (characters, 5): outside, main begins, main goes on, other begins, other goes on
    cuts: Floats  # (characters,): another matter begins here

    def intent(self, which: Intent) -> float:
        return float(self.intents[_INTENTS[which]])

    @property
    def asks(self) -> float:
        """How likely something is asked, of what is either asked or reported; in between when it is neither."""
        asked = self.intent(Intent.FAQ) + _NEITHER
        return asked / (asked + self.intent(Intent.APPEAL) + self.intent(Intent.EMERGENCY) + _NEITHER)

    def by_intent(self) -> dict[Intent, float]:
        return dict(zip(_INTENTS, self.intents.tolist(), strict=True))

    def emergency(self) -> tuple[EmergencyKind, float]:
        """The likeliest kind, and how sure it is that there is an emergency at all: two heads were asked."""
        best = int(self.kinds[1:].argmax())
        return tuple(EmergencyKind)[best], (1.0 - float(self.kinds[0]) + self.intent(Intent.EMERGENCY)) / 2

    def type_of(self, which: AppealType) -> float:
        return float(self.types[_TYPES[which]])


_INTENTS = {intent: index for index, intent in enumerate(Intent)}
_TYPES = {kind: index for index, kind in enumerate(AppealType)}


class Letters(Protocol):
    """How a model cuts text into tokens."""

    def tokens(self, text: str) -> Tokens:
        """The tokens of a text that fits one window."""
        ...


@dataclass(frozen=True, slots=True)
class Tokens:
    """Ids, pair ids, and the characters that each token stands for (none for the start and the end)."""

    ids: Ids
    pairs: Ids
    spans: tuple[tuple[int, int], ...] | None = None  # None: token n + 1 is character n


class OwnLetters:
    """Our own alphabet: one token a character, after a start."""

    def __init__(self, alphabet: Alphabet) -> None:
        self._alphabet = alphabet

    def tokens(self, text: str) -> Tokens:
        """See `Letters`."""
        return Tokens(*self._alphabet.encode(text))


class ForeignLetters:
    """The tokenizer of a Hugging Face encoder, by the library that such folders are made for."""

    def __init__(self, file: File, longest: int) -> None:
        try:
            import tokenizers
        except ModuleNotFoundError as missing:
            raise ModelError(f"{file} needs the package tokenizers: pip install tokenizers") from missing
        self._tokenizer = tokenizers.Tokenizer.from_file(str(file))
        self._tokenizer.enable_truncation(longest)

    def tokens(self, text: str) -> Tokens:
        """See `Letters`."""
        found = self._tokenizer.encode(text)
        ids = np.array(found.ids, dtype=np.int64)
        return Tokens(ids, np.zeros_like(ids), tuple((start, end) for start, end in found.offsets))


class Encoder:
    """A model folder, loaded. Threads may share it."""

    def __init__(
        self,
        session: Any,
        letters: Letters,
        card: Mapping[str, Any],
        linears: Sequence[Linear] = (),
        fingerprint: str = "",
    ) -> None:
        self._session, self._letters = session, letters
        self._inputs = [entry.name for entry in session.get_inputs()]
        self._outputs = [entry.name for entry in session.get_outputs()]
        self.linears = tuple(linears)
        """What stands beside it over runs of characters."""
        self.card = card
        self.fingerprint = fingerprint
        """Of the weights: what one encoder said means nothing to another."""
        self.leaves: tuple[Path, ...] = tuple((one, two, three) for one, two, three in card["leaves"])
        self._longest = int(card["longest"]) - 2

    @classmethod
    def load(cls, folder: File, threads: int = 1) -> Encoder:
        """Read a model folder, as `suda nlu train` writes it."""
        card = read_card(folder)
        import onnxruntime  # 0.15 s, which only those pay who have a model

        try:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
            options.log_severity_level = 3
            weights = (folder / ENCODER_FILE).read_bytes()
            session = onnxruntime.InferenceSession(
                weights,
                options,
                providers=["CPUExecutionProvider"],
                # On a CPU one node for sum and norm takes a fifth longer than two.
                disabled_optimizers=["SkipLayerNormFusion"],
            )
        except Exception as wrong:  # the library raises classes of its own C++ layer, unexported
            raise ModelError(f"{folder / ENCODER_FILE} is no ONNX model that runs here: {wrong}") from wrong
        fingerprint = hashlib.sha256(weights).hexdigest()[:16]
        return cls(session, load_letters(folder, int(card["longest"])), card, load_linears(folder), fingerprint)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Read normalized texts; any text will do, an empty one too."""
        # One at a time: eight-bit sums are scaled by all that is read together, and the same message must always be
        # understood the same, whoever else writes at that moment. A batch would gain little.
        return [_joined([self._run(part) for part in self._windows(text)]) for text in texts]

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Sentence vectors (texts, width), each of length one."""
        return np.stack([reading.vector for reading in self.read(texts)])

    def _windows(self, text: str) -> Iterator[str]:
        """Parts that fit the model, cut after a sentence where there is an end of one in the last third."""
        start = 0
        for _ in range(_WINDOWS):
            end = start + self._longest
            if end < len(text):
                cut = max((text.rfind(sign, start + 2 * self._longest // 3, end) for sign in _ENDS), default=-1)
                end = cut + 1 if cut > 0 else end
            yield text[start:end]
            start = end
            if start >= len(text):
                return

    def _run(self, text: str) -> dict[str, Any]:
        tokens = self._letters.tokens(text)
        given = {"ids": tokens.ids[None], "pairs": tokens.pairs[None], "mask": np.ones((1, len(tokens.ids)), np.int64)}
        answers = self._session.run(self._outputs, {name: given[name] for name in self._inputs})
        answer = {name: value[0] for name, value in zip(self._outputs, answers, strict=True)}
        answer["tags"] = _by_character(_softmax(answer["tags"]), tokens, len(text))
        answer["cuts"] = _by_character(_sigmoid(answer["cuts"]), tokens, len(text))
        return answer


def read_card(folder: File) -> dict[str, Any]:
    """The facts beside the weights: labels, lengths, calibration."""
    file = folder / MODEL_FILE
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise ModelError(
            f"{folder} is no model folder of suda: {file.name} cannot be read; `suda nlu train` makes one"
        ) from wrong
    except ValueError as wrong:
        raise ModelError(f"{file} is no JSON: {wrong}") from wrong
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ModelError(f"{file} is not of format {FORMAT}: another version of suda made it; train it again")
    labels = {"intents": [*Intent], "types": [*AppealType], "kinds": [*EmergencyKind]}
    for name, ours in labels.items():
        if card.get(name) != [str(one) for one in ours]:
            raise ModelError(f"{file}: its {name} are not those of this version of suda; train it again")
    return card


def load_linears(folder: File) -> list[Linear]:
    """The linear models of a folder, which has none, or ours, or a city's own besides."""
    try:
        return [Linear.load(file) for file in sorted(folder.glob(LINEAR_FILES))]
    except (OSError, KeyError, ValueError) as wrong:
        raise ModelError(f"{folder}/{LINEAR_FILES} cannot be read: {wrong}") from wrong


def load_letters(folder: File, longest: int) -> Letters:
    """How the model of a folder cuts text."""
    if (folder / TOKENIZER_FILE).exists():
        return ForeignLetters(folder / TOKENIZER_FILE, longest)
    if not (folder / CHARACTERS_FILE).exists():
        raise ModelError(f"{folder} has neither {CHARACTERS_FILE} nor {TOKENIZER_FILE}")
    try:
        return OwnLetters(Alphabet.load(folder))
    except AlphabetError as wrong:
        raise ModelError(str(wrong)) from wrong


def _joined(parts: Sequence[dict[str, Any]]) -> Reading:
    """One reading out of those of a text's windows."""
    weights = np.array([_FADING**n for n in range(len(parts))], dtype=np.float32)
    weights /= weights.sum()

    def mean(values: Sequence[Floats]) -> Floats:
        if len(values) == 1:
            return values[0]  # almost always
        together: Floats = np.tensordot(weights, np.stack(values), 1).astype(np.float32)
        return together

    vector = mean([part["vector"] for part in parts])
    leaves = mean([_softmax(part["leaf"]) for part in parts])
    return Reading(
        vector=vector / np.float32(max(math.sqrt(vector @ vector), 1e-9)),
        intents=mean([_softmax(part["intent"]) for part in parts]),
        kinds=_softmax(parts[0]["kind"]),
        types=mean([_softmax(part["appeal_type"]) for part in parts]),
        urgent=float(mean([_sigmoid(part["urgent"]) for part in parts])),
        leaves=np.log(leaves + 1e-9),
        tags=np.concatenate([part["tags"] for part in parts]),
        cuts=np.concatenate([part["cuts"] for part in parts]),
    )


def _by_character(values: Floats, tokens: Tokens, length: int) -> Floats:
    if tokens.spans is None:
        return values[1 : length + 1]
    spread = np.zeros((length, *values.shape[1:]), dtype=np.float32)
    if values.ndim == 2:
        spread[:, 0] = 1.0
    for value, (start, end) in zip(values, tokens.spans, strict=False):
        spread[start:end] = value
    return spread


def _softmax(values: Any) -> Any:
    # `reduce` itself: the methods around it cost more than the work on so few values.
    powers = np.exp(values - np.maximum.reduce(values, axis=-1, keepdims=True))
    return powers / np.add.reduce(powers, axis=-1, keepdims=True)


def _sigmoid(values: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-values))
