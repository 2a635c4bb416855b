"""Which language the desk speaks to who asks: Chinese as the code has it, English out of a catalogue."""

import gettext
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from pathlib import Path

from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = {"zh": "中文", "en": "English"}
"""Each by its own name. The first is what the code is written in, and what is spoken unless somebody chose."""
TRANSLATED = tuple(LANGUAGES)[1:]
"""Those that a catalogue is for."""
CATALOGUES = Path(__file__).parent / "console" / "locale"
_TAGS: Mapping[str, str] = {"zh": "zh-CN", "en": "en-GB"}
_SPOKEN: ContextVar[str] = ContextVar("spoken", default="zh")


def learn() -> None:
    """Read all catalogues, so that one which is missing or broken is known at the start and nobody waits for it."""
    for each in LANGUAGES:
        _catalogue(each)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak one of LANGUAGES for a while. Several requests share a connection's task, so it must end with each."""
    token = _SPOKEN.set(language if language in LANGUAGES else "zh")
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def language() -> str:
    """What is spoken now, as one of LANGUAGES."""
    return _SPOKEN.get()


def tag() -> str:
    """The same for a page's `lang`: zh-CN, en-GB."""
    return _TAGS[language()]


def say(words: str) -> str:
    """Chinese words of the desk in the language that is spoken; placeholders are left for the caller to fill."""
    return _catalogue(language()).gettext(words) if words else ""


def counted(words: str, n: int, **values: object) -> str:
    """The same of words about n things, filled in: `counted("%(n)d 分钟", 5)`. English has two forms of them."""
    return plural(words, words, n) % {"n": n, **values}


def plural(one: str, many: str, n: int) -> str:
    """The form that fits n of words which have two, not filled in."""
    return _catalogue(language()).ngettext(one, many, n)


def apart(context: str, words: str) -> str:
    """The same of words that English tells apart and Chinese does not: over a column 会话 is one, in the bar many."""
    return _catalogue(language()).pgettext(context, words)


def later(words: str) -> str:
    """Mark words of a table for the catalogue. They stay Chinese, and whoever shows them says them."""
    return words


def dated(when: datetime, pattern: str) -> str:
    """A moment by a pattern of Unicode's (`y-MM-dd HH:mm`), which the catalogue may give another order."""
    return format_datetime(when, say(pattern), locale=tag().replace("-", "_"))


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """Read from its source, in some 20 ms and once, so that nothing compiled can be out of step with it."""
    if language == "zh":
        return gettext.NullTranslations()
    with (CATALOGUES / language / "LC_MESSAGES" / "desk.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
