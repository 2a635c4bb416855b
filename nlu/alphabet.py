"""The letters that the encoder reads: every character is one token, and every two neighbours are a pair.

Characters keep offsets exact: a place may begin anywhere. The pairs give back what words would have told, at the cost
of a look-up.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sentencepiece

Ids = npt.NDArray[np.int64]

PAD, UNKNOWN, START, MASK = 0, 1, 2, 3
# Of pairs: none or unknown, and one of whose two characters is masked.
NO_PAIR, MASKED_PAIR = 0, 1
FIRST_PAIR = 2

CHARACTERS_FILE, PAIRS_FILE = "characters.model", "pairs.npy"


class AlphabetError(ValueError):
    """The files of an alphabet are missing or do not belong together; the message names the file."""


@dataclass(frozen=True, slots=True)
class Alphabet:
    """A SentencePiece model of single characters, and the known pairs as sorted numbers `first * size + second`."""

    characters: sentencepiece.SentencePieceProcessor
    pairs: Ids
    size: int = field(init=False)
    """How many character ids there are."""
    _ids: npt.NDArray[np.int32] = field(init=False, repr=False)  # by code point; the last place is for all beyond

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", int(self.characters.get_piece_size()))
        object.__setattr__(self, "_ids", _by_code_point(self.characters))

    @classmethod
    def load(cls, folder: Path) -> Alphabet:
        """Read both files of a model folder."""
        try:
            characters = sentencepiece.SentencePieceProcessor(model_file=str(folder / CHARACTERS_FILE))
            alphabet = cls(characters, _pairs(folder / PAIRS_FILE))
        except (OSError, EOFError, RuntimeError, ValueError) as wrong:
            # Not the library's own words: of a file that is no array it says how to load it unsafely.
            what = type(wrong).__name__
            raise AlphabetError(f"{folder}: {CHARACTERS_FILE} and {PAIRS_FILE} cannot be read ({what})") from wrong
        if alphabet.size <= MASK:
            raise AlphabetError(f"{folder / CHARACTERS_FILE} holds no characters")
        return alphabet

    def copied_to(self, folder: Path, out: Path) -> Alphabet:
        """The same alphabet, its files in `out` as well."""
        out.mkdir(parents=True, exist_ok=True)
        for name in (CHARACTERS_FILE, PAIRS_FILE):
            if (folder / name).resolve() != (out / name).resolve():
                shutil.copyfile(folder / name, out / name)
        return self

    @property
    def pair_count(self) -> int:
        """How many pair ids there are."""
        return len(self.pairs) + FIRST_PAIR

    def encode(self, text: str) -> tuple[Ids, Ids]:
        """Character ids and pair ids, both of length `len(text) + 1`: a start token, then one for each character."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        ids = np.empty(len(codes) + 1, np.int64)
        ids[0] = START
        ids[1:] = self._ids[np.minimum(codes, len(self._ids) - 1)]
        return ids, self.pair(ids)

    def pair(self, ids: Ids) -> Ids:
        """The pair that begins at each position; the last has none."""
        found = np.zeros(len(ids), dtype=np.int64)
        if len(ids) > 1 and len(self.pairs):
            wanted = ids[:-1] * self.size + ids[1:]
            spots = np.minimum(self.pairs.searchsorted(wanted), len(self.pairs) - 1)
            found[:-1] = np.where(self.pairs[spots] == wanted, spots + FIRST_PAIR, NO_PAIR)
        return found


def _pairs(file: Path) -> Ids:
    with file.open("rb") as content:
        # The reader of arrays alone: `load` would take an archive too.
        pairs = np.lib.format.read_array(content, allow_pickle=False)
    if pairs.ndim != 1 or pairs.dtype.kind not in "iu" or (np.diff(pairs.astype(np.int64)) <= 0).any():
        raise ValueError("not ascending whole numbers")
    return pairs.astype(np.int64)


def _by_code_point(characters: sentencepiece.SentencePieceProcessor) -> npt.NDArray[np.int32]:
    """The id of each character, for all of a text to be looked up at once."""
    pieces = [str(characters.id_to_piece(number)) for number in range(characters.get_piece_size())]
    known = {ord(piece): number for number, piece in enumerate(pieces) if len(piece) == 1}
    # SentencePiece's sign for a space must not come from outside, and a line break is none of its characters.
    known |= dict.fromkeys(map(ord, " \n\r\t\u2581"), known.get(ord("\u2581"), UNKNOWN))
    ids = np.full(max(known) + 2, UNKNOWN, np.int32)
    ids[list(known)] = list(known.values())
    return ids
