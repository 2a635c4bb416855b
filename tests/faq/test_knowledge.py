"""What a knowledge base promises: all or nothing, faults by name, and nothing that has run out."""

import json
from datetime import date
from pathlib import Path

import pytest

from faq.entry import Entry
from faq.knowledge import Knowledge, KnowledgeError


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_what_was_saved_is_loaded_again_unchanged(tmp_path: Path) -> None:
    entry = Entry(
        id="a",
        question="图书馆几点开门",
        variants=("图书馆开放时间",),
        answer="每天九点。",
        source="馆方",
        department="文化馆",
        region="全市",
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
        review_by=date(2026, 6, 30),
        tags=("文化",),
    )
    knowledge = Knowledge([entry, Entry(id="b", question="闭馆日", answer="周一。")])

    knowledge.save(tmp_path / "kb.jsonl")

    assert Knowledge.load(tmp_path / "kb.jsonl").entries == knowledge.entries
    assert [path.name for path in tmp_path.iterdir()] == ["kb.jsonl"]


def test_each_fault_is_named_by_file_line_and_field(tmp_path: Path) -> None:
    path = write(
        tmp_path / "kb.jsonl",
        {"id": "a", "question": "问", "answer": "答"},
        {"id": "a", "question": "问", "answer": "答"},
        {"id": "b", "question": " ", "answer": "答", "valid_until": "明天", "variants": "不是列表"},
        {"id": "c", "question": "问", "answer": "答" * 683},
        {"id": "d", "question": "问", "answer": "答", "valid_from": "2026-02-01", "valid_until": "2026-01-01"},
        {"id": "e", "question": "问", "answer": "答", "anwser": "笔误"},
        ["不是对象"],
    )
    with path.open("a", encoding="utf-8") as file:
        file.write("{不是JSON\n")

    with pytest.raises(KnowledgeError) as caught:
        Knowledge.load(path)

    faults = caught.value.faults
    places = [fault.removeprefix(f"{path}:").split(": ")[:2] for fault in faults]
    assert places[:5] == [["2", "id"], ["3", "question"], ["3", "valid_until"], ["3", "variants"], ["4", "answer"]]
    assert [place[0] for place in places[5:]] == ["5", "6", "7", "8"]


def test_a_file_that_is_not_utf8_or_not_there_is_a_named_fault(tmp_path: Path) -> None:
    (tmp_path / "gbk.jsonl").write_bytes("问".encode("gbk"))

    with pytest.raises(KnowledgeError, match=r"gbk\.jsonl: not UTF-8"):
        Knowledge.load(tmp_path / "gbk.jsonl")
    with pytest.raises(KnowledgeError, match=r"none\.jsonl"):
        Knowledge.load(tmp_path / "none.jsonl")


def test_entries_that_have_run_out_or_not_begun_are_withheld() -> None:
    old = Entry(id="old", question="问", answer="答", valid_until=date(2026, 6, 30))
    coming = Entry(id="coming", question="问", answer="答", valid_from=date(2027, 1, 1))
    lasting = Entry(id="lasting", question="问", answer="答", review_by=date(2026, 1, 1))
    knowledge = Knowledge([old, coming, lasting])

    assert knowledge.entries_on(date(2026, 6, 30)) == (old, lasting)
    assert knowledge.entries_on(date(2026, 7, 1)) == (lasting,)
    assert knowledge.withheld_on(date(2026, 7, 1)) == (old, coming)
    assert knowledge.expired_on(date(2026, 7, 1)) == (old,)
    assert knowledge.due_for_review_on(date(2026, 1, 2)) == (lasting,)


def test_an_imported_entry_takes_the_place_of_the_old_one() -> None:
    ours = Knowledge([Entry(id="a", question="问一", answer="旧"), Entry(id="b", question="问二", answer="答")])
    theirs = Knowledge([Entry(id="c", question="问三", answer="答"), Entry(id="a", question="问一", answer="新")])

    merged = ours.merged_with(theirs)

    assert [(entry.id, entry.answer) for entry in merged] == [("a", "新"), ("b", "答"), ("c", "答")]


def test_two_entries_with_one_id_are_refused() -> None:
    with pytest.raises(KnowledgeError):
        Knowledge([Entry(id="a", question="问", answer="答"), Entry(id="a", question="问", answer="答")])
