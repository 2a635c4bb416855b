"""The words of the pages of the knowledge base: fields, marks, origins, and what was done."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from handoff.console.words import BEIJING
from handoff.library import Ending, Filed

FIELDS: Mapping[str, str] = {
    "id": "编号",
    "question": "问题",
    "variants": "相似问法",
    "answer": "答案",
    "source": "来源",
    "department": "部门",
    "region": "地区",
    "valid_from": "生效日期",
    "valid_until": "失效日期",
    "review_by": "复核日期",
    "tags": "标签",
    "condition": "适用条件",
    "withdrawn": "恢复使用",
}
ORIGINS: Mapping[str, str] = {"shared": "通用", "city": "本市", "changed": "已修改"}
MARKS: Mapping[str, str] = {
    "review": "待复核",
    "expired": "已过期",
    "early": "未生效",
    "gap": "待补充",
    "case_gap": "情形待补充",
    "withdrawn": "已撤下",
}
WITHHELD: Mapping[str, str] = {
    "expired": "失效日期已过，",
    "early": "生效日期未到，",
    "gap": "答案里还有〔本市填写〕，",
    "withdrawn": "已撤下，",
}
"""Why an entry is not given to citizens."""
DECISIONS: Mapping[str, str] = {
    "answer": "直接回答",
    "clarify": "列出几条请市民选",
    "none": "不回答，说明没有现成答案",
}
DONE: Mapping[str, str] = {
    "saved": "已保存，现在起按新内容答复市民。",
    "made": "已新建，现在起可以答复市民。",
    "withdrawn": "已撤下，不再答复市民。需要时可从版本记录恢复。",
    "restored": "已恢复为所选的版本。",
    "variant": "已加为相似问法，现在起这样问也能找到。",
    "imported": "已导入，现在起按新内容答复市民。",
}
CONDITION = """您家是城镇户口还是农村户口？
【城镇户口】城里、城镇、市区
到社区服务中心办。
【农村户口】农村、村里、乡下
到村委会办。"""
"""How a condition is typed, for who has never done it."""
ONLY_EDITORS = "您的账号只能查看知识库。修改要由知识库编辑、班长或管理员进行，请找管理员。"


def refusal(filed: Filed) -> str:
    """Why a change had no effect; empty when it had."""
    match filed.ending:
        case Ending.LATE:
            return (
                f"{filed.first or '别人'} 在您打开之后先改了这一条（现在是版本 {filed.version}），您的修改没有保存。"
                "您写的内容还在；请对照后再保存。"
            )
        case Ending.FAULTY:
            return "没有保存：有几处要改。" if len(filed.faults) > 1 else "没有保存：有一处要改。"
        case Ending.GONE:
            return "没有这个条目或这个版本，没有生效。"
        case Ending.DONE:
            return ""


def entry_path(entry_id: str) -> str:
    """The address of an entry's page; its id may hold any character."""
    return f"/desk/faq/e/{quote(entry_id, safe='')}"


def list_path(search: str = "", mark: str = "", page: int = 1) -> str:
    """The address of a page of the list."""
    query = {"q": search, "mark": mark, "page": str(page) if page > 1 else ""}
    said = urlencode({name: value for name, value in query.items() if value})
    return f"/desk/faq?{said}" if said else "/desk/faq"


def moment(at: float) -> str:
    """Date and time."""
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M")


FILTERS: Mapping[str, Callable[..., Any]] = {
    "field": lambda name: FIELDS.get(name, name),
    "origin": lambda name: ORIGINS[name],
    "mark": lambda name: MARKS[name],
    "withheld": lambda marks: "".join(WITHHELD.get(mark, "") for mark in marks),
    "decision": lambda name: DECISIONS.get(name, name),
    "entry_path": entry_path,
    "moment": moment,
    "query": lambda text: quote(text, safe=""),
}
