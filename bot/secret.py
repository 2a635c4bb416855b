"""Keys derived from the service's one secret, one for each use, so that what signs one thing cannot sign another."""

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What each part signs with."""

    web: bytes
    desk: bytes
    media: bytes
    sandbox: str

    @classmethod
    def of(cls, secret: str) -> "Secrets":
        """All of them from the service's one secret."""

        def key(use: str) -> bytes:
            return hmac.new(secret.encode(), use.encode(), hashlib.sha256).digest()

        return cls(web=key("web"), desk=key("desk"), media=key("media"), sandbox=key("sandbox").hex())
