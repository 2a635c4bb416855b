"""When to try again what did not work, and when to leave it to a person: pure functions.

Tries 1 to 10 wait about 1, 2, 4 … 512 seconds, later ones 15 minutes each; after three days a person decides.
"""

import hashlib

TRIES = 297
"""So many tries of the usual schedule take about three days: a case system may be away over a long weekend."""


def backoff(attempt: int, *, base: float = 1.0, most: float = 900.0, key: str = "") -> float:
    """Seconds to wait after the try `attempt` (the first is 1) failed.

    It doubles from `base` up to `most`. Up to a fifth is taken off by the key (a delivery's id), so that what failed
    together does not come back together; the same key waits the same time again, so a replay behaves alike.
    """
    # 2.0 ** 1024 would overflow, and nobody waits that long
    full = min(most, base * 2.0 ** min(max(attempt, 1) - 1, 60))
    return full * (1.0 - 0.2 * _share(f"{key}:{attempt}"))


def give_up(attempt: int, *, tries: int = TRIES) -> bool:
    """Whether a person should look after the try `attempt` failed."""
    return attempt >= tries


def _share(text: str) -> float:
    """A number from 0 up to 1 that depends on the text alone."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest()) / 2**32
