"""The fast classifier: right where words are plain, unsure where they are not."""

from __future__ import annotations

import pytest

from nlu.interpreter import Interpreter
from nlu.lexical import UNSURE, LexicalClassifier


@pytest.fixture(scope="module")
def classifier(generic: Interpreter) -> LexicalClassifier:
    return LexicalClassifier(generic.taxonomy)


@pytest.mark.parametrize(
    ("text", "leaf"),
    [("暖气片冰凉", "冬季采暖"), ("夜间施工噪音大", "噪音污染"), ("老板拖欠农民工工资", "农民工权益")],
)
def test_plain_words_lead_to_their_leaf(classifier: LexicalClassifier, text: str, leaf: str) -> None:
    assert leaf in [candidate.path[2] for candidate in classifier.rank(text)[:3]]


def test_words_that_say_nothing_lead_nowhere(classifier: LexicalClassifier) -> None:
    assert classifier.rank("嗯嗯") == ()
    assert classifier.evidence("嗯嗯") == 0


def test_confidence_is_a_share_of_belief(classifier: LexicalClassifier) -> None:
    ranked = classifier.rank("楼上漏水物业不管，还乱收停车费", limit=5)

    assert 1 < len(ranked) <= 5
    assert sum(candidate.confidence for candidate in ranked) <= 1
    assert [candidate.confidence for candidate in ranked] == sorted(
        (candidate.confidence for candidate in ranked), reverse=True
    )


def test_a_single_vague_word_leaves_the_classifier_unsure(classifier: LexicalClassifier) -> None:
    ranked = classifier.rank("证件")

    assert not ranked or ranked[0].confidence < 2 * UNSURE
