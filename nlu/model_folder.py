"""A model folder, read and compared with itself: whatever is wrong in it is one `ModelError` that tells the way out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any

from nlu.interpretation import AppealType, EmergencyKind, Intent
from nlu.linear import Linear, LinearError

ENCODER_FILE, MODEL_FILE, TOKENIZER_FILE = "encoder.onnx", "model.json", "tokenizer.json"
LINEAR_FILES = "linear*.npz"
FORMAT = 2
WAY_OUT = "train it again with `suda nlu train`, or copy the whole folder anew"
INPUTS = ("ids", "pairs", "mask")
OUTPUTS = ("vector", "intent", "kind", "appeal_type", "urgent", "leaf", "tags", "cuts")
TAGS = 5
# A start, an end and a few characters: a window must hold something.
_SHORTEST = 8
_WEIGHTS = frozenset({"encoder", "lexicon"})


class ModelError(ValueError):
    """A model cannot be used, or failed on a text; the message names the file, what is wrong, and the way out."""


def read_card(folder: File) -> dict[str, Any]:
    """The facts beside the weights: labels, lengths, calibration."""
    file = folder / MODEL_FILE
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise ModelError(
            f"{folder} is no model folder of suda: {file.name} cannot be read; `suda nlu train` makes one"
        ) from wrong
    except (ValueError, RecursionError) as wrong:
        raise ModelError(f"{file} is no JSON: {wrong}; {WAY_OUT}") from wrong
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ModelError(f"{file} is not of format {FORMAT}: another version of suda made it; train it again")
    labels = {"intents": [*Intent], "types": [*AppealType], "kinds": [*EmergencyKind]}
    for name, ours in labels.items():
        if card.get(name) != [str(one) for one in ours]:
            raise ModelError(f"{file}: its {name} are not those of this version of suda; train it again")
    for fault in _card_faults(card):
        raise ModelError(f"{file}: {fault}; {WAY_OUT}")
    return card


def _card_faults(card: Mapping[str, Any]) -> Iterator[str]:
    longest, leaves, weights = card.get("longest"), card.get("leaves"), card.get("weights", {})
    if type(longest) is not int or longest < _SHORTEST:
        yield f"longest must be a whole number from {_SHORTEST} on, not {longest!r}"
    if not isinstance(leaves, list) or not leaves or not all(map(_is_path, leaves)):
        yield "leaves must be a list of [level 1, level 2, level 3]"
    if not isinstance(weights, dict) or not _WEIGHTS.issuperset(weights) or not all(map(_is_number, weights.values())):
        yield f"weights must be numbers by the names {', '.join(sorted(_WEIGHTS))}, not {weights!r}"


def _is_path(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(isinstance(name, str) and name for name in value)


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]  # a number by now


def load_session(file: File, weights: bytes, threads: int) -> Any:
    """The weights, ready to run, with the inputs and outputs that every model of suda has."""
    import onnxruntime  # 0.15 s, which only those pay who have a model

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            weights,
            options,
            providers=["CPUExecutionProvider"],
            # On a CPU one node for sum and norm takes a fifth longer than two.
            disabled_optimizers=["SkipLayerNormFusion"],
        )
    except Exception as wrong:  # the library raises classes of its own C++ layer, unexported
        raise ModelError(f"{file} is no ONNX model that runs here: {wrong}; {WAY_OUT}") from wrong
    inputs = [entry.name for entry in session.get_inputs()]
    outputs = [entry.name for entry in session.get_outputs()]
    if "ids" not in inputs or not set(inputs) <= set(INPUTS):
        raise ModelError(f"{file} asks for the inputs {', '.join(inputs)}, not for {', '.join(INPUTS)}; {WAY_OUT}")
    missing = [name for name in OUTPUTS if name not in outputs]
    if missing:
        raise ModelError(f"{file} gives no output {', '.join(missing)}; {WAY_OUT}")
    return session


def shapes_of(card: Mapping[str, Any], tokens: int) -> dict[str, tuple[int, ...]]:
    """What each output must look like for a text of so many tokens, by the labels of model.json."""
    return {
        "intent": (len(card["intents"]),),
        "kind": (1 + len(card["kinds"]),),
        "appeal_type": (len(card["types"]),),
        "urgent": (),
        "leaf": (len(card["leaves"]),),
        "tags": (tokens, TAGS),
        "cuts": (tokens,),
    }


def load_linears(folder: File) -> list[Linear]:
    """The linear models of a folder, which has none, or ours, or a city's own besides."""
    try:
        return [Linear.load(file) for file in sorted(folder.glob(LINEAR_FILES))]
    except LinearError as wrong:
        raise ModelError(f"{wrong}; {WAY_OUT}, or take the file away") from wrong
