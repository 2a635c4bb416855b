"""Smaller things said in passing: when it happens, and what a correction takes out and puts in."""

from __future__ import annotations

import re

from nlu.interpretation import Correction

_CLOCK = r"(?:[零一二两三四五六七八九十\d]{1,3}点(?:半|多|钟|[一二三四五六七八九十\d]{1,3}分?)?(?:左右|前后)?)"
_DAYPART = r"(?:凌晨|清晨|早上|早晨|上午|中午|晌午|下午|傍晚|晚上|夜里|半夜|后半夜|深夜|白天|早晚|早高峰|晚高峰)"
_DAY = (
    r"(?:大前天|前天|昨天|昨日|昨夜|昨晚|今天|今早|今晚|今儿|今日|明天|前几天|这几天|这两天|最近|近期|"
    r"上(?:个)?(?:周|礼拜|星期|月)|这(?:个)?(?:周|礼拜|星期|月)|"
    r"去年|前年|今年|每天|天天|每晚|每周|周末|每逢周末|"
    r"[一二三四五六七八九十\d]{1,3}月(?:[一二三四五六七八九十\d]{1,3}[日号]|份)?|"
    r"[一二三四五六七八九十\d]{1,3}号(?!楼|院|门|线))"
)
_SINCE = r"(?:已经|都)?[一二两三四五六七八九十半几好\d]+(?:多)?(?:个)?(?:天|宿|周|礼拜|星期|月|年)(?:多)?(?:了|前)"
_OCCURRED = re.compile(
    rf"(?:从)?{_DAY}(?:的)?{_DAYPART}?{_CLOCK}?(?:(?:到|至){_DAYPART}?{_CLOCK})?(?:开始|起)?|"
    rf"(?:从)?{_DAYPART}{_CLOCK}?(?:(?:到|至){_DAYPART}?{_CLOCK})?(?:开始|起)?|{_CLOCK}(?:到|至|以后|"
    rf"之后)(?:{_DAYPART}?{_CLOCK})?|{_SINCE}"
)
_END = r"(?=[\s,，。.!！;；?？]|$|吧|哈|啊|哦|呢|了|这回|不是|就)"
_SWAPS = (
    re.compile(
        rf"不是(?P<wrong>[^,，。\s是]{{1,12}})[,，\s]*(?:而是|应该是|应是|"
        rf"是)(?P<right>[^,，。\s不]{{1,14}}?){_END}"
    ),
    re.compile(rf"(?P<wrong>[^,，。\s]{{1,10}}?)(?:改成|改为|换成)(?P<right>[^,，。\s]{{1,14}}?){_END}"),
    re.compile(
        r"(?:我说的|说的|应该|欠的|就|地址|楼号|电话|名字|"
        r"单元)?是(?P<right>[^,，。\s不是]{1,14}?)[,，\s]*(?:不是|"
        r"不在)(?P<wrong>[^,，。\s]{1,12}?)(?=[\s,，。!！]|$)"
    ),
)
_RIGHT_ONLY = re.compile(
    rf"(?:写错|打错|说错|弄错|搞错|记错|填错|输错|错)(?:了|啦|哒|咯)?[,，\s]*(?:应该|应|其实)?(?:是|归|在|"
    rf"改成|"
    rf"改为)(?P<right>[^,，。\s]{{1,14}}?){_END}|应该是(?P<other>[^,，。\s]{{1,14}}?){_END}"
)


def occurred(text: str) -> str | None:
    """The first words that say when or how often (昨天晚上, 每天六点)."""
    match = _OCCURRED.search(text)
    return match.group() if match and len(match.group()) > 1 else None


def corrections(text: str) -> tuple[Correction, ...]:
    """不是5号楼，是15号楼 → out with 5号楼, in with 15号楼."""
    for pattern in _SWAPS:
        match = pattern.search(text)
        if match:
            return (Correction(_trimmed(match["wrong"]), _trimmed(match["right"])),)
    match = _RIGHT_ONLY.search(text)
    return (Correction(None, _trimmed(match["right"] or match["other"])),) if match else ()


def _trimmed(words: str) -> str:
    return re.sub(r"(?:那边|那个|这边|这个|哈|啊|呢|吧)$", "", words) or words
