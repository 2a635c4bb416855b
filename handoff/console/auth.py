"""The door of the desk: passwords, cookies, and what a login has to show."""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from handoff.console.second_factor import SecondFactors
from handoff.desk import Desk, Operator
from handoff.people import SHORTEST_PASSWORD, OpenSession
from handoff.tongue import later, say

COOKIE = "suda_desk"
IDLE_SECONDS = 12 * 3600.0
LONGEST_PASSWORD = 1024
LONGEST_NAME = 64
HALFWAY_SECONDS = 300.0
"""For so long the right password is remembered while the code is asked for."""

# 64 MiB and two passes: about 0.1 s of one core. Written out, so that the hash below stays of the same cost.
_HASHER = PasswordHasher(time_cost=2, memory_cost=65536, parallelism=1)

# The hash of a password that nobody knows: an unknown name is checked against it, and takes as long as a known one.
NOBODY_HASH = "$argon2id$v=19$m=65536,t=2,p=1$Br+rxzp945LjaCv7Dlb2Ug$D2FBJYACVYN0ZRCfmL+eruE6WX0HZkyKv5HCUz9y2XQ"

_FORM = "form~"

# Without what is easily taken for something else when it is read out or copied by hand.
_ONE_TIME = "abcdefghjkmnpqrstuvwxyz23456789"


def hash_password(password: str) -> str:
    """The argon2 hash that an account keeps; takes a tenth of a second, so call it in a thread when serving."""
    return _HASHER.hash(password)


