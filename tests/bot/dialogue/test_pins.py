"""A pin and the places that the city knows near it: offered, never guessed, and the datum stays."""

import shutil
from pathlib import Path

import pytest

from bot.city import City
from bot.conversation import Stage
from bot.mind import Mind
from tests.bot.dialogue.harness import Citizen

ANSHAN = Path(__file__).parents[3] / "cities" / "anshan"
LANDMARKS = """云溪小学,,landmark,t1,210302006,41.1105,122.9901,GCJ-02
云溪医院,,landmark,t2,210303006,41.1150,122.9900,GCJ-02
云溪公园,,landmark,t3,210303006,41.3000,122.9900,GCJ-02
云溪水库,,landmark,t4,210303006,41.1101,122.9900,WGS-84
"""


@pytest.fixture
def citizen(tmp_path: Path) -> Citizen:
    """One in a city whose list of places has coordinates."""
    shutil.copytree(ANSHAN, tmp_path / "anshan")
    with (tmp_path / "anshan" / "places.csv").open("a", encoding="utf-8") as places:
        places.write(LANDMARKS)
    mind = Mind(City.load(tmp_path / "anshan"), privacy_url="https://suda.example/privacy")
    return Citizen(agent=mind.agent(_nobody, _somebody))


async def _nobody(_: str) -> int:
    return 0


async def _somebody() -> bool:
    return True


def labels(citizen: Citizen) -> list[str]:
    return [choice.label for choice in citizen.choices]


def test_a_bare_pin_offers_what_is_near_it_in_the_same_datum(citizen: Citizen) -> None:
    citizen.says("井盖坏了")
    citizen.pins()

    assert "定位收到" in citizen.heard
    assert labels(citizen) == ["铁东区站前街道云溪小学附近", "铁西区永乐街道云溪医院附近", "都不是"]


def test_what_is_chosen_is_the_place_and_the_pin_stays(citizen: Citizen) -> None:
    citizen.says("井盖坏了")
    citizen.pins()
    citizen.taps("铁东区")
    citizen.says("不留", "确认")

    place = citizen.ticket.place
    assert place is not None
    assert (place.text, place.district, place.street) == ("云溪小学附近", "铁东区", "站前街道")
    assert (place.x, place.y, place.datum) == (122.99, 41.11, "gcj02")


def test_where_none_of_them_fits_words_are_asked_for_and_nothing_is_guessed(citizen: Citizen) -> None:
    citizen.pins()
    citizen.says("井盖坏了")
    citizen.taps("都不是")

    assert citizen.stage is Stage.WHERE
    citizen.says("说不清", "不留", "确认")
    place = citizen.ticket.place
    assert place is not None
    assert (place.text, place.district, place.datum) == ("", None, "gcj02")


def test_far_from_all_that_is_known_nothing_is_offered(citizen: Citizen) -> None:
    citizen.pins(latitude=41.6)
    citizen.says("井盖坏了")

    assert citizen.stage is Stage.WHERE


def test_who_says_where_it_is_need_not_choose(citizen: Citizen) -> None:
    citizen.pins()
    citizen.says("铁东区站前街道的井盖坏了")

    assert citizen.stage is Stage.CONTACT


def test_another_city_said_aloud_is_not_made_the_only_district_here() -> None:
    citizen = Citizen("changyi")
    citizen.says("高密市的井盖坏了", "不留", "确认")

    place = citizen.ticket.place
    assert place is not None
    assert (place.text, place.district, place.code) == ("高密市", None, None)
