"""Taking an appeal: opening drafts, and filling them turn by turn."""

from dataclasses import replace

from bot.appeal import Appeal
from bot.conversation import Holder, Stage
from bot.dialogue import aftercare, answers, errands
from bot.dialogue.asking import CHANGING, ask_again, name_media, proceed, proceed_from
from bot.dialogue.card import show_place
from bot.dialogue.contact import takes_number_back
from bot.dialogue.filling import Filled, fill
from bot.dialogue.finishing import ask_withdraw, submit
from bot.dialogue.heard import Heard
from bot.dialogue.matters import is_own_matter, open_matters, queue, share
from bot.dialogue.resuming import resume
from bot.dialogue.saying import (
    agrees_firmly,
    assents,
    declines_contact,
    is_further,
    says_no,
    says_send,
    says_yes,
    substance,
    wants_card,
)
from bot.dialogue.scene import Scene
from bot.dialogue.secrecy import says_of_secrecy
from bot.turn import Outcomes
from channels.message import MessageKind
from nlu.contact import digit_fragment
from nlu.interpretation import Intent

_GRUMBLE = {
    Intent.THANKS: "thanks",
    Intent.CHITCHAT: "chitchat",
    Intent.ABUSE: "abuse_draft",
    Intent.COMPLAINT_ABOUT_BOT: "complaint_about_bot",
}
_ERRANDS = frozenset({Intent.STATUS, Intent.URGE, Intent.SUPPLEMENT, Intent.WITHDRAW, Intent.RATE})
_SHORT_NO = 4
_ASIDES = frozenset({Intent.STATUS, Intent.GREET, Intent.GOODBYE, *_GRUMBLE})


def begin(scene: Scene, heard: Heard) -> None:
    """Open a draft from what was heard; further matters in it wait for their turn."""
    opened = open_matters(heard, scene.rules)
    first = replace(opened[0], attachments=(*scene.conversation.loose, *opened[0].attachments))
    matters = (*scene.conversation.matters, *(replace(appeal, attachments=()) for appeal in opened[1:]))
    scene.conversation = replace(
        scene.conversation.asking(Stage.IDLE), draft=first, matters=matters, loose=(), nudged=False
    )
    share(scene)
    if len(opened) > 1:
        named = "；".join(f"{n}. {aftercare.shorten(one.what, 24)}" for n, one in enumerate(opened, start=1))
        scene.say("noted_several", count=len(opened), matters=named)
    if not first.has_what:
        _acknowledge_wordless(scene, heard, first)
        if first.phone:
            scene.say("noted_contact")
    elif first.anonymous:
        scene.say("noted_anonymous")
    proceed(scene)


def begin_blank(scene: Scene, heard: Heard) -> None:
    """The citizen wants to tell something new; what he sent before belongs to it."""
    blank = Appeal(key=f"{heard.ids[0]}#1", opened_at=heard.messages[0].sent_at, attachments=scene.conversation.loose)
    scene.conversation = replace(scene.conversation, draft=blank, loose=(), nudged=False)
    proceed(scene)


def go_on(scene: Scene, heard: Heard) -> None:
    """A turn while a draft is open."""
    draft = scene.conversation.draft
    assert draft is not None
    intent = heard.interpretation.intent
    if scene.conversation.stage is Stage.CONFIRM and wants_card(heard.text):
        proceed(scene)
        return
    if _is_errand(scene, heard) or _is_aside(heard, draft):
        _take_aside(scene, heard)
        return
    if draft.has_what and (is_further(heard.text) or is_own_matter(draft, heard, scene.rules)):
        queue(scene, heard)
        return
    filled = fill(draft, heard, scene.conversation.stage, scene.rules)
    scene.conversation = replace(scene.conversation, draft=filled.appeal)
    share(scene, draft)
    if scene.conversation.stage is Stage.CONFIRM and _confirms(heard, filled):
        submit(scene)
    elif (
        intent is Intent.WITHDRAW and not filled.changed & {"contact", "place", "secrecy"} and not says_send(heard.text)
    ):
        ask_withdraw(scene)
    elif filled.changed:
        _acknowledge(scene, heard, filled)
        proceed_from(scene, draft)
    else:
        _nothing_new(scene, heard, filled)


