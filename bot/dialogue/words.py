"""Words without an open draft: small talk, something about a ticket, a question, or a new matter."""

from dataclasses import replace

from bot.appeal import Appeal
from bot.conversation import Holder, Stage
from bot.dialogue import aftercare, answers, errands, intake, tapping
from bot.dialogue.heard import Heard
from bot.dialogue.places import read_place
from bot.dialogue.saying import ends_politely, is_further, without_count
from bot.dialogue.scene import Scene
from bot.dialogue.waiting import say_waiting
from bot.turn import Outcomes
from channels.message import Choice
from handoff.ticket import Ticket, TicketStatus
from nlu.interpretation import Intent

_SMALL_TALK = {
    Intent.GREET: "greet",
    Intent.THANKS: "thanks",
    Intent.GOODBYE: "goodbye",
    Intent.CHITCHAT: "chitchat",
    Intent.ABUSE: "abuse",
    Intent.COMPLAINT_ABOUT_BOT: "complaint_about_bot",
}
_DONE = aftercare.RATABLE | {TicketStatus.RATED}
_SHORT = 20
"""Characters up to which words without a place may be about a ticket."""
_LIKELY = 0.5
"""Category confidence from which words without a clear intent are taken as a matter."""


def take_words(scene: Scene, heard: Heard) -> None:
    """Whatever was written while no draft is open."""
    intent = errands.intent_of(scene, heard)
    tickets = scene.conversation.all_tickets
    if intent is Intent.GREET and scene.conversation.holder is Holder.WAITING:
        say_waiting(scene, heard)
    elif intent in _SMALL_TALK:
        scene.say(_SMALL_TALK[intent])
        scene.reach(Outcomes.ANSWER)
    elif errands.wants_secrecy(heard) and aftercare.open_tickets(scene):
        errands.change_secrecy(scene, heard)
    elif is_further(heard.text):
        _take_further(scene, heard)
    elif intent in (Intent.CONFIRM, Intent.DENY) and not answers.answers(heard):
        scene.say("ok" if tickets or scene.conversation.introduced else "greet")
        scene.reach(Outcomes.ANSWER)
    elif intent is Intent.STATUS:
        aftercare.tell_status(scene, errands.named_number(heard.text))
        if not tickets:
            _keep_place(scene, heard)
    elif intent is Intent.WITHDRAW and not tickets:
        scene.say("nothing_to_withdraw")
        scene.reach(Outcomes.TOLD)
    elif intent is Intent.RATE:
        errands.rate(scene, heard)
    elif tickets and ends_politely(heard.text):
        scene.say("thanks")
        scene.reach(Outcomes.ANSWER)
    elif intent is Intent.URGE and tickets and aftercare.asks_when(heard.text):
        aftercare.tell_when(scene)
    elif intent in (Intent.URGE, Intent.WITHDRAW):
        errands.run(scene, heard, intent)
    elif tickets and (intent in (Intent.SUPPLEMENT, Intent.CORRECT) or _is_about_ticket(scene, heard)):
        errands.run(scene, heard, Intent.SUPPLEMENT)
    elif tickets and tickets[-1].status in _DONE and may_be_unsolved(scene, heard, tickets[-1]):
        pass
    elif intent is Intent.FAQ or answers.is_asked_word_for_word(heard):
        answers.tell_answer(scene, heard)
    elif intent in (Intent.APPEAL, Intent.SUPPLEMENT, Intent.CORRECT, Intent.EMERGENCY):
        intake.begin(scene, heard)
    else:
        _take_unclear(scene, heard)


def _keep_place(scene: Scene, heard: Heard) -> None:
    """He asked after something that is not here; when he tells it anew, its place is not asked for again."""
    place = read_place(heard.interpretation)
    if place is not None and place.is_known:
        kept = Appeal(key=f"{heard.ids[0]}#1", opened_at=heard.messages[0].sent_at, place=place)
        scene.conversation = replace(scene.conversation.asking(Stage.IDLE), draft=kept, nudged=False)


def _take_further(scene: Scene, heard: Heard) -> None:
    """另一件事, perhaps with the matter itself behind it; bare, after a supplement, it means what was just said."""
    rest = without_count(heard.text)
    bare = is_further(rest)
    if bare and any(choice.value == "another" for choice in scene.conversation.choices):
        tapping.take_choice(scene, Choice(value="another", label=""), heard)
    elif bare:
        intake.begin_blank(scene, heard)
    elif scene.rules.parse(rest).intent is Intent.FAQ:
        answers.tell_answer(scene, heard)
    else:
        intake.begin(scene, replace(heard, text=rest, interpretation=scene.rules.parse(rest)))


def _take_unclear(scene: Scene, heard: Heard) -> None:
    """Confirm, deny, gibberish without anything to confirm or deny; or words that only look unclear."""
    understood = heard.interpretation
    sure = understood.category is not None and understood.category.confidence >= _LIKELY
    if answers.answers(heard):
        answers.tell_answer(scene, heard)
    elif (understood.phone or has_place(heard) or sure) and understood.intent is not Intent.GIBBERISH:
        if understood.phone and not has_place(heard) and aftercare.open_tickets(scene):
            errands.run(scene, heard, Intent.SUPPLEMENT)
        else:
            intake.begin(scene, heard)
    else:
        intake.not_understood(scene)


def may_be_unsolved(scene: Scene, heard: Heard, ticket: Ticket) -> bool:
    """A short complaint without a place, after a matter was said to be done: asked which it is about."""
    kind = heard.interpretation.category
    same = kind is not None and ticket.category is not None and kind.code == ticket.category.code
    about = same or _is_vague(scene, heard) or bool(errands.in_common(heard.text, ticket.title))
    if heard.interpretation.intent is not Intent.APPEAL or has_place(heard) or len(heard.text) > _SHORT or not about:
        return False
    errands.ask_unsolved(scene, ticket, heard.text)
    return True


def _is_about_ticket(scene: Scene, heard: Heard) -> bool:
    """再不来我找你们领导: a complaint without a matter or a place, while one ticket is open, is about that."""
    appeals = heard.interpretation.intent is Intent.APPEAL and not has_place(heard)
    return appeals and _is_vague(scene, heard) and len(heard.text) <= _SHORT and len(aftercare.open_tickets(scene)) == 1


def _is_vague(scene: Scene, heard: Heard) -> bool:
    kind = heard.interpretation.category
    return kind is None or kind.confidence < scene.rules.guess


def has_place(heard: Heard) -> bool:
    """A place of the matter is among the words."""
    return any(place.main for place in heard.interpretation.locations)
