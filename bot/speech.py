"""Speech recognition (语音识别) for voice messages that the platform did not recognise: off until one is plugged in."""

from typing import Protocol

from bot.plugin import load_plugin


class Recognizer(Protocol):
    """Turns a voice message into text. Runs beside the service, so it may take its time."""

    async def recognize(self, content: bytes, mime: str) -> str:
        """What was said, in Chinese characters; empty when it could not be made out.

        `content` is what the platform kept: AMR 8 kHz (WeChat), OGG/Opus (Telegram), what the browser recorded.
        """
        ...


def load_recognizer(name: str) -> Recognizer | None:
    """The recogniser that the setting `speech` names as `package.module:factory`; None when it names none.

    The factory is called without arguments and returns a `Recognizer`.
    """
    recognizer: Recognizer | None = load_plugin("speech", name, "recognize")
    return recognizer
