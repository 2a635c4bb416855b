"""How a draft ends: submitted as a ticket, or withdrawn; then the next matter has its turn."""

from dataclasses import replace

from bot.conversation import Stage
from bot.dialogue import aftercare
from bot.dialogue.asking import proceed
from bot.dialogue.scene import Scene
from bot.dialogue.ticketing import make_ticket
from bot.turn import Outcomes
from handoff.clock import chinese_date, promised
from handoff.ticket import Ticket, TicketStatus


def submit(scene: Scene) -> None:
    """The confirmed draft, and those matters that its card showed, become tickets."""
    conversation = scene.conversation
    assert conversation.draft is not None
    shown = max(1, int(conversation.subject or "1"))
    appeals = [conversation.draft, *conversation.matters[: shown - 1]]
    tickets = []
    for appeal in appeals:
        ticket = make_ticket(appeal, scene.conversation, scene.rules, scene.now)
        scene.submit(ticket)
        tickets.append(ticket)
    _say_submitted(scene, tickets)
    scene.conversation = replace(scene.conversation, matters=scene.conversation.matters[shown - 1 :])
    scene.cancel("nudge", "lay")
    _take_next(scene)


def ask_withdraw(scene: Scene) -> None:
    """Dropping a draft is asked back once."""
    draft = scene.conversation.draft
    assert draft is not None
    scene.say("withdraw_draft", what=aftercare.shorten(draft.what or "这件事"))
    scene.ask(Stage.WITHDRAW, aftercare.withdraw_choices(scene), subject="draft")


def drop(scene: Scene) -> None:
    """The draft is withdrawn; nothing was submitted. A further matter has its turn."""
    scene.say("withdrawn_draft")
    scene.reach(Outcomes.TOLD)
    scene.cancel("nudge", "lay")
    _take_next(scene)


def _take_next(scene: Scene) -> None:
    """The next matter of the queue becomes the draft; without one, what had to wait for the draft is asked now."""
    matters = scene.conversation.matters
    scene.conversation = replace(
        scene.conversation.asking(Stage.IDLE), draft=matters[0] if matters else None, matters=matters[1:], nudged=False
    )
    outcome = scene.outcome
    if matters:
        scene.say("next_matter", what=aftercare.shorten(matters[0].what))
        proceed(scene)
    else:
        _ask_what_waited(scene)
    scene.reach(outcome)


def _ask_what_waited(scene: Scene) -> None:
    """A ticket that asked for more, or for its rating, while the citizen was busy with a draft."""
    tickets = scene.conversation.tickets
    wanting = next((t for t in tickets if t.status is TicketStatus.NEED_INFO), None)
    unrated = next((t for t in tickets if t.status is TicketStatus.RESOLVED and t.rating is None), None)
    if wanting is not None:
        scene.say("need_info_still", title=wanting.title)
        scene.ask(Stage.SUPPLEMENT, subject=wanting.ticket_no)
    elif unrated is not None:
        scene.say("rate_how", title=unrated.title)
        scene.ask(Stage.RATE, aftercare.grade_choices(unrated), subject=unrated.ticket_no)


def _say_submitted(scene: Scene, tickets: list[Ticket]) -> None:
    for ticket in tickets:
        scene.say_plain(receipt(scene, ticket))
    scene.say("submitted_how")


def receipt(scene: Scene, ticket: Ticket) -> str:
    """Number, matter and date, as the citizen is told them."""
    return scene.texts(
        "submitted",
        ticket_no=ticket.ticket_no,
        title=ticket.title,
        place=_place_words(ticket),
        unit=ticket.unit or "由受理部门确定",
        promise=_promise(scene, ticket),
    )


def _place_words(ticket: Ticket) -> str:
    place = ticket.place
    return (place.text or place.label or "已附定位") if place else "无"


def _promise(scene: Scene, ticket: Ticket) -> str:
    clock = promised(ticket.clocks)
    if clock is None:
        return scene.texts("promise_none")
    date = chinese_date(clock.due_at, scene.rules.iso(scene.now))
    return scene.texts("promise_provisional" if clock.provisional else "promise", date=date)
