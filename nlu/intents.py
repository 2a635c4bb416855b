"""What kind of turn this is: scored rules over short chat sentences, dialects of the four cities included."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nlu.intent_forms import FORMS
from nlu.intent_rules import RULES
from nlu.interpretation import Intent
from nlu.search import Sieve, bounded

_I = Intent
_COMPILED = tuple((intent, weight, re.compile(bounded(pattern))) for intent, weight, pattern in (*RULES, *FORMS))
_SIEVE = Sieve(pattern for _, _, pattern in _COMPILED)
_CLOSED = frozenset(
    {
        _I.GREET,
        _I.THANKS,
        _I.GOODBYE,
        _I.CONFIRM,
        _I.DENY,
        _I.RATE,
        _I.ABUSE,
        _I.CHITCHAT,
        _I.HUMAN,
        _I.WITHDRAW,
        _I.URGE,
        _I.STATUS,
        _I.COMPLAINT_ABOUT_BOT,
        _I.SUPPLEMENT,
        _I.CORRECT,
    }
)
# What the phrasebook may add at most: as much as one sure rule. Where the encoder read the message, it counts less.
_TRUST, _TRUST_READ = 3.0, 2.0
# How much the logarithm of what the encoder believes counts, and the least that it may believe.
_READ, _FLOOR = 1.6, 0.02
# How much less it is believed that a message is chat when its words speak of a matter.
_MATTER_SAYS = 0.3
_MENDS_OR_SENDS = re.compile(r"错|不是|改|更正|应该是|应是|提交|人工|客服|查|进度|催")
# How a ticket's number is pasted or typed; it is no word, and says nothing of what is wanted.
_TICKET_NO = re.compile(r"(?<![a-z])[a-z]{2,4}\s?20\d{6}\s?-?\s?[0-9a-z]{8}(?![0-9a-z])", re.IGNORECASE)
_ASIDE = frozenset({_I.URGE, _I.THANKS, _I.RATE, _I.CHITCHAT, _I.COMPLAINT_ABOUT_BOT})
# Who is meant: a complaint that names another and not us is a matter, whatever words it shares with one about the bot.
_OTHERS = re.compile(
    r"物业|社区|居委|村里|村委|村干部|村长|书记|办事员|窗口|医院|医生|大夫|护士|老师|学校|派出所|警察|民警|城管|老板|"
    r"房东|邻居|公司|单位|"
    r"[他她]|人家|那个人|政府|街道|镇上|热力|供电|供暖|营业员|司机|开发商|中介|商家|店家|银行|保安|会计|站长|[局处科所队校园]长"
)
_COMPLAINS = 6
_SOMEBODY = frozenset({"他", "她", "人家", "那个人"})
_US = re.compile(r"[你您恁]|机器|智能|智障|客服|系统|程序|页面|按钮|选项|菜单|链接|ai|公众号|平台")
_FRAGMENTS = re.compile(r"[的了啊呀哦嗯呃额哈呵嘿嘻吧嘛呢吗么哒咯嗷哎唉个一\d\s,，.。、]+")
# Below this the words point at no category.
_SPEAKS = 0.1
# So likely noise, a message with foreign letters is heard by the rules alone.
_MAYBE_NOISE = 0.15
_LITTLE = 5
_SHORT_NAMES = frozenset({"ktv", "vip", "pdf", "brt", "gps", "dvd", "ppt", "pvc", "cng", "lng", "cbd", "http"})
_UNSPEAKABLE = re.compile(r"[bcdfghjklmnpqrstvwxz]{4}")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# Neighbours on the keyboard, four and more in either direction.
_ON_A_ROW = re.compile(
    "|".join(row[at : at + 4] for line in _ROWS for row in (line, line[::-1]) for at in range(len(line) - 3))
)
_LATIN = re.compile(r"[a-z]{3,40}")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_PARTICLES = re.compile(r"^[的了啊呀哦嗯呃额哈呵嘿嘻吧嘛呢吗么哒咯嗷哎唉\s]*$")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What else is known of the message when its intent is judged."""

    emergency: bool = False
    places: int = 0
    contact: bool = False  # a name, a telephone number or a part of one
    matter: float = 0.0  # how strongly the words point at a category, 0 to 1
    resembles: Mapping[Intent, float] = field(default_factory=dict)  # by the phrasebook, adding up to one
    read: Mapping[Intent, float] = field(default_factory=dict)  # by the encoder, adding up to one


def judge(text: str, evidence: Evidence = Evidence()) -> tuple[Intent, float]:
    """The intent of a normalized text and how sure it is, between 0 and 1."""
    if evidence.emergency:
        return Intent.EMERGENCY, 0.95
    said = text.strip()
    if _TICKET_NO.search(said):
        said = _TICKET_NO.sub("", said).strip(" ,，:：。")
        if not said:
            return Intent.STATUS, 0.8  # who sends its number alone wants to know of it
        evidence = replace(evidence, read={})  # the encoder read the number too, and takes it for noise
    if re.fullmatch(r"[\d \-]{1,20}", said) and said not in {"88", "886", "666", "1"}:
        return Intent.SUPPLEMENT, 0.5  # a number, or a part of one, belongs to what was asked before
    if _is_noise(said) or (_is_strewn(said) and not evidence.places and evidence.matter < _SPEAKS):
        return Intent.GIBBERISH, 0.9
    if _LATIN.search(said):
        evidence = _by_its_chinese(said, evidence)
    scores = _scores(said, evidence)
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    best, top = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    return best, round(1 / (1 + math.exp(-(0.4 + 1.1 * (top - second)))), 4)


