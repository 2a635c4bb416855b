"""The one thing that an entry may ask back before it is answered: which of its cases is the citizen's."""

import re
from dataclasses import dataclass

from bot.conversation import Conversation, Stage
from bot.dialogue.heard import Heard
from bot.dialogue.saying import is_further, says_no, says_send, says_yes, substance
from bot.dialogue.scene import Scene
from bot.turn import Outcomes
from channels.message import Choice, MessageKind
from faq.condition import Case, Condition
from faq.entry import Decision, Entry
from faq.wording import clean
from nlu.interpretation import Intent, Interpretation

_OFFERED = frozenset({"case", "faq", "vote"})
"""Choices that come under an entry, each with its id at the end."""
_UNSURE = re.compile(
    r"不(?:太)?(?:清楚|知道|晓得|懂|明白|确定)|说不|分不清|搞不|弄不|啥意思|什么意思|都(?:不是|行|可以|有|是|算)|随便|哪个都|两样|咋分|怎么分"
)
_ERRANDS = frozenset({Intent.STATUS, Intent.URGE, Intent.WITHDRAW, Intent.RATE, Intent.EMERGENCY})
_REPLY = 6
"""Characters of substance beside the case up to which words only tell the case."""
_BRIEF = 12
"""Characters up to which words can be an answer to the question, if not a clear one."""
_TELLING = 3
"""Characters of substance from which a complaint is one of its own."""
_HINT = 2
"""Characters from which a part of a case's name hints at it."""
_LIKELY = 0.5
"""Category confidence from which words are a matter."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An entry that waits for its case."""

    entry: Entry
    condition: Condition
    question: str
    """As the citizen put it; empty beside a draft."""


def case_of(scene: Scene, heard: Heard, entry: Entry) -> Case | None:
    """The case that is known already: by the words, by a place in them, or by the place that is spoken of anyway."""
    condition = entry.asks
    if condition is None:
        return None
    return told(condition, heard.text, heard.interpretation) or condition.of_district(_district_of(scene))


def told(condition: Condition, text: str, understood: Interpretation) -> Case | None:
    """The case that a text tells by its words, or by the one district in it."""
    named = {place.district for place in understood.locations if place.district}
    return condition.told(text) or (condition.of_district(named.pop()) if len(named) == 1 else None)


def hinted_at(condition: Condition, text: str) -> tuple[Case, ...]:
    """The cases of whose names a text is a part: 女职工, where two of them are women's."""
    said = clean(text)
    if len(said) < _HINT or "人工" in said:
        return ()
    return tuple(case for case in condition.cases if any(said in clean(name) for name in case.names))


def may_ask(scene: Scene, entry: Entry, text: str) -> bool:
    """Something hangs on the case, and it was neither just asked for nor is it beside the point."""
    condition = entry.asks
    just = not scene.paused and entry.id in shown(scene.conversation)
    return condition is not None and not condition.spares(text) and not just


def ask_case(scene: Scene, entry: Entry, question: str) -> None:
    """The one question of an entry, with its cases to choose from."""
    condition = entry.asks
    assert condition is not None, "there is something to ask"
    beside = scene.conversation.draft is not None
    scene.say("faq_ask_draft" if beside else "faq_ask", ask=condition.ask)
    unsure = Choice(value=f"case:none:{entry.id}", label=scene.texts("choice_unsure"))
    choices = (*(_choice(entry, condition, case) for case in condition.cases), unsure)
    if beside:
        scene.offer(choices)
    else:
        scene.ask(Stage.FAQ_CASE, choices, subject=question)
    scene.reach(Outcomes.QUESTION)


def shown(conversation: Conversation) -> frozenset[str]:
    """Ids of the entries that the bot's last words were about."""
    return frozenset(entry_id for _, entry_id in _offers(conversation))


def chosen_case(entry: Entry, number: str, label: str) -> Case | None:
    """The case that was tapped, by the words that were shown: an entry may change meanwhile. None for 不清楚, and when
    there is no such case any more."""
    cases = entry.condition.cases if entry.condition else ()
    if label:
        return next((case for case in cases if case.label == label), None)
    return cases[int(number)] if number.isdecimal() and int(number) < len(cases) else None


