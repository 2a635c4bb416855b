"""Statutory clocks: hand-checked dates over real Chinese calendars."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from handoff.clock import CHINA, Clocks, chinese_date, due_moment, is_working_day, promised
from handoff.ticket import Clock, Source, StatusUpdate, Ticket, TicketStatus

CITIES = Path(__file__).parents[2] / "cities"

RULES = """
[[clock]]
law = "旧条例"
valid_from = 2019-01-01
[[clock.stage]]
name = "答复"
length = 15
unit = "自然日"
promised = true

[[clock]]
law = "新条例"
valid_from = 2026-01-01
[[clock.stage]]
name = "stage_1"
length = 3
unit = "工作日"
[[clock.stage]]
name = "stage_2"
length = 2
unit = "工作日"
[[clock.stage]]
name = "stage_3"
length = 5
unit = "工作日"
promised = true
[[clock.stage]]
name = "stage_4"
length = 2
unit = "月"

[[clock]]
law = "新条例"
valid_from = 2026-01-01
track = "fast_lane"
[[clock.stage]]
name = "办结"
length = 2
unit = "工作日"
promised = true

[[clock]]
law = "新条例"
valid_from = 2026-01-01
track = "urgent"
[[clock.stage]]
name = "到场"
length = 2
unit = "小时"
promised = true

[[clock]]
law = "供热规定"
valid_from = 2026-01-01
categories = ["05-02", "05"]
[[clock.stage]]
name = "修复"
length = 1
unit = "自然日"
"""


@pytest.fixture
def clocks(tmp_path: Path) -> Clocks:
    file = tmp_path / "clocks.toml"
    file.write_text(RULES, "utf-8")
    return Clocks.load(file)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("accepted", "days"),
    [
        # an ordinary Monday in November 2026
        ("2026-11-02T10:00", ["2026-11-05", "2026-11-09", "2026-11-16", "2027-01-16"]),
        # 国庆 2026: 10-01 to 10-07 off, Saturday 10-10 is worked
        ("2026-09-29T23:59", ["2026-10-09", "2026-10-12", "2026-10-19", "2026-12-19"]),
        # 春节 2026: 02-15 to 02-23 off, Saturdays 02-14 and 02-28 are worked
        ("2026-02-12T08:00", ["2026-02-24", "2026-02-26", "2026-03-04", "2026-05-04"]),
        # on a Saturday
        ("2026-11-07T12:00", ["2026-11-11", "2026-11-13", "2026-11-20", "2027-01-20"]),
    ],
)
def test_stages_are_chained_in_working_days_with_shifted_holidays(
    clocks: Clocks, accepted: str, days: list[str]
) -> None:
    due = clocks.due(at(accepted))

    assert [clock.due_at for clock in due] == [f"{day}T23:59:59+08:00" for day in days]
    assert {clock.law for clock in due} == {"新条例"}
    told = promised(due)
    assert told is not None
    assert told.name == "stage_3"
    assert not any(clock.provisional for clock in due)


def test_a_date_past_the_known_holidays_is_counted_by_weekends_and_marked_provisional(clocks: Clocks) -> None:
    due = clocks.due(at("2026-12-30T09:00"))

    # 12-31, then 2027 by weekdays alone; whatever hangs on a guessed date is a guess too
    assert [clock.due_at[:10] for clock in due] == ["2027-01-04", "2027-01-06", "2027-01-13", "2027-03-13"]
    assert all(clock.provisional for clock in due)


def test_the_law_of_the_day_counts(clocks: Clocks) -> None:
    assert [clock.law for clock in clocks.due(at("2025-12-31T23:59"))] == ["旧条例"]
    assert clocks.due(at("2025-12-31T23:59"))[0].due_at == "2026-01-15T23:59:59+08:00"
    assert clocks.due(at("2018-12-31T23:59")) == ()
    assert promised(()) is None


def test_the_day_is_the_day_in_china(clocks: Clocks) -> None:
    late = datetime(2025, 12, 31, 16, 30, tzinfo=UTC)

    assert {clock.law for clock in clocks.due(late)} == {"新条例"}


def test_the_fast_lane_and_urgent_matters_have_their_own_dates(clocks: Clocks) -> None:
    accepted = at("2026-11-06T15:00")

    assert [clock.due_at for clock in clocks.due(accepted, fast_lane=True)] == ["2026-11-10T23:59:59+08:00"]
    assert [clock.due_at for clock in clocks.due(accepted, urgent=True)] == ["2026-11-06T17:00:00+08:00"]
    assert [clock.name for clock in clocks.due(accepted, fast_lane=True, urgent=True)] == ["到场"]


def test_a_category_with_limits_of_its_own_goes_before_the_general_ones(clocks: Clocks) -> None:
    assert [clock.name for clock in clocks.due(at("2026-11-06T15:00"), category="05-02-11")] == ["修复"]
    assert clocks.due(at("2026-11-06T15:00"), category="06-01")[0].name == "stage_1"


def test_months_end_where_the_shorter_month_ends(tmp_path: Path) -> None:
    file = tmp_path / "clocks.toml"
    file.write_text(RULES.replace('length = 15\nunit = "自然日"', 'length = 2\nunit = "月"'), "utf-8")

    assert Clocks.load(file).due(at("2023-12-31T10:00"))[0].due_at == "2024-02-29T23:59:59+08:00"


def test_a_time_without_offset_is_not_guessed(clocks: Clocks) -> None:
    with pytest.raises(ValueError, match="offset"):
        clocks.due(datetime(2026, 11, 2))  # noqa: DTZ001 - that is the point


def test_working_days_follow_the_state_councils_shifts() -> None:
    assert is_working_day(date(2026, 10, 10)) == (True, False)
    assert is_working_day(date(2026, 10, 5)) == (False, False)
    assert is_working_day(date(2099, 10, 5)) == (True, True)


@pytest.mark.parametrize(
    ("iso", "today", "words"),
    [
        ("2026-11-30", "", "11月30日"),
        ("2026-11-30", "2026-11-23T01:00:00+08:00", "11月30日"),
        ("2027-01-05", "2026-12-31", "2027年1月5日"),
        ("2026-11-29T20:00:00+00:00", "", "11月30日"),
        ("2026-11-30T23:59:59+08:00", "", "11月30日"),
    ],
)
def test_dates_are_told_in_chinese(iso: str, today: str, words: str) -> None:
    assert chinese_date(iso, today) == words


def test_a_wrong_file_names_all_its_faults_at_once(tmp_path: Path) -> None:
    file = tmp_path / "clocks.toml"
    file.write_text(
        """
