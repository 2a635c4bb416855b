"""The signature on everything that goes between suda and a case system, the same in both directions."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from handoff.errors import ForgedCallback

TIMESTAMP_HEADER = "X-Suda-Timestamp"
SIGNATURE_HEADER = "X-Suda-Signature"
TOLERANCE = 300
"""Seconds that the two clocks may be apart."""


class Signature:
    """Signs with the first secret, and believes any of them, so that a secret can be changed without a gap."""

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets or not all(secrets):
            raise ValueError("a signature needs a secret that is not empty")
        self._secrets = tuple(secret.encode() for secret in secrets)

    def sign(self, body: bytes, now: float) -> dict[str, str]:
        """The headers to send along with this body."""
        timestamp = str(int(now))
        return {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: _digest(self._secrets[0], timestamp, body)}

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Raise `ForgedCallback` unless the body was signed with one of the secrets within the last 300 s."""
        given = {name.lower(): value for name, value in headers.items()}
        timestamp = given.get(TIMESTAMP_HEADER.lower(), "")
        # Longer digit strings than a time can have are cut off before int() does work on them.
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise ForgedCallback("no usable timestamp")
        if abs(now - int(timestamp)) > TOLERANCE:
            raise ForgedCallback("the timestamp is more than 300 s away from our clock")
        signature = given.get(SIGNATURE_HEADER.lower(), "").encode("utf-8", "replace")
        expected = [_digest(secret, timestamp, body).encode() for secret in self._secrets]
        # Every secret is compared, so that the time taken does not tell which one was near.
        if not any([hmac.compare_digest(signature, each) for each in expected]):  # noqa: C419 - a list on purpose
            raise ForgedCallback("the signature does not fit the body")


def _digest(secret: bytes, timestamp: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
