"""`suda nlu train`: from labelled rows, or from our own corpus, to a model folder that can be served."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nlu.alphabet import CHARACTERS_FILE, Alphabet
from nlu.evaluate import macro_f1
from nlu.interpretation import Path
from nlu.letters import Letters, OwnLetters, load_letters
from nlu.linear import Linear
from nlu.model_folder import LINEAR_FILES, MODEL_FILE, TOKENIZER_FILE, ModelError, read_card
from nlu.normalize import normalize
from nlu.taxonomy import Taxonomy
from nlu.training import corpus, rows
from nlu.training.corpus import CorpusError, Example
from nlu.training.export import export
from nlu.training.fit_linear import best_share, fit
from nlu.training.network import Body, Encoder, ForeignBody, Shape
from nlu.training.targets import INTENTS, Targets
from nlu.training.trainer import Trainer, TrainingPlan, predictions, sizes_of, start
from nlu.training.weights import WEIGHTS_FILE, load_weights, save_weights

Say = Callable[[str], None]

# Below this many rows a linear model of its own would only learn them by heart.
_ENOUGH = 200
LEAF_LINEAR, OWN_LINEAR = "linear-leaves.npz", "linear-own.npz"
# Set on the development set of `nlu/corpus`.
LEAF_KEPT, LEAF_SHARPNESS, LEAF_SHARE = 3, 24.0, 0.5
_HELD = 0.1
# Where a city's own rows were learnt they count: how much the linear model that was there before still does beside
# them, and how much encoder and lexicon.
_INHERITED = 0.5
_OWN_WEIGHTS = {"encoder": 1.0, "lexicon": 0.0}
_OWN_STRICTNESS, _OWN_SHARPNESS = 2.0, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to train on, from where, and into which folder."""

    train: File
    """JSON Lines of labelled rows, or a folder of our own corpus."""
    dev: File | None
    """Rows to stop early by; without it every tenth row is held back."""
    out: File
    start: File
    """A model folder to train on from, or a pre-trained checkpoint with its alphabet beside it."""
    taxonomy: Taxonomy
    """Its leaves and their keywords; categories of the rows are added."""
    scheme: Sequence[Path]
    """The categories that a corpus of marked lines may name."""
    groups: Sequence[File] = ()
    """The paraphrase corpus."""
    replay: File | None = None
    """Our own corpus, mixed into a city's rows so that what they do not speak of is not forgotten."""
    names: Sequence[str] = ()
    """Names of places, to put in place of others."""
    hold_out: str = ""
    """A writer of the corpus to measure with instead of training on."""
    plan: TrainingPlan = field(default_factory=TrainingPlan)


def train(task: Task, say: Say) -> dict[str, float]:
    """Train, export, and return the figures on what was held back."""
    torch.manual_seed(task.plan.seed)  # of the heads that begin untrained
    known = [category.path for category in task.taxonomy]
    own = task.train.is_dir()
    kept_apart = _dev(task.dev, task.scheme) if task.dev else []
    if own:
        written = corpus.read(sorted(task.train.rglob("*.txt")), task.scheme)
        examples = corpus.without_near_duplicates(written, kept_apart)
    else:
        examples = rows.read_examples(task.train)
    train_on, held = _parted(task, examples, kept_apart)
    began = _begin(task, train_on, known)
    leaves = began.leaves
    city_rows = list(train_on)
    if task.replay and not own:
        some = corpus.without_near_duplicates(corpus.read(sorted(task.replay.rglob("*.txt")), task.scheme))
        chosen = np.random.default_rng(task.plan.seed).permutation(len(some))[: len(train_on)]
        train_on = [*train_on, *(some[i] for i in chosen)]
    say(f"{len(train_on)} rows to train on, {len(held)} held back, {len(leaves)} categories")
    groups = corpus.read_groups(task.groups) if task.groups else []
    described = [(c.path, [word.replace("…", "") for word in c.keywords]) for c in task.taxonomy if own]
    trainer = Trainer(began.encoder, began.letters, leaves, train_on, groups, described, task.names, task.plan)
    targets = Targets(began.letters, leaves, task.plan.longest)
    encoder = trainer.run(task.out, say, lambda so_far: _score(figures(so_far, targets, held, leaves))).cpu()
    measured = figures(encoder, targets, held, leaves)
    if own:
        _add_leaf_linear(task, city_rows, say)
    else:
        for file in task.start.glob(LINEAR_FILES) if task.start.is_dir() else ():
            inherited = Linear.load(file)
            replace(inherited, share=inherited.share * _INHERITED).save(task.out / file.name)
        _add_own_linear(task, city_rows, held, encoder, targets, leaves, say)
    if began.shape:
        save_weights(encoder.state_dict(), task.out / WEIGHTS_FILE)
    card: dict[str, Any] = {
        "name": task.out.name,
        "made": datetime.now(UTC).date().isoformat(),
        "rows": len(train_on),
        "groups": len(groups),
        "seed": task.plan.seed,
        "shape": began.shape,
        **({} if own else {"weights": _OWN_WEIGHTS}),
        "figures": {name: round(value, 4) for name, value in measured.items()},
    }
    export(encoder, task.out, letters=began.folder, leaves=leaves, longest=task.plan.longest, card=card)
    return measured


