"""After a ticket is submitted: progress, urging, supplements, withdrawal, rating, each in plain words."""

import re
from dataclasses import replace

from bot.conversation import Holder, Stage
from bot.dialogue.saying import gives_anothers_number
from bot.dialogue.scene import Scene
from bot.dialogue.ticketing import to_ticket_attachment
from bot.dialogue.waiting import when_human
from bot.texts import DEFAULTS
from bot.turn import Outcomes
from channels.message import Address, Attachment, Choice
from handoff.clock import chinese_date, promised
from handoff.errors import StepRefused
from handoff.schemas import outgoing
from handoff.ticket import CaseEventKind, Ticket, TicketStatus
from nlu.contact import find_phone

GRADES = ("非常满意", "满意", "基本满意", "不满意", "非常不满意")
"""The five grades of 好差评; the last two are bad and reopen the ticket."""
BAD = GRADES[3:]
CLOSED = frozenset(
    {
        TicketStatus.ANSWERED_DIRECTLY,
        TicketStatus.REJECTED_OUT_OF_SCOPE,
        TicketStatus.RESOLVED,
        TicketStatus.CALLED_BACK,
        TicketStatus.RATED,
        TicketStatus.WITHDRAWN,
        TicketStatus.ARCHIVED,
    }
)
RATABLE = frozenset(
    {TicketStatus.RESOLVED, TicketStatus.ANSWERED_DIRECTLY, TicketStatus.CALLED_BACK, TicketStatus.CANNOT_RESOLVE_NOW}
)
_GRADE_WORDS = (
    (
        "非常不满意",
        re.compile(r"非常不满意|很不满意|极不满意|太不满意|特别不满意|一星|1星|一颗星|1颗星|[0一1]分|零分|太差|极差"),
    ),
    (
        "不满意",
        re.compile(
            r"不满意|不咋地|不行|差评|没(?:有)?(?:解决|修|办|处理|管|弄|清|换)|糊弄|敷衍|[两二2]颗?星|[二两2]分|不怎么样|不太行|差劲"
        ),
    ),
    ("非常满意", re.compile(r"非常满意|很满意|特别满意|十分满意|太满意|五颗?星|5颗?星|五分|5分|满分|好评|太好了")),
    ("基本满意", re.compile(r"基本满意|还行|还可以|一般|凑合|三颗?星|3颗?星|三分|3分|马马虎虎")),
    ("满意", re.compile(r"满意|四颗?星|4颗?星|四分|4分|挺好|不错|解决了|修好了|办好了")),
)


def read_grade(text: str) -> str | None:
    """Which of the five grades these words mean."""
    return next((grade for grade, words in _GRADE_WORDS if words.search(text)), None)


def grade_choices(ticket: Ticket) -> tuple[Choice, ...]:
    """The five grades to tap, each good for this ticket only, whenever it is tapped."""
    return tuple(Choice(value=f"rate:{ticket.ticket_no}:{number}", label=g) for number, g in enumerate(GRADES))


def tell_status(scene: Scene, number: str | None) -> None:
    """查询进度: one ticket by its number, or all that are open, or else the latest."""
    conversation = scene.conversation
    draft = conversation.draft
    if draft is not None and draft.has_what:
        scene.say("status_draft", what=shorten(draft.what))
    if number and (ticket := conversation.ticket(number)) is None:
        scene.say("unknown_ticket", ticket_no=number)
    elif number and ticket:
        scene.say("status", lines=_status_line(scene, ticket))
    elif conversation.all_tickets:
        scene.say("status", lines="\n".join(_status_line(scene, t) for t in _worth_telling(conversation.all_tickets)))
    elif draft is None:
        scene.say("no_ticket")
    scene.reach(Outcomes.ANSWER)


_WHEN = re.compile(
    r"(?:什么|啥|么子|嘛|哪)(?:个)?时(?:候|间|辰)|几时|何时|哪天|多会儿?|啥前儿|(?:得|要|还要|需要)?(?:多久|多长时间|几天|多少天)"
)
_IMPATIENT = re.compile(r"催|还(?:没|不)|怎么还|咋还|到现在|到底|都.{0,6}了|快(?:点|些)|赶紧|抓紧|再不")


def asks_when(text: str) -> bool:
    """那啥时候能来修啊: a question about the date, not an urging."""
    return bool(_WHEN.search(text)) and not _IMPATIENT.search(text)


