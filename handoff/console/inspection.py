"""The audit log at `/desk/audit`, with the reasons of those who looked at what is hidden."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.console.http import clean
from handoff.console.lists import whole
from handoff.console.words import BEIJING, listed
from handoff.people import ROLE_NAMES, Right, Sought
from handoff.tongue import later, say

ACTS: Mapping[str, str] = {
    "login": later("登录成功"),
    "login_by_code": later("登录（两步验证）"),
    "login_by_recovery": later("登录（恢复码）"),
    "login_by_new_password": later("改密码后继续"),
    "login_failed": later("登录失败"),
    "login_locked": later("登录被锁定"),
    "code_failed": later("验证码不对"),
    "code_locked": later("验证码被锁定"),
    "logout": later("退出登录"),
    "session_expired": later("登录已过期"),
    "session_ended": later("退出别处的登录"),
    "role_refused": later("角色不允许"),
    "csrf_refused": later("伪造的请求"),
    "gone": later("会话不存在"),
    "thread_opened": later("查看会话"),
    "revealed": later("查看保密信息"),
    "reveal_refused": later("查看保密信息被拒"),
    "file_opened": later("查看市民的文件"),
    "file_hidden": later("查看保密文件被拒"),
    "claim": later("接管"),
    "reply": later("回复"),
    "give_back": later("交回机器人"),
    "close": later("结束会话"),
    "transfer": later("转交"),
    "assign": later("指派"),
    "whisper": later("提示坐席"),
    "lose": later("坐席掉线，会话退回排队"),
    "password_changed": later("改密码"),
    "password_refused": later("密码不对"),
    "password_reset": later("重置密码"),
    "code_on": later("开启两步验证"),
    "code_off": later("关闭两步验证"),
    "code_reset": later("重置两步验证"),
    "account_disabled": later("停用账号"),
    "account_enabled": later("恢复账号"),
    "account_refused": later("账号修改被拒"),
    "account_gone": later("账号不存在"),
    "citizen_erased": later("按市民要求删除资料"),
    "operator_saved": later("命令行保存账号"),
    "audit_read": later("查看审计日志"),
    "amend": later("保存工单草稿"),
    "submit": later("提交工单"),
    "secrecy_lifted": later("改为不保密"),
    "amend_unexplained": later("改为不保密没有写理由"),
    "submit_unexplained": later("改为不保密没有写理由"),
    "draft_opened": later("查看工单草稿"),
    "ticket_opened": later("查看工单"),
    "searched": later("搜索会话"),
    "numbers_exported": later("导出数据"),
    "canned_kept": later("保存常用语"),
    "canned_dropped": later("删除常用语"),
    "canned_refused": later("修改常用语被拒"),
    "file_refused": later("文件没有发送"),
}

_DOUBTS = {
    "vague": later("承诺没有日期"),
    "asked_again": later("再问已知的"),
    "asked_back": later("反问"),
    "retyped": later("投诉改咨询"),
    "unfiled": later("有事没有登记"),
}
"""What the gate had warned of before an act was done all the same."""


PAGE = 100
"""Lines on a page of the log."""
REASONS = 50
_NOBODY = "-"
"""In the address: who had not logged in. No account has this name."""
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
        who = "" if self.who == _NOBODY else self.who or None
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
        # An act without a word here is shown as it was written: it is never left out.
        frame.teach({"act": act})

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """One page."""
        return [web.get("/desk/audit", self._frame.inside(self._page, Right.INSPECT))]

    async def _page(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        people = self._frame.desk.people
        names = {each.operator.name: each.operator.display_name for each in await people.people()}
        asked = Asked.of(request.query)
        if asked.who not in names and asked.who not in (*_OTHERS, ""):
            asked = replace(asked, who="")
        if asked.action not in ACTS_OFFERED:
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
            others=_OTHERS,
            acts=ACTS_OFFERED,
            names=names,
        )
        return self._frame.keep(request, visit, page)


_OTHERS: Mapping[str, str] = {_NOBODY: later("（未登录）"), "cli": later("命令行")}
"""Who writes lines and has no account."""
# Of what people type, only what is an id for sure; a telephone number has no colon, a ticket's number has letters.
_ID = re.compile(r"[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+:[A-Za-z0-9_.:-]+|[A-Z]{2,4}[0-9]{8}-[0-9]+")


def span_of_day(day: str) -> tuple[float, float] | None:
    """From when to when a day lasts; None when that is no day."""
    try:
        begin = datetime.combine(date.fromisoformat(day), time(), BEIJING)
    except ValueError:
        return None
    return begin.timestamp(), (begin + timedelta(days=1)).timestamp()


def act(name: str) -> str:
    """What was done, in words; with the role that an account was given."""
    for sign, said in (
        ("account_added_", later("添加账号（{role}）")),
        ("account_changed_", later("修改账号（{role}）")),
    ):
        if name.startswith(sign):
            role = name.removeprefix(sign)
            return say(said).format(role=say(ROLE_NAMES.get(role, role)))
    done, despite, doubts = name.partition("_despite:")
    if despite:
        words = listed(say(_DOUBTS.get(doubt, doubt)) for doubt in doubts.split("+"))
        act_done = say(ACTS.get(done.removesuffix("_sent"), done))
        return say("{act}（提醒过：{doubts}）").format(act=act_done, doubts=words)
    return say(ACTS.get(name, name))


ACTS_OFFERED: Sequence[str] = [
    *ACTS,
    *(f"account_{done}_{role}" for role in ROLE_NAMES for done in ("added", "changed")),
]
"""What the log can be searched for."""
