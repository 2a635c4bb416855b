"""匿名, 保密, 公开: what each means for what is known of the citizen."""

import re
from dataclasses import replace

from bot.appeal import Appeal
from bot.dialogue.heard import Heard
from bot.dialogue.saying import gives_anothers_number
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
    if wants_confidence(heard):
        appeal = replace(appeal, confidential=True)
    return appeal


_NOT_ME = re.compile(
    r"(?:别|不要|莫|不能|不许|不想|怕)(?:再)?(?:让|告诉|跟|对|被|给)?.{0,6}(?:知道|晓得|说|透露|暴露)?.{0,3}是?我(?:们家)?(?:说|报|举报|投诉|反映|告)"
)


def wants_confidence(heard: Heard) -> bool:
    """Nobody who is concerned shall know who said it."""
    return heard.interpretation.confidential or bool(_NOT_ME.search(heard.text))


def says_of_secrecy(heard: Heard) -> bool:
    """The turn speaks of 匿名, 保密 or 公开 for this matter, it does not ask about them."""
    asks = bool(re.search(r"[吗么?？]|会不会|是否|怎么", heard.text))
    return not asks and (heard.interpretation.anonymous or wants_confidence(heard) or says_open(heard.text))


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
    told = None if gives_anothers_number(text) else find_phone(text)
    for number in {phone, told} - {None}:
        digits = re.sub(r"\D", "", number or "")
        text = re.sub(r"[\s\-—–.]*".join(digits), HIDDEN, text)
    for person in {name, find_name(text)} - {None}:
        # A family name alone is also a letter of other words: 我姓马 is hidden, 马路 is not.
        before = r"((?:姓|叫|名字?是?|我是)\s*)" if len(person or "") == 1 else r"()"
        text = re.sub(before + re.escape(person or ""), rf"\1{HIDDEN}", text)
    return text