def tell_when(scene: Scene) -> None:
    """The promised date of what is open; nothing is counted as urging."""
    for ticket in open_tickets(scene) or scene.conversation.all_tickets[-1:]:
        clock = promised(ticket.clocks)
        date = chinese_date(clock.due_at, scene.rules.iso(scene.now)) if clock else ""
        status = scene.rules.states.label(ticket.status)
        name = "when" if clock and ticket.status not in CLOSED else "when_unknown"
        scene.say(name, title=shorten(ticket.title), status=status, **({"date": date} if name == "when" else {}))
    scene.reach(Outcomes.ANSWER)


def _worth_telling(tickets: tuple[Ticket, ...]) -> tuple[Ticket, ...]:
    chosen = [ticket for ticket in tickets if ticket.status not in CLOSED][-8:]
    return tuple(chosen) or tickets[-1:]


def _status_line(scene: Scene, ticket: Ticket) -> str:
    line = scene.texts(
        "status_line",
        ticket_no=ticket.ticket_no,
        title=ticket.title,
        status=scene.rules.states.label(ticket.status),
        promise="" if ticket.status in CLOSED else show_promise(scene, ticket),
    )
    owner = scene.conversation.owner_of(ticket.ticket_no)
    if owner == scene.conversation.id:
        return line
    return line + scene.texts("status_elsewhere", channel=channel_name(scene, Address.parse(owner).channel))


def channel_name(scene: Scene, channel: str) -> str:
    """What citizens call a channel."""
    name = f"channel_{channel}"
    return scene.texts(name if name in DEFAULTS else "channel_other")


def show_promise(scene: Scene, ticket: Ticket) -> str:
    """，预计X前答复, when a date is promised."""
    clock = promised(ticket.clocks)
    return scene.texts("status_promise", date=chinese_date(clock.due_at, scene.rules.iso(scene.now))) if clock else ""


def open_tickets(scene: Scene) -> tuple[Ticket, ...]:
    """The citizen's tickets that are still on their way."""
    return tuple(ticket for ticket in scene.conversation.all_tickets if ticket.status not in CLOSED)


def urge(scene: Scene, ticket: Ticket, text: str) -> None:
    """催办: counted, told to the case system, and the citizen reads where it stands."""
    status = scene.rules.states.label(ticket.status)
    if ticket.status in CLOSED:
        scene.say("urge_closed", ticket_no=ticket.ticket_no, status=status)
        scene.reach(Outcomes.TOLD)
        return
    ticket = replace(ticket, urge_count=ticket.urge_count + 1)
    scene.update(ticket)
    scene.tell_case(CaseEventKind.URGE, ticket, text)
    scene.say(
        "urged",
        ticket_no=ticket.ticket_no,
        title=ticket.title,
        count=ticket.urge_count,
        status=status,
        promise=show_promise(scene, ticket),
    )


def supplement(
    scene: Scene, ticket: Ticket, text: str, attachments: tuple[Attachment, ...], asked: Stage = Stage.IDLE
) -> None:
    """补充: words and photos go to the ticket here and to the case system. `asked`: what had asked for them."""
    carried = tuple(to_ticket_attachment(attachment) for attachment in attachments)
    ticket = replace(ticket, supplement_count=ticket.supplement_count + 1, attachments=(*ticket.attachments, *carried))
    if not ticket.contact.phone and not ticket.anonymous and not gives_anothers_number(text):
        ticket = replace(ticket, contact=replace(ticket.contact, phone=find_phone(text)))
    scene.update(ticket)
    scene.tell_case(CaseEventKind.SUPPLEMENT, ticket, text, attachments=carried)
    if asked is Stage.RATE_REASON:
        scene.say("reason_kept")
    elif ticket.status in CLOSED:
        status = scene.rules.states.label(ticket.status)
        scene.say("supplement_closed", ticket_no=ticket.ticket_no, status=status)
    else:
        scene.say("supplemented", ticket_no=ticket.ticket_no, title=shorten(ticket.title, 16))
        if asked is Stage.IDLE and text and scene.conversation.draft is None:
            _offer_another(scene, text)


def _offer_another(scene: Scene, text: str) -> None:
    """It was taken for a supplement because a ticket is open; one tap makes a matter of its own of it."""
    scene.conversation = scene.conversation.asking(Stage.IDLE, subject=text)
    scene.offer((Choice(value="another", label=scene.texts("choice_another")),))


