"""Whatever is posted: no 5xx, no good message lost, nothing signed forgotten."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from channels.message import Message
from tests.channels.wechat.harness import Connection, connected
from tests.channels.wechat.malformed import SEALED, Malformed, deliveries
from tests.fakes.wechat_seal import Seal

RUNS = 1000


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_no_webhook_breaks_the_channel_and_no_good_message_is_lost(mode: str) -> None:
    async with connected(mode, answer=lambda message: []) as line:
        made = gathered(Seal(mode=mode), line)
        for one in made:
            status, _ = await line.wx.post(one.query, one.body)
            assert one.accepts(status), (one, status)

        good = [one for one in made if one.good]
        arrived = {(message.address.user, message.text) for message in line.book.messages.values()}
        assert len(made) >= RUNS
        assert 2 * sum(one.signed == SEALED for one in made) >= len(made)
        assert len(good) >= RUNS / 20
        assert {(one.user, one.words) for one in good} <= arrived
        assert len(line.book.arrivals) + len(line.book.buried) + refused(line) == len(made)
        assert all(isinstance(message, Message) for message in line.book.messages.values())


def gathered(seal: Seal, line: Connection) -> list[Malformed]:
    """The deliveries, made first, since hypothesis calls no coroutines."""
    made: list[Malformed] = []

    @settings(
        max_examples=RUNS,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(deliveries(seal, line.wx.clock))
    def gather(one: Malformed) -> None:
        made.append(one)

    gather()
    return made


def refused(line: Connection) -> int:
    """Refused and counted."""
    return sum(what in ("forged", "oversized") for what in line.book.counts)
