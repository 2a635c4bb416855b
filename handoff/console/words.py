"""The desk's words for the record's short ones, and how it shows times and pins."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from handoff.console.datum import to_wgs84
from handoff.desk import ActionKind, ActionResult, Operator, OperatorAction, Outcome, ThreadHead
from handoff.tongue import counted, dated, language, later, say

_HAN = re.compile(r"[\u3400-\u9fff，。、；：？！（）]")
_LATIN = re.compile("[A-Za-z]{2}")
_RUN = re.compile(r"([\u3400-\u9fff][\u3400-\u9fff，。、；：？！（）\d]*)")
# Every city that this serves keeps Beijing time; the server's own zone must not show through.
BEIJING = timezone(timedelta(hours=8), "CST")

REASONS: Mapping[str, str] = {
    "asked": later("要求人工"),
    "emergency": later("紧急情况"),
    "not_understood": later("多次未听懂"),
    "angry": later("情绪激动"),
    "sensitive": later("敏感事项"),
    "unhappy": later("评价不满意"),
    "unconfirmed": later("草稿未确认"),
    "failed": later("处理出错"),
    "lost_operator": later("坐席掉线退回"),
    "operator_left": later("坐席退出退回"),
    "transferred": later("同事转来"),
}
CHANNELS: Mapping[str, str] = {
    "wechat": later("微信"),
    "telegram": "Telegram",
    "web": later("网页"),
    "wecom": later("企业微信"),
    "wechat_kf": later("微信客服"),
    "miniprogram": later("小程序"),
    "dingtalk": later("钉钉"),
    "feishu": later("飞书"),
}
FATES: Mapping[str, str] = {
    "pending": later("待发送"),
    "held": later("留待市民下次来信时送达"),
    "sending": later("发送中"),
    "sent": later("已发出"),
    "refused": later("未能发出"),
    "unknown": later("是否送达不明"),
}
KINDS: Mapping[str, str] = {
    "image": later("照片"),
    "voice": later("语音"),
    "video": later("视频"),
    "file": later("文件"),
    "location": later("位置"),
    "link": later("链接"),
    "sticker": later("表情"),
    "choice": later("选择"),
    "follow": later("关注了公众号"),
    "unfollow": later("取消了关注"),
    "scan": later("扫了二维码"),
    "event": later("平台通知"),
    "unknown": later("未识别的消息"),
    "whisper": later("班长提示 · 市民看不到"),
    "transfer": later("转交 · 市民看不到"),
    "assign": later("指派 · 市民看不到"),
    "take_over": later("接管 · 市民看不到"),
    "lose": later("退回排队 · 市民看不到"),
    "leave": later("退回排队 · 市民看不到"),
    "part": later("解除绑定 · 市民看不到"),
}
SPEAKERS: Mapping[str, str] = {
    "citizen": later("市民"),
    "bot": later("机器人"),
    "operator": later("坐席"),
    "system": later("系统通知"),
    "note": later("内部"),
}
DATUMS: Mapping[str, str] = {"gcj02": later("GCJ-02 坐标"), "wgs84": later("WGS-84 坐标")}
_NO_DATUM = later("坐标系不明，可能偏移数百米")
DONE: Mapping[str, str] = {
    "reply": later("已写入，正在发给市民。"),
    "claim": later("已接管，机器人不再回复。"),
    "give_back": later("已交回机器人。"),
    "close": later("已结束会话。"),
    "transfer": later("已转交，对方能看到全部记录和您的备注。"),
    "assign": later("已指派。"),
    "meant": later("已放回排队，排在前面，指给了他；别的同事也可以先接。"),
    "whisper": later("已写入，只有坐席看得到。"),
    "part": later("已解除绑定，市民在各个渠道都会收到通知。"),
    "amend": later("草稿已保存，机器人也知道。"),
    "submit": later("工单已提交，编号和答复时间正在告诉市民。"),
    "reveal": later("已显示姓名、电话、文件和定位，理由已记录。十分钟后重新隐藏。"),
}

FORGED = later("这个请求不是从坐席台的页面发出的，没有生效。请刷新页面后再试。")


def done_of(action: OperatorAction) -> str:
    """Which of DONE an act that was done is."""
    if action.later:
        return "meant"
    mine = action.kind is ActionKind.ASSIGN and action.target == action.operator
    return str(ActionKind.CLAIM if mine else action.kind)


def taken(head: ThreadHead, me: Operator) -> str:
    """How a conversation went away from him without his doing, for the page that he has open; empty if it did not."""
    if head.taken_from != me.name or (head.holder == "operator" and head.operator == me.name):
        return ""
    holder = head.operator_name or head.operator
    if not head.taken_by:
        went = say("您这边超过 1 分钟没有连上，会话退回了排队，排在最前。")
    elif head.taken_by == holder:
        return say("{name} 接管了会话，不再由您处理。").format(name=holder)
    else:
        back, away = say("{name} 把会话放回了排队，不再由您处理。"), say("{name} 把会话调走了，不再由您处理。")
        went = (back if head.holder == "waiting" else away).format(name=head.taken_by)
    return went + say("现在由 {name} 处理。").format(name=holder) if head.holder == "operator" else went


def refusal(result: ActionResult, kind: ActionKind | None = None) -> str:
    """Why an action had no effect, in the operator's words."""
    match result.outcome:
        case Outcome.STALE if kind is ActionKind.CLOSE:
            return say("市民刚刚又说了一件事，还没有登记。会话没有结束，请看一眼再结束。")
        case Outcome.TAKEN:
            return say("已被 {name} 接管，您的操作没有生效。").format(name=result.holder or say("其他坐席"))
        case Outcome.NOT_HELD:
            return say("会话不在您手中，您的操作没有生效。")
        case Outcome.UNLINKED:
            return say("这个会话没有绑定别的渠道，可能刚刚解除。")
        case Outcome.STALE:
            return say("这份草稿已经提交，或换成了另一件事。您填的内容仍保留在下面，没有生效。")
        case Outcome.UNEXPLAINED:
            return say("市民刚刚要求保密或匿名。您填的内容仍保留在下面，没有生效；要改为不保密请写明理由。")
        case Outcome.GONE:
            return say("会话不存在。")
        case Outcome.DONE:
            return ""


