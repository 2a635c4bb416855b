"""What part of the desk's long lists a page is asked to show."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from handoff.desk import ThreadHead

RECENT = 50
"""Conversations on one page of the list."""
_LONGEST_SEARCH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A search, an earlier page of the list of conversations, an earlier page of what was said."""

    words: str = ""
    too_short: bool = False
    """One letter or digit finds everything, and so nothing."""
    behind: tuple[float, str] | None = None
    before: int | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wish":
        """What the address says; what cannot be read is not wished for."""
        words = "".join(letter for letter in query.get("q", "") if letter.isprintable()).strip()[:_LONGEST_SEARCH]
        return cls(
            words=words if len(words) > 1 else "",
            too_short=len(words) == 1,
            behind=_place(query.get("behind", "")),
            before=whole(query.get("before", "")),
        )


NO_WISH = Wish()


def link_behind(head: ThreadHead) -> str:
    """Where the list goes on behind this conversation."""
    return f"/desk?{urlencode({'behind': f'{head.last_at!r},{head.conversation_id}'})}"


def whole(number: str) -> int | None:
    """A number that the record may have given."""
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None


def _place(given: str) -> tuple[float, str] | None:
    at, comma, conversation = given.partition(",")
    try:
        return (float(at), conversation) if comma and conversation.isprintable() else None
    except ValueError:
        return None
