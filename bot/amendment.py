"""A draft as an operator's form leaves it; decided where the form is written down, so that the bot knows it at once."""

from dataclasses import replace
from typing import Any

from bot.appeal import Appeal, CategorySlot, PlaceSlot
from handoff.ticket_form import FormPlace, Secrecy, TicketForm


def lifts_secrecy(draft: Appeal | None, form: TicketForm | None) -> bool:
    """Whether this form makes public what the citizen asked to keep 保密 or 匿名."""
    if draft is None or form is None or form.secrecy is not Secrecy.NONE:
        return False
    if form.touched is not None and "secrecy" not in form.touched:
        return False  # left alone, it follows the draft, whatever stood in the form
    return draft.confidential or draft.anonymous


def amended(draft: Appeal | None, form: TicketForm, new_key: str, at: float) -> Appeal | None:
    """The draft afterwards; None when the form was filled in for another one than is there now.

    `new_key` is for a draft that the operator begins himself.
    """
    if draft is None and not form.key:
        draft = Appeal(key=new_key, opened_at=at)
    elif draft is None or draft.key != form.key:
        return None
    elif draft.reading is None and draft.has_what:
        draft = replace(draft, reading=draft.read())
    form = _followed(draft, form)
    # What is confidential is not shown in the form, so an empty field says nothing of it.
    hidden = draft if draft.confidential else Appeal()
    anonymous = form.secrecy is Secrecy.ANONYMOUS
    return replace(
        draft,
        said=draft.said if form.content == draft.what else tuple(line for line in form.content.splitlines() if line),
        appeal_type=form.appeal_type,
        category=_category(form) or _unbelieved(draft),
        category_chosen=bool(form.category_code),
        place=_place(draft.place, form.place),
        place_choices=(),
        no_place=form.no_place,
        occurred=form.occurred or None,
        name=None if anonymous else form.name or hidden.name,
        phone=None if anonymous else form.phone or hidden.phone,
        phone_fragment="",
        anonymous=anonymous,
        confidential=form.secrecy is Secrecy.CONFIDENTIAL,
        secrecy_said=True,  # an operator settled it, one way or the other
        urgent=form.urgent,
        title=form.title,
    )


def _followed(draft: Appeal, form: TicketForm) -> TicketForm:
    """The form with what its operator left alone as the draft has it now: the citizen may have written this moment."""
    if form.touched is None:
        return form
    kind, place = draft.believed, draft.place or PlaceSlot()
    secrecy = Secrecy.ANONYMOUS if draft.anonymous else Secrecy.CONFIDENTIAL if draft.confidential else Secrecy.NONE
    known: dict[str, dict[str, Any]] = {
        "category": {"category_code": kind.code if kind else "", "category_path": kind.path if kind else ()},
        "appeal_type": {"appeal_type": draft.appeal_type},
        "place": {"place": _as_form(place), "no_place": draft.no_place},
        "occurred": {"occurred": draft.occurred or ""},
        "urgent": {"urgent": draft.urgent},
        "secrecy": {"secrecy": secrecy},
        "title": {"title": draft.title},
        "content": {"content": draft.what},
        "name": {"name": draft.name or ""},
        "phone": {"phone": draft.phone or ""},
    }
    given = [values for thing, values in known.items() if thing not in form.touched]
    return replace(form, **{name: value for values in given for name, value in values.items()})


def _as_form(place: PlaceSlot) -> FormPlace:
    return FormPlace(
        text=place.text,
        district=place.district or "",
        street=place.street or "",
        community=place.community or "",
        code=place.code or "",
        confidence=place.confidence,
    )


def _category(form: TicketForm) -> CategorySlot | None:
    if not form.category_code:
        return None
    return CategorySlot(code=form.category_code, path=form.category_path, confidence=1.0)


def _unbelieved(draft: Appeal) -> CategorySlot | None:
    """What the machine only guesses stands empty in the form, and stays a guess until somebody chooses."""
    kind = draft.category
    return kind if kind and not kind.is_whole else None


def _place(known: PlaceSlot | None, place: FormPlace) -> PlaceSlot | None:
    """The words and what they resolve to; a pin is a fact, and stays whatever is said of the place."""
    pin = known.pin if known else None
    if not place.text and pin is None:
        return None
    return PlaceSlot(
        text=place.text,
        district=place.district or None,
        street=place.street or None,
        community=place.community or None,
        code=place.code or None,
        confidence=place.confidence,
        pin=pin,
    )
