"""The audit log at `/desk/audit`, with the reasons of those who looked at what is hidden."""

from collections.abc import Iterable, Mapping

from aiohttp import web

from handoff.console.frame import Frame, Visit
from handoff.people import ROLE_NAMES, Right

ACTS: Mapping[str, str] = {
    "login": "登录",
    "login_by_code": "登录（两步验证）",
    "login_by_recovery": "登录（恢复码）",
    "login_by_new_password": "改密码后继续",
    "login_failed": "登录失败",
    "login_locked": "登录被锁定",
    "code_failed": "验证码不对",
    "code_locked": "验证码被锁定",
    "logout": "退出",
    "session_expired": "登录已过期",
    "session_ended": "退出别处的登录",
    "role_refused": "角色不允许",
    "csrf_refused": "伪造的请求",
    "gone": "会话不存在",
    "thread_opened": "查看会话",
    "revealed": "查看保密信息",
    "reveal_refused": "查看保密信息被拒",
    "file_opened": "查看市民的文件",
    "file_hidden": "查看保密文件被拒",
    "claim": "接管",
    "reply": "回复",
    "give_back": "交回机器人",
    "close": "结束会话",
    "transfer": "转交",
    "assign": "指派",
    "whisper": "提示坐席",
    "lose": "坐席掉线，会话退回排队",
    "password_changed": "改密码",
    "password_refused": "密码不对",
    "password_reset": "重置密码",
    "code_on": "开启两步验证",
    "code_off": "关闭两步验证",
    "code_reset": "重置两步验证",
    "account_disabled": "停用账号",
    "account_enabled": "恢复账号",
    "account_refused": "账号修改被拒",
    "account_gone": "账号不存在",
    "operator_saved": "命令行保存账号",
    "audit_read": "查看审计日志",
    "amend": "保存工单草稿",
    "submit": "提交工单",
    "secrecy_lifted": "改为不保密",
    "amend_unexplained": "改为不保密没有写理由",
    "submit_unexplained": "改为不保密没有写理由",
    "draft_opened": "查看工单草稿",
    "ticket_opened": "查看工单",
    "searched": "搜索会话",
    "numbers_exported": "导出数据",
    "canned_kept": "保存常用语",
    "canned_dropped": "删除常用语",
    "canned_refused": "修改常用语被拒",
    "file_refused": "文件没有发送",
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
    """What was done, in Chinese; with the role that an account was given."""
    for sign, said in (("account_added_", "添加账号"), ("account_changed_", "修改账号")):
        if name.startswith(sign):
            role = name.removeprefix(sign)
            return f"{said}（{ROLE_NAMES.get(role, role)}）"
    return ACTS.get(name, name)
