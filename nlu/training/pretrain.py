"""Pre-training: the encoder learns Chinese by restoring masked characters of plain text, without any label."""

from __future__ import annotations

import io
import json
import lzma
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt
import scipy.sparse
import sentencepiece
import torch
from sklearn.utils.extmath import randomized_svd
from torch import nn

from nlu.alphabet import CHARACTERS_FILE, FIRST_PAIR, MASK, MASKED_PAIR, PAIRS_FILE, START, Alphabet, Ids
from nlu.normalize import normalize
from nlu.training.network import Body, Restorer, Shape
from nlu.training.schedule import slope

CHECKPOINT, PROGRESS = "pretrained.pt", "pretraining.pt"

Say = Callable[[str], None]


class TextError(ValueError):
    """There is nothing to learn from; the message says where or why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainingPlan:
    """How long and how hard to learn."""

    steps: int = 3500
    batch: int = 64
    length: int = 64
    rate: float = 1e-3
    warmup: int = 300
    masked: float = 0.15
    seed: int = 7
    keep_every: int = 250
    device: str = "cpu"


def read_texts(files: Sequence[Path]) -> Iterator[str]:
    """The documents of `.txt` (a line each) and of `.jsonl` or `.jsonl.xz` (the field `text`), normalized.

    TextError names the file, and the line where one is wrong.
    """
    for file in files:
        try:
            with _opened(file) as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        text = _text_of(line, f"{file}:{number}") if ".jsonl" in file.name else line
                        yield normalize(text.strip()).text
        except UnicodeDecodeError as wrong:
            raise TextError(f"{file}: not UTF-8") from wrong
        except (lzma.LZMAError, EOFError) as wrong:
            raise TextError(f"{file}: no whole .xz file ({wrong})") from wrong


def _text_of(line: str, where: str) -> str:
    try:
        text = json.loads(line)["text"]
    except (ValueError, KeyError, TypeError) as wrong:
        raise TextError(f"{where}: no JSON with a text ({wrong})") from wrong
    if not isinstance(text, str):
        raise TextError(f"{where}: no JSON with a text")
    return text


def check(texts: Sequence[str], plan: PretrainingPlan) -> None:
    """TextError where there is too little to cut windows from: one may begin a whole length late."""
    count, least = sum(map(len, texts)), 2 * plan.length
    if count < least:
        raise TextError(f"{count} characters are too few to learn from; {least} are the least")


def names_of(cities: Path) -> list[str]:
    """All place names of the city packs."""
    return [
        line.split(",", 1)[0]
        for file in sorted(cities.glob("*/places.csv"))
        for line in file.read_text(encoding="utf-8").splitlines()[1:]
    ]


def common_characters(cities: Path) -> str:
    """What an alphabet must hold however rare it is: everyday characters, ASCII, and those of the city packs."""
    rows = range(0xB0, 0xD8)  # the first level of GB 2312: 3,755 characters in everyday use
    everyday = "".join(bytes([row, cell]).decode("gb2312", "ignore") for row in rows for cell in range(0xA1, 0xFF))
    packs = "".join(file.read_text(encoding="utf-8") for file in sorted(cities.glob("*/*.csv")))
    return everyday + packs + "".join(map(chr, range(0x21, 0x7F))) + "，。！？、；：（）“”《》…—·～￥【】"


def _opened(file: Path) -> TextIO:
    return lzma.open(file, "rt", encoding="utf-8") if file.suffix == ".xz" else file.open(encoding="utf-8")


def build_alphabet(texts: Sequence[str], out: Path, extra: str = "", pairs: int = 32_000) -> Alphabet:
    """Count characters and pairs of the texts and write both files into `out`; all characters of `extra` are kept."""
    counts = Counter[str]()
    for text in texts:
        counts.update(text)
    _write_characters({char for char, count in counts.items() if count >= 8} | set(extra), out)
    np.save(out / PAIRS_FILE, np.zeros(1, dtype=np.int32))
    alphabet = Alphabet.load(out)
    codes, times = _pairs_of(texts, alphabet)
    if not len(codes):
        (out / PAIRS_FILE).unlink()  # or the next run would take it for a whole alphabet
        raise TextError("no two letters stand together in the texts")
    np.save(out / PAIRS_FILE, np.sort(codes[np.argsort(-times, kind="stable")[:pairs]]).astype(np.int32))
    return Alphabet.load(out)


def extend_alphabet(old: Alphabet, texts: Sequence[str], out: Path, pairs: int = 32_000, kept: int = 8_000) -> Alphabet:
    """An alphabet for texts that speak otherwise than those of the old one: all its characters, those that the texts
    use more than once, the pairs that the texts use most, and of the old ones `kept` that the texts lack."""
    counts = Counter[str]()
    for text in texts:
        counts.update(text)
    known = {old.characters.id_to_piece(index) for index in range(old.size)}
    _write_characters({piece for piece in known if len(piece) == 1} | {c for c, n in counts.items() if n > 1}, out)
    np.save(out / PAIRS_FILE, np.zeros(1, dtype=np.int32))
    alphabet = Alphabet.load(out)
    codes, times = _pairs_of(texts, alphabet)
    wanted = codes[np.argsort(-times, kind="stable")]
    before = _moved(old, alphabet)
    before = before[before >= 0]
    # The old ones stand in the order of their numbers, which tells nothing; an even sample of them keeps the breadth.
    lacking = np.setdiff1d(before, wanted[: pairs - kept])
    lacking = (
        lacking[np.linspace(0, len(lacking) - 1, min(kept, len(lacking))).astype(int)] if len(lacking) else lacking
    )
    chosen = np.union1d(wanted[: pairs - len(lacking)], lacking)
    np.save(out / PAIRS_FILE, np.sort(chosen).astype(np.int32))
    return Alphabet.load(out)


def _write_characters(known: set[str], out: Path) -> None:
    known = known - {"\n", "\r", "\t", " ", "\u2581"}
    lines = "".join(sorted(known))
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([lines[start : start + 1000] for start in range(0, len(lines), 1000)]),
        model_writer=model,
        model_type="char",
        vocab_size=len(known) + 8,
        hard_vocab_limit=False,
        character_coverage=1.0,
        required_chars="\u2581",
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        pad_id=0,
        unk_id=1,
        bos_id=2,
        bos_piece="<start>",
        eos_id=-1,
        user_defined_symbols=["<mask>"],
        max_sentence_length=100_000,
        minloglevel=2,
    )
    out.mkdir(parents=True, exist_ok=True)
    (out / CHARACTERS_FILE).write_bytes(model.getvalue())


def _pairs_of(texts: Sequence[str], alphabet: Alphabet) -> tuple[Ids, Ids]:
    """Numbers of the pairs of two word characters that stand in the texts, and how often each does."""
    size = alphabet.size
    stream = to_stream(texts, alphabet)
    codes, times = np.unique(stream[:-1].astype(np.int64) * size + stream[1:], return_counts=True)
    word = np.array([_is_word(alphabet.characters.id_to_piece(index)) for index in range(size)])
    whole = word[codes // size] & word[codes % size]
    return codes[whole], times[whole]


def _moved(old: Alphabet, new: Alphabet) -> Ids:
    """The number in the new alphabet of each pair of the old one; -1 where a character is gone."""
    places = _places(old, new)
    first, second = places[old.pairs // old.size], places[old.pairs % old.size]
    return np.where((first >= 0) & (second >= 0), first * new.size + second, -1)


def _places(old: Alphabet, new: Alphabet) -> Ids:
    """The id in the new alphabet of each character of the old one, or -1."""
    ids = {new.characters.id_to_piece(index): index for index in range(new.size)}
    return np.array([ids.get(old.characters.id_to_piece(index), -1) for index in range(old.size)], dtype=np.int64)


def grown(state: dict[str, Any], old: Alphabet, new: Alphabet) -> dict[str, Any]:
    """A checkpoint of the old alphabet as one of the new: rows move to where their character or pair is now, and what
    is new begins as the mean of all, which says nothing."""
    shape = {**state["shape"], "characters": new.size, "pairs": new.pair_count}
    places, moved = _places(old, new), _moved(old, new)
    body, restorer = dict(state["body"]), dict(state["restorer"])
    spots = np.searchsorted(new.pairs, moved).clip(max=len(new.pairs) - 1)
    there = new.pairs[spots] == moved
    pair_rows = np.concatenate([[0, 1], np.where(there, spots + FIRST_PAIR, -1)])
    body["characters.weight"] = _rows(body["characters.weight"], places, new.size)
    body["pairs.weight"] = _rows(body["pairs.weight"], pair_rows, new.pair_count)
    restorer["bias"] = _rows(restorer["bias"], places, new.size)
    return {"shape": shape, "body": body, "restorer": restorer}


def _rows(table: torch.Tensor, places: Ids, count: int) -> torch.Tensor:
    fresh = table.mean(0, keepdim=True).expand(count, *table.shape[1:]).clone()
    keep = places >= 0
    fresh[torch.from_numpy(places[keep])] = table[torch.from_numpy(np.flatnonzero(keep))]
    return fresh


def _is_word(piece: str) -> bool:
    return len(piece) == 1 and ("\u4e00" <= piece <= "\u9fff" or piece.isalnum())


def to_stream(texts: Sequence[str], alphabet: Alphabet) -> npt.NDArray[np.uint16]:
    """All texts as one row of character ids, each begun by START."""
    return np.concatenate([alphabet.encode(text)[0].astype(np.uint16) for text in texts if text])


def pair_vectors(stream: npt.NDArray[np.uint16], alphabet: Alphabet, width: int, reach: int = 10) -> np.ndarray:
    """A first guess at what pairs mean: by what stands around them (positive pointwise mutual information, reduced by
    a singular value decomposition). Pre-training alone would see most pairs too seldom."""
    pairs = alphabet.pair(stream.astype(np.int64))
    count = alphabet.pair_count
    together = scipy.sparse.csr_matrix((count, count), dtype=np.float32)
    for distance in range(2, reach + 1):
        first, second = pairs[:-distance], pairs[distance:]
        both = (first >= FIRST_PAIR) & (second >= FIRST_PAIR)
        seen = (np.full(int(both.sum()), 1.0, dtype=np.float32), (first[both], second[both]))
        together = together + scipy.sparse.coo_matrix(seen, shape=(count, count)).tocsr()
    together = (together + together.T).tocoo()
    rows = np.bincount(together.row, together.data, count)
    columns = np.bincount(together.col, together.data, count) ** 0.75
    with np.errstate(divide="ignore"):
        information = np.log(together.data * columns.sum() / (rows[together.row] * columns[together.col]))
    keep = information > 0
    matrix = scipy.sparse.csr_matrix(
        (information[keep].astype(np.float32), (together.row[keep], together.col[keep])), shape=(count, count)
    )
    left, strength, _ = randomized_svd(matrix, n_components=width, n_iter=3, random_state=7)
    vectors = left * np.sqrt(strength)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-6)).astype(np.float32)


class _Masker:
    """Cuts windows out of the stream and hides short runs of them."""

    def __init__(self, stream: npt.NDArray[np.uint16], alphabet: Alphabet, plan: PretrainingPlan) -> None:
        self._stream, self._alphabet, self._plan = stream, alphabet, plan
        self._rng = np.random.default_rng(plan.seed)
        self._starts: Ids = np.empty(0, dtype=np.int64)

    def next_starts(self) -> Ids:
        """Every window once before any comes again."""
        if len(self._starts) < self._plan.batch:
            shift = int(self._rng.integers(self._plan.length))
            self._starts = np.arange(shift, len(self._stream) - self._plan.length, self._plan.length)
            self._rng.shuffle(self._starts)
        taken, self._starts = self._starts[: self._plan.batch], self._starts[self._plan.batch :]
        return taken

    def batches(self, count: int) -> Iterator[tuple[Ids, Ids, npt.NDArray[np.bool_], Ids]]:
        """As many batches; the next is made while one is learnt from."""
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(self.batch)
            for left in range(count - 1, -1, -1):
                batch = coming.result()
                if left:
                    coming = pool.submit(self.batch)
                yield batch

    def batch(self) -> tuple[Ids, Ids, npt.NDArray[np.bool_], Ids]:
        """Masked ids, their pairs, where something was hidden, and what it was."""
        plan = self._plan
        windows = self._stream[self.next_starts()[:, None] + np.arange(plan.length)].astype(np.int64)
        hidden = np.zeros(windows.shape, dtype=bool)
        # Runs of one to three characters: a single one is too easily read off its neighbours.
        begins = self._rng.random(windows.shape) < plan.masked / 2
        lengths = self._rng.integers(1, 4, windows.shape)
        for offset in range(3):
            shifted = np.zeros_like(hidden)
            shifted[:, offset:] = (begins & (lengths > offset))[:, : plan.length - offset]
            hidden |= shifted
        hidden &= windows > MASK
        told = windows[hidden]
        lot = self._rng.random(windows.shape)
        shown = windows.copy()
        shown[hidden & (lot < 0.85)] = MASK
        wrong = hidden & (lot >= 0.95)
        shown[wrong] = self._rng.integers(MASK + 1, self._alphabet.size, int(wrong.sum()))
        flat = np.concatenate([shown, np.full((len(shown), 1), START)], axis=1).reshape(-1)
        pairs = self._alphabet.pair(flat).reshape(len(shown), -1)[:, :-1]
        touched = shown == MASK
        pairs[touched] = MASKED_PAIR
        pairs[:, :-1][touched[:, 1:]] = MASKED_PAIR
        return shown, pairs, hidden, told


def pretrain(
    texts: Sequence[str], out: Path, plan: PretrainingPlan, say: Say, *, alphabet: Alphabet, start: Path | None = None
) -> Path:
    """Learn from the texts and write the checkpoint into `out`. An interrupted run goes on where it was kept last;
    `start` is a checkpoint to begin from."""
    torch.manual_seed(plan.seed)
    stream = to_stream(texts, alphabet)
    say(f"{len(stream):,} characters, {alphabet.size:,} different, {alphabet.pair_count:,} pairs")
    body = Body(Shape(characters=alphabet.size, pairs=alphabet.pair_count))
    restorer = Restorer(body)
    progress = out / PROGRESS
    done = 0
    optimizer = torch.optim.AdamW(
        [*body.parameters(), *restorer.parameters()], lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.01
    )
    if progress.exists():
        kept = torch.load(progress, map_location="cpu", weights_only=True)
        body.load_state_dict(kept["body"])
        restorer.load_state_dict(kept["restorer"])
        optimizer.load_state_dict(kept["optimizer"])
        done = int(kept["done"])
        say(f"going on after step {done}")
    elif start is not None:
        kept = grown(torch.load(start, map_location="cpu", weights_only=True), Alphabet.load(start.parent), alphabet)
        body.load_state_dict(kept["body"])
        restorer.load_state_dict(kept["restorer"])
    else:
        say("first guess at the pairs")
        with torch.no_grad():
            body.pairs.weight.copy_(torch.from_numpy(pair_vectors(stream, alphabet, body.shape.embedding)))
    device = torch.device(plan.device)
    body.to(device)
    restorer.to(device)
    masker = _Masker(stream, alphabet, replace(plan, seed=plan.seed + done))
    began, losses = time.monotonic(), list[torch.Tensor]()
    for step, (shown, pairs, hidden, told) in enumerate(masker.batches(plan.steps - done), done):
        for group in optimizer.param_groups:
            group["lr"] = plan.rate * slope((step + 1) / plan.steps, plan.warmup / plan.steps)
        where = torch.from_numpy(hidden).to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            states, _ = body(torch.from_numpy(shown).to(device), torch.from_numpy(pairs).to(device))
            guesses = restorer(states[where], body)
        loss = nn.functional.cross_entropy(guesses.float(), torch.from_numpy(told).to(device))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([*body.parameters(), *restorer.parameters()], 1.0)
        optimizer.step()
        losses.append(loss.detach())
        if (step + 1) % 25 == 0:
            pace = (step + 1 - done) / (time.monotonic() - began)
            loss = torch.stack(losses[-100:]).mean()
            say(f"step {step + 1}/{plan.steps}  loss {loss:.3f}  {pace * plan.batch:.0f} windows/s")
        if (step + 1) % plan.keep_every == 0:
            _keep(progress, body, restorer, optimizer, step + 1)
    torch.save(
        {"shape": body.shape.as_json(), "body": body.state_dict(), "restorer": restorer.state_dict()}, out / CHECKPOINT
    )
    progress.unlink(missing_ok=True)
    return out / CHECKPOINT


def _keep(file: Path, body: Body, restorer: Restorer, optimizer: torch.optim.Optimizer, done: int) -> None:
    """Written beside and moved into place: a kill leaves the last one whole."""
    state = {
        "body": body.state_dict(),
        "restorer": restorer.state_dict(),
        "optimizer": optimizer.state_dict(),
        "done": done,
    }
    torch.save(state, file.with_suffix(".new"))
    file.with_suffix(".new").replace(file)
