"""The audit log at `/desk/audit`, with the reasons of those who looked at what is hidden."""

from collections.abc import Iterable, Mapping

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.people import ROLE_NAMES, Right
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
    "operator_saved": later("命令行保存账号"),
    "audit_read": later("查看审计日志"),
    "amend": later("保存工单草稿"),
    "submit": later("提交工单"),
    "draft_opened": later("查看工单草稿"),
    "ticket_opened": later("查看工单"),
    "searched": later("搜索会话"),
    "numbers_exported": later("导出数据"),
    "canned_kept": later("保存常用语"),
    "canned_dropped": later("删除常用语"),
    "canned_refused": later("修改常用语被拒"),
    "file_refused": later("文件没有发送"),
}


class InspectionPage:
    """Who did and looked at what, latest first."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        # An act without a word here is shown as it was written: it is never left out.
        frame.teach({"act": act})

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """One page."""
        return [web.get("/desk/audit", self._frame.inside(self._page, Right.INSPECT))]

    async def _page(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        people = self._frame.desk.people
        await self._frame.note(visit, "audit_read", "")
        page = self._frame.inner_page(
            visit,
            "desk_audit.html",
            lines=await people.noted(),
            reveals=await people.reveals(50),
            names={each.operator.name: each.operator.display_name for each in await people.people()},
        )
        return self._frame.keep(request, visit, page)


def act(name: str) -> str:
    """What was done, in words; with the role that an account was given."""
    for sign, said in (
        ("account_added_", later("添加账号（{role}）")),
        ("account_changed_", later("修改账号（{role}）")),
    ):
        if name.startswith(sign):
            role = name.removeprefix(sign)
            return say(said).format(role=say(ROLE_NAMES.get(role, role)))
    return say(ACTS.get(name, name))
