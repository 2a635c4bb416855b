"""Filling an appeal: every slot that a turn's words speak of, whatever was asked."""

import re
from dataclasses import dataclass, field, replace

from bot.appeal import Appeal, CategorySlot, PlaceSlot
from bot.conversation import Stage
from bot.dialogue import homonyms, places
from bot.dialogue.contact import corrected_number, fill_contact, own_phone, takes_number_back
from bot.dialogue.heard import Heard
from bot.dialogue.rules import Rules
from bot.dialogue.saying import agrees_firmly, cannot_say, declines_contact, substance
from bot.dialogue.secrecy import fill_secrecy, without_identity
from bot.dialogue.wording import matter_words, says_only_asides
from nlu.interpretation import BELIEVED, CategoryScore, Correction, Intent, Interpretation
from nlu.mentions import occurred

_TELLS_NOTHING = frozenset(
    {
        Intent.CONFIRM,
        Intent.DENY,
        Intent.GREET,
        Intent.THANKS,
        Intent.GOODBYE,
        Intent.HUMAN,
        Intent.STATUS,
        Intent.WITHDRAW,
        Intent.URGE,
        Intent.RATE,
        Intent.ABUSE,
        Intent.COMPLAINT_ABOUT_BOT,
        Intent.CHITCHAT,
        Intent.GIBBERISH,
    }
)
_INSTEAD = re.compile(r"不是|不对|不在|错|改|应该|应是|更正|其实")
_GRIPE = re.compile(r"[没不乱坏太被欠吵臭漏堵破烂]|收费|扰民|投诉|举报")
_CONTACT_REST = 4
"""Characters of substance beside a name or number that tell nothing of the matter (是我报的)."""
_ALSO = re.compile(r"也|还有|和|跟|都|以及|到")
_PLACE_IS = re.compile(r"(?:地点|地址|位置|地方)(?:其实|应该)?(?:是|在|改|换|[:：])")
_TELLING = 12
"""Characters of substance from which words tell something of the matter, whatever else they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """An appeal after a turn, and what the turn changed in it."""

    appeal: Appeal
    changed: frozenset[str] = field(default_factory=frozenset)
    """Names of slots: what, place, contact, time, secrecy, attachments, correction."""
    right: str = ""
    """What a correction put in, in the citizen's words."""
    odd_number: str = ""
    """Digits that look like a number but are none."""


def fill(appeal: Appeal, heard: Heard, stage: Stage, rules: Rules) -> Filled:
    """Take over all that the turn says about this appeal."""
    before = appeal
    understood = heard.interpretation
    appeal, right = _correct(appeal, understood, rules)
    right = right or corrected_number(appeal, heard) or ""
    appeal, odd = fill_contact(appeal, heard, stage)
    appeal = fill_secrecy(appeal, heard)
    appeal = _fill_place(appeal, heard, stage, rules, corrected=bool(right))
    if appeal.phone_fragment == before.phone_fragment and not (appeal.phone and before.phone_fragment):
        settled = bool(_changes(before, appeal))
        appeal = _fill_what(appeal, heard, stage, rules.guess, corrected=bool(right), settled=settled)
    if not appeal.occurred:
        appeal = replace(appeal, occurred=_when(heard, appeal))
    appeal = replace(appeal, attachments=(*appeal.attachments, *heard.attachments))
    appeal = without_identity(_classify(appeal, heard, rules, anew=appeal.said != before.said))
    changed = _changes(before, appeal) | ({"correction"} if right else set())
    return Filled(appeal=appeal, changed=frozenset(changed), right=right, odd_number=odd)


def open_appeal(heard: Heard, text: str, number: int, rules: Rules) -> Appeal:
    """A new appeal out of one matter of a turn; `number` counts the matters of the turn from 1."""
    understood = heard.interpretation if text == heard.text else rules.parse(text)
    blank = Appeal(key=f"{heard.ids[0]}#{number}", opened_at=heard.messages[0].sent_at)
    part = replace(heard, text=text, interpretation=understood)
    return fill(blank, part, Stage.WHAT, rules).appeal


def _correct(appeal: Appeal, understood: Interpretation, rules: Rules) -> tuple[Appeal, str]:
    """Carry out 不是A是B where A is known; a correction that meets nothing stays among the words."""
    right = ""
    for correction in understood.corrections or _swapped(appeal, understood.text) or _renumbered(appeal, understood):
        place = places.correct(appeal.place, correction, rules.parse) if appeal.place else appeal.place
        said = tuple(places.correct_text(text, correction) for text in appeal.said)
        if correction.right and (place != appeal.place or said != appeal.said):
            appeal = replace(appeal, place=place, said=said)
            right = correction.right
    return appeal, right


_SWAP = re.compile(r"(?:在|是)(?P<right>[^,，。\s在是不]{1,10})[,，\s]*不(?:是|在)(?P<wrong>[^,，。\s]{1,10})")


