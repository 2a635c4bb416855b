"""The shipped encoder with letters that cannot cut one word: a model that fails on some messages and on no others."""

from __future__ import annotations

from nlu.alphabet import Alphabet
from nlu.encoder import SHIPPED, Encoder
from nlu.letters import OwnLetters, Tokens
from nlu.model_folder import ENCODER_FILE, load_session, read_card


class _Letters(OwnLetters):
    def __init__(self, word: str) -> None:
        super().__init__(Alphabet.load(SHIPPED))
        self._word = word

    def tokens(self, text: str) -> Tokens:
        if self._word in text:
            raise IndexError("no such token")
        return super().tokens(text)


def deaf_to(word: str) -> Encoder:
    """An encoder that fails on every text with this word."""
    file = SHIPPED / ENCODER_FILE
    session = load_session(file, file.read_bytes(), 1)
    return Encoder(session, _Letters(word), read_card(SHIPPED), fingerprint=f"deaf to {word}")