def _is_errand(scene: Scene, heard: Heard) -> bool:
    """It is about a ticket submitted before: named by its number or beyond doubt by its words, or due for rating."""
    intent = errands.intent_of(scene, heard)
    number = errands.named_number(heard.text)
    if number is not None and scene.conversation.ticket(number) is not None:
        return True
    if intent is Intent.RATE:
        done = [t for t in scene.conversation.all_tickets if t.status in aftercare.RATABLE]
        return bool(done) and aftercare.read_grade(heard.text) is not None
    return intent in _ERRANDS and errands.meant_ticket(scene, heard.text) is not None


def _is_aside(heard: Heard, draft: Appeal) -> bool:
    """Something that is not about the draft: a question, small talk, a look at progress."""
    understood = heard.interpretation
    if understood.phone or understood.name or heard.attachments or heard.pin or says_of_secrecy(heard):
        return False
    if (draft.phone_fragment and digit_fragment(heard.text)) or (says_yes(heard.text) and assents(heard.text)):
        return False
    if understood.intent is Intent.FAQ:
        known = draft.has_what or answers.answers(heard)
        return known and not any(place.main for place in understood.locations)
    return understood.intent in _ASIDES


def _take_aside(scene: Scene, heard: Heard) -> None:
    intent = heard.interpretation.intent
    scene.reach(Outcomes.ANSWER)
    if _is_errand(scene, heard):
        if not errands.run_beside_draft(scene, heard):
            resume(scene)
        return
    match intent:
        case Intent.FAQ:
            if not answers.tell_answer(scene, heard):
                resume(scene)
        case Intent.STATUS:
            aftercare.tell_status(scene, errands.named_number(heard.text))
            resume(scene)
        case Intent.GREET:
            scene.say("greet_draft")
            ask_again(scene)
        case Intent.GOODBYE:
            scene.say("goodbye")
        case _:
            scene.say(_GRUMBLE[intent])
            if intent is Intent.ABUSE:
                ask_again(scene, silently=True)  # an apology, and no form on top of it
            elif intent is not Intent.THANKS:
                resume(scene)


def _confirms(heard: Heard, filled: Filled) -> bool:
    """Yes to the card: said plainly with nothing new, or so firmly that new facts only come on top."""
    text, understood = heard.text, heard.interpretation
    if CHANGING in filled.appeal.asked and not says_send(text):
        return False  # something is wrong, and what it is was not said yet: 对 is no yes to the card
    if says_no(text) or filled.right or filled.odd_number:
        return False
    if says_send(text):
        return True
    new = filled.changed - {"contact"}
    if agrees_firmly(text) and not new & {"place", "secrecy"}:
        return True
    places = tuple(place.text for place in understood.locations)
    return (says_yes(text) or understood.intent is Intent.CONFIRM) and assents(text, places) and not new


def _acknowledge(scene: Scene, heard: Heard, filled: Filled) -> None:
    """One short word for what was just taken over, where the next question does not show it."""
    appeal = filled.appeal
    if takes_number_back(heard) and not appeal.phone:
        scene.say("noted_wrong_number")
    if filled.right:
        scene.say("noted_correction", right=filled.right)
    if appeal.anonymous and "secrecy" not in filled.changed and heard.interpretation.phone:
        scene.say("anonymous_keeps_none")
    if "secrecy" in filled.changed:
        scene.say("noted_anonymous" if appeal.anonymous else "noted_secret" if appeal.confidential else "noted_open")
    elif appeal.contact_declined and "contact" in filled.changed:
        scene.say("noted_declined")
    if not appeal.has_what:
        _acknowledge_wordless(scene, heard, appeal)
        if "contact" in filled.changed and appeal.phone:
            scene.say("noted_contact")
    elif "attachments" in filled.changed and MessageKind.VOICE not in heard.kinds:
        scene.say("noted_media", media=name_media(heard.attachments))
    if filled.odd_number:
        scene.say("phone_odd", digits=filled.odd_number)


