"""How the numbers are worded, and written as CSV that no spreadsheet runs."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from handoff.console.faults import FAILURES, meaning
from handoff.console.words import BEIJING, CHANNELS, REASONS
from handoff.legible import legible
from handoff.numbers import KINDS, LooseEnd, Report, Totals
from handoff.tongue import apart, dated, later, say

PERIODS: Mapping[str, str] = {"day": later("今天"), "week": later("本周"), "month": later("本月")}
BEFORE: Mapping[str, str] = {"day": later("昨天此时"), "week": later("上周此时"), "month": later("上月此时")}
GRADES = (later("非常满意"), later("满意"), later("基本满意"), later("不满意"), later("非常不满意"))
_GOOD = GRADES[:3]

_FORMULA = tuple("=+-@＝＋－＠")
"""By what a formula begins; of the wide ones Excel knows too, in some countries."""

WHOLE_BEFORE: Mapping[str, str] = {"day": later("昨天"), "week": later("上周"), "month": later("上月")}
"""All of the period before, not only as far as this one has come."""

ENDS: Mapping[str, str] = {
    "put_aside": later("处理出错，待人工看"),
    "unhandled": later("来信没有处理"),
    "waiting": later("等人工超时"),
    "unanswered": later("市民在等坐席回复"),
    "ticket": later("工单超期"),
    "refused": later("未能送达"),
    "unknown": later("是否送达不明"),
    "retrying": later("发送不顺，正在重试"),
}
_SUBJECTS: Mapping[str, str] = {
    "reply": later("给市民的回复"),
    "ticket": later("工单"),
    "case_event": later("工单的后续"),
    "message": later("市民来信"),
    "status": later("办理进展"),
    "operator": later("坐席操作"),
    "timeout": later("定时提醒"),
}


def lasting(seconds: float | None) -> str:
    """A length of time: 45 秒, 3 分 20 秒, 10 分钟, 2 小时 5 分; a dash when there is none."""
    if seconds is None:
        return "—"
    whole = round(max(0.0, seconds))
    if whole < 60:
        return say("{seconds} 秒").format(seconds=whole)
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        words = say("{minutes} 分 {seconds} 秒") if rest else say("{minutes} 分钟")
        return words.format(minutes=minutes, seconds=rest)
    hours, minutes = divmod(whole // 60, 60)
    if hours < 48:
        return say("{hours} 小时 {minutes} 分").format(hours=hours, minutes=minutes)
    return say("{days} 天 {hours} 小时").format(days=hours // 24, hours=hours % 24)


def share(part: int, whole: int) -> str:
    """A part in per cent."""
    return f"{part / whole:.0%}" if whole else "—"


def content(totals: Totals) -> str:
    """How many of those who graded were content (基本满意 or better)."""
    return share(sum(totals.ratings.get(grade, 0) for grade in _GOOD), sum(totals.ratings.values()))


def part_name(at: float, period: str) -> str:
    """An hour as 9:00, a day as 11月26日."""
    when = datetime.fromtimestamp(at, BEIJING)
    return f"{when.hour}:00" if period == "day" else dated(when, later("M月d日"))


def moment(at: float) -> str:
    """Date and time of day."""
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def about(end: LooseEnd) -> str:
    """What it is about: a ticket with its status, a delivery with its fault, why a person was wanted."""
    detail = REASONS.get(end.detail, end.detail) if end.kind == "waiting" else end.detail
    detail = meaning(end.kind, end.detail) if end.kind in FAILURES else detail
    return " · ".join(say(part) for part in (_SUBJECTS.get(end.subject, end.subject), detail) if part)


def raw_fault(end: LooseEnd) -> str:
    """The word of the program or channel itself, for who looks after them."""
    return end.detail if end.kind in FAILURES else ""


def channel_of(conversation_id: str) -> str:
    """Through which channel the citizen writes."""
    channel = conversation_id.partition(":")[0]
    return say(CHANNELS.get(channel, channel))


def by_kind(report: Report) -> list[tuple[str, int, list[LooseEnd]]]:
    """What is overdue as (kind, how much, the oldest), the most urgent kind first."""
    counts = report.loose.counts
    return [
        (kind, counts[kind], [end for end in report.loose.ends if end.kind == kind]) for kind in KINDS if kind in counts
    ]


def as_csv(report: Report) -> bytes:
    """All that the page shows, for a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in _rows(report):
        writer.writerow([_harmless(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")  # without the mark, Excel takes UTF-8 for GBK


def _rows(report: Report) -> Iterable[Iterable[object]]:
    this, before = report.this, report.before
    yield say("截至"), moment(report.at)
    yield ()
    yield say("指标"), say(PERIODS[report.period]), say(BEFORE[report.period])
    yield say("等候人工（现在）"), report.waiting, ""
    yield say("坐席处理中（现在）"), report.held, ""
    yield say("最久已等（秒，现在）"), _seconds(report.oldest and report.at - report.oldest), ""
    yield say("来信"), this.messages, before.messages
    yield say("机器人答复"), this.by_bot, before.by_bot
    yield say("转人工"), this.handed, before.handed
    yield say("得到人工答复"), this.answered, before.answered
    yield say("人工首次答复中位（秒）"), _seconds(this.median), _seconds(before.median)
    yield say("人工首次答复九成以内（秒）"), _seconds(this.p90), _seconds(before.p90)
    for grade in GRADES:
        yield say("评价：{grade}").format(grade=say(grade)), this.ratings.get(grade, 0), before.ratings.get(grade, 0)
    for grade in GRADES:
        service = say("人工服务评价：{grade}").format(grade=say(grade))
        yield service, this.service.get(grade, 0), before.service.get(grade, 0)
    yield ()
    yield say("坐席"), apart("column", "账号"), say("手中会话"), say("答复的会话"), say("接手到首次答复中位（秒）")
    for load in report.load:
        yield load.name, load.operator, load.holding, load.answered, _seconds(load.median)
    yield ()
    yield say("时段"), say("来信"), say(WHOLE_BEFORE[report.period]), say("转人工"), say("最多同时等候")
    for part in report.parts:
        earlier = "" if part.messages_before is None else part.messages_before
        yield moment(part.at), part.messages, earlier, part.handed, part.waiting
    yield ()
    yield say("未闭环"), apart("column", "会话"), say("渠道"), say("自"), say("内容"), say("坐席")
    for kind, _, ends in by_kind(report):
        for end in ends:
            channel = channel_of(end.conversation_id)
            yield say(ENDS[kind]), end.conversation_id, channel, moment(end.since), about(end), end.operator


def _seconds(value: float | None) -> object:
    return "" if value is None else round(value, 1)


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would take for a formula, with or without a space before it, is marked as a text."""
    if not isinstance(cell, str):
        return cell
    text = legible(cell)
    return f"'{text}" if text.lstrip()[:1] in _FORMULA or text[:1] in ("\t", "\r", "\n") else text


FILTERS: Mapping[str, Callable[..., Any]] = {
    "lasting": lasting,
    "part_name": part_name,
    "moment_of_day": lambda at: datetime.fromtimestamp(at, BEIJING).strftime("%H:%M:%S"),
    "about": about,
    "raw_fault": raw_fault,
    "channel_of": channel_of,
    "end_kind": lambda kind: say(ENDS[kind]),
}
