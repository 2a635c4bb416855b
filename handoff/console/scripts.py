"""The words of the desk's scripts in another language: found in the scripts, and told to the browser by one more."""

import io
import json
from functools import cache

from babel.messages.extract import extract

from handoff.tongue import plural, say, speaking

_CALLS = {"say": None, "counted": (1, 1)}
"""As `make words` finds them."""


@cache
def words_script(scripts: tuple[bytes, ...], language: str) -> bytes:
    """What `desk-tongue.js` looks words up in, so that Chinese pages need none of it."""
    words: dict[str, str | list[str]] = {}
    with speaking(language):
        for script in scripts:
            for _, found, _, _ in extract("javascript", io.BytesIO(script), keywords=_CALLS):
                one = found if isinstance(found, str) else found[0]
                words[one] = say(one) if isinstance(found, str) else [plural(one, one, n) for n in (1, 2)]
    return f"globalThis.deskWords = {json.dumps(words, ensure_ascii=False, sort_keys=True)};\n".encode()
