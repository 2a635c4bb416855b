"""How the numbers are worded, and written as CSV that no spreadsheet runs."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from handoff.console.faults import FAILURES, meaning
from handoff.console.words import BEIJING, CHANNELS, REASONS
from handoff.numbers import KINDS, LooseEnd, Report, Totals

PERIODS: Mapping[str, str] = {"day": "今天", "week": "本周", "month": "本月"}
BEFORE: Mapping[str, str] = {"day": "昨天此时", "week": "上周此时", "month": "上月此时"}
GRADES = ("非常满意", "满意", "基本满意", "不满意", "非常不满意")
_GOOD = GRADES[:3]

ENDS: Mapping[str, str] = {
    "put_aside": "处理出错，待人工看",
    "unhandled": "来信没有处理",
    "waiting": "等人工超时",
    "unanswered": "市民在等坐席回复",
    "ticket": "工单超期",
    "refused": "未能送达",
    "unknown": "是否送达不明",
    "retrying": "发送不顺，正在重试",
}
_SUBJECTS: Mapping[str, str] = {
    "reply": "给市民的回复",
    "ticket": "工单",
    "case_event": "工单的后续",
    "message": "市民来信",
    "status": "办理进展",
    "operator": "坐席操作",
    "timeout": "定时提醒",
}


def lasting(seconds: float | None) -> str:
    """A length of time: 45 秒, 3 分 20 秒, 10 分钟, 2 小时 5 分; a dash when there is none."""
    if seconds is None:
        return "—"
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} 秒"
    if whole < 3600:
        return f"{whole // 60} 分 {whole % 60} 秒" if whole % 60 else f"{whole // 60} 分钟"
    hours, minutes = divmod(whole // 60, 60)
    if hours < 48:
        return f"{hours} 小时 {minutes} 分"
    return f"{hours // 24} 天 {hours % 24} 小时"


def share(part: int, whole: int) -> str:
    """A part in per cent."""
    return f"{part / whole:.0%}" if whole else "—"


def content(totals: Totals) -> str:
    """How many of those who graded were content (基本满意 or better)."""
    return share(sum(totals.ratings.get(grade, 0) for grade in _GOOD), sum(totals.ratings.values()))


def part_name(at: float, period: str) -> str:
    """An hour as 9:00, a day as 11月26日."""
    when = datetime.fromtimestamp(at, BEIJING)
    return f"{when.hour}:00" if period == "day" else f"{when.month}月{when.day}日"


def moment(at: float) -> str:
    """Date and time of day."""
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def about(end: LooseEnd) -> str:
    """What it is about: a ticket with its status, a delivery with its fault, why a person was wanted."""
    detail = REASONS.get(end.detail, end.detail) if end.kind == "waiting" else end.detail
    detail = meaning(end.kind, end.detail) if end.kind in FAILURES else detail
    return " · ".join(part for part in (_SUBJECTS.get(end.subject, end.subject), detail) if part)


def raw_fault(end: LooseEnd) -> str:
    """The word of the program or channel itself, for who looks after them."""
    return end.detail if end.kind in FAILURES else ""


def channel_of(conversation_id: str) -> str:
    """Through which channel the citizen writes."""
    channel = conversation_id.partition(":")[0]
    return CHANNELS.get(channel, channel)


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
    yield "截至", moment(report.at)
    yield ()
    yield "指标", PERIODS[report.period], BEFORE[report.period]
    yield "等候人工（现在）", report.waiting, ""
    yield "坐席处理中（现在）", report.held, ""
    yield "最久已等（秒，现在）", _seconds(report.oldest and report.at - report.oldest), ""
    yield "来信", this.messages, before.messages
    yield "机器人答复", this.by_bot, before.by_bot
    yield "转人工", this.handed, before.handed
    yield "得到人工答复", this.answered, before.answered
    yield "人工首次答复中位（秒）", _seconds(this.median), _seconds(before.median)
    yield "人工首次答复九成以内（秒）", _seconds(this.p90), _seconds(before.p90)
    for grade in GRADES:
        yield f"评价：{grade}", this.ratings.get(grade, 0), before.ratings.get(grade, 0)
    yield ()
    yield "坐席", "账号", "手中会话", "答复的会话", "接手到首次答复中位（秒）"
    for load in report.load:
        yield load.name, load.operator, load.holding, load.answered, _seconds(load.median)
    yield ()
    yield "时段", "来信", BEFORE[report.period].replace("此时", ""), "转人工", "最多同时等候"
    for part in report.parts:
        earlier = "" if part.messages_before is None else part.messages_before
        yield moment(part.at), part.messages, earlier, part.handed, part.waiting
    yield ()
    yield "未闭环", "会话", "渠道", "自", "内容", "坐席"
    for kind, _, ends in by_kind(report):
        for end in ends:
            channel = channel_of(end.conversation_id)
            yield ENDS[kind], end.conversation_id, channel, moment(end.since), about(end), end.operator


def _seconds(value: float | None) -> object:
    return "" if value is None else round(value, 1)


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would take for a formula is marked as a text."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else cell


FILTERS: Mapping[str, Callable[..., Any]] = {
    "lasting": lasting,
    "part_name": part_name,
    "moment_of_day": lambda at: datetime.fromtimestamp(at, BEIJING).strftime("%H:%M:%S"),
    "about": about,
    "raw_fault": raw_fault,
    "channel_of": channel_of,
    "end_kind": lambda kind: ENDS[kind],
}