def _swapped(appeal: Appeal, text: str) -> tuple[Correction, ...]:
    """在路东 不是路西, where 路西 was said before."""
    found = _SWAP.search(text)
    if found is None:
        return ()
    known = (appeal.place.text if appeal.place else "", *appeal.said)
    return (Correction(found["wrong"], found["right"]),) if any(found["wrong"] in told for told in known) else ()


def _renumbered(appeal: Appeal, understood: Interpretation) -> tuple[Correction, ...]:
    """3单元 where 2单元 was said before: a place has one unit, and the last told counts."""
    main = [place.text for place in understood.locations if place.main]
    if not appeal.place or len(main) != 1 or _ALSO.search(understood.text):
        return ()
    return places.renumber(appeal.place.text, main[0])


def _fill_place(appeal: Appeal, heard: Heard, stage: Stage, rules: Rules, *, corrected: bool) -> Appeal:
    if heard.pin:
        pinned = places.read_pin(heard.pin, rules.parse(heard.pin.label))
        joined = places.join(appeal.place, pinned, instead=False)
        choices = () if joined.is_known else places.near_pin(heard.pin, rules.around)
        appeal = replace(appeal, place=joined, place_choices=choices or appeal.place_choices)
    new = places.read_place(heard.interpretation)
    if new is not None and not new.is_known and stage is Stage.CONFIRM and agrees_firmly(heard.text):
        new = None  # 对，快来修，看不见路了: beside a firm yes no new place is looked for
    answered = homonyms.answer(appeal, new, heard.interpretation) if new is not None else None
    if answered is not None:
        appeal = answered
    elif new is not None and not corrected:
        instead = _replaces(heard, stage)
        if appeal.is_only_place and new.is_known:
            appeal = replace(appeal, place=None)
        joined = places.join(appeal.place, new, instead=instead)
        # Who says where it is need not choose what is near his pin.
        said_before = tuple(option for option in appeal.place_choices if not option.pin)
        choices = homonyms.read_choices(heard.interpretation) or said_before
        appeal = replace(appeal, place=joined, no_place=False, place_choices=choices)
        appeal = homonyms.settle(appeal, heard.interpretation)
    elif stage is Stage.WHERE and not appeal.place:
        appeal = _take_as_place(appeal, heard)
    if appeal.place and not appeal.place.district and len(rules.districts) == 1 and _is_here(appeal.place, rules):
        appeal = replace(appeal, place=replace(appeal.place, district=rules.districts[0]))
    return appeal


def _is_here(place: PlaceSlot, rules: Rules) -> bool:
    """It does not name another city."""
    return not place.text or not any(said.elsewhere for said in rules.parse(place.text).locations)


def _replaces(heard: Heard, stage: Stage) -> bool:
    """Facts added in passing look like corrections; only a word for it, or an answer to the card, replaces a place."""
    if _PLACE_IS.search(heard.text):
        return True
    spans = tuple(place.text for place in heard.interpretation.locations)
    if stage is Stage.CONFIRM and len(substance(heard.text, spans)) < _CONTACT_REST:
        return True
    return heard.interpretation.intent is Intent.CORRECT and bool(_INSTEAD.search(heard.text))


def _take_as_place(appeal: Appeal, heard: Heard) -> Appeal:
    """An answer to 在什么地方 that the grammar does not know: short words that tell nothing else are the place."""
    text = heard.text.strip()
    understood = heard.interpretation
    if cannot_say(text):
        return replace(appeal, no_place=True)
    tells_else = understood.occurred or understood.phone or understood.name or understood.intent in _TELLS_NOTHING
    if not text or tells_else or len(text) > 20 or understood.intent is Intent.FAQ or _GRIPE.search(text):
        return appeal
    return replace(appeal, place=places.join(None, _words_only(text), instead=False))


def _words_only(text: str) -> PlaceSlot:
    return PlaceSlot(text=text, confidence=0.2)


def _when(heard: Heard, appeal: Appeal) -> str | None:
    """58号 is a house, not a day, where it is part of the place."""
    text = heard.text
    for known in (*(place.text for place in heard.interpretation.locations), appeal.place.text if appeal.place else ""):
        text = text.replace(known, " ") if known else text
    return occurred(text)


