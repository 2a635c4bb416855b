"""Taking an appeal: opening drafts, filling them turn by turn, submitting or dropping them."""

import re
from dataclasses import replace

from bot.appeal import Appeal
from bot.conversation import Stage
from bot.dialogue import aftercare, answers
from bot.dialogue.asking import name_media, proceed
from bot.dialogue.filling import Filled, fill, open_appeal
from bot.dialogue.heard import Heard
from bot.dialogue.saying import says_no, says_send, says_yes, substance
from bot.dialogue.scene import Scene
from bot.dialogue.ticketing import make_ticket
from bot.turn import Outcomes
from channels.message import Choice
from handoff.clock import chinese_date, promised
from handoff.ticket import Ticket
from nlu.contact import digit_fragment
from nlu.interpretation import Intent

_FURTHER = re.compile(
    r"^(?:那个|对了|哦)?[\s,，]*(?:第[二三](?:个|件)?(?:事|是)?|还有(?:一|个|件)+(?:事|问题)|另外(?:还有)?(?:一|个|件)+(?:事|问题)|另一(?:件|个)(?:事|问题)?"
    r"|再(?:说|反映|报)(?:一|个|件)+(?:事|问题)?|[二三]是|换个事)"
)
_GRUMBLE = {
    Intent.THANKS: "thanks",
    Intent.CHITCHAT: "chitchat",
    Intent.ABUSE: "abuse",
    Intent.COMPLAINT_ABOUT_BOT: "complaint_about_bot",
}


def begin(scene: Scene, heard: Heard) -> None:
    """Open a draft from what was heard; further matters in it wait for their turn."""
    texts = _split(heard)
    opened = [open_appeal(heard, text, number, scene.rules) for number, text in enumerate(texts, start=1)]
    opened = [_with_whole(appeal, heard, scene) for appeal in opened]
    first = replace(opened[0], attachments=(*scene.conversation.loose, *opened[0].attachments))
    scene.conversation = replace(
        scene.conversation, draft=first, matters=(*scene.conversation.matters, *opened[1:]), loose=(), nudged=False
    )
    _share_contact(scene)
    if len(opened) > 1:
        scene.say("noted_second")
    proceed(scene)


def _split(heard: Heard) -> list[str]:
    matters = heard.interpretation.matters
    if len(matters) < 2:
        return [heard.text]
    return [heard.text[matter.start : matter.end].strip() for matter in matters]


def _with_whole(appeal: Appeal, heard: Heard, scene: Scene) -> Appeal:
    """Each of several matters carries what the message says of the citizen himself."""
    whole = heard.interpretation
    appeal = replace(appeal, name=appeal.name or whole.name, phone=appeal.phone or whole.phone)
    return replace(appeal, name=None, phone=None) if appeal.anonymous else appeal


def go_on(scene: Scene, heard: Heard) -> None:
    """A turn while a draft is open."""
    draft = scene.conversation.draft
    assert draft is not None
    intent = heard.interpretation.intent
    if _is_aside(heard, draft):
        _take_aside(scene, heard)
        return
    if draft.has_what and _FURTHER.match(heard.text.strip()) and substance(heard.text):
        _queue(scene, heard)
        return
    filled = fill(draft, heard, scene.conversation.stage, scene.rules)
    scene.conversation = replace(scene.conversation, draft=filled.appeal)
    _share_contact(scene)
    if scene.conversation.stage is Stage.CONFIRM and _confirms(heard, filled):
        submit(scene)
    elif intent is Intent.WITHDRAW and not filled.changed & {"contact", "place"} and not says_send(heard.text):
        ask_withdraw(scene)
    elif filled.changed:
        _acknowledge(scene, filled)
        _not_misunderstood(scene)
        proceed(scene)
    else:
        _nothing_new(scene, heard)


def _is_aside(heard: Heard, draft: Appeal) -> bool:
    """Something that is not about the draft: a question, small talk, a look at progress."""
    understood = heard.interpretation
    if understood.phone or understood.name or heard.attachments or heard.pin:
        return False
    if draft.phone_fragment and digit_fragment(heard.text):
        return False
    if understood.intent is Intent.FAQ:
        return draft.has_what and not any(place.main for place in understood.locations)
    if understood.intent in (Intent.THANKS, Intent.GREET, Intent.GOODBYE):
        return not (says_yes(heard.text) and says_send(heard.text))
    return understood.intent in (Intent.STATUS, Intent.CHITCHAT, Intent.ABUSE, Intent.COMPLAINT_ABOUT_BOT)


