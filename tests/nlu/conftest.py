"""A small made-up city, and interpreters of it and of the shipped packs."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.encoder import SHIPPED, Encoder
from nlu.interpreter import Interpreter
from nlu.places.finder import PlaceFinder
from nlu.places.gazetteer import Gazetteer

CITIES = Path(__file__).parents[2] / "cities"
PLACES = """name,aliases,level,code,parent,lat,lon,datum
云溪市,,city,9901,,,,
河东区,,district,990102,9901,,,
河西区,,district,990103,9901,,,
青岭满族自治县,,district,990104,9901,,,
柏塘镇,,street,990102001,990102,,,
胜利街道,,street,990102002,990102,,,
鹿鸣街道,,street,990103001,990103,,,
葛岭乡,,street,990104001,990104,,,
龙泉村,,village,990102001001,990102001,,,
龙泉村,,village,990104001001,990104001,,,
石磨坊村,,village,990104001002,990104001,,,
梧桐社区,,community,990103001001,990103001,,,
云溪火车站,高铁站,landmark,9901L1,990103001,41.1,122.9,gcj02
"""


@pytest.fixture(scope="session")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    file = tmp_path_factory.mktemp("city") / "places.csv"
    file.write_text(PLACES, encoding="utf-8")
    return Gazetteer.load(file)


@pytest.fixture(scope="session")
def finder(gazetteer: Gazetteer) -> PlaceFinder:
    return PlaceFinder(gazetteer)


@pytest.fixture(scope="session")
def generic() -> Interpreter:
    return Interpreter.load(CITIES / "generic")


@pytest.fixture(scope="session")
def anshan() -> Interpreter:
    return Interpreter.load(CITIES / "anshan")


@pytest.fixture(scope="session")
def model() -> Interpreter:
    """As it is served: Anshan's pack with the shipped encoder."""
    return Interpreter.load(CITIES / "anshan", Encoder.load(SHIPPED))
