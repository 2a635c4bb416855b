"""Facts are neither lost nor wrong: numbers, houses, areas, matters, and words to the bot that are no matter."""

import pytest

from bot.conversation import Stage
from tests.bot.dialogue.harness import DAY, Citizen

WATER = "铁东区和平街道金都社区6号楼2单元漏水"
ME = "我姓郑 13900001357"


def told(*lines: str, city: str = "anshan") -> Citizen:
    """A citizen who said these lines."""
    citizen = Citizen(city)
    citizen.says(*lines)
    return citizen


@pytest.mark.parametrize("line", ["电话不对 后四位是1375", "手机号错了，尾号是1375", "对了 电话尾号应该是1375"])
def test_the_last_digits_put_right_are_in_the_ticket(line: str) -> None:
    citizen = told(WATER, ME, line)
    assert "13900001375" in citizen.heard
    citizen.says("对")

    assert citizen.ticket.contact.phone == "13900001375"
    assert "1375" not in citizen.ticket.content


@pytest.mark.parametrize("line", ["号码记错了", "电话写错了", "手机号不对"])
def test_a_number_taken_back_is_never_filed(line: str) -> None:
    citizen = told(WATER, ME, line)
    assert citizen.stage is Stage.CONTACT
    assert "不用了" in citizen.heard
    citizen.says("13900002222", "对")

    assert citizen.ticket.contact.phone == "13900002222"


def test_a_yes_right_after_no_is_no_yes_to_the_card() -> None:
    citizen = told(WATER, ME, "不对", "对")
    assert not citizen.submitted
    assert "请核对" in citizen.heard
    citizen.says("对")

    assert len(citizen.submitted) == 1


def test_a_unit_told_anew_takes_the_place_of_the_old() -> None:
    citizen = told(WATER, ME, "哦是3单元", "对 这回对了")

    assert citizen.ticket.place is not None
    assert citizen.ticket.place.text == "铁东区和平街道金都社区6号楼3单元"
    assert "2单元" not in citizen.ticket.content


def test_a_unit_that_has_it_too_is_told_beside() -> None:
    citizen = told(WATER, ME, "3单元也漏", "对")

    assert citizen.ticket.place is not None
    assert "2单元" in citizen.ticket.place.text


def test_a_crossing_told_at_the_card_lies_in_the_area_told_before() -> None:
    citizen = told(
        "奎聚街道辛置一社区暖气管子爆了", "姓逄 13800001357", "就在利民街和育秀路路口西边", "对", city="changyi"
    )

    place = citizen.ticket.place
    assert place is not None
    assert "辛置一社区" in place.text
    assert "利民街" in place.text
    assert place.street == "奎聚街道"


def test_the_place_of_a_question_is_not_asked_again() -> None:
    citizen = told("我年前报的桥头河镇白椿村的水渠修得怎么样了", "渠道塌了一截，田里进不了水", city="lianyuan")

    assert Stage.WHERE not in citizen.asked
    assert citizen.draft.place is not None
    assert "白椿村" in citizen.draft.place.text


def test_the_place_of_a_question_of_days_ago_is_forgotten() -> None:
    citizen = told("我年前报的桥头河镇白椿村的水渠修得怎么样了", city="lianyuan")
    citizen.says("路灯坏了", after=3 * DAY)

    assert citizen.draft.place is None or "白椿村" not in citizen.draft.place.text


def test_of_two_matters_the_second_lies_in_the_area_of_the_first() -> None:
    citizen = told("铁东区和平街道金都社区6号楼的路灯坏了，另外3号楼的下水道堵了")
    assert "2件事" in citizen.heard
    citizen.says("我叫李强 13800001234", "对")

    places = [ticket.place.text for ticket in citizen.tickets if ticket.place]
    assert places == ["铁东区和平街道金都社区6号楼", "铁东区和平街道金都社区3号楼"]


def test_a_fragment_that_tells_what_happened_is_the_matter() -> None:
    citizen = told("任城区仙营街道红星东路", "断了", city="jining")

    assert citizen.draft.what == "断了"


@pytest.mark.parametrize(
    "line", ["姓宫 13800001357", "保密", "麻烦给我保密", "别跟物业说是我反映的", "我叫宫大海", "行 那灯的事接着弄"]
)
def test_words_to_the_bot_are_no_part_of_the_matter(line: str) -> None:
    citizen = told("铁东区和平街道金都社区路灯不亮", line)
    if citizen.stage is Stage.CONFIRM:
        citizen.says("确认")
    what = citizen.tickets[0].content if citizen.tickets else citizen.draft.what

    assert what == "铁东区和平街道金都社区路灯不亮"


