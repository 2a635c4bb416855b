"""What the console needs of the queue: colleagues to pass a conversation to, groups, and who is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody that a conversation can be given to."""

    name: str
    display_name: str
    present: bool
    """His desk is open and has answered just now."""


class Queue(Protocol):
    """The service behind passing on and presence."""

    @property
    def groups(self) -> Sequence[str]:
        """The groups that operators of this city work in."""
        ...

    async def colleagues(self) -> Sequence[Colleague]:
        """All whose account is open: those who are there first, then by name."""
        ...

    async def gone(self, operator: str) -> None:
        """This operator left: colleagues need not wait until nothing was heard of him."""
        ...

    async def here(self, operator: str) -> None:
        """Something was heard of this operator: his desk is open."""
        ...
