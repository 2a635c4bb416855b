"""What operators knew better than the machine, as rows that `suda nlu train` and `suda nlu evaluate` read."""

from typing import Any

from bot.appeal import PlaceSlot
from bot.turn import Correction


def as_row(correction: Correction) -> dict[str, Any]:
    """A labelled row. It speaks only of what the operator said; who said it stays in the record."""
    known = correction.operator
    row: dict[str, Any] = {"id": correction.id, "text": correction.text}
    if known.category:
        row["category"] = list(known.category)
    else:
        row["intent"] = "appeal"  # a row must teach something
    row["appeal_type"] = known.appeal_type
    row["urgent"] = known.urgent
    if known.place and (found := _span(correction.text, known.place)):
        row["locations"] = [found]
    return row


def _span(text: str, place: PlaceSlot) -> dict[str, Any] | None:
    """Where the message itself says the place; a place that only the operator knew teaches nothing about the words."""
    start = text.find(place.text) if place.text else -1
    if start < 0:
        return None
    parts = {name: getattr(place, name) for name in ("district", "street", "community", "code")}
    return {"start": start, "end": start + len(place.text), "text": place.text, "main": True, **parts}
