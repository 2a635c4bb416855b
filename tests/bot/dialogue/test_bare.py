"""A bare answer to the bot's own question is heard as that answer, before anything that the model takes it for."""

from functools import cache

import pytest

from bot.city import City
from bot.conversation import Conversation, Stage
from bot.dialogue import Dialogue
from bot.dialogue.heard import Heard
from nlu.encoder import SHIPPED, Encoder
from nlu.interpreter import Interpreter
from tests.bot.dialogue.harness import Citizen, mind, questions
from tests.nlu.conftest import CITIES


@cache
def model() -> Interpreter:
    return Interpreter.load(City.find("anshan", CITIES).folder, Encoder.load(SHIPPED))


def asked(stage: Stage) -> Citizen:
    """One who was just asked where, or how he is reached."""
    citizen = Citizen()
    citizen.says("路灯坏了没人修" if stage is Stage.WHERE else "铁东区胜利路58号路灯坏了好几天没人修")
    assert citizen.stage is stage
    return citizen


def hear(citizen: Citizen, words: str) -> Conversation:
    """The conversation after words that the shipped model read."""
    heard = Heard(
        messages=(citizen.text(words),),
        text=words,
        interpretation=model().parse(words),
        answer=questions("anshan").ask(words),
    )
    of = mind("anshan")
    return Dialogue(of.rules, of.texts).on_message(citizen.conversation, heard, ("m9",), citizen.now + 60).conversation


@pytest.mark.parametrize("name", ["张伟", "李娜", "王建国", "欧阳锋", "司马光", "诸葛小明"])
def test_a_name_alone_answers_the_question_for_one(name: str) -> None:
    conversation = hear(asked(Stage.CONTACT), name)

    assert conversation.draft is not None
    assert conversation.draft.name == name
    assert conversation.angry == 0
    assert conversation.stage is Stage.CONFIRM


@pytest.mark.parametrize("place", ["绿化街", "铁东区", "3号楼2单元", "家门口", "楼下"])
def test_a_place_alone_answers_the_question_where(place: str) -> None:
    conversation = hear(asked(Stage.WHERE), place)

    assert conversation.draft is not None
    assert conversation.draft.place is not None
    assert conversation.draft.place.text == place
    assert conversation.stage is Stage.CONTACT


@pytest.mark.parametrize("when", ["今天上午10点", "昨晚"])
def test_a_time_alone_is_taken_down(when: str) -> None:
    conversation = hear(asked(Stage.WHERE), when)

    assert conversation.draft is not None
    assert conversation.draft.occurred == when


def test_a_number_of_people_is_no_call_for_a_person() -> None:
    assert hear(asked(Stage.CONTACT), "三个人").waiting_reason == ""


@pytest.mark.parametrize(
    ("words", "reason"), [("转人工", "asked"), ("我家着火了", "emergency"), ("找个人跟我说话", "asked")]
)
def test_a_clear_call_breaks_out_of_the_question(words: str, reason: str) -> None:
    assert hear(asked(Stage.CONTACT), words).waiting_reason == reason


@pytest.mark.parametrize("words", ["撤销", "不报了"])
def test_a_clear_withdrawal_breaks_out_of_the_question(words: str) -> None:
    assert hear(asked(Stage.CONTACT), words).stage is Stage.WITHDRAW


@pytest.mark.parametrize("words", ["白痴", "王八蛋"])
def test_an_insult_in_known_words_is_nobodys_name(words: str) -> None:
    conversation = hear(asked(Stage.CONTACT), words)

    assert conversation.draft is not None
    assert conversation.draft.name is None
    assert conversation.angry == 1


@pytest.mark.parametrize("words", ["哈哈哈", "随便", "等一下"])
def test_empty_words_are_no_place(words: str) -> None:
    conversation = hear(asked(Stage.WHERE), words)

    assert conversation.draft is not None
    assert not conversation.draft.place


def test_not_to_know_where_is_no_thanks() -> None:
    conversation = hear(asked(Stage.WHERE), "不知道")

    assert conversation.draft is not None
    assert conversation.draft.no_place
