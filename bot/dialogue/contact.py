"""How to reach the citizen: numbers whole or in pieces, names as he gives them, or that he does not want to."""

import re
from dataclasses import replace

from bot.appeal import Appeal
from bot.conversation import Stage
from bot.dialogue.heard import Heard
from bot.dialogue.saying import declines_contact, ends_politely, gives_anothers_number, substance
from nlu.contact import digit_fragment, find_name
from nlu.interpretation import Place

_MOBILE = 11
_LONGEST_NAME = 5
_LAST = "尾号"
"""Before the last digits of a number in a correction."""
_WRONG_NUMBER = re.compile(
    r"^[^，。,\s]{0,6}(?:电话|手机|号码|号)(?:号码?)?[^，。,\s]{0,3}[，,\s]?(?:[记写说发报填打弄]?[错岔]了?|不对|不是这个|有误|写反|用不了了|不用了)[了啦哒]*$"
)
_FAMILY = re.compile(r"(?:我|俺|免贵)?姓([\u4e00-\u9fff]{1,2}?)(?:的|啊|哈)?")
_DIGITS = re.compile(r"[\d\s\-—]{2,}")
_TITLED = re.compile(r"(?:先生|女士|小姐|同学|老师|师傅|大爷|大妈|大姐|大哥|大叔|阿姨|奶奶|爷爷)$")


def fill_contact(appeal: Appeal, heard: Heard, stage: Stage) -> tuple[Appeal, str]:
    """Take over name and number; with digits that look like a number and are none."""
    name = told_name(heard, stage, numbered=bool(appeal.phone and not appeal.name and not appeal.has_what))
    if name:
        appeal = replace(appeal, name=name)
    phone = own_phone(heard) or corrected_number(appeal, heard)
    if phone:
        return replace(appeal, phone=phone, phone_fragment="", contact_declined=False), ""
    if appeal.phone and takes_number_back(heard):
        left = tuple(slot for slot in appeal.asked if slot != "contact")
        return replace(appeal, phone=None, phone_fragment="", asked=left), ""
    appeal, odd = _fill_fragments(appeal, heard.text, stage)
    if declines_contact(heard.text, asked=stage is Stage.CONTACT) and not appeal.phone:
        appeal = replace(appeal, contact_declined=True, phone_fragment="")
    return appeal, odd


def corrected_number(appeal: Appeal, heard: Heard) -> str | None:
    """尾号是2248: the number told before with its last digits put right."""
    for correction in heard.interpretation.corrections:
        last = (correction.right or "").removeprefix(_LAST)
        if appeal.phone and last != correction.right and last.isdecimal() and len(last) < len(appeal.phone):
            return appeal.phone[: -len(last)] + last
    return None


def takes_number_back(heard: Heard) -> bool:
    """The number told before is wrong, and no other is told: it must not be filed."""
    return bool(_WRONG_NUMBER.search(heard.text)) and not re.search(r"\d{2}", heard.text)


def own_phone(heard: Heard) -> str | None:
    """The citizen's own number; that of one whom he complains about is part of the matter."""
    return None if gives_anothers_number(heard.text) else heard.interpretation.phone


def told_name(heard: Heard, stage: Stage, *, numbered: bool = False) -> str | None:
    """The name that the words give; when asked for, beside a number or right after one it may stand alone: 王建国"""
    understood = heard.interpretation
    if ends_politely(heard.text):
        return None
    if understood.name:
        return understood.name
    if family := _FAMILY.fullmatch(heard.text.strip()):
        return family[1]
    rest = re.sub(r"[，,。.、：:]", "", substance(_DIGITS.sub(" ", heard.text)))
    alone = own_phone(heard) or stage is Stage.CONTACT or numbered or _TITLED.search(rest)
    if not alone or not 1 < len(rest) <= _LONGEST_NAME or any(map(_is_some_place, understood.locations)):
        return None
    return find_name(f"我是{rest}")


def _is_some_place(place: Place) -> bool:
    """The gazetteer knows it, or its parts do: not a name (欧阳锋) that a model takes for one."""
    parts = (place.road, place.compound, place.building, place.landmark)
    return place.main and bool(place.district or place.street or place.community or any(parts))


def _fill_fragments(appeal: Appeal, text: str, stage: Stage) -> tuple[Appeal, str]:
    """A number that comes in pieces, perhaps several in one burst."""
    burst = "".join(_digit_lines(text))
    if not appeal.phone and len(burst) == _MOBILE and burst.startswith("1"):
        return replace(appeal, phone=burst, phone_fragment="", contact_declined=False), ""
    if stage is not Stage.CONTACT and not appeal.phone_fragment and not re.search(r"电话|手机|号码", text):
        return appeal, ""
    for line in text.splitlines():
        piece = digit_fragment(line)
        if not piece or appeal.phone:
            continue
        digits = appeal.phone_fragment + piece
        if len(digits) == _MOBILE and digits.startswith("1"):
            appeal = replace(appeal, phone=digits, phone_fragment="", contact_declined=False)
        elif len(digits) < _MOBILE and digits.startswith("1"):
            appeal = replace(appeal, phone_fragment=digits)
        else:
            return replace(appeal, phone_fragment=""), digits
    return appeal, ""


def _digit_lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line.isdecimal()] if len(lines) > 1 else []
