"""A bare answer to the bot's own question is that answer, whatever a model takes its few characters for."""

import re
from dataclasses import replace

from bot.conversation import Conversation, Stage
from bot.dialogue.contact import told_name
from bot.dialogue.heard import Heard
from bot.dialogue.saying import cannot_say, declines_contact, says_no, says_yes, substance
from nlu.intents import judge
from nlu.interpretation import Intent
from nlu.normalize import normalize

_QUESTIONS = frozenset({Stage.WHAT, Stage.WHERE, Stage.PLACE_CHOICE, Stage.CATEGORY, Stage.CONTACT})
_TELLING = frozenset({Intent.APPEAL, Intent.SUPPLEMENT, Intent.FAQ})
"""Intents under which an answer is taken over anyhow."""
_LONGEST = 20
_SILENT = 0.7
"""Rules that have nothing to say of a few characters call them chitchat with less than this."""
_WORDS = re.compile(r"[\u4e00-\u9fff0-9]{2,12}")
# 三个人 is no call for one.
_COUNT = re.compile(r"(?:就|有|共|一共|大概)*[0-9一二两三四五六七八九十几]+[个名位口](?:大人|小孩|孩子|老人|人)?")
_NO_PLACE = re.compile(r"^(.)\1+$|[等算哈呵嘿]|随便|[吗呢吧啊呀]$")


def as_answer(conversation: Conversation, heard: Heard) -> Heard:
    """The words as the answer that they are; clear commands (转人工, 撤销), questions, dangers stay what they are."""
    understood = heard.interpretation
    text = heard.text.strip()
    asked = conversation.draft is not None and conversation.stage in _QUESTIONS
    if not asked or understood.intent in _TELLING or understood.emergency or not text or len(text) > _LONGEST:
        return heard
    if _is_clear(text) or not _answers(heard, text, conversation.stage):
        return heard
    return replace(heard, interpretation=replace(understood, intent=Intent.SUPPLEMENT, urgent=False))


def _is_clear(text: str) -> bool:
    """The rules alone know what it is: insults, thanks and commands are said in known words."""
    intent, sure = judge(normalize(text).text)
    return intent not in _TELLING | {Intent.CORRECT} and sure >= _SILENT


def _answers(heard: Heard, text: str, stage: Stage) -> bool:
    if _is_only_facts(heard) or _COUNT.fullmatch(text):
        return True
    match stage:
        case Stage.CONTACT:
            refuses = says_yes(text) or says_no(text) or declines_contact(text, asked=True)
            return not refuses and told_name(heard, stage) is not None
        case Stage.WHERE if cannot_say(text):
            return True
        case Stage.WHERE if _WORDS.fullmatch(text) and not _NO_PLACE.search(text):
            return True
    return False


def _is_only_facts(heard: Heard) -> bool:
    """A place or a time and nothing else."""
    understood = heard.interpretation
    facts = (*(place.text for place in understood.locations), *([understood.occurred] if understood.occurred else ()))
    return bool(facts) and len(substance(heard.text, facts)) <= 1
