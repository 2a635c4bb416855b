"""Questions: answered by curated text, asked back, or honestly not known."""

import re

from bot.conversation import Stage
from bot.dialogue.conditions import ask_case, case_of, may_ask
from bot.dialogue.heard import Heard
from bot.dialogue.scene import Scene
from bot.turn import Outcomes, Question
from channels.message import Choice
from faq.condition import Case
from faq.entry import Decision, Entry


def answers(heard: Heard) -> bool:
    """The knowledge base has an answer, or knows what to ask back."""
    return heard.answer.decision is not Decision.NONE


def is_asked_word_for_word(heard: Heard) -> bool:
    """An entry is worded just so: it is the question, though it may sound like a complaint."""
    said = _plain(heard.text)
    return heard.answer.decision is Decision.ANSWER and any(
        said == _plain(wording) for wording in heard.answer.matches[0].entry.wordings
    )


def _plain(text: str) -> str:
    return re.sub(r"[\s，。？?！!、,.]", "", text)


def tell_answer(scene: Scene, heard: Heard) -> bool:
    """Answer a question as well as the knowledge base can. True when that asks something back."""
    decision, matches = heard.answer.decision, heard.answer.matches
    if decision is Decision.NONE:
        say_unknown(scene, heard.text)
        return False
    best = matches[0].entry
    scene.remember_question(Question(text=heard.text, decision=str(decision), entry_id=best.id))
    if decision is Decision.CLARIFY:
        _ask_which(scene, tuple(match.entry for match in heard.answer.choices), heard.text)
        return True
    case = case_of(scene, heard, best)
    if case is None and may_ask(scene, best, heard.text):
        ask_case(scene, best, heard.text)
        return True
    say_entry(scene, best, heard.text, case)
    return False


def say_entry(scene: Scene, entry: Entry, question: str, case: Case | None = None) -> None:
    """The curated answer with its source, and what the citizen may do with it; `question` as he put it."""
    answer = entry.answer_in(case)
    if case is not None and answer == case.answer:
        # He sees which case it is for, should he have been misunderstood.
        answer = scene.texts("faq_in_case", case=case.label, answer=answer)
    if entry.source:
        scene.say("faq_answer", answer=answer, source=entry.source)
    else:
        scene.say("faq_answer_plain", answer=answer)
    scene.reach(Outcomes.ANSWER)
    if scene.conversation.draft is None:
        texts = scene.texts
        scene.conversation = scene.conversation.asking(Stage.FAQ_VOTE, subject=question)
        scene.offer(
            (
                Choice(value=f"vote:useful:{entry.id}", label=texts("choice_useful")),
                Choice(value=f"vote:useless:{entry.id}", label=texts("choice_useless")),
                Choice(value="human", label=texts("choice_human")),
                Choice(value="report", label=texts("choice_report")),
            )
        )


def _ask_which(scene: Scene, entries: tuple[Entry, ...], question: str) -> None:
    scene.say("faq_clarify" if scene.conversation.draft is None else "faq_clarify_draft")
    options = tuple(Choice(value=f"faq:{entry.id}", label=entry.question) for entry in entries)
    none = Choice(value="faq:none", label=scene.texts("choice_none_of_these"))
    if scene.conversation.draft is None:
        scene.ask(Stage.FAQ, (*options, none), subject=question)
    else:
        scene.offer((*options, none))
    scene.reach(Outcomes.QUESTION)


def say_unknown(scene: Scene, question: str) -> None:
    """No curated answer: said honestly, with the ways that are left."""
    if question:
        scene.remember_question(Question(text=question, decision=str(Decision.NONE)))
    if scene.conversation.draft is not None:
        scene.say("faq_none_draft")
        scene.reach(Outcomes.TOLD)
        return
    scene.say("faq_none")
    offer_inquiry(scene, question)


def offer_inquiry(scene: Scene, question: str) -> None:
    """A question without an answer may become a ticket of the kind 咨询, or go to a person."""
    texts = scene.texts
    choices = (
        Choice(value="inquire", label=texts("choice_ask_ticket")),
        Choice(value="human", label=texts("choice_human")),
    )
    scene.ask(Stage.FAQ, choices, subject=question)
