"""What is still missing of an appeal, the question for it, and the card that is confirmed before it is sent."""

from dataclasses import replace

from bot.appeal import Appeal, PlaceSlot
from bot.conversation import Stage
from bot.dialogue import homonyms
from bot.dialogue.card import card_choices, category_choices, changed_lines, say_card
from bot.dialogue.rules import Rules
from bot.dialogue.scene import Scene
from channels.message import Attachment, Choice, MessageKind

_MEDIA = {MessageKind.IMAGE: "照片", MessageKind.VOICE: "语音", MessageKind.VIDEO: "视频", MessageKind.FILE: "文件"}
_TWO = 2
_LIKELY = 0.1
"""Confidence of the likeliest category below which all that could be offered would be absurd: a clerk decides."""
_MOST_LINES = 3
"""So many changed lines are said alone; with more of them the whole card is easier to read."""
CHANGING = "change"
"""Among what was asked: the citizen said that the card is wrong, and was asked what it should say."""


def proceed(scene: Scene) -> None:
    """Ask for what the draft still needs, or show its card."""
    draft = scene.conversation.draft
    assert draft is not None, "there is a draft to go on with"
    stage = next_stage(draft, scene.rules)
    _ASK[stage](scene, draft)
    _watch(scene)


def proceed_from(scene: Scene, before: Appeal) -> None:
    """As `proceed`; of a card that was shown already only what changed since `before` is said."""
    draft = scene.conversation.draft
    assert draft is not None, "there is a draft to go on with"
    shown = scene.conversation.stage is Stage.CONFIRM and "card" in before.asked and not scene.paused
    lines = changed_lines(scene, before, draft)
    if (
        not shown
        or scene.conversation.matters
        or next_stage(draft, scene.rules) is not Stage.CONFIRM
        or len(lines) > _MOST_LINES
    ):
        proceed(scene)
    else:
        if lines:
            scene.say("card_changed", lines="\n".join(lines))
        else:
            scene.say("card_again")
        _unmark_changing(scene)
        scene.ask(Stage.CONFIRM, card_choices(scene, draft), subject="1")
        _watch(scene)


def _unmark_changing(scene: Scene) -> None:
    draft = scene.conversation.draft
    assert draft is not None
    draft = replace(draft, asked=tuple(slot for slot in draft.asked if slot != CHANGING))
    scene.conversation = replace(scene.conversation, draft=draft)


def ask_again(scene: Scene, *, silently: bool = False) -> None:
    """The question that was open before something came in between; `silently` when its words were just said."""
    draft = scene.conversation.draft
    assert draft is not None, "there is a draft to go on with"
    stage = scene.conversation.stage
    if stage not in _SLOTS:
        # Something else was asked in between: the last slot asked for is the one to go on with.
        stage = next((s for s, slots in _SLOTS.items() if draft.asked and draft.asked[-1] in slots), Stage.IDLE)
    if stage not in _SLOTS or not _is_open(stage, draft):
        proceed(scene)
    elif silently:
        scene.ask(stage, scene.conversation.choices, scene.conversation.subject)
    elif stage is Stage.CONFIRM and "card" in draft.asked and not scene.paused and not scene.conversation.matters:
        scene.say("card_waits")  # he has seen it, and may ask to see it again
        scene.ask(stage, card_choices(scene, draft), subject="1")
        _watch(scene)
    else:
        # As if it had not been asked, so that it is asked in the same words.
        last = next((slot for slot in reversed(draft.asked) if slot in _SLOTS[stage]), "")
        draft = replace(draft, asked=tuple(slot for slot in draft.asked if slot != last))
        scene.conversation = replace(scene.conversation, draft=draft)
        _ASK[stage](scene, draft)
        _watch(scene)


_SLOTS = {
    Stage.WHAT: (),
    Stage.WHERE: ("where", "where_again"),
    Stage.PLACE_CHOICE: ("place_choice",),
    Stage.CATEGORY: ("category",),
    Stage.CONTACT: ("contact",),
    Stage.CONFIRM: ("card",),
}


def _is_open(stage: Stage, draft: Appeal) -> bool:
    match stage:
        case Stage.WHAT:
            return not draft.has_what
        case Stage.WHERE:
            return not _has_words(draft.place) and not draft.no_place
        case Stage.PLACE_CHOICE:
            return homonyms.is_open(draft)
        case Stage.CATEGORY:
            return not draft.category_chosen
        case Stage.CONTACT:
            return not (draft.phone or draft.contact_declined or draft.anonymous)
        case _:
            return True


def next_stage(draft: Appeal, rules: Rules) -> Stage:
    """The slot to ask for next. What was asked and not answered is not asked again, but for the place, once more."""
    if not draft.has_what:
        return Stage.WHAT
    if _lacks_place(draft, rules):
        return Stage.WHERE
    if _may_choose_place(draft):
        return Stage.PLACE_CHOICE
    if _lacks_category(draft, rules):
        return Stage.CATEGORY
    if _lacks_contact(draft):
        return Stage.CONTACT
    return Stage.CONFIRM


def is_complete(appeal: Appeal, rules: Rules) -> bool:
    """It could be submitted as it is: what, and where unless the matter has no place."""
    return appeal.has_what and not _lacks_place(appeal, rules) and not _may_choose_place(appeal)


def _lacks_place(draft: Appeal, rules: Rules) -> bool:
    if draft.no_place or "where_again" in draft.asked or _is_placeless(draft, rules):
        return False
    if draft.place and draft.place.pin:
        return not _has_words(draft.place) and "where" not in draft.asked and not _may_choose_place(draft)
    return not draft.place


