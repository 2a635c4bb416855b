"""What is answered to what: a citizen's message, a status, an operator's act or a time-out in, a `Turn` out.

Pure: no clock, no log, no network; the same arguments make the same turn.
"""

from dataclasses import replace

from bot.conversation import Conversation, Holder, Stage
from bot.dialogue import aftercare, answers, errands, intake, resuming, tapping, wordless
from bot.dialogue.asking import proceed
from bot.dialogue.choices import find_choice
from bot.dialogue.filling import open_appeal
from bot.dialogue.heard import SILENT, Heard
from bot.dialogue.notices import take_operator, take_status, take_timeout
from bot.dialogue.rules import Rules
from bot.dialogue.saying import is_further, keeps_on, says_no, says_same_place, says_yes, without_count
from bot.dialogue.scene import Scene
from bot.texts import EMERGENCY_ADVICE, Texts
from bot.turn import Event, Outcomes, Timeout, Turn
from channels.message import Choice, MessageKind
from handoff.desk import OperatorAction
from handoff.ticket import StatusUpdate
from nlu.contact import digit_fragment
from nlu.interpretation import EmergencyKind, Intent

_SMALL_TALK = {
    Intent.GREET: "greet",
    Intent.THANKS: "thanks",
    Intent.GOODBYE: "goodbye",
    Intent.CHITCHAT: "chitchat",
    Intent.ABUSE: "abuse",
    Intent.COMPLAINT_ABOUT_BOT: "complaint_about_bot",
}
_NOT_OF_BLANK = frozenset(
    {Intent.STATUS, Intent.URGE, Intent.WITHDRAW, Intent.RATE, Intent.GREET, Intent.THANKS, Intent.GOODBYE, Intent.FAQ}
)
"""What is no answer to 请问什么事 when the citizen has only said that there is something."""
_SHORT = 20
_PLACE_LIKELY = 0.5
"""Category confidence from which words without a clear intent are taken as a matter."""


