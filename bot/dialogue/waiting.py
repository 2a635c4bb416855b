"""What one who waits for a person is told: his place in line as it is now, and when somebody will look."""

import re

from bot.conversation import Holder
from bot.dialogue.heard import Heard
from bot.dialogue.scene import Scene
from bot.turn import Outcomes


def say_waiting(scene: Scene, heard: Heard) -> None:
    """He is not forgotten, where he stands in line now, and when somebody will look."""
    scene.say("still_waiting", place=place(scene, heard), when=when_human(scene))
    scene.reach(Outcomes.HANDOVER)


def when_human(scene: Scene) -> str:
    """When somebody will look, where that is not now."""
    moment = scene.rules.moment(scene.now)
    if scene.rules.human_now(moment):
        return "" if scene.attended else scene.texts("still_waiting_nobody")
    return scene.texts("still_waiting_when", when=scene.rules.next_human(moment))


def place(scene: Scene, heard: Heard) -> str:
    """Where he stands in line now."""
    return scene.texts("place_in_line", ahead=heard.ahead) if heard.ahead else scene.texts("place_first")


_ASKS_PLACE = re.compile(
    r"排(?:到|在|队)?.{0,4}(?:第?几|多少|哪)|(?:前面|前头).{0,4}(?:几|多少)|(?:轮|排)到(?:我|俺)|"
    r"(?:坐席|客服|人工|接线员|工作人员).{0,8}(?:多久|什么时候|啥时候|几点|来了[吗没]|在[吗么不])"
)
_SHORT_QUESTION = 20


def asks_place(scene: Scene, heard: Heard) -> bool:
    """One who waits asks when his turn comes."""
    waits = scene.conversation.holder is Holder.WAITING
    return waits and len(heard.text) <= _SHORT_QUESTION and bool(_ASKS_PLACE.search(heard.text))