[[clock]]
track = "slow"
categories = "05"
[[clock.stage]]
length = 0
unit = "周"
promised = 1
[[clock]]
law = "x"
valid_from = 2026-01-01
[[clock]]
law = "x"
valid_from = 2026-01-01
[[clock.stage]]
name = "a"
length = 1
unit = "月"
promised = true
[[clock.stage]]
name = "b"
length = 1
unit = "月"
promised = true
""",
        "utf-8",
    )

    with pytest.raises(ValueError, match="law is missing") as caught:
        Clocks.load(file)

    for fault in (
        "clock 1: valid_from",
        "clock 1: track",
        "clock 1: categories",
        "clock 1, stage 1: name",
        "clock 1, stage 1: length",
        "clock 1, stage 1: unit",
        "clock 1, stage 1: promised",
        "clock 2: no stage",
        "clock 3: more than one stage is promised",
    ):
        assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"), [("[[clock", "clocks.toml"), ("clock = 1", "no .*clock"), ("", "no .*clock")]
)
def test_an_unreadable_or_empty_file_is_named(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "clocks.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(ValueError, match=fault):
        Clocks.load(file)


@pytest.mark.parametrize("file", sorted(CITIES.glob("*/clocks.toml")), ids=lambda file: file.parent.name)
def test_every_city_promises_a_date(file: Path) -> None:
    told = [promised(Clocks.load(file).due(at("2026-11-23T10:00"), fast_lane=fast)) for fast in (False, True)]

    assert all(told)


FIRST = Clock(name="受理", due_at="2026-11-27T23:59:59+08:00")
LAST = Clock(name="办理", due_at="2026-12-10T23:59:59+08:00", promised=True)


@pytest.mark.parametrize(
    ("status", "promises", "due"),
    [
        (TicketStatus.SUBMITTED, (), FIRST.due_at),
        (TicketStatus.ACCEPTED, (), LAST.due_at),
        (TicketStatus.ACCEPTED, ("2026-12-01", "2026-12-05", ""), "2026-12-05T23:59:59+08:00"),
        (TicketStatus.REOPENED, (), LAST.due_at),
        (TicketStatus.RESOLVED, ("2026-12-01",), None),
        (TicketStatus.WITHDRAWN, (), None),
    ],
)
def test_until_when_an_answer_is_owed(status: TicketStatus, promises: tuple[str, ...], due: str | None) -> None:
    history = tuple(
        StatusUpdate(event_id=str(number), ticket_no="T1", status=status, at="", promised_date=date)
        for number, date in enumerate(promises)
    )
    ticket = Ticket(
        ticket_no="T1",
        source=Source(channel="web", account="main"),
        accepted_at="2026-11-26T10:00:00+08:00",
        appeal_type="投诉",
        title="",
        content="",
        clocks=(FIRST, LAST),
        status=status,
        history=history,
    )

    assert due_moment(ticket) == (datetime.fromisoformat(due).timestamp() if due else None)
    assert due_moment(replace(ticket, clocks=(), history=())) is None
