"""The door for status updates: what is forged, broken, too large or unknown, and what is good."""

from collections.abc import AsyncIterator
from time import time

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff.signing import Signature
from handoff.ticket import TicketStatus
from tests.handoff.sandbox_rig import SECRET, Front
from tests.handoff.tickets import update

GOOD = msgspec.json.encode(update(TicketStatus.ACCEPTED))


class Door:
    """Knocks at a served callback."""

    def __init__(self, front: Front, server: TestServer) -> None:
        self.front = front
        self.url = str(server.make_url("/handoff/status"))

    async def knock(self, body: object, headers: dict[str, str]) -> tuple[int, dict[str, object]]:
        async with aiohttp.ClientSession() as session, session.post(self.url, data=body, headers=headers) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    front = Front()
    app = web.Application()
    app.add_routes(front.callback(max_body=2000).routes())
    server = TestServer(app)
    await server.start_server()
    yield Door(front, server)
    await server.close()


async def test_a_good_update_is_accepted_after_it_was_written_down(door: Door) -> None:
    answer = await door.knock(GOOD, Signature([SECRET]).sign(GOOD, time()))

    assert answer == (200, {"accepted": True})
    assert [told.status for told in door.front.updates] == [TicketStatus.ACCEPTED]
    assert door.front.counted == ["accepted"]


async def test_a_forged_update_is_refused_and_counted(door: Door) -> None:
    status, answer = await door.knock(GOOD, Signature(["wrong"]).sign(GOOD, time()))

    assert (status, answer["accepted"]) == (403, False)
    assert (await door.knock(GOOD, {}))[0] == 403
    assert door.front.counted == ["forged", "forged"]
    assert not door.front.updates


async def test_a_signed_but_unreadable_update_is_kept_for_a_person(door: Door) -> None:
    body = b'{"event_id": 1}'

    status, answer = await door.knock(body, Signature([SECRET]).sign(body, time()))

    assert (status, answer["accepted"]) == (200, False)
    assert [kept for kept, _ in door.front.buried] == [body]
    assert door.front.counted == ["malformed"]


async def test_an_update_for_an_unknown_ticket_is_kept_for_a_person(door: Door) -> None:
    door.front.known = False

    status, answer = await door.knock(GOOD, Signature([SECRET]).sign(GOOD, time()))

    assert (status, answer["accepted"]) == (200, False)
    assert door.front.buried[0][0] == GOOD
    assert door.front.counted == ["unknown_ticket"]


async def test_a_body_that_is_too_large_is_not_read_to_its_end(door: Door) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 1000

    assert (await door.knock(b"x" * 2001, {}))[0] == 413
    assert (await door.knock(pieces(), {}))[0] == 413
    assert door.front.counted == ["oversized", "oversized"]
