"""The words of the desk's scripts in another language: found in the scripts, and told to the browser by one more."""

import json
import re
from functools import cache

from handoff.tongue import plural, say, speaking

_CALL = re.compile(r'\b(say|counted)\("([^"]+)"')


@cache
def words_script(scripts: tuple[bytes, ...], language: str) -> bytes:
    """What `desk-tongue.js` looks words up in, so that Chinese pages need none of it."""
    found = {text: call for script in scripts for call, text in _CALL.findall(script.decode())}
    with speaking(language):
        words = {
            text: [plural(text, text, n) for n in (1, 2)] if call == "counted" else say(text)
            for text, call in found.items()
        }
    return f"globalThis.deskWords = {json.dumps(words, ensure_ascii=False, sort_keys=True)};\n".encode()
