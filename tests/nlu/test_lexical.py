"""The fast classifier: right where words are plain, unsure where they are not."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from nlu.interpreter import Interpreter
from nlu.lexical import UNSURE, LexicalClassifier
from nlu.taxonomy import Taxonomy
from tests.nlu.conftest import CITIES

TABLE = Path(__file__).with_name("matters_and_leaves.csv")
HEAD = "code,l1,l2,l3,keywords,unit,fast_lane\n"


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


def test_what_people_say_leads_to_the_leaf_that_deals_with_it(classifier: LexicalClassifier) -> None:
    """Each line of the table names a leaf, or parts of its path, or several with a bar between."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    missed = [row["text"] for row in rows if not _leads(classifier, row["text"], row["leaf"])]

    assert len(rows) >= 120
    assert missed == []


def _leads(classifier: LexicalClassifier, text: str, leaves: str) -> bool:
    found = [candidate.path for candidate in classifier.rank(text)[:3]]
    return any(
        all(any(part in name for name in path) for part in leaf.split("/"))
        for path in found
        for leaf in leaves.split("|")
    )


def test_the_two_parts_of_a_keyword_may_stand_apart(tmp_path: Path) -> None:
    file = tmp_path / "categories.csv"
    file.write_text(f"{HEAD}1,甲,乙,丙,垃圾…没人,,\n2,甲,乙,丁,积水,,\n", encoding="utf-8")
    classifier = LexicalClassifier(Taxonomy.load(file))

    assert [found.code for found in classifier.rank("垃圾堆了好几天没人拉")] == ["1"]
    assert classifier.evidence("没人要的旧书和垃圾") == 0


def test_a_matter_in_words_unheard_of_is_guessed_with_little_confidence(classifier: LexicalClassifier) -> None:
    ranked = classifier.rank("桥底下的栏杆松了")

    assert classifier.evidence("桥底下的栏杆松了") == 0
    assert ranked[0].path[2] == "设施维护"
    assert sum(candidate.confidence for candidate in ranked) <= 0.3


def test_no_keyword_stands_at_two_leaves_and_all_packs_agree() -> None:
    packs = [
        (CITIES / city / "categories.csv").read_text(encoding="utf-8")
        for city in ("anshan", "changyi", "jining", "lianyuan")
    ]
    taxonomy = Taxonomy.load(CITIES / "generic" / "categories.csv")
    words = [word for category in taxonomy for word in category.keywords]

    assert set(packs) == {(CITIES / "generic" / "categories.csv").read_text(encoding="utf-8")}
    assert len(words) == len(set(words))
