"""The words of the pages of the knowledge base: fields, marks, origins, and what was done."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from handoff.console.words import BEIJING
from handoff.library import Ending, Filed
from handoff.tongue import dated, later, say

FIELDS: Mapping[str, str] = {
    "id": later("编号"),
    "question": later("问题"),
    "variants": later("相似问法"),
    "answer": later("答案"),
    "source": later("来源"),
    "department": later("部门"),
    "region": later("地区"),
    "valid_from": later("生效日期"),
    "valid_until": later("失效日期"),
    "review_by": later("复核日期"),
    "tags": later("标签"),
    "condition": later("适用条件"),
    "withdrawn": later("恢复使用"),
}
ORIGINS: Mapping[str, str] = {"shared": later("通用"), "city": later("本市"), "changed": later("已修改")}
MARKS: Mapping[str, str] = {
    "review": later("待复核"),
    "expired": later("已过期"),
    "early": later("未生效"),
    "gap": later("待补充"),
    "case_gap": later("情形待补充"),
    "withdrawn": later("已撤下"),
}
WITHHELD: Mapping[str, str] = {
    "expired": later("失效日期已过，"),
    "early": later("生效日期未到，"),
    "gap": later("答案里还有〔本市填写〕，"),
    "withdrawn": later("已撤下，"),
}
"""Why an entry is not given to citizens."""
DECISIONS: Mapping[str, str] = {
    "answer": later("直接回答"),
    "clarify": later("列出几条请市民选"),
    "none": later("不回答，说明没有现成答案"),
}
DONE: Mapping[str, str] = {
    "saved": later("已保存，现在起按新内容答复市民。"),
    "made": later("已新建，现在起可以答复市民。"),
    "withdrawn": later("已撤下，不再答复市民。需要时可从版本记录恢复。"),
    "restored": later("已恢复为所选的版本。"),
    "variant": later("已加为相似问法，现在起这样问也能找到。"),
    "imported": later("已导入，现在起按新内容答复市民。"),
}
CONDITION = """您家是城镇户口还是农村户口？
【城镇户口】城里、城镇、市区
到社区服务中心办。
【农村户口】农村、村里、乡下
到村委会办。"""
"""How a condition is typed, for who has never done it."""
ONLY_EDITORS = later("您的账号只能查看知识库。修改要由知识库编辑、班长或管理员进行，请找管理员。")


def refusal(filed: Filed) -> str:
    """Why a change had no effect; empty when it had."""
    match filed.ending:
        case Ending.LATE:
            return say(
                "{who} 在您打开之后先改了这一条（现在是版本 {version}），您的修改没有保存。"
                "您写的内容还在；请对照后再保存。"
            ).format(who=filed.first or say("别人"), version=filed.version)
        case Ending.FAULTY:
            return later("没有保存：有几处要改。") if len(filed.faults) > 1 else later("没有保存：有一处要改。")
        case Ending.GONE:
            return later("没有这个条目或这个版本，没有生效。")
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
    return dated(datetime.fromtimestamp(at, BEIJING), later("y-MM-dd HH:mm"))


def date_of(day: str) -> str:
    """A day that a draft holds as 2027-01-31."""
    return dated(datetime.fromisoformat(day), later("y-MM-dd"))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "field": lambda name: say(FIELDS.get(name, name)),
    "origin": lambda name: say(ORIGINS[name]),
    "mark": lambda name: say(MARKS[name]),
    "withheld": lambda marks: "".join(say(WITHHELD.get(mark, "")) for mark in marks),
    "decision": lambda name: say(DECISIONS.get(name, name)),
    "entry_path": entry_path,
    "moment": moment,
    "date_of": date_of,
    "query": lambda text: quote(text, safe=""),
}
