"""Speech recognition (语音识别) for voice messages that the platform did not recognise: off until one is plugged in."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol


class Recognizer(Protocol):
    """Turns a voice message into text. Runs beside the service, so it may take its time."""

    async def recognize(self, content: bytes, mime: str) -> str:
        """What was said, in Chinese characters; empty when it could not be made out.

        `content` is what the platform kept: AMR 8 kHz (WeChat), OGG/Opus (Telegram), what the browser recorded.
        """
        ...


class RecognizerFault(Exception):
    """What `speech` names cannot be used."""


def load_recognizer(name: str) -> Recognizer | None:
    """The recogniser that the setting `speech` names as `package.module:factory`; None when it names none.

    The factory is called without arguments and returns a `Recognizer`.
    """
    if not name:
        return None
    module_name, _, factory_name = name.partition(":")
    try:
        factory: Callable[[], Recognizer] = getattr(import_module(module_name), factory_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise RecognizerFault(
            f"speech: {name!r} cannot be loaded ({error}); name it as package.module:factory, or leave it empty"
        ) from error
    recognizer = factory()
    if not callable(getattr(recognizer, "recognize", None)):
        raise RecognizerFault(f"speech: {name!r} does not make something with a method `recognize`")
    return recognizer
