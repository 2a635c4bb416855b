"""The `suda` command as a person meets it: what it prints, what it says when something is wrong, how it exits."""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time

import pytest
from aiohttp.test_utils import TestServer

from nlu.encoder import SHIPPED
from nlu.model_folder import MODEL_FILE
from tests.bot.conftest import ROOT, Terminal
from tests.fakes.wechat_api import WeChatInterface
from tests.fakes.wechat_seal import Seal


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


def test_the_doctor_exits_by_what_it_found(suda: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    well = suda("doctor", "--city", "generic")
    monkeypatch.setenv("SUDA_WECHAT_TOKEN", "half a configuration")
    ill = suda("doctor")

    assert (well.code, ill.code) == (0, 1)
    assert "generic" in well.out
    assert "SUDA_WECHAT_APP_ID" in ill.out


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
