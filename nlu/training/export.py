"""From PyTorch to what is served: an ONNX file with eight-bit weights, and the card beside it."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path as File
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from torch import Tensor, nn

from nlu.alphabet import Alphabet
from nlu.interpretation import AppealType, EmergencyKind, Intent, Path
from nlu.model_folder import ENCODER_FILE, FORMAT, MODEL_FILE, TOKENIZER_FILE
from nlu.training.network import Encoder

_OUTPUTS = ("vector", "intent", "kind", "appeal_type", "urgent", "leaf", "tags", "cuts")


class _Flat(nn.Module):
    """Outputs as a tuple, which the exporter wants."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self._encoder = encoder

    def forward(self, ids: Tensor, pairs: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        answers = self._encoder(ids, pairs, mask)
        return tuple(answers[name] for name in _OUTPUTS)


@contextmanager
def _quietly() -> Iterator[None]:
    """The exporter warns of its own future, and quantization of tensors that were never meant for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


@contextmanager
def _plain_attention(encoder: Encoder) -> Iterator[None]:
    """Attention written out step by step: the form in which the exported graph is recognised and fused."""
    config = encoder.body.transformer.config
    before = config._attn_implementation
    config._attn_implementation = "eager"
    try:
        yield
    finally:
        config._attn_implementation = before


def _fused(whole: File, encoder: Encoder) -> File:
    """The graph with each layer's attention as one node: a fifth faster. Other shapes than BERT's stay as they are."""
    config = encoder.body.transformer.config
    if config.model_type != "bert":
        return whole
    fused = whole.with_name("fused.onnx")
    options = FusionOptions("bert")
    # On a CPU one node for sum and norm is slower than two; see `nlu.encoder`.
    options.enable_skip_layer_norm = False
    options.enable_embed_layer_norm = False
    model = optimize_model(
        str(whole),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        optimization_options=options,
        opt_level=0,
    )
    model.save_model_to_file(str(fused))
    return fused


def export(
    encoder: Encoder, out: File, *, letters: File, leaves: Sequence[Path], longest: int, card: Mapping[str, Any]
) -> None:
    """Write a model folder. `letters` is the folder that holds the alphabet; `card` tells of the weights."""
    out.mkdir(parents=True, exist_ok=True)
    example = (
        torch.full((2, 12), 5, dtype=torch.int64),
        torch.full((2, 12), 3, dtype=torch.int64),
        torch.ones((2, 12), dtype=torch.int64),
    )
    moving = {0: "batch", 1: "length"}
    with tempfile.TemporaryDirectory() as folder, _quietly(), _plain_attention(encoder):
        whole = File(folder) / "whole.onnx"
        torch.onnx.export(
            _Flat(encoder.eval()),
            example,
            str(whole),
            input_names=["ids", "pairs", "mask"],
            output_names=list(_OUTPUTS),
            dynamic_axes={
                **dict.fromkeys(("ids", "pairs", "mask", "tags", "cuts"), moving),
                **{name: {0: "batch"} for name in _OUTPUTS if name not in ("tags", "cuts")},  # not shared
            },
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(
            str(_fused(whole, encoder)),
            str(out / ENCODER_FILE),
            weight_type=QuantType.QInt8,
            per_channel=True,
            # The fused nodes are of another domain, whose types the library cannot infer.
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    if (letters / TOKENIZER_FILE).exists():
        shutil.copyfile(letters / TOKENIZER_FILE, out / TOKENIZER_FILE)
    else:
        Alphabet.load(letters).copied_to(letters, out)
    facts = {
        "format": FORMAT,
        **card,
        "longest": longest,
        "intents": [str(one) for one in Intent],
        "types": [str(one) for one in AppealType],
        "kinds": [str(one) for one in EmergencyKind],
        "leaves": [list(path) for path in leaves],
    }
    (out / MODEL_FILE).write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
