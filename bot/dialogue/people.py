"""A person is wanted: because the citizen asks for one, or because there is danger."""

import re
from dataclasses import replace

from bot.conversation import Holder, Stage
from bot.dialogue import danger, intake
from bot.dialogue.filling import fill, open_appeal
from bot.dialogue.heard import Heard
from bot.dialogue.scene import Scene
from bot.dialogue.waiting import say_waiting, when_human
from bot.turn import Outcomes
from nlu.interpretation import EmergencyKind, Intent


def warn(scene: Scene, heard: Heard) -> None:
    """The right number at once, before anything else, whoever holds the conversation."""
    kind = heard.interpretation.emergency
    if kind is EmergencyKind.OTHER and is_cared_for(scene):
        return  # a cry for help of one who has the number already
    if danger.is_known(scene, str(kind)):
        return  # said already: the number comes again with what he asks now
    scene.announce(danger.warning(scene, str(kind), heard.text))
    scene.hand_over("emergency")


def is_cared_for(scene: Scene) -> bool:
    """Somebody in despair has the number already and waits for a person."""
    conversation = scene.conversation
    return conversation.stage is Stage.CARE and conversation.holder is Holder.WAITING and not scene.paused


def take_emergency(scene: Scene, heard: Heard) -> None:
    """After the number: no form; what can be done now, and a person is called."""
    if heard.interpretation.emergency is EmergencyKind.SUICIDE:
        care(scene, heard)
    else:
        danger.take_danger(scene, heard)


_BRINK = re.compile(r"桥|楼顶|天台|楼上|阳台|窗|河|江|水|湖|崖|栏杆|铁轨|站台|边上")
_COMES_BACK = re.compile(
    r"下来|听你|听您|不跳|不想死|想通|回(?:家|屋|来|去)|离开|往回|坐下|退(?:回|后)|冷静|谢谢|好(?:点|些|多)了|行吧|好吧"
)
_CARES = 3
"""So many ways to say that somebody is here."""


def care(scene: Scene, heard: Heard) -> None:
    """No form for one who despairs: a person, and a few words until he comes, never twice the same."""
    conversation = scene.conversation
    again = conversation.stage is Stage.CARE
    turns = int(conversation.subject or "0") if again else 0
    number = scene.rules.emergency_numbers.get("suicide", "12356")
    brink = bool(_BRINK.search(heard.text))
    if _COMES_BACK.search(heard.text) and again:
        scene.say("emergency_care_back", number=number)
    elif again:
        scene.say(f"emergency_care_kept_{turns % _CARES + 1}", number=number)
    else:
        scene.say("emergency_care")
    if brink and not _COMES_BACK.search(heard.text):
        scene.say("emergency_care_brink")
    scene.conversation = conversation.asking(Stage.CARE, subject=str(turns + again))
    scene.reach(Outcomes.HANDOVER)


def call_person(scene: Scene, heard: Heard) -> None:
    """人工 in one message from every state, without a quiz; what was said stays."""
    moment = scene.rules.moment(scene.now)
    ahead = scene.texts("place_in_line", ahead=heard.ahead) if heard.ahead else ""
    waits = scene.conversation.holder is Holder.WAITING
    human_now = scene.rules.human_now(moment)
    scene.hand_over("asked")
    _keep_what_was_said(scene, heard)
    if waits:
        say_waiting(scene, heard)
    elif not human_now:
        scene.say("waiting_later", when=scene.rules.next_human(moment), place=ahead)
    elif not heard.attended:
        scene.say("waiting_nobody", place=ahead)
    elif heard.ahead:
        scene.say("waiting_now", ahead=heard.ahead)
    else:
        scene.say("waiting_now_first")


_PATIENCE = 2
"""Rude messages after which a person is called: the first gets an apology, and the way to a person."""


def is_angry(scene: Scene, heard: Heard) -> bool:
    """He is rude again, and nobody was called yet."""
    if heard.interpretation.intent is not Intent.ABUSE or scene.conversation.holder is not Holder.BOT:
        return False
    past = 0 if scene.paused else scene.conversation.angry
    scene.conversation = replace(scene.conversation, angry=past + 1)
    return past + 1 >= _PATIENCE


def calm(scene: Scene, heard: Heard) -> None:
    """An apology and a person; what was asked stays asked."""
    place = scene.texts("place_in_line", ahead=heard.ahead) if heard.ahead else ""
    scene.say("angry_waiting", place=place, when=when_human(scene))
    scene.hand_over("angry")
    _keep_what_was_said(scene, heard)


def listen(scene: Scene, heard: Heard) -> None:
    """While a person has him the bot says nothing, and takes down what the matter needs: it is known afterwards."""
    _keep_what_was_said(scene, heard)
    scene.reach(Outcomes.HANDOVER)


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
