"""Who works at the desk: what each role may do, sessions, second factors, and why something hidden was looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from handoff.desk import Operator
from handoff.tongue import later


class Right(StrEnum):
    """What somebody may do at the desk."""

    LOOK_UP = "look_up"
    """Read the knowledge base."""
    TALK = "talk"
    """See conversations, take them over and answer."""
    REVEAL = "reveal"
    """See what is hidden of a 保密 or 匿名 citizen, for a written reason."""
    CURATE = "curate"
    """Change the knowledge base."""
    SUPERVISE = "supervise"
    """Whisper, assign, see everybody's numbers."""
    INSPECT = "inspect"
    """Read the audit log and the reasons of those who looked."""
    MANAGE = "manage"
    """Add, change and disable accounts."""


_OPERATOR = frozenset({Right.LOOK_UP, Right.TALK, Right.REVEAL})
_SUPERVISOR = _OPERATOR | {Right.CURATE, Right.SUPERVISE, Right.INSPECT}
RIGHTS: Mapping[str, frozenset[Right]] = {
    "operator": _OPERATOR,
    # Who writes entries need not read what citizens tell in confidence.
    "editor": frozenset({Right.LOOK_UP, Right.CURATE}),
    "supervisor": _SUPERVISOR,
    "admin": _SUPERVISOR | {Right.MANAGE},
}
"""The one table of what each role may do; who is not in it may do nothing."""

ROLE_NAMES: Mapping[str, str] = {
    "operator": later("坐席"),
    "editor": later("知识库编辑"),
    "supervisor": later("班长"),
    "admin": later("管理员"),
}

SERVICE = "@service"
"""Who did in the audit log what no person did. No account can have this name."""

FIRST_WAIT = 30.0
LONGEST_WAIT = 3600.0
FORGOTTEN_AFTER = 2 * LONGEST_WAIT
"""Seconds after the last wait until failures are forgotten."""
SHORTEST_PASSWORD = 8


def may(operator: Operator, right: Right) -> bool:
    """Whether the table gives this right to his role."""
    return right in RIGHTS.get(operator.role, frozenset())


def after_failure(count: int, until: float, patience: int, now: float) -> tuple[int, float]:
    """Failures and until when the next try waits, after one more: longer each time, once patience is over."""
    count = count + 1 if now - until < FORGOTTEN_AFTER else 1
    over = count - patience
    return count, now + (min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(over, 20)) if over >= 0 else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A browser that has logged in. `key` is a digest of what the cookie says, so the record opens no door."""

    key: str
    operator: str
    opened_at: float
    seen_at: float
    peer: str
    browser: str
    """What it calls itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A session and the account behind it, as they stand now."""

    session: OpenSession
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account in the list."""

    operator: Operator
    second_factor: bool
    seen_at: float
    """When one of his open sessions was last used; 0 when he has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """Somebody saw what is hidden in a conversation, and why. Kept apart from the audit log, so it can be erased."""

    conversation_id: str
    operator: str
    reason: str
    at: float
    number: int = field(default=0, compare=False)
    """Its place in the record, given there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which lines of the audit log, or which reasons, somebody looks for."""

    who: str | None = None
    """An account; empty: who had not logged in; None: anybody."""
    action: str = ""
    """Of a line; a reason has none. With a star at its end: all that begin so."""
    subject: str = ""
    """What was acted upon: a conversation with its files, a ticket, an account."""
    since: float = 0.0
    until: float = 0.0
    """Before this moment; 0: until now."""
    before: int | None = None
    """Only what is older than this number."""


ANYTHING = Sought()


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A line of the audit log."""

    number: int
    at: float
    who: str
    action: str
    subject: str


class People(Protocol):
    """Accounts and what belongs to them, in the record: the same for all nodes, and after a restart."""

    async def operator(self, name: str) -> Operator | None:
        """The account of that name."""
        ...

    async def people(self) -> Sequence[Person]:
        """All accounts, by name."""
        ...

    async def add_operator(self, operator: Operator) -> bool:
        """Make an account; False, and nothing changed, when there is one of that name."""
        ...

    async def save_operator(self, operator: Operator) -> None:
        """Add or change an account. One that is disabled, or has another password than before, loses its sessions."""
        ...

    async def choose_language(self, operator: str, language: str) -> None:
        """In which language he reads the desk from now on."""
        ...

    async def open_session(self, session: OpenSession) -> None:
        """Keep a session."""
        ...

    async def entered(self, key: str) -> Entered | None:
        """The session and its account; None when either is gone or the account is disabled."""
        ...

    async def session_seen(self, key: str, at: float) -> None:
        """The session was used."""
        ...

    async def sessions(self, operator: str) -> Sequence[OpenSession]:
        """An account's sessions, latest used first."""
        ...

    async def end_session(self, operator: str, key: str) -> bool:
        """End a session of this account; False when there is no such."""
        ...

    async def drop_sessions(self, seen_before: float) -> None:
        """Forget sessions that were not used since."""
        ...

    async def charge(self, patience: Mapping[str, int], now: float) -> float:
        """Count a failure for each key and return 0, or count none and return how long one of them has to wait."""
        ...

    async def login_wait(self, keys: Sequence[str], now: float) -> float:
        """How long the next try with one of these keys has to wait."""
        ...

    async def refund(self, key: str, now: float) -> None:
        """Take one failure back."""
        ...

    async def forgive(self, key: str) -> None:
        """Forget the failures of a key."""
        ...

    async def second_factor(self, operator: str) -> str | None:
        """The sealed secret."""
        ...

    async def set_second_factor(self, operator: str, sealed: str, recovery: Sequence[str], step: int) -> None:
        """Keep a secret, the digests of its recovery codes, and the last time step that was used."""
        ...

    async def drop_second_factor(self, operator: str) -> None:
        """Forget secret and recovery codes."""
        ...

    async def use_step(self, operator: str, step: int) -> bool:
        """Use up a time step; False when it or a later one was used."""
        ...

    async def use_recovery(self, operator: str, digest: str) -> bool:
        """Use up a recovery code; False when there is no such."""
        ...

    async def keep_reveal(self, reveal: Reveal) -> None:
        """Keep why somebody looks at what is hidden."""
        ...

    async def revealed(self, operator: str, conversation_id: str, since: float) -> bool:
        """Whether he gave a reason since then."""
        ...

    async def reveals(self, limit: int = 200, sought: Sought = ANYTHING) -> Sequence[Reveal]:
        """Reasons that are sought, latest first."""
        ...

    async def noted(self, limit: int = 200, sought: Sought = ANYTHING) -> Sequence[Noted]:
        """Lines of the audit log that are sought, latest first."""
        ...
