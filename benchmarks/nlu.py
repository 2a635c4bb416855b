"""How well and how fast suda understands, beside what one would take otherwise, on the same rows in the same run.

    make bench-nlu LETTERS=rows.jsonl TRAIN=rows.jsonl GOLD=rows.jsonl CHAT=rows.jsonl TURNS=rows.jsonl

Rows are JSON Lines as `suda nlu evaluate` reads them; CHAT rows name their city pack in `city`. A file that is not
given is left out; without any, only the cost is measured: time, and the memory and load time of the encoder.
Places: jieba (tag ns) and, for the district, cpca. Category: a linear support vector machine over runs of characters,
trained on TRAIN. MODEL names a model folder that `suda nlu train` made of TRAIN, to stand beside. Times are of one
core.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nlu.encoder import SHIPPED, Encoder
from nlu.evaluate import evaluate, macro_f1, understand
from nlu.interpreter import Interpreter
from nlu.labels import read_rows

Row = dict[str, Any]
_CITIES = Path(__file__).parent.parent / "cities"
_MESSAGE = "铁东区绿化街58栋1单元门前下水井堵塞返脏，三天了没人来修，楼道里全是味，麻烦派人"


def main() -> None:
    """Measure what was given, print, and append to the record of figures."""
    given = _options()
    if given.probe:
        print(json.dumps(_probe()))
        return
    figures: dict[str, Any] = {"date": datetime.now(UTC).date().isoformat(), "machine": _machine()}
    figures |= _cost()
    interpreters = {"generic": _interpreter("generic")}
    if given.gold:
        figures["letters, annotated"] = _beside_jieba(read_rows(given.gold), interpreters)
    if given.chat:
        figures["chat"] = _beside_jieba(read_rows(given.chat), interpreters)
    if given.turns:
        rows = read_rows(given.turns)
        figures["turns"] = _ours(rows, interpreters)
    if given.letters:
        figures["letters, level 1"] = _beside_machine(given)
    _show(figures)
    if given.out:
        with given.out.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps(figures, ensure_ascii=False) + "\n")


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("letters", "train", "gold", "chat", "turns", "model", "out"):
        options.add_argument(f"--{name}", type=Path)
    options.add_argument("--probe", action="store_true", help=argparse.SUPPRESS)
    return options.parse_args()


def _interpreter(city: str, model: Path = SHIPPED) -> Interpreter:
    return Interpreter.load(_CITIES / city, Encoder.load(model))


# -- what it costs


def _cost() -> dict[str, Any]:
    """Time, memory and load, in a fresh process that is held to one core."""
    command = [sys.executable, "-m", "benchmarks.nlu", "--probe"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return {"cost": json.loads(found.stdout)}


def _probe() -> dict[str, float]:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    bare = Interpreter.load(_CITIES / "anshan")
    before = _memory()
    began = time.perf_counter()
    encoder = Encoder.load(SHIPPED)
    bare.use(encoder)
    bare.parse(_MESSAGE)
    loaded = time.perf_counter() - began
    single = [_timed(lambda: bare.parse(_MESSAGE)) for _ in range(400)]
    batch = [_timed(lambda: bare.parse_many([_MESSAGE] * 32)) for _ in range(20)]
    memory = _memory() - before
    bare.use(None)
    rules = [_timed(lambda: bare.parse(_MESSAGE)) for _ in range(400)]
    return {
        "ms a message, batch 1, median": 1000 * statistics.median(single),
        "of these by rules alone, ms": 1000 * statistics.median(rules),
        "messages a second, batch 32": 32 / statistics.median(batch),
        "memory added by the encoder, MB": memory,
        "load of the encoder, s": loaded,
    }


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# -- how well it does


def _beside_jieba(rows: Sequence[Row], interpreters: dict[str, Interpreter]) -> dict[str, dict[str, float]]:
    import cpca
    import jieba.posseg

    figures = {"suda": _ours(rows, interpreters)}
    tagged = [_spans_of(jieba.posseg.cut(row["text"])) for row in rows]
    figures["jieba ns"] = {"loc_char_f1": _char_f1(rows, tagged)}
    named = [(row["district"], row["text"]) for row in rows if row.get("district")]
    if named:
        found = cpca.transform([text for _, text in named])["区"]
        figures["cpca"] = {
            "district": sum(want == got for (want, _), got in zip(named, found, strict=True)) / len(named)
        }
    return figures


def _ours(rows: Sequence[Row], interpreters: dict[str, Interpreter]) -> dict[str, float]:
    """What `suda nlu evaluate` would print: each row is read with its own city."""

    def of(city: str) -> Interpreter:
        name = city or "generic"
        if name not in interpreters:
            interpreters[name] = _interpreter(name)
        return interpreters[name]

    return evaluate(rows, understand(rows, of)).figures


def _spans_of(words: Any) -> set[int]:
    marked: set[int] = set()
    at = 0
    for word, flag in words:
        if flag == "ns":
            marked.update(range(at, at + len(word)))
        at += len(word)
    return marked


def _char_f1(rows: Sequence[Row], tagged: Sequence[set[int]]) -> float:
    hit = said = marked = 0
    for row, got in zip(rows, tagged, strict=True):
        gold = {at for place in row["locations"] for at in range(place["start"], place["end"])}
        hit, said, marked = hit + len(gold & got), said + len(got), marked + len(gold)
    return 2 * hit / (said + marked)


def _beside_machine(given: argparse.Namespace) -> dict[str, float]:
    rows = read_rows(given.letters)
    labels = [row["level1"] for row in rows]
    known = sorted(set(labels))
    texts = [row["text"] for row in rows]
    figures = {"suda, shipped, among these classes": macro_f1(labels, _among(_interpreter("generic"), texts, known))}
    figures["suda, shipped, open"] = macro_f1(labels, _among(_interpreter("generic"), texts, None))
    if given.model:
        trained = _interpreter("generic", given.model)
        figures["suda, trained on TRAIN"] = macro_f1(labels, _among(trained, texts, known))
    if given.train:
        figures["support vector machine on TRAIN"] = macro_f1(labels, _machine_says(read_rows(given.train), texts))
    return figures


def _among(interpreter: Interpreter, texts: Sequence[str], known: Sequence[str] | None) -> list[str]:
    """The first level of each text; with `known`, the likeliest of these."""
    got = []
    for interpretation in interpreter.parse_many(texts):
        paths = [candidate.path[0] for candidate in interpretation.candidates]
        got.append(next((name for name in paths if known is None or name in known), "?"))
    return got


def _machine_says(rows: Sequence[Row], texts: Sequence[str]) -> list[str]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    machine = LinearSVC().fit(vectorizer.fit_transform([row["text"] for row in rows]), [row["level1"] for row in rows])
    return [str(label) for label in machine.predict(vectorizer.transform(texts))]


def _machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _show(figures: dict[str, Any], depth: int = 0) -> None:
    for name, value in figures.items():
        if isinstance(value, dict):
            print(f"{'  ' * depth}{name}")
            _show(value, depth + 1)
        else:
            print(
                f"{'  ' * depth}{name:40} {value:.4f}"
                if isinstance(value, float)
                else f"{'  ' * depth}{name:40} {value}"
            )


if __name__ == "__main__":
    main()
