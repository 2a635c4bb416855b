"""What is kept of an index: the next start loads it and says the same, and trusts no file that is torn or foreign."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from faq.entry import Entry
from faq.index import Meaning
from faq.knowledge import Knowledge
from faq.saved import Saved

DAY = date(2026, 11, 26)
KNOWLEDGE = Knowledge(
    [
        Entry(id="plate", question="电动自行车怎么上牌", variants=("电动车登记要什么材料",), answer="到登记点办。"),
        Entry(id="dog", question="养犬登记证怎么办理", answer="到派出所办。"),
        Entry(id="heat", question="采暖费收费标准是多少", variants=("取暖费多少钱一平米",), answer="见公告。"),
    ]
)
ASKED = ("小电驴上牌要什么材料", "狗证怎么办", "取暖费一平多少钱", "天上有几颗星星")


class Counting:
    """An encoder that counts the texts that it read."""

    def __init__(self) -> None:
        self.read = 0

    def __call__(self, texts: Sequence[str]) -> list[Meaning]:
        self.read += len(texts)
        return [Meaning(np.array([text.count("车"), text.count("证"), 1], dtype=np.float32), 0.9) for text in texts]


def test_the_next_start_loads_what_this_one_found_and_says_the_same(tmp_path: Path) -> None:
    made = Saved(tmp_path / "new").index(KNOWLEDGE, Counting(), "one")
    encode = Counting()

    loaded = Saved(tmp_path / "new").index(KNOWLEDGE, encode, "one")

    assert encode.read == 0
    assert [loaded.ask(text, DAY) for text in ASKED] == [made.ask(text, DAY) for text in ASKED]


def test_an_answer_that_is_put_otherwise_needs_no_other_index(tmp_path: Path) -> None:
    Saved(tmp_path).index(KNOWLEDGE, Counting(), "one")
    encode, changed = Counting(), Knowledge([*KNOWLEDGE.entries[:2], _heat(answer="新的。")])

    index = Saved(tmp_path).index(changed, encode, "one")

    assert encode.read == 0
    best = index.ask("取暖费多少钱一平米", DAY).best
    assert best is not None
    assert best.answer == "新的。"


@pytest.mark.parametrize(("wording", "encoder"), [("采暖费收费标准是什么", "one"), ("采暖费收费标准是多少", "two")])
def test_of_other_wordings_or_another_encoder_it_is_made_anew(tmp_path: Path, wording: str, encoder: str) -> None:
    Saved(tmp_path).index(KNOWLEDGE, Counting(), "one")
    encode, changed = Counting(), Knowledge([*KNOWLEDGE.entries[:2], _heat(question=wording)])

    Saved(tmp_path).index(changed, encode, encoder)

    assert encode.read == 5


@pytest.mark.parametrize("spoilt", ["empty", "nonsense", "torn", "bent", "other"])
def test_a_file_that_cannot_be_trusted_is_made_anew_and_that_is_said(tmp_path: Path, spoilt: str) -> None:
    Saved(tmp_path).index(KNOWLEDGE, Counting(), "one")
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    middle = len(whole) // 2
    file.write_bytes(
        {
            "empty": b"",
            "nonsense": b"nonsense",
            "torn": whole[:middle],
            "bent": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
            "other": _other(tmp_path / "other"),
        }[spoilt]
    )
    encode = Counting()

    with capture_logs() as told:
        index = Saved(tmp_path).index(KNOWLEDGE, encode, "one")

    assert [(line["log_level"], line["action"]) for line in told] == [("warning", "index_broken")]
    assert encode.read == 5
    assert index.ask("养犬登记证怎么办理", DAY).best is KNOWLEDGE.by_id("dog")
    assert not list(tmp_path.glob(".index*"))


def test_only_the_last_few_are_kept(tmp_path: Path) -> None:
    for number in range(6):
        Saved(tmp_path).index(Knowledge([Entry(id="a", question=f"第{number}问", answer="答")]))

    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_cannot_be_written_to_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with capture_logs() as told:
        index = Saved(tmp_path / "file").index(KNOWLEDGE)

    assert index.ask("养犬登记证怎么办理", DAY).best is KNOWLEDGE.by_id("dog")
    assert [line["action"] for line in told] == ["index_not_kept"]


def test_many_vectors_are_kept_as_they_are_searched(tmp_path: Path) -> None:
    many = Knowledge([Entry(id=str(n), question=f"{n}", answer="答") for n in range(20_500)])
    vectors = np.random.default_rng(1).normal(size=(20_500, 80)).astype(np.float32)

    def encode(texts: Sequence[str]) -> list[Meaning]:
        return [Meaning(vectors[int(text)], 0.9) for text in texts]

    made = Saved(tmp_path).index(many, encode, "one")
    loaded = Saved(tmp_path).index(many, encode, "one")

    asked = [Meaning(vectors[n], 0.9) for n in (0, 777, 20_499)]
    assert [loaded.ask("？", DAY, meaning) for meaning in asked] == [made.ask("？", DAY, meaning) for meaning in asked]
    assert [made.ask("？", DAY, meaning).matches[0].entry.id for meaning in asked] == ["0", "777", "20499"]


def _heat(question: str = "采暖费收费标准是多少", answer: str = "见公告。") -> Entry:
    return Entry(id="heat", question=question, variants=("取暖费多少钱一平米",), answer=answer)


def _other(folder: Path) -> bytes:
    """A whole file, of other entries."""
    Saved(folder).index(Knowledge(KNOWLEDGE.entries[:2]), Counting(), "one")
    (file,) = folder.iterdir()
    content = file.read_bytes()
    file.unlink()
    folder.rmdir()
    return content
