"""匿名, 保密, 公开: what each means for what is known of the citizen."""

import re
from dataclasses import replace

from bot.appeal import Appeal
from bot.dialogue.heard import Heard
from nlu.contact import find_name, find_phone

HIDDEN = "＊＊"
_OPENLY = re.compile(
    r"(?:不用|不需要|不必|别|取消)(?:再)?(?:保密|匿名)|不匿名|撤销匿名|公开(?:吧|就行|举报|也行|没事)|可以公开|实名"
)


def fill_secrecy(appeal: Appeal, heard: Heard) -> Appeal:
    """Take over what the turn says about secrecy. Anonymous: no identity beyond the chat's address is kept."""
    understood = heard.interpretation
    if says_open(heard.text):
        return replace(appeal, anonymous=False, confidential=False, secrecy_said=True)
    if understood.anonymous:
        appeal = replace(appeal, anonymous=True, confidential=True)
    if understood.confidential:
        appeal = replace(appeal, confidential=True)
    return appeal


def says_open(text: str) -> bool:
    """It need not be kept secret."""
    return bool(_OPENLY.search(text))


def without_identity(appeal: Appeal) -> Appeal:
    """An anonymous appeal forgets name and number, also those said before, also in the citizen's own words."""
    if not appeal.anonymous:
        return appeal
    said = tuple(hide(text, appeal.name, appeal.phone) for text in appeal.said)
    return replace(appeal, name=None, phone=None, phone_fragment="", said=said)


def hide(text: str, name: str | None, phone: str | None) -> str:
    """The text without the citizen's name and number: those known, and those that it gives itself."""
    for number in {phone, find_phone(text)} - {None}:
        digits = re.sub(r"\D", "", number or "")
        text = re.sub(r"[\s\-—–.]*".join(digits), HIDDEN, text)
    for person in {name, find_name(text)} - {None}:
        # A family name alone is also a letter of other words: 我姓马 is hidden, 马路 is not.
        before = r"((?:姓|叫|名字?是?|我是)\s*)" if len(person or "") == 1 else r"()"
        text = re.sub(before + re.escape(person or ""), rf"\1{HIDDEN}", text)
    return text