def _parted(task: Task, examples: Sequence[Example], kept_apart: list[Example]) -> tuple[list[Example], list[Example]]:
    if task.hold_out:
        held = [example for example in examples if example.writer == task.hold_out]
        if not held:
            writers = ", ".join(sorted({example.writer for example in examples}))
            raise CorpusError(f"no writer {task.hold_out} in {task.train}: it has {writers}")
        return [example for example in examples if example.writer != task.hold_out], held
    if kept_apart:
        return list(examples), kept_apart
    chance = np.random.default_rng(task.plan.seed).random(len(examples)) < _HELD
    return (
        [example for example, held in zip(examples, chance, strict=True) if not held],
        [example for example, held in zip(examples, chance, strict=True) if held],
    )


def _dev(dev: File, known: Sequence[Path]) -> list[Example]:
    return corpus.read(sorted(dev.rglob("*.txt")), known) if dev.is_dir() else rows.read_examples(dev)


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What training goes on from."""

    encoder: Encoder
    letters: Letters
    folder: File
    """Where the files of the letters are."""
    leaves: list[Path]
    shape: dict[str, Any] | None
    """None with a body that is not ours: nothing can be trained on from it but its own folder."""


def _begin(task: Task, examples: Sequence[Example], known: list[Path]) -> _Beginning:
    """The encoder to train and its leaves: those it had, or those of the taxonomy, and those of the rows."""
    told = rows.paths_of(examples)
    leaves = list(dict.fromkeys([*known, *told]))
    if task.start.is_file():
        encoder = start(task.start, sizes_of(leaves))
        letters = OwnLetters(Alphabet.load(task.start.parent))
        return _Beginning(encoder, letters, task.start.parent, leaves, encoder.body.shape.as_json())
    if (task.start / "config.json").exists():
        return _begin_foreign(task, leaves)
    if not (task.start / CHARACTERS_FILE).exists() or not (task.start / WEIGHTS_FILE).exists():
        raise ModelError(
            f"{task.start} is nothing to train on from: a model folder of suda has {MODEL_FILE}, {WEIGHTS_FILE} and "
            f"{CHARACTERS_FILE}, a Hugging Face folder config.json and {TOKENIZER_FILE}"
        )
    card = read_card(task.start)
    before: list[Path] = [(one, two, three) for one, two, three in card["leaves"]]
    leaves = list(dict.fromkeys([*before, *told]))
    body = Body(Shape(**card["shape"]))
    encoder = Encoder(body, body.shape.hidden, sizes_of(leaves))
    encoder.load_state_dict(_grown(load_weights(task.start / WEIGHTS_FILE), encoder.state_dict()))
    return _Beginning(encoder, OwnLetters(Alphabet.load(task.start)), task.start, leaves, card["shape"])


def _begin_foreign(task: Task, leaves: list[Path]) -> _Beginning:
    if not (task.start / TOKENIZER_FILE).exists():
        raise ModelError(f"{task.start} has no {TOKENIZER_FILE}: save it with a fast tokenizer (save_pretrained)")
    body = ForeignBody(str(task.start))
    encoder = Encoder(body, body.hidden, sizes_of(leaves))
    return _Beginning(encoder, load_letters(task.start, task.plan.longest), task.start, leaves, None)


def _grown(kept: dict[str, Tensor], fresh: dict[str, Tensor]) -> dict[str, Tensor]:
    """Heads that have more answers than before keep the old ones, and begin the new ones untrained."""
    grown = {}
    for name, tensor in fresh.items():
        old = kept[name]
        if old.shape != tensor.shape:
            tensor = tensor.clone()
            tensor[: len(old)] = old
            old = tensor
        grown[name] = old
    return grown


def figures(encoder: Encoder, targets: Targets, held: Sequence[Example], leaves: Sequence[Path]) -> dict[str, float]:
    """What the encoder alone gets right of held-back examples, by head; a head that nobody told of is left out."""
    answers = predictions(encoder, targets, held)
    first = np.array([path[0] for path in leaves])
    found: dict[str, list[float]] = {}
    wanted: list[str] = []
    got: list[str] = []
    for example, answer in zip(held, answers, strict=True):
        order = np.argsort(-answer["leaf"])
        label = example.path[0] if example.path else example.level1
        if label:
            shares = np.exp(answer["leaf"] - answer["leaf"].max())
            names = sorted(set(first))
            wanted.append(label)
            got.append(max(names, key=lambda name: float(shares[first == name].sum())))
        if example.path:
            accepted = {example.path, *example.also}
            found.setdefault("leaf", []).append(leaves[int(order[0])] in accepted)
            found.setdefault("leaf_top3", []).append(any(leaves[int(i)] in accepted for i in order[:3]))
        if "intent" in example.told:
            found.setdefault("intent", []).append(INTENTS[int(answer["intent"].argmax())] == example.intent)
    measured = {name: float(np.mean(values)) for name, values in found.items()}
    if wanted:
        measured["level1_macro_f1"] = macro_f1(wanted, got)
    if any("locations" in example.told for example in held):
        measured["place_char_f1"] = _place_f1(held, answers)
    return measured


def _place_f1(held: Sequence[Example], answers: Sequence[dict[str, Any]]) -> float:
    hit = said = marked = 0
    for example, answer in zip(held, answers, strict=True):
        if "locations" not in example.told:
            continue
        offsets = normalize(example.text).offsets
        tagged = {offsets[i] for i, tag in enumerate(answer["tags"][1 : len(offsets) + 1].argmax(-1)) if tag > 0}
        gold = {at for span in example.spans for at in range(span.start, span.end)}
        hit, said, marked = hit + len(tagged & gold), said + len(tagged), marked + len(gold)
    return 2 * hit / (said + marked) if said + marked else 1.0


def _score(measured: dict[str, float]) -> float:
    """One number to stop by."""
    return float(np.mean(list(measured.values()))) if measured else 0.0


def _add_own_linear(
    task: Task,
    examples: Sequence[Example],
    held: Sequence[Example],
    encoder: Encoder,
    targets: Targets,
    leaves: Sequence[Path],
    say: Say,
) -> None:
    """A linear model of a city's own rows, at the level that they tell."""
    told = [(example.text, label) for example in examples if (label := _first(example))]
    judged = [(example, label) for example in held if (label := _first(example))]
    if len(told) < _ENOUGH or len({label for _, label in told}) < 2 or not judged:
        return
    linear = _fit_own(told)
    names = [label[0] for label in linear.labels]
    judged = [(example, label) for example, label in judged if label in names]
    first = np.array([path[0] for path in leaves])
    answers = predictions(encoder, targets, [example for example, _ in judged])
    believed = np.stack([_level1(answer["leaf"], first, names) for answer in answers])
    margins = linear.many([normalize(example.text).text for example, _ in judged])
    share = best_share(believed, margins, [names.index(label) for _, label in judged])
    # How much it counts is known now; what was held back for that may teach it too.
    everything = [*told, *((example.text, label) for example, label in judged)]
    replace(_fit_own(everything), share=share).save(task.out / OWN_LINEAR)
    say(f"a linear model of {len(everything)} rows counts {share:g} times beside the encoder")


