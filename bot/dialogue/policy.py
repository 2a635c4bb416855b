"""What is answered to what: a citizen's message, a status, an operator's act or a time-out in, a `Turn` out.

Pure: no clock, no log, no network; the same arguments make the same turn.
"""

from dataclasses import replace

from bot.conversation import Conversation, Holder, Stage
from bot.dialogue import danger, intake, linking, people, resuming, sensitive, tapping, waiting, wordless, words
from bot.dialogue.bare import as_answer
from bot.dialogue.choices import find_choice
from bot.dialogue.conditions import asked_for, find_case, hinted_at
from bot.dialogue.filling import to_slot
from bot.dialogue.heard import SILENT, Heard
from bot.dialogue.notices import take_operator, take_status, take_timeout
from bot.dialogue.rules import Rules
from bot.dialogue.saying import cannot_say, says_same_place, wants_card
from bot.dialogue.scene import Scene
from bot.dialogue.stages import takes_stage
from bot.texts import Texts
from bot.turn import Event, Outcomes, Timeout, Turn
from channels.message import Choice, MessageKind
from handoff.desk import OperatorAction
from handoff.ticket import StatusUpdate
from nlu.contact import digit_fragment
from nlu.interpretation import EmergencyKind, Intent

_NOT_OF_BLANK = frozenset(
    {Intent.STATUS, Intent.URGE, Intent.WITHDRAW, Intent.RATE, Intent.GREET, Intent.THANKS, Intent.GOODBYE, Intent.FAQ}
)
"""What is no answer to 请问什么事 when the citizen has only said that there is something."""