def test_a_secret_said_in_the_first_breath_leaves_no_name_in_the_words() -> None:
    citizen = told("立山区友好街道路灯不亮 我姓薛 电话13900002471 保密", "对")

    assert citizen.ticket.content == "立山区友好街道路灯不亮"
    assert citizen.ticket.title == "立山区友好街道路灯不亮"
    assert citizen.ticket.contact.phone == "13900002471"


def test_the_number_of_another_stays_in_the_matter() -> None:
    citizen = told("铁东区和平街道金都社区门口有人发小广告，上面的电话 13900009999", "不留", "对")

    assert "13900009999" in citizen.ticket.content
    assert citizen.ticket.contact.phone is None


def test_a_clear_kind_is_not_overturned_by_a_later_line() -> None:
    citizen = told("铁西区永乐街道路灯不亮", "找物业，物业根本不听")

    assert citizen.draft.category is not None
    assert citizen.draft.category.path[-1] == "城市公共设施"


def test_card_and_ticket_show_the_same_kind() -> None:
    citizen = Citizen(guess=1.1, sure=1.1)
    citizen.says("铁东区胜利路58号楼下饭店油烟大，还倒脏水", "13900001111")
    assert "由受理人员归类" in citizen.heard
    citizen.says("确认")

    assert citizen.ticket.category is None


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (("那个 我想反映一下 铁东区和平街道金都社区路灯不亮",), "铁东区和平街道金都社区路灯不亮"),
        (("你好 行行行 那你记 楼上漏水漏到我家", "铁东区和平街道金都社区"), "铁东区和平街道金都社区 楼上漏水漏到我家"),
    ],
)
def test_a_title_tells_the_matter_and_its_place_without_what_leads_into_it(lines: tuple[str, ...], title: str) -> None:
    citizen = told(*lines, "不留", "对")

    assert citizen.ticket.title == title


def test_after_the_card_only_what_changed_is_said_and_the_whole_on_demand() -> None:
    citizen = told("铁东区和平街道金都社区路灯不亮", "不留")
    assert "请核对" in citizen.heard
    citizen.says(ME)
    assert "【联系】郑 13900001357" in citizen.heard
    assert "【事项】" not in citizen.heard
    assert "确认" in citizen.heard
    for line in ("给我看看", "再看一遍"):
        citizen.says(line)
        assert "【事项】" in citizen.heard
        assert "【地点】" in citizen.heard
    citizen.says("对")

    assert len(citizen.submitted) == 1


def test_an_insult_is_met_with_one_short_apology() -> None:
    citizen = told("铁东区和平街道金都社区路灯不亮", "你们都是饭桶")

    assert "对不起" in citizen.heard
    assert "称呼" not in citizen.heard
    assert citizen.stage is Stage.CONTACT


@pytest.mark.parametrize("line", ["那什么时候能修好啊", "啥时候来人看", "几天能来修"])
def test_when_somebody_comes_is_a_question_and_no_urging(line: str) -> None:
    citizen = told("铁东区和平街道金都社区路灯不亮", "不留", "对", line)

    assert citizen.ticket.urge_count == 0
    assert "12月8日前" in citizen.heard
    citizen.says("催一下")
    assert citizen.ticket.urge_count == 1


def test_yes_to_the_same_place_is_the_same_place() -> None:
    citizen = told("铁东区和平街道金都社区路灯不亮", "不留", "对", "还有个事 井盖坏了")
    assert citizen.labels[0].startswith("还是")
    citizen.says("对")

    assert citizen.draft.place is not None
    assert "金都社区" in citizen.draft.place.text


@pytest.mark.parametrize("question", ["钓鱼证咋办", "公园年票在哪买", "老年证在哪办", "生育津贴能领几个月"])
def test_nothing_absurd_is_offered_for_a_question_without_an_answer(question: str) -> None:
    citizen = told(question)

    assert "没有现成" in citizen.heard
    assert "怎么催办" not in citizen.labels


@pytest.mark.parametrize("line", ["好的 谢谢", "那行吧 谢谢", "不用了 谢谢", "知道了"])
def test_after_an_honest_no_answer_a_polite_word_ends_it(line: str) -> None:
    citizen = told("残疾证咋办", line)

    assert citizen.conversation.draft is None
    assert citizen.stage is Stage.IDLE
    assert "姓名" not in citizen.heard


def test_a_number_is_not_wanted_in_any_order_of_words() -> None:
    citizen = told("铁东区和平街道金都社区路灯不亮", "电话我不方便留")

    assert citizen.draft.contact_declined
