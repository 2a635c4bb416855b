"""What somebody sent that had no effect: it comes back with the page, so that nobody types it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from handoff.console.composing import Written
from handoff.desk import ActionKind, Operator, Thread
from handoff.people import Right, may

PARTING = (ActionKind.GIVE_BACK, ActionKind.CLOSE)
"""Acts with which an operator leaves, with a word or without."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An act without effect, and what was typed for it."""

    kind: ActionKind | None = None
    written: Written = field(default_factory=Written)
    note: str = ""
    to: str = ""

    def shown(self, thread: Thread | None, me: Operator) -> Mapping[str, object]:
        """Values for the page: back in its form where that is still there, and else to be read and copied."""
        reply = self.kind is ActionKind.REPLY
        fits = self._fits(thread, me)
        lost = "\n".join(part for part in (self.written.text, self.note) if part and not fits)
        return {
            "refused": str(self.kind) if self.kind and fits else "",
            "written": self.written if reply and fits else Written(),
            "text": self.written.text if reply else "",
            "parting": self.written if self.kind in PARTING and fits else Written(),
            "note": self.note if fits else "",
            "to": self.to if fits else "",
            # a reply has its place below a conversation that cannot be answered any more
            "kept": "" if reply and thread else lost,
            "unsent": () if fits else self.written.enclosures,
        }

    def _fits(self, thread: Thread | None, me: Operator) -> bool:
        """Whether the page has the form that it was typed into."""
        if thread is None:
            return False
        match self.kind:
            case ActionKind.REPLY:
                return thread.head.hears(me.name)
            case ActionKind.GIVE_BACK | ActionKind.CLOSE | ActionKind.TRANSFER:
                return thread.head.is_held_by(me.name)
            case ActionKind.ASSIGN:
                return may(me, Right.SUPERVISE) and not thread.head.is_held_by(me.name)
            case ActionKind.WHISPER:
                return may(me, Right.SUPERVISE)
            case _:
                return True
