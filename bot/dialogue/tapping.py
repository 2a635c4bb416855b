"""A choice that was tapped, or meant by its number or words: each value says what it is good for, whenever it comes."""

from dataclasses import replace

from bot.conversation import Stage
from bot.dialogue import aftercare, answers, errands, finishing, homonyms, intake, parting
from bot.dialogue.amending import to_place_slot
from bot.dialogue.asking import ask_again, proceed
from bot.dialogue.conditions import case_of, chosen_case, shown
from bot.dialogue.filling import open_appeal
from bot.dialogue.heard import Heard
from bot.dialogue.resuming import resume, take_fresh
from bot.dialogue.scene import Scene
from bot.turn import Outcomes, Question
from channels.message import Choice
from handoff.ticket import Ticket

_ON_DRAFT = frozenset(
    {"confirm", "edit", "withdraw", "category", "place", "same_place", "no_place", "no_contact", "resume", "fresh"}
)
_ON_TICKET = frozenset({"urge", "supplement", "withdraw_ticket", "rate", "anonymous", "confidential", "open"})
_ON_QUESTION = frozenset({"faq", "case", "vote", "inquire"})
_OTHERS = frozenset({"human", "withdraw_yes", "withdraw_no", "report", "new", "another", "served"})


def is_known(value: str) -> bool:
    """One of ours; a menu of the platform may send values of its own, whose words are then taken."""
    return value.partition(":")[0] in _ON_DRAFT | _ON_TICKET | _ON_QUESTION | _OTHERS


def take_choice(scene: Scene, choice: Choice, heard: Heard) -> None:
    """Carry a choice out."""
    word, _, rest = choice.value.partition(":")
    if word in _ON_DRAFT and scene.conversation.draft is not None:
        _take_on_draft(scene, word, rest)
    elif word in ("withdraw_yes", "withdraw_no"):
        settle_withdrawal(scene, heard, really=word == "withdraw_yes")
    elif word in _ON_TICKET:
        _take_on_ticket(scene, word, rest, heard)
    elif word in _ON_QUESTION:
        _take_on_question(scene, choice, heard)
    elif word in ("new", "report") and scene.conversation.draft is None:
        intake.begin_blank(scene, heard)
    elif word == "another" and scene.conversation.draft is None and scene.conversation.subject:
        _take_another(scene, heard)
    elif word == "served" and rest.isdigit() and parting.is_open(scene.conversation):
        parting.take_grade(scene, int(rest))
        if scene.conversation.draft is not None:
            resume(scene)
    else:
        _stale(scene)


def _stale(scene: Scene) -> None:
    scene.say("stale_choice")
    scene.reach(Outcomes.TOLD)
    if scene.conversation.draft is not None:
        ask_again(scene)
    else:
        scene.say("please_type")


def _take_another(scene: Scene, heard: Heard) -> None:
    """What was taken for a supplement is a matter of its own."""
    text = scene.conversation.subject
    scene.conversation = scene.conversation.asking(Stage.IDLE)
    intake.begin(scene, replace(heard, text=text, interpretation=scene.rules.parse(text)))


def _take_on_draft(scene: Scene, word: str, rest: str) -> None:
    draft = scene.conversation.draft
    assert draft is not None
    match word:
        case "confirm" if scene.conversation.stage is Stage.CONFIRM:
            finishing.submit(scene)
        case "confirm":
            ask_again(scene)  # the card that it belonged to is no longer the question
        case "edit":
            intake.ask_what_to_change(scene)
        case "withdraw":
            finishing.ask_withdraw(scene)
        case "category":
            _choose_category(scene, rest)
        case "place":
            _choose_place(scene, rest)
        case "same_place":
            _take_same_place(scene, rest)
        case "no_place":
            scene.conversation = replace(scene.conversation, draft=replace(draft, no_place=True))
            proceed(scene)
        case "no_contact":
            intake.decline_contact(scene)
        case "fresh":
            take_fresh(scene)
        case _:
            proceed(scene)


def _choose_category(scene: Scene, code: str) -> None:
    draft = scene.conversation.draft
    assert draft is not None
    chosen = next(
        (replace(slot, confidence=1.0, sure=len(slot.path)) for slot in draft.candidates if slot.code == code), None
    )
    if chosen is not None or code == "other":
        # None of them fits: a clerk decides, nobody guesses.
        draft = replace(draft, category=chosen, category_chosen=True)
        scene.conversation = replace(scene.conversation, draft=draft)
    proceed(scene)


def _take_same_place(scene: Scene, ticket_no: str) -> None:
    draft, ticket = scene.conversation.draft, scene.conversation.ticket(ticket_no)
    assert draft is not None
    if ticket is not None and ticket.place is not None and not draft.place:
        scene.conversation = replace(scene.conversation, draft=replace(draft, place=to_place_slot(ticket.place)))
    proceed(scene)