class Dialogue:
    """The policy of a city."""

    def __init__(self, rules: Rules, texts: Texts) -> None:
        self._rules = rules
        self._texts = texts

    def on_message(self, conversation: Conversation, heard: Heard, events: tuple[str, ...], now: float) -> Turn:
        """A message, or a burst of them."""
        scene = self._scene(conversation, events, now)
        heard = as_answer(conversation, heard)
        scene.attended = heard.attended
        scene.intent = str(heard.interpretation.intent)
        scene.understood = _describe(heard)
        if heard.kinds <= set(SILENT):
            gone = MessageKind.UNFOLLOW in heard.kinds
            scene.conversation = replace(conversation, reachable=conversation.reachable and not gone)
            return scene.turn()
        paused = now - conversation.last_message_at
        scene.paused = bool(conversation.last_message_at) and paused > self._rules.stale_after
        if heard.interpretation.emergency:
            people.warn(scene, heard)
        if conversation.holder is Holder.OPERATOR:
            if not linking.take(scene, heard):
                people.listen(scene, heard)
        else:
            self._answer(scene, heard)
            if sensitive.is_sensitive(heard):
                sensitive.show(scene)
            self._introduce(scene)
            if scene.conversation.not_understood == conversation.not_understood:
                scene.conversation = replace(scene.conversation, not_understood=0)
        called = scene.conversation.calling(message.name for message in heard.messages)
        scene.conversation = replace(called, last_message_at=now, reachable=True)
        return scene.turn()

    def on_status(self, conversation: Conversation, update: StatusUpdate, event: Event, now: float) -> Turn:
        """A step told by the case system. Raises StepRefused when the state table does not know it."""
        scene = self._scene(conversation, (event.id,), now)
        take_status(scene, update)
        return scene.turn()

    def on_operator(
        self, conversation: Conversation, action: OperatorAction, event: Event, now: float, *, attended: bool = True
    ) -> Turn:
        """An operator's act, whose outcome for the holder the record has decided already."""
        scene = self._scene(conversation, (event.id,), now)
        scene.attended = attended
        take_operator(scene, action)
        return scene.turn()

    def on_timeout(self, conversation: Conversation, timeout: Timeout, event: Event, now: float) -> Turn:
        """A moment that an earlier turn asked to be woken at."""
        scene = self._scene(conversation, (event.id,), now)
        take_timeout(scene, timeout)
        return scene.turn()

    def on_failure(self, conversation: Conversation, events: tuple[str, ...], now: float) -> Turn:
        """Handling failed: the citizen is told that his words are kept, and a person is called."""
        scene = self._scene(conversation, events, now)
        scene.say("failed")
        scene.hand_over("failed")
        scene.reach(Outcomes.PUT_ASIDE)
        return scene.turn()

    def _scene(self, conversation: Conversation, events: tuple[str, ...], now: float) -> Scene:
        return Scene(conversation, key=events[-1], events=events, now=now, rules=self._rules, texts=self._texts)

    def _introduce(self, scene: Scene) -> None:
        """At the first contact one short line says what is kept and why (个人信息保护法 第十七条)."""
        if not scene.conversation.introduced and not scene.silent:
            scene.first("privacy", privacy_url=self._rules.privacy_url)
            scene.conversation = replace(scene.conversation, introduced=True)

    def _answer(self, scene: Scene, heard: Heard) -> None:
        understood = heard.interpretation
        conversation = scene.conversation
        draft = conversation.draft
        if draft is not None and draft.is_only_place and scene.paused:
            # A place that was named in a question days ago says nothing of what comes now.
            draft = None
            scene.conversation = conversation = replace(conversation, draft=None)
        choice = _find_choice(heard, conversation) or find_case(scene, heard)
        asked = asked_for(scene)
        # 职工, or 女职工, is no call for a person where it is a case, or a part of some.
        in_case = (choice is not None and choice.value.startswith("case:")) or (
            asked is not None and bool(hinted_at(asked.condition, heard.text))
        )
        stale = draft is not None and scene.paused
        reads = conversation.stage is Stage.CONFIRM and wants_card(heard.text)
        unknown_place = conversation.stage is Stage.WHERE and cannot_say(heard.text) and "人" not in heard.text
        if linking.take(scene, heard) or (choice is None and danger.goes_on(scene, heard)):
            pass
        elif (understood.intent is Intent.HUMAN and not unknown_place and not reads and not in_case) or (
            choice and choice.value == "human"
        ):
            people.call_person(scene, heard)
        elif waiting.asks_place(scene, heard):
            waiting.say_waiting(scene, heard)
        elif people.is_angry(scene, heard):
            people.calm(scene, heard)
        elif choice is not None:
            tapping.take_choice(scene, choice, heard)
        elif understood.emergency and not (understood.emergency is EmergencyKind.OTHER and people.is_cared_for(scene)):
            people.take_emergency(scene, heard)
        elif wordless.is_wordless(heard):
            wordless.take_wordless(scene, heard)
        elif takes_stage(scene, heard) or (stale and resuming.take_up_again(scene, heard)):
            pass
        elif draft is not None and not (draft.is_blank and understood.intent in _NOT_OF_BLANK):
            intake.go_on(scene, heard)
        else:
            scene.conversation = replace(scene.conversation, draft=None)
            words.take_words(scene, heard)


def _find_choice(heard: Heard, conversation: Conversation) -> Choice | None:
    if heard.tapped:
        known = next((choice for choice in conversation.choices if choice.value == heard.tapped), None)
        tapped = known or Choice(value=heard.tapped, label=heard.text)
        return tapped if tapping.is_known(tapped.value) or not heard.text else None
    expects_digits = conversation.draft is not None and conversation.draft.phone_fragment
    if expects_digits and digit_fragment(heard.text):
        return None
    if conversation.stage is Stage.WHERE and says_same_place(heard.text):
        return next((choice for choice in conversation.choices if choice.value.startswith("same_place")), None)
    return find_choice(heard.text, conversation.choices)


def _describe(heard: Heard) -> dict[str, str]:
    """What the machine understood, for the operator."""
    understood = heard.interpretation
    category = to_slot(understood.category).believed if understood.category else None
    return {
        "意图": str(understood.intent),
        **({"类型": str(understood.appeal_type)} if understood.appeal_type else {}),
        **({"类别": f"{' > '.join(category.path)}（{category.confidence:.0%}）"} if category else {}),
        **({"地点": "；".join(place.text for place in understood.locations)} if understood.locations else {}),
        **({"紧急": str(understood.emergency)} if understood.emergency else {}),
    }
