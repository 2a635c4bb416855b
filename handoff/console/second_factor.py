"""The second factor: codes of an authenticator app (TOTP), and codes on paper for the day the phone is gone."""

import hashlib
import hmac
import io
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken

from handoff.people import People

RECOVERY_CODES = 8
_STEP = 30
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_NEIGHBOURS = (0, -1, 1)
"""Phones' clocks differ: the step before and the one after are taken too."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret that is not in force yet: shown once, and sealed for the form that comes back."""

    sealed: str
    words: str
    """The secret in groups of four, for typing."""
    picture: str
    """The same as a QR code in SVG."""


class SecondFactors:
    """Secrets are sealed with the service's key: a copy of the record alone makes no codes."""

    def __init__(self, people: People, key: bytes, issuer: str, clock: Callable[[], float]) -> None:
        self._people = people
        self._key = key
        self._fernet = Fernet(urlsafe_b64encode(key))
        self._issuer = issuer
        self._clock = clock

    def offer(self, operator: str, sealed: str = "") -> Offer:
        """A new secret, or the one that was offered before."""
        secret = self._unseal(operator, sealed) or pyotp.random_base32()
        uri = pyotp.TOTP(secret).provisioning_uri(name=operator, issuer_name=self._issuer)
        picture = io.BytesIO()
        segno.make(uri, error="m", micro=False).save(
            picture, kind="svg", scale=5, border=4, xmldecl=False, svgns=True, dark="#000", light="#fff", omitsize=True
        )
        words = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        return Offer(sealed or self._seal(operator, secret), words, picture.getvalue().decode())

    async def switch_on(self, operator: str, sealed: str, code: str) -> Sequence[str]:
        """Put an offered secret in force if the code fits; recovery codes, shown once, or none when it does not fit."""
        secret = self._unseal(operator, sealed)
        step = self._step_of(secret, code) if secret else None
        if step is None:
            return ()
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        digests = [self._digest(operator, each) for each in codes]
        await self._people.set_second_factor(operator, sealed, digests, step)
        return codes

    async def use(self, operator: str, code: str) -> str:
        """How the code was good, `code` or `recovery`, and it is used up; empty when it was not."""
        sealed = await self._people.second_factor(operator)
        secret = self._unseal(operator, sealed) if sealed else ""
        step = self._step_of(secret, code) if secret else None
        if step is not None:
            return "code" if await self._people.use_step(operator, step) else ""
        return "recovery" if await self._people.use_recovery(operator, self._digest(operator, code)) else ""

    def _step_of(self, secret: str, code: str) -> int | None:
        typed = code.replace(" ", "")
        totp, now = pyotp.TOTP(secret, interval=_STEP), int(self._clock() // _STEP)
        fitting = [now + off for off in _NEIGHBOURS if hmac.compare_digest(totp.generate_otp(now + off), _ascii(typed))]
        return fitting[0] if fitting else None

    def _seal(self, operator: str, secret: str) -> str:
        return self._fernet.encrypt(f"{operator} {secret}".encode()).decode()

    def _unseal(self, operator: str, sealed: str) -> str:
        """The secret; empty when it was not sealed by us, for this account."""
        try:
            owner, _, secret = self._fernet.decrypt(sealed.encode("utf-8", "replace")).decode().partition(" ")
        except InvalidToken:
            return ""
        return secret if owner == operator else ""

    def _digest(self, operator: str, code: str) -> str:
        plain = "".join(letter for letter in code.upper() if letter in _LETTERS)
        return hmac.new(self._key, f"{operator} {plain}".encode(), hashlib.sha256).hexdigest()


def _recovery_code() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def _ascii(text: str) -> str:
    return text if text.isascii() else ""
