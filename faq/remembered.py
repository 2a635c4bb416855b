"""Meanings of the wordings of a knowledge base, kept so that only what is new is ever encoded."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import structlog

from faq.index import Encode, Meaning

log = structlog.get_logger(__name__)

_REMEMBERED = 200_000
"""Of a base with more wordings nothing is kept: 100 MB."""


class Remembered:
    """An `Encode` over another one. What a citizen asks (one text alone) is never kept."""

    def __init__(self, encode: Encode, file: Path | None = None, key: str = "", shipped: Path | None = None) -> None:
        """`file` keeps the meanings between two runs, `key` names the encoder that they are of; a file of another
        encoder, or one that cannot be read, is made anew. `shipped` is another such file, which is only read."""
        self._encode = encode
        self._file, self._key = file, key
        self._sources = tuple(source for source in (shipped, file) if source)
        self._known: Mapping[str, Meaning] | None = None

    def __call__(self, texts: Sequence[str]) -> Sequence[Meaning]:
        if len(texts) == 1:
            return self._encode(texts)
        # Read when it is needed first: an index that was kept needs no meanings.
        known = self._known
        if known is None:
            known = {text: meaning for source in self._sources for text, meaning in _read(source, self._key).items()}
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        found = {**known, **dict(zip(fresh, self._encode(fresh) if fresh else (), strict=True))}
        if len(texts) <= _REMEMBERED:
            self._known = {text: found[text] for text in texts}
            if fresh and self._file:
                self._keep(self._file, self._known)
        return [found[text] for text in texts]

    def _keep(self, file: Path, known: Mapping[str, Meaning]) -> None:
        try:
            _write(file, self._key, known)
        except OSError as error:
            # Everything is answered all the same; the next start finds them again.
            log.warning("meanings not kept", action="meanings_not_kept", file=str(file), reason=str(error))


def _read(file: Path, key: str) -> dict[str, Meaning]:
    try:
        # Opened here: of a broken archive the library would leave its file open.
        with file.open("rb") as content, np.load(content, allow_pickle=False) as kept:
            if str(kept["key"]) != key:
                return {}
            vectors = kept["vectors"].astype(np.float32)
            told = zip(kept["texts"].tolist(), vectors, kept["asks"].tolist(), strict=True)
            return {text: Meaning(vector, asks) for text, vector, asks in told}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}  # nothing is lost: it is encoded again, and the file written anew


def _write(file: Path, key: str, known: Mapping[str, Meaning]) -> None:
    """In one step: who reads sees the old file or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            np.savez(
                out,
                key=np.array(key),
                texts=np.array(list(known), dtype=np.str_),
                vectors=np.stack([meaning.vector for meaning in known.values()]).astype(np.float16),
                asks=np.array([meaning.asks for meaning in known.values()], dtype=np.float32),
            )
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