def _take_aside(scene: Scene, heard: Heard) -> None:
    intent = heard.interpretation.intent
    scene.reach(Outcomes.ANSWER)
    match intent:
        case Intent.FAQ:
            answers.tell_answer(scene, heard)
            resume(scene)
        case Intent.STATUS:
            aftercare.tell_status(scene, heard)
            resume(scene)
        case Intent.GREET:
            scene.say("greet_draft")
            proceed(scene)
        case Intent.GOODBYE:
            scene.say("goodbye")
        case _:
            scene.say(_GRUMBLE[intent])


def resume(scene: Scene) -> None:
    """After something in between: on with the same slot, unless the answer has a question of its own."""
    if scene.outcome is not Outcomes.QUESTION:
        scene.say_plain("——")
        proceed(scene)


def _confirms(heard: Heard, filled: Filled) -> bool:
    """Yes to the card: said plainly with nothing new, or with words that send it even beside something new."""
    if says_send(heard.text) and not says_no(heard.text):
        return True
    new = filled.changed - {"contact"} if "contact" in filled.changed and not filled.odd_number else filled.changed
    return says_yes(heard.text) and not new


def _queue(scene: Scene, heard: Heard) -> None:
    """A further matter while one is open: it is noted, and has its turn."""
    number = len(scene.conversation.matters) + 2
    appeal = open_appeal(heard, heard.text, number, scene.rules)
    scene.conversation = replace(scene.conversation, matters=(*scene.conversation.matters, appeal))
    _share_contact(scene)
    scene.say("noted_second")
    proceed(scene)


def _share_contact(scene: Scene) -> None:
    """What the citizen said of himself holds for all his matters: he is not asked again."""
    draft = scene.conversation.draft
    assert draft is not None
    matters = tuple(
        replace(
            matter,
            name=matter.name or draft.name,
            phone=matter.phone or draft.phone,
            contact_declined=matter.contact_declined or draft.contact_declined,
            asked=tuple(dict.fromkeys((*matter.asked, *(slot for slot in draft.asked if slot == "contact")))),
        )
        if not matter.anonymous
        else matter
        for matter in scene.conversation.matters
    )
    scene.conversation = replace(scene.conversation, matters=matters)


def _acknowledge(scene: Scene, filled: Filled) -> None:
    """One short word for what was just taken over, where the next question does not show it."""
    if filled.right:
        scene.say("noted_correction", right=filled.right)
    if "secrecy" in filled.changed:
        scene.say("noted_anonymous" if filled.appeal.anonymous else "noted_confidential")
    elif filled.appeal.contact_declined and "contact" in filled.changed:
        scene.say("noted_declined")
    if "attachments" in filled.changed and filled.appeal.has_what:
        scene.say("noted_media", media=name_media(filled.appeal.attachments[-1:]))
    if filled.odd_number:
        scene.say("phone_odd", digits=filled.odd_number)


def _not_misunderstood(scene: Scene) -> None:
    scene.conversation = replace(scene.conversation, not_understood=0)


def _nothing_new(scene: Scene, heard: Heard) -> None:
    """The draft learned nothing from this turn."""
    intent = heard.interpretation.intent
    stage = scene.conversation.stage
    if stage is Stage.CONFIRM and (says_no(heard.text) or intent is Intent.DENY):
        scene.say("deny_card")
        scene.reach(Outcomes.QUESTION)
    elif stage is Stage.CONTACT and (says_no(heard.text) or intent is Intent.DENY):
        decline_contact(scene)
    elif intent is Intent.URGE:
        scene.say("urge_draft")
        proceed(scene)
    elif intent is Intent.GIBBERISH or stage is Stage.CONFIRM:
        not_understood(scene)
    elif says_yes(heard.text):
        proceed(scene)
    elif answers.answers(heard):
        answers.tell_answer(scene, heard)
        resume(scene)
    else:
        proceed(scene)


def not_understood(scene: Scene) -> None:
    """The first time the bot says so; the second time a person is called."""
    count = scene.conversation.not_understood + 1
    scene.conversation = replace(scene.conversation, not_understood=count)
    if count < 2:
        scene.say("gibberish")
        scene.reach(Outcomes.TOLD)
    else:
        scene.say("not_understood")
        scene.hand_over("not_understood")


def decline_contact(scene: Scene) -> None:
    """No name, no number: the chat itself is a way to reach him."""
    draft = scene.conversation.draft
    assert draft is not None
    scene.conversation = replace(scene.conversation, draft=replace(draft, contact_declined=True, phone_fragment=""))
    scene.say("noted_declined")
    proceed(scene)