def find_case(scene: Scene, heard: Heard) -> Choice | None:
    """The case that was asked for, or another of the entry just answered, in the citizen's own words."""
    offers = [(word, entry_id) for word, entry_id in _offers(scene.conversation) if word != "faq"]
    word, entry_id = offers[0] if offers else ("", "")
    entry = scene.rules.entry(entry_id) if entry_id else None
    condition = entry.asks if entry else None
    if entry is None or condition is None or heard.interpretation.emergency or not heard.text:
        return None
    case = told(condition, heard.text, heard.interpretation)
    if case is None and word == "case":
        hinted = hinted_at(condition, heard.text)
        case = hinted[0] if len(hinted) == 1 else None
        return _choice(entry, condition, case) if case else None
    rest = _rest(condition, heard)
    # After the answer nothing was asked: then only 那城镇的呢 means another case.
    if case is None or _is_more(heard, entry, rest) or (word == "vote" and (scene.paused or len(rest) > 1)):
        return None
    return _choice(entry, condition, case)


def asked_for(scene: Scene) -> Asked | None:
    """What the bot just asked; None when it asked nothing of the kind."""
    conversation = scene.conversation
    ids = [entry_id for word, entry_id in _offers(conversation) if word == "case"]
    entry = scene.rules.entry(ids[0]) if ids else None
    if entry is None or entry.condition is None:
        return None
    return Asked(entry, entry.condition, conversation.subject if conversation.draft is None else "")


def is_unclear(scene: Scene, heard: Heard, asked: Asked) -> bool:
    """An answer to the question that tells no case. False when it is evidently about something else, or comes days
    later."""
    text, understood = heard.text, heard.interpretation
    if scene.paused or (heard.attachments and MessageKind.VOICE not in heard.kinds):
        return False
    if _UNSURE.search(text) and len(substance(_UNSURE.sub("", text))) < _REPLY:
        return True
    if hinted_at(asked.condition, text):
        return True
    if scene.conversation.draft is not None:
        # 好的 is no answer to an either-or, and must not send the card that was shown before.
        return says_yes(text) and not says_send(text) and len(text) <= _BRIEF
    if understood.intent in _ERRANDS or understood.phone or is_further(text):
        return False
    if says_yes(text) or says_no(text):
        return True
    if heard.answer.decision is Decision.ANSWER and heard.answer.matches[0].entry.id != asked.entry.id:
        return False
    return not _is_more(heard, asked.entry, _rest(asked.condition, heard)) and len(substance(text)) <= _BRIEF


def _district_of(scene: Scene) -> str:
    """Where the citizen is, as far as the conversation tells: by what he is reporting, or has just reported."""
    conversation, districts = scene.conversation, scene.rules.districts
    if len(districts) == 1:
        return districts[0]
    if scene.paused:
        return ""
    last = conversation.tickets[-1].place if conversation.tickets else None
    return next((p.district for p in (conversation.draft and conversation.draft.place, last) if p and p.district), "")


def _rest(condition: Condition, heard: Heard) -> str:
    """What the words say beside the case, and beside the district where that is the case."""
    places = tuple(place.text for place in heard.interpretation.locations if condition.by_district and place.district)
    text = heard.text
    for place in places:
        text = text.replace(place, "")
    _, rest = condition.find(text)
    return substance(rest)


def _is_more(heard: Heard, entry: Entry, rest: str) -> bool:
    """Beside a case there is a matter, a place, or another question."""
    understood, answer = heard.interpretation, heard.answer
    placed = any(p.main and (p.street or p.community or p.road or p.compound) for p in understood.locations)
    if len(rest) < _TELLING:
        return placed and bool(rest)
    complains = understood.intent in (Intent.APPEAL, Intent.SUPPLEMENT, Intent.CORRECT)
    sure = understood.category is not None and understood.category.confidence >= _LIKELY
    if (complains and (placed or sure)) or len(rest) > _REPLY:
        return True
    # Another entry is nearer to these words than the one that asked.
    return answer.decision is Decision.ANSWER and answer.matches[0].entry.id != entry.id


def _choice(entry: Entry, condition: Condition, case: Case) -> Choice:
    return Choice(value=f"case:{condition.cases.index(case)}:{entry.id}", label=case.label)


def _offers(conversation: Conversation) -> list[tuple[str, str]]:
    """What was offered last under which entry: the choice's first word and the entry's id."""
    found = []
    for choice in conversation.choices:
        word, _, rest = choice.value.partition(":")
        if word in _OFFERED:
            found.append((word, rest if word == "faq" else rest.partition(":")[2]))
    return found
