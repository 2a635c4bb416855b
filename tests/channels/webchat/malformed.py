"""Frames and uploads that a hostile or broken page may send; half of them from a visitor whose token is real."""

import json
from dataclasses import dataclass

from hypothesis import strategies as st

_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
_fields = {
    "id": _junk | st.sampled_from(["message-0001", "x", "a" * 65, "a/../b", "message\u0000id"]),
    "text": _junk | st.text(max_size=4200) | st.just("\0"),
    "choice": _junk,
    "attachments": _junk | st.lists(st.text(max_size=20), max_size=12),
    "pin": _junk
    | st.fixed_dictionaries({"latitude": st.floats(), "longitude": st.floats(-200, 200)})
    | st.just({"latitude": "41"}),
}
frames = (
    st.text(max_size=200)
    | _junk.map(json.dumps)
    | st.builds(
        lambda kind, fields: json.dumps({"type": kind, **fields}),
        st.sampled_from(["message", "hello", "ping", "typing", "welcome", ""]),
        st.fixed_dictionaries({}, optional=_fields),
    )
    | st.integers(10, 15_000).map(lambda depth: '{"type":"ping","x":' + "[" * depth + "]" * depth + "}")
    | st.sampled_from(
        [
            '{"type":"message","id":"message-0001","text":"\\ud83d"}',
            '{"type":"message","id":"message-0001","id":"message-0002","text":1e999}',
            '{"type":"message"',
            "\ufeff{}",
            "\0",
        ]
    )
).filter(lambda frame: all(not 0xD800 <= ord(character) < 0xE000 for character in frame))
"""Text frames (a socket carries no lone surrogates)."""


@dataclass(frozen=True)
class Upload:
    """A body for the upload, and whether the visitor's token goes with it."""

    body: bytes
    content_type: str
    believed: bool


_multipart = st.builds(
    lambda head, content, end: b"--x\r\n" + head + b"\r\n\r\n" + content + end,
    st.sampled_from(
        [
            b'Content-Disposition: form-data; name="file"; filename="a.png"',
            b"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%ff%fe",
            b'Content-Disposition: form-data; name="file"\r\nContent-Transfer-Encoding: base64',
            b'Content-Disposition: form-data; name="file"\r\nContent-Transfer-Encoding: strange',
            b'Content-Disposition: form-data; name="file"\r\nContent-Encoding: gzip',
            b'Content-Disposition: form-data; name="file"\r\nContent-Length: -5',
            b'Content-Disposition: form-data; name="file"\r\nContent-Length: 9999',
            b"Content-Disposition: ;;;",
            b"no colon here",
            b"Content-Type: multipart/mixed",
            b"X: \xff\xfe",
        ]
    ),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n123", b"\xff\xd8\xff\xe1\xff\xff", b"%PDF-"]) | st.binary(max_size=60),
    st.sampled_from([b"\r\n--x--\r\n", b"\r\n--x", b"", b"\r\n--x\r\n--x--"]),
)
uploads = st.builds(
    Upload,
    body=_multipart | st.binary(max_size=80),
    content_type=st.sampled_from(
        ["multipart/form-data; boundary=x", "multipart/form-data", "multipart/form-data; boundary=", "text/plain"]
    ),
    believed=st.booleans(),
)
tokens = st.text(max_size=250)
"""What a forger says he is."""
