"""A choice that was tapped, or meant by its number or words: each value says what it is good for, whenever it comes."""

from dataclasses import replace

from bot.conversation import Stage
from bot.dialogue import aftercare, answers, intake
from bot.dialogue.asking import proceed
from bot.dialogue.filling import open_appeal
from bot.dialogue.heard import Heard
from bot.dialogue.scene import Scene
from bot.turn import Outcomes, Question
from channels.message import Choice
from handoff.ticket import Ticket


def take_choice(scene: Scene, choice: Choice, heard: Heard) -> None:
    """Carry a choice out."""
    word, _, rest = choice.value.partition(":")
    conversation = scene.conversation
    if word in _ON_DRAFT:
        if conversation.draft is None:
            _stale(scene)
        else:
            _take_on_draft(scene, word, rest)
    elif word in ("withdraw_yes", "withdraw_no"):
        settle_withdrawal(scene, heard, really=word == "withdraw_yes")
    elif word in ("urge", "supplement", "withdraw_ticket", "rate"):
        _take_on_ticket(scene, word, rest, heard)
    elif word in ("faq", "vote", "inquire", "report"):
        _take_on_question(scene, word, rest, heard)
    elif word == "new":
        _begin_with_loose(scene)
    else:
        _stale(scene)


_ON_DRAFT = frozenset({"confirm", "edit", "withdraw", "category", "place", "no_place", "no_contact", "resume", "fresh"})


def _stale(scene: Scene) -> None:
    scene.say("stale_choice")
    scene.reach(Outcomes.TOLD)
    if scene.conversation.draft is not None:
        proceed(scene)
    else:
        scene.say("greet")


def _take_on_draft(scene: Scene, word: str, rest: str) -> None:
    draft = scene.conversation.draft
    assert draft is not None
    match word:
        case "confirm" if scene.conversation.stage is Stage.CONFIRM:
            intake.submit(scene)
        case "edit":
            scene.say("deny_card")
            scene.reach(Outcomes.QUESTION)
        case "withdraw":
            intake.ask_withdraw(scene)
        case "category":
            _choose_category(scene, rest)
        case "place":
            _choose_place(scene, rest)
        case "no_place":
            scene.conversation = replace(scene.conversation, draft=replace(draft, no_place=True))
            proceed(scene)
        case "no_contact":
            intake.decline_contact(scene)
        case "fresh":
            intake.take_fresh(scene)
        case _:
            proceed(scene)


def _choose_category(scene: Scene, code: str) -> None:
    draft = scene.conversation.draft
    assert draft is not None
    chosen = next((slot for slot in draft.candidates if slot.code == code), None)
    if chosen is not None:
        draft = replace(draft, category=replace(chosen, confidence=1.0), category_chosen=True)
        scene.conversation = replace(scene.conversation, draft=draft)
    proceed(scene)


def _choose_place(scene: Scene, number: str) -> None:
    draft = scene.conversation.draft
    assert draft is not None
    if number.isdigit() and int(number) < len(draft.place_choices):
        chosen = draft.place_choices[int(number)]
        known = draft.place or chosen
        place = replace(
            known,
            district=chosen.district,
            street=chosen.street,
            community=chosen.community,
            code=chosen.code,
            confidence=1.0,
        )
        scene.conversation = replace(scene.conversation, draft=replace(draft, place=place))
    proceed(scene)


def settle_withdrawal(scene: Scene, heard: Heard, *, really: bool) -> None:
    """The answer to 确定撤回吗."""
    conversation = scene.conversation
    ticket = conversation.ticket(conversation.subject)
    on_ticket = conversation.stage is Stage.WITHDRAW and ticket is not None
    scene.conversation = conversation.asking(Stage.IDLE)
    if on_ticket and ticket is not None:
        if really:
            aftercare.withdraw_ticket(scene, ticket, heard.text)
        else:
            _keep(scene)
    elif conversation.draft is None:
        _stale(scene)
    elif really:
        intake.drop(scene)
    else:
        scene.say("withdraw_kept")
        proceed(scene)


def _keep(scene: Scene) -> None:
    scene.say("withdraw_kept")
    scene.reach(Outcomes.TOLD)


def _take_on_ticket(scene: Scene, word: str, rest: str, heard: Heard) -> None:
    number, _, detail = rest.partition(":")
    ticket = scene.conversation.ticket(number)
    if ticket is None:
        _stale(scene)
        return
    words = scene.conversation.subject if scene.conversation.stage is Stage.WHICH_TICKET else heard.text
    scene.conversation = scene.conversation.asking(Stage.IDLE)
    act_on_ticket(scene, word, ticket, words, detail)


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
        case _:
            aftercare.rate(scene, ticket, aftercare.GRADES[int(detail) % len(aftercare.GRADES)], "")


def _take_on_question(scene: Scene, word: str, rest: str, heard: Heard) -> None:
    question = scene.conversation.subject
    match word:
        case "vote":
            _vote(scene, rest, question)
        case "faq":
            _choose_entry(scene, rest, question)
        case "inquire":
            _inquire(scene, heard, question)
        case _:
            scene.conversation = scene.conversation.asking(Stage.WHAT)
            scene.say("ask_what")
            scene.reach(Outcomes.QUESTION)


def _vote(scene: Scene, rest: str, question: str) -> None:
    vote, _, entry_id = rest.partition(":")
    scene.remember_question(Question(text="", decision="answer", entry_id=entry_id, vote=vote))
    scene.reach(Outcomes.ANSWER)
    if vote == "useful":
        scene.conversation = scene.conversation.asking(Stage.IDLE)
        scene.say("faq_useful")
    else:
        scene.say("faq_useless")
        answers.offer_inquiry(scene, question)


def _choose_entry(scene: Scene, entry_id: str, question: str) -> None:
    entry = scene.rules.entry(entry_id)
    if entry is None:
        scene.remember_question(Question(text=question, decision="none"))
        scene.say("faq_none")
        answers.offer_inquiry(scene, question)
        return
    scene.remember_question(Question(text=question, decision="clarified", entry_id=entry_id))
    answers.say_entry(scene, entry)
    if scene.conversation.draft is not None:
        intake.resume(scene)


def _inquire(scene: Scene, heard: Heard, question: str) -> None:
    """A question that nobody here can answer becomes a 咨询 appeal."""
    if not question or scene.conversation.draft is not None:
        _stale(scene)
        return
    asked = replace(heard, text=question, interpretation=scene.rules.parse(question), messages=heard.messages)
    appeal = replace(open_appeal(asked, question, 1, scene.rules), appeal_type="咨询", no_place=True)
    appeal = appeal if appeal.has_what else appeal.saying(question)
    scene.conversation = replace(scene.conversation.asking(Stage.IDLE), draft=appeal, nudged=False)
    proceed(scene)


def _begin_with_loose(scene: Scene) -> None:
    scene.conversation = scene.conversation.asking(Stage.WHAT)
    scene.say("ask_what")
    scene.reach(Outcomes.QUESTION)
