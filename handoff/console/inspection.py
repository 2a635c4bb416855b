"""The audit log at `/desk/audit`, with the reasons of those who looked at what is hidden."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.console.http import clean
from handoff.console.inspection_words import NOBODY, OTHERS, act, offered
from handoff.console.lists import whole
from handoff.console.words import BEIJING
from handoff.people import Right, Sought

PAGE = 100
"""Lines on a page of the log."""
REASONS = 50
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address of the page asks for, as it was typed."""

    who: str = ""
    action: str = ""
    subject: str = ""
    day: str = ""
    before: int | None = None
    """Lines before this one."""
    reasons: int | None = None
    """Reasons before this one."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        """What cannot be read is not asked for."""
        words = {name: clean(query.get(name, ""))[:_LONGEST] for name in ("who", "action", "subject", "day")}
        return cls(**words, before=whole(query.get("before", "")), reasons=whole(query.get("reasons", "")))

    @property
    def sought(self) -> Sought:
        """The same for the record; without a place in its lists, which is another for each of them."""
        since, until = span_of_day(self.day) or (0.0, 0.0)
        who = "" if self.who == NOBODY else self.who or None
        return Sought(who=who, action=self.action, subject=self.subject, since=since, until=until)

    def link(self, **place: int) -> str:
        """The address of the same search, at another place of a list."""
        words = {"who": self.who, "action": self.action, "subject": self.subject, "day": self.day}
        places = {"before": self.before, "reasons": self.reasons} | place
        given = {name: value for name, value in (words | places).items() if value}
        return f"/desk/audit?{urlencode(given)}" if given else "/desk/audit"

    @property
    def noted(self) -> str:
        """As the audit log keeps it: ids and acts only, so of what was typed freely no more than that it was."""
        subject = self.subject if _ID.fullmatch(self.subject) else "…" if self.subject else ""
        known = {"who": self.who, "action": self.action, "day": self.day if span_of_day(self.day) else ""}
        words = {**known, "subject": subject, "before": self.before, "reasons": self.reasons}
        return " ".join(f"{name}={value}" for name, value in words.items() if value)


class InspectionPage:
    """Who did and looked at what, latest first, a page at a time."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        frame.teach({"act": act})

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """One page."""
        return [web.get("/desk/audit", self._frame.inside(self._page, Right.INSPECT))]

    async def _page(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        people = self._frame.desk.people
        names = {each.operator.name: each.operator.display_name for each in await people.people()}
        asked = Asked.of(request.query)
        acts = offered()
        if asked.who not in names and asked.who not in (*OTHERS, ""):
            asked = replace(asked, who="")
        if not any(asked.action in group for _, group in acts):
            asked = replace(asked, action="")
        await self._frame.note(visit, "audit_read", asked.noted)
        # One more than is shown tells whether there are earlier ones.
        lines = await people.noted(PAGE + 1, replace(asked.sought, before=asked.before))
        reasons = await people.reveals(REASONS + 1, replace(asked.sought, before=asked.reasons))
        page = self._frame.inner_page(
            visit,
            "desk_audit.html",
            lines=lines[:PAGE],
            earlier=asked.link(before=lines[PAGE - 1].number) if len(lines) > PAGE else "",
            reveals=reasons[:REASONS],
            earlier_reasons=asked.link(reasons=reasons[REASONS - 1].number) if len(reasons) > REASONS else "",
            asked=asked,
            others=OTHERS,
            nobody=NOBODY,
            acts=acts,
            names=names,
        )
        return self._frame.keep(request, visit, page)


# Of what people type, only what is an id for sure; a telephone number has no colon, a ticket's number has letters.
_ID = re.compile(r"[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+:[A-Za-z0-9_.:-]+|[A-Z]{2,4}[0-9]{8}-[0-9]+")


def span_of_day(day: str) -> tuple[float, float] | None:
    """From when to when a day lasts; None when that is no day."""
    try:
        begin = datetime.combine(date.fromisoformat(day), time(), BEIJING)
    except ValueError:
        return None
    return begin.timestamp(), (begin + timedelta(days=1)).timestamp()
