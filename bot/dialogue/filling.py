"""Filling an appeal: every slot that a turn's words speak of, whatever was asked."""

import re
from dataclasses import dataclass, field, replace

from bot.appeal import Appeal, CategorySlot, PlaceSlot
from bot.conversation import Stage
from bot.dialogue import places
from bot.dialogue.heard import Heard
from bot.dialogue.rules import Rules
from bot.dialogue.saying import cannot_say, declines_contact, substance
from nlu.contact import digit_fragment
from nlu.interpretation import CategoryScore, Intent, Interpretation

_MOBILE = 11
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
        Intent.RATE,
        Intent.ABUSE,
        Intent.COMPLAINT_ABOUT_BOT,
        Intent.CHITCHAT,
        Intent.GIBBERISH,
    }
)
_OPENLY = re.compile(r"不用保密|不需要保密|公开(?:吧|就行|举报)|实名")


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
    appeal, right = _correct(appeal, understood)
    appeal, odd = _fill_contact(appeal, heard, stage)
    appeal = _fill_secrecy(appeal, heard)
    appeal = _fill_place(appeal, heard, stage, rules, corrected=bool(right))
    if appeal.phone_fragment == before.phone_fragment and not (appeal.phone and before.phone_fragment):
        appeal = _fill_what(appeal, heard, stage, corrected=bool(right))
    if understood.occurred and not appeal.occurred:
        appeal = replace(appeal, occurred=understood.occurred)
    appeal = replace(appeal, attachments=(*appeal.attachments, *heard.attachments))
    appeal = _classify(appeal, heard, rules)
    changed = _changes(before, appeal) | ({"correction"} if right else set())
    return Filled(appeal=appeal, changed=frozenset(changed), right=right, odd_number=odd)


def open_appeal(heard: Heard, text: str, number: int, rules: Rules) -> Appeal:
    """A new appeal out of one matter of a turn; `number` counts the matters of the turn from 1."""
    understood = heard.interpretation if text == heard.text else rules.parse(text)
    blank = Appeal(key=f"{heard.ids[0]}#{number}", opened_at=heard.messages[0].sent_at)
    part = replace(heard, text=text, interpretation=understood)
    return fill(blank, part, Stage.WHAT, rules).appeal


def _correct(appeal: Appeal, understood: Interpretation) -> tuple[Appeal, str]:
    """Carry out 不是A是B where A is known; a correction that meets nothing stays among the words."""
    right = ""
    for correction in understood.corrections:
        place = places.correct(appeal.place, (correction,)) if appeal.place else appeal.place
        said = tuple(places.correct_text(text, correction) for text in appeal.said)
        if correction.right and (place != appeal.place or said != appeal.said):
            appeal = replace(appeal, place=place, said=said)
            right = correction.right
    return appeal, right


def _fill_contact(appeal: Appeal, heard: Heard, stage: Stage) -> tuple[Appeal, str]:
    understood = heard.interpretation
    if understood.name:
        appeal = replace(appeal, name=understood.name)
    if understood.phone:
        return replace(appeal, phone=understood.phone, phone_fragment="", contact_declined=False), ""
    appeal, odd = _fill_fragments(appeal, heard.text, stage)
    if declines_contact(heard.text) and not appeal.phone:
        appeal = replace(appeal, contact_declined=True)
    return appeal, odd


def _fill_fragments(appeal: Appeal, text: str, stage: Stage) -> tuple[Appeal, str]:
    """A number that comes in pieces, perhaps several in one burst."""
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


def _fill_secrecy(appeal: Appeal, heard: Heard) -> Appeal:
    understood = heard.interpretation
    if understood.anonymous:
        # Anonymous means that no identity beyond the chat's address is kept, also not what was said before.
        appeal = replace(appeal, anonymous=True, confidential=True, name=None, phone=None, phone_fragment="")
    if understood.confidential:
        appeal = replace(appeal, confidential=True)
    if _OPENLY.search(heard.text):
        appeal = replace(appeal, anonymous=False, confidential=False, secrecy_said=True)
    return appeal


def _fill_place(appeal: Appeal, heard: Heard, stage: Stage, rules: Rules, *, corrected: bool) -> Appeal:
    if heard.pin:
        pinned = places.read_pin(heard.pin, rules.parse(heard.pin.label))
        appeal = replace(appeal, place=places.join(appeal.place, pinned, instead=False))
    new = places.read_place(heard.interpretation)
    if new is not None and not corrected:
        instead = heard.interpretation.intent is Intent.CORRECT
        joined = places.join(appeal.place, new, instead=instead)
        choices = places.read_choices(heard.interpretation)
        appeal = replace(appeal, place=joined, no_place=False, place_choices=choices or appeal.place_choices)
    elif stage is Stage.WHERE and not appeal.place:
        appeal = _take_as_place(appeal, heard)
    if appeal.place and not appeal.place.district and len(rules.districts) == 1:
        appeal = replace(appeal, place=replace(appeal.place, district=rules.districts[0]))
    return appeal


def _take_as_place(appeal: Appeal, heard: Heard) -> Appeal:
    """An answer to 在什么地方 that the grammar does not know: short words that tell nothing else are the place."""
    text = heard.text.strip()
    understood = heard.interpretation
    if cannot_say(text):
        return replace(appeal, no_place=True)
    tells_else = understood.occurred or understood.phone or understood.name or understood.intent in _TELLS_NOTHING
    if not text or tells_else or len(text) > 20 or understood.intent is Intent.FAQ:
        return appeal
    return replace(appeal, place=places.join(None, _words_only(text), instead=False))


def _words_only(text: str) -> PlaceSlot:
    return PlaceSlot(text=text, confidence=0.2)


def _fill_what(appeal: Appeal, heard: Heard, stage: Stage, *, corrected: bool) -> Appeal:
    understood = heard.interpretation
    appeal = replace(appeal, message_ids=(*appeal.message_ids, *heard.ids))
    spans = tuple(place.text for place in understood.locations)
    rest = substance(heard.text, (*spans, appeal.place.text if appeal.place else ""))
    if corrected or len(rest) < 2 or (understood.intent in _TELLS_NOTHING and stage is not Stage.WHAT):
        return appeal
    if stage is Stage.CONTACT and (understood.phone or understood.name) and len(rest) < 4:
        return appeal
    if declines_contact(heard.text) and appeal.has_what and len(rest) < 16:
        return appeal
    return appeal.saying(heard.text.strip())


def _classify(appeal: Appeal, heard: Heard, rules: Rules) -> Appeal:
    """Category, type and urgency from all that was said so far."""
    if not appeal.said:
        told = heard.interpretation.appeal_type
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
    candidates = tuple(to_slot(score) for score in whole.candidates)
    best = to_slot(whole.category) if whole.category else (candidates[0] if candidates else None)
    return replace(appeal, category=best or appeal.category, candidates=candidates or appeal.candidates)


def to_slot(score: CategoryScore) -> CategorySlot:
    """A category as the appeal keeps it."""
    return CategorySlot(code=score.code, path=score.path, confidence=score.confidence)


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
