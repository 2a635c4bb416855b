"""How the service is: alive, ready, counted, and described to machines."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.log import get_logger
from bot.storage.base import Storage
from bot.turn import Destination, Fate, Outcomes

log = get_logger(__name__)

_ROOM = Path(__file__).resolve().parent
_SCHEMAS = {"Ticket": "ticket", "CaseEvent": "case_event", "StatusUpdate": "status"}
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """What waits, and for whom."""

    waiting: int
    """Conversations that wait for a person."""
    unhandled: int
    """Conversations with events that nobody handled yet."""
    pending: int
    """Deliveries on their way."""
    held: int = 0
    """Conversations that operators hold."""
    oldest: float = 0.0
    """Seconds for which the first in the queue has waited for a person; 0 when nobody waits."""


async def lengths_of(storage: Storage, now: float) -> Lengths:
    """The lengths as the record has them; those of people are what the supervisor's page shows."""
    standing = await storage.standing()
    deliveries = await storage.deliveries((Fate.PENDING, Fate.HELD, Fate.SENDING))
    return Lengths(
        waiting=standing.waiting,
        unhandled=len(await storage.ready()),
        pending=len(deliveries),
        held=standing.held,
        oldest=max(0.0, now - standing.oldest) if standing.oldest else 0.0,
    )


class Health:
    """Counts what happens, and answers `/healthz`, `/readyz`, `/metrics` and `/openapi.json`."""

    def __init__(
        self,
        *,
        version: str,
        city: str,
        lengths: Callable[[], Awaitable[Lengths]],
        understanding: Callable[[], str],
        schemas: Path | None = None,
        patience: float = 2.0,
    ) -> None:
        """`lengths` asks the record, so it also shows that the record answers; `understanding` names what
        understands now (`rules`, `model`), empty while nothing does; `schemas` holds the published `*.schema.json`;
        `patience` is how long a probe waits for the record."""
        self._version, self._city = version, city
        self._lengths, self._understanding, self._patience = lengths, understanding, patience
        self._openapi = _describe(version, schemas)
        self.registry = CollectorRegistry(auto_describe=True)
        own = self.registry
        self._messages = Counter("suda_messages", "Messages written down", ["channel"], registry=own)
        self._turns = Counter("suda_turns", "Turns by what they ended in", ["outcome"], registry=own)
        self._seconds = Histogram("suda_turn_seconds", "From claim to commit", buckets=_SECONDS, registry=own)
        self._deliveries = Counter(
            "suda_deliveries", "Deliveries by destination and fate", ["destination", "fate"], registry=own
        )
        self._webhooks = Counter(
            "suda_webhooks", "What came by webhook: forged, malformed, oversized …", ["channel", "what"], registry=own
        )
        self._queues = Gauge("suda_queue_length", "What waits: waiting, unhandled, pending", ["queue"], registry=own)
        self._held = Gauge("suda_held_conversations", "Conversations that operators hold", registry=own)
        self._oldest = Gauge(
            "suda_oldest_wait_seconds", "For how long the first in the queue has waited for a person", registry=own
        )
        self._record_up = Gauge("suda_record_up", "1 while the record answers", registry=own)
        build = Gauge("suda_build_info", "What runs here", ["version", "city"], registry=own)
        build.labels(version, city).set(1)
        self._show_zeros()

    def message(self, channel: str) -> None:
        """A message was written down."""
        self._messages.labels(channel).inc()

    def turn(self, outcome: Outcomes, seconds: float) -> None:
        """A turn was committed."""
        self._turns.labels(outcome.value).inc()
        self._seconds.observe(seconds)

    def delivery(self, destination: Destination, fate: Fate) -> None:
        """A delivery met its fate."""
        self._deliveries.labels(destination.value, fate.value).inc()

    def count(self, channel: str, what: str) -> None:
        """Count something that a person watches; fits `channels.channel.Count`."""
        self._webhooks.labels(channel, what).inc()

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """Where probes, Prometheus and developers look."""
        return [
            web.get("/healthz", self._alive),
            web.get("/readyz", self._ready),
            web.get("/metrics", self._metrics),
            web.get("/openapi.json", self._show_openapi),
        ]

    async def _alive(self, _: web.Request) -> web.Response:
        return web.json_response({"alive": True, "version": self._version})

    async def _ready(self, _: web.Request) -> web.Response:
        lengths, understanding = await self._ask_record(), self._understanding()
        reasons = []
        if lengths is None:
            reasons.append("record does not answer")
        if not understanding:
            reasons.append("understanding is not loaded")
        answer = {
            "ready": not reasons,
            "reason": "; ".join(reasons),
            "record": "ok" if lengths is not None else "down",
            "understanding": understanding or "none",
            "city": self._city,
            "version": self._version,
        }
        return web.json_response(answer, status=503 if reasons else 200)

    async def _metrics(self, _: web.Request) -> web.Response:
        lengths = await self._ask_record()
        self._record_up.set(lengths is not None)
        # when the record is away the last lengths stay: `suda_record_up` says that they are old
        if lengths is not None:
            self._queues.labels("waiting").set(lengths.waiting)
            self._queues.labels("unhandled").set(lengths.unhandled)
            self._queues.labels("pending").set(lengths.pending)
            self._held.set(lengths.held)
            self._oldest.set(lengths.oldest)
        page = generate_latest(self.registry)
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    async def _show_openapi(self, _: web.Request) -> web.Response:
        return web.json_response(self._openapi, headers={"Access-Control-Allow-Origin": "*"})

    async def _ask_record(self) -> Lengths | None:
        try:
            async with asyncio.timeout(self._patience):
                return await self._lengths()
        except Exception:
            # whatever is wrong with the record, a probe must answer; the log says what
            log.warning("record does not answer", action="record_down", exc_info=True)
            return None

    def _show_zeros(self) -> None:
        """A rate needs a zero to rise from, so what can happen is there from the start."""
        for outcome in Outcomes:
            self._turns.labels(outcome.value)
        for destination in Destination:
            for fate in (Fate.SENT, Fate.REFUSED, Fate.UNKNOWN, Fate.HELD):
                self._deliveries.labels(destination.value, fate.value)
        for queue in ("waiting", "unhandled", "pending"):
            self._queues.labels(queue)


def _describe(version: str, schemas: Path | None) -> Mapping[str, Any]:
    """The OpenAPI document with the published schemas put into it."""
    document: dict[str, Any] = json.loads((_ROOM / "openapi.json").read_text("utf-8"))
    document["info"]["version"] = version
    components: dict[str, Any] = document["components"]["schemas"]
    for name, file in _SCHEMAS.items():
        path = schemas / f"{file}.schema.json" if schemas is not None else None
        if path is not None and path.exists():
            components[name] = _moved(json.loads(path.read_text("utf-8")), f"#/components/schemas/{name}")
    return document


def _moved(part: Any, home: str) -> Any:
    """A schema with its inner references made to fit its new place."""
    match part:
        case dict():
            kept = {key: value for key, value in part.items() if key not in ("$schema", "$id")}
            return {
                key: home + value[1:] if key == "$ref" and str(value).startswith("#") else _moved(value, home)
                for key, value in kept.items()
            }
        case list():
            return [_moved(item, home) for item in part]
        case _:
            return part
