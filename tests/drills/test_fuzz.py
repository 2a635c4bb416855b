"""Twenty thousand webhooks as no honest platform sends them, over every door: no 5xx, and no good message lost."""

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.app import Service
from bot.secret import Secrets
from channels.webchat.visitor import Seal as VisitorSeal
from handoff.signing import Signature
from tests.channels.telegram.malformed import webhooks as telegram_webhooks
from tests.channels.webchat.malformed import Upload, frames, uploads
from tests.channels.wechat.malformed import Malformed, deliveries
from tests.fakes.telegram import TelegramServer
from tests.fakes.wechat import WeChatServer
from tests.flows.node import SECRET, serving
from tests.flows.town import at_rest, telegram_settings, wechat_settings

pytestmark = [pytest.mark.drill, pytest.mark.timeout(600)]

RUNS = 20_000
"""Webhooks, uploads and callbacks in all."""
AT_ONCE = 16
MIX = {"wechat": 0.4, "telegram": 0.3, "uploads": 0.1, "callbacks": 0.2}
FRAMES = 4_000
"""Of the web chat's socket, besides."""
ACCEPTED = (200, 400, 403, 408, 413, 415, 426, 429)
CASE_SECRET = "the case system's secret of the fuzz run"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shot:
    """One thing that is sent: how, whether the sender holds the keys, and the words of a good one among them."""

    send: Callable[[], Awaitable[int]]
    signed: bool
    user: str = ""
    words: str = ""
    door: str = ""