def ask_withdraw_ticket(scene: Scene, ticket: Ticket) -> None:
    """撤回 of a submitted ticket is asked back once, since it cannot be undone."""
    allowed = {step.target for step in scene.rules.states.allowed(ticket.status, "citizen")}
    if TicketStatus.WITHDRAWN not in allowed:
        status = scene.rules.states.label(ticket.status)
        scene.say("withdraw_late", ticket_no=ticket.ticket_no, status=status)
        scene.reach(Outcomes.TOLD)
        return
    scene.say("withdraw_ticket", ticket_no=ticket.ticket_no, title=ticket.title)
    scene.ask(Stage.WITHDRAW, withdraw_choices(scene), subject=ticket.ticket_no)


def withdraw_choices(scene: Scene) -> tuple[Choice, ...]:
    """Really, or not after all."""
    return (
        Choice(value="withdraw_yes", label=scene.texts("choice_yes_withdraw")),
        Choice(value="withdraw_no", label=scene.texts("choice_no_withdraw")),
    )


def withdraw_ticket(scene: Scene, ticket: Ticket, text: str) -> None:
    """The ticket is withdrawn, here and at the case system."""
    try:
        ticket = scene.step(ticket, TicketStatus.WITHDRAWN, text)
    except StepRefused:
        status = scene.rules.states.label(ticket.status)
        scene.say("withdraw_late", ticket_no=ticket.ticket_no, status=status)
        scene.reach(Outcomes.TOLD)
        return
    scene.tell_case(CaseEventKind.WITHDRAW, ticket, text)
    scene.say("withdrawn_ticket", ticket_no=ticket.ticket_no)


_SECRECY_WORDS = {
    "anonymous": "市民要求匿名办理，请勿透露其身份。",
    "confidential": "市民要求保密，请勿透露其姓名和电话。",
    "open": "市民表示不需要保密。",
}


def change_secrecy(scene: Scene, ticket: Ticket, word: str) -> None:
    """匿名, 保密 or 公开 of a submitted ticket: changed here, and told to the case system, which has it already."""
    changed = replace(ticket, confidential=word != "open", anonymous=ticket.anonymous or word == "anonymous")
    changed = outgoing(changed) if changed.anonymous else changed
    scene.update(changed)
    scene.tell_case(CaseEventKind.SUPPLEMENT, changed, _SECRECY_WORDS[word])
    scene.say(f"made_{word}", ticket_no=ticket.ticket_no)


def rate(scene: Scene, ticket: Ticket, grade: str, text: str) -> None:
    """A grade of the five; a bad one reopens a closed ticket with the mark 二次督办."""
    bad = grade in BAD
    rated = replace(ticket, rating=grade)
    scene.update(rated)
    scene.tell_case(CaseEventKind.RATING, rated, text, rating=grade)
    allowed = {step.target for step in scene.rules.states.allowed(ticket.status, "citizen")}
    if bad and TicketStatus.REOPENED in allowed:
        reopened = scene.step(rated, TicketStatus.REOPENED, text)
        scene.tell_case(CaseEventKind.REOPEN, reopened, text, rating=grade, second_supervision=True)
        scene.say("rated_bad", ticket_no=ticket.ticket_no)
        _show_unhappy(scene)
    elif bad:
        scene.say("rated_early", grade=grade, ticket_no=ticket.ticket_no)
    elif TicketStatus.RATED in allowed:
        scene.step(rated, TicketStatus.RATED, text)
        scene.say("rated_good", grade=grade)
    else:
        scene.say("rated_early", grade=grade, ticket_no=ticket.ticket_no)
    if bad and scene.conversation.draft is None:
        scene.say("ask_reason")
        scene.ask(Stage.RATE_REASON, subject=ticket.ticket_no)
    scene.reach(Outcomes.TICKET)


def _show_unhappy(scene: Scene) -> None:
    """A person looks at what was not to his liking, beside the case system."""
    if scene.conversation.holder is Holder.BOT:
        scene.say("unhappy_waiting", when=when_human(scene))
    scene.hand_over("unhappy")


def shorten(text: str, most: int = 30) -> str:
    """Words to name a matter by."""
    line = re.sub(r"\s+", " ", text)
    return line if len(line) <= most else line[: most - 1] + "…"
