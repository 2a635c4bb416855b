"""What every bus promises."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.bus.base import Bus, LeaseTaken
from tests.bot.bus.conftest import until

Ends = tuple[Bus, Bus]


async def next_of(changes: AsyncIterator[str]) -> str:
    """The next change, with a limit to the patience."""
    async with asyncio.timeout(10):
        return await anext(changes)


async def test_a_wake_up_reaches_all_who_listen_to_its_topic(ends: Ends) -> None:
    here, there = ends
    heard: list[tuple[str, str]] = []
    here.listen("inbox", lambda subject: heard.append(("near", subject)))
    there.listen("inbox", lambda subject: heard.append(("far", subject)))
    there.listen("outbox", lambda subject: heard.append(("other", subject)))

    here.wake("inbox", "web:main:li")
    assert heard[0] == ("near", "web:main:li")

    await until(lambda: ("far", "web:main:li") in heard)
    assert len(heard) == 2


async def test_a_wake_up_that_nobody_listens_to_is_no_fault(ends: Ends) -> None:
    ends[0].wake("nothing")


async def test_a_wake_up_is_heard_once_where_it_was_said(ends: Ends) -> None:
    here, there = ends
    heard: list[str] = []
    here.listen("outbox", heard.append)
    here.wake("outbox", "1")
    there.wake("outbox", "2")

    await until(lambda: "2" in heard)
    assert heard == ["1", "2"]


async def test_live_pages_see_what_changed_since_they_asked(ends: Ends) -> None:
    here, there = ends
    there.publish("before")
    near, far = here.changes(), there.changes()
    here.publish("web:main:li")

    assert await next_of(near) in ("before", "web:main:li")
    assert await next_of(far) == "web:main:li"


async def test_a_slow_page_is_told_once_of_many_changes_of_one_conversation(ends: Ends) -> None:
    here, _ = ends
    changes = here.changes()
    for name in ("a", "b", "a", "a"):
        here.publish(name)

    assert [await next_of(changes), await next_of(changes)] == ["a", "b"]


async def test_a_quiet_line_is_kept_warm(ends: Ends) -> None:
    changes = ends[0].changes(keep_warm=0.01)

    assert await next_of(changes) == ""
    ends[0].publish("a")
    assert await next_of(changes) == "a"


async def test_pages_come_to_their_end_when_the_bus_stops(ends: Ends) -> None:
    here, _ = ends
    changes = here.changes()
    reading = asyncio.ensure_future(anext(changes, "the end"))
    await asyncio.sleep(0)

    await here.stop()

    assert await reading == "the end"
    assert [each async for each in changes] == []


async def test_one_holds_a_lease_at_a_time(ends: Ends) -> None:
    holding: list[int] = []
    most = 0

    async def work(number: int) -> None:
        nonlocal most
        async with ends[number % 2].lease("web:main:li"):
            holding.append(number)
            most = max(most, len(holding))
            await asyncio.sleep(0.001)
            holding.remove(number)

    async with asyncio.timeout(20):
        await asyncio.gather(*(work(number) for number in range(12)))
    assert most == 1


async def test_leases_of_other_names_are_nobodys_business(ends: Ends) -> None:
    here, there = ends
    async with here.lease("a") as a, there.lease("b", timeout=5) as b:
        assert (a.name, a.lost, b.name) == ("a", False, "b")


async def test_who_waits_too_long_for_a_lease_is_told(ends: Ends) -> None:
    here, there = ends
    async with here.lease("a"):
        with pytest.raises(LeaseTaken):
            async with there.lease("a", timeout=0.05):
                raise AssertionError("two hold it")

    async with there.lease("a", timeout=5):
        pass


async def test_a_lease_is_free_again_after_its_holder_failed(ends: Ends) -> None:
    here, there = ends
    with pytest.raises(KeyError):
        async with here.lease("a"):
            raise KeyError

    async with there.lease("a", timeout=1):
        assert there.connected
