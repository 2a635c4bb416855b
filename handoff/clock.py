"""The statutory clocks of a ticket: chained stages in calendar or working days, read from a city's data."""

import tomllib
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from pathlib import Path

import chinese_calendar

from handoff.ticket import Clock, Ticket, TicketStatus

CHINA = timezone(timedelta(hours=8))
_DAY = timedelta(days=1)


class Unit(StrEnum):
    """What a stage is counted in."""

    CALENDAR_DAYS = "自然日"
    WORKING_DAYS = "工作日"
    HOURS = "小时"
    MONTHS = "月"


class Track(StrEnum):
    """Which tickets a set of stages is for."""

    NORMAL = "normal"
    FAST_LANE = "fast_lane"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One link of the chain; it begins where the one before it ends."""

    name: str
    length: int
    unit: Unit
    promised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The stages that a law sets for a track, for all categories or for those under a code."""

    law: str
    valid_from: date
    track: Track
    stages: tuple[Stage, ...]
    categories: tuple[str, ...] = ()
    """Beginnings of category codes; empty: all."""


class Clocks:
    """The time limits of a city."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules

    @classmethod
    def load(cls, path: Path) -> "Clocks":
        """Read `clocks.toml`; every fault is named at once."""
        try:
            data = tomllib.loads(path.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"{path}: {error}") from error
        faults: list[str] = []
        rules = [_read_rule(row, f"clock {number}", faults) for number, row in enumerate(_rows(data, "clock"), start=1)]
        if not rules:
            faults.append("no [[clock]] stands in it")
        if faults:
            raise ValueError("\n".join(f"{path}: {fault}" for fault in faults))
        return cls(tuple(rule for rule in rules if rule is not None))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What was read, in the order of the file."""
        return self._rules

    def due(
        self, accepted_at: datetime, fast_lane: bool = False, urgent: bool = False, category: str = ""
    ) -> tuple[Clock, ...]:
        """When each stage of a ticket taken in at that time is due; nothing when no law was in force."""
        if accepted_at.tzinfo is None:
            raise ValueError("accepted_at needs an offset from UTC")
        start = accepted_at.astimezone(CHINA)
        rule = self._find_rule(start.date(), _tracks(fast_lane, urgent), category)
        if rule is None:
            return ()
        clocks = []
        provisional = False
        for stage in rule.stages:
            start, guessed = _end(start, stage)
            # What follows a guessed date is guessed as well.
            provisional = provisional or guessed
            clocks.append(
                Clock(
                    name=stage.name,
                    due_at=start.isoformat(timespec="seconds"),
                    law=rule.law,
                    promised=stage.promised,
                    provisional=provisional,
                )
            )
        return tuple(clocks)

    def _find_rule(self, day: date, tracks: tuple[Track, ...], category: str) -> Rule | None:
        in_force = [rule for rule in self._rules if rule.valid_from <= day]
        for track in tracks:
            fitting = [rule for rule in in_force if rule.track is track and _covers(rule, category)]
            if fitting:
                # The closest to the category wins, and of those the latest law.
                return max(fitting, key=lambda rule: (_closeness(rule, category), rule.valid_from))
        return None


def promised(clocks: tuple[Clock, ...]) -> Clock | None:
    """The stage whose date the citizen is told."""
    return next((clock for clock in clocks if clock.promised), None)


_SETTLED = frozenset(
    {
        TicketStatus.ANSWERED_DIRECTLY,
        TicketStatus.REJECTED_OUT_OF_SCOPE,
        TicketStatus.CANNOT_RESOLVE_NOW,
        TicketStatus.RESOLVED,
        TicketStatus.CALLED_BACK,
        TicketStatus.RATED,
        TicketStatus.MERGED_INTO,
        TicketStatus.WITHDRAWN,
        TicketStatus.ARCHIVED,
    }
)
"""Where the citizen has his answer, or is owed none."""


def due_moment(ticket: Ticket) -> float | None:
    """Until when the ticket's next answer is owed, Unix seconds; None when none is, or no law sets a date.

    While nobody has accepted it, the first stage counts; afterwards the date that the unit promised last, else the
    one that the citizen was told, else the end of the last stage.
    """
    if ticket.status in _SETTLED:
        return None
    if ticket.status is TicketStatus.SUBMITTED and ticket.clocks:
        return datetime.fromisoformat(ticket.clocks[0].due_at).timestamp()
    told = next((step.promised_date for step in reversed(ticket.history) if step.promised_date), "")
    if told:
        return _midnight(_china_day(told)).timestamp()
    clock = promised(ticket.clocks) or (ticket.clocks[-1] if ticket.clocks else None)
    return datetime.fromisoformat(clock.due_at).timestamp() if clock else None


