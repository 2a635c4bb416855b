"""The whole: a message goes in, an interpretation comes out, whatever the message is."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlu.encoder import SHIPPED, Encoder
from nlu.interpretation import AppealType, Correction, EmergencyKind, Intent
from nlu.interpreter import Interpreter
from nlu.matters import split
from tests.nlu.conftest import CITIES

UNDERSTANDING = ("rules", "model")
"""What is promised here holds while the model warms and after."""


@pytest.fixture(scope="module", params=UNDERSTANDING)
def anshan(request: pytest.FixtureRequest) -> Interpreter:
    return Interpreter.load(CITIES / "anshan", Encoder.load(SHIPPED) if request.param == "model" else None)


@pytest.fixture(scope="module", params=UNDERSTANDING)
def generic(request: pytest.FixtureRequest) -> Interpreter:
    return Interpreter.load(CITIES / "generic", Encoder.load(SHIPPED) if request.param == "model" else None)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("你好 有人吗", "greet"), ("谢谢师傅", "thanks"), ("好嘞 回头联系", "goodbye"), ("转人工", "human"),
        ("我那件事有下文了吗", "status"), ("麻烦催一下", "urge"), ("再补充一点 是夜里两点", "supplement"),
        ("我撤诉", "withdraw"), ("要得 交咯", "confirm"), ("没有这事", "deny"), ("不是5栋是6栋", "correct"),
        ("给四颗星", "rate"), ("有人要跳河", "emergency"), ("听不懂人话的机器人", "complaint_about_bot"),
        ("混账东西", "abuse"), ("讲个笑话", "chitchat"), ("qwfpgj", "gibberish"), ("身份证丢了怎么补办", "faq"),
        ("物业把电梯停了三天没人管", "appeal"), ("语音转过来吧 我不会打字", "human"), ("申请审没审下来", "status"),
        ("快着点 上次就报过了", "urge"), ("那个投诉不要了 私了了", "withdraw"), ("没有啊 你乱写的", "deny"),
        ("嗯 的 6 吧 一", "gibberish"), ("莫给我打电话", "supplement"), ("前台办事员态度恶劣 爱答不理", "appeal"),
        ("楼上总往下扔砖头 砸了人咋整", "appeal"), ("这下写对了", "confirm"), ("就这么递就行", "confirm"),
        ("是的 谢谢", "confirm"), ("中 那就辛苦恁了", "confirm"), ("村里那个会计听不懂人话", "appeal"),
        ("都跟社区说了四遍他们不听", "appeal"), ("差啥材料也不一次讲清", "appeal"), ("差不多两个礼拜哒", "supplement"),
        ("说反了 在桥东 不是桥西", "correct"), ("手机号记错了 尾号是3317", "correct"), ("困得我要着火了", "chitchat"),
        ("看错了 是邻居家的烟囱 不用来", "withdraw"), ("你干脆去跳河", "abuse"),
        ("你这系统答非所问", "complaint_about_bot"),
        ("AS20261126-7K3QF8MD", "status"),
        ("as20261126 7k3qf8md", "status"),
        ("AS20261126-7K3QF8MD 现在到哪了", "status"),
        ("AS20261126-7K3QF8MD 催一下吧，还没人来", "urge"),
    ],
)  # fmt: skip
def test_every_intent_is_told_apart(anshan: Interpreter, text: str, intent: str) -> None:
    assert anshan.parse(text).intent == Intent(intent)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("表扬一下公交车司机", "表扬"), ("举报有人偷排污水", "举报"), ("建议在路口装红绿灯", "建议"),
        ("请问低保怎么申请", "咨询"), ("投诉物业乱收费", "投诉"), ("下水管坏了，麻烦派人修一下", "求助"),
        ("大树倒了压着电线", "求助"), ("村路让水冲断了 车过不去", "求助"), ("有人夜里偷着挖河沙", "举报"),
    ],
)  # fmt: skip
def test_appeal_types_are_told_apart(anshan: Interpreter, text: str, kind: str) -> None:
    assert anshan.parse(text).appeal_type == AppealType(kind)


def test_a_matter_with_place_contact_and_time_is_understood_in_one_go(anshan: Interpreter) -> None:
    text = "铁东区站前街道绿洲花园3号楼暖气不热，从昨天晚上开始的，我姓陆，13900001111"
    result = anshan.parse(text)

    assert result.category is not None
    assert result.category.path[2] == "冬季采暖"
    assert [(place.text, place.street) for place in result.locations] == [("铁东区站前街道绿洲花园3号楼", "站前街道")]
    assert (result.phone, result.name, result.occurred) == ("13900001111", "陆", "从昨天晚上开始")


def test_two_matters_are_parted_where_the_second_begins(anshan: Interpreter) -> None:
    text = "两件事，一是楼道灯不亮没人修，第二是门口垃圾好几天没清了"
    first, second = anshan.parse(text).matters

    assert text[first.start : first.end] + text[second.start : second.end] == text
    assert text[second.start :].startswith("第二")


def test_three_matters_in_one_message_are_three() -> None:
    text = "说三个事 头一个路灯不亮 第二个垃圾没人清 第三个下水堵了"

    assert [text[part.start : part.end] for part in split(text)] == [
        "说三个事 头一个路灯不亮 ", "第二个垃圾没人清 ", "第三个下水堵了",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["我叫田大桥 13900001111", "俺叫钱江村", "姓阳"])
def test_the_name_of_a_person_is_no_place(anshan: Interpreter, text: str) -> None:
    result = anshan.parse(text)

    assert result.name
    assert result.locations == ()


@pytest.mark.parametrize(
    ("text", "urgent"),
    [
        ("整个屯子都没电了", True),
        ("俺们小区都没暖气 孩子冻得直哭", True),
        ("热力主管道爆了 开水往路上喷", True),
        ("窨井盖掉了 摔伤了个老太太", True),
        ("我们村老停电", False),
        ("去年砸伤了腿 到现在没赔", False),
    ],
)
def test_what_is_urgent_is_danger_or_want_now(anshan: Interpreter, text: str, urgent: bool) -> None:
    assert anshan.parse(text).urgent is urgent


def test_whole_buildings_without_water_are_urgent_and_old_troubles_are_not(anshan: Interpreter) -> None:
    assert anshan.parse("整栋楼停水一天了").urgent
    assert anshan.parse("电线掉到路上直冒火花").urgent
    assert not anshan.parse("路灯坏了半年了").urgent


@pytest.mark.parametrize(
    "text",
    [
        "13700002222", "１３７００００２２２２", "转人工", "周敏", "没有", "208", "从外省来的，住在铁西区", "好的",
        "催一下", "六个人", "铁西区阳光小区又是这样，唉",
    ],
)  # fmt: skip
def test_what_tells_of_no_matter_is_never_urgent(anshan: Interpreter, text: str) -> None:
    assert not anshan.parse(text).urgent


@pytest.mark.parametrize(
    "text", ["13700002222", "208", "我叫周敏", "免贵姓蒋", "电话0412-6660001", "7号楼", "周敏 13700002222"]
)
def test_a_number_a_name_or_a_house_alone_has_no_category(anshan: Interpreter, text: str) -> None:
    result = anshan.parse(text)

    assert result.category is None
    assert result.candidates == ()


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("BRT公交不来", "appeal"), ("ofo退押金", "appeal"), ("iPhone售后不给修", "appeal"), ("请问pos机", "faq"),
        ("water 停了 in 铁东区", "appeal"), ("Taxi乱收费", "appeal"), ("ATM吞卡", "appeal"), ("SOS", "human"),
        ("help", "human"), ("OK", "confirm"), ("asdf 啊", "gibberish"), ("hgfj你", "gibberish"), ("dfg发", "gibberish"),
        ("zxcvbn", "gibberish"),
    ],
)  # fmt: skip
def test_a_foreign_word_among_chinese_is_no_noise(anshan: Interpreter, text: str, intent: str) -> None:
    assert anshan.parse(text).intent == Intent(intent)


def test_a_place_beside_a_foreign_word_is_found(anshan: Interpreter) -> None:
    assert [place.district for place in anshan.parse("water 停了 in 铁东区").locations] == ["铁东区"]


def test_wishes_to_stay_unknown_are_heard(anshan: Interpreter) -> None:
    assert anshan.parse("我要匿名举报").anonymous
    assert anshan.parse("请给我保密").confidential
    assert not anshan.parse("路灯坏了").anonymous


def test_a_correction_says_what_goes_and_what_comes(anshan: Interpreter) -> None:
    assert anshan.parse("不是5号楼，是15号楼").corrections == (Correction("5号楼", "15号楼"),)
    assert anshan.parse("写错了，应该是李庄").corrections == (Correction(None, "李庄"),)


def test_an_emergency_carries_its_kind_and_is_urgent(anshan: Interpreter) -> None:
    result = anshan.parse("我家厨房着火了")

    assert (result.intent, result.emergency, result.urgent) == (Intent.EMERGENCY, EmergencyKind.FIRE, True)


def test_the_json_has_the_published_fields(generic: Interpreter) -> None:
    line = json.loads(json.dumps(generic.parse("锦程路128号夜里施工吵得睡不着").as_json(), ensure_ascii=False))

    assert list(line) == [
        "text", "intent", "emergency", "appeal_type", "category", "candidates", "locations", "urgent", "matters",
    ]  # fmt: skip
    assert list(line["category"]) == ["code", "path", "confidence", "sure"]
    assert list(line["locations"][0]) == [
        "start", "end", "text", "main", "district", "street", "community", "code",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", " ", "😀😀", "\x00\x07", "好" * 20_000, "A" * 20_000, "ｈｅｌｌｏ請問", "\ud800"])
def test_no_text_is_too_strange(anshan: Interpreter, text: str) -> None:
    result = anshan.parse(text)

    assert result.text == text
    assert all(0 <= place.start < place.end <= len(text) for place in result.locations)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(alphabet="路号村小区和的在栋3①Ａ，。 \n坏了不是A我姓王一二😀", max_size=60))
def test_spans_quote_the_text_and_do_not_overlap(anshan: Interpreter, text: str) -> None:
    places = anshan.parse(text).locations

    assert all(text[place.start : place.end] == place.text for place in places)
    assert all(one.end <= two.start for one, two in pairwise(places))


def test_threads_may_share_an_interpreter(anshan: Interpreter) -> None:
    texts = ["站前街道停水", "谢谢", "有人要跳河", "物业乱收费"] * 5
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(anshan.parse, texts))

    assert together == anshan.parse_many(texts)
