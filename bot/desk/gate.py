"""The gate before sending: what in a reply would come back as a complaint. Pure, and careful about false alarms."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from handoff.tongue import later, say
from handoff.writing import Doubt, Warning

_VAGUE = re.compile(
    r"近期|近日|尽快|尽早|尽速|即将|马上|立刻|立即|抓紧|加紧|不久|过几天|过两天|过段时间|过一段时间|稍后|择日|择期|适时|"
    r"第一时间|早日"
)
_NOT_A_PROMISE = re.compile(
    # what the citizen is asked or thanked for, and what happened: no promise of ours
    r"(?:请|麻烦|建议|烦请|劳烦)[您你]?[^，。；！？\n]{0,8}$|[您你](?:可以?|也可以?|应当?|需要?|务必|要|先)?[^，。；！？\n]{0,4}$|"
    r"(?:已经?|现已|曾|不能|无法|不会|没能|未能|未|感谢[您你]?|谢谢[您你]?|理解[^，。；！？\n]{0,8}|希望[您你]?[^，。；！？\n]{0,8})$"
)
_AT_ONCE = frozenset({"马上", "立刻", "立即"})
"""What is told to citizens in danger as often as it is promised."""
_WE = re.compile(r"我们|我(?!国)|会|将|正在")
_WE_DO = re.compile(
    r"[^，。；！？\n]{0,3}(?:我们|处理|办理|安排|派|修|解决|答复|回复|跟进|核实|落实|转(?!账)|给您|为您|帮您|联系您|上门|恢复|反馈|查看|"
    r"催)|[，。；！？\s]*$"
)
_DIGITS = r"[\d〇零一二两三四五六七八九十百半几]+"
_DATE = re.compile(
    rf"{_DIGITS}\s*年\s*{_DIGITS}\s*月|{_DIGITS}\s*月\s*{_DIGITS}\s*[日号]|{_DIGITS}\s*[日号](?:之?前|以前|内|当天|上午|下午|晚上)?|"
    rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|(?<!\d)\d{{1,2}}[-/.]\d{{1,2}}(?:之?前|日)|"
    rf"{_DIGITS}\s*个?\s*(?:工作日|自然日|小时|钟头|分钟|天|日|周|星期|月)(?:之?内|以内|之?后|左右|前)?|"
    r"(?:今|明|后|大后|当)[天日晚]|今[早晚]|明[早晚]|(?:本|这|下|上)个?(?:周|星期|礼拜|月)|(?:周|星期|礼拜)[一二三四五六日天末]|"
    r"月底|月末|月初|月中|年底|年内|年末|季度|上午|下午|中午|傍晚|今夜|夜间|\d{1,2}[:：]\d{2}|\d{1,2}\s*[点时](?:半|前|之前)?|"
    r"(?:供暖|汛|雨|采暖|施工|元旦|春节|清明|五一|端午|中秋|国庆|节)(?:期|季|节|后|前)"
)
_CLAUSE = re.compile(r"[，,。！？!?；;\n]")
_PAST = re.compile(r"反映|来电|来信|提交|投诉|诉求|已|曾|当时|[^为除]了(?!解)")
"""What was, and is no date for what will be."""
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]*")
_PHONE = re.compile(r"电话|手机号?|联系方式|号码")
_PLACE = re.compile(r"地址|地点|位置|哪个?小区|哪条路|在哪里?(?=[?？]|$)|在哪儿|几号楼|门牌")
_ASKS = re.compile(
    r"[?？]|(?:请|麻烦|烦请|劳烦)[^，。；！？\n]{0,6}(?:提供|告知|留下?|补充|说明|发一?下|告诉|报一?下|确认)|"
    r"[您你][^，。；！？\n]{0,10}(?:是多少|是什么|在哪)"
)
_INSTRUCTIONS = 2
"""So many 、 make a list of what to bring somewhere, and no question about the one thing that is known."""
_OURS = re.compile(
    r"(?:我们|我|本|中心|热线|单位|部门|窗口|大厅|科室|街道|社区)[^，。；！？\n]{0,4}(?:电话|地址|位置|号码)"
)
_REPEATED_BACK = re.compile(r"^[^?？]{0,30}(?:是吗|对吗|对吧|是吧|没错吧|是否(?:正确|准确|属实)|正确吗)[?？]?")
_RETORT = re.compile(
    r"难道|凭什么|怎么(?:可能|会|不|能)(?!办)|为什么(?:不|没)|为何不|何不|谁让[您你]|谁叫[您你]|[您你](?:自己)?不(?:会|能|知道)[^，。\n]{0,10}吗|"
    r"不是(?:已经|早就|都|跟[您你]|和[您你])?[^，。！？!?\n]{0,14}(?:了吗|吗|么)[?？]|还(?:要|想)(?:我们)?怎(?:么|样)|有意思吗|有必要吗|"
    r"[您你](?:到底|究竟)|(?:到底|究竟)想"
)
_TO_QUESTION = re.compile(
    r"(?:按|作为|转为|转成|改为|改成|登记为|归为|算作?|当作?)(?:一[个件条])?(?:普通)?咨询(?:类|件|单|事项)?(?:来)?(?:处理|办理|登记|受理|答复)?"
)
_COMPLAINT = "投诉"
_QUESTION = "咨询"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the record knows of a conversation, as far as the gate asks."""

    phone: str = ""
    place: str = ""
    kept_type: str = ""
    """The appeal type of the draft, else of the latest ticket."""
    read_type: str = ""
    """What the machine reads in the citizen's words, or what he called it himself."""


