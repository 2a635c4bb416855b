"""Who a visitor is, without a login: random names and grants that carry our signature. Pure."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets

import msgspec

from channels.errors import ForgedRequest
from channels.message import Attachment, MessageKind

_USER = re.compile(r"[A-Za-z0-9_-]{16,32}")


class Stored(msgspec.Struct, frozen=True, array_like=True):
    """What an upload became: its key in the media store, and what it is."""

    key: str
    kind: MessageKind
    mime: str
    filename: str
    size: int

    def attachment(self, identity: str) -> Attachment:
        """The same as part of a message."""
        return Attachment(
            id=identity, kind=self.kind, key=self.key, mime=self.mime, filename=self.filename, size=self.size
        )


class Seal:
    """Signs what a browser keeps for us, and believes only its own signature."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the web chat secret needs at least 16 bytes")
        self._secret = secret

    def new_visitor(self) -> tuple[str, str]:
        """A fresh visitor and the token that proves him."""
        user = secrets.token_urlsafe(15)
        return user, self.token(user)

    def token(self, user: str) -> str:
        """What the visitor's browser shows to be known again."""
        return f"{user}.{self._sign('visitor', user)}"

    def visitor(self, token: str) -> str:
        """Whose token this is; `ForgedRequest` when it is not ours."""
        user, _, signature = token.partition(".")
        if not _USER.fullmatch(user) or not self._equal(signature, self._sign("visitor", user)):
            raise ForgedRequest("visitor token")
        return user

    def grant(self, user: str, stored: Stored) -> str:
        """What this visitor sends to put his upload into a message."""
        payload = base64.urlsafe_b64encode(msgspec.json.encode(stored)).decode().rstrip("=")
        return f"{payload}.{self._sign('grant', user, payload)}"

    def granted(self, user: str, grant: str) -> Stored:
        """The upload behind a grant; `ForgedRequest` when it is not this visitor's."""
        payload, _, signature = grant.partition(".")
        if not self._equal(signature, self._sign("grant", user, payload)):
            raise ForgedRequest("upload grant")
        try:
            return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=Stored)
        except (binascii.Error, msgspec.DecodeError) as error:  # signed by an older version of ours
            raise ForgedRequest("upload grant") from error

    def media(self, user: str, key: str) -> str:
        """What proves that this media belongs to this visitor's conversation."""
        return self._sign("media", user, key)

    def owns(self, user: str, key: str, proof: str) -> bool:
        """Whether `proof` is `media(user, key)`."""
        return self._equal(proof, self.media(user, key))

    def _sign(self, *parts: str) -> str:
        message = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()

    @staticmethod
    def _equal(one: str, other: str) -> bool:
        return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())
