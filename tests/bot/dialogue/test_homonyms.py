"""Places of one name: what else is said decides, or the bot asks for the district first; it never picks one itself."""

import pytest

from bot.conversation import Stage
from tests.bot.dialogue.harness import Citizen, mind


@pytest.fixture
def citizen() -> Citizen:
    return Citizen("jining")


def test_of_many_villages_the_district_is_asked_first_then_the_village(citizen: Citizen) -> None:
    citizen.says("张庄村的路坏了没人修")
    assert citizen.stage is Stage.PLACE_CHOICE
    assert {"微山县", "嘉祥县", "邹城市"} < set(citizen.labels)

    citizen.says("微山县")
    assert citizen.stage is Stage.PLACE_CHOICE
    assert all(label.startswith("微山县") for label in citizen.labels[:-1])
    citizen.taps("微山县两城镇")
    citizen.says("不留", "确认")
    assert citizen.ticket.place is not None
    assert (citizen.ticket.place.street, citizen.ticket.place.community) == ("两城镇", "张庄村")
    assert (citizen.ticket.place.code or "").startswith("370826107-")


def test_of_many_in_one_district_the_town_is_asked(citizen: Citizen) -> None:
    citizen.says("杨庄村停水了", "嘉祥县")

    assert citizen.stage is Stage.PLACE_CHOICE
    assert len(citizen.choices) > 6
    assert all("杨庄" not in label for label in citizen.labels)


def test_an_answer_with_the_towns_name_gives_the_villages_own_code(citizen: Citizen) -> None:
    citizen.says("王庄村的路坏了没人修", "夏镇街道")

    place = citizen.draft.place
    assert place is not None
    assert place.community == "王庄村"
    assert (place.code or "").startswith("370826001-")
    assert citizen.stage is Stage.CONTACT


def test_after_none_of_these_the_town_is_asked_for_in_words_once(citizen: Citizen) -> None:
    citizen.says("张庄村的路坏了没人修", "都不是")
    assert citizen.stage is Stage.PLACE_CHOICE
    assert "哪个乡镇" in citizen.heard
    assert not citizen.choices

    citizen.says("嘉祥县纸坊镇")
    assert citizen.asked[-1] is Stage.CONTACT
    assert citizen.draft.place is not None
    assert (citizen.draft.place.street, citizen.draft.place.community) == ("纸坊镇", None)


def test_several_matters_are_not_confirmed_together_while_a_place_is_open(citizen: Citizen) -> None:
    citizen.says("两件事，第一件是任城区金宇路路灯坏了，第二件是张庄村停水三天了", "不留")
    while citizen.conversation.draft is not None and citizen.stage is Stage.CONFIRM:
        citizen.says("确认")

    assert citizen.stage is Stage.PLACE_CHOICE, citizen.story


def test_a_street_that_exists_twice_is_asked_about() -> None:
    citizen = Citizen("anshan")
    citizen.says("温泉街道的路灯坏了")
    assert citizen.stage is Stage.PLACE_CHOICE
    assert citizen.labels[:2] == ["铁东区温泉街道", "海城市温泉街道"]

    citizen.says("海城")
    assert citizen.draft.place is not None
    assert (citizen.draft.place.district, citizen.draft.place.text) == ("海城市", "温泉街道")
    assert citizen.draft.place.code is not None


@pytest.mark.parametrize("town", ["鱼城镇", "杨营镇", "郭里镇", "两城镇", "长沟镇"])
def test_a_town_named_elsewhere_in_the_message_decides_among_all(town: str) -> None:
    village = mind("jining").interpreter.parse(f"{town}那边，王庄村的路坏了").locations[-1]

    assert (village.street, village.community) == (town, "王庄村")


def test_a_district_named_elsewhere_leaves_only_its_own() -> None:
    village = mind("jining").interpreter.parse("我家在嘉祥县。张庄村的路坏了").locations[-1]

    assert village.district == "嘉祥县"
    assert len(village.candidates) == 5
