"""Answers that only the question before them makes clear."""

from dataclasses import replace

from bot.conversation import Stage
from bot.dialogue import aftercare, answers, parting, tapping
from bot.dialogue.asking import proceed
from bot.dialogue.conditions import asked_for, is_unclear
from bot.dialogue.heard import Heard
from bot.dialogue.people import care, is_cared_for
from bot.dialogue.resuming import resume
from bot.dialogue.saying import assents, ends_politely, is_further, keeps_on, says_no, says_yes
from bot.dialogue.scene import Scene
from bot.dialogue.words import may_be_unsolved
from bot.turn import Outcomes
from nlu.interpretation import Intent


def takes_stage(scene: Scene, heard: Heard) -> bool:
    """Answers that only the question before them makes clear. True when this was one."""
    conversation = scene.conversation
    intent = heard.interpretation.intent
    if _settle_case(scene, heard):
        return True
    match conversation.stage:
        case Stage.WITHDRAW:
            return _settle_withdrawal(scene, heard)
        case Stage.SUPPLEMENT | Stage.RATE_REASON if intent not in (Intent.STATUS, Intent.FAQ, Intent.WITHDRAW):
            return _take_for_ticket(scene, heard)
        case Stage.CARE if is_cared_for(scene):
            care(scene, heard)
            return True
        case Stage.RATE if conversation.draft is None:
            return _take_rating(scene, heard)
        case Stage.RATE_SERVICE if conversation.draft is None:
            return parting.take_grade_in_words(scene, heard)
        case Stage.WHERE if conversation.draft is not None and _means_same_place(scene, heard):
            tapping.take_choice(scene, conversation.choices[0], heard)
            return True
        case Stage.RESUME if conversation.draft is not None and says_yes(heard.text):
            proceed(scene)
            return True
        case Stage.FAQ if conversation.draft is None:
            return _settle_question(scene, heard)
        case _:
            return False


def _means_same_place(scene: Scene, heard: Heard) -> bool:
    """对 to 还是那里？"""
    choices = scene.conversation.choices
    return bool(choices) and choices[0].value.startswith("same_place") and says_yes(heard.text) and assents(heard.text)


def _settle_question(scene: Scene, heard: Heard) -> bool:
    """好的 to 要不要提交为咨询 means the first that was offered, to several questions none; 好的谢谢, 不用了 end it."""
    conversation = scene.conversation
    if ends_politely(heard.text):
        _end(scene)
        return True
    entries = [choice for choice in conversation.choices if choice.value.startswith("faq:")]
    several = len(entries) > 2  # with a way to say that none is meant
    if several or not says_yes(heard.text):
        return False
    tapping.take_choice(scene, conversation.choices[0], heard)
    return True


def _settle_case(scene: Scene, heard: Heard) -> bool:
    """Words that tell no case, to the one question of an entry: then the general answer, and never the question again.
    Those that tell one were taken for a choice before."""
    asked = asked_for(scene)
    if asked is None:
        return False
    beside = scene.conversation.draft is not None
    if not beside and ends_politely(heard.text):
        _end(scene)
    elif is_unclear(scene, heard, asked):
        answers.say_entry(scene, asked.entry, asked.question)
        if beside:
            resume(scene)
    else:
        return False
    return True


def _end(scene: Scene) -> None:
    conversation = scene.conversation
    scene.conversation = conversation.asking(Stage.IDLE)
    scene.say("thanks" if conversation.tickets else "ok")
    scene.reach(Outcomes.ANSWER)


def _settle_withdrawal(scene: Scene, heard: Heard) -> bool:
    keeps = says_no(heard.text) or keeps_on(heard.text)
    agrees = not keeps and (says_yes(heard.text) or heard.interpretation.intent is Intent.WITHDRAW)
    if not agrees and not keeps:
        scene.conversation = scene.conversation.asking(Stage.IDLE)
        return False
    tapping.settle_withdrawal(scene, heard, really=agrees)
    return True


def _take_for_ticket(scene: Scene, heard: Heard) -> bool:
    conversation = scene.conversation
    ticket = conversation.ticket(conversation.subject)
    asked = conversation.stage
    if ticket is None or conversation.draft is not None:
        return False
    scene.conversation = conversation.asking(Stage.IDLE)
    polite = heard.interpretation.intent in (Intent.THANKS, Intent.GOODBYE, Intent.GREET)
    if polite or is_further(heard.text) or (asked is Stage.RATE_REASON and says_no(heard.text)):
        # Still open what was asked for a ticket: a thank-you or a word of another matter is not it.
        keeps = asked is Stage.SUPPLEMENT and polite
        scene.conversation = conversation if keeps else scene.conversation
        return False
    carried = (*conversation.loose, *heard.attachments)
    scene.conversation = replace(scene.conversation, loose=())
    aftercare.supplement(scene, ticket, heard.text, carried, asked=asked)
    return True


def _take_rating(scene: Scene, heard: Heard) -> bool:
    ticket = scene.conversation.ticket(scene.conversation.subject)
    grade = aftercare.read_grade(heard.text)
    if ticket is None or grade is None:
        return False if ticket is None else may_be_unsolved(scene, heard, ticket)
    scene.conversation = scene.conversation.asking(Stage.IDLE)
    aftercare.rate(scene, ticket, grade, heard.text)
    return True
