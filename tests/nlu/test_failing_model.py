"""A model that fails on a message: it is said once, and rules understand that message as if there were no model."""

from __future__ import annotations

from structlog.testing import capture_logs

from nlu.encoder import SHIPPED, Encoder
from nlu.interpretation import EmergencyKind
from nlu.interpreter import Interpreter
from tests.nlu.conftest import CITIES
from tests.nlu.deaf import deaf_to


def test_a_message_that_the_model_fails_on_is_understood_by_rules_and_others_by_the_model() -> None:
    rules = Interpreter.load(CITIES / "anshan")
    deaf = Interpreter.load(CITIES / "anshan", deaf_to("停水"))
    with capture_logs() as log:
        stopped, lamp = deaf.parse_many(["铁东区园林街道停水三天了", "楼下路灯不亮"])
        deaf.parse("又停水了，天天停水")

    assert stopped == rules.parse("铁东区园林街道停水三天了")
    assert stopped.gist is None
    assert lamp.gist is not None
    assert [line["action"] for line in log] == ["model_fails"]
    assert "停水" not in log[0]["reason"]


def test_a_cry_for_help_that_the_model_fails_on_is_heard() -> None:
    deaf = Interpreter.load(CITIES / "anshan", deaf_to("着火"))

    assert deaf.parse("楼下着火了快来人").emergency is EmergencyKind.FIRE


def test_another_encoder_that_fails_is_told_of_again() -> None:
    interpreter = Interpreter.load(CITIES / "generic", deaf_to("停水"))
    with capture_logs() as log:
        interpreter.parse("停水了")
        interpreter.use(Encoder.load(SHIPPED))
        interpreter.parse("停水了")
        interpreter.use(deaf_to("停水"))
        interpreter.parse("停水了")

    assert len(log) == 2
