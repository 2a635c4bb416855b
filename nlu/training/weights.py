"""Weights on disk to train on from: eight bits a number and a scale a row, so that they fit into the repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as File

import numpy as np
import torch
from torch import Tensor

WEIGHTS_FILE = "weights.npz"


def save_weights(state: Mapping[str, Tensor], file: File) -> None:
    """Tables and matrices in eight bits, all else as it is."""
    kept: dict[str, np.ndarray] = {}
    for name, tensor in state.items():
        values = tensor.detach().cpu().float().numpy()
        if values.ndim < 2:
            kept[name] = values
            continue
        scale = np.abs(values).max(axis=1, keepdims=True) / 127
        scale[scale == 0] = 1.0
        kept[name] = np.round(values / scale).astype(np.int8)
        kept[f"{name} scale"] = scale.astype(np.float32)
    np.savez_compressed(file, **kept)  # type: ignore[arg-type]  # numpy's own stubs take no mapping


def load_weights(file: File) -> dict[str, Tensor]:
    """The state that was saved, up to a 127th of the greatest value of each row."""
    with np.load(file, allow_pickle=False) as kept:
        return {
            name: torch.from_numpy(kept[name].astype(np.float32) * kept.get(f"{name} scale", np.float32(1.0)))
            for name in kept.files
            if not name.endswith(" scale")
        }