def _is_placeless(draft: Appeal, rules: Rules) -> bool:
    """Its category has no place; while that is unsure, all that it may be."""
    if draft.category is None:
        return False
    sure = draft.category_chosen or draft.category.confidence >= rules.sure
    maybe = (draft.category,) if sure else (draft.category, *draft.candidates[:2])
    return not any(rules.needs_place(slot.path) for slot in maybe)


def _has_words(place: PlaceSlot | None) -> bool:
    """More than a bare point on the map."""
    return bool(place and (place.text or place.district))


def _may_choose_place(draft: Appeal) -> bool:
    return homonyms.is_open(draft) and "place_choice" not in draft.asked


def _lacks_category(draft: Appeal, rules: Rules) -> bool:
    # What kind of thanks or idea it is helps nobody: a clerk reads it.
    if draft.category_chosen or draft.appeal_type in ("表扬", "建议") or "category" in draft.asked:
        return False
    unsure = draft.category is None or draft.category.confidence < rules.guess
    return unsure and len(draft.candidates) >= _TWO and draft.candidates[0].confidence >= _LIKELY


def _lacks_contact(draft: Appeal) -> bool:
    settled = draft.phone or draft.contact_declined or draft.anonymous
    return (not settled and "contact" not in draft.asked) or bool(draft.phone_fragment)


def _ask_what(scene: Scene, draft: Appeal) -> None:
    scene.say("ask_what_there" if draft.place else "ask_what_media" if draft.attachments else "ask_what")
    scene.ask(Stage.WHAT)


def _ask_where(scene: Scene, draft: Appeal) -> None:
    again = "where" in draft.asked
    scene.say("ask_where_again" if again else "ask_where_pin" if draft.place else "ask_where")
    _mark(scene, "where_again" if again else "where")
    unknown = (Choice(value="no_place", label=scene.texts("choice_no_place")),) if again else ()
    scene.ask(Stage.WHERE, (*_same_place(scene), *unknown))


def _same_place(scene: Scene) -> tuple[Choice, ...]:
    """Where the citizen's last ticket is: often the next one is there too."""
    for ticket in reversed(scene.conversation.tickets):
        if ticket.place and ticket.place.text:
            label = scene.texts("choice_same_place", place=ticket.place.text)
            return (Choice(value=f"same_place:{ticket.ticket_no}", label=label),)
    return ()


def _ask_which_place(scene: Scene, draft: Appeal) -> None:
    assert draft.place is not None
    choices = draft.place_choices
    _mark(scene, "place_choice")
    if choices[0].pin:
        scene.say("ask_which_nearby")
        options = _each(choices)
    elif homonyms.NONE_OF_THEM in draft.asked:
        scene.say("ask_place_in_words", name=choices[0].text)
        scene.ask(Stage.PLACE_CHOICE)
        return
    elif areas := homonyms.areas(choices):
        scene.say("ask_which_area", name=choices[0].text, count=len(choices))
        options = tuple(Choice(value=f"place:in:{area}", label=area) for area in areas)
    else:
        scene.say("ask_which_place", name=choices[0].text)
        options = _each(choices)
    scene.ask(Stage.PLACE_CHOICE, (*options, Choice(value="place:none", label=scene.texts("choice_none_of_these"))))


def _each(choices: tuple[PlaceSlot, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(value=f"place:{number}", label=_label_place(option)) for number, option in enumerate(choices))


def _label_place(option: PlaceSlot) -> str:
    area = f"{option.district or ''}{option.street or ''}"
    return area + (option.text if option.pin else option.community or "")


def _ask_category(scene: Scene, draft: Appeal) -> None:
    scene.say("ask_category")
    _mark(scene, "category")
    scene.ask(Stage.CATEGORY, category_choices(draft, scene.texts, most=3))


def _ask_contact(scene: Scene, draft: Appeal) -> None:
    decline = (Choice(value="no_contact", label=scene.texts("choice_no_contact")),)
    if draft.phone_fragment:
        digits = draft.phone_fragment
        scene.say("phone_partial", digits=digits, missing=11 - len(digits))
    else:
        scene.say("ask_contact")
    _mark(scene, "contact")
    scene.ask(Stage.CONTACT, decline)


def _show_card(scene: Scene, draft: Appeal) -> None:
    matters = scene.conversation.matters
    whole = all(is_complete(matter, scene.rules) for matter in matters)
    complete = [draft, *matters] if whole else [draft]
    _unmark_changing(scene)
    _mark(scene, "card")
    scene.ask(Stage.CONFIRM, say_card(scene, draft, complete), subject=str(len(complete)))


_ASK = {
    Stage.WHAT: _ask_what,
    Stage.WHERE: _ask_where,
    Stage.PLACE_CHOICE: _ask_which_place,
    Stage.CATEGORY: _ask_category,
    Stage.CONTACT: _ask_contact,
    Stage.CONFIRM: _show_card,
}


def name_media(attachments: tuple[Attachment, ...]) -> str:
    """照片, 语音 and the like, each once."""
    return "、".join(dict.fromkeys(_MEDIA.get(attachment.kind, "文件") for attachment in attachments))


def _mark(scene: Scene, slot: str) -> None:
    draft = scene.conversation.draft
    assert draft is not None
    scene.conversation = replace(scene.conversation, draft=draft.having_asked(slot))


def _watch(scene: Scene) -> None:
    """An open draft is nudged once, and then laid before the desk: it is never forgotten."""
    draft = scene.conversation.draft
    if draft is None or not (draft.has_what or draft.attachments or draft.place):
        return
    if scene.conversation.nudged:
        scene.wake_at("lay", scene.now + scene.rules.lay_after)
    else:
        scene.wake_at("nudge", scene.now + scene.rules.nudge_after)


def watch(scene: Scene) -> None:
    """A draft that a person gave back to the bot is nudged again."""
    scene.conversation = replace(scene.conversation, nudged=False)
    _watch(scene)