def doubts(text: str, known: Known) -> tuple[Warning, ...]:
    """What speaks against sending this reply as it is; nothing for most replies."""
    sentences = [found.group() for found in _SENTENCE.finditer(text)]
    return (*_vague(text, sentences), *_asked_again(sentences, known), *_asked_back(sentences), *_retyped(text, known))


def _vague(text: str, sentences: Iterable[str]) -> Iterator[Warning]:
    if any(_DATE.search(clause) and not _PAST.search(clause) for clause in _CLAUSE.split(text)):
        return  # a date of what is to come, wherever it stands, is a date for the promise
    words: dict[str, None] = {}
    for sentence in sentences:
        for found in _VAGUE.finditer(sentence):
            before, after = sentence[: found.start()], sentence[found.end() :]
            if _NOT_A_PROMISE.search(before) or (found.group() in _AT_ONCE and not _is_ours(before, after)):
                continue
            words[found.group()] = None
    if words:
        said = say("、").join(f"“{word}”" for word in words)
        yield Warning(Doubt.VAGUE, say("{words}没有说到哪一天。请写明日期或几个工作日内。").format(words=said))


def _is_ours(before: str, after: str) -> bool:
    """Whether what is to happen at once is promised by us, and not asked of the citizen (有人被困，马上打119)."""
    return bool(_WE.search(_CLAUSE.split(before)[-1]) or _WE_DO.match(after))


def _asked_again(sentences: Iterable[str], known: Known) -> Iterator[Warning]:
    asked: dict[str, str] = {}
    for sentence in sentences:
        if not _ASKS.search(sentence) or _OURS.search(sentence) or sentence.count("、") >= _INSTRUCTIONS:
            continue
        if known.phone and _PHONE.search(sentence) and known.phone not in sentence:
            asked[later("市民已留电话：{value}。请不要再问一遍。")] = known.phone
        if known.place and _PLACE.search(sentence) and known.place not in sentence:
            asked[later("市民已留地址：{value}。请不要再问一遍。")] = known.place
    for words, value in asked.items():
        if not any(value in sentence for sentence in sentences):
            yield Warning(Doubt.ASKED_AGAIN, say(words).format(value=value))


def _asked_back(sentences: Iterable[str]) -> Iterator[Warning]:
    for sentence in sentences:
        if _RETORT.search(sentence) and not _REPEATED_BACK.search(sentence):
            words = say("“{sentence}”像是反问市民，请改成陈述。").format(sentence=sentence.strip())
            yield Warning(Doubt.ASKED_BACK, words)
            return


def _retyped(text: str, known: Known) -> Iterator[Warning]:
    if known.read_type != _COMPLAINT:
        return
    if known.kept_type == _QUESTION:
        yield Warning(Doubt.RETYPED, say("市民说的是投诉，工单类型却是咨询。请改回，或向市民说明原因。"))
    elif _TO_QUESTION.search(text):
        yield Warning(Doubt.RETYPED, say("市民说的是投诉，回复里却按咨询处理。请改回，或说明原因。"))
