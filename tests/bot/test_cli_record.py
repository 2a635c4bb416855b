"""What `suda` does to a record: migrates and audits it, keeps its operators, and shows what was refused or not read."""

import asyncio
import json
import re
import sqlite3

from argon2 import PasswordHasher

from bot.storage.sql import SqlStorage
from tests.bot.conftest import Terminal


def test_the_record_is_brought_to_this_version(suda: Terminal) -> None:
    said = suda("migrate")

    assert said.out.startswith("The record is at version ")
    assert (suda.folder / "suda.db").exists()


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


async def _bury(storage: SqlStorage, body: bytes) -> None:
    await storage.start()
    try:
        await storage.bury("wechat", "main", body, "not closed", 1.0)
    finally:
        await storage.stop()
