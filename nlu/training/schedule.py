"""How fast to learn at each moment of a run."""

import math

_LEAST = 0.02


def slope(at: float, warmup: float) -> float:
    """The share of the highest rate at `at`, both between 0 and 1 of the run: up in a straight line, down along a
    cosine."""
    if at < warmup:
        return at / warmup
    return _LEAST + (1 - _LEAST) * 0.5 * (1 + math.cos(math.pi * (at - warmup) / max(1 - warmup, 1e-9)))
