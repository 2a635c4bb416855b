"""The words of the pages about people."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from handoff.console.curation_words import moment

_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser(agent: str) -> str:
    """What somebody recognises his browser by."""
    found = [next((shown for sign, shown in table if sign in agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(each for each in found if each) or "未知浏览器"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "browser": browser,
    "moment": moment,
    "person_path": lambda name: f"/desk/people/{quote(name, safe='')}",
}
