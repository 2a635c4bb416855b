"""What the record promises where several nodes share it: in PostgreSQL, which may also be restarted beneath them."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from structlog.testing import capture_logs

from bot.storage import lane, sql_inbox, sql_outbox
from bot.storage.base import StaleTurn
from bot.storage.dialect import connect, open_engine
from bot.storage.lane import Lane
from bot.storage.migrate import current_version, migrate
from bot.storage.rules import NODE_LIFE
from bot.storage.schema import VERSION, metadata
from bot.turn import Fate
from handoff.desk import ActionKind, Outcome
from tests.bot.storage.makers import (
    LI,
    NOW,
    WANG,
    action,
    fates,
    handle,
    head_ids,
    message,
    reply,
    ticket,
    to_case_system,
)
from tests.bot.storage.test_sql import change, opened
from tests.servers.postgres import PostgresServer


def test_migrations_make_exactly_the_tables_of_the_schema(postgres: PostgresServer) -> None:
    url = postgres.database()
    assert current_version(url) is None
    with ThreadPoolExecutor() as nodes:  # two nodes are set up at once
        list(nodes.map(migrate, [url, url]))

    assert current_version(url) == VERSION
    engine = open_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


async def test_a_record_of_the_first_version_keeps_its_data(postgres: PostgresServer) -> None:
    url = postgres.database()
    migrate(url, "0001")
    change(
        url,
        "INSERT INTO conversations VALUES ('wechat:main:li', 1, 'bot', 0, false, 1, '路灯😀', 1, "
        """'{"id":"wechat:main:li","address":{"channel":"wechat","account":"main","user":"li"},"version":1}')""",
        "INSERT INTO deliveries (id, conversation_id, destination, body_kind, ticket_no, body, fate, due_at, attempts, "
        "error, slot) VALUES ('r1', 'wechat:main:li', 'citizen', 'reply', '', "
        """'{"id":"r1","address":{"channel":"wechat","account":"main","user":"li"},"text":"好"}', """
        "'sending', 0, 1, '', '')",
    )

    migrate(url)

    async with opened(url) as record:
        assert (await record.conversations(None))[0].last_text == "路灯😀"
        assert await record.recover(NOW) == 1
        assert await fates(record) == {"r1": Fate.UNKNOWN}


# several nodes


async def test_of_two_nodes_that_commit_a_turn_upon_the_same_one_wins(postgres_url: str) -> None:
    async with opened(postgres_url) as here, opened(postgres_url) as there:
        await here.append(message("m1"))

        async def decide(node: int) -> str:
            record = (here, there)[node]
            try:
                await handle(record, LI, reply(f"r{node}"))
            except StaleTurn:
                return "stale"
            return "taken"

        assert sorted(await asyncio.gather(decide(0), decide(1))) == ["stale", "taken"]
        assert len(await fates(here)) == 1


async def test_of_two_operators_at_two_nodes_one_wins(postgres_url: str) -> None:
    async with opened(postgres_url) as here, opened(postgres_url) as there:
        await here.append(message("m1"))
        results = await asyncio.gather(
            here.act(action("a1", ActionKind.CLAIM, "zhao")), there.act(action("a2", ActionKind.CLAIM, "qian"))
        )

        assert sorted(result.outcome is Outcome.DONE for result in results) == [False, True]


async def test_of_two_nodes_that_send_the_same_one_does(postgres_url: str) -> None:
    async with opened(postgres_url) as here, opened(postgres_url) as there:
        await handle(here, LI, reply("r1"), reply("r2"))

        assert sorted(await asyncio.gather(here.sending(["r1", "r2"]), there.sending(["r1", "r2"]))) == [False, True]


@pytest.mark.parametrize("known", [False, True])
async def test_a_line_is_never_seen_before_an_earlier_one_of_its_conversation(postgres_url: str, known: bool) -> None:
    engine = open_engine(postgres_url)
    async with opened(postgres_url) as record:
        if known:
            await record.append(message("m0"))
        with connect(engine, reads=False) as slow, slow.begin() as transaction:
            sql_inbox.append(slow, message("slow"))
            quick = asyncio.create_task(record.append(message("quick")))
            await asyncio.wait({quick}, timeout=0.3)
            assert not quick.done(), "it waits for the one that has the smaller cursor"
            transaction.commit()
        assert await quick

        assert [line.body.id for line in await record.lines(LI.key)][-2:] == ["slow", "quick"]
    engine.dispose()


async def test_what_a_living_node_is_sending_is_left_to_it_and_a_dead_ones_is_settled_once(postgres_url: str) -> None:
    async with opened(postgres_url) as here, opened(postgres_url) as there:
        await handle(here, LI, reply("r1"))
        await handle(here, WANG, to_case_system("t1", ticket("1"), WANG), tickets=(ticket("1"),))
        await here.attend(NOW)
        await there.attend(NOW)
        assert await here.sending(["r1"])
        assert await here.sending(["t1"])

        assert await there.recover(NOW + NODE_LIFE - 1) == 0
        assert await fates(here) == {"r1": Fate.SENDING, "t1": Fate.SENDING}
        await there.attend(NOW + NODE_LIFE)
        async with opened(postgres_url) as third:
            found = await asyncio.gather(there.recover(NOW + NODE_LIFE), third.recover(NOW + NODE_LIFE))
        assert sorted(found) == [0, 1]
        assert await fates(here) == {"r1": Fate.UNKNOWN, "t1": Fate.PENDING}


async def test_a_node_that_was_taken_for_dead_disturbs_nobody_who_took_over(postgres_url: str) -> None:
    async with opened(postgres_url) as late, opened(postgres_url) as other:
        await handle(late, WANG, reply("w1", WANG), reply("w2", WANG))
        await late.sending(["w1"])
        await other.recover(NOW)
        await other.sending(["w1"])

        await late.mark(["w1"], Fate.PENDING, due_at=NOW)
        assert (await fates(other))["w1"] is Fate.SENDING
        assert await head_ids(other) == []
        await other.mark(["w1"], Fate.SENT)
        assert await head_ids(other) == ["w2"]


async def test_who_goes_leaves_what_he_was_sending_to_the_others_at_once(postgres_url: str) -> None:
    async with opened(postgres_url) as here, opened(postgres_url) as there:
        await handle(here, LI, reply("r1"))
        await here.attend(NOW)
        await here.sending(["r1"])
        await here.leave()

        assert await there.recover(NOW) == 1


async def test_work_that_meets_a_deadlock_is_done_all_the_same(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    lanes = [Lane(engine, f"lane {number}") for number in range(2)]
    both_have_one = threading.Barrier(2)

    def swap(first: str, second: str) -> Callable[[Connection], int]:
        runs = 0

        def work(connection: Connection) -> int:
            nonlocal runs
            runs += 1
            for name in (first, second):
                connection.execute(text("UPDATE kept_values SET value = value || 'x' WHERE name = :n"), {"n": name})
                if runs == 1 and name == first:
                    both_have_one.wait(10)
            return runs

        return work

    change(postgres_url, "INSERT INTO kept_values VALUES ('a', ''), ('b', '')")
    for each in lanes:
        each.start()
    runs = await asyncio.gather(lanes[0].run(swap("a", "b")), lanes[1].run(swap("b", "a")))
    for each in lanes:
        await each.stop()
    engine.dispose()

    assert sorted(runs) == [1, 2]
    async with opened(postgres_url) as record:
        assert [await record.value(name) for name in ("a", "b")] == ["xx", "xx"]


# a server that goes away


async def test_a_server_that_is_restarted_beneath_a_record_costs_only_the_wait(
    postgres: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "PATIENCE", 60.0)  # a busy disk makes a start after a crash long
    with capture_logs() as logs:
        async with opened(postgres_url) as record:
            going = asyncio.Event()

            async def citizen(number: int) -> list[bool]:
                answers = []
                each = 0
                while not going.is_set() or each < 5:
                    answers.append(await record.append(message(f"{number}-{each}")))
                    each += 1
                return answers

            citizens = [asyncio.create_task(citizen(number)) for number in range(4)]
            await asyncio.to_thread(postgres.stop)
            await asyncio.to_thread(postgres.start)
            going.set()
            answers = await asyncio.gather(*citizens)
            await record.append(message("last"))

            written = {event.id for event in (await record.load(LI.key)).events}
            expected = {f"{number}-{each}" for number, answer in enumerate(answers) for each in range(len(answer))}
            assert written == expected | {"last"}
    said = [line["action"] for line in logs if line.get("lane") == "writer"]
    assert said == ["record_lost", "record_back"]


async def test_a_connection_that_was_cut_while_nobody_used_it_is_not_noticed(
    postgres: PostgresServer, postgres_url: str
) -> None:
    async with opened(postgres_url) as record:
        await handle(record, LI, reply("r1"))
        postgres.do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'record'")

        assert await head_ids(record) == ["r1"]
        assert await record.sending(["r1"])


async def test_a_server_that_stays_away_is_said_and_its_return_is_found(
    postgres: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "PATIENCE", 0.3)
    async with opened(postgres_url) as record:
        await asyncio.to_thread(postgres.stop)
        try:
            with pytest.raises(Exception, match="Connection refused"):
                await record.append(message("m1"))
        finally:
            await asyncio.to_thread(postgres.start)

        monkeypatch.setattr(lane, "PATIENCE", 60.0)  # a busy disk makes the first connections long
        assert await record.append(message("m1"))
        assert len((await record.load(LI.key)).events) == 1


async def test_a_sending_whose_answer_was_lost_with_the_server_is_known_when_asked_again(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    async with opened(postgres_url) as record:
        await handle(record, LI, reply("r1"))
        with connect(engine, reads=False) as connection:
            for sender, taken in (("node:1", True), ("node:1", True), ("node:2", False)):
                with connection.begin():
                    assert sql_outbox.sending(connection, ["r1"], sender) is taken
        assert [delivery.attempts for delivery in await record.deliveries([Fate.SENDING])] == [1]
    engine.dispose()


# sessions


def test_every_commit_waits_for_the_disk_and_nobody_waits_for_ever(postgres: PostgresServer, postgres_url: str) -> None:
    postgres.do("ALTER DATABASE record SET synchronous_commit = off")
    try:
        engine = open_engine(postgres_url)
        with connect(engine, reads=False) as connection:
            found = {
                name: connection.scalar(text(f"SHOW {name}"))
                for name in ("synchronous_commit", "lock_timeout", "transaction_isolation", "client_encoding")
            }
        with connect(engine, reads=True) as connection:
            found["reader"] = connection.scalar(text("SHOW transaction_isolation"))
            found["reads only"] = connection.scalar(text("SHOW transaction_read_only"))
        engine.dispose()
    finally:
        postgres.do("ALTER DATABASE record RESET synchronous_commit")

    assert found == {
        "synchronous_commit": "on",
        "lock_timeout": "10s",
        "transaction_isolation": "read committed",
        "client_encoding": "UTF8",
        "reader": "repeatable read",
        "reads only": "on",
    }
