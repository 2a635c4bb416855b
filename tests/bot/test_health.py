"""What probes, Prometheus and developers are told."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from prometheus_client.parser import text_string_to_metric_families

from bot.desk.numbers import NumbersDesk
from bot.health import Health, Lengths, lengths_of
from bot.storage.memory import MemoryStorage
from bot.turn import Destination, Fate, Outcomes
from handoff.states import StateTable
from tests.handoff.desk.busy_day import fill

SCHEMAS = Path(__file__).parents[2] / "handoff"
FULL = Lengths(waiting=3, unhandled=2, pending=7)


async def _full() -> Lengths:
    return FULL


def _health(lengths: Callable[[], Awaitable[Lengths]] = _full, understanding: str = "rules") -> Health:
    return Health(
        version="1.2.3",
        city="anshan",
        lengths=lengths,
        understanding=lambda: understanding,
        schemas=SCHEMAS,
        patience=0.2,
    )


async def _get(health: Health, path: str) -> tuple[int, str]:
    app = web.Application()
    app.add_routes(health.routes())
    async with TestServer(app) as server, ClientSession() as session, session.get(server.make_url(path)) as answer:
        return answer.status, await answer.text()


async def _metrics(health: Health) -> dict[tuple[str, ...], float]:
    _, page = await _get(health, "/metrics")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def test_a_living_process_says_so_even_when_the_record_is_away() -> None:
    async def away() -> Lengths:
        raise OSError("disk gone")

    status, text = await _get(_health(away), "/healthz")

    assert (status, json.loads(text)) == (200, {"alive": True, "version": "1.2.3"})


async def test_ready_tells_what_understands() -> None:
    status, text = await _get(_health(), "/readyz")

    assert status == 200
    assert json.loads(text) == {
        "ready": True,
        "reason": "",
        "record": "ok",
        "understanding": "rules",
        "city": "anshan",
        "version": "1.2.3",
    }


async def test_not_ready_names_every_reason() -> None:
    async def away() -> Lengths:
        raise OSError("disk gone")

    status, text = await _get(_health(away, understanding=""), "/readyz")

    assert status == 503
    assert json.loads(text)["reason"] == "record does not answer; understanding is not loaded"


async def test_a_record_that_hangs_does_not_hang_the_probe() -> None:
    async def hang() -> Lengths:
        await asyncio.Event().wait()
        return FULL

    status, text = await _get(_health(hang), "/readyz")

    assert (status, json.loads(text)["record"]) == (503, "down")


async def test_what_happens_is_counted() -> None:
    health = _health()
    health.message("wechat")
    health.message("wechat")
    health.turn(Outcomes.TICKET, 0.03)
    health.delivery(Destination.CITIZEN, Fate.SENT)
    health.count("telegram", "forged")

    found = await _metrics(health)

    assert found["suda_messages_total", "wechat"] == 2
    assert found["suda_turns_total", "ticket"] == 1
    assert found["suda_turns_total", "answer"] == 0
    assert found["suda_turn_seconds_count",] == 1
    assert found["suda_turn_seconds_bucket", "0.05"] == 1
    assert found["suda_turn_seconds_bucket", "0.025"] == 0
    assert found["suda_deliveries_total", "citizen", "sent"] == 1
    assert found["suda_deliveries_total", "case_system", "refused"] == 0
    assert found["suda_webhooks_total", "telegram", "forged"] == 1
    assert found["suda_build_info", "anshan", "1.2.3"] == 1


async def test_the_lengths_of_queues_are_those_of_the_moment() -> None:
    lengths = [Lengths(waiting=1, unhandled=0, pending=0), FULL]

    async def now() -> Lengths:
        return lengths.pop(0)

    health = _health(now)

    assert (await _metrics(health))["suda_queue_length", "waiting"] == 1
    found = await _metrics(health)
    assert [found["suda_queue_length", queue] for queue in ("waiting", "unhandled", "pending")] == [3, 2, 7]
    gone = await _metrics(health)
    assert gone["suda_record_up",] == 0
    assert gone["suda_queue_length", "pending"] == 7


async def test_an_empty_record_has_nothing_waiting() -> None:
    storage = MemoryStorage()
    await storage.start()

    assert await lengths_of(storage, 0.0) == Lengths(waiting=0, unhandled=0, pending=0)
    await storage.stop()


async def test_people_are_counted_as_on_the_supervisors_page() -> None:
    now, storage = 1_800_000_000.0, MemoryStorage()
    await fill(storage, now)

    async def lengths() -> Lengths:
        return await lengths_of(storage, now)

    found = await _metrics(_health(lengths))
    report = await NumbersDesk(storage, states=StateTable.load(), clock=lambda: now).report("day")

    assert found["suda_queue_length", "waiting"] == report.waiting == 3
    assert found["suda_held_conversations",] == report.held == 1
    assert report.oldest is not None
    assert found["suda_oldest_wait_seconds",] == now - report.oldest == 1000


def test_two_services_in_one_process_count_apart() -> None:
    one, other = _health(), _health()
    one.message("web")

    assert one.registry.get_sample_value("suda_messages_total", {"channel": "web"}) == 1
    assert other.registry.get_sample_value("suda_messages_total", {"channel": "web"}) is None


async def test_the_description_names_the_routes_and_holds_the_published_schemas() -> None:
    _, text = await _get(_health(), "/openapi.json")

    document = json.loads(text)
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"] == "1.2.3"
    assert document["paths"].keys() >= {
        "/channels/wechat/{account}",
        "/channels/telegram/{account}",
        "/channels/web/socket",
        "/chat",
        "/widget.js",
        "/desk",
        "/handoff/status",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
    }
    for name in ("Ticket", "CaseEvent", "StatusUpdate"):
        assert document["components"]["schemas"][name]["properties"]["ticket_no"]
    for reference in _references(document):
        assert _resolves(document, reference), reference


def test_without_published_schemas_the_description_still_stands() -> None:
    health = Health(version="0", city="x", lengths=_full, understanding=lambda: "", schemas=None)

    assert list(health.routes())


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for value in part.values() for found in _references(value)]
    return [found for item in part for found in _references(item)] if isinstance(part, list) else []


def _resolves(document: Any, reference: str) -> bool:
    for step in reference.removeprefix("#/").split("/"):
        if step not in document:
            return False
        document = document[step]
    return True


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
async def test_probes_may_use_head(path: str) -> None:
    app = web.Application()
    app.add_routes(_health().routes())
    async with TestServer(app) as server, ClientSession() as session, session.head(server.make_url(path)) as answer:
        assert answer.status == 200
