"""The supervisor's numbers, from the record: one set of queries serves everybody who looks within a few seconds."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from statistics import median

from bot.storage.base import Storage
from bot.storage.figures import Figures, FirstAnswer, Patience, Span, Standing
from handoff.clock import CHINA
from handoff.numbers import PERIODS, Load, LooseEnd, LooseEnds, Part, Report, Totals
from handoff.states import StateTable
from handoff.ticket import TicketStatus

USUAL = Patience(bot=60.0, waiting=300.0, held=300.0)
"""As the configuration has it that says nothing of it."""

FRESH = 5.0
"""Seconds for which a report is shown again."""
_LASTING = 60.0
"""The same for the period before, which hardly changes any more."""
_HOUR, _DAY = 3600.0, 86400.0


class NumbersDesk:
    """Implements `handoff.numbers.Numbers`."""

    def __init__(
        self, storage: Storage, *, states: StateTable, clock: Callable[[], float], patience: Patience = USUAL
    ) -> None:
        self._storage = storage
        self._states = states
        self._clock = clock
        self._patience = patience
        self._turns = {period: asyncio.Lock() for period in PERIODS}
        self._reports: dict[str, Report] = {}
        self._past: dict[str, tuple[float, Figures, Figures]] = {}

    async def report(self, period: str) -> Report:
        """The report on one of PERIODS, at most a few seconds old."""
        async with self._turns[period]:  # who comes meanwhile waits for the same report
            known, now = self._reports.get(period), self._clock()
            if known is None or not 0 <= now - known.at < FRESH:
                known = self._reports[period] = await self._make(period, now)
            return known

    async def _make(self, period: str, now: float) -> Report:
        this, before = spans(period, now)
        so_far, all_of_it = await self._before(period, now, this, before)
        standing = await self._storage.standing()
        figures = await self._storage.figures(this)
        loose = await self._storage.loose_ends(now, self._patience)
        return Report(
            at=now,
            period=period,
            waiting=standing.waiting,
            held=standing.held,
            oldest=standing.oldest,
            this=_totals(figures),
            before=_totals(so_far),
            load=_load(standing, figures.answers),
            parts=_parts(figures, this, all_of_it, now),
            loose=self._worded(loose),
        )

    async def _before(self, period: str, now: float, this: Span, before: Span) -> tuple[Figures, Figures]:
        """The period before: up to the same moment of it, and all of it."""
        known = self._past.get(period)
        if known and 0 <= now - known[0] < _LASTING and known[0] >= this.start:
            return known[1], known[2]
        elapsed = min(now - this.start, before.end - before.start)
        so_far = await self._storage.figures(Span(before.start, elapsed, 1)) if elapsed > 0 else _NOTHING
        all_of_it = await self._storage.figures(before)
        self._past[period] = now, so_far, all_of_it
        return so_far, all_of_it

    def _worded(self, loose: LooseEnds) -> LooseEnds:
        """Tickets with their status as people read it."""
        return replace(loose, ends=tuple(self._word(end) for end in loose.ends))

    def _word(self, end: LooseEnd) -> LooseEnd:
        return replace(end, detail=self._states.label(TicketStatus(end.detail))) if end.kind == "ticket" else end


_NOTHING = Figures(messages=(), by_bot=(), handed=(), waiting=(), answers=())


def spans(period: str, now: float) -> tuple[Span, Span]:
    """The period that `now` lies in, and the one before, in hours or days of Beijing time."""
    today = datetime.fromtimestamp(now, CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case "day":
            return _hours(today), _hours(today - timedelta(days=1))
        case "week":
            monday = today - timedelta(days=today.weekday())
            return _days(monday, 7), _days(monday - timedelta(days=7), 7)
        case "month":
            first = today.replace(day=1)
            earlier = (first - timedelta(days=1)).replace(day=1)
            following = (first + timedelta(days=31)).replace(day=1)
            return _days(first, (following - first).days), _days(earlier, (first - earlier).days)
        case _:
            raise ValueError(f"no such period: {period}")


def _hours(day: datetime) -> Span:
    return Span(day.timestamp(), _HOUR, 24)


def _days(first: datetime, days: int) -> Span:
    return Span(first.timestamp(), _DAY, days)


def _totals(figures: Figures) -> Totals:
    waits = sorted(answer.waited for answer in figures.answers if answer.waited is not None)
    return Totals(
        messages=sum(figures.messages),
        by_bot=sum(figures.by_bot),
        handed=sum(figures.handed),
        answered=len(waits),
        median=median(waits) if waits else None,
        p90=waits[ceil(0.9 * len(waits)) - 1] if waits else None,
        ratings=figures.ratings,
        service=figures.service,
    )


def _load(standing: Standing, answers: Sequence[FirstAnswer]) -> tuple[Load, ...]:
    took: dict[tuple[str, str], list[float]] = {}
    for answer in answers:
        took.setdefault((answer.operator, answer.operator_name), []).append(answer.took)
    loads = [
        Load(
            operator=operator,
            name=name or operator,
            holding=standing.holding.get((operator, name), 0),
            answered=len(seconds := took.get((operator, name), [])),
            median=median(seconds) if seconds else None,
        )
        for operator, name in {**standing.holding, **took}
    ]
    return tuple(sorted(loads, key=lambda load: (-load.holding, -load.answered, load.operator)))


def _parts(figures: Figures, span: Span, before: Figures, now: float) -> tuple[Part, ...]:
    earlier: Mapping[int, int] = dict(enumerate(before.messages))
    return tuple(
        Part(
            at=span.start + span.width * number,
            messages=figures.messages[number],
            handed=figures.handed[number],
            waiting=figures.waiting[number],
            messages_before=earlier.get(number),
        )
        for number in range(span.part(now) + 1)
    )
