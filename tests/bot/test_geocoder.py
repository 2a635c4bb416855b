"""A geocoder is plugged in by name; it may fail or be slow, and the conversation goes on without it."""

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from bot.conversation import Stage
from bot.geocoder import PinNames, load_geocoder
from bot.mind import Mind
from bot.plugin import PluginFault
from channels.message import Address, Message, MessageKind, Pin
from nlu.places.geocoding import Geocoder, Spot
from tests.bot.dialogue.harness import Citizen, mind


class Atlas:
    """Knows one address."""

    async def locate(self, text: str, city: str) -> Sequence[Spot]:
        return (Spot(name=f"{city}{text}", latitude=41.11, longitude=122.99, datum="gcj02"),)

    async def describe(self, latitude: float, longitude: float, datum: str) -> str:
        return f"铁东区站前街道{datum}"


class Broken(Atlas):
    async def describe(self, latitude: float, longitude: float, datum: str) -> str:
        raise ConnectionError(f"no answer for {latitude},{longitude}")


class Slow(Atlas):
    async def describe(self, latitude: float, longitude: float, datum: str) -> str:
        await asyncio.sleep(60)
        return "too late"


def not_one() -> object:
    """Makes something that knows no places."""
    return object()


def pinned(label: str = "") -> tuple[Message, ...]:
    pin = Pin(latitude=41.11, longitude=122.99, datum="gcj02", label=label)
    address = Address(channel="web", account="main", user="li")
    return (Message(id="m1", address=address, kind=MessageKind.LOCATION, sent_at=0.0, pin=pin),)


async def _nobody(_: str) -> int:
    return 0


async def _somebody() -> bool:
    return True


def test_none_is_plugged_in_by_default() -> None:
    assert load_geocoder("") is None
    assert mind("anshan").geocoder is None


async def test_a_geocoder_is_found_by_module_and_class() -> None:
    geocoder = load_geocoder("tests.bot.test_geocoder:Atlas")

    assert geocoder is not None
    assert (await geocoder.locate("站前", "鞍山"))[0].datum == "gcj02"


@pytest.mark.parametrize(
    "name", ["no.such.module:Atlas", "bot.geocoder:Nothing", "bot.geocoder", "tests.bot.test_geocoder:not_one"]
)
def test_a_wrong_name_is_a_clear_fault(name: str) -> None:
    with pytest.raises(PluginFault, match="geocoder"):
        load_geocoder(name)


def test_a_bare_pin_is_told_by_its_address_and_keeps_its_datum() -> None:
    known = mind("anshan")
    agent = Mind(known.city, known.privacy_url, geocoder=Atlas()).agent(_nobody, _somebody)
    citizen = Citizen(agent=agent)

    citizen.pins()
    citizen.says("井盖坏了")

    assert citizen.stage is Stage.CONTACT
    citizen.says("不留", "确认")
    place = citizen.ticket.place
    assert place is not None
    assert (place.district, place.street, place.datum, place.x) == ("铁东区", "站前街道", "gcj02", 122.99)


async def test_a_pin_that_says_what_it_is_is_not_asked_about() -> None:
    messages = pinned("胜利路汽车站")

    assert await PinNames(Atlas()).name(messages) == messages


@pytest.mark.parametrize(("geocoder", "error"), [(Broken(), "ConnectionError"), (Slow(), "TimeoutError")])
async def test_one_that_fails_or_is_slow_is_logged_without_the_point(geocoder: Geocoder, error: str) -> None:
    with capture_logs() as lines:
        kept = await PinNames(geocoder, patience=0.01).name(pinned())

    assert kept == pinned()
    assert [(line["action"], line["error"]) for line in lines] == [("geocoder_failed", error)]
    assert "122.99" not in str(lines)