def _fill_what(appeal: Appeal, heard: Heard, stage: Stage, guess: float, *, corrected: bool, settled: bool) -> Appeal:
    """`settled`: the words said something of another slot already, so a little rest tells nothing more."""
    understood = heard.interpretation
    appeal = replace(appeal, message_ids=(*appeal.message_ids, *heard.ids))
    if takes_number_back(heard):
        return appeal
    name = appeal.name if appeal.name and appeal.name in heard.text else ""
    spans = tuple(place.text for place in understood.locations)
    when = (understood.occurred or "") if appeal.occurred in (None, understood.occurred) else ""
    rest = substance(heard.text, (*spans, appeal.place.text if appeal.place else "", name, when))
    if not appeal.has_what:
        return _told(appeal, heard) if _tells_matter(heard, stage, rest, guess) else appeal
    if corrected or len(rest) < 2 or says_only_asides(heard.text, appeal.name, appeal.phone):
        return appeal
    if understood.intent in _TELLS_NOTHING and (understood.intent is not Intent.URGE or len(rest) < _TELLING):
        return appeal
    if understood.intent is Intent.CORRECT and settled and len(rest) < _TELLING // 2:
        return appeal
    if (own_phone(heard) or name) and len(rest) < _CONTACT_REST:
        return appeal
    if declines_contact(heard.text) and len(rest) < _TELLING:
        return appeal
    return _told(appeal, heard)


def _tells_matter(heard: Heard, stage: Stage, rest: str, guess: float) -> bool:
    """Words that open the matter; a place that swallowed them (增设公交站) does not hide of what kind they are."""
    understood = heard.interpretation
    kind = understood.category
    if _is_fragment(heard, stage, rest):
        return True
    if len(rest) < 2:
        spans = [place.text for place in understood.locations]
        return bool(spans) and kind is not None and kind.confidence >= guess and heard.text.strip() not in spans
    if understood.intent in _TELLS_NOTHING:
        return stage is Stage.WHAT and understood.intent is Intent.GIBBERISH and len(rest) >= _CONTACT_REST
    return True


def _is_fragment(heard: Heard, stage: Stage, rest: str) -> bool:
    """断了, to 那里发生了什么事: one character can be the answer."""
    told = heard.interpretation
    return stage is Stage.WHAT and len(rest) == 1 and told.intent is Intent.APPEAL and not told.locations


def _told(appeal: Appeal, heard: Heard) -> Appeal:
    return appeal.saying(matter_words(heard.text, appeal.name, appeal.phone))


def _classify(appeal: Appeal, heard: Heard, rules: Rules, *, anew: bool) -> Appeal:
    """Category, type and urgency from all that was said so far; `anew` when there is more of it."""
    if not appeal.said or (not anew and heard.interpretation.appeal_type != "举报"):
        told = None if appeal.said else heard.interpretation.appeal_type
        return replace(appeal, appeal_type=str(told)) if told and appeal.appeal_type == "求助" else appeal
    whole = heard.interpretation if appeal.what == heard.text.strip() else rules.parse(appeal.what)
    kind = str(whole.appeal_type or appeal.appeal_type)
    if appeal.appeal_type == "举报" or heard.interpretation.appeal_type == "举报":
        kind = "举报"  # who said 我要举报 means it, also when the next sentence only tells the facts
    appeal = replace(
        appeal,
        appeal_type=kind,
        urgent=appeal.urgent or whole.urgent or heard.interpretation.urgent,
        emergency=appeal.emergency or (str(whole.emergency) if whole.emergency else None),
        confidential=appeal.confidential or (kind == "举报" and not appeal.secrecy_said),
    )
    if appeal.category_chosen:
        return appeal
    candidates = tuple(to_slot(score, rules.sure) for score in whole.candidates)
    best = to_slot(whole.category, rules.sure) if whole.category else (candidates[0] if candidates else None)
    if best and appeal.category and best.path != appeal.category.path and _stands(appeal.category, heard, rules):
        return appeal  # it was clear what it is; another line only tells more of it
    return replace(appeal, category=best or appeal.category, candidates=candidates or appeal.candidates)


def _stands(kind: CategorySlot, heard: Heard, rules: Rules) -> bool:
    """The first words were clear, and these are not clearly of another kind."""
    new = heard.interpretation.category
    return kind.confidence >= rules.sure and (new is None or new.confidence < kind.confidence)


def to_slot(score: CategoryScore, sure: float = BELIEVED) -> CategorySlot:
    """A category as the appeal keeps it; a level is believed from `sure`."""
    return CategorySlot(
        code=score.code,
        path=score.path,
        confidence=score.confidence,
        levels=score.levels or (),
        sure=score.depth(sure),
    )


def _changes(before: Appeal, after: Appeal) -> set[str]:
    pairs = {
        "what": (before.said, after.said),
        "place": ((before.place, before.no_place), (after.place, after.no_place)),
        "contact": (
            (before.name, before.phone, before.phone_fragment, before.contact_declined),
            (after.name, after.phone, after.phone_fragment, after.contact_declined),
        ),
        "time": (before.occurred, after.occurred),
        "secrecy": ((before.anonymous, before.confidential), (after.anonymous, after.confidential)),
        "attachments": (before.attachments, after.attachments),
    }
    return {name for name, (old, new) in pairs.items() if old != new}
