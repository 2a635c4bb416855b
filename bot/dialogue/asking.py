"""What is still missing of an appeal, the question for it, and the card that is confirmed before it is sent."""

from dataclasses import replace

from bot.appeal import Appeal, PlaceSlot
from bot.conversation import Stage
from bot.dialogue.rules import Rules
from bot.dialogue.scene import Scene
from bot.texts import Texts
from channels.message import Attachment, Choice, MessageKind

_MEDIA = {MessageKind.IMAGE: "照片", MessageKind.VOICE: "语音", MessageKind.VIDEO: "视频", MessageKind.FILE: "文件"}
_CARD_WHAT = 200
"""Characters of the matter that the card shows, so that it fits one WeChat text with its links."""


def proceed(scene: Scene) -> None:
    """Ask for what the draft still needs, or show its card."""
    draft = scene.conversation.draft
    assert draft is not None, "there is a draft to go on with"
    stage = next_stage(draft, scene.rules)
    _ASK[stage](scene, draft)
    _watch(scene)


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
    return appeal.has_what and not _lacks_place(appeal, rules)


def _lacks_place(draft: Appeal, rules: Rules) -> bool:
    needs = rules.needs_place(draft.category.path if draft.category else None)
    return needs and not draft.place and not draft.no_place and draft.asked.count("where_again") < 1


def _may_choose_place(draft: Appeal) -> bool:
    return bool(draft.place and not draft.place.street and draft.place_choices) and "place_choice" not in draft.asked


def _lacks_category(draft: Appeal, rules: Rules) -> bool:
    unsure = draft.category is None or draft.category.confidence < rules.guess
    return unsure and not draft.category_chosen and len(draft.candidates) >= 2 and "category" not in draft.asked


def _lacks_contact(draft: Appeal) -> bool:
    settled = draft.phone or draft.contact_declined or draft.anonymous
    return (not settled and "contact" not in draft.asked) or bool(draft.phone_fragment)


def _ask_what(scene: Scene, draft: Appeal) -> None:
    if draft.attachments:
        scene.say("ask_what_media", media=name_media(draft.attachments))
    elif draft.place:
        scene.say("ask_what_pin", place=show_place(draft.place))
    else:
        scene.say("ask_what")
    scene.ask(Stage.WHAT)


def _ask_where(scene: Scene, draft: Appeal) -> None:
    again = "where" in draft.asked
    scene.say("ask_where_again" if again else "ask_where")
    _mark(scene, "where_again" if again else "where")
    choices = (Choice(value="no_place", label=scene.texts("choice_no_place")),) if again else ()
    scene.ask(Stage.WHERE, choices)


def _ask_which_place(scene: Scene, draft: Appeal) -> None:
    assert draft.place is not None
    scene.say("ask_which_place", name=draft.place.community or draft.place.text)
    _mark(scene, "place_choice")
    options = tuple(
        Choice(value=f"place:{number}", label=f"{option.district or ''}{option.street or ''}{option.community or ''}")
        for number, option in enumerate(draft.place_choices)
    )
    scene.ask(Stage.PLACE_CHOICE, (*options, Choice(value="place:none", label=scene.texts("choice_none_of_these"))))


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
    waiting = [matter for matter in scene.conversation.matters if is_complete(matter, scene.rules)]
    complete = [draft, *waiting] if len(waiting) == len(scene.conversation.matters) else [draft]
    texts = scene.texts
    unsure = draft.category is not None and not draft.category_chosen and draft.category.confidence < scene.rules.sure
    if len(complete) > 1:
        cards = "\n".join(f"第{number}件\n{_facts(appeal, texts)}" for number, appeal in enumerate(complete, start=1))
        scene.say("cards", count=len(complete), cards=cards)
    else:
        note = "\n" + texts("card_unsure") if unsure and len(draft.candidates) > 1 else ""
        scene.say("card", **_values(draft, texts, note))
    others = category_choices(draft, texts, most=3)[1:3] if unsure and len(complete) == 1 else ()
    scene.ask(
        Stage.CONFIRM,
        (
            Choice(value="confirm", label=texts("choice_confirm")),
            *others,
            Choice(value="edit", label=texts("choice_edit")),
            Choice(value="withdraw", label=texts("choice_withdraw")),
        ),
        subject=str(len(complete)),
    )


_ASK = {
    Stage.WHAT: _ask_what,
    Stage.WHERE: _ask_where,
    Stage.PLACE_CHOICE: _ask_which_place,
    Stage.CATEGORY: _ask_category,
    Stage.CONTACT: _ask_contact,
    Stage.CONFIRM: _show_card,
}


def category_choices(draft: Appeal, texts: Texts, most: int) -> tuple[Choice, ...]:
    """The likeliest categories to tap, and a way to say that none fits."""
    options = tuple(
        Choice(value=f"category:{slot.code}", label=f"{slot.path[-1]}（{slot.path[-2]}）") for slot in draft.candidates
    )
    return (*options[:most], Choice(value="category:other", label=texts("choice_other_category")))


def _facts(appeal: Appeal, texts: Texts) -> str:
    """The middle of the card, without its first and last line."""
    return "\n".join(texts("card", **_values(appeal, texts, "")).splitlines()[1:-1])


def _values(appeal: Appeal, texts: Texts, note: str) -> dict[str, str]:
    what = appeal.what if len(appeal.what) <= _CARD_WHAT else appeal.what[:_CARD_WHAT] + "…"
    attached = f"\n【附件】{len(appeal.attachments)} 个" if appeal.attachments else ""
    return {
        "what": f"{appeal.appeal_type}｜{what}",
        "place": show_place(appeal.place) if appeal.place else "（未提供）",
        "category": (" > ".join(appeal.category.path) if appeal.category else "待坐席归类") + note,
        "time": f"【时间】{appeal.occurred}\n" if appeal.occurred else "",
        "contact": show_contact(appeal),
        "secrecy": "匿名" if appeal.anonymous else "保密" if appeal.confidential else "否（可回复“保密”或“匿名”）",
        "attachments": attached,
    }


def show_place(place: PlaceSlot) -> str:
    """The place in words: the official district before what the citizen said, unless he said it."""
    words = place.text or (place.pin.label if place.pin else "") or "已收到定位"
    official = "".join(
        part
        for part in (place.district, place.street)
        if part and part not in words and part.rstrip("区县市街道镇乡") not in words
    )
    return official + words


def show_contact(appeal: Appeal) -> str:
    """Name and number, or that none is left."""
    if appeal.anonymous:
        return "不留"
    told = " ".join(part for part in (appeal.name, appeal.phone) if part)
    return told or "不留，在这里联系"


def name_media(attachments: tuple[Attachment, ...]) -> str:
    """照片, 语音 and the like, each once."""
    return "、".join(dict.fromkeys(_MEDIA.get(attachment.kind, "文件") for attachment in attachments))


def _mark(scene: Scene, slot: str) -> None:
    draft = scene.conversation.draft
    assert draft is not None
    scene.conversation = replace(scene.conversation, draft=draft.having_asked(slot))


def _watch(scene: Scene) -> None:
    """An open draft is nudged once, and then laid before the desk: it is never forgotten."""
    if not scene.conversation.nudged:
        scene.wake_at("nudge", scene.now + scene.rules.nudge_after)
