"""The citizen's words as a ticket keeps them: what he says of the matter, without what he says to the bot."""

import re

from nlu.contact import find_name

_CLAUSE = re.compile(r"(?:\d[\d\s\-—–]*\d|[^\s，,。.;；!！?？、~～])+")
_DIGITS = re.compile(r"\d[\d\s\-—–]+\d")
_MARKS = " ，,、;；~～"
_TO_THE_BOT = re.compile(
    r"(?:那个?|哦|嗯|啊|行|好|中|对|是)*(?:你|您)?(?:记|听|帮我记|给我记)(?:一下|下|着|上|好)?(?:吧|啊|哈)?"
    r"|(?:嗯|恩|哦|噢|啊|哎|唉|对|是|好|行|中|成|要得)+(?:的|了|啊|吧|嘞|呢|嘛)*"
    r"|(?:你|您|大家)好|喂+|在吗|谢+谢*(?:你们?|您|了|啊)*|(?:麻烦|辛苦|拜托)(?:你们?|您|了|啊)*"
    r"|(?:我|俺)?(?:要求?|想|希望|申请|请|请求|麻烦|给我|帮我|替我)*(?:保密|匿名)(?:一下|处理|举报|反映|啊|吧|哈|办理)*"
    r"|先?(?:别|不要|莫|不能|不许)[^，。\s]{0,10}我(?:们家)?(?:说|报|举报|投诉|反映|告)的?[啊哈吧呀]?"
    r"|(?:工?单号|编号)[^，。\s]{0,2}(?:不记得|记不得|记不到|忘|找不到|没)[^，。\s]{0,2}"
    r"|(?:没|冇)查到[啊吗呀]?|那?我?(?:重新|再)(?:报|说|登记)(?:一个|一遍|一下|一次)?吧?"
    r"|(?:我|俺|咱|免贵)?姓[\u4e00-\u9fff]{1,2}|(?:我|俺)?(?:的)?(?:联系)?(?:电话|手机|号码|手机号)(?:号码?)?(?:是|为|[:：])?"
    r"|(?:我|俺)?(?:要|想)?(?:反映|投诉|举报|说)(?:一|个|件|点|下)*(?:事儿?|事情|问题|情况)?|(?:就)?(?:提交|确认|报|交)(?:吧|了吧|上去|上去吧)?"
)
_SPEAKS = re.compile(r"[\u4e00-\u9fffA-Za-z]")
_LEAD = re.compile(
    r"^(?:(?:另外|还有|再就是|再有|行|好|嗯|哦|噢|啊|哎|唉|喂|诶|那个|这个|对了|就是说?|那|是这样(?:的|滴|子)?|我跟你说|我和你说|你(?:给我)?(?:记|听)(?:一下|着|好)?|"
    r"(?:我|俺)?(?:就)?(?:要|想)?(?:反映|投诉|举报|说|问)(?:一下|下|一个|个|一件|件)*(?:事儿?|事情|问题|情况)?(?=[\s，,:：]|$))[\s，,。、:：!！]*)+"
)


def matter_words(text: str, name: str | None = None, phone: str | None = None) -> str:
    """The text without clauses that only give name, number or a wish for secrecy; all of it when nothing else."""
    lines = [_without_asides(line, name, phone) for line in text.strip().splitlines()]
    return "\n".join(line for line in lines if _SPEAKS.search(line)) or text.strip()


def says_only_asides(text: str, name: str | None, phone: str | None) -> bool:
    """Nothing in it is about the matter."""
    return all(_is_aside(match.group(), name, phone) for match in _CLAUSE.finditer(text))


def _without_asides(line: str, name: str | None, phone: str | None) -> str:
    kept = line = line.strip()
    for match in reversed(list(_CLAUSE.finditer(line))):
        if _is_aside(match.group(), name, phone):
            kept = kept[: match.start()].rstrip(_MARKS) + _joined(kept[match.end() :])
    return kept.strip(_MARKS)


def _joined(rest: str) -> str:
    return rest if not rest or rest[0] in "。！？!?，, " else " " + rest


def _is_aside(clause: str, name: str | None, phone: str | None) -> bool:
    own = re.sub(r"\D", "", phone or "")
    plain = _DIGITS.sub(lambda match: "" if re.sub(r"\D", "", match.group()) in own else match.group(), clause).strip()
    told = name or find_name(plain) or ""
    named = bool(told) and re.fullmatch(rf"(?:我|俺)?(?:叫|是|姓)?{re.escape(told)}", plain) is not None
    return named or not plain or bool(_TO_THE_BOT.fullmatch(plain))


def without_lead(text: str) -> str:
    """The text without what only leads into it: 那个我想反映一下 …"""
    return _LEAD.sub("", text).strip() or text
