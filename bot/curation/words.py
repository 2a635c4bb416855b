"""What is wrong with an entry or a table, in the words of those who keep them: `faq` speaks to engineers."""

import re
from collections.abc import Iterable

from handoff.console.curation_words import FIELDS
from handoff.library import Fault
from handoff.tongue import later, say

_WORDS = (
    (r"missing", later("没有填写")),
    (r"must be text", later("应是文字")),
    (r"unknown field", later("没有这个字段")),
    (r"unknown column", later("没有这一列的名称")),
    (r"column missing", later("缺这一列")),
    (r"column twice", later("这一列出现了两次")),
    (r"before valid_from", later("早于生效日期")),
    (r"'(.*)' is no date such as 2027-01-31", later(r"“\1”不是日期，应写成 2027-01-31")),
    (r"(\d+) bytes, at most (\d+) go into one message", later(r"有 \1 字节，一条微信最多 \2 字节（约 680 个汉字）")),
    (r"must have ask, and a list of cases", later("要先写一行问什么，再写【情形】和各自的答案")),
    (r"(\d+) cases, must be (\d+) to (\d+)", later(r"有 \1 个【情形】，应有 \2 到 \3 个")),
    (r"ask: missing", later("第一行没有写要问市民什么")),
    (r"ask: must be one line", later("要问市民的话只能写一行，下面是【情形】")),
    (r"ask: (\d+) characters, at most (\d+)", later(r"要问市民的话有 \1 个字，最多 \2 个")),
    (r"ask: must not begin with (.*)", later(r"要问市民的话不能以“\1”开头")),
    (r"case (\d+): label: missing", later(r"第 \1 个【】里没有写情形")),
    (r"case \d+: label: (\d+) characters, at most (\d+)", later(r"有个【情形】是 \1 个字，最多 \2 个")),
    (r"case (\S+): cannot be called so", later(r"情形不能叫 \1")),
    (r"case '(.*)': answer: missing", later(r"【\1】下面没有写答案")),
    (
        r"case '(.*)': answer: (\d+) bytes, at most (\d+) go into one message",
        later(r"【\1】的答案有 \2 字节，最多 \3 字节（约 680 个汉字）"),
    ),
    (r"case '(.*)': answer: no line of it may begin with 【…】", later(r"【\1】的答案里，不能有以【…】开头的行")),
    (r"'(.*)' stands for '(.*)' and for '(.*)'", later(r"“\1”既是【\2】又是【\3】，分不清")),
    (
        r"the question itself tells '(.*)', so nothing would ever be asked",
        later(r"问题本身就说了【\1】，永远问不到"),
    ),
    (r"the question itself holds a word of unless.*", later("问题本身就有“不问”的词，永远问不到")),
    (r"(?:case '(.*)': words|unless): '(.*)' must be one word", later(r"“\2”应是一个词")),
    (r"must be a list of texts, none of them empty", later("应是文字的列表，不能有空的")),
    (r"'(.*)' is (?:in row|on line) (\d+) already", later(r"“\1”和第 \2 行重复")),
    (r"more cells than columns.*", later("格子比列多；含逗号的文字要加双引号")),
    (r"no JSON: .* at column (\d+)", later(r"不是 JSON（第 \1 个字符处）")),
    (r"not a JSON object", later("应是一个 JSON 对象")),
    (r"empty; the first row must name the columns: (.*)", later(r"是空的；第一行应是列名：\1")),
    (r"columns are (.*)", later(r"列名应是：\1（也可用中文：编号、问题、相似问法、答案、来源…）")),
    (r"neither UTF-8 nor GB 18030.*", later("文字编码既不是 UTF-8 也不是 GB 18030，请用 Excel 另存为 .xlsx")),
    (r"not UTF-8.*", later("文字编码不是 UTF-8")),
    (r"no XLSX that can be read.*", later("不是能读取的 XLSX，请重新另存为 .xlsx 或 .csv")),
    (r"([\d,]+) bytes unpacked, at most ([\d,]+)", later(r"解开后有 \1 字节，最多 \2 字节")),
)
_PLACE = re.compile(r"^.*?/table\.(?:csv|xlsx|jsonl)(?::(\d+))?: (.*)$", re.DOTALL)


def fault_of_field(fault: str) -> Fault:
    """A fault such as `valid_until: before valid_from`, for the form."""
    name, _, what = fault.partition(": ")
    return Fault(field=name, words=_said(what)) if name in FIELDS else Fault(field="", words=_said(fault))


def faults_of_table(faults: Iterable[str]) -> tuple[str, ...]:
    """Faults such as `/tmp/x/table.csv:7: question: missing`, in the order of the rows, as 第 7 行 · 问题：没有填写."""
    return tuple(_fault_of_row(fault) for fault in faults)


def _fault_of_row(fault: str) -> str:
    found = _PLACE.match(fault)
    row, rest = found.groups() if found else (None, fault)
    name, _, what = rest.partition(": ")
    if what and (name in FIELDS or _said(what) != what):
        field = say(FIELDS[name]) if name in FIELDS else say("“{name}”").format(name=name)
        said = say("{field}：{fault}").format(field=field, fault=_said(what))
    else:
        said = _said(rest)
    return say("第 {row} 行 · {fault}").format(row=row, fault=said) if row else said


def _said(what: str) -> str:
    for pattern, words in _WORDS:
        found = re.fullmatch(pattern, what, re.DOTALL)
        if found:
            return found.expand(say(words))
    return what
