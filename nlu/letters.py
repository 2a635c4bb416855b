"""How a model cuts text into tokens: by our own alphabet, or by the tokenizer of a Hugging Face encoder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as File
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nlu.alphabet import CHARACTERS_FILE, START, Alphabet, AlphabetError
from nlu.model_folder import TOKENIZER_FILE, WAY_OUT, ModelError

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Ids, pair ids, and the characters that each token stands for (none for the start and the end)."""

    ids: Ids
    pairs: Ids
    spans: tuple[tuple[int, int], ...] | None = None  # None: token n + 1 is character n


class Letters(Protocol):
    """How a model cuts text into tokens."""

    def tokens(self, text: str) -> Tokens:
        """The tokens of a text that fits one window."""
        ...

    def highest(self) -> Tokens:
        """Tokens of the highest ids: a model that takes these takes all."""
        ...


class OwnLetters:
    """Our own alphabet: one token a character, after a start."""

    def __init__(self, alphabet: Alphabet) -> None:
        self._alphabet = alphabet

    def tokens(self, text: str) -> Tokens:
        """See `Letters`."""
        return Tokens(*self._alphabet.encode(text))

    def highest(self) -> Tokens:
        """See `Letters`."""
        ids = np.array([START, self._alphabet.size - 1], dtype=np.int64)
        return Tokens(ids, np.array([0, self._alphabet.pair_count - 1], dtype=np.int64))


class ForeignLetters:
    """The tokenizer of a Hugging Face encoder, by the library that such folders are made for."""

    def __init__(self, file: File, longest: int) -> None:
        try:
            import tokenizers
        except ModuleNotFoundError as missing:
            raise ModelError(f"{file} needs the package tokenizers; the way out: pip install tokenizers") from missing
        try:
            self._tokenizer = tokenizers.Tokenizer.from_file(str(file))
            self._tokenizer.enable_truncation(longest)
        except Exception as wrong:  # the library raises bare Exception
            raise ModelError(f"{file} is no tokenizer: {wrong}; {WAY_OUT}") from wrong

    def tokens(self, text: str) -> Tokens:
        """See `Letters`."""
        found = self._tokenizer.encode(text)
        ids = np.array(found.ids, dtype=np.int64)
        return Tokens(ids, np.zeros_like(ids), tuple((start, end) for start, end in found.offsets))

    def highest(self) -> Tokens:
        """See `Letters`."""
        ids = np.array([self._tokenizer.get_vocab_size() - 1], dtype=np.int64)
        return Tokens(ids, np.zeros_like(ids), ((0, 0),))


def load_letters(folder: File, longest: int) -> Letters:
    """How the model of a folder cuts text."""
    if (folder / TOKENIZER_FILE).exists():
        return ForeignLetters(folder / TOKENIZER_FILE, longest)
    if not (folder / CHARACTERS_FILE).exists():
        raise ModelError(f"{folder} has neither {CHARACTERS_FILE} nor {TOKENIZER_FILE}; {WAY_OUT}")
    try:
        return OwnLetters(Alphabet.load(folder))
    except AlphabetError as wrong:
        raise ModelError(f"{wrong}; {WAY_OUT}") from wrong
