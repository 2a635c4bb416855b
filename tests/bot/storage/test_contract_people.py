"""What every record keeps for the people of the desk."""

import asyncio
from dataclasses import replace

import pytest

from bot.storage.base import Storage
from bot.storage.chain import Head
from handoff.desk import ActionKind, Operator
from handoff.people import OpenSession, Reveal
from tests.bot.storage.makers import LI, NOW, WANG, action, message

ZHAO = Operator(name="zhao", display_name="赵强", role="operator", password_hash="x")


def session(key: str, operator: str = "zhao", seen: float = NOW) -> OpenSession:
    return OpenSession(key=key, operator=operator, opened_at=NOW, seen_at=seen, peer="192.0.2.1", browser="Firefox")


async def test_an_account_is_added_once_and_all_are_listed_by_name(record: Storage) -> None:
    assert await record.add_operator(ZHAO)
    assert not await record.add_operator(replace(ZHAO, role="admin"))
    await record.add_operator(replace(ZHAO, name="an", temporary=True))
    await record.open_session(session("k", seen=NOW + 5))
    await record.set_second_factor("an", "sealed", ["d"], 1)

    listed = [
        (each.operator.name, each.operator.role, each.second_factor, each.seen_at) for each in await record.people()
    ]
    assert listed == [("an", "operator", True, 0.0), ("zhao", "operator", False, NOW + 5)]


async def test_a_session_shows_the_account_as_it_stands_now(record: Storage) -> None:
    await record.add_operator(ZHAO)
    await record.open_session(session("k"))
    await record.save_operator(replace(ZHAO, role="supervisor"))
    await record.session_seen("k", NOW + 9)

    entered = await record.entered("k")

    assert entered is not None
    assert entered.operator.role == "supervisor"
    assert entered.session == session("k", seen=NOW + 9)
    assert await record.entered("other") is None


async def test_a_language_is_kept_with_its_account_and_changes_nothing_else_of_it(record: Storage) -> None:
    await record.add_operator(ZHAO)
    await record.add_operator(replace(ZHAO, name="qian"))
    await record.open_session(session("k"))

    await record.choose_language("zhao", "en")
    await record.choose_language("nobody", "en")

    assert await record.operator("zhao") == replace(ZHAO, language="en")
    assert await record.operator("qian") == replace(ZHAO, name="qian")
    assert await record.operator("nobody") is None
    assert await record.entered("k") is not None


@pytest.mark.parametrize("change", [{"disabled": True}, {"password_hash": "y"}])
async def test_a_disabled_account_or_a_new_password_ends_all_sessions(
    record: Storage, change: dict[str, object]
) -> None:
    await record.add_operator(ZHAO)
    await record.add_operator(replace(ZHAO, name="qian"))
    for key, name in (("a", "zhao"), ("b", "zhao"), ("c", "qian")):
        await record.open_session(session(key, name))

    await record.save_operator(replace(ZHAO, **change))  # type: ignore[arg-type]  # fields by name

    assert await record.sessions("zhao") == []
    assert await record.entered("a") is None
    assert await record.entered("c") is not None


async def test_one_session_is_ended_by_its_owner_only_and_idle_ones_are_dropped(record: Storage) -> None:
    await record.add_operator(ZHAO)
    for key, seen in (("a", NOW), ("b", NOW + 2), ("c", NOW + 1)):
        await record.open_session(session(key, seen=seen))

    assert [each.key for each in await record.sessions("zhao")] == ["b", "c", "a"]
    assert not await record.end_session("qian", "b")
    assert await record.end_session("zhao", "b")
    assert not await record.end_session("zhao", "b")
    await record.drop_sessions(NOW + 1)
    assert [each.key for each in await record.sessions("zhao")] == ["c"]


