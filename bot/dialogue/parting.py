"""How an operator leaves: he gives back, and the bot goes on; or he closes, and the citizen hears how it ended."""

import re
from dataclasses import replace
from datetime import datetime

from bot.conversation import Conversation, Holder, Stage
from bot.dialogue import aftercare
from bot.dialogue.asking import ask_again, watch
from bot.dialogue.heard import Heard
from bot.dialogue.scene import Scene
from bot.dialogue.waiting import when_human
from bot.turn import Outcomes, ServiceGrade
from channels.message import Choice
from handoff.desk import OperatorAction
from handoff.ticket import TicketStatus

_CHOICE = "served"


def give_back(scene: Scene, action: OperatorAction) -> None:
    """The bot goes on at once with what it knows: an open draft is asked on for what it still needs."""
    if action.text:
        scene.speak_as(action.operator_name, action.text)
    scene.announce(scene.texts("operator_left"))
    _calm_down(scene)
    watch(scene)
    draft = scene.conversation.draft
    if draft is not None and draft.has_what and scene.conversation.holder is Holder.BOT:
        ask_again(scene)
        scene.reach(Outcomes.HANDOVER)


def close(scene: Scene, action: OperatorAction) -> None:
    """What came of it, and how he liked it. A draft goes only if the operator said so, and the citizen is told."""
    if action.text:
        scene.speak_as(action.operator_name, action.text)
    dropped = _drop(scene, action)
    grave = scene.conversation.stage in (Stage.DANGER, Stage.CARE)
    _calm_down(scene)
    conversation = scene.conversation
    filed = [each.ticket_no for each in conversation.tickets if _moment(each.accepted_at) >= conversation.met_at]
    said = [
        scene.texts("closed_tickets", tickets="、".join(filed)) if filed else "",
        scene.texts("closed_dropped", what=aftercare.shorten(dropped)) if dropped else "",
    ]
    parts = [scene.texts("operator_closed", name=action.operator_name, outcome="".join(said))]
    # Who was in danger is not asked how he liked it.
    graded = bool(filed or conversation.answered) and conversation.holder is Holder.BOT and not grave
    if graded:
        parts.append(scene.texts("ask_service"))
    else:
        scene.conversation = replace(conversation, served_by="")
    scene.announce("\n".join(parts), _grades() if graded else ())
    if graded and conversation.draft is None:
        _ask(scene)
    watch(scene)


def _drop(scene: Scene, action: OperatorAction) -> str:
    """What was told and is not to become a ticket; words that came after the operator looked are not among it."""
    conversation = scene.conversation
    draft = conversation.draft
    if draft is None or (draft.has_what and draft.key != action.dropped):
        return ""
    what = "；".join(each.what for each in (draft, *conversation.matters) if each.has_what)
    scene.conversation = replace(conversation.settled(), draft=None, matters=(), loose=(), nudged=False)
    scene.cancel("nudge", "lay")
    return what


def _calm_down(scene: Scene) -> None:
    if scene.conversation.stage is Stage.DANGER:
        scene.conversation = scene.conversation.asking(Stage.IDLE)  # he looked after it


def _ask(scene: Scene) -> None:
    """The grade is the open question, unless a ticket waits for his words: those are needed more."""
    wanting = next((t for t in scene.conversation.tickets if t.status is TicketStatus.NEED_INFO), None)
    stage, subject = (Stage.SUPPLEMENT, wanting.ticket_no) if wanting else (Stage.RATE_SERVICE, "")
    scene.conversation = scene.conversation.asking(stage, _grades(), subject)


def _grades() -> tuple[Choice, ...]:
    return tuple(Choice(value=f"{_CHOICE}:{number}", label=grade) for number, grade in enumerate(aftercare.GRADES))


def _moment(accepted_at: str) -> float:
    return datetime.fromisoformat(accepted_at).timestamp() if accepted_at else 0.0


_OF_A_MATTER = re.compile(r"没|未|不行|解决|修好|办好")
"""路灯还没修 is bad news of a matter, and no grade for who spoke with him."""
_SHORT = 12


def take_grade_in_words(scene: Scene, heard: Heard) -> bool:
    """满意, or 五星, to the question how he liked the service. True when this was one."""
    grade = aftercare.read_grade(heard.text)
    if grade is None or len(heard.text) > _SHORT or _OF_A_MATTER.search(heard.text) or not is_open(scene.conversation):
        return False
    take_grade(scene, aftercare.GRADES.index(grade))
    return True


def is_open(conversation: Conversation) -> bool:
    """Whether the last service was not graded yet."""
    return bool(conversation.served_by)


def take_grade(scene: Scene, number: int) -> None:
    """His grade, once for each service; a bad one is for a person to look at."""
    grade = aftercare.GRADES[min(number, len(aftercare.GRADES) - 1)]
    conversation = scene.conversation
    scene.grade(ServiceGrade(operator=conversation.served_by, grade=grade))
    settled = conversation.asking(Stage.IDLE) if conversation.stage is Stage.RATE_SERVICE else conversation
    scene.conversation = replace(settled, served_by="")
    scene.reach(Outcomes.TOLD)
    if grade not in aftercare.BAD:
        scene.say("rated_good", grade=grade)
        return
    scene.say("service_bad")
    if scene.conversation.holder is Holder.BOT:
        scene.say("unhappy_waiting", when=when_human(scene))
    scene.hand_over("unhappy")
