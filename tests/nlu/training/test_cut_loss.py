"""Where another matter begins is learnt as one choice among all places, of which the first stands for nowhere."""

from __future__ import annotations

import math

import pytest

# PyTorch is imported where it is used: the other tests run without it.
pytestmark = pytest.mark.training

_UNTOLD = math.nan


@pytest.mark.parametrize(
    ("cuts", "wanted"),
    [
        ([_UNTOLD, 0.0, 1.0, 0.0], {2: 1.0}),
        ([_UNTOLD, 0.0, 0.0, 0.0], {0: 1.0}),
        ([_UNTOLD, 1.0, 1.0, 0.0], {1: 0.5, 2: 0.5}),
        ([_UNTOLD, 0.0, _UNTOLD, _UNTOLD], {0: 1.0}),
    ],
    ids=["one cut", "no cut", "two cuts share", "what is cut off at the window counts for nothing"],
)
def test_what_a_row_teaches(cuts: list[float], wanted: dict[int, float]) -> None:
    import torch

    from nlu.training.trainer import cut_loss

    logits = torch.zeros(1, 4, requires_grad=True)
    cut_loss(logits, torch.tensor([cuts])).backward()

    assert logits.grad is not None
    # The slope of a cross-entropy is what is believed less what is wanted.
    allowed = [at for at, cut in enumerate(cuts) if at == 0 or not math.isnan(cut)]
    believed = {at: 1 / len(allowed) for at in allowed}
    slopes = [believed.get(at, 0.0) - wanted.get(at, 0.0) for at in range(4)]
    assert logits.grad[0].tolist() == pytest.approx(slopes, abs=1e-6)
