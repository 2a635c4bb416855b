"""Who may enter the desk: passwords, sessions, and how long a wrong guess has to wait."""

import asyncio
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass, replace

from aiohttp import web
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from handoff.desk import Desk, Operator

COOKIE = "suda_desk"
IDLE_SECONDS = 12 * 3600.0
LONGEST_PASSWORD = 1024
LONGEST_NAME = 64

# 64 MiB and two passes: about 0.1 s of one core. Written out, so that the hash below stays of the same cost.
_HASHER = PasswordHasher(time_cost=2, memory_cost=65536, parallelism=1)

# The hash of a password that nobody knows: an unknown name is checked against it, and takes as long as a known one.
NOBODY_HASH = "$argon2id$v=19$m=65536,t=2,p=1$Br+rxzp945LjaCv7Dlb2Ug$D2FBJYACVYN0ZRCfmL+eruE6WX0HZkyKv5HCUz9y2XQ"


def hash_password(password: str) -> str:
    """The argon2 hash that an account keeps; takes a tenth of a second, so call it in a thread when serving."""
    return _HASHER.hash(password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser at the desk."""

    id: str
    operator: str
    """Empty while nobody has logged in: the session then only carries the login form's CSRF token."""
    proof: str
    """Depends on the account's password hash, so that a changed password ends the old sessions."""
    seen: float


class Sessions:
    """Sessions sealed into a cookie; a process keeps only which of them were ended."""

    def __init__(self, secret: bytes, secure: bool, clock: Callable[[], float] = time.time) -> None:
        if len(secret) < 16:
            raise ValueError("the desk's secret needs at least 16 bytes")
        self._cookie_key = _key(secret, "desk-cookie")
        self._csrf_key = _key(secret, "desk-csrf")
        self._proof_key = _key(secret, "desk-proof")
        self._secure = secure
        self._clock = clock
        self._ended: dict[str, float] = {}

    def open(self, operator: Operator | None = None) -> Session:
        """A new session, always under a new id, so that nobody can plant one before the login."""
        return Session(
            id=secrets.token_urlsafe(18),
            operator=operator.name if operator else "",
            proof=self._proof(operator) if operator else "",
            seen=self._clock(),
        )

    def read(self, request: web.Request) -> Session | None:
        """The session that a request carries, if it is sealed by us, fresh and not ended."""
        session = _unseal(self._cookie_key, request.cookies.get(COOKIE, ""))
        return session if session and self.alive(session) else None

    def alive(self, session: Session) -> bool:
        """Whether it was neither ended nor left alone too long."""
        return session.id not in self._ended and self._clock() - session.seen < IDLE_SECONDS

    def belongs(self, session: Session, operator: Operator | None) -> bool:
        """Whether this account opened it, may still enter, and has the same password as then."""
        if operator is None or operator.disabled:
            return False
        return session.operator == operator.name and hmac.compare_digest(session.proof, self._proof(operator))

    def write(self, response: web.StreamResponse, session: Session) -> None:
        """Put the session into the response, seen now. Without a max-age: it ends with the browser, or by idleness."""
        sealed = _seal(self._cookie_key, replace(session, seen=self._clock()))
        response.set_cookie(COOKIE, sealed, path="/desk", httponly=True, samesite="Strict", secure=self._secure)

    def end(self, response: web.StreamResponse, session: Session) -> None:
        """Log out: the cookie goes, and a copy of it is worth nothing in this process."""
        now = self._clock()
        self._ended = {id_: at for id_, at in self._ended.items() if now - at < IDLE_SECONDS}
        self._ended[session.id] = now
        response.del_cookie(COOKIE, path="/desk", httponly=True, samesite="Strict", secure=self._secure)

    def csrf(self, session: Session) -> str:
        """The token that every form of this session carries."""
        return _mac(self._csrf_key, session.id.encode())

    def csrf_holds(self, session: Session, token: str) -> bool:
        """Whether a form came from one of our pages."""
        return hmac.compare_digest(self.csrf(session).encode(), token.encode())

    def _proof(self, operator: Operator) -> str:
        return _mac(self._proof_key, operator.password_hash.encode())[:16]


class Lockout:
    """Counts failures and makes the next try wait, longer each time; in memory, and never more than so many names."""

    def __init__(
        self,
        patience: int,
        clock: Callable[[], float],
        first: float = 30.0,
        longest: float = 3600.0,
        room: int = 10_000,
    ) -> None:
        self._patience = patience
        self._clock = clock
        self._first = first
        self._longest = longest
        self._room = room
        self._failures: dict[str, tuple[int, float]] = {}
        """Count, and until when the next try has to wait; the latest failure last."""

    def wait(self, key: str) -> float:
        """Seconds until another try is allowed; 0 when it is allowed now."""
        _, until = self._failures.get(key, (0, 0.0))
        return max(0.0, until - self._clock())

    def charge(self, key: str) -> None:
        """Count a try as failed before it is checked, so that many at once get no more guesses than one by one."""
        count = self._count(key) + 1
        over = count - self._patience
        penalty = min(self._longest, self._first * 2 ** min(over, 20)) if over >= 0 else 0.0
        self._failures.pop(key, None)
        self._failures[key] = (count, self._clock() + penalty)
        if len(self._failures) > self._room:
            del self._failures[next(iter(self._failures))]

    def refund(self, key: str) -> None:
        """The try that was just charged was right after all: take that one back."""
        count = self._count(key) - 1
        if count > 0:
            self._failures[key] = (count, self._clock())
        else:
            self.forgive(key)

    def forgive(self, key: str) -> None:
        """Forget all failures."""
        self._failures.pop(key, None)

    def _count(self, key: str) -> int:
        count, until = self._failures.get(key, (0, 0.0))
        return count if self._clock() - until < 2 * self._longest else 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A login that failed; `wait` seconds must pass before the next, 0 when it may follow at once."""

    wait: float


class Gate:
    """The door of the desk: each try is counted, costs the same whoever is named, and is written in the audit."""

    def __init__(self, desk: Desk, clock: Callable[[], float] = time.time, *, peer_patience: int = 20) -> None:
        self._desk = desk
        self._names = Lockout(5, clock)
        # An office or a reverse proxy shows one address for all: its patience is longer than that with one name.
        self._peers = Lockout(peer_patience, clock)
        # Each check takes 64 MiB: a flood of logins must neither eat the memory nor both cores.
        self._turns = asyncio.Semaphore(2)

    async def enter(self, name: str, password: str, peer: str) -> Operator | Refused:
        """The account, if the password is right; how long to wait otherwise."""
        if wait := max(self._names.wait(name), self._peers.wait(peer)):
            return Refused(wait)
        self._names.charge(name)
        self._peers.charge(peer)
        operator = await self._desk.operator(name) if len(name) <= LONGEST_NAME else None
        right = await self._check(password, operator.password_hash if operator else NOBODY_HASH)
        if operator and right and not operator.disabled:
            self._names.forgive(name)
            self._peers.refund(peer)
            await self._desk.note(operator.name, "login", peer)
            return operator
        wait = max(self._names.wait(name), self._peers.wait(peer))
        # An unknown name is not written down: people type passwords into the wrong box.
        await self._desk.note(operator.name if operator else "", "login_locked" if wait else "login_failed", peer)
        return Refused(wait)

    async def _check(self, password: str, password_hash: str) -> bool:
        async with self._turns:
            return await asyncio.to_thread(_matches, password_hash, password[:LONGEST_PASSWORD])


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _key(secret: bytes, use: str) -> bytes:
    return hmac.digest(secret, use.encode(), "sha256")


def _mac(key: bytes, body: bytes) -> str:
    return hmac.new(key, body, "sha256").hexdigest()


def _seal(key: bytes, session: Session) -> str:
    fields = [session.id, session.operator, session.proof, session.seen]
    body = urlsafe_b64encode(json.dumps(fields).encode())
    return f"{body.decode()}.{_mac(key, body)}"


def _unseal(key: bytes, cookie: str) -> Session | None:
    body, _, mac = cookie.partition(".")
    if not hmac.compare_digest(_mac(key, body.encode()).encode(), mac.encode()):
        return None
    try:
        id_, operator, proof, seen = json.loads(urlsafe_b64decode(body))
    except (ValueError, NotBase64):  # sealed by us, but by another version
        return None
    return Session(id=id_, operator=operator, proof=proof, seen=seen)
