"""What any category classifier must be able to do, whether it looks words up or runs a network."""

from __future__ import annotations

from typing import Protocol

from nlu.interpretation import CategoryScore


class Classifier(Protocol):
    """Ranks the leaves of a taxonomy for a text."""

    def rank(self, text: str, limit: int = 5) -> tuple[CategoryScore, ...]:
        """The likeliest leaves, best first, with confidences that add up to one over all leaves; empty when nothing
        in the text points at any."""
        ...
