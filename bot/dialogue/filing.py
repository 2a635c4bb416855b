"""An operator files the draft of the conversation that he holds; what he knew better than the machine is kept."""

import re
from dataclasses import replace

from bot.appeal import Appeal, Reading
from bot.dialogue.filling import to_slot
from bot.dialogue.finishing import receipt
from bot.dialogue.places import read_place
from bot.dialogue.rules import Rules
from bot.dialogue.scene import Scene
from bot.dialogue.ticketing import make_ticket
from bot.turn import Correction
from handoff.desk import OperatorAction
from nlu.contact import name_spans, number_spans
from nlu.normalize import normalize, spoken_digits

_DIGITS = re.compile(r"[0-9０-９][0-9０-９\- ]{4,}[0-9０-９]")
"""A number that may be somebody's: telephone, identity card, account."""
_MASK = "＊"


def file_ticket(scene: Scene, action: OperatorAction) -> None:
    """The draft as the form left it becomes a ticket; the citizen reads number and date, and is asked nothing."""
    conversation = scene.conversation
    draft, form = conversation.draft, action.form
    if draft is None or form is None or draft.key != (form.key or action.id):
        return  # sent twice: it is a ticket already
    ticket = make_ticket(draft, conversation, scene.rules, scene.now)
    scene.submit(ticket)
    scene.announce(receipt(scene, ticket) + "\n" + scene.texts("submitted_how"))
    correction = _correction(scene, draft, ticket.ticket_no, action)
    if correction is not None:
        scene.learn(correction)
    matters = scene.conversation.matters
    scene.conversation = replace(
        scene.conversation.settled(), draft=matters[0] if matters else None, matters=matters[1:], nudged=False
    )
    scene.cancel("nudge", "lay")


def _correction(scene: Scene, draft: Appeal, ticket_no: str, action: OperatorAction) -> Correction | None:
    """Where the operator differs from the machine; in a draft of his own, from what it reads in his words."""
    machine, operator = draft.reading or _read(draft.what, scene.rules), draft.read()
    if not machine.text or _labels(machine) == _labels(operator):
        return None
    known = tuple(part for part in (draft.name, draft.phone, *scene.conversation.called) if part)
    return Correction(
        id=ticket_no,
        text=without_contact(machine.text, known),
        machine=_without_text(machine),
        operator=_without_text(operator),
        who=action.operator,
        at=action.at,
    )


def _labels(reading: Reading) -> tuple[object, ...]:
    place = reading.place
    where = (place.text, place.district, place.street, place.community) if place else ("", None, None, None)
    return (reading.category, reading.appeal_type, reading.urgent, where)


def _read(text: str, rules: Rules) -> Reading:
    understood = rules.parse(text)
    kind = to_slot(understood.category, rules.sure) if understood.category else None
    return Reading(
        text=text,
        category=kind.path if kind else (),
        appeal_type=str(understood.appeal_type or ""),
        urgent=understood.urgent,
        place=read_place(understood),
    )


def _without_text(reading: Reading) -> Reading:
    """The words are kept once, masked; a pin says where somebody lives, and teaches nothing."""
    place = replace(reading.place, pin=None) if reading.place else None
    return replace(reading, text="", place=place)


def without_contact(text: str, known: tuple[str, ...] = ()) -> str:
    """The text with names and numbers of people masked, character by character, so that no offset moves."""
    normal = normalize(text)
    plain = spoken_digits(normal.text)
    spans = [normal.span(*span) for span in (*number_spans(plain), *name_spans(plain))]
    spans += [match.span() for match in _DIGITS.finditer(text)]
    spans += [match.span() for part in known for match in re.finditer(re.escape(part), text)]
    letters = list(text)
    for start, end in spans:
        letters[start:end] = _MASK * (end - start)
    return "".join(letters)
