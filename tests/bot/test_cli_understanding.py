"""Texts for `suda understand`, `faq` and `nlu`: what is understood of them and answered, and how well it is done."""

import asyncio
import json
import shutil

import pytest

from bot.storage.entries import EntryVersion
from bot.storage.sql import SqlStorage
from faq.entry import Entry
from tests.bot.conftest import ROOT, Terminal


def test_texts_are_understood_in_their_order(suda: Terminal) -> None:
    said = suda(
        "understand", "--city", "generic", typed='{"id": "b", "text": "谢谢"}\n\n{"id": 1, "text": "路灯不亮"}\n'
    )

    assert [row["id"] for row in said.rows] == ["b", 1]
    assert [row["intent"] for row in said.rows] == ["thanks", "appeal"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("路灯".encode(), "not JSON"),
        ('{"text": "路灯"}'.encode(), "must be an object"),
        (b"3", "must be"),
        (b"[" * 100_000, "not JSON"),
        ('{"id": 2, "text": "路灯"}'.encode("gb18030"), "not UTF-8"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_by_its_number_and_spoils_no_other(
    suda: Terminal, line: bytes, what: str
) -> None:
    typed = b'{"id": 1, "text": "hi"}\n' + line + b'\n{"id": 3, "text": "hi"}\n'
    said = suda("understand", "--city", "generic", typed=typed)

    assert said.code == 2
    assert said.err.startswith("line 2: ")
    assert what in said.err
    assert [row["id"] for row in said.rows] == [1, 3]


def test_any_text_that_json_can_hold_is_understood_and_written_back(suda: Terminal) -> None:
    texts = ["\ud800 号楼停水了", "a\x00b", "\ufeff", "🏠漏水", ""]
    rows = "".join(json.dumps({"id": text, "text": text}) + "\n" for text in texts)

    said = suda("understand", "--city", "generic", typed="\ufeff" + rows)

    assert said.code == 0
    assert [(row["id"], row["text"]) for row in said.rows] == [(text, text) for text in texts]


@pytest.mark.parametrize("command", ["understand", "chat"])
def test_a_model_folder_that_is_none_is_named_with_the_way_out(
    suda: Terminal, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (suda.folder / "empty").mkdir()
    monkeypatch.setenv("SUDA_MODEL", str(suda.folder / "empty"))

    said = suda(command, "--city", "generic", typed='{"id": 1, "text": "路灯不亮"}\n')

    assert said.code == 2
    assert "no model folder of suda" in said.err
    assert "suda nlu train" in said.err


def test_a_question_is_put_to_the_knowledge_base(suda: Terminal) -> None:
    said = suda("faq", "ask", "12345是什么电话", "--city", "generic")

    assert said.out.startswith("decision: answer\n")
    assert "（来源：" in said.out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("加班费怎么算", "asks back: 您是哪一天加班？\n\n[平时]\n"),
        ("春节加班费怎么算", "\n法定节假日：\n"),
        ("同一家公司能试用两次吗", "\n看合同签多长："),
    ],
)
def test_it_is_told_what_an_entry_would_ask_back(suda: Terminal, text: str, told: str) -> None:
    said = suda("faq", "ask", text, "--city", "generic", "--rules")

    assert said.out.startswith("decision: answer\n"), said.out
    assert told in said.out


@pytest.mark.parametrize(
    "words", [("faq", "ask", "公园年票怎么买"), ("faq", "ask", "公园年票怎么买", "--rules"), ("chat",)]
)
def test_what_was_changed_on_the_desk_is_said_at_the_terminal_too(suda: Terminal, words: tuple[str, ...]) -> None:
    suda("migrate")
    asyncio.run(_keep(suda.storage, Entry(id="park-pass", question="公园年票怎么买", answer="到公园门口办。")))

    said = suda(*words, typed="公园年票怎么买\n")
    elsewhere = suda(*words, "--city", "generic", typed="公园年票怎么买\n")

    assert "到公园门口办。" in said.out
    assert "到公园门口办。" not in elsewhere.out
    assert "is the record of anshan" in elsewhere.err


async def _keep(storage: SqlStorage, entry: Entry) -> None:
    await storage.start()
    await storage.keep_entries([EntryVersion.of(entry, 1, "liumin", 1.0)])
    await storage.stop()


def test_entries_are_added_to_a_city_or_none_of_them(suda: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "cities" / "generic", suda.folder / "cities" / "ours")
    monkeypatch.setenv("SUDA_CITIES", str(suda.folder / "cities"))
    known = (suda.folder / "cities/ours/faq.jsonl").read_text("utf-8")
    new = suda.folder / "new.jsonl"
    new.write_text('{"id": "x-1", "question": "公园几点开门", "answer": "六点。"}\n{"id": "x-2"}\n', "utf-8")
    wrong = suda("faq", "import", str(new), "--city", "ours")
    unchanged = (suda.folder / "cities/ours/faq.jsonl").read_text("utf-8") == known
    new.write_text('{"id": "x-1", "question": "公园几点开门", "answer": "六点。"}\n', "utf-8")

    right = suda("faq", "import", str(new), "--city", "ours")

    assert (wrong.code, unchanged) == (2, True)
    assert f"{new}:2" in wrong.err
    assert right.out.startswith("1 new, ")


def test_a_knowledge_base_is_measured(suda: Terminal) -> None:
    kb, questions, out = suda.folder / "kb.jsonl", suda.folder / "q.jsonl", suda.folder / "out.jsonl"
    kb.write_text('{"id": "park", "question": "公园几点开门", "variants": [], "answer": "六点。"}\n', "utf-8")
    questions.write_text('{"id": "1", "text": "公园几点开门", "answer_id": "park"}\n', "utf-8")
    files = ("--kb", str(kb), "--questions", str(questions))

    table, figures = suda("faq", "evaluate", *files), suda("faq", "evaluate", *files, "--out", str(out), "--json")
    questions.write_text("nonsense\n", "utf-8")
    wrong = suda("faq", "evaluate", *files)

    assert table.code == 0
    assert figures.rows
    assert [json.loads(line)["id"] for line in out.read_text("utf-8").splitlines()] == ["1"]
    assert (wrong.code, str(questions) in wrong.err) == (2, True)


def test_understanding_is_measured(suda: Terminal) -> None:
    rows = suda.folder / "rows.jsonl"
    rows.write_text('{"text": "谢谢", "intent": "thanks"}\n{"text": "路灯不亮", "intent": "greet"}\n', "utf-8")

    table = suda("nlu", "evaluate", str(rows), "--city", "generic")
    figures = suda("nlu", "evaluate", str(rows), "--city", "generic", "--json")
    rows.write_text("\n", "utf-8")
    wrong = suda("nlu", "evaluate", str(rows), "--city", "generic")

    assert "greet taken for appeal: 1" in table.out
    assert figures.rows[0]["rows"] == 2
    assert (wrong.code, "no rows" in wrong.err) == (2, True)


def test_each_labelled_row_is_measured_in_the_city_that_it_names(suda: Terminal) -> None:
    rows = suda.folder / "rows.jsonl"
    told = {"anshan": "铁东区", "jining": "任城区", "nowhere": "铁东区"}
    lines = [{"text": f"{district}停水了", "city": city, "district": district} for city, district in told.items()]
    rows.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")

    (elsewhere,) = suda("nlu", "evaluate", str(rows), "--city", "generic", "--json").rows
    (here,) = suda("nlu", "evaluate", str(rows), "--city", "anshan", "--json").rows

    assert (elsewhere["district"], here["district"]) == (0.6667, 1.0)


def test_the_corpus_is_printed_with_offsets_and_a_slip_in_it_is_named(suda: Terminal) -> None:
    folder = suda.folder / "corpus"
    folder.mkdir()
    (folder / "w1_01.txt").write_text("# 环境保护/环境污染/噪音污染\n投 〔南门〕半夜打桩\n", "utf-8")

    rows = suda("nlu", "corpus", str(folder))
    plain = suda("nlu", "corpus", str(folder), "--plain")
    (folder / "w1_02.txt").write_text("# 没有/这个/类别\n", "utf-8")
    wrong = suda("nlu", "corpus", str(folder))
    (folder / "w1_02.txt").write_bytes("# 环境保护/环境污染/噪音污染\n投 南门半夜打桩\n".encode("gbk"))
    foreign = suda("nlu", "corpus", str(folder))

    assert rows.rows[0]["locations"] == [{"start": 0, "end": 2, "text": "南门", "main": True}]
    assert plain.out.splitlines()[0] == "南门半夜打桩"
    assert (wrong.code, "w1_02.txt:1: no category" in wrong.err) == (2, True)
    assert (foreign.code, "w1_02.txt:1: not UTF-8" in foreign.err) == (2, True)
