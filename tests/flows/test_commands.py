"""The `suda` command as people type it, in a process of its own."""

import json
from pathlib import Path

import pytest

from tests.flows.node import environment, serving, suda


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path, 0)


def test_a_whole_conversation_through_chat_gives_one_complete_ticket(environ: dict[str, str]) -> None:
    said = "铁东区绿化街58栋1单元门前下水井堵塞返脏\n我姓王，电话13812345678\n确认\n"

    ended = suda(environ, "chat", "--json", says=said)
    turns = [json.loads(line) for line in ended.stdout.splitlines()]

    assert [turn["turn"] for turn in turns] == [1, 2, 3]
    assert all(turn["replies"] for turn in turns)
    (ticket,) = [ticket for turn in turns for ticket in turn["tickets"]]
    assert ticket["place"]["district"] == "铁东区"
    assert "绿化街58栋1单元" in ticket["place"]["text"]
    assert ticket["contact"]["phone"] == "13812345678"
    assert turns[-1]["appeal"] is None
    assert turns[-1]["holder"] == "bot"


def test_chat_without_json_is_readable(environ: dict[str, str]) -> None:
    ended = suda(environ, "chat", says="你好\n")

    assert ended.stdout.startswith("│ ")
    assert ended.stderr == ""


def test_understand_writes_a_line_for_each_line_in_the_same_order(environ: dict[str, str]) -> None:
    texts = {"a": "铁东区和平路12号停水三天了", "b": "人工", "c": "家里煤气泄漏了"}
    rows = "".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in texts.items())

    ended = suda(environ, "understand", says=rows)
    found = [json.loads(line) for line in ended.stdout.splitlines()]

    assert [row["id"] for row in found] == ["a", "b", "c"]
    assert [row["intent"] for row in found] == ["appeal", "human", "emergency"]
    assert found[2]["emergency"] == "gas"
    for place in found[0]["locations"]:
        assert texts["a"][place["start"] : place["end"]] == place["text"]


def test_understand_names_the_line_that_is_wrong(environ: dict[str, str]) -> None:
    ended = suda(environ, "understand", says='{"id": "a", "text": "停水了"}\n{"text"\n')

    assert ended.returncode == 2
    assert "line 2" in ended.stderr


def test_migrate_makes_the_record_and_doctor_looks_at_all_of_it(environ: dict[str, str]) -> None:
    migrated, again = suda(environ, "migrate"), suda(environ, "migrate")
    seen = suda(environ, "doctor")

    assert (migrated.returncode, again.returncode) == (0, 0)
    assert migrated.stdout == again.stdout
    assert seen.returncode == 0, seen.stdout + seen.stderr


def test_commands_over_a_record_that_is_not_there_say_what_to_do(environ: dict[str, str]) -> None:
    for command in (("audit",), ("outbox", "list"), ("dead-letters",)):
        ended = suda(environ, *command)

        assert ended.returncode == 2
        assert "suda migrate" in ended.stderr
        assert "Traceback" not in ended.stderr


async def test_an_operator_is_added_and_audit_and_dead_letters_show_what_is_open(
    environ: dict[str, str], tmp_path: Path
) -> None:
    added = suda(environ, "operator", "add", "wangli", "--display-name", "王丽", says="a long password\n")
    refused = suda(environ, "operator", "add", "王丽", says="a long password\n")
    async with serving(tmp_path) as service:
        operator = await service.storage.operator("wangli")
        await service.inbox.bury("wechat", "main", b"<xml><a></xml>", "not XML")

    audit = suda(environ, "audit", "--json")
    told = suda(environ, "audit")
    letters = suda(environ, "dead-letters")
    letter = suda(environ, "dead-letters", "--show", "1")

    assert (added.returncode, refused.returncode) == (0, 2)
    assert operator is not None
    assert operator.display_name == "王丽"
    assert operator.password_hash.startswith("$argon2")
    assert json.loads(audit.stdout)["holds"]
    assert "The promises hold." in told.stdout
    assert "not XML" in letters.stdout
    assert "<xml>" in letter.stdout
