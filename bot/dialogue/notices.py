"""What comes from the other side: the case system's steps, operators, and the clock."""

from dataclasses import replace

from bot.conversation import Conversation, Holder, Stage
from bot.dialogue import aftercare, linking, parting
from bot.dialogue.asking import ask_again
from bot.dialogue.filing import file_ticket
from bot.dialogue.scene import Scene
from bot.dialogue.waiting import when_human
from bot.turn import Outcomes, Timeout
from channels.message import Attachment, MessageKind
from handoff.desk import ActionKind, Enclosure, OperatorAction
from handoff.ticket import StatusUpdate, Ticket, TicketStatus


def take_status(scene: Scene, update: StatusUpdate) -> None:
    """A step of a ticket: kept, told to the citizen in his chat, and rated when it is done."""
    ticket = scene.conversation.ticket(update.ticket_no)
    assert ticket is not None, "the inbox found the conversation by this ticket"
    states = scene.rules.states
    if any(past.event_id == update.event_id for past in ticket.history):
        return
    if update.status is TicketStatus.SUBMITTED and ticket.status is not TicketStatus.SUBMITTED:
        _take_late_receipt(scene, ticket, update)
        return
    moved = states.apply(ticket, update, "case_system")
    scene.update(moved)
    scene.reach(Outcomes.TOLD)
    if states.is_quiet(ticket, update):
        return
    sentence = states.sentence(ticket, update)
    if update.status in aftercare.RATABLE:
        _ask_rating(scene, moved, sentence)
    elif update.status is TicketStatus.NEED_INFO:
        _ask_more(scene, moved, sentence)
    else:
        scene.announce(sentence)


def _take_late_receipt(scene: Scene, ticket: Ticket, update: StatusUpdate) -> None:
    """That they have it comes after the citizen withdrew it, or after their own next step: only the number is news."""
    scene.update(replace(ticket, external_no=ticket.external_no or update.external_no))
    scene.reach(Outcomes.NOTED)


def _ask_more(scene: Scene, ticket: Ticket, sentence: str) -> None:
    """The next words are for this ticket; of a citizen in the middle of something, when he is done with that."""
    if _is_busy(scene.conversation):
        scene.announce(f"{sentence}\n{scene.texts('need_info_busy', ticket_no=ticket.ticket_no)}")
        return
    scene.announce(sentence)
    scene.conversation = scene.conversation.asking(Stage.SUPPLEMENT, subject=ticket.ticket_no)


def _ask_rating(scene: Scene, ticket: Ticket, sentence: str) -> None:
    """是否解决 and 满意度 at once; to a citizen in the middle of something without taking his question away."""
    if _is_busy(scene.conversation):
        busy = scene.texts("ask_rating_busy", ticket_no=ticket.ticket_no)
        scene.announce(f"{sentence}\n{busy}")
        return
    choices = aftercare.grade_choices(ticket)
    scene.announce(f"{sentence}\n{scene.texts('ask_rating')}", choices)
    scene.conversation = scene.conversation.asking(Stage.RATE, choices, subject=ticket.ticket_no)


def _is_busy(conversation: Conversation) -> bool:
    return conversation.draft is not None or conversation.holder is Holder.OPERATOR


def take_operator(scene: Scene, action: OperatorAction) -> None:
    """The words of an operator, and that he came or went."""
    scene.reach(Outcomes.HANDOVER)
    match action.kind:
        case ActionKind.CLAIM:
            scene.announce(scene.texts("operator_joined", name=action.operator_name))
        case ActionKind.REPLY:
            if action.text or not action.enclosures:
                scene.speak_as(action.operator_name, action.text)
            for number, enclosure in enumerate(action.enclosures):
                scene.enclose(action.operator_name, _attached(action, number, enclosure))
        case ActionKind.AMEND:
            scene.reach(Outcomes.NOTED)  # the draft was amended where the form was written down
        case ActionKind.SUBMIT:
            file_ticket(scene, action)
        case ActionKind.GIVE_BACK:
            parting.give_back(scene, action)
        case ActionKind.CLOSE:
            parting.close(scene, action)
        case ActionKind.ASSIGN | ActionKind.TRANSFER if action.later:
            words = scene.texts("operator_meant", name=action.target_name, when=when_human(scene))
            scene.announce(words)
        case ActionKind.ASSIGN:
            scene.announce(scene.texts("operator_given", name=action.target_name))
        case ActionKind.TRANSFER if action.target:
            scene.announce(scene.texts("operator_given", name=action.target_name))
        case ActionKind.TRANSFER:
            group = action.group or scene.texts("colleagues")
            scene.announce(scene.texts("operator_passed_on", group=group))
        case ActionKind.LOSE:
            scene.announce(scene.texts("operator_lost", when=when_human(scene)))
        case ActionKind.LEAVE:
            scene.announce(scene.texts("operator_gone", name=action.operator_name, when=when_human(scene)))
        case ActionKind.PART:
            scene.announce(scene.texts("unlinked_by_desk"))
        case ActionKind.WHISPER:
            pass  # said among colleagues


def _attached(action: OperatorAction, number: int, enclosure: Enclosure) -> Attachment:
    return Attachment(
        id=f"operator:{action.id}:{number}",
        kind=MessageKind(enclosure.kind),
        filename=enclosure.filename,
        mime=enclosure.mime,
        size=enclosure.size,
        key=enclosure.key,
    )


def take_timeout(scene: Scene, timeout: Timeout) -> None:
    """An unconfirmed draft is nudged once, then laid before the desk; or another chat of his was linked or parted."""
    if timeout.name in linking.NEWS:
        linking.tell(scene, timeout)
        return
    conversation = scene.conversation
    draft = conversation.draft
    if draft is None or conversation.holder is not Holder.BOT:
        return
    what = aftercare.shorten(draft.what) if draft.has_what else scene.texts("a_matter")
    if timeout.name == "nudge" and not conversation.nudged:
        _nudge(scene, what)
    elif timeout.name == "lay":
        scene.say("laid", what=what)
        scene.hand_over("unconfirmed")


def _nudge(scene: Scene, what: str) -> None:
    """A card is asked to be confirmed; a draft that is not so far yet gets its open question once more."""
    conversation = scene.conversation
    scene.conversation = replace(conversation, nudged=True)
    if conversation.stage is Stage.CONFIRM:
        scene.say("nudge", what=what)
        scene.offer(conversation.choices)
        scene.wake_at("lay", scene.now + scene.rules.lay_after)
    else:
        scene.say("nudge_open", what=what)
        ask_again(scene)
    scene.reach(Outcomes.QUESTION)
