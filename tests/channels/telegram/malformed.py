"""Webhooks that are no updates, or almost; half of them carry the right secret."""

import json
from dataclasses import dataclass

from hypothesis import strategies as st

_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
_chat = _junk | st.fixed_dictionaries(
    {"id": st.integers() | _junk, "type": st.sampled_from(["private", "group", "", 5])}
)
_file = _junk | st.fixed_dictionaries({"file_id": st.text(max_size=5) | _junk}, optional={"file_size": _junk})
_message = _junk | st.fixed_dictionaries(
    {"chat": _chat},
    optional={
        "date": st.integers() | _junk,
        "from": _junk | st.fixed_dictionaries({"id": st.integers()}),
        "text": _junk | st.just("\0"),
        "caption": _junk,
        "photo": st.lists(_file, max_size=3) | _junk,
        "voice": _file,
        "video": _file,
        "document": _file,
        "sticker": _file,
        "location": _junk | st.fixed_dictionaries({"latitude": st.floats() | _junk, "longitude": st.floats() | _junk}),
        "venue": _junk,
        "contact": _junk,
        "reply_markup": _junk,
        "something_new": _junk,
    },
)
_tap = _junk | st.fixed_dictionaries(
    {"id": _junk | st.text(max_size=5), "from": _junk | st.fixed_dictionaries({"id": st.integers()})},
    optional={"message": _message, "data": _junk | st.just("v:x")},
)
_member = _junk | st.fixed_dictionaries(
    {"chat": _chat, "from": st.just({"id": 1}), "new_chat_member": _junk | st.just({"status": "kicked"})}
)
_update = st.fixed_dictionaries(
    {"update_id": st.integers() | _junk},
    optional={
        "message": _message,
        "edited_message": _message,
        "callback_query": _tap,
        "my_chat_member": _member,
        "inline_query": _junk,
    },
)


@dataclass(frozen=True)
class Webhook:
    """A body, and whether the right secret goes with it."""

    body: bytes
    signed: bool


_bodies = (
    st.binary(max_size=100)
    | (_update | _junk).map(lambda found: json.dumps(found).encode())
    | _update.map(lambda found: json.dumps(found).encode()[:-3])
    | st.integers(1, 20_000).map(lambda depth: b'{"update_id":1,"message":' + b"[" * depth)
    | st.sampled_from([b'{"update_id":1e999}', b'{"update_id":1,"message":{"text":"\\ud800"}}', b"\xef\xbb\xbf{}"])
)
webhooks = st.builds(Webhook, body=_bodies, signed=st.booleans())