def one_time_password() -> str:
    """A password to be told to somebody, who changes it at once: 59 bits, in groups of four."""
    return "-".join("".join(secrets.choice(_ONE_TIME) for _ in range(4)) for _ in range(3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a browser's cookie says. Who has logged in with it, if anybody, stands in the record."""

    id: str

    @property
    def inside(self) -> bool:
        """Whether it was given out upon a login; the other kind only carries the login form's CSRF token."""
        return not self.id.startswith(_FORM)

    @property
    def key(self) -> str:
        """Under which the record knows it."""
        return hashlib.sha256(self.id.encode()).hexdigest()


class Sessions:
    """The cookies: random, sealed so that only ours are looked up, and each with a CSRF token of its own."""

    def __init__(self, secret: bytes, secure: bool) -> None:
        if len(secret) < 16:
            raise ValueError("the desk's secret needs at least 16 bytes")
        self._cookie_key = key_for(secret, "desk-cookie")
        self._csrf_key = key_for(secret, "desk-csrf")
        self._halfway_key = key_for(secret, "desk-halfway")
        self._secure = secure

    def new(self) -> Session:
        """A new one, for every login, so that nobody can plant one before it."""
        return Session(id=secrets.token_urlsafe(18))

    def for_form(self) -> Session:
        """One for somebody who has still to log in."""
        return Session(id=_FORM + secrets.token_urlsafe(18))

    def read(self, request: web.Request) -> Session | None:
        """What a request carries, if it is ours."""
        id_, _, seal = request.cookies.get(COOKIE, "").partition(".")
        return Session(id=id_) if id_ and _same(_mac(self._cookie_key, id_), seal) else None

    def write(self, response: web.StreamResponse, session: Session) -> None:
        """Put it into the response. Without a max-age: it ends with the browser, or by idleness."""
        sealed = f"{session.id}.{_mac(self._cookie_key, session.id)}"
        response.set_cookie(COOKIE, sealed, path="/desk", httponly=True, samesite="Strict", secure=self._secure)

    def write_word(self, response: web.StreamResponse, name: str, word: str, seconds: int) -> None:
        """Let the browser remember something that is no secret, such as a language."""
        response.set_cookie(
            name, word, path="/desk", max_age=seconds, httponly=True, samesite="Strict", secure=self._secure
        )

    def clear(self, response: web.StreamResponse) -> None:
        """Take it from the browser."""
        response.del_cookie(COOKIE, path="/desk", httponly=True, samesite="Strict", secure=self._secure)

    def csrf(self, session: Session) -> str:
        """The token that every form of this session carries."""
        return _mac(self._csrf_key, session.id)

    def csrf_holds(self, session: Session, token: str) -> bool:
        """Whether a form came from one of our pages."""
        return _same(self.csrf(session), token)

    def halfway(self, session: Session, operator: Operator, now: float) -> str:
        """Says that this browser has just given this account's right password, for a hidden field."""
        until = f"{now + HALFWAY_SECONDS:.0f}"
        return f"{operator.name}|{until}|{self._halfway(session, operator, until)}"

    def is_halfway(self, session: Session, operator: Operator, ticket: str, now: float) -> bool:
        """Whether such a ticket holds, for this browser and the same password as then."""
        name, _, rest = ticket.partition("|")
        until, _, seal = rest.partition("|")
        if name != operator.name or not _same(self._halfway(session, operator, until), seal):
            return False
        return now < float(until)

    def _halfway(self, session: Session, operator: Operator, until: str) -> str:
        return _mac(self._halfway_key, "|".join((session.id, operator.name, operator.password_hash, until)))


@dataclass(frozen=True, slots=True)
class Refused:
    """A login that failed; `wait` seconds must pass before the next, 0 when it may follow at once."""

    wait: float


class Gate:
    """Checks passwords and codes: each try is counted in the record, costs the same whoever is named, and is noted."""

    def __init__(
        self,
        desk: Desk,
        factors: SecondFactors,
        clock: Callable[[], float] = time.time,
        *,
        patience: int = 5,
        peer_patience: int = 20,
    ) -> None:
        self._desk = desk
        self._factors = factors
        self._clock = clock
        self._patience = patience
        # An office or a reverse proxy shows one address for all: its patience is longer than that with one name.
        self._peer_patience = peer_patience
        # Each check takes 64 MiB: a flood of logins must neither eat the memory nor both cores.
        self._turns = asyncio.Semaphore(2)

    async def enter(self, name: str, password: str, peer: str) -> Operator | Refused:
        """The account, if the password is right; how long to wait otherwise."""
        keys = {_digest("name", name): self._patience, _digest("peer", peer): self._peer_patience}
        if wait := await self._desk.people.charge(keys, self._clock()):
            return Refused(wait)
        operator = await self._desk.operator(name) if len(name) <= LONGEST_NAME else None
        right = await self._matches(password, operator.password_hash if operator else NOBODY_HASH)
        if operator and right and not operator.disabled:
            await self._desk.people.forgive(_digest("name", name))
            await self._desk.people.refund(_digest("peer", peer), self._clock())
            return operator
        # An unknown name is not written down: people type passwords into the wrong box.
        return await self._refuse(keys, operator.name if operator else "", "login", peer)

    async def pass_code(self, operator: Operator, code: str, peer: str) -> str | Refused:
        """How the second factor was shown, `code` or `recovery`; how long to wait when it was not."""
        keys = {_digest("code", operator.name): self._patience}
        if wait := await self._desk.people.charge(keys, self._clock()):
            return Refused(wait)
        way = await self._factors.use(operator.name, code)
        if way:
            await self._desk.people.forgive(_digest("code", operator.name))
            return way
        return await self._refuse(keys, operator.name, "code", peer)

    async def knows(self, operator: Operator, password: str) -> bool | Refused:
        """Whether somebody who is inside knows his password; counted like a login."""
        keys = {_digest("name", operator.name): self._patience}
        if wait := await self._desk.people.charge(keys, self._clock()):
            return Refused(wait)
        if not await self._matches(password, operator.password_hash):
            await self._desk.note(operator.name, "password_refused", operator.name)
            return False
        await self._desk.people.forgive(_digest("name", operator.name))
        return True

    async def hash(self, password: str) -> str:
        """The hash of a new password, in its turn."""
        async with self._turns:
            return await asyncio.to_thread(hash_password, password)

    async def admit(self, operator: Operator, session: Session, peer: str, browser: str, way: str = "") -> None:
        """Open the session in the record; what nobody used for long is swept out on the way."""
        now = self._clock()
        await self._desk.people.drop_sessions(now - IDLE_SECONDS)
        await self._desk.people.open_session(
            OpenSession(
                key=session.key, operator=operator.name, opened_at=now, seen_at=now, peer=peer, browser=browser[:200]
            )
        )
        await self._desk.note(operator.name, f"login_by_{way}" if way else "login", peer)

    async def _refuse(self, keys: dict[str, int], name: str, act: str, peer: str) -> Refused:
        wait = await self._desk.people.login_wait(tuple(keys), self._clock())
        await self._desk.note(name, f"{act}_locked" if wait else f"{act}_failed", peer)
        return Refused(wait)

    async def _matches(self, password: str, password_hash: str) -> bool:
        async with self._turns:
            return await asyncio.to_thread(_verify, password_hash, password[:LONGEST_PASSWORD])


def fault_of_password(password: str, again: str, *, known: Sequence[str] = ()) -> str:
    """Why a new password cannot be taken, in the operator's words; empty when it can."""
    if password != again:
        return later("两次输入的新密码不一样。")
    if len(password) < SHORTEST_PASSWORD:
        return later("新密码至少要 8 个字符。")
    if len(password) > LONGEST_PASSWORD:
        return say("新密码不能超过 {most} 个字符。").format(most=LONGEST_PASSWORD)
    if password in known:
        return later("新密码不能和原来的密码或用户名一样。")
    return "" if len(set(password)) > 3 else later("这个密码太容易猜到，请换一个。")


def key_for(secret: bytes, use: str) -> bytes:
    """A key for one use, so that what seals one thing cannot seal another."""
    return hmac.digest(secret, use.encode(), "sha256")


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _digest(kind: str, word: str) -> str:
    """What failures are counted under: whoever typed his password as his name does not find it in the record."""
    return hashlib.sha256(f"{kind} {word}".encode("utf-8", "replace")).hexdigest()


def _mac(key: bytes, body: str) -> str:
    return hmac.new(key, body.encode("utf-8", "replace"), "sha256").hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "replace"))
