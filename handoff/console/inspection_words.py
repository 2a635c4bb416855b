"""The words of the audit log: for every act that is ever noted, and for who did it where that is no account."""

from collections.abc import Mapping, Sequence

from handoff.desk import ActionKind, Outcome
from handoff.people import ROLE_NAMES, SERVICE
from handoff.tongue import later, say
from handoff.writing import Doubt

NOBODY = "-"
"""In the address of the page: who had not logged in. No account has this name."""
OTHERS: Mapping[str, str] = {NOBODY: later("未登录"), SERVICE: later("系统"), "cli": later("命令行")}
"""Who writes lines and has no account."""

_ACCOUNTS: Mapping[str, str] = {
    "login": later("登录成功"),
    "login_by_code": later("登录（两步验证）"),
    "login_by_recovery": later("登录（恢复码）"),
    "login_by_new_password": later("改密码后继续"),
    "login_failed": later("登录失败"),
    "login_locked": later("登录被锁定"),
    "code_failed": later("验证码不对"),
    "code_locked": later("验证码被锁定"),
    "logout": later("退出登录"),
    "logout_asked": later("退出登录前，手中还有会话"),
    "session_expired": later("登录已过期"),
    "session_ended": later("退出别处的登录"),
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
}
_LOOKS: Mapping[str, str] = {
    "list_opened": later("查看会话列表"),
    "thread_opened": later("查看会话"),
    "linked_seen": later("查看同一市民其他渠道的工单"),
    "draft_opened": later("查看工单草稿"),
    "ticket_opened": later("查看工单"),
    "searched": later("搜索会话"),
    "gone": later("会话不存在"),
    "revealed": later("查看保密信息"),
    "reveal_refused": later("查看保密信息被拒"),
    "file_opened": later("查看市民的文件"),
    "file_hidden": later("查看保密文件被拒"),
    "gaps_opened": later("查看没答上的问题"),
    "numbers_exported": later("导出数据"),
    "audit_read": later("查看审计日志"),
}
_TALKS: Mapping[str, str] = {
    "claim": later("接管"),
    "reply": later("回复"),
    "give_back": later("交回机器人"),
    "close": later("结束会话"),
    "transfer": later("转交"),
    "assign": later("指派"),
    "whisper": later("提示坐席"),
    "lose": later("坐席掉线，会话退回排队"),
    "leave": later("退出登录，会话退回排队"),
    "part": later("解除与其他渠道的绑定"),
    "amend": later("保存工单草稿"),
    "submit": later("提交工单"),
    "secrecy_lifted": later("改为不保密"),
    "file_refused": later("文件没有发送"),
    "canned_kept": later("保存常用语"),
    "canned_dropped": later("删除常用语"),
    "canned_refused": later("修改常用语被拒"),
    "citizen_erased": later("按市民要求删除资料"),
}
_KNOWLEDGE: Mapping[str, str] = {
    "faq_made": later("新建条目"),
    "faq_saved": later("修改条目"),
    "faq_withdrawn": later("撤下条目"),
    "faq_restored": later("恢复条目的旧版本"),
    "faq_variant": later("添加相似问法"),
    "faq_variant_refused": later("相似问法没有添加"),
    "faq_imported": later("导入表格"),
    "faq_import_refused": later("表格没有导入"),
    "faq_exported": later("导出知识库"),
    "faq_refused": later("修改知识库被拒"),
    "faq_late": later("条目没有保存：别人先改了"),
    "faq_faulty": later("条目没有保存：填写有误"),
    "faq_gone": later("条目不存在"),
}
_REFUSALS: Mapping[str, str] = {
    "role_refused": later("角色不允许"),
    "csrf_refused": later("伪造的请求"),
    "request_refused": later("请求无法读取"),
}
ACTS: Mapping[str, str] = {**_ACCOUNTS, **_LOOKS, **_TALKS, **_KNOWLEDGE, **_REFUSALS}

