"""The shipped encoder: any text, exact offsets, alone as in a batch, and a clear word about folders that are bad."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.encoder import SHIPPED, Encoder, Reading
from nlu.interpretation import EmergencyKind, Intent
from nlu.model_folder import ENCODER_FILE, MODEL_FILE, TOKENIZER_FILE, ModelError
from nlu.normalize import normalize
from nlu.taxonomy import Taxonomy
from tests.nlu.conftest import CITIES
from tests.nlu.deaf import deaf_to

LINEAR = "linear-leaves.npz"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load(SHIPPED)


def marked(text: str, reading: Reading) -> list[str]:
    """Stretches that the encoder alone takes for places."""
    inside = [*(reading.tags.argmax(-1) > 0), False]
    starts = [at for at, here in enumerate(inside) if here and (at == 0 or not inside[at - 1])]
    return [text[start : inside.index(False, start)] for start in starts]


def test_one_pass_answers_everything(encoder: Encoder) -> None:
    text = "铁东区绿化街58栋1单元门前下水井堵塞返脏"
    (reading,) = encoder.read([text])

    assert reading.intents.argmax() == list(Intent).index(Intent.APPEAL)
    (place,) = marked(text, reading)
    assert "铁东区绿化街58栋1单元门前".startswith(place)
    assert place.startswith("铁东区绿化街58栋1单元")
    assert encoder.leaves[int(reading.leaves.argmax())][0] == "城乡建设"
    assert reading.emergency()[1] < 0.4
    assert float(np.linalg.norm(reading.vector)) == pytest.approx(1.0, abs=1e-3)


def test_a_cry_for_help_is_seen_without_any_rule(encoder: Encoder) -> None:
    (reading,) = encoder.read(["楼下着火了快来人"])

    assert reading.emergency()[0] is EmergencyKind.FIRE
    assert reading.emergency()[1] > 0.8


def test_what_means_the_same_is_nearer_than_its_neighbour(encoder: Encoder) -> None:
    lost, replaced, expired = encoder.vectors(["身份证丢了怎么补办", "证让人偷了咋再弄一张", "身份证到期换领"])

    assert lost @ replaced > lost @ expired


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_and_every_character_gets_its_tag(text: str) -> None:
    encoder = _ENCODER
    plain = normalize(text).text
    (reading,) = encoder.read([plain])

    assert reading.tags.shape == (len(plain), 5)
    assert reading.cuts.shape == (len(plain),)
    assert np.isfinite(reading.vector).all()
    assert float(np.exp(reading.leaves).sum()) == pytest.approx(1.0, abs=1e-2)


_ENCODER = Encoder.load(SHIPPED)


def test_a_text_is_read_the_same_whoever_else_writes_at_that_moment(encoder: Encoder) -> None:
    texts = ["路灯不亮", "鱼台县滨湖街道中心村停水两天了", "", "谢谢", "楼上漏水物业不管，还乱收停车费" * 30]

    for alone, together in zip(texts, encoder.read(texts), strict=True):
        (reading,) = encoder.read([alone])
        assert (reading.intents == together.intents).all()
        assert (reading.leaves == together.leaves).all()
        assert (reading.tags == together.tags).all()


def test_a_long_letter_is_read_window_by_window_and_tagged_to_its_end(encoder: Encoder) -> None:
    told = (
        "我们是这里的老住户了，",
        "这件事拖了三年，",
        "找过物业也找过社区，",
        "每次都说再等等，",
        "邻居们都很着急。",
    )
    letter = "尊敬的领导：" + "".join(told) * 12 + "地点就在双山小区3号楼门口，请派人来看一看。"
    (reading,) = encoder.read([letter])

    assert reading.tags.shape[0] == len(letter)
    assert any(place.startswith("双山小区3号楼") for place in marked(letter, reading))


def test_the_shipped_leaves_are_those_of_the_generic_pack(encoder: Encoder) -> None:
    assert set(encoder.leaves) == {category.path for category in Taxonomy.load(CITIES / "generic" / "categories.csv")}


def test_the_shipped_folder_fits_the_repository() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= 20 * 1024 * 1024


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda folder: (folder / MODEL_FILE).unlink(), "no model folder of suda"),
        (lambda folder: (folder / MODEL_FILE).write_text("{"), "is no JSON"),
        (lambda folder: (folder / MODEL_FILE).write_text('{"format": 99}'), "not of format"),
        (lambda folder: _changed(folder, intents=["appeal"]), "its intents are not those of this version"),
        (lambda folder: (folder / ENCODER_FILE).write_bytes(b"nothing"), "is no ONNX model"),
        (lambda folder: (folder / "characters.model").unlink(), "neither characters.model nor tokenizer.json"),
        (lambda folder: (folder / "pairs.npy").write_bytes(b""), "cannot be read"),
        (lambda folder: (folder / ENCODER_FILE).unlink(), "encoder.onnx cannot be read"),
        (lambda folder: (folder / MODEL_FILE).write_text("[" * 100_000), "is no JSON"),
        (lambda folder: _changed(folder, longest=None), "longest must be a whole number"),
        (lambda folder: _changed(folder, longest="x"), "longest must be a whole number"),
        (lambda folder: _changed(folder, longest=4000), "does not fit the files beside it"),
        (lambda folder: _changed(folder, leaves=None), "leaves must be a list"),
        (lambda folder: _changed(folder, leaves=[["教育", "学校"]]), "leaves must be a list"),
        (lambda folder: _changed(folder, leaves=["教育/学校/收费"]), "leaves must be a list"),
        (lambda folder: _changed(folder, leaves=[["教育", "学校", "收费"]]), r"output leaf .* must be \(1,\)"),
        (lambda folder: _changed(folder, weights={"magic": 1.0}), "weights must be numbers"),
        (lambda folder: _changed(folder, weights={"encoder": "much"}), "weights must be numbers"),
        (
            lambda folder: (folder / TOKENIZER_FILE).write_text("{}"),
            "tokenizer.json (is no tokenizer|needs the package)",
        ),
        (lambda folder: (folder / "characters.model").write_bytes(b"?"), "cannot be read"),
        (lambda folder: np.save(folder / "pairs.npy", np.zeros((3, 3))), "cannot be read"),
        (lambda folder: np.save(folder / "pairs.npy", np.arange(90_000)), "does not fit the files beside it"),
        (lambda folder: (folder / LINEAR).write_bytes(b"junk"), f"{LINEAR} cannot be read"),
        (lambda folder: np.savez(folder / LINEAR, labels=np.array(["a/b/c"])), f"{LINEAR} is no linear model"),
        (lambda folder: _linear(folder, classes=np.full((9, 2), 600, np.uint16)), "is no linear model"),
        (lambda folder: _linear(folder, share=np.float32("nan")), "share is not finite"),
        (lambda folder: _linear(folder, bias=np.zeros(3, np.float32)), "bias is of the shape"),
    ],
)
def test_a_folder_that_cannot_be_used_is_told_in_a_clear_word(tmp_path: Path, spoil: object, what: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    assert callable(spoil)
    spoil(folder)

    with pytest.raises(ModelError, match=what) as told:
        Encoder.load(folder)
    assert str(folder) in str(told.value)
    assert "pickle" not in str(told.value)
    assert any(way in str(told.value) for way in ("suda nlu train", "train it again", "pip install tokenizers")), (
        "the way out"
    )


def _changed(folder: Path, **facts: object) -> None:
    card = json.loads((folder / MODEL_FILE).read_text(encoding="utf-8"))
    (folder / MODEL_FILE).write_text(json.dumps({**card, **facts}), encoding="utf-8")


def _linear(folder: Path, **parts: object) -> None:
    with np.load(folder / LINEAR) as kept:
        whole = {name: kept[name] for name in kept.files}
    np.savez(folder / LINEAR, **{**whole, **parts})


def test_weights_of_other_inputs_or_outputs_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    weights = (folder / ENCODER_FILE).read_bytes()
    for name, what in ((b"tags", "gives no output tags"), (b"mask", "asks for the inputs")):
        (folder / ENCODER_FILE).write_bytes(weights.replace(b"\x04" + name, b"\x04else"))

        with pytest.raises(ModelError, match=what):
            Encoder.load(folder)


def test_a_model_that_fails_on_a_text_says_so_and_not_what_was_written() -> None:
    with pytest.raises(ModelError, match="failed on a text of 5 characters") as told:
        deaf_to("停水").read(["我家停水了"])
    assert "停水" not in str(told.value)