async def test_failures_make_the_next_try_wait_and_are_taken_back_or_forgotten(record: Storage) -> None:
    keys = {"name": 2, "peer": 3}
    assert [await record.charge(keys, NOW) for _ in range(4)] == [0.0, 0.0, 30.0, 30.0]
    assert await record.charge({"peer": 3}, NOW + 1) == 0.0, "the tries that had to wait were not counted"
    assert await record.charge({"peer": 3}, NOW + 1) == 30.0

    assert await record.charge(keys, NOW + 31) == 0.0
    assert await record.charge({"name": 2}, NOW + 31) == 60.0
    await record.forgive("name")
    assert await record.charge({"name": 2}, NOW + 31) == 0.0
    await record.refund("name", NOW + 31)
    await record.refund("nobody", NOW)
    assert await record.charge({"name": 2}, NOW + 31) == 0.0
    assert await record.charge({"peer": 3}, NOW + 4 * 3600) == 0.0, "long ago is forgotten"
    assert await record.charge({"peer": 3}, NOW + 4 * 3600) == 0.0


async def test_many_tries_at_once_are_counted_one_by_one(record: Storage) -> None:
    waits = await asyncio.gather(*(record.charge({"name": 5}, NOW) for _ in range(9)))

    assert sorted(waits) == [0.0] * 5 + [30.0] * 4


async def test_a_code_is_good_once_and_an_older_one_never_again(record: Storage) -> None:
    assert not await record.use_step("zhao", 5)
    await record.set_second_factor("zhao", "sealed", ["one", "two"], 10)

    assert await record.second_factor("zhao") == "sealed"
    assert not await record.use_step("zhao", 10)
    assert sorted(await asyncio.gather(*(record.use_step("zhao", 11) for _ in range(3)))) == [False, False, True]
    assert not await record.use_step("zhao", 10)
    assert await record.use_recovery("zhao", "one")
    assert not await record.use_recovery("zhao", "one")
    assert not await record.use_recovery("qian", "two")
    await record.set_second_factor("zhao", "again", ["three"], 11)
    assert not await record.use_recovery("zhao", "two"), "old codes end with the old secret"
    await record.drop_second_factor("zhao")
    assert await record.second_factor("zhao") is None
    assert not await record.use_recovery("zhao", "three")


async def test_a_reason_opens_one_conversation_to_one_person_for_a_while(record: Storage) -> None:
    await record.append(message("m1"))
    await record.append(message("w1", WANG))
    reason = Reveal(conversation_id=LI.key, operator="zhao", reason="回访需要电话", at=NOW)
    await record.keep_reveal(reason)

    assert await record.revealed("zhao", LI.key, NOW - 1)
    assert not await record.revealed("zhao", LI.key, NOW)
    assert not await record.revealed("qian", LI.key, 0.0)
    assert not await record.revealed("zhao", WANG.key, 0.0)
    assert await record.reveals() == [reason]


async def test_the_audit_log_is_numbered_and_its_chain_holds(record: Storage) -> None:
    assert await record.follow_notes() == replace(await record.follow_notes(), head=Head(), bad_row=0, fault="")
    await asyncio.gather(*(record.note("zhao", "looked", f"c{number}", NOW + number / 7) for number in range(20)))
    await record.note("no\x00body", "half \ud83d", "a 字", NOW)

    report = await record.follow_notes()
    assert (report.head.number, report.bad_row, report.fault) == (21, 0, "")
    assert [line.number for line in await record.noted(2)] == [21, 20]
    assert (await record.noted(1))[0].who == "nobody"
    assert (await record.follow_notes(report.head)).bad_row == 0
    assert (await record.follow_notes(Head(5, "0" * 64))).bad_row == 5
    assert (await record.follow_notes(Head(30, "0" * 64))).bad_row == 22


async def test_an_act_that_is_done_stands_in_the_audit_log_and_others_do_not(record: Storage) -> None:
    await record.append(message("m1"))
    for name, kind, operator in (
        ("a1", ActionKind.CLAIM, "zhao"),
        ("a1", ActionKind.CLAIM, "zhao"),
        ("a2", ActionKind.CLAIM, "qian"),
        ("a3", ActionKind.REPLY, "zhao"),
    ):
        await record.act(action(name, kind, operator))

    assert [note[1:] for note in await record.notes()] == [("zhao", "reply", LI.key), ("zhao", "claim", LI.key)]
