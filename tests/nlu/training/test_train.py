"""Training end to end, small: plain text → checkpoint → model folder → an interpreter that understands with it."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from nlu.encoder import Encoder
from nlu.interpreter import Interpreter
from nlu.model_folder import ModelError
from tests.nlu.conftest import CITIES

pytestmark = [pytest.mark.training, pytest.mark.timeout(600)]

WHERE = ("双山小区", "绿化街58栋", "太白楼路", "奎聚街道", "茅塘镇", "和平里小区", "建国路", "深沟寺二区")
HEAT = ("暖气不热", "家里冰凉", "供暖没压力", "地热不热", "暖气片冰凉", "室温十四度", "换热站停了", "采暖费交了不热")
NOISE = (
    "半夜打桩",
    "广场舞太吵",
    "烧烤摊吵到天亮",
    "冷却塔嗡嗡响",
    "楼上装修钻墙",
    "喇叭一直放",
    "机器轰隆隆",
    "夜里卸货咣咣响",
)
SCHOOL = (
    "补课收钱",
    "老师体罚",
    "食堂饭菜馊了",
    "不让报名入学",
    "作业写到半夜",
    "校服太贵",
    "幼儿园乱收费",
    "分班不公",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plain text, a marked corpus, a city's rows, and what is trained of them."""
    made = tmp_path_factory.mktemp("training")
    rng = random.Random(3)
    lines = [
        f"{rng.choice(WHERE)}{rng.choice(words)}，{rng.choice(('请处理', '没人管', '怎么办'))}"
        for words in (HEAT, NOISE, SCHOOL)
        for _ in range(150)
    ]
    (made / "text.txt").write_text("\n".join(lines * 6), encoding="utf-8")
    corpus = made / "corpus"
    corpus.mkdir()
    (corpus / "w1_01.txt").write_text("\n".join(_corpus(rng)) + "\n", encoding="utf-8")
    rows = [
        {"text": f"{rng.choice(WHERE)}{rng.choice(words)}了{number}天", "level1": name}
        for name, words in (("环境保护", NOISE), ("教育文体", SCHOOL))
        for number in range(130)
    ]
    (made / "rows.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return made


def _corpus(rng: random.Random) -> Iterator[str]:
    for path, words in (
        ("城乡建设/城市建设和市政管理/冬季采暖", HEAT),
        ("环境保护/环境污染/噪音污染", NOISE),
        ("教育文体/教育行政管理/教学管理", SCHOOL),
    ):
        yield f"# {path}"
        for word in words:
            for _ in range(6):
                ending = rng.choice(("", "，没人管", "三天了", "！！"))
                yield f"{rng.choice('投求')} 〔{rng.choice(WHERE)}〕{word}{ending}"
    yield "# intent: thanks"
    yield from ("谢谢", "多谢了", "太感谢了", "谢谢你们", "感谢感谢", "谢啦")


def _pack(folder: Path) -> Path:
    """A city of three categories, so that nothing is trained that no test looks at."""
    pack = folder / "cities" / "tiny"
    if not pack.exists():
        shutil.copytree(CITIES / "generic", pack)
        table = (CITIES / "generic" / "categories.csv").read_text(encoding="utf-8").splitlines()
        kept = [line for line in table[1:] if line.split(",")[3] in ("冬季采暖", "噪音污染", "教学管理")]
        (pack / "categories.csv").write_text("\n".join([table[0], *kept]) + "\n", encoding="utf-8")
        facts = (pack / "city.toml").read_text(encoding="utf-8")
        (pack / "city.toml").write_text(re.sub(r"(?ms)^placeless = \[.*?\]", "placeless = []", facts), encoding="utf-8")
    return pack


def _environment(words: tuple[str | Path, ...]) -> dict[str, str]:
    # Never beside the project's own cities.
    out = next((Path(word).parent for before, word in pairwise(words) if before == "--out"), None)
    out = out or Path(tempfile.gettempdir()) / f"suda-tests-{os.getpid()}"
    return {**os.environ, "SUDA_CITIES": str(_pack(out).parent), "SUDA_CITY": "tiny"}


def suda(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "nlu", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=_environment(words))


@pytest.fixture(scope="module")
def pretrained(folder: Path) -> Path:
    done = suda("pretrain", "--text", folder / "text.txt", "--out", folder / "pre", "--steps", "12")
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def model(folder: Path, pretrained: Path) -> Path:
    done = suda(
        "train",
        "--train",
        folder / "corpus",
        "--start",
        pretrained,
        "--out",
        folder / "model",
        "--city",
        "tiny",
        "--epochs",
        "6",
        "--rate",
        "1e-3",
    )
    assert done.returncode == 0, done.stderr
    return folder / "model"


def test_a_model_trained_from_plain_text_and_marked_lines_understands(model: Path) -> None:
    interpreter = Interpreter.load(_pack(model.parent), Encoder.load(model))
    heat, noise = interpreter.parse_many(["建国路半夜打桩", "和平里小区暖气片冰凉"])[::-1]

    assert heat.category is not None
    assert heat.category.path[2] == "冬季采暖"
    assert noise.category is not None
    assert noise.category.path[2] == "噪音污染"
    assert any("平里小区" in place.text for place in heat.locations)


def test_a_citys_own_rows_of_one_level_are_learnt_on_top_of_it(folder: Path, model: Path) -> None:
    done = suda(
        "train",
        "--train",
        folder / "rows.jsonl",
        "--start",
        model,
        "--out",
        folder / "own",
        "--city",
        "tiny",
        "--epochs",
        "2",
    )

    assert done.returncode == 0, done.stderr
    assert "linear model" in done.stderr
    encoder = Encoder.load(folder / "own")
    assert [linear.labels for linear in encoder.linears if len(linear.labels[0]) == 1] == [
        (("教育文体",), ("环境保护",))
    ]
    found = Interpreter.load(_pack(folder), encoder).parse("太白楼路作业写到半夜")
    assert found.category is not None
    assert found.category.path[0] == "教育文体"


def test_an_interrupted_training_goes_on_after_its_last_epoch(folder: Path, pretrained: Path, model: Path) -> None:
    out = folder / "again"
    task = ("train", "--train", folder / "corpus", "--start", pretrained, "--out", out, "--city", "tiny")
    command = [sys.executable, "-m", "bot", "nlu", *map(str, task), "--epochs", "40"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=_environment(task))
    assert process.stderr is not None
    for line in process.stderr:
        if "epoch 2/40" in line:
            break
    process.kill()
    process.wait()
    process.stderr.close()

    done = suda(*task, "--epochs", "4")

    assert done.returncode == 0, done.stderr
    assert "going on after epoch" in done.stderr
    assert Encoder.load(out).leaves == Encoder.load(model).leaves


def test_any_hugging_face_encoder_folder_will_do_instead(folder: Path) -> None:
    source = folder / "foreign"
    make = (
        "import sys; from transformers import BertConfig, BertModel, BertTokenizerFast\n"
        "text = open(sys.argv[1], encoding='utf-8').read()\n"
        "words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', *sorted(set(text) - set(' \\n'))]\n"
        "open(sys.argv[2] + '.txt', 'w', encoding='utf-8').write('\\n'.join(words))\n"
        "BertTokenizerFast(vocab_file=sys.argv[2] + '.txt', tokenizer_file=None).save_pretrained(sys.argv[2])\n"
        "BertModel(BertConfig(vocab_size=len(words), hidden_size=64, num_hidden_layers=2, num_attention_heads=2,"
        " intermediate_size=128)).save_pretrained(sys.argv[2])\n"
    )
    subprocess.run([sys.executable, "-c", make, str(folder / "text.txt"), str(source)], check=True, capture_output=True)

    done = suda(
        "train",
        "--train",
        folder / "corpus",
        "--start",
        source,
        "--out",
        folder / "adopted",
        "--city",
        "tiny",
        "--epochs",
        "12",
        "--rate",
        "3e-3",
    )

    assert done.returncode == 0, done.stderr
    interpreter = Interpreter.load(_pack(folder), Encoder.load(folder / "adopted"))
    found = interpreter.parse("双山小区暖气不热")
    assert found.category is not None
    assert found.category.path[2] == "冬季采暖"
    assert any("双山小区" in place.text for place in found.locations)


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ('{"text": "路灯坏了"}\n', "rows.jsonl: row 1: says neither category nor level1 nor intent"),
        ('{"text": "路灯坏了", "category": ["城乡建设"]}\n', "rows.jsonl: row 1"),
        ("nonsense\n", "rows.jsonl:1: no JSON"),
        ("", "no rows"),
    ],
)
def test_rows_that_teach_nothing_are_named(tmp_path: Path, model: Path, rows: str, what: str) -> None:
    (tmp_path / "rows.jsonl").write_text(rows, encoding="utf-8")

    done = suda("train", "--train", tmp_path / "rows.jsonl", "--start", model, "--out", tmp_path / "out")

    assert done.returncode == 2
    assert what in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_no_model_is_named(tmp_path: Path, folder: Path) -> None:
    done = suda("train", "--train", folder / "rows.jsonl", "--start", tmp_path, "--out", tmp_path / "out")

    assert done.returncode == 2
    assert "nothing to train on from" in done.stderr
    with pytest.raises(ModelError, match="no model folder of suda"):
        Encoder.load(tmp_path)


def test_what_was_taken_for_what_can_be_drawn(tmp_path: Path) -> None:
    rows = [
        {"text": "双山小区暖气不热", "category": ["城乡建设", "城市建设和市政管理", "冬季采暖"]},
        {"text": "老师体罚学生", "category": ["教育文体", "教育", "教学管理"]},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    done = suda("evaluate", tmp_path / "rows.jsonl", "--picture", tmp_path / "crossed.png")
    nowhere = suda("evaluate", tmp_path / "rows.jsonl", "--picture", tmp_path / "no" / "a.png")

    assert (done.returncode, done.stderr) == (0, "")
    assert (nowhere.returncode, "Traceback" in nowhere.stderr) == (2, False)
    assert "a.png: the picture cannot be written" in nowhere.stderr
    content = (tmp_path / "crossed.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 5_000


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\n \n", "0 characters are too few"),
        ("停水".encode(), "are too few to learn from"),
        ("，".encode() * 200, "no two letters"),
        ("停水了".encode("gbk"), "not UTF-8"),
    ],
)
def test_a_text_that_teaches_no_chinese_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "text.txt").write_bytes(content)

    done = suda("pretrain", "--text", tmp_path / "text.txt", "--out", tmp_path / "pre")

    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert told in done.stderr
