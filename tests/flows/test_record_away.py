"""PostgreSQL is restarted beneath a node: it says so, nothing is lost, and it goes on by itself."""

import asyncio
from pathlib import Path

from structlog.testing import capture_logs

from tests.flows.node import PATIENCE, environment, free_port, suda, until_true
from tests.flows.town import at_rest, fetched, on_wechat
from tests.servers.postgres import PostgresServer


async def test_a_node_outlives_a_restart_of_its_database(tmp_path: Path, postgres: PostgresServer) -> None:
    on_postgres = {"SUDA_DATABASE_URL": postgres.record()}
    with capture_logs() as logs:
        async with on_wechat(tmp_path, more=on_postgres) as (wx, service):
            citizen = wx.citizen("oCitizen1")
            await citizen.says("你好")

            async def ready() -> bool:
                return (await fetched(f"{service.base_url}/readyz"))[0] == 200

            await asyncio.to_thread(postgres.stop)
            asking = asyncio.create_task(citizen.says("铁西区和平小区3号楼门口的路灯坏了"))
            try:
                assert (await fetched(f"{service.base_url}/readyz"))[0] == 503
            finally:
                await asyncio.to_thread(postgres.start)

            assert not (await asking).failed
            await citizen.sees("称呼和电话", PATIENCE)
            await until_true(ready)
            await at_rest(service)

            async def settled() -> bool:
                """The answer leaves in the response itself, and that it did is written down behind it."""
                return not (await service.storage.audit()).open_deliveries

            await until_true(settled)
            report = await service.storage.audit()
            assert (report.messages, report.unhandled) == (2, ())
    said = [line["action"] for line in logs if line.get("lane") == "writer"]
    assert said == ["record_lost", "record_back"]


def test_a_node_whose_database_was_never_migrated_says_so_and_does_not_start(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    on_empty = {**environment(tmp_path, free_port()), "SUDA_DATABASE_URL": postgres.database()}

    ended = suda(on_empty, "serve")
    assert ended.returncode == 2
    assert "suda migrate" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert suda(on_empty, "migrate").returncode == 0
    assert suda(on_empty, "audit").returncode == 0
