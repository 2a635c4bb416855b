"""Going on: at the same slot after something in between, and with a question after days."""

from dataclasses import replace

from bot.conversation import Stage
from bot.dialogue import aftercare
from bot.dialogue.asking import ask_again, proceed
from bot.dialogue.filling import open_appeal
from bot.dialogue.heard import Heard
from bot.dialogue.saying import substance
from bot.dialogue.scene import Scene
from channels.message import Choice
from nlu.interpretation import Intent

_A_MATTER = 6
"""Characters of substance besides its place from which words tell a matter of their own."""


def resume(scene: Scene) -> None:
    """On with the same question, after something in between that was dealt with."""
    scene.say_plain("——")
    ask_again(scene)


def take_up_again(scene: Scene, heard: Heard) -> bool:
    """After a long pause: what was begun is taken up with a question, never silently. True when it was asked."""
    draft = scene.conversation.draft
    assert draft is not None
    intent = heard.interpretation.intent
    if not draft.has_what or heard.interpretation.phone:
        return False
    if intent in (Intent.APPEAL, Intent.EMERGENCY):
        if not _tells_a_matter(scene, heard):
            return False
        number = len(scene.conversation.matters) + 1
        appeal = open_appeal(heard, heard.text, number, scene.rules)
        scene.conversation = replace(scene.conversation, matters=(*scene.conversation.matters, appeal))
    elif intent is not Intent.GREET:
        return False
    scene.say("resume", what=aftercare.shorten(draft.what))
    scene.ask(Stage.RESUME, _resume_choices(scene))
    return True


def _tells_a_matter(scene: Scene, heard: Heard) -> bool:
    """Not only the place that was asked for days ago."""
    understood = heard.interpretation
    rest = len(substance(heard.text, tuple(place.text for place in understood.locations)))
    sure = understood.category is not None and understood.category.confidence >= scene.rules.guess
    return rest >= _A_MATTER or (sure and rest >= _A_MATTER // 3)


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
        scene.say("fresh_first", what=aftercare.shorten(newest.what))
    proceed(scene)