def ago(since: float, now: float) -> str:
    """How long something lasts, as one says it: 刚刚， 8 分钟， 1 小时 5 分， 2 天."""
    minutes = int(max(0.0, now - since) // 60)
    hours, rest = divmod(minutes, 60)
    if minutes < 1:
        return say("刚刚")
    if hours < 1:
        return counted("%(n)d 分钟", minutes)
    if hours < 24:
        return _hours(hours, rest)
    return counted("%(n)d 天", hours // 24)


def span(seconds: float) -> str:
    """How long something still lasts: 47 小时 12 分, 8 分钟, 不到 1 分钟."""
    minutes = int(max(0.0, seconds) // 60)
    hours, rest = divmod(minutes, 60)
    if hours:
        return _hours(hours, rest)
    return counted("%(n)d 分钟", minutes) if minutes else say("不到 1 分钟")


def _hours(hours: int, minutes: int) -> str:
    if not minutes:
        return counted("%(n)d 小时", hours)
    return say("{hours} 小时 {minutes} 分").format(hours=hours, minutes=minutes)


def waited(since: float, now: float) -> str:
    """How long somebody waits already: 等了 8 分钟; who has only just come, 刚刚."""
    words = ago(since, now)
    return words if now - since < 60 else say("等了 {lasting}").format(lasting=words)


def remaining(seconds: float) -> str:
    """What is left: 剩 8 分钟; of less than one, 不到 1 分钟."""
    return say("剩 {lasting}").format(lasting=span(seconds)) if seconds >= 60 else span(seconds)


@dataclass(frozen=True, slots=True)
class Waits:
    """From when on a wait stands out, in seconds."""

    long: float = 300.0
    late: float = 900.0

    def of(self, since: float, now: float) -> str:
        """How urgent a wait has become: calm, long or late."""
        waited = now - since
        return "late" if waited >= self.late else "long" if waited >= self.long else "calm"


USUAL = Waits()


def clock(at: float) -> str:
    """The time of day."""
    return datetime.fromtimestamp(at, BEIJING).strftime("%H:%M")


def day(at: float) -> str:
    """The date, with its day of the week."""
    return dated(datetime.fromtimestamp(at, BEIJING), later("y 年 M 月 d 日 EEEE"))


def short_day(at: float) -> str:
    """The date within a year."""
    return dated(datetime.fromtimestamp(at, BEIJING), later("M 月 d 日"))


def iso(at: float) -> str:
    """The moment for machines that read the page."""
    return datetime.fromtimestamp(at, BEIJING).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class ShownPin:
    """A pin as the page shows it."""

    label: str
    point: str
    links: tuple[tuple[str, str], ...]
    """(name of the map, address), the pin's datum turned into the map's own."""


def pin(text: str) -> ShownPin | None:
    """Read `latitude,longitude datum label`; None when it cannot be read."""
    point, _, rest = text.partition(" ")
    datum, _, label = rest.partition(" ")
    try:
        latitude, longitude = (float(part) for part in point.split(","))
    except ValueError:
        return None
    name = label or say("市民发来的位置")
    # 高德 converts WGS-84 itself; a pin of unknown datum is taken as each map's own, and may be off by some 500 m.
    coordinate = "wgs84" if datum == "wgs84" else "gaode"
    amap = urlencode({"position": f"{longitude},{latitude}", "coordinate": coordinate, "name": name})
    lat, lon = to_wgs84(latitude, longitude) if datum == "gcj02" else (latitude, longitude)
    osm = f"mlat={lat:.6f}&mlon={lon:.6f}#map=18/{lat:.6f}/{lon:.6f}"
    return ShownPin(
        label=name,
        point=f"{latitude:.5f}, {longitude:.5f} · {say(DATUMS.get(datum, _NO_DATUM))}",
        links=(
            (say("高德地图"), f"https://uri.amap.com/marker?{amap}"),
            ("OpenStreetMap", f"https://www.openstreetmap.org/?{osm}"),
        ),
    )


def size(count: int) -> str:
    """Bytes as people read them: 340 KB, 2.1 MB; empty when nobody knows."""
    if count <= 0:
        return ""
    return f"{max(1, round(count / 1024))} KB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


def ticket_path(ticket_no: str) -> str:
    """The address of a ticket's page."""
    return f"/desk/t/{quote(ticket_no, safe='')}"


def path_of(conversation_id: str) -> str:
    """The address of a conversation's page; its id may hold any character."""
    return f"/desk/c/{quote(conversation_id, safe='')}"


def media_path(key: str) -> str:
    """The address of a stored photo or voice message."""
    return f"/desk/media/{quote(key, safe='/')}"


def file_subject(conversation_id: str, key: str) -> str:
    """A citizen's file in the audit log: the conversation, then enough of the key to tell it from the others."""
    return f"{conversation_id} {key[:12]}"


def tongue(text: str) -> Markup:
    """For a tag around words that somebody wrote: that they are Chinese, where the page is not."""
    return Markup(' lang="zh"') if _is_foreign(text) else Markup()


def theirs(text: str) -> str:
    """Such words among others of a sentence."""
    return Markup('<span lang="zh">{}</span>').format(text) if _is_foreign(text) else text


def quoting(text: str, *, whole: bool = False) -> str:
    """A sentence of ours with what it quotes marked; one that is Chinese altogether only if it may be: `whole`."""
    if not _is_foreign(text) or not (whole or _LATIN.search(text)):
        return text
    return Markup().join(theirs(part) for part in _RUN.split(text))


def _is_foreign(text: str) -> bool:
    return language() != "zh" and bool(_HAN.search(text))


def listed(words: Iterable[str]) -> str:
    """Several things in a row."""
    return say("、").join(words)


def _from(words: Mapping[str, str]) -> Callable[[str], str]:
    # A word that is not in the table is shown as it came: better a foreign word than none.
    return lambda key: say(words.get(key, key))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "taken": taken,
    "reason": _from(REASONS),
    "channel": _from(CHANNELS),
    "fate": _from(FATES),
    "kind": _from(KINDS),
    "speaker": _from(SPEAKERS),
    "ago": ago,
    "waited": waited,
    "clock": clock,
    "day": day,
    "short_day": short_day,
    "tongue": tongue,
    "theirs": theirs,
    "quoting": quoting,
    "listed": listed,
    "iso": iso,
    "pin": pin,
    "size": size,
    "ticket_path": ticket_path,
    "path_of": path_of,
    "media_path": media_path,
}
