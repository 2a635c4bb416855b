"""Smaller things said in passing: when it happens, and what a correction takes out and puts in."""

from __future__ import annotations

import re

from nlu.interpretation import Correction
from nlu.normalize import spoken_digits
from nlu.search import swift

_NUMBER = r"[零一二三四五六七八九十\d]{1,3}"
_CLOCK = r"(?:[零一二两三四五六七八九十\d]{1,3}点(?:半|多|钟|[一二三四五六七八九十\d]{1,3}分?)?(?:左右|前后)?)"
_DAYPART = (
    r"(?:凌晨|清晨|清早|大清早|一大早|早上|早晨|上午|中午|晌午|下午|后晌|傍晚|傍黑|晚上|夜里|夜间|半夜|后半夜|深夜|"
    r"大半夜|"
    r"白天|早晚|早高峰|晚高峰)"
)
_MONTH = (
    rf"(?:{_NUMBER}月(?:{_NUMBER}[日号]|份|底|初(?!{_NUMBER}[日号])|初?[一二三四五六七八九十]{{1,3}}(?!月|年|天|块|千|"
    r"百|个))?|腊月|正月|冬月)"
)
_YEAR = r"(?:去年|前年|今年|大前年|(?:19|20)?\d{2}年)"
_SEASON = r"(?:开春|春天|夏天|秋天|冬天|入冬|入夏|年初|年底|年前|过年|上半年|下半年|暑假|寒假)"
_WEEKDAY = r"(?:上|这|本|下)?(?:个)?(?:周|礼拜|星期)[一二三四五六日天末]"
_REPEATED = r"(?:每天|天天|每晚|每周|周末|每逢周末|每到周末|隔三差五|三天两头|一到)"
_DAY = (
    r"(?:大前天|前天|前晚|昨天|昨日|昨夜|昨晚|昨儿|夜来|今天|今早|今晚|今儿|今日|明天|前几天|头几天|这几天|这两天|"
    r"最近|近期|近来|"
    r"上(?:个)?(?:周|礼拜|星期|月)(?:[一二三四五六日天末])?|这(?:个)?(?:周|礼拜|星期|月)(?:[一二三四五六日天末])?|"
    rf"{_WEEKDAY}|"
    rf"{_YEAR}(?:的)?(?:{_MONTH}|{_SEASON})?|{_MONTH}|{_REPEATED}|"
    rf"[一二三四五六七八九十\d]{{1,3}}号(?!楼|院|门|线|[一二三四五六七八九十\d]))"
)
_LASTING = (
    r"[一二两三四五六七八九十半几好\d]{1,6}(?:来|多)?(?:个)?(?:多)?(?:天|宿|晚上|周|礼拜|星期|月|年|小时|钟头)(?:多)?"
)
_SINCE = (
    rf"(?:已经|都|快|得有|有)?(?:小|大)?{_LASTING}(?:了|前|哒|咯|啦)|(?:已经|都|快|得有|有)?(?:小|大)?{_LASTING}(?=没|"
    r"冇|都没|还没|不见)"
)
_TO = rf"(?:(?:到|至){_DAYPART}?{_CLOCK})?"
_BEGIN = r"(?:以后|之后)?(?:开始|起)?"
_OCCURRED = swift(
    rf"(?:从|打)?{_DAY}(?:的)?{_DAYPART}?{_CLOCK}?{_TO}{_BEGIN}|(?:从)?{_DAYPART}{_CLOCK}?{_TO}{_BEGIN}|{_CLOCK}(?:到|"
    r"至|以后|"
    rf"之后)(?:{_DAYPART}?{_CLOCK})?|{_SINCE}"
)
# 今年六十二了 tells an age, 过期半个月了 the age of a sausage, 天天 alone nothing.
_AGE = swift(r"(?:都|快|已经|才|刚|就|也|满)*[一二两三四五六七八九十\d]{1,4}(?:岁|了|哒|多岁|咯|周岁|[，,。 ]|$)")
_OTHER_AGE = re.compile(r"(?:过期|到期|保质期|工龄|房龄|买了|结婚|退休|干了|用了|住了|等了|年纪|年龄|生)$")
_EMPTY = re.compile(rf"(?:{_REPEATED}|白天|早晚|今年|一到|最近|近期|近来|周末|下午|上午|早上|晚上|半夜|夜里)")
_EXACT = (
    (re.compile(_CLOCK), 2.0),
    (re.compile(rf"昨|前天|今|前晚|夜来|{_WEEKDAY}|{_MONTH}|号"), 2.0),
    (re.compile(rf"去年|前年|上(?:个)?(?:周|礼拜|星期|月)|前几天|头几天|{_SEASON}"), 1.6),
    (re.compile(_DAYPART), 0.6),
    (re.compile(r"开始|起|从"), 1.0),
    (re.compile(_LASTING), 1.5),
)
_END = r"(?=[\s,，。.!！;；?？]|$|吧|哈|啊|哦|呢|了|这回|不是|就)"
_SWAPS = (
    swift(
        rf"不是(?P<wrong>[^,，。\s是]{{1,12}})[,，\s]*(?:而是|应该是|应是|"
        rf"是)(?P<right>[^,，。\s不]{{1,14}}?){_END}"
    ),
    swift(rf"(?P<wrong>[^,，。\s]{{1,10}}?)(?:改成|改为|换成)(?P<right>[^,，。\s]{{1,14}}?){_END}"),
    swift(
        r"(?:我说的|说的|应该|欠的|就|地址|楼号|电话|名字|"
        r"单元)?是(?P<right>[^,，。\s不是]{1,14}?)[,，\s]*(?:不是|"
        r"不在)(?P<wrong>[^,，。\s]{1,12}?)(?=[\s,，。!！]|$)"
    ),
    swift(
        r"(?:在|归|叫|属于|应该是)(?P<right>[^,，。\s不是]{1,12}?)[,，\s]*(?:不是|不在|没在|不归|不叫|不属于)"
        r"(?P<wrong>[^,，。\s]{1,12}?)(?=[\s,，。!！哈啊]|$)"
    ),
)
# 尾号是2248: only the end of a number is said anew.
_LAST_DIGITS = swift(
    r"(?:尾号|末尾|末[两三四五六]位|后[两三四五六]位|最后(?:那)?(?:[两三四五六](?:位|个数)|几位)?)(?:数字?|"
    r"号码)?(?:应该|其实|得)?"
    r"(?:是|改成|改为|为)?[ :：]*(?P<digits>\d{2,8})(?!\d)"
)
_MISTAKEN = re.compile(r"错|不对|改|串|岔|反了|应该|更正|不是")
_RIGHT_ONLY = swift(
    r"(?:写错|打错|说错|弄错|搞错|记错|填错|输错|记岔|说岔|弄反|写反|说反|记串|错)(?:了|啦|哒|咯)?[,，\s]*(?:应该|应|"
    r"其实)?(?:是|归|在|"
    rf"改成|"
    rf"改为)(?P<right>[^,，。\s]{{1,14}}?){_END}|应该是(?P<other>[^,，。\s]{{1,14}}?){_END}"
)


