"""The `suda` command as a person meets it: what it prints, what it says when something is wrong, how it exits."""

import asyncio
import io
import json
import logging
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher

from bot.cli import main
from bot.storage.entries import EntryVersion
from bot.storage.sql import SqlStorage
from faq.entry import Entry
from nlu.encoder import SHIPPED
from nlu.model_folder import MODEL_FILE
from tests.fakes.wechat_api import WeChatInterface
from tests.fakes.wechat_seal import Seal

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: object
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Its lines as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


class Terminal:
    """Runs commands in a folder of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._patch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str, typed: str | bytes = "") -> Said:
        self._patch.setattr(sys, "argv", ["suda", *words])
        told = typed.encode() if isinstance(typed, str) else typed
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(told), "utf-8"))
        self._capsys.readouterr()
        code = _exit_code()
        printed = self._capsys.readouterr()
        return Said(code, printed.out, printed.err)

    @property
    def storage(self) -> SqlStorage:
        """The record that the commands use."""
        return SqlStorage(f"sqlite:///{self.folder}/suda.db")


def _exit_code() -> object:
    try:
        main()
    except SystemExit as ended:
        return ended.code or 0
    return 0


@pytest.fixture
def suda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Terminal]:
    """The command, with nothing configured but where its data lie."""
    for name in [name for name in os.environ if name.startswith("SUDA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SUDA_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield Terminal(tmp_path, monkeypatch, capsys)
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def test_help_names_every_command_in_a_whole_sentence(suda: Terminal) -> None:
    said = suda("--help")

    assert said.code == 0
    names = [line.split()[0] for line in said.out.split("Commands:\n")[1].splitlines()]
    assert {"serve", "chat", "understand", "doctor", "audit", "operator", "migrate", "faq", "nlu"} < set(names)
    assert "..." not in said.out.split("Commands:")[1]


def test_help_waits_for_neither_the_web_server_nor_the_database() -> None:
    code = "import bot.cli, sys; print([name for name in ('aiohttp', 'sqlalchemy', 'telegram') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_conversation_at_the_terminal_ends_in_one_ticket(suda: Terminal) -> None:
    said = suda("chat", "--city", "anshan", "--json", typed="立山区双山路东段的路灯不亮\n\n不留\n确认\n")

    assert [row["turn"] for row in said.rows] == [1, 2, 3]
    assert set(said.rows[0]) == {"turn", "replies", "intent", "holder", "appeal", "tickets"}
    tickets = [ticket for row in said.rows for ticket in row["tickets"]]
    assert [ticket["place"]["district"] for ticket in tickets] == ["立山区"]
    assert said.rows[-1]["appeal"] is None


def test_a_person_reads_replies_and_no_json(suda: Terminal) -> None:
    said = suda("chat", typed="你好\n")

    assert said.out.startswith("│ ")
    assert "{" not in said.out


def test_a_conversation_kept_in_a_record_goes_on_another_time(suda: Terminal) -> None:
    kept = f"sqlite:///{suda.folder}/kept.db"
    first = suda("chat", "--json", "--database", kept, typed="立山区双山路东段的路灯不亮\n不留\n确认\n")
    second = suda("chat", "--json", "--database", kept, typed="办得怎么样了\n")

    (ticket,) = first.rows[-1]["tickets"]
    assert ticket["ticket_no"] in second.rows[0]["replies"][0]


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


def test_a_model_that_does_not_fit_its_labels_is_a_finding_of_the_doctor(
    suda: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = suda.folder / "model"
    shutil.copytree(SHIPPED, folder)
    card = json.loads((folder / MODEL_FILE).read_text("utf-8"))
    card["leaves"].append(["教育", "学校", "从没学过的"])
    (folder / MODEL_FILE).write_text(json.dumps(card), "utf-8")
    monkeypatch.setenv("SUDA_MODEL", str(folder))

    said = suda("doctor")

    assert said.code == 1
    (line,) = [line for line in said.out.splitlines() if "its output leaf is of the shape" in line]
    assert not line.startswith("✓")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("serve", "--city", "nowhere"), "没有这个城市包。现有：anshan"),
        (("serve", "--port", "99999"), "SUDA_PORT"),
        (("serve", "--host", "0.0.0.0"), "SUDA_SANDBOX_LOGIN"),
        (("audit", "--database", "mysql://x/y"), "SUDA_DATABASE_URL"),
        (("audit", "--database", "sqlite:///no/such/folder/suda.db"), "the record cannot be used: unable to open"),
        (("audit", "--database", "sqlite:////dev/null"), "suda migrate"),
        (("migrate", "--database", "sqlite:///no/such/folder/suda.db"), "the record cannot be used"),
        (("wechat", "menu", __file__), "no WeChat account 'main' is configured"),
        (("operator", "add", "王"), "--display-name may be Chinese"),
        (("operator", "add", "wang", "--password", "short"), "at least 8 characters"),
        (("outbox", "replay", "nothing"), "suda migrate"),
    ],
)
def test_what_is_wrong_is_told_in_words_and_never_by_a_traceback(
    suda: Terminal, words: tuple[str, ...], what: str
) -> None:
    said = suda(*words)

    assert said.code == 2
    assert what in said.err
    assert "Traceback" not in said.err


def test_a_port_that_is_taken_is_named(suda: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = suda("serve", "--port", str(port))

    assert said.code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in said.err


def test_the_record_is_brought_to_this_version(suda: Terminal) -> None:
    said = suda("migrate")

    assert said.out.startswith("The record is at version ")
    assert (suda.folder / "suda.db").exists()


def test_the_doctor_exits_by_what_it_found(suda: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    well = suda("doctor", "--city", "generic")
    monkeypatch.setenv("SUDA_WECHAT_TOKEN", "half a configuration")
    ill = suda("doctor")

    assert (well.code, ill.code) == (0, 1)
    assert "generic" in well.out
    assert "SUDA_WECHAT_APP_ID" in ill.out


def test_an_operator_is_added_with_a_hash_and_a_note(suda: Terminal) -> None:
    said = suda("operator", "add", "wang", "--display-name", "王工", typed="a good password\n")

    account, noted = asyncio.run(_operator(suda.storage))
    assert said.out == "王工 can log in at /desk as wang.\n"
    assert PasswordHasher().verify(account, "a good password")
    assert noted == ["operator_saved"]


def test_a_role_is_kept_until_another_is_given(suda: Terminal) -> None:
    roles = []
    for words in ((), ("--role", "editor"), ()):
        suda("operator", "add", "wang", "--password", "a good password", *words)
        roles.append(asyncio.run(_role(suda.storage)))

    assert roles == ["operator", "editor", "editor"]
    assert suda("operator", "add", "wang", "--role", "king").code == 2


async def _role(storage: SqlStorage) -> str:
    await storage.start()
    try:
        operator = await storage.operator("wang")
        return operator.role if operator else ""
    finally:
        await storage.stop()


async def _operator(storage: SqlStorage) -> tuple[str, list[str]]:
    await storage.start()
    try:
        operator = await storage.operator("wang")
        assert operator is not None
        return operator.password_hash, [action for _, _, action, _ in await storage.notes()]
    finally:
        await storage.stop()


async def test_a_menu_is_checked_and_then_set(suda: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = Seal(app_id="wx0123456789abcdef", token="token", aes_key="a" * 43)
    wechat = WeChatInterface(seal=seal, app_secret="secret", clock=time.time, show=lambda _user, _text: None)
    menu = suda.folder / "menu.json"
    button = {"type": "click", "name": "转人工", "key": "human"}
    async with TestServer(wechat.app()) as server:
        for name, value in (("APP_ID", seal.app_id), ("APP_SECRET", "secret"), ("TOKEN", "token"), ("MODE", "plain")):
            monkeypatch.setenv(f"SUDA_WECHAT_{name}", value)
        monkeypatch.setenv("SUDA_WECHAT_API_BASE", str(server.make_url("")))
        menu.write_text(json.dumps({"button": [button] * 4}), "utf-8")
        refused = await asyncio.to_thread(suda, "wechat", "menu", str(menu))
        menu.write_text(json.dumps({"button": [button]}), "utf-8")
        taken = await asyncio.to_thread(suda, "wechat", "menu", str(menu))

    assert (refused.code, taken.code) == (2, 0)
    assert "4 buttons, 3 are allowed" in refused.err
    assert wechat.menu == [button]


def test_the_audit_of_a_record_that_holds_says_so(suda: Terminal) -> None:
    suda(
        "chat", "--database", f"sqlite:///{suda.folder}/suda.db", typed="立山区双山路东段的路灯不亮\n不留\n确认\n人工\n"
    )

    told, counted = suda("audit"), suda("audit", "--json")

    assert (told.code, counted.code) == (0, 0)
    assert told.out.endswith("The promises hold.\n")
    assert "waiting for a person: 1\n  terminal:main:citizen" in told.out
    (report,) = counted.rows
    assert report["holds"] is True
    assert report["messages"] == 4
    assert sum(report["tickets"].values()) == 1


def test_a_broken_promise_is_named_and_shows_in_the_exit_code(suda: Terminal) -> None:
    suda("chat", "--database", f"sqlite:///{suda.folder}/suda.db", typed="你好\n")
    with sqlite3.connect(suda.folder / "suda.db") as record:
        record.execute("UPDATE deliveries SET fate = 'forgotten'")
    record.close()

    said = suda("audit")

    assert said.code == 1
    assert "BROKEN: deliveries without a fate: 1" in said.out


def test_what_was_refused_is_listed_and_sent_again(suda: Terminal) -> None:
    suda("chat", "--database", f"sqlite:///{suda.folder}/suda.db", typed="你好\n")
    with sqlite3.connect(suda.folder / "suda.db") as record:
        record.execute("UPDATE deliveries SET fate = 'refused', error = 'blocked'")
        ((delivery,),) = record.execute("SELECT id FROM deliveries")
    record.close()

    before = suda("outbox", "list")
    again = suda("outbox", "replay", delivery)
    after, twice = suda("outbox", "list"), suda("outbox", "replay", delivery)

    assert before.out.startswith("refused  citizen")
    assert before.out.endswith("blocked\n1 not sent\n")
    assert again.code == 0
    assert after.out.startswith("pending ")
    assert twice.code == 2


def test_a_dead_letter_is_listed_and_shown(suda: Terminal) -> None:
    suda("migrate")
    asyncio.run(_bury(suda.storage, b"<xml>\r\n</xml"))

    listed, shown, missing = (suda("dead-letters", *more) for more in ((), ("--show", "1"), ("--show", "99")))

    assert "wechat/main 12 bytes: not closed" in listed.out
    assert shown.out == "<xml>\r\n</xml\n"
    assert listed.out.endswith("1 dead letters\n")
    assert (missing.code, missing.err) == (2, "there is no dead letter 99\n")


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


async def _keep(storage: SqlStorage, entry: Entry) -> None:
    await storage.start()
    await storage.keep_entries([EntryVersion.of(entry, 1, "liumin", 1.0)])
    await storage.stop()


async def _bury(storage: SqlStorage, body: bytes) -> None:
    await storage.start()
    try:
        await storage.bury("wechat", "main", body, "not closed", 1.0)
    finally:
        await storage.stop()


def test_people_are_listed_disabled_and_let_in_again(suda: Terminal) -> None:
    suda("operator", "add", "wang", "--display-name", "王工", "--password", "a good password")
    added = suda("operator", "add", "chen", "--role", "admin", "--one-time")
    disabled = suda("operator", "disable", "wang")
    listed = suda("operator", "list").out
    enabled = suda("operator", "enable", "wang")
    changed = suda("operator", "passwd", "wang", typed="another password\n")

    word = added.out.splitlines()[-1].removeprefix("One-time password: ")
    assert re.fullmatch(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", word)
    assert [line.split() for line in listed.splitlines()] == [
        ["chen", "admin", "chen", "(one-time", "password)"],
        ["wang", "operator", "王工", "(disabled)"],
        ["2", "accounts"],
    ]
    assert (disabled.code, enabled.code, changed.code) == (0, 0, 0)
    account, noted = asyncio.run(_operator(suda.storage))
    assert PasswordHasher().verify(account, "another password")
    assert noted[:3] == ["password_reset", "account_enabled", "account_disabled"]
    for command in ("disable", "enable", "reset-code"):
        assert suda("operator", command, "nobody").code == 2
    assert suda("operator", "passwd", "nobody", "--one-time").code == 2
    assert suda("operator", "add", "x", "--one-time", "--password", "a good password").code == 2


def test_the_audit_follows_the_log_of_the_desk_and_names_the_first_bad_row(suda: Terminal) -> None:
    for _ in range(3):
        suda("operator", "add", "wang", "--password", "a good password")
    well = suda("audit")
    head = well.out.splitlines()[-2].rpartition(" ")[2]
    kept = suda("audit", "--head", head)
    foreign = suda("audit", "--head", "2:" + "0" * 64)
    unreadable = suda("audit", "--head", "x")
    with sqlite3.connect(suda.folder / "suda.db") as record:
        record.execute("UPDATE audit_log SET who = 'chen' WHERE number = 2")
    record.close()
    ill, told = suda("audit"), suda("audit", "--json")

    assert "audit log: 3 lines, unbroken" in well.out
    assert (well.code, kept.code, foreign.code, unreadable.code) == (0, 0, 1, 2)
    assert "line 2 is" in foreign.out
    assert ill.code == 1
    assert "BROKEN: the desk's audit log was tampered with: line 2 is changed" in ill.out
    assert "A promise is broken." in ill.out
    assert json.loads(told.out)["audit_log"]["bad_row"] == 2
