"""The small transformer that reads a message once and answers everything: ONNX Runtime, no PyTorch, one thread."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import numpy as np
import numpy.typing as npt

from nlu.interpretation import AppealType, EmergencyKind, Intent, Path
from nlu.letters import Letters, Tokens, load_letters
from nlu.linear import Linear
from nlu.model_folder import (
    ENCODER_FILE,
    MODEL_FILE,
    OUTPUTS,
    WAY_OUT,
    ModelError,
    load_linears,
    load_session,
    read_card,
    shapes_of,
)

Floats = npt.NDArray[np.float32]

SHIPPED = File(__file__).with_name("models") / "suda"
"""The weights that come with the project."""
# What stands later in a message than this is not read by the encoder; the rules still read it.
_WINDOWS = 8
# A reading that gives less than this to asking and to reporting says of neither.
_NEITHER = 0.02
# The opening of a letter says what it is about; each further part says less.
_FADING = 0.6
_ENDS = "。！？!?；;\n"


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
    cuts: Floats  # (characters,): another matter begins here; of each window, what is left to one is that none does

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
        self.linears = tuple(linears)
        """What stands beside it over runs of characters."""
        self.card = card
        self.fingerprint = fingerprint
        """Of the weights: what one encoder said means nothing to another."""
        self.leaves: tuple[Path, ...] = tuple((one, two, three) for one, two, three in card["leaves"])
        self._longest = int(card["longest"]) - 2

    @classmethod
    def load(cls, folder: File, threads: int = 1) -> Encoder:
        """Read a model folder, as `suda nlu train` writes it, and try it. ModelError names what is wrong with it."""
        card = read_card(folder)
        file = folder / ENCODER_FILE
        try:
            weights = file.read_bytes()
        except OSError as wrong:
            raise ModelError(f"{file} cannot be read: {wrong.strerror}; {WAY_OUT}") from wrong
        session = load_session(file, weights, threads)
        letters = load_letters(folder, card["longest"])
        fingerprint = hashlib.sha256(weights).hexdigest()[:16]
        encoder = cls(session, letters, card, load_linears(folder), fingerprint)
        encoder._try(file)
        return encoder

    def _try(self, file: File) -> None:
        """Sees to it that the weights are of these labels and this alphabet, and take as long a text as is said."""
        trials = (self._letters.tokens("一" * self._longest), self._letters.highest())
        for tokens in trials:
            try:
                answer = self._answer(tokens)
            except Exception as wrong:  # the library raises classes of its own C++ layer, unexported
                raise ModelError(f"{file} does not fit the files beside it: {wrong}; {WAY_OUT}") from wrong
            for name, shape in shapes_of(self.card, len(tokens.ids)).items():
                if answer[name].shape != shape:
                    raise ModelError(
                        f"{file} does not fit {MODEL_FILE}: its output {name} is of the shape {answer[name].shape}, "
                        f"by the labels it must be {shape}; {WAY_OUT}"
                    )
            if answer["vector"].ndim != 1 or not all(np.isfinite(value).all() for value in answer.values()):
                raise ModelError(f"{file} gives no numbers that mean anything; {WAY_OUT}")

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Read normalized texts; any text will do, an empty one too. ModelError when the model fails on one."""
        # One at a time: eight-bit sums are scaled by all that is read together, and the same message must always be
        # understood the same, whoever else writes at that moment. A batch would gain little.
        return [self._read(text) for text in texts]

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Sentence vectors (texts, width), each of length one."""
        return np.stack([reading.vector for reading in self.read(texts)])

    def _read(self, text: str) -> Reading:
        try:
            reading = _joined([self._run(part) for part in self._windows(text)])
        except Exception as wrong:  # whatever a foreign model or tokenizer raises, rules can still understand the text
            raise ModelError(f"the model failed on a text of {len(text)} characters; {WAY_OUT}") from wrong
        if not all(
            np.isfinite(values).all() for values in (reading.vector, reading.leaves, reading.tags, reading.cuts)
        ):
            raise ModelError(f"the model gave no numbers for a text of {len(text)} characters; {WAY_OUT}")
        return reading

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
        answer = self._answer(tokens)
        answer["tags"] = _by_character(_softmax(answer["tags"]), tokens, len(text))
        answer["cuts"] = _where_cut(_softmax(answer["cuts"]), tokens, len(text))
        return answer

    def _answer(self, tokens: Tokens) -> dict[str, Any]:
        given = {"ids": tokens.ids[None], "pairs": tokens.pairs[None], "mask": np.ones((1, len(tokens.ids)), np.int64)}
        answers = self._session.run(OUTPUTS, {name: given[name] for name in self._inputs})
        return {name: value[0] for name, value in zip(OUTPUTS, answers, strict=True)}


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
    spread[:, 0] = 1.0
    for value, (start, end) in zip(values, tokens.spans, strict=False):
        spread[start:end] = value
    return spread


def _where_cut(values: Floats, tokens: Tokens, length: int) -> Floats:
    """The first token stands for there being but one matter; of each other the first character may begin one."""
    if tokens.spans is None:
        return values[1 : length + 1]
    begins = np.zeros(length, dtype=np.float32)
    for value, (start, end) in zip(values[1:], tokens.spans[1:], strict=False):
        if end > start:
            begins[start] = value
    return begins


def _softmax(values: Any) -> Any:
    # `reduce` itself: the methods around it cost more than the work on so few values.
    powers = np.exp(values - np.maximum.reduce(values, axis=-1, keepdims=True))
    return powers / np.add.reduce(powers, axis=-1, keepdims=True)


def _sigmoid(values: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-values))
