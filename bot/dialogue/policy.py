"""What is answered to what: a citizen's message, a status, an operator's act or a time-out in, a `Turn` out.

Pure: no clock, no log, no network; the same arguments make the same turn.
"""

from dataclasses import replace

from bot.conversation import Conversation, Holder, Stage
from bot.dialogue import aftercare, answers, intake, tapping
from bot.dialogue.asking import proceed
from bot.dialogue.choices import find_choice
from bot.dialogue.filling import open_appeal
from bot.dialogue.heard import SILENT, Heard
from bot.dialogue.notices import take_operator, take_status, take_timeout
from bot.dialogue.rules import Rules
from bot.dialogue.saying import says_no, says_yes, substance
from bot.dialogue.scene import Scene
from bot.texts import EMERGENCY_ADVICE, Texts
from bot.turn import Event, Outcomes, Timeout, Turn
from channels.message import Choice, MessageKind
from handoff.desk import OperatorAction
from handoff.ticket import StatusUpdate
from nlu.contact import digit_fragment
from nlu.interpretation import Intent

_SMALL_TALK = {
    Intent.GREET: "greet",
    Intent.THANKS: "thanks",
    Intent.GOODBYE: "goodbye",
    Intent.CHITCHAT: "chitchat",
    Intent.ABUSE: "abuse",
    Intent.COMPLAINT_ABOUT_BOT: "complaint_about_bot",
}
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
        choice = _find_choice(heard, conversation)
        stale = conversation.draft is not None and conversation.last_message_at and paused > self._rules.stale_after
        if understood.intent is Intent.HUMAN or (choice and choice.value == "human"):
            self._call_person(scene, heard)
        elif choice is not None:
            tapping.take_choice(scene, choice, heard)
        elif understood.emergency:
            self._take_emergency(scene, heard)
        elif not heard.text:
            self._take_wordless(scene, heard)
        elif self._takes_stage(scene, heard) or (stale and intake.take_up_again(scene, heard)):
            pass
        elif conversation.draft is not None:
            intake.go_on(scene, heard)
        else:
            self._take_words(scene, heard)

    def _call_person(self, scene: Scene, heard: Heard) -> None:
        moment = self._rules.moment(scene.now)
        waits = scene.conversation.holder is Holder.WAITING
        human_now = self._rules.human_now(moment)
        scene.hand_over("asked")
        self._keep_what_was_said(scene, heard)
        if waits:
            when = "" if human_now else scene.texts("still_waiting_when", when=self._rules.next_human(moment))
            scene.say("still_waiting", when=when)
        elif not human_now:
            scene.say("waiting_later", when=self._rules.next_human(moment))
        elif heard.ahead:
            scene.say("waiting_now", ahead=heard.ahead)
        else:
            scene.say("waiting_now_first")

    def _keep_what_was_said(self, scene: Scene, heard: Heard) -> None:
        """转人工 in the same breath as a matter: the matter is not lost."""
        if scene.conversation.draft is None and len(substance(heard.text)) > 12 and _has_place(heard):
            draft = open_appeal(heard, heard.text, 1, self._rules)
            scene.conversation = replace(scene.conversation, draft=draft, nudged=False)

    def _take_emergency(self, scene: Scene, heard: Heard) -> None:
        scene.say("emergency_after")
        if scene.conversation.draft is not None:
            intake.go_on(scene, heard)
        else:
            intake.begin(scene, heard)

    def _take_wordless(self, scene: Scene, heard: Heard) -> None:
        """Photos, pins, voice that nobody heard, stickers: kept, and asked about."""
        kinds = heard.kinds
        if kinds & {MessageKind.FOLLOW, MessageKind.SCAN}:
            scene.say("welcome")
            scene.reach(Outcomes.ANSWER)
        if heard.pin or (heard.attachments and scene.conversation.draft is not None):
            self._take_facts(scene, heard)
        elif heard.attachments:
            self._take_media(scene, heard)
        elif scene.silent:
            self._take_odd(scene, heard)

    def _take_facts(self, scene: Scene, heard: Heard) -> None:
        if scene.conversation.draft is None:
            intake.begin(scene, heard)
        elif MessageKind.VOICE in heard.kinds:
            scene.say("voice_listening" if self._rules.listens else "voice_unheard")
            intake.go_on(scene, heard)
        else:
            intake.go_on(scene, heard)

    def _take_media(self, scene: Scene, heard: Heard) -> None:
        """A lone photo: to the one ticket that is open, to one of a short list, or to a matter still to be told."""
        fitting = aftercare.open_tickets(scene)
        scene.conversation = replace(scene.conversation, loose=(*scene.conversation.loose, *heard.attachments))
        if heard.kinds & {MessageKind.VOICE}:
            scene.say("voice_listening" if self._rules.listens else "voice_unheard")
            scene.ask(Stage.WHAT)
        elif scene.conversation.stage in (Stage.SUPPLEMENT, Stage.RATE_REASON) or len(fitting) == 1:
            ticket = scene.conversation.ticket(scene.conversation.subject) or fitting[0]
            tapping.act_on_ticket(scene, "supplement", ticket, "")
        elif fitting:
            scene.say("which_ticket")
            options = tuple(Choice(value=f"supplement:{t.ticket_no}", label=t.title) for t in reversed(fitting[-5:]))
            new = Choice(value="new", label=scene.texts("choice_new_matter"))
            scene.ask(Stage.WHICH_TICKET, (*options, new))
        else:
            intake.begin(scene, replace(heard, messages=tuple(replace(m, attachments=()) for m in heard.messages)))

    def _take_odd(self, scene: Scene, heard: Heard) -> None:
        if MessageKind.STICKER in heard.kinds:
            scene.say("sticker")
        elif MessageKind.LINK in heard.kinds:
            scene.say("link")
        else:
            scene.say("unknown_kind")
        scene.reach(Outcomes.TOLD)

    def _takes_stage(self, scene: Scene, heard: Heard) -> bool:
        """Answers that only the question before them makes clear. True when this was one."""
        conversation = scene.conversation
        intent = heard.interpretation.intent
        match conversation.stage:
            case Stage.WITHDRAW:
                return self._settle_withdrawal(scene, heard)
            case Stage.SUPPLEMENT | Stage.RATE_REASON if intent not in (Intent.STATUS, Intent.FAQ, Intent.WITHDRAW):
                return self._take_for_ticket(scene, heard)
            case Stage.RATE if conversation.draft is None:
                return self._take_rating(scene, heard)
            case Stage.RESUME if conversation.draft is not None and says_yes(heard.text):
                proceed(scene)
                return True
            case _:
                return False

    def _settle_withdrawal(self, scene: Scene, heard: Heard) -> bool:
        agrees = says_yes(heard.text) or heard.interpretation.intent is Intent.WITHDRAW
        if not agrees and not says_no(heard.text):
            scene.conversation = scene.conversation.asking(Stage.IDLE)
            return False
        tapping.settle_withdrawal(scene, heard, really=agrees)
        return True

    def _take_for_ticket(self, scene: Scene, heard: Heard) -> bool:
        ticket = scene.conversation.ticket(scene.conversation.subject)
        reason = scene.conversation.stage is Stage.RATE_REASON
        if ticket is None or scene.conversation.draft is not None or (reason and says_no(heard.text)):
            return False
        scene.conversation = scene.conversation.asking(Stage.IDLE)
        if heard.interpretation.intent in (Intent.THANKS, Intent.GOODBYE, Intent.GREET):
            return False
        aftercare.supplement(scene, ticket, heard.text, heard.attachments)
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
        if intent in _SMALL_TALK:
            scene.say(_SMALL_TALK[intent])
            scene.reach(Outcomes.ANSWER)
            return
        match intent:
            case Intent.STATUS:
                aftercare.tell_status(scene, heard)
            case Intent.URGE | Intent.WITHDRAW | Intent.RATE:
                self._act_on_ticket(scene, heard, intent)
            case Intent.SUPPLEMENT | Intent.CORRECT if scene.conversation.tickets:
                self._supplement(scene, heard)
            case Intent.FAQ:
                answers.tell_answer(scene, heard)
            case Intent.APPEAL | Intent.SUPPLEMENT | Intent.CORRECT | Intent.EMERGENCY:
                intake.begin(scene, heard)
            case _:
                self._take_unclear(scene, heard)

    def _act_on_ticket(self, scene: Scene, heard: Heard, intent: Intent) -> None:
        grade = aftercare.read_grade(heard.text)
        if intent is Intent.WITHDRAW and not scene.conversation.tickets:
            scene.say("nothing_to_withdraw")
            scene.reach(Outcomes.TOLD)
            return
        if intent is Intent.RATE:
            self._rate(scene, heard, grade)
            return
        action = "urge" if intent is Intent.URGE else "withdraw_ticket"
        ticket = aftercare.with_ticket(scene, heard, action)
        if ticket is not None:
            tapping.act_on_ticket(scene, action, ticket, heard.text)

    def _rate(self, scene: Scene, heard: Heard, grade: str | None) -> None:
        tickets = scene.conversation.tickets
        named = aftercare.named_number(heard.text)
        rated = [t for t in tickets if t.status in aftercare.RATABLE] or list(tickets)
        ticket = scene.conversation.ticket(named) if named else (rated[-1] if rated else None)
        if ticket is None:
            scene.say("rate_what")
            scene.reach(Outcomes.TOLD)
        elif grade is None:
            scene.say("rate_how")
            scene.ask(Stage.RATE, aftercare.grade_choices(ticket), subject=ticket.ticket_no)
        else:
            aftercare.rate(scene, ticket, grade, heard.text)

    def _supplement(self, scene: Scene, heard: Heard) -> None:
        scene.conversation = replace(scene.conversation, loose=(*scene.conversation.loose, *heard.attachments))
        ticket = aftercare.with_ticket(scene, heard, "supplement")
        if ticket is not None:
            tapping.act_on_ticket(scene, "supplement", ticket, heard.text)

    def _take_unclear(self, scene: Scene, heard: Heard) -> None:
        """Confirm, deny, gibberish without anything to confirm or deny; or words that only look unclear."""
        understood = heard.interpretation
        sure = understood.category is not None and understood.category.confidence >= _PLACE_LIKELY
        if answers.answers(heard):
            answers.tell_answer(scene, heard)
        elif (understood.phone or _has_place(heard) or sure) and understood.intent is not Intent.GIBBERISH:
            if understood.phone and not _has_place(heard) and aftercare.open_tickets(scene):
                self._supplement(scene, heard)
            else:
                intake.begin(scene, heard)
        elif understood.intent is Intent.CONFIRM:
            scene.say("greet")
            scene.reach(Outcomes.ANSWER)
        else:
            intake.not_understood(scene)


def _find_choice(heard: Heard, conversation: Conversation) -> Choice | None:
    if heard.tapped:
        known = next((choice for choice in conversation.choices if choice.value == heard.tapped), None)
        return known or Choice(value=heard.tapped, label=heard.text)
    expects_digits = conversation.draft is not None and conversation.draft.phone_fragment
    if expects_digits and digit_fragment(heard.text):
        return None
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
