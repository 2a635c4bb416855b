"""The live connection: what changes is told at once, and only to those who may still know."""

import asyncio
import json
from dataclasses import replace

import pytest
from aiohttp import ClientPayloadError, ClientResponse

from tests.handoff.desk.conftest import CONVERSATION, Browser, House


async def event(response: ClientResponse) -> tuple[str, dict[str, str]]:
    """The next event, past the comments that keep the line warm."""
    name = ""
    while line := (await response.content.readline()).decode():
        if line.startswith("event: "):
            name = line[7:].strip()
        if line.startswith("data: "):
            return name, json.loads(line[6:])
    return "end", {}


async def test_a_change_is_told_at_once_after_a_greeting(house: House, wangli: Browser) -> None:
    async with asyncio.timeout(5), wangli.http.get(f"{wangli.base}/desk/live") as response:
        assert response.content_type == "text/event-stream"
        assert await event(response) == ("hello", {})

        house.desk.says(CONVERSATION, "citizen", "还在吗", at=house.clock.now)

        assert await event(response) == ("change", {"conversation": CONVERSATION})


async def test_the_line_is_kept_warm(house: House, wangli: Browser) -> None:
    async with asyncio.timeout(5), wangli.http.get(f"{wangli.base}/desk/live") as response:
        await event(response)
        while await response.content.readline() != b": warm\n":
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
        await house.console.stop()

        assert await event(response) == ("end", {})
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
