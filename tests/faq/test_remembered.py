"""What is kept of a base's meanings: nothing is encoded twice, no other encoder's is used, no question stays."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from faq.index import Meaning
from faq.remembered import Remembered


class Counting:
    """An encoder that says how many texts it read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, texts: Sequence[str]) -> list[Meaning]:
        self.read += texts
        return [Meaning(np.array([len(text), 1], dtype=np.float32), asks=0.5) for text in texts]


def test_only_what_is_new_is_encoded(tmp_path: Path) -> None:
    encode = Counting()
    remembered = Remembered(encode, tmp_path / "kept.npz", "one")

    first = remembered(["身份证丢了", "怎么上牌"])
    again = remembered(["怎么上牌", "怎么过户"])

    assert encode.read == ["身份证丢了", "怎么上牌", "怎么过户"]
    assert (first[1].vector == again[0].vector).all()


def test_the_next_run_reads_what_this_one_kept(tmp_path: Path) -> None:
    Remembered(Counting(), tmp_path / "new" / "kept.npz", "one")(["身份证丢了", "怎么上牌"])
    encode = Counting()

    (lost, plate) = Remembered(encode, tmp_path / "new" / "kept.npz", "one")(["身份证丢了", "怎么上牌"])

    assert encode.read == []
    assert lost.vector.tolist() == [5.0, 1.0]
    assert plate.asks == pytest.approx(0.5)


def test_what_another_encoder_made_is_not_used(tmp_path: Path) -> None:
    Remembered(Counting(), tmp_path / "kept.npz", "one")(["身份证丢了", "怎么上牌"])
    encode = Counting()

    Remembered(encode, tmp_path / "kept.npz", "two")(["身份证丢了", "怎么上牌"])

    assert encode.read == ["身份证丢了", "怎么上牌"]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 half a file"])
def test_a_file_that_is_broken_is_made_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kept.npz").write_bytes(content)
    encode = Counting()

    Remembered(encode, tmp_path / "kept.npz", "one")(["身份证丢了", "怎么上牌"])
    Remembered(Counting(), tmp_path / "kept.npz", "one")(["身份证丢了", "怎么上牌"])

    assert len(encode.read) == 2


def test_what_citizens_ask_is_not_kept(tmp_path: Path) -> None:
    encode = Counting()
    remembered = Remembered(encode, tmp_path / "kept.npz", "one")

    remembered(["我叫陆某，电话13900001111"])

    assert not (tmp_path / "kept.npz").exists()
