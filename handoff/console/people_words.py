"""The words of the pages about people."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from handoff.console.curation_words import moment
from handoff.console.words import ago
from handoff.tongue import later, say

_BROWSERS = (
    ("MicroMessenger", later("微信")),
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
    return " · ".join(say(each) for each in found if each) or say("未知浏览器")


def used(at: float, now: float) -> str:
    """When somebody was last at the desk."""
    return say("刚刚用过") if now - at < 120 else say("{ago}前用过").format(ago=ago(at, now))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "browser": browser,
    "moment": moment,
    "used": used,
    "person_path": lambda name: f"/desk/people/{quote(name, safe='')}",
}
