"""Which ticket the citizen means when he urges, supplements, withdraws or rates in plain words, and doing it."""

import re
from dataclasses import replace

from bot.conversation import Stage
from bot.dialogue import aftercare
from bot.dialogue.heard import Heard
from bot.dialogue.saying import substance
from bot.dialogue.scene import Scene
from bot.dialogue.secrecy import says_open, wants_confidence
from bot.turn import Outcomes
from channels.message import Choice
from handoff.ticket import Ticket
from nlu.interpretation import Intent

_NUMBER = re.compile(r"[A-Za-z]{2}\s?\d{8}\s?-?\s?[0-9A-Za-z]{8}|(?<!\d)\d{12,20}(?!\d)")
_DONE = aftercare.RATABLE
_ACTIONS = {Intent.URGE: "urge", Intent.SUPPLEMENT: "supplement", Intent.WITHDRAW: "withdraw_ticket"}
_URGES = re.compile(r"^(?:(?!催).){0,16}催(?:一|办|下|促|催)")
_WITHDRAWS = re.compile(r"^.{0,16}撤(?:回|销|掉|了)(?:吧|了)?$")
_SHORT = 6
_CLEAR = 2
"""So many two-character words in common name a ticket beyond doubt."""
_COMMON = frozenset(
    [
        "催一",
        "催办",
        "一下",
        "工单",
        "那个",
        "这个",
        "上次",
        "上回",
        "反映",
        "的事",
        "帮我",
        "帮催",
        "怎么",
        "还没",
        "补充",
        "没有",
        "撤回",
        "那件",
        "这件",
        "件事",
        "评价",
        "满意",
        "不满",
        "了吗",
        "什么",
        "时候",
        "现在",
        "我的",
        "你们",
        "我们",
    ]
)


def intent_of(scene: Scene, heard: Heard) -> Intent:
    """What the turn is for; who has a ticket and says 催 or 撤回 means it, whatever matter he names it by."""
    intent = heard.interpretation.intent
    if intent in (Intent.APPEAL, Intent.SUPPLEMENT, Intent.CORRECT) and scene.conversation.all_tickets:
        return (
            Intent.URGE if _URGES.search(heard.text) else Intent.WITHDRAW if _WITHDRAWS.search(heard.text) else intent
        )
    return intent


