"""Photos, pins, voice that nobody heard, stickers, links: kept, and asked about."""

from dataclasses import replace

from bot.conversation import Stage
from bot.dialogue import aftercare, errands, intake
from bot.dialogue.card import show_pin
from bot.dialogue.heard import Heard
from bot.dialogue.resuming import resume
from bot.dialogue.scene import Scene
from bot.turn import Outcomes
from channels.message import Choice, MessageKind
from handoff.ticket import Ticket

_ODD = frozenset({MessageKind.STICKER, MessageKind.LINK, MessageKind.UNKNOWN})


def is_wordless(heard: Heard) -> bool:
    """Nothing was written; the title of a forwarded page is not the citizen's word."""
    return not heard.text or heard.kinds <= _ODD


def take_wordless(scene: Scene, heard: Heard) -> None:
    """Everything that came without words."""
    if heard.kinds & {MessageKind.FOLLOW, MessageKind.SCAN}:
        _welcome(scene)
    elif heard.pin or heard.attachments:
        _take_facts(scene, heard)
    else:
        _take_odd(scene, heard)


def _welcome(scene: Scene) -> None:
    scene.reach(Outcomes.ANSWER)
    if scene.conversation.draft is None:
        scene.say("welcome")
    else:
        scene.say("greet_draft")
        resume(scene)


def _take_facts(scene: Scene, heard: Heard) -> None:
    conversation = scene.conversation
    awaiting = conversation.stage in (Stage.SUPPLEMENT, Stage.RATE_REASON)
    ticket = conversation.ticket(conversation.subject) if awaiting else None
    unheard = MessageKind.VOICE in heard.kinds
    if ticket is not None:
        _to_ticket(scene, heard, ticket)
    elif conversation.draft is not None:
        if unheard:
            scene.say("voice_unheard")
        intake.go_on(scene, heard)
    elif heard.pin or not aftercare.open_tickets(scene):
        if unheard:
            scene.say("voice_unheard")
        intake.begin(scene, heard)
    elif unheard:
        scene.say("voice_unheard")
        scene.say("voice_type")
        scene.conversation = replace(conversation, loose=(*conversation.loose, *heard.attachments))
        scene.reach(Outcomes.QUESTION)
    else:
        _take_photo(scene, heard)


def _take_photo(scene: Scene, heard: Heard) -> None:
    """A lone photo without a draft: to the one ticket that is open, or to one of a short list."""
    tickets = aftercare.open_tickets(scene)
    if len(tickets) == 1:
        _to_ticket(scene, heard, tickets[0])
        return
    scene.conversation = replace(scene.conversation, loose=(*scene.conversation.loose, *heard.attachments))
    new = Choice(value="new", label=scene.texts("choice_new_matter"))
    errands.ask_which(scene, "supplement", tickets, "", new)


def _to_ticket(scene: Scene, heard: Heard, ticket: Ticket) -> None:
    words = f"定位：{show_pin(heard.pin)}" if heard.pin else ""
    asked = scene.conversation.stage
    scene.conversation = scene.conversation.asking(Stage.IDLE)
    aftercare.supplement(scene, ticket, words, (*scene.conversation.loose, *heard.attachments), asked=asked)
    scene.conversation = replace(scene.conversation, loose=())
    if MessageKind.VOICE in heard.kinds:
        scene.say("voice_type")
        scene.ask(Stage.SUPPLEMENT, subject=ticket.ticket_no)
        scene.reach(Outcomes.TICKET)


def _take_odd(scene: Scene, heard: Heard) -> None:
    draft = scene.conversation.draft
    if MessageKind.STICKER in heard.kinds:
        scene.say("sticker")
    elif MessageKind.LINK in heard.kinds:
        scene.say("link")
        if draft is not None and draft.has_what and heard.text:
            kept = draft.saying(f"（链接）{heard.text}", heard.ids)
            scene.conversation = replace(scene.conversation, draft=kept)
    else:
        scene.say("unknown_kind")
    scene.reach(Outcomes.TOLD)
    if draft is not None:
        resume(scene)
    else:
        scene.say("please_type")
