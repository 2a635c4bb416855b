"""Training: the pre-trained encoder learns all heads at once from written examples and paraphrases."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from nlu.alphabet import MASK, NO_PAIR, PAD, UNKNOWN
from nlu.interpretation import Intent, Path
from nlu.letters import Letters
from nlu.normalize import normalize
from nlu.training.augment import Augmenter
from nlu.training.corpus import Example, Group
from nlu.training.joining import Joiner
from nlu.training.network import Body, Encoder, Shape, Sizes
from nlu.training.schedule import slope
from nlu.training.targets import IGNORE, INTENTS, KINDS, TAGS, TYPES, Batch, Targets

PROGRESS = "training.pt"
# Of a long message the opening is enough to be told apart from others.
_SAID = 64
Say = Callable[[str], None]
Measure = Callable[[Encoder], float]

# What each head's loss counts. Places are told of each character, so their mean needs no more weight.
_WEIGHTS = {
    "intent": 1.0,
    "kind": 0.5,
    "appeal_type": 0.5,
    "urgent": 0.4,
    "leaf": 2.0,
    "among": 1.5,
    "tags": 1.5,
    "cuts": 0.5,
    "alike": 1.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """How long and how hard to learn."""

    epochs: int = 8
    patience: int = 3
    """Epochs without a better score after which training ends."""
    batch: int = 32
    rate: float = 4e-4
    warmup: float = 0.06
    smoothing: float = 0.05
    unseen: float = 0.25
    """The share of pairs that training hides; of characters it is a sixth of it."""
    averaging: float = 0.99
    """How slowly the weights that are measured and kept follow those that learn: their running mean wavers less."""
    groups: int = 12
    seed: int = 7
    device: str = "cpu"
    longest: int = 200
    joined: float = 0.1
    """How many messages of two matters are made, as a share of the rows that were written."""


def start(checkpoint: File, sizes: Sizes) -> Encoder:
    """An encoder on a pre-trained body, its heads untrained."""
    kept = torch.load(checkpoint, map_location="cpu", weights_only=True)
    body = Body(Shape(**kept["shape"]))
    body.load_state_dict(kept["body"])
    return Encoder(body, body.shape.hidden, sizes)


def sizes_of(leaves: Sequence[Path]) -> Sizes:
    """The heads of suda over a list of leaves."""
    return Sizes(intents=len(INTENTS), kinds=len(KINDS), types=len(TYPES), leaves=len(leaves), tags=len(TAGS))


class Trainer:
    """One training run over examples, and over paraphrases where there are any."""

    def __init__(
        self,
        encoder: Encoder,
        letters: Letters,
        leaves: Sequence[Path],
        examples: Sequence[Example],
        groups: Sequence[Group] = (),
        descriptions: Sequence[tuple[Path, Sequence[str]]] = (),
        names: Sequence[str] = (),
        plan: TrainingPlan | None = None,
    ) -> None:
        self.plan = plan or TrainingPlan()
        torch.manual_seed(self.plan.seed)
        self._rng = np.random.default_rng(self.plan.seed)
        self._encoder = encoder.to(self.plan.device)
        self._averaged = AveragedModel(self._encoder, multi_avg_fn=self._follow)
        self._letters, self._leaves = letters, list(leaves)
        self._targets = Targets(letters, leaves, self.plan.longest)
        self._examples = list(examples)
        self._augmenter = Augmenter(examples, names, self.plan.seed)
        self._joiner = Joiner(examples, self.plan.seed)
        self._groups = list(groups)
        self._described = {path: list(words) for path, words in descriptions}
        self._by_leaf: dict[Path, list[Example]] = defaultdict(list)
        for example in examples:
            if example.path:
                self._by_leaf[example.path].append(example)
        self._families: dict[str, list[Group]] = defaultdict(list)
        for group in groups:
            self._families[group.field].append(group)
        # A row of the tables is seen seldom, and a head begins from nothing: both must learn faster than the body.
        tables = [p for name, p in encoder.named_parameters() if "characters" in name or "pairs" in name]
        known = {id(p) for p in tables}
        body = [p for p in encoder.body.parameters() if id(p) not in known]
        heads = [p for name, p in encoder.named_parameters() if not name.startswith("body.")]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": tables, "weight_decay": 0.01, "scale": 2.5},
                {"params": body, "weight_decay": 0.02, "scale": 1.0},
                {"params": heads, "weight_decay": 0.02, "scale": 4.0},
            ],
            lr=self.plan.rate,
            betas=(0.9, 0.98),
        )

    def run(self, out: File, say: Say, measure: Measure | None = None) -> Encoder:
        """All epochs; the best by `measure` (higher is better, after each epoch) is what stays. An interrupted run
        goes on after its last whole epoch."""
        out.mkdir(parents=True, exist_ok=True)
        progress, done, best, kept, since = out / PROGRESS, 0, -math.inf, None, 0
        if progress.exists():
            state = torch.load(progress, map_location="cpu", weights_only=False)
            self._encoder.load_state_dict(state["encoder"])
            self._averaged.load_state_dict(state["averaged"])
            self._optimizer.load_state_dict(state["optimizer"])
            done, best, kept = state["done"], state["best"], state["kept"]
            say(f"going on after epoch {done}")
        for epoch in range(done, self.plan.epochs):
            began = time.monotonic()
            losses = self._epoch(epoch)
            averaged: Encoder = self._averaged.module
            score = measure(averaged) if measure else float(epoch)
            since += 1
            if score > best:
                since = 0
                best, kept = score, {name: value.clone() for name, value in averaged.state_dict().items()}
            told = "  ".join(f"{name} {value:.3f}" for name, value in losses.items())
            say(f"epoch {epoch + 1}/{self.plan.epochs}  {told}  score {score:.4f}  {time.monotonic() - began:.0f} s")
            state = {
                "encoder": self._encoder.state_dict(),
                "averaged": self._averaged.state_dict(),
                "optimizer": self._optimizer.state_dict(),
            }
            torch.save({**state, "done": epoch + 1, "best": best, "kept": kept}, progress.with_suffix(".new"))
            progress.with_suffix(".new").replace(progress)
            if since >= self.plan.patience:
                say(f"no better in {since} epochs: done")
                break
        if kept is not None:
            self._encoder.load_state_dict(kept)
        progress.unlink(missing_ok=True)
        return self._encoder.eval()

    def _follow(self, means: list[Tensor], now: list[Tensor], count: Tensor | int) -> None:
        """At first the mean follows fast, lest it keep what was before training."""
        slowness = min(self.plan.averaging, (1 + float(count)) / (10 + float(count)))
        with torch.no_grad():
            torch._foreach_lerp_(means, now, 1 - slowness)

    def _epoch(self, epoch: int) -> dict[str, float]:
        self._encoder.train()
        batches = self._batches()
        total = len(batches) * self.plan.epochs
        sums: dict[str, list[Tensor]] = defaultdict(list)
        bar = tqdm(batches, desc=f"epoch {epoch + 1}/{self.plan.epochs}", unit="batch", disable=None, leave=False)
        for number, chosen in enumerate(bar):
            at = (epoch * len(batches) + number) / total
            for group in self._optimizer.param_groups:
                group["lr"] = self.plan.rate * group["scale"] * slope(at, self.plan.warmup)
            batch = self._targets.batch([self._augmenter.change(example) for example in chosen], self._rng)
            with torch.autocast(self.plan.device, dtype=torch.bfloat16):
                answers = self._encoder(*self._forgetful(*self._tensors(batch)))
                losses = self._losses(answers, batch)
                if number % 2 == 0 and (self._groups or self._described):
                    losses |= self._likeness()
            loss = sum(_WEIGHTS[name] * value for name, value in losses.items())
            assert isinstance(loss, Tensor)
            self._optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self._encoder.parameters(), 1.0)
            self._optimizer.step()
            self._averaged.update_parameters(self._encoder)
            for name, value in losses.items():
                sums[name].append(value.detach())
            if (number + 1) % 20 == 0:
                bar.set_postfix({name: f"{_mean(values[-50:]):.3f}" for name, values in sums.items()})
        return {name: _mean(values) for name, values in sums.items()}

    def _batches(self) -> list[list[Example]]:
        """Rows of like length together, so that little is padding; in random order."""
        several = self._joiner.some(int(self.plan.joined * len(self._examples)))
        rows = [*self._examples, *self._keyworded(), *several]
        order = sorted(self._rng.permutation(len(rows)), key=lambda i: len(rows[i].text) // 12)
        size = self.plan.batch
        cut = [[rows[i] for i in order[at : at + size]] for at in range(0, len(order), size)]
        return [cut[i] for i in self._rng.permutation(len(cut))]

    def _keyworded(self) -> list[Example]:
        """Two short rows of each leaf's keywords, others in every epoch: what the table says is taught too."""
        return [
            Example(
                text=self.describe(path, 3, names=lot > 0),
                writer="",
                where="",
                intent=Intent.APPEAL,
                told=frozenset(),
                path=path,
            )
            for path in self._described
            for lot in range(2)
        ]

    def _tensors(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        device = self.plan.device
        ids, pairs, mask = (torch.from_numpy(values).to(device) for values in (batch.ids, batch.pairs, batch.mask))
        return ids, pairs, mask

    def _forgetful(self, ids: Tensor, pairs: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Some pairs and a few characters are not seen, so that no message is known by one of them alone."""
        pairs = pairs.masked_fill(torch.rand(pairs.shape, device=pairs.device) < self.plan.unseen, NO_PAIR)
        hidden = (torch.rand(ids.shape, device=ids.device) < self.plan.unseen / 6) & (ids > MASK)
        return ids.masked_fill(hidden, UNKNOWN), pairs, mask

    def _losses(self, answers: dict[str, Tensor], batch: Batch) -> dict[str, Tensor]:
        device, smooth = self.plan.device, self.plan.smoothing
        there = lambda values: torch.from_numpy(values).to(device)  # noqa: E731  # a word for eight uses
        cross = nn.functional.cross_entropy
        losses: dict[str, Tensor] = {}
        for name, wanted in (("intent", batch.intent), ("kind", batch.kind), ("appeal_type", batch.appeal_type)):
            if (wanted != IGNORE).any():
                losses[name] = cross(answers[name].float(), there(wanted), ignore_index=IGNORE, label_smoothing=smooth)
        if (batch.tags != IGNORE).any():
            losses["tags"] = cross(answers["tags"].float().transpose(1, 2), there(batch.tags), ignore_index=IGNORE)
        rows = batch.leaf.sum(1) > 0
        if rows.any():
            wanted = there(batch.leaf[rows])
            wanted = wanted * (1 - smooth) + smooth / wanted.shape[1]
            losses["leaf"] = cross(answers["leaf"].float()[there(rows)], wanted)
        some = batch.among.any(1)
        if some.any():
            logits = answers["leaf"].float()[there(some)]
            right = logits.masked_fill(~there(batch.among[some]), -1e4).logsumexp(1)
            losses["among"] = (logits.logsumexp(1) - right).mean()
        known = ~np.isnan(batch.urgent)
        if known.any():
            losses["urgent"] = nn.functional.binary_cross_entropy_with_logits(
                answers["urgent"].float()[there(known)],
                there(batch.urgent[known]),
                pos_weight=torch.tensor(2.0, device=device),
            )
        rows = (batch.cuts >= 0).any(1)
        if rows.any():
            losses["cuts"] = cut_loss(answers["cuts"].float()[there(rows)], there(batch.cuts[rows]))
        return losses

    # -- the sentence vector: what means the same is near, its confusable neighbours are not

    def _likeness(self) -> dict[str, Tensor]:
        left, right, marks = self._pairs()
        one, other = (self._vectors([text[:_SAID] for text in side]) for side in (left, right))
        scores = one @ other.T / 0.05
        # Two pairs of the same group or leaf are no negatives of each other.
        same = torch.tensor([[a == b for b in marks] for a in marks]) & ~torch.eye(len(marks), dtype=torch.bool)
        scores = scores.masked_fill(same.to(scores.device), -1e4)
        wanted = torch.arange(len(left), device=scores.device)
        cross = nn.functional.cross_entropy
        return {"alike": (cross(scores, wanted) + cross(scores.T, wanted)) / 2}

    def _pairs(self) -> tuple[list[str], list[str], list[object]]:
        left: list[str] = []
        right: list[str] = []
        marks: list[object] = []
        while self._groups and len(left) < 2 * self.plan.groups:
            family = self._families[self._groups[int(self._rng.integers(len(self._groups)))].field]
            for group in family:
                one, other = self._rng.choice(len(group.texts), 2, replace=False)
                left.append(group.texts[one])
                right.append(group.texts[other])
                marks.append(group.question)
        for path in self._some_leaves(self.plan.groups):
            said = self._by_leaf[path]
            left.append(said[int(self._rng.integers(len(said)))].text)
            if self._rng.random() < 0.6 and path in self._described:
                right.append(self.describe(path, 6))
            else:
                right.append(said[int(self._rng.integers(len(said)))].text)
            marks.append(path)
        return left, right, marks

    def _some_leaves(self, count: int) -> list[Path]:
        leaves = list(self._by_leaf)
        return [leaves[i] for i in self._rng.choice(len(leaves), min(count, len(leaves)), replace=False)]

    def describe(self, path: Path, most: int, *, names: bool = True) -> str:
        """A leaf in words: its names, and some of its keywords."""
        words = self._described[path]
        some = self._rng.choice(words, min(most, len(words)), replace=False) if words else ()
        return " ".join([*(path[1:] if names or not words else ()), *map(str, some)])

    def _vectors(self, texts: Sequence[str]) -> Tensor:
        """Vectors of the texts; short ones and long ones apart, so that little is padding."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        found = [self._encoder(*self._encoded([texts[i] for i in half]))["vector"].float() for half in halves if half]
        back = np.argsort(np.array(order))
        return torch.cat(found)[torch.from_numpy(back).to(self.plan.device)]

    def _encoded(self, texts: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
        rows = [self._letters.tokens(normalize(text).text[: self.plan.longest - 1]) for text in texts]
        width = max(len(row.ids) for row in rows)
        ids = np.stack([np.pad(row.ids, (0, width - len(row.ids)), constant_values=PAD) for row in rows])
        pairs = np.stack([np.pad(row.pairs, (0, width - len(row.pairs))) for row in rows])
        mask = np.stack([np.arange(width) < len(row.ids) for row in rows]).astype(np.int64)
        device = self.plan.device
        return torch.from_numpy(ids).to(device), torch.from_numpy(pairs).to(device), torch.from_numpy(mask).to(device)


def cut_loss(logits: Tensor, cuts: Tensor) -> Tensor:
    """Where another matter begins is one choice among all places; the first token stands for nowhere. One question of
    each message, not one of each character: of thousands of characters one is right."""
    known = ~cuts.isnan()
    known[:, 0] = True
    wanted = cuts.nan_to_num(0.0)
    wanted[:, 0] = (wanted.sum(1) == 0).to(wanted.dtype)
    wanted = wanted / wanted.sum(1, keepdim=True)
    return nn.functional.cross_entropy(logits.masked_fill(~known, -1e4), wanted)


def _mean(values: Sequence[Tensor]) -> float:
    return float(torch.stack(list(values)).nanmean())


def predictions(
    encoder: Encoder, targets: Targets, examples: Sequence[Example], size: int = 32
) -> list[dict[str, Any]]:
    """The answers for each example, as numpy arrays without padding."""
    encoder.eval()
    device = next(encoder.parameters()).device
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].text))
    found: list[dict[str, Any]] = [{} for _ in examples]
    with torch.no_grad():
        for at in range(0, len(order), size):
            chosen = order[at : at + size]
            batch = targets.batch([examples[i] for i in chosen])
            ids, pairs, mask = (torch.from_numpy(values).to(device) for values in (batch.ids, batch.pairs, batch.mask))
            answers = {name: value.float().cpu().numpy() for name, value in encoder(ids, pairs, mask).items()}
            for row, i in enumerate(chosen):
                found[i] = {name: values[row] for name, values in answers.items()}
    return found
