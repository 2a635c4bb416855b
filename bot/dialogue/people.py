"""A person is wanted: because the citizen asks for one, or because there is danger."""

from dataclasses import replace

from bot.conversation import Holder, Stage
from bot.dialogue import intake
from bot.dialogue.filling import fill, open_appeal
from bot.dialogue.heard import Heard
from bot.dialogue.scene import Scene
from bot.texts import EMERGENCY_ADVICE
from nlu.interpretation import EmergencyKind


def warn(scene: Scene, heard: Heard) -> None:
    """The right number at once, before anything else, whoever holds the conversation."""
    if heard.interpretation.emergency is EmergencyKind.OTHER and is_cared_for(scene):
        return  # a cry for help of one who has the number already
    kind = str(heard.interpretation.emergency)
    number = scene.rules.emergency_numbers.get(kind, "110")
    what, advice = EMERGENCY_ADVICE[kind]
    scene.announce(scene.texts("emergency", number=number, what=what, advice=advice))
    scene.hand_over("emergency")


def is_cared_for(scene: Scene) -> bool:
    """Somebody in despair has the number already and waits for a person."""
    conversation = scene.conversation
    return conversation.stage is Stage.CARE and conversation.holder is Holder.WAITING and not scene.paused


def take_emergency(scene: Scene, heard: Heard) -> None:
    """After the number: the matter is taken down while a person is called."""
    if heard.interpretation.emergency is EmergencyKind.SUICIDE:
        # No form for one who despairs: a person, and a few words until he comes.
        scene.say("emergency_care")
        scene.conversation = scene.conversation.asking(Stage.CARE)
        return
    scene.say("emergency_after")
    if scene.conversation.draft is not None:
        intake.go_on(scene, heard)
    else:
        intake.begin(scene, heard)


def call_person(scene: Scene, heard: Heard) -> None:
    """人工 in one message from every state, without a quiz; what was said stays."""
    moment = scene.rules.moment(scene.now)
    waits = scene.conversation.holder is Holder.WAITING
    human_now = scene.rules.human_now(moment)
    scene.hand_over("asked")
    _keep_what_was_said(scene, heard)
    if waits:
        say_waiting(scene)
    elif not human_now:
        scene.say("waiting_later", when=scene.rules.next_human(moment))
    elif heard.ahead:
        scene.say("waiting_now", ahead=heard.ahead)
    else:
        scene.say("waiting_now_first")


def say_waiting(scene: Scene) -> None:
    """He is not forgotten, and when somebody will look."""
    moment = scene.rules.moment(scene.now)
    human_now = scene.rules.human_now(moment)
    when = "" if human_now else scene.texts("still_waiting_when", when=scene.rules.next_human(moment))
    scene.say("still_waiting", when=when)


def _keep_what_was_said(scene: Scene, heard: Heard) -> None:
    """转人工 in the same breath as a matter: the matter is not lost."""
    conversation = scene.conversation
    if conversation.draft is not None:
        filled = fill(conversation.draft, heard, conversation.stage, scene.rules)
        stage = Stage.IDLE if filled.changed else conversation.stage
        scene.conversation = replace(conversation, draft=filled.appeal, stage=stage)
    elif intake.has_matter(heard):
        draft = open_appeal(heard, heard.text, 1, scene.rules)
        scene.conversation = replace(conversation, draft=draft, nudged=False)