def made(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """So many examples, made first, since hypothesis calls no coroutines; six at a time, which is fastest."""
    found: list[T] = []

    @settings(
        max_examples=max(1, count // 6),
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(strategy, min_size=6, max_size=6))
    def gather(some: list[T]) -> None:
        found.extend(some)

    gather()
    return list(itertools.islice(itertools.cycle(found), count))


class Door:
    """Everything that a stranger can post to, with a connection for each who posts at once."""

    def __init__(self, service: Service, wx: WeChatServer, telegram: TelegramServer, http: aiohttp.ClientSession):
        self._service, self._wx, self._telegram, self._http = service, wx, telegram, http
        self._visitors = VisitorSeal(Secrets.of(SECRET).web)
        self._signature = Signature([CASE_SECRET])
        self._numbers = itertools.count(1)

    def shots(self, runs: int) -> list[Shot]:
        """All of them, well mixed."""
        share = {name: int(runs * part) for name, part in MIX.items()}
        wechat = [self._wechat(one) for one in made(deliveries(self._wx.seal, time.time), share["wechat"])]
        telegram = [self._telegram_shot(one.body, one.signed) for one in made(telegram_webhooks, share["telegram"])]
        said = made(frames, FRAMES)
        framed = [self._framed(said[at : at + 20]) for at in range(0, len(said), 20)]
        uploaded = [self._uploaded(one) for one in made(uploads, share["uploads"])]
        callbacks = [self._called_back(*one) for one in made(_callbacks, share["callbacks"])]
        good = [self._good_telegram(number) for number in range(runs // 100)]
        columns = (wechat, telegram, framed, uploaded, callbacks, good)
        return [shot for row in itertools.zip_longest(*columns) for shot in row if shot is not None]

    def _wechat(self, one: Malformed) -> Shot:
        async def send() -> int:
            status, _ = await self._wx.post(one.query, one.body)
            assert one.accepts(status), (status, one)
            return status

        return Shot(send, one.signed != "forged", one.user, one.words)

    def _telegram_shot(self, body: bytes, signed: bool) -> Shot:
        async def send() -> int:
            status = await self._telegram.post(body, None if signed else "wrong")
            assert status == (200 if signed else 403), (status, body)
            return status

        return Shot(send, signed)

    def _good_telegram(self, number: int) -> Shot:
        words = f"第{number}封好信"
        said = {"message_id": 1, "date": 1_790_000_000, "chat": {"id": 900_000, "type": "private"}, "text": words}
        # Numbers that no strategy makes up.
        body = json.dumps({"update_id": 10**12 + number, "message": said}).encode()
        return Shot(self._telegram_shot(body, True).send, True, "900000", words)

    def _framed(self, said: Sequence[str]) -> Shot:
        """Twenty frames through one socket, then a good one, which must be acknowledged."""
        number = next(self._numbers)
        words, user = f"第{number}句好话", f"fuzz-speaker-{number:05d}"

        async def send() -> int:
            token = self._visitors.token(user)
            async with self._http.ws_connect(f"{self._service.base_url}/channels/web/socket") as socket:
                await socket.send_str(json.dumps({"type": "hello", "token": token}))
                for frame in said:
                    await socket.send_str(frame)
                await socket.send_str(json.dumps({"type": "message", "id": "good-message", "text": words}))
                async for got in socket:
                    frame = json.loads(got.data)
                    if frame["type"] == "ack" and frame["id"] == "good-message":
                        return 200
            raise AssertionError(f"the line was cut by one of {said}")

        return Shot(send, True, user, words)

    def _uploaded(self, one: Upload) -> Shot:
        # Fifteen from each, since more in a minute from one would be turned away unread.
        token = self._visitors.token(f"fuzz-uploader-{next(self._numbers) // 15:05d}")

        async def send() -> int:
            headers = {"Content-Type": one.content_type, **({"X-Suda-Visitor": token} if one.believed else {})}
            url = f"{self._service.base_url}/channels/web/upload"
            async with self._http.post(url, data=one.body, headers=headers) as answer:
                return answer.status

        return Shot(send, one.believed)

    def _called_back(self, body: bytes, signed: bool) -> Shot:
        async def send() -> int:
            headers = self._signature.sign(body, time.time()) if signed else {"X-Suda-Signature": "sha256=00"}
            url = f"{self._service.base_url}/handoff/status"
            async with self._http.post(url, data=body, headers=headers) as answer:
                assert answer.status == (200 if signed else 403), (answer.status, body)
                return answer.status

        return Shot(send, signed, door="callbacks")


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
_step = st.fixed_dictionaries(
    {"event_id": st.text(max_size=20) | _junk, "ticket_no": st.text(max_size=20) | _junk},
    optional={
        "status": st.sampled_from(["accepted", "resolved", "", "文"]) | _junk,
        "at": st.sampled_from(["2026-11-24T09:00:00+08:00", "yesterday", ""]) | _junk,
        "text": _junk,
        "attachments": _junk,
        "promised_date": _junk,
    },
)
_callbacks = st.tuples(
    st.binary(max_size=100)
    | (_step | _junk).map(lambda found: json.dumps(found).encode())
    | _step.map(lambda found: json.dumps(found).encode()[:-2])
    | st.integers(1, 20_000).map(lambda depth: b"[" * depth),
    st.integers(0, 3).map(bool),
)


@asynccontextmanager
async def a_door(folder: Path) -> AsyncIterator[tuple[Service, Door]]:
    """A node with every channel on."""
    async with WeChatServer(patience=60.0) as wx, TelegramServer() as telegram:
        more = {
            **wechat_settings(wx),
            **telegram_settings(telegram),
            "SUDA_TELEGRAM_MODE": "webhook",
            "SUDA_TELEGRAM_SECRET": telegram.secret,
            "SUDA_PUBLIC_URL": "https://suda.invalid",
            "SUDA_SANDBOX_LOGIN": "clerk:a long password",
            "SUDA_CASE_SYSTEM_CALLBACK_SECRETS": CASE_SECRET,
            "SUDA_SLOT_SECONDS": "0",  # nobody here waits for an answer
            "SUDA_LOG_LEVEL": "error",
        }
        async with serving(folder, **more) as service, aiohttp.ClientSession() as http:
            wx.webhook = f"{service.base_url}/channels/wechat/main"
            await telegram.until(lambda: telegram.webhook)
            telegram.webhook = f"{service.base_url}/channels/telegram/main"
            yield service, Door(service, wx, telegram, http)


async def test_whatever_comes_in_nothing_breaks_and_no_good_message_is_lost(tmp_path: Path) -> None:
    began = time.monotonic()
    async with a_door(tmp_path) as (service, door):
        shots = door.shots(RUNS)
        ready = time.monotonic()
        with capture_logs() as logged:
            statuses = await fire(shots)
            fired = time.monotonic()
            await at_rest(service)

        report = await service.storage.audit()
        good = [shot for shot in shots if shot.words]
        signed = sum(shot.signed for shot in shots)
        called = sum(shot.signed and shot.door == "callbacks" for shot in shots)
        buried = Counter(letter.channel for letter in await service.storage.dead_letters(limit=RUNS))
        print(
            f"\nfuzz: {len(shots)} sent, {signed} signed, {len(good)} good, answers {dict(statuses)}, "
            f"{report.messages} messages, {report.dead_letters} dead letters, "
            f"made in {ready - began:.0f} s, sent in {fired - ready:.0f} s, handled in {time.monotonic() - fired:.0f} s"
        )
        assert set(statuses) <= set(ACCEPTED)
        assert not [line for line in logged if line["log_level"] in ("error", "critical")]
        assert 2 * signed >= len(shots)
        assert buried["case_system"] == called, "every signed callback was odd, and is kept"
        assert buried["wechat"] > RUNS / 50
        assert buried["telegram"] > RUNS / 50
        assert buried["web"] > RUNS / 50
        assert (report.unhandled, report.outcomeless, report.fateless, report.put_aside) == ((), (), (), ())
        for shot in good:
            assert shot.words in await _heard(service, shot.user), shot


async def fire(shots: Sequence[Shot]) -> Counter[int]:
    """Send them all, some at once; how they were answered."""
    waiting, statuses = iter(shots), Counter[int]()

    async def one_after_the_other() -> None:
        for shot in waiting:
            statuses[await shot.send()] += 1

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    return statuses


async def _heard(service: Service, user: str) -> list[str]:
    for channel in ("wechat", "telegram", "web"):
        lines = await service.storage.lines(f"{channel}:main:{user}", limit=10_000)
        if lines:
            return [line.body.text for line in lines]
    return []
