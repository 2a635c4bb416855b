"""The live connection: what changes is told at once, and only to those who may still know."""

import asyncio
import json
from dataclasses import replace

import pytest
from aiohttp import ClientPayloadError, ClientResponse

from tests.handoff.desk.conftest import CONVERSATION, Browser, House


async def event(response: ClientResponse) -> tuple[str, dict[str, str | int]]:
    """The next event with its data and its id, past those that keep the line warm."""
    name, place = "", {}
    while line := (await response.content.readline()).decode():
        if line.startswith("event: "):
            name = line[7:].strip()
        if line.startswith("id: "):
            place = {"id": int(line[4:])}
        if line.startswith("data: ") and name != "warm":
            return name, {**json.loads(line[6:]), **place}
    return "end", {}


async def test_a_change_is_told_at_once_after_a_greeting(house: House, wangli: Browser) -> None:
    async with asyncio.timeout(5), wangli.http.get(f"{wangli.base}/desk/live") as response:
        assert response.content_type == "text/event-stream"
        assert await event(response) == ("hello", {"number": 1, "id": 1})

        house.desk.says(CONVERSATION, "citizen", "还在吗", at=house.clock.now)

        assert await event(response) == ("change", {"conversation": CONVERSATION, "id": 2})


async def test_who_comes_back_hears_what_he_missed_once_and_in_order(house: House, wangli: Browser) -> None:
    house.desk.wants_a_person("web:main:u2", "我也找人工", at=house.clock.now)
    house.desk.says(CONVERSATION, "citizen", "还在吗", at=house.clock.now)
    missed = [("change", {"conversation": "web:main:u2", "id": 2}), ("change", {"conversation": CONVERSATION, "id": 3})]
    live = f"{wangli.base}/desk/live"

    async with asyncio.timeout(5), wangli.http.get(f"{live}?after=1") as response:
        assert [await event(response) for _ in range(3)] == [("hello", {"number": 1, "id": 1}), *missed]

    # A browser asks with the address that it began with, and says in a header how far it came.
    resumed = {"Last-Event-ID": "2"}
    async with asyncio.timeout(5), wangli.http.get(f"{live}?after=1", headers=resumed) as response:
        assert [await event(response) for _ in range(2)] == [("hello", {"number": 2, "id": 2}), missed[1]]


@pytest.mark.parametrize("place", ["-1", "x", "9" * 40, "999", ""])
async def test_a_place_that_the_record_never_gave_is_now(house: House, wangli: Browser, place: str) -> None:
    async with asyncio.timeout(5), wangli.http.get(f"{wangli.base}/desk/live", params={"after": place}) as response:
        assert await event(response) == ("hello", {"number": 1, "id": 1})


async def test_behind_a_proxy_that_keeps_answers_back_each_change_ends_one(house: House, wangli: Browser) -> None:
    house.desk.warm_seconds = 60
    live = f"{wangli.base}/desk/live?poll=1&after=1"
    asking = asyncio.create_task(wangli.get(live.removeprefix(wangli.base)))
    async with asyncio.timeout(5):
        while not house.desk.subscribers:  # noqa: ASYNC110  # it waits for a change by now
            await asyncio.sleep(0.01)
        house.desk.says(CONVERSATION, "citizen", "还在吗", at=house.clock.now)
        await asking
    assert "event: change" in wangli.page


async def test_the_line_is_kept_warm(house: House, wangli: Browser) -> None:
    async with asyncio.timeout(5), wangli.http.get(f"{wangli.base}/desk/live") as response:
        await event(response)
        while await response.content.readline() != b"event: warm\n":
            pass


async def test_logging_out_elsewhere_ends_the_live_connection(house: House, wangli: Browser) -> None:
    await wangli.get("/desk")
    async with asyncio.timeout(5), wangli.http.get(f"{wangli.base}/desk/live") as response:
        await event(response)
        await wangli.post("/desk/logout", {"csrf": wangli.hidden("csrf")})

        assert await event(response) == ("expired", {})
        assert await event(response) == ("end", {})
    assert not house.desk.subscribers, "the subscription is given back"


async def test_an_account_that_is_disabled_hears_no_more(house: House, wangli: Browser) -> None:
    async with asyncio.timeout(5), wangli.http.get(f"{wangli.base}/desk/live") as response:
        await event(response)
        house.desk.operators["wangli"] = replace(house.desk.operators["wangli"], disabled=True)

        assert await event(response) == ("expired", {})


async def test_stopping_ends_the_live_connections(house: House, wangli: Browser) -> None:
    async with asyncio.timeout(5), wangli.http.get(f"{wangli.base}/desk/live") as response:
        await event(response)
        await house.live.stop()

        assert await event(response) == ("end", {})
    assert not house.desk.subscribers


async def test_who_comes_back_while_the_server_stops_does_not_hold_it_up(house: House, wangli: Browser) -> None:
    await house.live.stop()

    async with asyncio.timeout(5), wangli.http.get(f"{wangli.base}/desk/live") as response:
        assert response.status == 200, "with anything else a browser would not come back to the next process"
        await response.read()
    assert not house.desk.subscribers


async def test_a_browser_that_leaves_frees_its_subscription(house: House, wangli: Browser) -> None:
    async with asyncio.timeout(5):
        async with wangli.http.get(f"{wangli.base}/desk/live") as response:
            await event(response)
            assert house.desk.subscribers
        while house.desk.subscribers:  # noqa: ASYNC110  # the promise is that the set empties by itself
            await asyncio.sleep(0.01)


async def test_a_desk_that_breaks_ends_the_connection_and_is_not_hidden(
    house: House, wangli: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    house.desk.fault = RuntimeError("the record is away")

    async with asyncio.timeout(5), wangli.http.get(f"{wangli.base}/desk/live") as response:
        with pytest.raises(ClientPayloadError):
            await response.read()
    assert "the record is away" in caplog.text