def chinese_date(iso: str, today: str = "") -> str:
    """`2026-11-30` as 11月30日, with the year when `today` (ISO as well) lies in another one.

    Times with an offset are told as the day that it is in China.
    """
    day = _china_day(iso)
    if today and _china_day(today).year != day.year:
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.month}月{day.day}日"


def is_working_day(day: date) -> tuple[bool, bool]:
    """Whether people work on that day (调休 included), and whether this is only guessed from the weekday."""
    try:
        return chinese_calendar.is_workday(day), False
    except NotImplementedError:  # the State Council has not announced that year's holidays to the library yet
        return day.weekday() < 5, True


def _china_day(iso: str) -> date:
    moment = datetime.fromisoformat(iso)
    return moment.date() if moment.tzinfo is None else moment.astimezone(CHINA).date()


def _tracks(fast_lane: bool, urgent: bool) -> tuple[Track, ...]:
    chosen = [track for track, wanted in ((Track.URGENT, urgent), (Track.FAST_LANE, fast_lane)) if wanted]
    return (*chosen, Track.NORMAL)


def _covers(rule: Rule, category: str) -> bool:
    return not rule.categories or any(category.startswith(code) for code in rule.categories)


def _closeness(rule: Rule, category: str) -> int:
    return max((len(code) for code in rule.categories if category.startswith(code)), default=0)


def _end(start: datetime, stage: Stage) -> tuple[datetime, bool]:
    """The end of a stage. The day that it begins on does not count, and its last day counts to midnight."""
    match stage.unit:
        case Unit.HOURS:
            return (start.astimezone(UTC) + timedelta(hours=stage.length)).astimezone(CHINA), False
        case Unit.CALENDAR_DAYS:
            return _midnight(start.date() + stage.length * _DAY), False
        case Unit.MONTHS:
            return _midnight(_add_months(start.date(), stage.length)), False
        case Unit.WORKING_DAYS:
            day, guessed = _add_working_days(start.date(), stage.length)
            return _midnight(day), guessed


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), CHINA)


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _add_working_days(day: date, length: int) -> tuple[date, bool]:
    guessed = False
    while length:
        day += _DAY
        works, unsure = is_working_day(day)
        guessed = guessed or unsure
        length -= works
    return day, guessed


def _rows(data: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    rows = data.get(name, [])
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _read_rule(row: Mapping[str, object], place: str, faults: list[str]) -> Rule | None:
    before = len(faults)
    law, valid_from, track = row.get("law"), row.get("valid_from"), row.get("track", Track.NORMAL)
    if not isinstance(law, str) or not law:
        faults.append(f"{place}: law is missing")
    if type(valid_from) is not date:
        faults.append(f"{place}: valid_from must be a date such as 2026-01-01")
    if track not in set(Track):
        faults.append(f"{place}: track must be one of {', '.join(Track)}")
    categories = row.get("categories", [])
    if not isinstance(categories, list) or not all(isinstance(code, str) for code in categories):
        faults.append(f"{place}: categories must be a list of category codes")
    stages = [
        _read_stage(stage, f"{place}, stage {number}", faults)
        for number, stage in enumerate(_rows(row, "stage"), start=1)
    ]
    if not stages:
        faults.append(f"{place}: no stage")
    if sum(stage.promised for stage in stages if stage is not None) > 1:
        faults.append(f"{place}: more than one stage is promised to the citizen")
    if len(faults) > before:
        return None
    assert isinstance(law, str)
    assert isinstance(valid_from, date)
    assert isinstance(categories, list)
    return Rule(
        law=law,
        valid_from=valid_from,
        track=Track(str(track)),
        stages=tuple(stage for stage in stages if stage is not None),
        categories=tuple(categories),
    )


def _read_stage(row: Mapping[str, object], place: str, faults: list[str]) -> Stage | None:
    before = len(faults)
    name, length, unit, promised_ = row.get("name"), row.get("length"), row.get("unit"), row.get("promised", False)
    if not isinstance(name, str) or not name:
        faults.append(f"{place}: name is missing")
    if type(length) is not int or length < 1:
        faults.append(f"{place}: length must be a whole number from 1")
    if unit not in set(Unit):
        faults.append(f"{place}: unit must be one of {', '.join(Unit)}")
    if not isinstance(promised_, bool):
        faults.append(f"{place}: promised must be true or false")
    if len(faults) > before:
        return None
    assert isinstance(name, str)
    assert isinstance(length, int)
    return Stage(name=name, length=length, unit=Unit(str(unit)), promised=promised_ is True)
