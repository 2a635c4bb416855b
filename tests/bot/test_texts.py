"""What citizens read: short, warm, no promise without a date; a city may say it in its own words."""

import re

import pytest

from bot.texts import DANGER_WORDS, DEFAULTS, EMERGENCY_ADVICE, Texts, find_faults
from nlu.interpretation import EmergencyKind


@pytest.mark.parametrize("name", DEFAULTS)
def test_no_sentence_promises_without_a_date_or_talks_down(name: str) -> None:
    text = DEFAULTS[name]

    assert not re.search(r"近期|尽快|即将|请勿|质问|不得|无法受理|已关闭", text)
    assert len(text) <= 160
    assert text == text.strip()


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_sentence_can_be_filled(name: str) -> None:
    holes = dict.fromkeys(re.findall(r"\{(\w+)\}", DEFAULTS[name]), "甲")

    assert "{" not in Texts()(name, **holes)


def test_every_danger_has_its_advice() -> None:
    kinds = {kind.value for kind in EmergencyKind}
    assert kinds < set(EMERGENCY_ADVICE)
    assert kinds < set(DANGER_WORDS)
    assert all(len(advice) <= 60 for _, advice in EMERGENCY_ADVICE.values())


def test_a_city_replaces_a_sentence_and_names_its_service() -> None:
    texts = Texts({"goodbye": "回见，{hotline}随时在。"}, hotline="8890")

    assert texts("goodbye") == "回见，8890随时在。"
    assert "8890" in texts("welcome")


def test_faults_of_a_citys_sentences_are_named_at_once() -> None:
    faults = find_faults({"nonsense": "x", "withdraw_draft": "{what} {who}"})

    assert faults == ["no text is called 'nonsense'", "withdraw_draft: {who} is no placeholder of this text"]
    with pytest.raises(ValueError, match="nonsense"):
        Texts({"nonsense": "x"})
