"""Webhooks as no honest server sends them, with good ones among them: strategies for runs of malformed input."""

import base64
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.fakes.wechat_seal import Seal, xml_of

KINDS = ["text", "image", "voice", "video", "shortvideo", "file", "location", "link", "miniprogrampage", "event", "?"]
EVENTS = ["subscribe", "unsubscribe", "SCAN", "CLICK", "VIEW", "LOCATION", "TEMPLATESENDJOBFINISH", "scancode_push", ""]
NAMES = (  # noqa: SIM905 a list of 25 quoted words is harder to read
    "ToUserName FromUserName CreateTime MsgType MsgId MsgID Content MediaId PicUrl Format Recognition Title Event "
    "EventKey Location_X Location_Y Latitude Longitude Label FileKey FileTotalLen bizmsgmenuid Encrypt Ticket"
).split()

SEALED = "sealed"
"""Signed and, unless the account is in plain mode, encrypted, as WeChat would: only what is inside is odd."""
SIGNED = "signed"
"""The URL is signed, the body is not what it says."""
FORGED = "forged"
"""Made without the keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """One delivery: how it is signed, its query and body, and for a good one the OpenID and words that must arrive."""

    signed: str
    query: dict[str, str]
    body: bytes
    user: str = ""
    words: str = ""

    @property
    def good(self) -> bool:
        """It is a message as WeChat sends it and must not be lost."""
        return bool(self.user)

    def accepts(self, status: int) -> bool:
        """The status is one that this delivery may be answered with."""
        match self.signed:
            case "sealed":
                return status == (200 if len(self.body) <= 64 * 1024 else 413)
            case "signed":
                return status in (200, 403, 413)
            case _:
                return status in (400, 403, 413)


def deliveries(seal: Seal, clock: Callable[[], float]) -> st.SearchStrategy[Malformed]:
    """One in six good, at least half validly signed and encrypted, the rest signed in part or not at all."""
    sealed = _odd_xml().map(lambda xml: _sealed(seal, clock(), xml))
    kinds = [_good(seal, clock), sealed, sealed, sealed, _signed(seal, clock), _forged(seal, clock)]
    # By a number, since one_of would count the three equal ones as one.
    return st.integers(0, len(kinds) - 1).flatmap(kinds.__getitem__)


def _sealed(seal: Seal, now: float, xml: bytes) -> Malformed:
    query, body = seal.webhook(xml, now=now)
    return Malformed(signed=SEALED, query=query, body=body)


def _good(seal: Seal, clock: Callable[[], float]) -> st.SearchStrategy[Malformed]:
    numbers = itertools.count(24_000_000_000_000_000)  # WeChat gives none twice; hypothesis would
    words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=80)
    return st.builds(
        lambda user, text: _good_text(seal, clock(), f"oGood{user}", next(numbers), text),
        st.integers(0, 50),
        words,
    )


def _good_text(seal: Seal, now: float, user: str, number: int, words: str) -> Malformed:
    head: dict[str, object] = {"ToUserName": "gh_suda", "FromUserName": user, "CreateTime": int(now)}
    query, body = seal.webhook(xml_of({**head, "MsgType": "text", "Content": words, "MsgId": number}), now=now)
    return Malformed(signed=SEALED, query=query, body=body, user=user, words=words)


def _odd_xml() -> st.SearchStrategy[bytes]:
    fields = st.lists(st.tuples(_name(), _value()), max_size=10)
    built = st.builds(_document, st.sampled_from(KINDS), st.sampled_from(EVENTS), fields, st.booleans())
    texts = built.map(lambda text: text.encode("utf-8", "replace"))
    broken = st.builds(_broken, texts, st.integers(0, 400), st.binary(max_size=8))
    return st.one_of(texts, texts, broken, broken, st.sampled_from(CLASSICS), st.binary(max_size=300))


def _name() -> st.SearchStrategy[str]:
    return st.sampled_from(NAMES)


def _value() -> st.SearchStrategy[str]:
    return st.one_of(
        st.sampled_from(["", "0", "-1", "nan", "1e400", "９", "1_0", "<a/>", "<a>b</a>", "&x;", "]]>", "9" * 5000]),
        st.text(max_size=40),
        st.text(max_size=40).map(lambda text: f"<![CDATA[{text}]]>"),
        st.floats().map(str),
    )


def _document(kind: str, event: str, fields: list[tuple[str, str]], whole: bool) -> str:
    head = "<FromUserName>oOdd</FromUserName><CreateTime>1790000000</CreateTime>" if whole else ""
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields)
    return f"<xml>{head}<MsgType>{kind}</MsgType><Event>{event}</Event>{inner}</xml>"


def _broken(body: bytes, place: int, with_bytes: bytes) -> bytes:
    return body[:place] + with_bytes + body[place + len(with_bytes) + 1 :]


def _signed(seal: Seal, clock: Callable[[], float]) -> st.SearchStrategy[Malformed]:
    """The right URL with a wrong body; also a right signature over a ciphertext that is none."""
    junk = st.one_of(st.binary(max_size=200), _odd_xml(), st.just(b"x" * 70_000))
    bare = junk.map(lambda body: Malformed(signed=SIGNED, query=seal.query(clock()), body=body))
    cipher = st.one_of(st.text(max_size=50), st.binary(max_size=64).map(lambda raw: base64.b64encode(raw).decode()))
    return st.one_of(bare, cipher.map(lambda text: _signed_cipher(seal, clock(), text)))


def _signed_cipher(seal: Seal, now: float, text: str) -> Malformed:
    query = seal.query(now) | {"encrypt_type": "aes"}
    signable = text.encode("utf-8", "replace").decode()
    query["msg_signature"] = seal.signature(query["timestamp"], query["nonce"], signable)
    return Malformed(signed=SIGNED, query=query, body=f"<xml><Encrypt><![CDATA[{signable}]]></Encrypt></xml>".encode())


def _forged(seal: Seal, clock: Callable[[], float]) -> st.SearchStrategy[Malformed]:
    stranger = Seal(token="guessed", aes_key="x" * 42 + "A", app_id=seal.app_id, mode=seal.mode)
    query = st.dictionaries(
        st.sampled_from(["signature", "timestamp", "nonce", "msg_signature", "encrypt_type", "openid", "x"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
    )
    loose = st.builds(lambda q, body: Malformed(signed=FORGED, query=q, body=body), query, st.binary(max_size=200))
    wrong = _odd_xml().map(lambda xml: _as_forged(_sealed(stranger, clock(), xml)))
    return st.one_of(loose, wrong)


def _as_forged(made: Malformed) -> Malformed:
    return Malformed(signed=FORGED, query=made.query, body=made.body)


CLASSICS = [
    b"",
    b"null",
    b"{}",
    b"<xml/>",
    b"<xml></xml>",
    "<xml><MsgType>文</MsgType></xml>".encode("gbk"),
    "<xml><MsgType>text</MsgType></xml>".encode("utf-16"),
    b'<?xml version="1.0" encoding="gbk"?><xml><MsgType>text</MsgType></xml>',
    b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><xml><MsgType>&b;</MsgType></xml>',
    b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><MsgType>&f;</MsgType></xml>',
    b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><xml><MsgType>text</MsgType></xml>',
    b"<xml>" + b"<a>" * 3000 + b"</a>" * 3000 + b"</xml>",
    b"<xml>" + b"<a/>" * 8000 + b"</xml>",
    b"<xml><MsgType>text</MsgType></xml><xml/>",
    b"<xml><MsgType>text</MsgType><MsgType>text</MsgType></xml>",
    b"<xml><MsgType a='b'>text</MsgType></xml>",
    b"<xml xmlns='urn:x'><MsgType>text</MsgType></xml>",
]
"""What has broken parsers before."""
