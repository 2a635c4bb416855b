"""Fast searching finds what slow searching finds: for each pattern of the rules, and for what people write."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu import contact, dangers, emergency, harmless, intents, matters, mentions, tenor
from nlu.intent_forms import FORMS
from nlu.intent_rules import RULES
from nlu.places import grammar
from nlu.search import Sieve, Spotter, necessary, swift

_MODULES = (contact, dangers, emergency, grammar, harmless, intents, matters, mentions, tenor)
_PATTERNS = [
    *(value for module in _MODULES for value in vars(module).values() if isinstance(value, re.Pattern)),
    *dangers.PHRASES.values(),
    *dangers.COMPOSED.values(),
    *(re.compile(pattern) for _, _, pattern in (*RULES, *FORMS)),
]
_SIEVE = Sieve(_PATTERNS)
_BOTH = [(pattern, swift(pattern.pattern)) for pattern in _PATTERNS]
# Characters that the rules are made of, so that what is drawn comes near to matching.
_CHARACTERS = sorted({char for pattern in _PATTERNS for char in pattern.pattern if char.isalnum()} | set(" ，,。?138"))
_WORDS = sorted({word for pattern in _PATTERNS for word in necessary(pattern)})
_TEXTS = st.lists(st.sampled_from(_CHARACTERS) | st.sampled_from(_WORDS), max_size=30).map("".join)


@given(text=_TEXTS)
def test_the_sieve_lets_through_every_pattern_that_matches(text: str) -> None:
    worth = set(_SIEVE.sift(text))

    assert {place for place, pattern in enumerate(_PATTERNS) if pattern.search(text)} <= worth


@given(text=_TEXTS)
def test_a_swift_pattern_matches_where_the_plain_one_does(text: str) -> None:
    for plain, fast in _BOTH:
        assert [match.span() for match in plain.finditer(text)] == [match.span() for match in fast.finditer(text)]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(?:转|找)人工|真人", {"转人工", "找人工", "真人"}),
        ("水管?.{0,4}漏了", {"漏了"}),
        ("[两三]天.*没人管", {"没人管"}),
        ("^(?:好+|行)$", {"好", "行"}),
        ("(?:好|行)?", set()),
        (r"\d+", set()),
        ("(?i:ok)", set()),
    ],
)
def test_the_words_that_a_match_cannot_do_without(pattern: str, words: set[str]) -> None:
    assert necessary(re.compile(pattern)) == words


def test_a_pattern_of_which_nothing_is_certain_is_always_searched() -> None:
    sieve = Sieve([re.compile("真人"), re.compile(r"\d+"), re.compile("OK", re.IGNORECASE)])

    assert sieve.sift("ok") == [1, 2]
    assert sieve.sift("有没有真人") == [0, 1, 2]


def test_words_inside_words_are_spotted_too() -> None:
    assert sorted(Spotter({"人民": 1, "人民路": 2, "路": 3}).spot("在人民路")) == [(2, 1), (3, 2), (3, 3)]
    assert list(Spotter[int]({}).spot("在人民路")) == []