def ask_withdraw(scene: Scene) -> None:
    """Dropping a draft is asked back once."""
    draft = scene.conversation.draft
    assert draft is not None
    scene.say("withdraw_draft", what=aftercare.shorten(draft.what or "这件事"))
    scene.ask(Stage.WITHDRAW, aftercare.withdraw_choices(scene), subject="draft")


def drop(scene: Scene) -> None:
    """The draft is withdrawn; nothing was submitted. A further matter has its turn."""
    scene.say("withdrawn_draft")
    scene.reach(Outcomes.TOLD)
    scene.cancel("nudge", "lay")
    _take_next(scene)


def submit(scene: Scene) -> None:
    """The confirmed draft, and those matters that its card showed, become tickets."""
    conversation = scene.conversation
    assert conversation.draft is not None
    shown = max(1, int(conversation.subject or "1"))
    appeals = [conversation.draft, *conversation.matters[: shown - 1]]
    for appeal in appeals:
        ticket = make_ticket(appeal, scene.conversation, scene.rules, scene.now)
        scene.submit(ticket)
        _say_submitted(scene, ticket)
    scene.conversation = replace(scene.conversation, matters=scene.conversation.matters[shown - 1 :])
    scene.cancel("nudge", "lay")
    _take_next(scene)


def _take_next(scene: Scene) -> None:
    """The next matter of the queue becomes the draft; without one the conversation rests."""
    matters = scene.conversation.matters
    scene.conversation = replace(
        scene.conversation.asking(Stage.IDLE), draft=matters[0] if matters else None, matters=matters[1:], nudged=False
    )
    if matters:
        scene.say("next_matter", what=aftercare.shorten(matters[0].what))
        outcome = scene.outcome
        proceed(scene)
        scene.reach(outcome)


def _say_submitted(scene: Scene, ticket: Ticket) -> None:
    scene.say(
        "submitted",
        ticket_no=ticket.ticket_no,
        title=ticket.title,
        place=_place_words(ticket),
        unit=ticket.unit or "由受理部门确定",
        promise=_promise(scene, ticket),
    )


def _place_words(ticket: Ticket) -> str:
    place = ticket.place
    return (place.text or place.label or "已附定位") if place else "无"


def _promise(scene: Scene, ticket: Ticket) -> str:
    clock = promised(ticket.clocks)
    if clock is None:
        return scene.texts("promise_none")
    date = chinese_date(clock.due_at, scene.rules.iso(scene.now))
    return scene.texts("promise_provisional" if clock.provisional else "promise", date=date)


def take_up_again(scene: Scene, heard: Heard) -> bool:
    """After a long pause: what was begun is taken up with a question, never silently. True when it was asked."""
    draft = scene.conversation.draft
    assert draft is not None
    understood = heard.interpretation
    if understood.intent in (Intent.CONFIRM, Intent.DENY, Intent.WITHDRAW, Intent.STATUS, Intent.CORRECT):
        return False
    if understood.phone or understood.intent is Intent.SUPPLEMENT or not draft.has_what:
        return False
    if understood.intent in (Intent.APPEAL, Intent.EMERGENCY):
        appeal = open_appeal(heard, heard.text, 1, scene.rules)
        scene.conversation = replace(scene.conversation, matters=(*scene.conversation.matters, appeal))
    elif understood.intent is not Intent.GREET:
        return False
    ask_resume(scene)
    return True


def ask_resume(scene: Scene) -> None:
    """Go on with the old draft, or with the new matter?"""
    draft = scene.conversation.draft
    assert draft is not None
    scene.say("resume", what=aftercare.shorten(draft.what))
    scene.ask(Stage.RESUME, _resume_choices(scene))


def _resume_choices(scene: Scene) -> tuple[Choice, ...]:
    texts = scene.texts
    fresh = (Choice(value="fresh", label=texts("choice_fresh")),) if scene.conversation.matters else ()
    return (
        Choice(value="resume", label=texts("choice_resume")),
        *fresh,
        Choice(value="withdraw", label=texts("choice_withdraw")),
    )


def take_fresh(scene: Scene) -> None:
    """The new matter first; the old one waits its turn."""
    conversation = scene.conversation
    assert conversation.draft is not None
    if conversation.matters:
        *rest, newest = conversation.matters
        scene.conversation = replace(conversation, draft=newest, matters=(conversation.draft, *rest))
    proceed(scene)
