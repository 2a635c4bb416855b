"""A speech recogniser is plugged in by name; a wrong name is told with the way out."""

import pytest

from bot.plugin import PluginFault
from bot.speech import load_recognizer


class Echo:
    """Recognises every recording as the same words."""

    async def recognize(self, content: bytes, mime: str) -> str:
        return f"{mime} {len(content)}"


def not_one() -> object:
    """Makes something that cannot listen."""
    return object()


def test_none_is_plugged_in_by_default() -> None:
    assert load_recognizer("") is None


async def test_a_recogniser_is_found_by_module_and_factory() -> None:
    recognizer = load_recognizer("tests.bot.test_speech:Echo")

    assert recognizer is not None
    assert await recognizer.recognize(b"123", "audio/amr") == "audio/amr 3"


@pytest.mark.parametrize(
    "name", ["no.such.module:make", "bot.speech:nothing", "bot.speech", "tests.bot.test_speech:not_one"]
)
def test_a_wrong_name_is_a_clear_fault(name: str) -> None:
    with pytest.raises(PluginFault, match="speech"):
        load_recognizer(name)