_WITHOUT_EFFECT: Mapping[str, str] = {
    Outcome.TAKEN: later("已被同事接管"),
    Outcome.NOT_HELD: later("会话不在手中"),
    Outcome.GONE: later("会话不存在"),
    Outcome.UNLINKED: later("没有绑定别的渠道"),
    Outcome.STALE: later("草稿已经变了"),
    Outcome.UNEXPLAINED: later("改为不保密没有写理由"),
}
_ROLE_GIVEN: Mapping[str, str] = {
    "account_added_": later("添加账号（{role}）"),
    "account_changed_": later("修改账号（{role}）"),
}
_DESPITE = "_despite:"
_WARNED = ("reply_sent", "give_back", "close")
"""Acts that go by a second press when the gate warned of them."""
_DOUBTS: Mapping[str, str] = {
    Doubt.VAGUE: later("承诺没有日期"),
    Doubt.ASKED_AGAIN: later("再问已知的"),
    Doubt.ASKED_BACK: later("反问"),
    Doubt.RETYPED: later("投诉改咨询"),
    Doubt.UNFILED: later("有事没有登记"),
}
"""What the gate had warned of before an act was done all the same."""


def act(name: str) -> str:
    """What was done, in words; an act without a word is shown as it was written, and never left out."""
    if name in ACTS:
        return say(ACTS[name])
    for sign, words in _ROLE_GIVEN.items():
        if name.startswith(sign):
            role = name.removeprefix(sign)
            return say(words).format(role=say(ROLE_NAMES.get(role, role)))
    done, despite, doubts = name.partition(_DESPITE)
    if despite:
        warned = say("、").join(say(_DOUBTS.get(doubt, doubt)) for doubt in doubts.split("+"))
        return say("{act}（提醒过：{doubts}）").format(act=act(done.removesuffix("_sent")), doubts=warned)
    for outcome, why in _WITHOUT_EFFECT.items():
        if (done := name.removesuffix(f"_{outcome}")) != name and done in ACTS:
            return say("{act}：没有生效（{why}）").format(act=say(ACTS[done]), why=say(why))
    return name


def offered() -> Sequence[tuple[str, Mapping[str, str]]]:
    """What the log can be searched for, in groups; a star finds all that begin so."""
    roles = {f"{sign}{role}": act(f"{sign}{role}") for sign in _ROLE_GIVEN for role in ROLE_NAMES}
    warned = {
        f"{done}{_DESPITE}*": say("{act}（提醒过）").format(act=act(done.removesuffix("_sent"))) for done in _WARNED
    }
    failed = {
        f"{kind}_{outcome}": act(f"{kind}_{outcome}")
        for kind in ActionKind
        if kind is not ActionKind.LOSE
        for outcome in _possible(kind)
    }
    return (
        (say("看过什么"), _said(_LOOKS)),
        (say("会话和工单"), _said(_TALKS) | warned),
        (say("知识库"), _said(_KNOWLEDGE)),
        (say("登录和账号"), _said(_ACCOUNTS) | roles),
        (say("没有生效"), _said(_REFUSALS) | failed),
    )


def _possible(kind: ActionKind) -> Sequence[Outcome]:
    match kind:
        case ActionKind.CLAIM:
            return Outcome.TAKEN, Outcome.GONE
        case ActionKind.PART:
            return Outcome.UNLINKED, Outcome.GONE
        case ActionKind.WHISPER | ActionKind.ASSIGN:
            return (Outcome.GONE,)
        case ActionKind.AMEND | ActionKind.SUBMIT:
            return Outcome.TAKEN, Outcome.NOT_HELD, Outcome.STALE, Outcome.UNEXPLAINED, Outcome.GONE
        case ActionKind.CLOSE:
            return Outcome.TAKEN, Outcome.NOT_HELD, Outcome.STALE, Outcome.GONE
        case _:
            return Outcome.TAKEN, Outcome.NOT_HELD, Outcome.GONE


def _said(acts: Mapping[str, str]) -> dict[str, str]:
    return {name: say(words) for name, words in acts.items()}
