"""How well and how fast the knowledge base answers, beside what one would take otherwise, on the same rows in the same
run.

    make bench-faq FAQ="base.jsonl,questions.jsonl other.jsonl,others.jsonl"

Each pair is a knowledge base and its questions as `suda faq evaluate` reads them. Beside ours, with the model and by
words alone: BM25 over jieba's words (bm25s), SQLite's trigram index, and RapidFuzz. The time of one search is taken
over 100,000 entries, on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from bot.knowledge_base import encoding
from faq.entry import Entry
from faq.evaluate import Question, load_questions, measure, predict
from faq.index import Index
from faq.knowledge import Knowledge
from faq.saved import Saved
from faq.wording import clean
from nlu.encoder import SHIPPED, Encoder

_CORPUS = Path(__file__).parent.parent / "faq" / "corpus"
_MANY = 100_000
_DAY = date(2026, 11, 25)

T = TypeVar("T")
Search = Callable[[str], Sequence[str]]
"""A question to the ids of entries, best first."""


def main() -> None:
    """Measure what was given, print, and append to the record of figures."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--faq", nargs="*", default=[], metavar="BASE,QUESTIONS")
    options.add_argument("--out", type=Path)
    options.add_argument("--probe", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.probe:
        print(json.dumps(_probe()))
        return
    figures: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "search": _in_one_core(),
    }
    for pair in given.faq:
        base, questions = (Path(part) for part in pair.split(","))
        figures[f"{base.parent.name}/{base.name}"] = _compared(Knowledge.load(base), load_questions(questions))
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    if given.out:
        with given.out.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps(figures, ensure_ascii=False) + "\n")


# -- how well


def _compared(knowledge: Knowledge, questions: Sequence[Question]) -> dict[str, dict[str, float]]:
    encode = encoding(Encoder.load(SHIPPED))
    found = {}
    for name, index in (("suda", Index(knowledge, encode)), ("suda, words alone", Index(knowledge))):
        found[name] = asdict(measure(questions, predict(index, questions, _DAY)))
    for name, search in (("bm25s + jieba", _bm25), ("SQLite trigram", _trigram), ("RapidFuzz", _fuzzy)):
        found[name] = _recalls(search(knowledge), questions)
    return found


def _recalls(search: Search, questions: Sequence[Question]) -> dict[str, float]:
    known = [(question.answer_id, search(question.text)) for question in questions if question.answer_id]
    return {f"recall_at_{places}": sum(right in top[:places] for right, top in known) / len(known) for places in (1, 3)}


def _once_each(owners: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(owners))


def _bm25(knowledge: Knowledge) -> Search:
    import bm25s
    import jieba

    texts = [(entry.id, text) for entry in knowledge for text in entry.wordings]
    engine = bm25s.BM25()
    engine.index([jieba.lcut(text) for _, text in texts], show_progress=False)

    def search(text: str) -> list[str]:
        numbers, _ = engine.retrieve([jieba.lcut(text)], k=min(10, len(texts)), show_progress=False)
        return _once_each([texts[int(number)][0] for number in numbers[0]])

    return search


def _trigram(knowledge: Knowledge) -> Search:
    table = sqlite3.connect(":memory:")
    table.execute("CREATE VIRTUAL TABLE said USING fts5(id UNINDEXED, text, tokenize='trigram')")
    table.executemany(
        "INSERT INTO said VALUES (?, ?)", [(entry.id, text) for entry in knowledge for text in entry.wordings]
    )

    def search(text: str) -> list[str]:
        plain = clean(text)
        runs = " OR ".join(f'"{plain[at : at + 3]}"' for at in range(len(plain) - 2))
        if not runs:
            return []
        rows = table.execute("SELECT id FROM said WHERE said MATCH ? ORDER BY rank LIMIT 10", (runs,)).fetchall()
        return _once_each([row[0] for row in rows])

    return search


def _fuzzy(knowledge: Knowledge) -> Search:
    from rapidfuzz import fuzz, process

    texts = [(entry.id, clean(text)) for entry in knowledge for text in entry.wordings]
    plain = [text for _, text in texts]

    def search(text: str) -> list[str]:
        best = process.extract(clean(text), plain, scorer=fuzz.ratio, limit=10)
        return _once_each([texts[number][0] for _, _, number in best])

    return search


# -- how fast


def _in_one_core() -> dict[str, float]:
    """Time and memory in a fresh process that is held to one core."""
    command = [sys.executable, "-m", "benchmarks.faq", "--probe"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    measured: dict[str, float] = json.loads(told)
    return measured


def _probe() -> dict[str, float]:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import numpy as np

    from faq.index import Meaning

    chance = random.Random(7)
    said = [
        line.strip("= \n")
        for file in sorted(_CORPUS.rglob("*.txt"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    halves = [(text[: len(text) // 2], text[len(text) // 2 :]) for text in said]
    texts = [chance.choice(halves)[0] + chance.choice(halves)[1] for _ in range(_MANY)]
    knowledge = Knowledge([Entry(id=str(n), question=text, answer="见公告。") for n, text in enumerate(texts)])
    # A search with vectors costs the same whatever they say; the encoder itself is measured by bench-nlu.
    vectors = np.random.default_rng(7).normal(size=(_MANY, 256)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    def encode(asked: Sequence[str]) -> list[Meaning]:
        return [Meaning(vectors[n % _MANY], 0.9) for n in range(len(asked))]

    with tempfile.TemporaryDirectory() as folder:
        saved = Saved(Path(folder))
        built, _ = _lasting(lambda: saved.index(knowledge, encode, "probe"))
        loaded, index = _lasting(lambda: saved.index(knowledge, encode, "probe"))
        kept = sum(file.stat().st_size for file in Path(folder).iterdir())
    times = [_timed(index, text) for text in chance.sample(said, 500)]
    times.sort()
    return {
        "entries": _MANY,
        "build and keep, s": built,
        "load, s": loaded,
        "kept, MB": kept / 1e6,
        "ms a search, median": 1000 * statistics.median(times),
        "ms a search, 99 of 100": 1000 * times[int(0.99 * len(times))],
    }


def _timed(index: Index, text: str) -> float:
    return _lasting(lambda: index.ask(text, _DAY))[0]


def _lasting(work: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


if __name__ == "__main__":
    main()
