"""What is around a WeChat message: the signature, the encryption and the XML; nothing in here is believed unchecked."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import xmltodict
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException

from channels.errors import ForgedRequest, MalformedRequest

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Nothing but the root may stand at the top: so there is no DOCTYPE, and a citizen may still write one in his text.
_PROLOGUE = re.compile(r"\A\s*(?:<\?xml[^>]*\?>\s*)?<xml[\s>/]")


class Mode(StrEnum):
    """消息加解密方式: how the account sends its messages, as set in the WeChat console."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SAFE = "safe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What WeChat puts into the URL of a webhook."""

    signature: str = ""
    timestamp: str = ""
    nonce: str = ""
    msg_signature: str = ""
    encrypt_type: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Query":
        """The known parts of a URL's query."""
        return cls(**{name: query.get(name, "") for name in cls.__slots__})

    @property
    def encrypted(self) -> bool:
        """The body is said to be encrypted."""
        return self.encrypt_type == "aes" or bool(self.msg_signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The XML of a message that is believed, and whether it came encrypted: then the answer must be, too."""

    xml: str
    encrypted: bool


class Envelope:
    """Opens webhooks and seals answers with the keys of one account."""

    def __init__(self, *, token: str, aes_key: str, app_id: str, mode: Mode, freshness: float = 300.0) -> None:
        self._token = _needed(token, "token")
        self._mode = mode
        self._freshness = freshness
        self._crypto = WeChatCrypto(token, checked_key(aes_key), app_id) if aes_key or mode is not Mode.PLAIN else None

    def check(self, query: Query, now: float | None = None) -> None:
        """Refuse a URL not signed with our token; given the time, also one that is not of now.

        This signature does not cover the body, so whoever saw one URL could post anything with it for ever.
        """
        if not _same(signature(self._token, query.timestamp, query.nonce), query.signature):
            raise ForgedRequest("the signature in the URL does not match: is the token the one in the WeChat console?")
        if now is not None and not self._fresh(query.timestamp, now):
            raise ForgedRequest("the timestamp in the URL is stale: is the clock of this machine right?")

    def open(self, query: Query, body: bytes, now: float) -> Opened:
        """The message's XML; `ForgedRequest` or `MalformedRequest`, and never another error, whatever the body is."""
        if query.encrypted and self._crypto is not None:
            return Opened(xml=self._decrypted(query, body, now), encrypted=True)
        if self._mode is Mode.SAFE:
            raise ForgedRequest("a body in plain text, but the account is in safe mode")
        self.check(query, now)
        return Opened(xml=decoded(body), encrypted=False)

    def seal(self, xml: str, *, nonce: str, timestamp: int) -> str:
        """An answer, encrypted and signed."""
        assert self._crypto is not None  # only what came encrypted is answered encrypted
        sealed: str = self._crypto.encrypt_message(xml, nonce, str(timestamp))
        return sealed

    def _decrypted(self, query: Query, body: bytes, now: float) -> str:
        assert self._crypto is not None
        try:
            encrypt = text_of(root_of(decoded(body)), "Encrypt")
            if not encrypt:
                raise MalformedRequest("no Encrypt in the body, though the URL says it is encrypted")
        except MalformedRequest:
            self.check(query, now)  # without Encrypt only the URL's own signature can tell who sent it
            raise
        if not _same(signature(self._token, query.timestamp, query.nonce, encrypt), query.msg_signature):
            raise ForgedRequest("msg_signature does not match: is the token the one in the WeChat console?")
        try:
            xml: str = self._crypto.decrypt_message(
                {"Encrypt": encrypt}, query.msg_signature, query.timestamp, query.nonce
            )
        except InvalidAppIdException as error:  # what another key makes of it may, rarely, read as an AppID too
            raise ForgedRequest("the message is for another AppID: are app_id and the AES key right?") from error
        except Exception as error:  # wechatpy leaks some ten unrelated classes on bad ciphertext
            raise MalformedRequest(f"it does not decrypt ({type(error).__name__}): is the AES key right?") from error
        return xml

    def _fresh(self, timestamp: str, now: float) -> bool:
        return re.fullmatch(r"[0-9]{1,12}", timestamp) is not None and abs(now - int(timestamp)) <= self._freshness


class Replays:
    """Notices a plain-mode URL that comes again with another body: the signature covers the URL only."""

    def __init__(self, keep: float = 600.0) -> None:
        self._keep = keep
        self._seen: dict[str, tuple[float, bytes]] = {}

    def check(self, query: Query, body: bytes, now: float) -> None:
        """The same URL with the same body is a harmless repetition, with another body it is forged."""
        self._forget(now)
        key = f"{query.timestamp}:{query.nonce}:{query.signature}"
        digest = hashlib.sha256(body).digest()
        if self._seen.setdefault(key, (now, digest))[1] != digest:
            raise ForgedRequest("this signed URL was used before with another body")

    def _forget(self, now: float) -> None:
        while self._seen:
            oldest = next(iter(self._seen))  # dicts keep the order of arrival, so the first is the oldest
            if now - self._seen[oldest][0] <= self._keep:
                return
            del self._seen[oldest]


def signature(*parts: str) -> str:
    """WeChat's SHA-1 over the sorted parts."""
    data = b"".join(sorted(part.encode("utf-8", "surrogatepass") for part in parts))
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()  # WeChat's choice; the token in it is the secret


def checked_key(aes_key: str) -> str:
    """The EncodingAESKey, if it is one."""
    try:
        if len(aes_key) == 43 and len(base64.b64decode(aes_key + "=", validate=True)) == 32:
            return aes_key
    except ValueError:
        pass
    raise ValueError("the EncodingAESKey of a WeChat account has 43 letters and digits")


def decoded(body: bytes) -> str:
    """The body as text without a byte order mark."""
    try:
        return body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise MalformedRequest("the body is not UTF-8") from error


def legal(text: str) -> str:
    """Text without the characters that XML 1.0 does not know; one of them spoils a whole document."""
    return _ILLEGAL.sub("", text)


def checked_xml(text: str) -> str:
    """The XML without illegal characters, if it starts as WeChat's does: with the root, and no DOCTYPE before it."""
    if not _PROLOGUE.match(text):
        raise MalformedRequest("the body is not <xml>…</xml>")
    return legal(text)


def root_of(text: str) -> Mapping[str, object]:
    """The elements under the root."""
    try:
        root = xmltodict.parse(checked_xml(text))["xml"]
    except MalformedRequest:
        raise
    except Exception as error:  # the parser leaks expat's, its own and lookup errors
        raise MalformedRequest(f"the XML does not parse ({type(error).__name__})") from error
    if not isinstance(root, Mapping):
        raise MalformedRequest("the XML holds no elements")
    return root


def text_of(elements: Mapping[str, object], name: str) -> str:
    """An element's words; an element given twice, nested or attributed has none."""
    match elements.get(name):
        case None:
            return ""
        case str() as words:
            return words
        case _:
            raise MalformedRequest(f"{name} is not one plain element")


def _same(ours: str, theirs: str) -> bool:
    return hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "surrogatepass"))


def _needed(value: str, name: str) -> str:
    if not value:  # an empty token would make every signature forgeable
        raise ValueError(f"a WeChat account needs its {name}")
    return value