def _fit_own(rows: Sequence[tuple[str, str]]) -> Linear:
    return fit(
        [text for text, _ in rows],
        [(label,) for _, label in rows],
        kept=len({label for _, label in rows}),
        strictness=_OWN_STRICTNESS,
        sharpness=_OWN_SHARPNESS,
    )


def _add_leaf_linear(task: Task, examples: Sequence[Example], say: Say) -> None:
    """A linear model of our own corpus and of the keywords, down to the leaves."""
    rows = [(e.text, path, 1 / (1 + len(e.also))) for e in examples if e.path for path in (e.path, *e.also)]
    rows += [(" ".join([*c.path[1:], word]), c.path, 0.25) for c in task.taxonomy for word in c.keywords]
    linear = fit(
        [text for text, _, _ in rows],
        [path for _, path, _ in rows],
        importance=[weight for _, _, weight in rows],
        kept=LEAF_KEPT,
        least=4,
        strictness=0.3,
        sharpness=LEAF_SHARPNESS,
    )
    replace(linear, share=LEAF_SHARE).save(task.out / LEAF_LINEAR)
    say(f"a linear model of {len(rows)} rows and {len(linear.buckets)} runs stands beside the encoder")


def _first(example: Example) -> str | None:
    return example.path[0] if example.path else example.level1


def _level1(leaf: Any, first: Any, names: Sequence[str]) -> Any:
    shares = np.exp(leaf - leaf.max())
    shares /= shares.sum()
    return np.log(np.array([shares[first == name].sum() + 1e-6 for name in names]))
