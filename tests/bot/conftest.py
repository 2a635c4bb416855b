"""The `suda` command at a terminal in a folder of its own."""

import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.cli import main
from bot.storage.sql import SqlStorage

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: object
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Its lines as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


class Terminal:
    """Runs commands in a folder of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._patch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str, typed: str | bytes = "") -> Said:
        self._patch.setattr(sys, "argv", ["suda", *words])
        told = typed.encode() if isinstance(typed, str) else typed
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(told), "utf-8"))
        self._capsys.readouterr()
        code = _exit_code()
        printed = self._capsys.readouterr()
        return Said(code, printed.out, printed.err)

    @property
    def storage(self) -> SqlStorage:
        """The record that the commands use."""
        return SqlStorage(f"sqlite:///{self.folder}/suda.db")


def _exit_code() -> object:
    try:
        main()
    except SystemExit as ended:
        return ended.code or 0
    return 0


@pytest.fixture
def suda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Terminal]:
    """The command, with nothing configured but where its data lie."""
    for name in [name for name in os.environ if name.startswith("SUDA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SUDA_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield Terminal(tmp_path, monkeypatch, capsys)
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)