def _by_its_chinese(said: str, evidence: Evidence) -> Evidence:
    """The encoder and the phrases know Latin letters mostly as keys hit at random. Where they take a brand or a foreign
    word among Chinese for noise, and of Latin alone (help), the rules are asked without them."""
    shares = evidence.read or evidence.resembles
    noise = shares.get(Intent.GIBBERISH, 0.0) >= _MAYBE_NOISE
    return replace(evidence, read={}, resembles={}) if noise or not _HAN.search(said) else evidence


def _scores(said: str, evidence: Evidence) -> dict[Intent, float]:
    scores: dict[Intent, float] = {Intent.APPEAL: 0.6 + 1.2 * evidence.matter}
    for place in _SIEVE.sift(said):
        intent, weight, pattern = _COMPILED[place]
        if pattern.search(said):
            scores[intent] = scores.get(intent, 0.0) + weight
    length = len(said)
    # Phrases are short; of a long message the rules and its matter say more than its resemblance.
    trust = (_TRUST_READ if evidence.read else _TRUST) * min(1.0, 30 / max(length, 1))
    for intent, share in evidence.read.items():
        if intent is not Intent.EMERGENCY:
            believed = _READ * (1 - _MATTER_SAYS * evidence.matter) if intent in _CLOSED else _READ
            scores[intent] = scores.get(intent, 0.0) + believed * math.log(max(share, _FLOOR) / _FLOOR)
    for intent, share in evidence.resembles.items():
        if intent is Intent.EMERGENCY:
            continue  # only the reflex and its second look declare one
        scores[intent] = scores.get(intent, 0.0) + trust * share
    if evidence.contact and length < 40 and evidence.matter < 0.5 and not _MENDS_OR_SENDS.search(said):
        # A name or a number answers what was asked.
        scores[Intent.SUPPLEMENT] = scores.get(Intent.SUPPLEMENT, 0.0) + (7 if evidence.read else 5)
    if evidence.places:
        scores[Intent.APPEAL] += 1.2
    # A long message tells something: a thank-you or 你好 in it is manners, not its purpose.
    tell = min(3.5, max(0, length - 16) / 9)
    scores[Intent.APPEAL] += tell
    for intent in _CLOSED & scores.keys():
        scores[intent] -= max(0.0, (length - 24) / 14)
    others = _OTHERS.search(said)
    if Intent.COMPLAINT_ABOUT_BOT in scores and others and not _US.search(said):
        complains = scores[Intent.COMPLAINT_ABOUT_BOT] > _COMPLAINS and others[0] not in _SOMEBODY
        scores[Intent.COMPLAINT_ABOUT_BOT] -= 6
        scores[Intent.APPEAL] += 4 if complains else 2
    if said.endswith(("?", "？", "吗", "呢", "不", "没", "啥")) and Intent.FAQ in scores:
        scores[Intent.FAQ] += 0.5
    if evidence.places:
        # 某村咋还不来电 names a place, so it opens a matter; 咋还不来人 presses an old one.
        for intent in _ASIDE & scores.keys():
            scores[intent] -= 1.5
    if evidence.matter < 0.1 and not evidence.places and length <= 4 and len(scores) == 1:
        scores[Intent.CHITCHAT] = 0.7
    return scores


def _is_noise(said: str) -> bool:
    """Keys without a word, punctuation, particles, single strokes."""
    if not said or re.fullmatch(r"\[[^\]]{1,6}(?:表情|表情包|动画)\]", said):
        return True
    han = _HAN.findall(said)
    if not han:
        words = re.sub(r"[\W_]+", "", said)
        known = re.fullmatch(
            r"(?:hi+|hello|hey|ok|okay|yes|no|bye|byebye|3q|thx|thanks?|thankyou|help|sos|sb|tmd|88|886|666|[0-9]{1,20}|"
            r"[a-z]?\d{1,4})",
            words,
        )
        return not words or (known is None and not re.search(r"\d{5,}", words) and len(words) < 30)
    if len(han) >= 3 and len(set(han)) == 1 and han[0] not in "对好是行嗯谢哈滚":
        return True
    if len(han) >= 4 and _PARTICLES.match(said):
        return True
    # 的 吗 5 5 一: particles and digits strewn about.
    if len(said.split()) >= 3 and _FRAGMENTS.fullmatch(said) and len({char for char in han if char != "一"}) >= 2:
        return True
    if len(han) <= 6 and all(char in "卜口丁亠丨丿丶乙亅二人儿入八冂冖冫几凵刀力勹匕匚十卩厂厶又" for char in han):
        return len(han) >= 3
    return False


def _is_strewn(said: str) -> bool:
    """Latin letters hit at random, with little Chinese around them. Names and words (ofo, pos, iphone) are none."""
    runs = _LATIN.findall(said)
    return len(said) < 20 and len(_HAN.findall(said)) <= _LITTLE and any(map(_is_at_random, runs))


def _is_at_random(run: str) -> bool:
    if run in _SHORT_NAMES or not run.strip("x"):  # 1380000xxxx leaves out digits
        return False
    return bool(_ON_A_ROW.search(run) or _UNSPEAKABLE.search(run) or not re.search(r"[aeiouy]", run))
