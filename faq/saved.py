"""An index on disk, its lexical part and its vectors together: loaded again until something changes that it is of."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

from faq import lexical, vectors, wording
from faq.index import Encode, Index, Parts
from faq.knowledge import Knowledge
from faq.lexical import Table
from faq.vectors import Rows

log = structlog.get_logger(__name__)

Arrays = Mapping[str, npt.NDArray[Any]]

_KEPT = 3
"""So many files stay: of the base as its files have it, as its keepers changed it, by words and by meaning."""
_MADE_BY = tuple(Path(module.__file__) for module in (lexical, vectors, wording) if module.__file__)


class Saved:
    """Indexes in a folder, a file each, named by what it is of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._code = _digest(*(file.read_bytes() for file in (*_MADE_BY, wording.WORDS)))

    def index(self, knowledge: Knowledge, encode: Encode | None = None, encoder: str = "") -> Index:
        """The index of these entries: loaded if it was made before, by this code and with this encoder, else made and
        kept. `encoder` is the fingerprint of what `encode` is of."""
        file = self._folder / f"index-{self._key(knowledge, encoder)}.npz"
        index = _loaded(file, knowledge, encode)
        if index is None:
            index = Index(knowledge, encode)
            self._keep(file, _arrays(index.parts))
        return index

    def _key(self, knowledge: Knowledge, encoder: str) -> str:
        wordings = json.dumps([entry.wordings for entry in knowledge], ensure_ascii=False)
        return _digest(self._code.encode(), encoder.encode(), wordings.encode("utf-8", "surrogatepass"))

    def _keep(self, file: Path, arrays: Arrays) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write(file, arrays)
            for old in sorted(self._folder.glob("index-*.npz"), key=_used, reverse=True)[_KEPT:]:
                old.unlink(missing_ok=True)
        except OSError as error:
            # Everything is answered all the same; the next start takes as long as this one.
            log.warning("index not kept", action="index_not_kept", file=str(file), reason=str(error))


def _loaded(file: Path, knowledge: Knowledge, encode: Encode | None) -> Index | None:
    if not file.exists():
        return None
    try:
        # Opened here: of a broken archive the library would leave its file open.
        with file.open("rb") as content, np.load(content, allow_pickle=False) as kept:
            index = Index(knowledge, encode, parts=_parts({name: kept[name] for name in kept.files}))
        os.utime(file)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("kept index not readable, made anew", action="index_broken", file=str(file), reason=str(error))
        return None
    return index


def _arrays(parts: Parts) -> Arrays:
    table = {field.name: getattr(parts.table, field.name) for field in fields(Table)}
    return table if parts.rows is None else table | {"vectors": parts.rows.rows, "rotation": parts.rows.rotation}


def _parts(arrays: Arrays) -> Parts:
    table = Table(**{field.name: arrays[field.name] for field in fields(Table)})
    return Parts(table, Rows(rows=arrays["vectors"], rotation=arrays["rotation"]) if "vectors" in arrays else None)


def _write(file: Path, arrays: Arrays) -> None:
    """In one step: who reads sees the whole file or none."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            np.savez(out, allow_pickle=False, **arrays)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _used(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0  # another node has just cleared it away


def _digest(*parts: bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()[:24]
