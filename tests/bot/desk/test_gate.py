"""The gate before sending, as a table: what is stopped, and above all what is not."""

import pytest

from bot.desk.gate import Known, doubts
from faq.knowledge import STARTER, Knowledge
from handoff.writing import Doubt

KNOWN = Known(phone="13900001111", place="铁西区幸福小区3号楼", kept_type="投诉", read_type="投诉")

VAGUE = [
    "我们会尽快处理。",
    "维修队近期会上门，请耐心等待。",
    "路灯即将修好。",
    "我们马上安排人去看。",
    "已联系热力公司抓紧抢修。",
    "您11月20日反映的路灯问题，我们会尽快修好。",
    "问题已于今天上午转给街道，将尽快答复您。",
    "稍后会有工作人员与您联系。",
    "我们会第一时间跟进。",
    "马上派人上门。",
    "马上我们就去看。",
    "我马上去问一下。",
    "立即转给供热公司处理。",
    "您稍等，马上。",
    "择日施工。",
]
DATED = [
    "我们会尽快处理，明天上午给您答复。",
    "3个工作日内会有人联系您，尽快办结。",
    "路灯将在11月30日前抓紧修好。",
    "抢修正在抓紧，预计2小时内恢复供暖。",
    "三天之内尽快给您结果。",
    "马上安排，今天下午上门。",
    "下周一施工队进场，会尽快完工。",
    "预计15日前即将完成。",
    "2026-12-01前尽快办结。",
    "月底前会抓紧完成。",
    "供暖期前尽快完成检修。",
]
NO_PROMISE = [
    "请您尽快撤离到楼下空旷处，并拨打119。",
    "请尽快拨打110报警。",
    "您可以马上到社区服务中心办理。",
    "建议您尽快就医。",
    "您好，已为您登记。",
    "路灯已经马上修好了。",
    "工单号ANSHAN20261126000001，由路灯管理所办理。",
    "感谢您的理解。",
    "有人被困，马上打119。",
    "已经转了钱，马上打110。",
    "人先出来，立刻关门。",
    "维保单位接到故障通知，应当立即赶到。",
    "身份证丢了，马上挂失。",
    "燃气泄漏请立即关闭阀门，开窗通风。",
]


@pytest.mark.parametrize("text", VAGUE)
def test_a_promise_without_a_date_is_stopped(text: str) -> None:
    assert [warning.doubt for warning in doubts(text, KNOWN)] == [Doubt.VAGUE]


@pytest.mark.parametrize("text", [*DATED, *NO_PROMISE])
def test_a_dated_promise_and_what_promises_nothing_go_through(text: str) -> None:
    assert doubts(text, KNOWN) == ()


def test_the_vague_words_are_named() -> None:
    (warning,) = doubts("我们会尽快、抓紧处理。", KNOWN)

    assert "“尽快”、“抓紧”" in warning.words


ASKED_AGAIN = [
    ("请问您的电话是多少？", "13900001111"),
    ("麻烦提供一下联系方式。", "13900001111"),
    ("请告知具体地址。", "铁西区幸福小区3号楼"),
    ("在哪个小区？", "铁西区幸福小区3号楼"),
    ("请您提供手机号", "13900001111"),
]


@pytest.mark.parametrize(("text", "known"), ASKED_AGAIN)
def test_what_the_record_knows_is_not_asked_again(text: str, known: str) -> None:
    (warning,) = doubts(text, KNOWN)

    assert warning.doubt is Doubt.ASKED_AGAIN
    assert known in warning.words


@pytest.mark.parametrize("text", [text for text, _ in ASKED_AGAIN])
def test_what_the_record_does_not_know_may_be_asked(text: str) -> None:
    assert doubts(text, Known()) == ()


@pytest.mark.parametrize(
    "text",
    [
        "您留的电话13900001111还能打通吗？",
        "请确认地址：铁西区幸福小区3号楼。",
        "大厅地址是多少街几号，可以看这里：胜利路1号。我们的电话是8890。",
        "供热公司电话是96114，24小时有人接。",
        "我们会打您留的电话。",
        "请补发一张现场照片。",
        "街道的电话是多少，我查到后发给您。",
        "楼道里的灯有几盏不亮？",
        "报警时说清：姓名、地点、时间、您的电话。",
        "养老金在哪里领，由社会保险经办机构按规定确定。",
        "对答复有意见，请说明哪里没解决。",
    ],
)
def test_a_check_of_what_is_known_and_other_questions_go_through(text: str) -> None:
    assert doubts(text, KNOWN) == ()


@pytest.mark.parametrize(
    "text",
    [
        "难道您自己没有看通知？",
        "不是已经告诉您了吗？",
        "您为什么不早点打电话来？",
        "您到底想怎么样？",
        "我们怎么可能半夜派人去？",
        "凭什么要先办您的？",
    ],
)
def test_a_retort_is_stopped(text: str) -> None:
    assert [warning.doubt for warning in doubts(text, Known())] == [Doubt.ASKED_BACK]


@pytest.mark.parametrize(
    "text",
    [
        "您说的是3号楼门口的灯，对吗？",
        "是不是整栋楼都没有暖气？",
        "怎么办理：带身份证到社区。",
        "不是我们不去，是施工要先停电，11月28日上午去修。",
        "现在还漏水吗？",
        "噪声一般几点开始？",
        "为什么停水：主管道爆裂，正在更换，今晚8点前恢复。",
    ],
)
def test_an_honest_question_is_no_retort(text: str) -> None:
    assert doubts(text, Known()) == ()


def test_a_complaint_that_became_a_question_is_told() -> None:
    changed = Known(kept_type="咨询", read_type="投诉")

    assert [warning.doubt for warning in doubts("已登记。", changed)] == [Doubt.RETYPED]


@pytest.mark.parametrize("text", ["这个按咨询处理。", "已将您的来信转为咨询件。", "作为咨询登记了。"])
def test_a_reply_that_calls_a_complaint_a_question_is_told(text: str) -> None:
    assert [warning.doubt for warning in doubts(text, KNOWN)] == [Doubt.RETYPED]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("这个按咨询处理。", Known(kept_type="咨询", read_type="咨询")),
        ("已按投诉登记。", KNOWN),
        ("咨询电话是8890。", KNOWN),
        ("已登记。", Known(kept_type="求助", read_type="投诉")),
    ],
)
def test_other_types_and_words_are_no_silent_change(text: str, known: Known) -> None:
    assert doubts(text, known) == ()


def test_no_approved_answer_is_stopped() -> None:
    """They are laid in by one key: a gate that cried wolf at them would soon be pressed through unread."""
    stopped = {entry.id for entry in Knowledge.load(STARTER) if doubts(entry.answer, KNOWN)}

    assert stopped == set()
