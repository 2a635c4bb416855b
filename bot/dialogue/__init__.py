"""The dialogue: pure functions from what happened to what is answered and done."""

from bot.dialogue.heard import Heard, join_words
from bot.dialogue.policy import Dialogue
from bot.dialogue.rules import Rules

__all__ = ["Dialogue", "Heard", "Rules", "join_words"]