def _choose_place(scene: Scene, rest: str) -> None:
    """One of the places, or the area that it lies in, or none of them."""
    draft = scene.conversation.draft
    assert draft is not None
    area = rest.removeprefix("in:")
    if rest.isdigit() and int(rest) < len(draft.place_choices):
        draft = homonyms.take(draft, draft.place_choices[int(rest)])
    elif area != rest:
        draft = homonyms.inside(draft, area)
    elif homonyms.is_open(draft) and not draft.place_choices[0].pin and homonyms.NONE_OF_THEM not in draft.asked:
        asked = tuple(slot for slot in draft.asked if slot != "place_choice")
        draft = replace(draft, asked=(*asked, homonyms.NONE_OF_THEM))
    scene.conversation = replace(scene.conversation, draft=draft)
    proceed(scene)


def settle_withdrawal(scene: Scene, heard: Heard, *, really: bool) -> None:
    """The answer to 确定撤回吗."""
    conversation = scene.conversation
    ticket = conversation.ticket(conversation.subject) if conversation.stage is Stage.WITHDRAW else None
    of_draft = conversation.stage is Stage.WITHDRAW and ticket is None and conversation.draft is not None
    scene.conversation = conversation.asking(Stage.IDLE)
    if of_draft and really:
        finishing.drop(scene)
    elif of_draft:
        scene.say("withdraw_kept")
        ask_again(scene)
    elif ticket is None:
        _stale(scene)
    else:
        _settle_ticket(scene, ticket, heard.text, really=really)
        if scene.conversation.draft is not None:
            resume(scene)


def _settle_ticket(scene: Scene, ticket: Ticket, text: str, *, really: bool) -> None:
    if really:
        aftercare.withdraw_ticket(scene, ticket, text)
    else:
        scene.say("withdraw_kept")
        scene.reach(Outcomes.TOLD)


def _take_on_ticket(scene: Scene, word: str, rest: str, heard: Heard) -> None:
    number, _, detail = rest.partition(":")
    ticket = scene.conversation.ticket(number)
    if ticket is None:
        _stale(scene)
        return
    words = scene.conversation.subject if scene.conversation.stage is Stage.WHICH_TICKET else heard.text
    draft = scene.conversation.draft
    if draft is None:
        scene.conversation = scene.conversation.asking(Stage.IDLE)
    errands.act_on_ticket(scene, word, ticket, words, detail)
    if draft is not None and scene.conversation.stage is not Stage.WITHDRAW:
        resume(scene)


def _take_on_question(scene: Scene, choice: Choice, heard: Heard) -> None:
    word, _, rest = choice.value.partition(":")
    # While a draft is open the subject is the card's, and the question is on the list already.
    question = scene.conversation.subject if scene.conversation.draft is None else ""
    match word:
        case "vote":
            _vote(scene, rest, question)
        case "faq":
            _choose_entry(scene, rest, question, heard)
        case "case":
            _choose_case(scene, rest, choice.label, question)
        case _:
            _inquire(scene, heard, question)


def _vote(scene: Scene, rest: str, question: str) -> None:
    vote, _, entry_id = rest.partition(":")
    # A button of long ago is pressed when something else is the subject: then nobody knows which words it is about.
    about = question if scene.conversation.stage is Stage.FAQ_VOTE else ""
    scene.remember_question(Question(text=about, decision="answer", entry_id=entry_id, vote=vote))
    scene.reach(Outcomes.ANSWER)
    if vote == "useful":
        scene.say("faq_useful")
    else:
        scene.say("faq_useless")
    if scene.conversation.draft is not None:
        resume(scene)
    elif vote == "useful":
        scene.conversation = scene.conversation.asking(Stage.IDLE)
    else:
        entry = scene.rules.entry(entry_id)
        answers.offer_inquiry(scene, scene.conversation.subject or (entry.question if entry else ""))


def _choose_entry(scene: Scene, entry_id: str, question: str, heard: Heard) -> None:
    entry = scene.rules.entry(entry_id)
    if entry is not None:
        scene.remember_question(Question(text=question, decision="clarified", entry_id=entry_id))
        # One thing was asked back already: his case is the one that his question told, if it did.
        asked = replace(heard, text=question, interpretation=scene.rules.parse(question))
        answers.say_entry(scene, entry, question, case_of(scene, asked, entry))
    else:
        answers.say_unknown(scene, question)
    if scene.conversation.draft is not None:
        resume(scene)


def _choose_case(scene: Scene, rest: str, label: str, question: str) -> None:
    number, _, entry_id = rest.partition(":")
    entry = scene.rules.entry(entry_id)
    about = question if entry_id in shown(scene.conversation) else ""
    if entry is not None:
        answers.say_entry(scene, entry, about, chosen_case(entry, number, label))
    else:
        answers.say_unknown(scene, about)
    if scene.conversation.draft is not None:
        resume(scene)


def _inquire(scene: Scene, heard: Heard, question: str) -> None:
    """A question that nobody here can answer becomes a 咨询 appeal."""
    if not question:
        _stale(scene)
        return
    asked = replace(heard, text=question, interpretation=scene.rules.parse(question))
    appeal = replace(open_appeal(asked, question, 1, scene.rules), appeal_type="咨询", no_place=True)
    appeal = appeal if appeal.has_what else appeal.saying(question)
    scene.conversation = replace(scene.conversation.asking(Stage.IDLE), draft=appeal, nudged=False)
    proceed(scene)