def named_number(text: str) -> str | None:
    """A ticket number in the text, as we write it."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    number = re.sub(r"\s", "", found.group()).upper()
    return number if "-" in number or number.isdigit() else f"{number[:10]}-{number[10:]}"


def meant_ticket(scene: Scene, text: str) -> Ticket | None:
    """While a draft is open: the submitted ticket that these words name by its number, or beyond doubt by its words."""
    conversation = scene.conversation
    number = named_number(text)
    if number:
        return conversation.ticket(number)
    tickets = aftercare.open_tickets(scene)
    draft = conversation.draft
    if not tickets or (draft is not None and in_common(text, draft.what)):
        return None
    best = _best_by_words(tickets, text)
    return best if best is not None and in_common(text, best.title + best.content) >= _CLEAR else None


def run(scene: Scene, heard: Heard, intent: Intent) -> None:
    """催办, 补充 or 撤回 in words: done for the one ticket that fits, else asked which."""
    scene.conversation = replace(scene.conversation, loose=(*scene.conversation.loose, *heard.attachments))
    action = _ACTIONS[intent]
    ticket = with_ticket(scene, heard, action)
    if ticket is not None:
        act_on_ticket(scene, action, ticket, heard.text)


def act_on_ticket(scene: Scene, word: str, ticket: Ticket, words: str, detail: str = "") -> None:
    """催办, 补充, 撤回 or 评价 of one ticket."""
    match word:
        case "urge":
            aftercare.urge(scene, ticket, words)
        case "supplement":
            loose = scene.conversation.loose
            scene.conversation = replace(scene.conversation, loose=())
            aftercare.supplement(scene, ticket, words, loose)
        case "withdraw_ticket":
            aftercare.ask_withdraw_ticket(scene, ticket)
        case "anonymous" | "confidential" | "open":
            aftercare.change_secrecy(scene, ticket, word)
        case _:
            aftercare.rate(scene, ticket, aftercare.GRADES[int(detail) % len(aftercare.GRADES)], "")


def run_beside_draft(scene: Scene, heard: Heard) -> bool:
    """An errand for a submitted ticket while a draft is open. True when it ended in a question of its own."""
    intent = intent_of(scene, heard)
    ticket = meant_ticket(scene, heard.text)
    if intent is Intent.RATE or (ticket is not None and aftercare.read_grade(heard.text) and ticket.status in _DONE):
        rate(scene, heard)
    elif ticket is None or intent is Intent.STATUS:
        aftercare.tell_status(scene, ticket.ticket_no if ticket else None)
    else:
        action = _ACTIONS.get(intent, "supplement")
        words, attachments = heard.text, heard.attachments
        if action == "supplement":
            aftercare.supplement(scene, ticket, words, attachments)
        else:
            act_on_ticket(scene, action, ticket, words)
    return scene.conversation.stage is Stage.WITHDRAW


def wants_secrecy(heard: Heard) -> str:
    """匿名, 保密 or 公开, said of something submitted already: which one, empty when none."""
    if len(substance(heard.text)) > _SHORT:
        return ""
    if says_open(heard.text):
        return "open"
    understood = heard.interpretation
    return "anonymous" if understood.anonymous else "confidential" if wants_confidence(heard) else ""


def change_secrecy(scene: Scene, heard: Heard) -> None:
    """Done for the one ticket that fits, else asked which."""
    word = wants_secrecy(heard)
    ticket = with_ticket(scene, heard, word)
    if ticket is not None:
        act_on_ticket(scene, word, ticket, heard.text)


def rate(scene: Scene, heard: Heard) -> None:
    """评价 in words: of the ticket named, else of the latest one that is done."""
    tickets = scene.conversation.all_tickets
    named = named_number(heard.text)
    rated = [t for t in tickets if t.status in aftercare.RATABLE] or list(tickets)
    ticket = scene.conversation.ticket(named) if named else (rated[-1] if rated else None)
    grade = aftercare.read_grade(heard.text)
    if ticket is None and named:
        _unknown(scene, named)
    elif ticket is None:
        scene.say("rate_what")
        scene.reach(Outcomes.TOLD)
    elif grade is None:
        scene.say("rate_how", title=ticket.title)
        scene.ask(Stage.RATE, aftercare.grade_choices(ticket), subject=ticket.ticket_no)
    else:
        aftercare.rate(scene, ticket, grade, heard.text)


def with_ticket(scene: Scene, heard: Heard, action: str) -> Ticket | None:
    """The ticket that an action is meant for; None after asking which, or telling that there is none."""
    number = named_number(heard.text)
    if number:
        ticket = scene.conversation.ticket(number)
        if ticket is None:
            _unknown(scene, number)
        return ticket
    fitting = aftercare.open_tickets(scene) or scene.conversation.all_tickets[-1:]
    if not fitting:
        scene.say("no_ticket")
        scene.reach(Outcomes.TOLD)
        return None
    if len(fitting) == 1:
        return fitting[0]
    best = _best_by_words(fitting, heard.text)
    if best is None:
        ask_which(scene, action, fitting, heard.text)
    return best


def ask_which(scene: Scene, action: str, tickets: tuple[Ticket, ...], words: str, *more: Choice) -> None:
    """A short list, the latest first."""
    scene.say("which_ticket")
    options = tuple(
        Choice(value=f"{action}:{ticket.ticket_no}", label=f"{ticket.title}（{ticket.ticket_no}）")
        for ticket in reversed(tickets[-5:])
    )
    scene.ask(Stage.WHICH_TICKET, (*options, *more), subject=words)


def ask_unsolved(scene: Scene, ticket: Ticket, words: str) -> None:
    """又响了: still the matter that was said to be done, or a new one?"""
    scene.say("unsolved", title=ticket.title)
    unhappy = aftercare.GRADES.index("不满意")
    choices = (
        Choice(value=f"rate:{ticket.ticket_no}:{unhappy}", label=scene.texts("choice_unsolved")),
        Choice(value="another", label=scene.texts("choice_new_matter")),
    )
    scene.ask(Stage.FAQ, choices, subject=words)


def _unknown(scene: Scene, number: str) -> None:
    scene.say("unknown_ticket", ticket_no=number)
    scene.reach(Outcomes.TOLD)


def _best_by_words(tickets: tuple[Ticket, ...], text: str) -> Ticket | None:
    """上次那个暖气的事: the one ticket that shares two-character words with what was said, when only one does."""
    scores = [in_common(text, ticket.title + ticket.content) for ticket in tickets]
    best = max(scores)
    return tickets[scores.index(best)] if best and scores.count(best) == 1 else None


def in_common(text: str, told: str) -> int:
    """How many two-character words both share, such as name a matter."""
    pairs = {text[at : at + 2] for at in range(len(text) - 1)} - _COMMON
    return sum(pair in told for pair in pairs)
