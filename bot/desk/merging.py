"""What an operator typed and what the citizen said meanwhile, put together field by field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

from handoff.drafting import TOGETHER, Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A form as it goes on."""

    fields: Fields
    touched: tuple[str, ...]
    """What the operator changed, by the name of the field or of those that stand together."""
    clashes: tuple[str, ...]
    """What of it the citizen changed too, to something else."""


def merged(typed: Fields, begun: Fields, now: Fields, plain: Fields, take: str = "") -> Merged:
    """What he left alone follows the record, what he changed stands.

    `now` is the draft as he is shown it and `plain` the same unmasked: what he saw for a reason, and sees masked again,
    has not changed. `take` names what he gives up for the record's.
    """
    touched, clashes = [], []
    given: dict[str, str] = {}
    for name, members in _things():
        mine, first, record = (_values(form, members) for form in (typed, begun, now))
        if name == take or _alike(mine, first):
            given |= record
            continue
        touched.append(name)
        if not any(_alike(_values(form, members), known) for form in (now, plain) for known in (first, mine)):
            clashes.append(name)
    return Merged(fields=replace(typed, **given), touched=tuple(touched), clashes=tuple(clashes))


def _things() -> Iterable[tuple[str, tuple[str, ...]]]:
    yield from TOGETHER.items()
    grouped = {"key", *(member for members in TOGETHER.values() for member in members)}
    yield from ((each.name, (each.name,)) for each in fields(Fields) if each.name not in grouped)


def _values(form: Fields, members: Iterable[str]) -> dict[str, str]:
    return {name: getattr(form, name) for name in members}


def _alike(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Browsers change line ends, and spaces at an end are nobody's change."""
    return {name: _lines(text) for name, text in one.items()} == {name: _lines(text) for name, text in other.items()}


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
