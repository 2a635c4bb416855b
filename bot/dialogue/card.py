"""The card that is confirmed before anything is sent, and how its facts are put in words."""

from bot.appeal import Appeal, PlaceSlot
from bot.dialogue.scene import Scene
from bot.texts import Texts
from channels.message import Choice, Pin

_TWO = 2
_CARD_WHAT = 200
"""Characters of the matter that the card shows, so that it fits one WeChat text with its links."""


def say_card(scene: Scene, draft: Appeal, complete: list[Appeal]) -> tuple[Choice, ...]:
    """The card of these appeals, of which `draft` is the first; what may be tapped on it."""
    texts = scene.texts
    unsure = draft.category is not None and not draft.category.is_whole
    doubtful = unsure and len(complete) == 1 and len(draft.candidates) >= _TWO
    if len(complete) > 1:
        cards = "\n".join(f"第{number}件\n{_facts(appeal, scene)}" for number, appeal in enumerate(complete, start=1))
        scene.say("cards", count=len(complete), cards=cards)
    else:
        scene.say("card", **_values(draft, scene, "\n" + texts("card_unsure") if doubtful else ""))
    return card_choices(scene, draft, doubtful=doubtful)


def card_choices(scene: Scene, draft: Appeal, *, doubtful: bool = False) -> tuple[Choice, ...]:
    """What may be tapped on a card; `doubtful`: other categories too."""
    texts = scene.texts
    return (
        Choice(value="confirm", label=texts("choice_confirm")),
        *(category_choices(draft, texts, most=_TWO)[:_TWO] if doubtful else ()),
        Choice(value="edit", label=texts("choice_edit")),
        Choice(value="withdraw", label=texts("choice_withdraw")),
    )


def category_choices(draft: Appeal, texts: Texts, most: int) -> tuple[Choice, ...]:
    """The likeliest categories to tap, of those below what is believed, and a way to say that none fits."""
    kind = draft.believed
    above = kind.path if kind else ()
    below = [slot for slot in draft.candidates if slot.path[: len(above)] == above]
    slots = below if len(below) >= _TWO else draft.candidates
    options = tuple(
        Choice(value=f"category:{slot.code}", label=f"{slot.path[-1]}（{slot.path[-2]}）") for slot in slots
    )
    return (*options[:most], Choice(value="category:other", label=texts("choice_other_category")))


def changed_lines(scene: Scene, before: Appeal, after: Appeal) -> list[str]:
    """The lines of the card that are not as they were shown; of the matter only what came on top."""
    old, new = _values(before, scene, ""), _values(after, scene, "")
    labels = {"place": "地点", "category": "类别", "time": "", "contact": "联系", "secrecy": "保密", "attachments": ""}
    changed = [slot for slot in labels if new[slot] != old[slot] and new[slot]]
    lines = [(f"【{labels[slot]}】" if labels[slot] else "") + new[slot].strip() for slot in changed]
    if before.said == after.said:
        return lines
    grown = after.said[: len(before.said)] == before.said
    told = "\n".join(after.said[len(before.said) :]) if grown else after.what
    told = told if len(told) <= _CARD_WHAT else told[:_CARD_WHAT] + "…"
    return [scene.texts("card_more" if grown else "card_what", what=told), *lines]


def _facts(appeal: Appeal, scene: Scene) -> str:
    """The middle of the card, without its first and last line."""
    return "\n".join(scene.texts("card", **_values(appeal, scene, "")).splitlines()[1:-1])


def _values(appeal: Appeal, scene: Scene, note: str) -> dict[str, str]:
    what = appeal.what if len(appeal.what) <= _CARD_WHAT else appeal.what[:_CARD_WHAT] + "…"
    kind = appeal.believed
    attached = f"\n【附件】{len(appeal.attachments)} 个" if appeal.attachments else ""
    return {
        "what": f"{appeal.appeal_type}｜{what}",
        "place": show_place(appeal.place) if appeal.place else "（未提供）",
        "category": (" > ".join(kind.path) if kind else scene.texts("category_open")) + note,
        "time": f"【时间】{appeal.occurred}\n" if appeal.occurred else "",
        "contact": show_contact(appeal),
        "secrecy": "匿名" if appeal.anonymous else "保密" if appeal.confidential else "否（可回复“保密”或“匿名”）",
        "attachments": attached,
    }


def show_place(place: PlaceSlot) -> str:
    """The place in words: the official district before what the citizen said, unless he said it."""
    words = place.text or (f"定位 {show_pin(place.pin)}" if place.pin else "")
    official = "".join(
        part
        for part in (place.district, place.street)
        if part and part not in words and part.rstrip("区县市街道镇乡") not in words
    )
    return official + words


def show_pin(pin: Pin) -> str:
    """A point on the map in words: its label, or its degrees."""
    return pin.label or f"{pin.latitude:.5f},{pin.longitude:.5f}"


def show_contact(appeal: Appeal) -> str:
    """Name and number, or that none is left."""
    if appeal.anonymous:
        return "不留"
    told = " ".join(part for part in (appeal.name, appeal.phone) if part)
    none = "不留，在这里联系" if appeal.contact_declined else "没留电话，在这里联系（要留直接发号码）"
    return told if appeal.phone else f"{told} {none}".strip()