class Dialogue:
    """The policy of a city."""

    def __init__(self, rules: Rules, texts: Texts) -> None:
        self._rules = rules
        self._texts = texts

    def on_message(self, conversation: Conversation, heard: Heard, events: tuple[str, ...], now: float) -> Turn:
        """A message, or a burst of them."""
        scene = self._scene(conversation, events, now)
        scene.intent = str(heard.interpretation.intent)
        scene.understood = _describe(heard)
        if heard.kinds <= set(SILENT):
            gone = MessageKind.UNFOLLOW in heard.kinds
            scene.conversation = replace(conversation, reachable=conversation.reachable and not gone)
            return scene.turn()
        if heard.interpretation.emergency:
            self._warn(scene, heard)
        if conversation.holder is Holder.OPERATOR:
            scene.reach(Outcomes.HANDOVER)
        else:
            self._answer(scene, heard, paused=now - conversation.last_message_at)
            self._introduce(scene)
            if scene.conversation.not_understood == conversation.not_understood:
                scene.conversation = replace(scene.conversation, not_understood=0)
        scene.conversation = replace(scene.conversation, last_message_at=now, reachable=True)
        return scene.turn()

    def on_status(self, conversation: Conversation, update: StatusUpdate, event: Event, now: float) -> Turn:
        """A step told by the case system. Raises StepRefused when the state table does not know it."""
        scene = self._scene(conversation, (event.id,), now)
        take_status(scene, update)
        return scene.turn()

    def on_operator(self, conversation: Conversation, action: OperatorAction, event: Event, now: float) -> Turn:
        """An operator's act, whose outcome for the holder the record has decided already."""
        scene = self._scene(conversation, (event.id,), now)
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

    def _warn(self, scene: Scene, heard: Heard) -> None:
        kind = str(heard.interpretation.emergency)
        number = self._rules.emergency_numbers.get(kind, "110")
        what, advice = EMERGENCY_ADVICE[kind]
        scene.announce(scene.texts("emergency", number=number, what=what, advice=advice))
        scene.hand_over("emergency")

    def _introduce(self, scene: Scene) -> None:
        """At the first contact one short line says what is kept and why (个人信息保护法 第十七条)."""
        if not scene.conversation.introduced and not scene.silent:
            scene.first("privacy", privacy_url=self._rules.privacy_url)
            scene.conversation = replace(scene.conversation, introduced=True)

    def _answer(self, scene: Scene, heard: Heard, paused: float) -> None:
        understood = heard.interpretation
        conversation = scene.conversation
        draft = conversation.draft
        choice = _find_choice(heard, conversation)
        scene.paused = bool(conversation.last_message_at) and paused > self._rules.stale_after
        stale = draft is not None and scene.paused
        if understood.intent is Intent.HUMAN or (choice and choice.value == "human"):
            self._call_person(scene, heard)
        elif choice is not None:
            tapping.take_choice(scene, choice, heard)
        elif understood.emergency:
            self._take_emergency(scene, heard)
        elif wordless.is_wordless(heard):
            wordless.take_wordless(scene, heard)
        elif self._takes_stage(scene, heard) or (stale and resuming.take_up_again(scene, heard)):
            pass
        elif draft is not None and not (draft.is_blank and understood.intent in _NOT_OF_BLANK):
            intake.go_on(scene, heard)
        else:
            scene.conversation = replace(scene.conversation, draft=None)
            self._take_words(scene, heard)

    def _call_person(self, scene: Scene, heard: Heard) -> None:
        moment = self._rules.moment(scene.now)
        waits = scene.conversation.holder is Holder.WAITING
        human_now = self._rules.human_now(moment)
        scene.hand_over("asked")
        self._keep_what_was_said(scene, heard)
        if waits:
            self._say_waiting(scene)
        elif not human_now:
            scene.say("waiting_later", when=self._rules.next_human(moment))
        elif heard.ahead:
            scene.say("waiting_now", ahead=heard.ahead)
        else:
            scene.say("waiting_now_first")

    def _say_waiting(self, scene: Scene) -> None:
        moment = self._rules.moment(scene.now)
        human_now = self._rules.human_now(moment)
        when = "" if human_now else scene.texts("still_waiting_when", when=self._rules.next_human(moment))
        scene.say("still_waiting", when=when)

    def _keep_what_was_said(self, scene: Scene, heard: Heard) -> None:
        """转人工 in the same breath as a matter: the matter is not lost."""
        if scene.conversation.draft is None and intake.has_matter(heard):
            draft = open_appeal(heard, heard.text, 1, self._rules)
            scene.conversation = replace(scene.conversation, draft=draft, nudged=False)

    def _take_emergency(self, scene: Scene, heard: Heard) -> None:
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

    def _takes_stage(self, scene: Scene, heard: Heard) -> bool:
        """Answers that only the question before them makes clear. True when this was one."""
        conversation = scene.conversation
        intent = heard.interpretation.intent
        match conversation.stage:
            case Stage.WITHDRAW:
                return self._settle_withdrawal(scene, heard)
            case Stage.SUPPLEMENT | Stage.RATE_REASON if intent not in (Intent.STATUS, Intent.FAQ, Intent.WITHDRAW):
                return self._take_for_ticket(scene, heard)
            case Stage.CARE if conversation.holder is Holder.WAITING and not scene.paused:
                scene.say("emergency_care_kept", number=self._rules.emergency_numbers.get("suicide", "12356"))
                scene.reach(Outcomes.HANDOVER)
                return True
            case Stage.RATE if conversation.draft is None:
                return self._take_rating(scene, heard)
            case Stage.RESUME if conversation.draft is not None and says_yes(heard.text):
                proceed(scene)
                return True
            case Stage.FAQ if conversation.draft is None and says_yes(heard.text):
                # 好的 to "shall I pass the question on?" means the first thing that was offered.
                tapping.take_choice(scene, conversation.choices[0], heard)
                return True
            case _:
                return False

    def _settle_withdrawal(self, scene: Scene, heard: Heard) -> bool:
        keeps = says_no(heard.text) or keeps_on(heard.text)
        agrees = not keeps and (says_yes(heard.text) or heard.interpretation.intent is Intent.WITHDRAW)
        if not agrees and not keeps:
            scene.conversation = scene.conversation.asking(Stage.IDLE)
            return False
        tapping.settle_withdrawal(scene, heard, really=agrees)
        return True

    def _take_for_ticket(self, scene: Scene, heard: Heard) -> bool:
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

    def _take_rating(self, scene: Scene, heard: Heard) -> bool:
        ticket = scene.conversation.ticket(scene.conversation.subject)
        grade = aftercare.read_grade(heard.text)
        if ticket is None or grade is None:
            return False
        scene.conversation = scene.conversation.asking(Stage.IDLE)
        aftercare.rate(scene, ticket, grade, heard.text)
        return True

    def _take_words(self, scene: Scene, heard: Heard) -> None:
        """Words without an open draft."""
        intent = heard.interpretation.intent
        tickets = scene.conversation.tickets
        if intent is Intent.GREET and scene.conversation.holder is Holder.WAITING:
            self._say_waiting(scene)
            scene.reach(Outcomes.HANDOVER)
        elif intent in _SMALL_TALK:
            scene.say(_SMALL_TALK[intent])
            scene.reach(Outcomes.ANSWER)
        elif is_further(heard.text):
            self._take_further(scene, heard)
        elif intent in (Intent.CONFIRM, Intent.DENY) and not answers.answers(heard):
            scene.say("ok" if tickets or scene.conversation.introduced else "greet")
            scene.reach(Outcomes.ANSWER)
        elif intent is Intent.STATUS:
            aftercare.tell_status(scene, errands.named_number(heard.text))
        elif intent is Intent.WITHDRAW and not tickets:
            scene.say("nothing_to_withdraw")
            scene.reach(Outcomes.TOLD)
        elif intent is Intent.RATE:
            errands.rate(scene, heard)
        elif intent in (Intent.URGE, Intent.WITHDRAW):
            errands.run(scene, heard, intent)
        elif tickets and (intent in (Intent.SUPPLEMENT, Intent.CORRECT) or self._is_about_ticket(scene, heard)):
            errands.run(scene, heard, Intent.SUPPLEMENT)
        elif errands.wants_secrecy(heard) and aftercare.open_tickets(scene):
            errands.change_secrecy(scene, heard)
        elif intent is Intent.FAQ:
            answers.tell_answer(scene, heard)
        elif intent in (Intent.APPEAL, Intent.SUPPLEMENT, Intent.CORRECT, Intent.EMERGENCY):
            intake.begin(scene, heard)
        else:
            self._take_unclear(scene, heard)

    def _is_about_ticket(self, scene: Scene, heard: Heard) -> bool:
        """再不来我找你们领导: a complaint without a matter or a place, while one ticket is open, is about that."""
        kind = heard.interpretation.category
        unclear = kind is None or kind.confidence < self._rules.guess
        appeals = heard.interpretation.intent is Intent.APPEAL and not _has_place(heard)
        return appeals and unclear and len(heard.text) <= _SHORT and len(aftercare.open_tickets(scene)) == 1

    def _take_further(self, scene: Scene, heard: Heard) -> None:
        """另一件事, perhaps with the matter itself behind it; bare, after a supplement, it means what was just said."""
        rest = without_count(heard.text)
        bare = is_further(rest)
        if bare and any(choice.value == "another" for choice in scene.conversation.choices):
            tapping.take_choice(scene, Choice(value="another", label=""), heard)
        elif bare:
            intake.begin_blank(scene, heard)
        elif self._rules.parse(rest).intent is Intent.FAQ:
            answers.tell_answer(scene, heard)
        else:
            intake.begin(scene, replace(heard, text=rest, interpretation=self._rules.parse(rest)))

    def _take_unclear(self, scene: Scene, heard: Heard) -> None:
        """Confirm, deny, gibberish without anything to confirm or deny; or words that only look unclear."""
        understood = heard.interpretation
        sure = understood.category is not None and understood.category.confidence >= _PLACE_LIKELY
        if answers.answers(heard):
            answers.tell_answer(scene, heard)
        elif (understood.phone or _has_place(heard) or sure) and understood.intent is not Intent.GIBBERISH:
            if understood.phone and not _has_place(heard) and aftercare.open_tickets(scene):
                errands.run(scene, heard, Intent.SUPPLEMENT)
            else:
                intake.begin(scene, heard)
        else:
            intake.not_understood(scene)


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


def _has_place(heard: Heard) -> bool:
    return any(place.main for place in heard.interpretation.locations)


def _describe(heard: Heard) -> dict[str, str]:
    """What the machine understood, for the operator."""
    understood = heard.interpretation
    category = understood.category
    return {
        "意图": str(understood.intent),
        **({"类型": str(understood.appeal_type)} if understood.appeal_type else {}),
        **({"类别": f"{' > '.join(category.path)}（{category.confidence:.0%}）"} if category else {}),
        **({"地点": "；".join(place.text for place in understood.locations)} if understood.locations else {}),
        **({"紧急": str(understood.emergency)} if understood.emergency else {}),
    }