def _acknowledge_wordless(scene: Scene, heard: Heard, appeal: Appeal) -> None:
    """What came before any word of the matter."""
    if heard.attachments and MessageKind.VOICE not in heard.kinds:
        scene.say("media_kept", media=name_media(heard.attachments))
    if appeal.place and (heard.pin or heard.interpretation.locations):
        scene.say("place_kept", place=show_place(appeal.place))


def _nothing_new(scene: Scene, heard: Heard, filled: Filled) -> None:
    """The draft learned nothing from this turn."""
    intent = heard.interpretation.intent
    stage = scene.conversation.stage
    if filled.odd_number:
        scene.say("phone_odd", digits=filled.odd_number)
        ask_again(scene, silently=True)
    elif stage is Stage.CONFIRM and (says_no(heard.text) or intent in (Intent.DENY, Intent.CORRECT)):
        ask_what_to_change(scene)
    elif declines_contact(heard.text) or (stage is Stage.CONTACT and (says_no(heard.text) or _is_short_no(heard))):
        decline_contact(scene)
    elif intent is Intent.URGE:
        scene.say("urge_draft")
        ask_again(scene)
    elif filled.appeal.anonymous and (heard.interpretation.phone or heard.interpretation.name):
        scene.say("anonymous_keeps_none")
        ask_again(scene)
    elif intent is not Intent.GIBBERISH and answers.answers(heard):
        if not answers.tell_answer(scene, heard):
            resume(scene)
    elif stage is Stage.CONFIRM and CHANGING in filled.appeal.asked and says_yes(heard.text):
        proceed(scene)
    elif stage is Stage.CONFIRM and (says_yes(heard.text) or intent is Intent.CONFIRM):
        scene.say("card_again")
        scene.ask(stage, scene.conversation.choices, scene.conversation.subject)
    elif intent is Intent.GIBBERISH or stage is Stage.CONFIRM:
        not_understood(scene)
    else:
        proceed(scene)


def _is_short_no(heard: Heard) -> bool:
    return heard.interpretation.intent is Intent.DENY and len(substance(heard.text)) <= _SHORT_NO


def ask_what_to_change(scene: Scene) -> None:
    """The card is not right: what should it say?"""
    draft = scene.conversation.draft
    assert draft is not None
    scene.conversation = replace(scene.conversation, draft=draft.having_asked(CHANGING))
    scene.say("deny_card")
    scene.reach(Outcomes.QUESTION)


def not_understood(scene: Scene) -> None:
    """The first time the bot says so; the second time in a row a person is called, and after that once is enough."""
    count = scene.conversation.not_understood + 1
    scene.conversation = replace(scene.conversation, not_understood=count)
    if scene.conversation.holder is Holder.WAITING:
        scene.say("gibberish_waiting")
        scene.reach(Outcomes.HANDOVER)
    elif count >= 2:
        scene.say("not_understood")
        scene.hand_over("not_understood")
    elif scene.conversation.draft is not None and scene.conversation.draft.has_what:
        scene.say("gibberish_draft")
        ask_again(scene)
    else:
        scene.say("gibberish")
        scene.reach(Outcomes.TOLD)


def decline_contact(scene: Scene) -> None:
    """No name, no number: the chat itself is a way to reach him."""
    draft = scene.conversation.draft
    assert draft is not None
    scene.conversation = replace(scene.conversation, draft=replace(draft, contact_declined=True, phone_fragment=""))
    scene.say("noted_declined")
    share(scene)
    proceed(scene)


def has_matter(heard: Heard) -> bool:
    """The words tell a matter of their own, beside whatever else they say."""
    return len(substance(heard.text)) > 12 and any(place.main for place in heard.interpretation.locations)
