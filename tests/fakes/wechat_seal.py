"""WeChat's side of signing and encrypting, written from its documents and not with the library that suda uses."""

import base64
import hashlib
import secrets
import struct
import time
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class BadAnswer(Exception):
    """An answer that WeChat would not understand, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The keys of an account, as WeChat holds them."""

    token: str = "shenfuwangluo"
    aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    app_id: str = "wx0123456789abcdef"
    mode: str = "safe"
    """`plain`, `compatible` or `safe`."""

    def signature(self, *parts: str) -> str:
        """SHA-1 over the sorted parts and the token."""
        return hashlib.sha1("".join(sorted((self.token, *parts))).encode()).hexdigest()

    def query(self, now: float | None = None) -> dict[str, str]:
        """The signed part of a URL, with a fresh nonce."""
        timestamp, nonce = str(int(time.time() if now is None else now)), secrets.token_hex(5)
        return {"signature": self.signature(timestamp, nonce), "timestamp": timestamp, "nonce": nonce}

    def webhook(self, xml: str | bytes, *, user: str = "", now: float | None = None) -> tuple[dict[str, str], bytes]:
        """The query and the body of one try to deliver this XML, in the account's mode."""
        plain = xml.encode() if isinstance(xml, str) else xml
        query = self.query(now) | ({"openid": user} if user else {})
        if self.mode == "plain":
            return query, plain
        encrypted = self.encrypt(plain)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = self.signature(query["timestamp"], query["nonce"], encrypted)
        wrapped = f"<Encrypt><![CDATA[{encrypted}]]></Encrypt>".encode()
        if self.mode == "compatible" and b"</xml>" in plain:
            head, _, tail = plain.rpartition(b"</xml>")
            return query, head + wrapped + b"</xml>" + tail
        return query, b"<xml><ToUserName><![CDATA[gh_suda]]></ToUserName>" + wrapped + b"</xml>"

    def encrypt(self, content: bytes) -> str:
        """AES-256-CBC over 16 random bytes, the length, the content and the AppID, padded to 32."""
        plain = secrets.token_bytes(16) + struct.pack(">I", len(content)) + content + self.app_id.encode()
        padding = 32 - len(plain) % 32
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> bytes:
        """The content again, if it is for this account."""
        try:
            decryptor = self._cipher().decryptor()
            plain = decryptor.update(base64.b64decode(encrypted, validate=True)) + decryptor.finalize()
            length = struct.unpack(">I", plain[16:20])[0]
        except (ValueError, struct.error) as error:
            raise BadAnswer(f"the answer does not decrypt: {error}") from error
        if plain[20 + length : -plain[-1]] != self.app_id.encode():
            raise BadAnswer("the answer is for another AppID")
        return plain[20 : 20 + length]

    def open_answer(self, body: bytes) -> dict[str, str]:
        """The elements of a passive reply; `BadAnswer` for whatever makes WeChat show 故障."""
        elements = flat(body)
        if "Encrypt" not in elements:
            if self.mode == "safe":
                raise BadAnswer("an answer in plain text in safe mode")
            return elements
        signed = self.signature(elements.get("TimeStamp", ""), elements.get("Nonce", ""), elements["Encrypt"])
        if signed != elements.get("MsgSignature"):
            raise BadAnswer("the signature of the answer is wrong")
        return flat(self.decrypt(elements["Encrypt"]))

    def _cipher(self) -> Cipher[modes.CBC]:
        key = base64.b64decode(self.aes_key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def flat(body: bytes) -> dict[str, str]:
    """The elements under the root `xml`, each once and without elements inside."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise BadAnswer(f"the answer is not XML: {error}") from error
    elements = {child.tag: child.text or "" for child in root}
    if root.tag != "xml" or len(elements) != len(root) or any(len(child) for child in root):
        raise BadAnswer("the answer has not the shape of a reply")
    return elements


def xml_of(elements: dict[str, object]) -> str:
    """WeChat's own XML of a message; a dict or a list of pairs becomes nested elements."""
    return f"<xml>{_inner(elements)}</xml>"


def _inner(elements: dict[str, object]) -> str:
    return "".join(f"<{name}>{_value(value)}</{name}>" for name, value in elements.items())


def _value(value: object) -> str:
    match value:
        case dict():
            return _inner(value)
        case int() | float():
            return str(value)
        case _ if "]]>" in str(value):
            return escape(str(value))
        case _:
            return f"<![CDATA[{value}]]>"
