"""Which of the offered choices the citizen meant: the number, the words, or a near miss."""

import re

from rapidfuzz import fuzz

from channels.message import Choice

_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_NUMBER = re.compile(
    r"^(?:第|选|我选|就|是)*\s*([0-9０-９]{1,2}|[一二两三四五六七八九十])\s*(?:个|号|项|吧|的|那个|,|，|。|、|\.)*$"
)
_DENIED = re.compile(r"(?:(?<!是)不(?:是|算|属于?)|(?<!有)没有?|非)$")
"""What stands before a label that is not meant: 不是农村户口."""
_NEAR = 82.0
"""rapidfuzz ratio (0 to 100) from which words count as a near miss; below it a slip of one character in four passes."""


def find_choice(text: str, choices: tuple[Choice, ...]) -> Choice | None:
    """The choice that these words mean; None when they mean none, or two equally well."""
    said = text.strip()
    if not said or not choices:
        return None
    number = read_number(said)
    if number is not None:
        return choices[number - 1] if 1 <= number <= len(choices) else None
    return _by_words(said, choices)


def read_number(text: str) -> int | None:
    """The number of a choice, when the words are nothing else."""
    match = _NUMBER.match(text.strip())
    if match is None:
        return None
    digits = match.group(1)
    return _DIGITS[digits] if digits in _DIGITS else int(digits)


def _by_words(said: str, choices: tuple[Choice, ...]) -> Choice | None:
    plain = _plain(said)
    exact = [choice for choice in choices if plain == _plain(choice.label)]
    if exact:
        return exact[0]
    if len(plain) > 20 or len(plain) < 2:
        return None
    if any(_is_denied(plain, _plain(choice.label)) for choice in choices):
        return None
    within = [choice for choice in choices if len(_plain(choice.label)) >= 2 and _plain(choice.label) in plain]
    if len(within) == 1 and len(plain) <= len(_plain(within[0].label)) + 4:
        return within[0]
    scored = sorted(((fuzz.ratio(plain, _plain(choice.label)), choice) for choice in choices), key=lambda s: -s[0])
    best, runner_up = scored[0], scored[1] if len(scored) > 1 else (0.0, None)
    return best[1] if best[0] >= _NEAR and best[0] > runner_up[0] else None


def _is_denied(plain: str, label: str) -> bool:
    before, found, _ = plain.partition(label)
    return bool(label and found and _DENIED.search(before))


def _plain(text: str) -> str:
    return re.sub(r"[\s,，。.!！?？、:：（）()]+", "", text).lower()
