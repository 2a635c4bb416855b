"""Several matters in one talk: told at once or one after the other, each with its turn."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.appeal import Appeal, PlaceSlot
from bot.dialogue.aftercare import shorten
from bot.dialogue.asking import ask_again
from bot.dialogue.contact import own_phone
from bot.dialogue.filling import open_appeal
from bot.dialogue.heard import Heard
from bot.dialogue.places import within
from bot.dialogue.rules import Rules
from bot.dialogue.saying import is_further, without_count
from bot.dialogue.scene import Scene
from bot.dialogue.secrecy import without_identity
from bot.dialogue.wording import without_lead
from nlu.interpretation import Intent

# What is told in the same breath with these words lies where the matter before it does.
_THERE = re.compile(
    r"[,，、\s]*(?:[我俺]们?家?)?(?:楼[上下道里]|门[口前]|院[里内]|旁边|对面|隔壁|[那这][边儿里]|[他她]们?家)"
)


def open_matters(heard: Heard, rules: Rules) -> list[Appeal]:
    """An appeal for each matter of a turn. What tells nothing (再就是谢谢你们, a name, a number) is none of its own."""
    opened = [open_appeal(heard, text, number, rules) for number, text in enumerate(_split(heard), start=1)]
    told = [appeal for appeal in opened if appeal.has_what or appeal.place] or opened[:1]
    named = next((appeal.place for appeal in told if appeal.place and appeal.place.is_known), None)
    placed: list[Appeal] = []
    for appeal in told:
        placed.append(_as_before(_in_area(appeal, named), placed, rules))
    return [_with_whole(appeal, heard) for appeal in placed]


def _in_area(appeal: Appeal, named: PlaceSlot | None) -> Appeal:
    """Of two matters told in one breath one may name only its building: the area is that of the other."""
    if named is None or not appeal.place or appeal.place.is_known or appeal.place.pin:
        return appeal
    return replace(appeal, place=within(named, appeal.place))


def _as_before(appeal: Appeal, before: Sequence[Appeal], rules: Rules) -> Appeal:
    """One that names no place but points (楼下, 他家) lies where the one before it does; which of several places of one
    name that is, is asked of each."""
    if not before or appeal.place or not before[-1].place or not _THERE.match(appeal.what):
        return appeal
    if not rules.needs_place(appeal.category.path if appeal.category else None):
        return appeal
    return replace(appeal, place=before[-1].place, place_choices=before[-1].place_choices)


def _split(heard: Heard) -> list[str]:
    matters = heard.interpretation.matters
    if len(matters) < 2:
        return [heard.text]
    return [without_lead(without_count(heard.text[matter.start : matter.end])) for matter in matters]


def _with_whole(appeal: Appeal, heard: Heard) -> Appeal:
    """Each of several matters carries what the message says of the citizen himself."""
    whole = heard.interpretation
    if appeal.anonymous:
        return appeal
    return replace(appeal, name=appeal.name or whole.name, phone=appeal.phone or own_phone(heard))


def is_own_matter(draft: Appeal, heard: Heard, rules: Rules) -> bool:
    """Another kind of matter in another part of town, though nothing announces it."""
    understood, known = heard.interpretation, draft.place
    if understood.intent is not Intent.APPEAL or understood.corrections or not known or draft.category is None:
        return False
    kind = understood.category
    elsewhere = any(p.main and p.district and p.district != known.district for p in understood.locations)
    other = kind is not None and kind.confidence >= rules.guess and kind.path != draft.category.path
    return bool(known.district) and elsewhere and other


def queue(scene: Scene, heard: Heard) -> None:
    """A further matter while one is open: it is noted, and has its turn."""
    number = len(scene.conversation.matters) + 2
    rest = without_count(heard.text)
    appeal = open_appeal(heard, rest, number, scene.rules)
    if appeal.has_what and not is_further(rest):
        scene.conversation = replace(scene.conversation, matters=(*scene.conversation.matters, appeal))
        share(scene)
        scene.say("noted_second", what=shorten(appeal.what, 24))
    else:
        scene.say("one_by_one")
    ask_again(scene)


def share(scene: Scene, before: Appeal | None = None) -> None:
    """What the citizen said of himself holds for all his matters: he is not asked again, and stays unknown in all.
    What lies where the draft did as it was `before` lies where it does now."""
    draft = scene.conversation.draft
    assert draft is not None
    matters = tuple(_sharing(_following(matter, draft, before), draft) for matter in scene.conversation.matters)
    scene.conversation = replace(scene.conversation, matters=matters)


def _following(matter: Appeal, draft: Appeal, before: Appeal | None) -> Appeal:
    if before is None or not before.place or matter.place != before.place:
        return matter
    return replace(matter, place=draft.place, place_choices=draft.place_choices)


def _sharing(matter: Appeal, draft: Appeal) -> Appeal:
    asked = (*matter.asked, *(slot for slot in draft.asked if slot == "contact"))
    matter = replace(matter, asked=tuple(dict.fromkeys(asked)))
    if matter.anonymous or draft.anonymous:
        return without_identity(replace(matter, anonymous=True, confidential=True))
    return replace(
        matter,
        name=matter.name or draft.name,
        phone=matter.phone or draft.phone,
        contact_declined=matter.contact_declined or draft.contact_declined,
    )