def occurred(text: str) -> str | None:
    """The words that say most exactly when or since when (从去年十月份, 昨天晚上, 三天了); of equal ones the first."""
    best, most = None, 0.0
    for match in _OCCURRED.finditer(text):
        said = match.group()
        if len(said) < 2 or _OTHER_AGE.search(text[max(0, match.start() - 3) : match.start()]) or _is_age(text, match):
            continue
        exact = 0.1 if _EMPTY.fullmatch(said) else 0.5
        exact += sum(worth for pattern, worth in _EXACT if pattern.search(said)) if exact > 0.1 else 0.0
        if said not in {"白天", "天天", "每天", "早晚", "今年", "一到"} and exact > most:
            best, most = said, exact
    return best


def _is_age(text: str, match: re.Match[str]) -> bool:
    return match.group().endswith(("年", "月")) and bool(_AGE.match(text, match.end()))


def corrections(text: str) -> tuple[Correction, ...]:
    """不是5号楼，是15号楼 → out with 5号楼, in with 15号楼.

    电话错了 尾号是2248 → `Correction(None, "尾号2248")`: `right` begins with 尾号 when only the last digits of the
    telephone number are put right; as many digits at the end of the number are to be replaced.
    """
    last = _LAST_DIGITS.search(spoken_digits(text))
    if last and _MISTAKEN.search(text) and not re.search(r"车牌|单号|工单|卡号", text):
        return (Correction(None, f"尾号{last['digits']}"),)
    for pattern in _SWAPS:
        match = pattern.search(text)
        if match:
            return (Correction(_trimmed(match["wrong"]), _trimmed(match["right"])),)
    match = _RIGHT_ONLY.search(text)
    return (Correction(None, _trimmed(match["right"] or match["other"])),) if match else ()


def _trimmed(words: str) -> str:
    return re.sub(r"(?:那边|那个|这边|这个|哈|啊|呢|吧)$", "", words) or words
