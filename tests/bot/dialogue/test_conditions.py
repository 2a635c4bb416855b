"""An entry may ask one thing back, and only one: which case is the citizen's. Whatever he says then is answered."""

from dataclasses import replace

import pytest

from bot.conversation import Holder, Stage
from bot.turn import Outcomes
from channels.message import MessageKind
from faq.condition import Case, Condition
from faq.entry import Entry
from tests.bot.dialogue.harness import DAY, Citizen, questions

INSURANCE = Entry(
    id="health-where",
    question="医保在哪里缴费",
    answer="职工由单位缴，居民自己缴，拿不准问12393。",
    source="社会保险法第五十七条",
    condition=Condition(
        ask="您家是城镇户口还是农村户口？",
        unless=("多少钱",),
        cases=(
            Case(label="城镇户口", words=("城里", "城镇"), answer="到社区服务中心缴。"),
            Case(label="农村户口", words=("农村", "村里", "乡下"), answer="到村委会缴。"),
            Case(label="外地户口", answer="〔本市填写：外地户口在哪里缴〕"),
        ),
    ),
)
WINDOW = Entry(
    id="window",
    question="养老认证去哪个窗口",
    answer="各区政务服务中心都可以。",
    condition=Condition(
        ask="您在哪个区（县、市）？",
        by_district=True,
        cases=(
            Case(label="铁东区", answer="铁东区政务大厅二楼。"),
            Case(label="海城、台安", words=("海城市", "台安县"), answer="县市政务大厅一楼。"),
        ),
    ),
)
ASKED, PLACED = INSURANCE.question, WINDOW.question
GENERAL, TOWN, VILLAGE = INSURANCE.answer, "到社区服务中心缴。", "到村委会缴。"
LAMP = "铁东区胜利路58号的路灯坏了"


@pytest.fixture
def citizen() -> Citizen:
    return Citizen(book=(INSURANCE, WINDOW))


def test_a_question_that_hangs_on_a_case_is_asked_back_with_the_cases_to_tap(citizen: Citizen) -> None:
    citizen.says(ASKED)

    assert "您家是城镇户口还是农村户口？" in citizen.heard
    assert GENERAL not in citizen.heard
    assert citizen.labels == ["城镇户口", "农村户口", "外地户口", "不清楚"]
    assert citizen.outcome is Outcomes.QUESTION
    assert citizen.stage is Stage.FAQ_CASE


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("1", TOWN),
        ("2", VILLAGE),
        ("第二个", VILLAGE),
        ("农村户口", VILLAGE),
        ("农村的", VILLAGE),
        ("我们家是村里的", VILLAGE),
        ("城里的户口", TOWN),
        ("3", GENERAL),
        ("4", GENERAL),
        ("不清楚", GENERAL),
        ("我也不知道", GENERAL),
        ("两样都有", GENERAL),
        ("不是农村户口", GENERAL),
        ("好的", GENERAL),
        ("asdf", GENERAL),
        (ASKED, GENERAL),
        ("医保在哪里缴费啊", GENERAL),
        ("农村户口医保在哪里缴费", VILLAGE),
    ],
)
def test_whatever_is_said_then_is_answered_and_nothing_is_asked_twice(
    citizen: Citizen, words: str, answer: str
) -> None:
    citizen.says(ASKED, words)

    assert answer in citizen.heard, citizen.story
    assert INSURANCE.source in citizen.heard
    assert citizen.labels == ["有用", "没用", "转人工", "我要反映"]
    assert citizen.stage is Stage.FAQ_VOTE


def test_a_tapped_case_is_answered_by_its_name(citizen: Citizen) -> None:
    citizen.says(ASKED)
    citizen.taps("农村户口")

    assert f"农村户口：\n{VILLAGE}" in citizen.heard
    assert GENERAL not in citizen.heard


@pytest.mark.parametrize("words", ["农村户口医保在哪里缴费", "请问我乡下的医保在哪里缴费"])
def test_a_message_that_tells_the_case_is_answered_at_once(citizen: Citizen, words: str) -> None:
    citizen.says(words)

    assert VILLAGE in citizen.heard, citizen.story
    assert citizen.stage is Stage.FAQ_VOTE


def test_a_case_that_the_city_has_to_fill_in_is_never_told(citizen: Citizen) -> None:
    citizen.says("外地户口医保在哪里缴费")

    assert GENERAL in citizen.heard
    assert "本市填写" not in citizen.heard


def test_nothing_is_asked_where_the_general_answer_is_enough(citizen: Citizen) -> None:
    citizen.says("医保在哪里缴费多少钱")

    assert GENERAL in citizen.heard, citizen.story


def test_nothing_is_asked_while_no_case_is_filled_in() -> None:
    assert INSURANCE.condition
    empty = tuple(replace(case, answer="〔本市填写：地点〕") for case in INSURANCE.condition.cases)
    citizen = Citizen(book=(replace(INSURANCE, condition=replace(INSURANCE.condition, cases=empty)),))
    citizen.says(ASKED)

    assert GENERAL in citizen.heard


def test_the_vote_is_about_the_question_as_it_was_put(citizen: Citizen) -> None:
    citizen.says(ASKED)
    assert citizen.turn is not None
    assert [(q.text, q.decision) for q in citizen.turn.questions] == [(ASKED, "answer")]
    citizen.says("农村户口", "没用")

    assert [(q.text, q.entry_id, q.vote) for q in citizen.turn.questions] == [(ASKED, INSURANCE.id, "useless")]
    citizen.says("提交为咨询", "不留", "确认")
    assert citizen.ticket.content == ASKED


def test_after_the_answer_another_case_may_be_named(citizen: Citizen) -> None:
    citizen.says(ASKED, "农村户口", "那城镇户口呢")

    assert TOWN in citizen.heard, citizen.story
    assert citizen.stage is Stage.FAQ_VOTE


def test_asked_the_same_again_it_tells_the_rest_and_does_not_ask_again(citizen: Citizen) -> None:
    citizen.says(ASKED, "农村户口", ASKED)

    assert GENERAL in citizen.heard


def test_who_chose_among_entries_is_not_asked_a_second_thing(citizen: Citizen) -> None:
    citizen.says("你好")
    citizen.taps_value(f"faq:{INSURANCE.id}", ASKED)

    assert GENERAL in citizen.heard


# the place


def test_a_district_is_asked_for_when_no_place_is_known(citizen: Citizen) -> None:
    citizen.says(PLACED)
    assert citizen.labels == ["铁东区", "海城、台安", "不清楚"]
    citizen.says("我在海城")

    assert "县市政务大厅一楼。" in citizen.heard, citizen.story


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("铁东区胜利路58号", "铁东区政务大厅二楼。"),
        ("台安县的", "县市政务大厅一楼。"),
        ("铁西区", WINDOW.answer),
        ("我家在岫岩", WINDOW.answer),
        ("不清楚", WINDOW.answer),
    ],
)
def test_a_place_tells_its_district_and_one_without_a_case_gets_the_general_answer(
    citizen: Citizen, words: str, answer: str
) -> None:
    citizen.says(PLACED, words)

    assert answer in citizen.heard, citizen.story


def test_a_district_in_the_message_is_enough(citizen: Citizen) -> None:
    citizen.says("铁东区养老认证去哪个窗口")

    assert "铁东区政务大厅二楼。" in citizen.heard, citizen.story


def test_a_district_in_the_conversation_is_enough_and_days_later_it_is_not(citizen: Citizen) -> None:
    citizen.says(LAMP, "不留", "确认")
    citizen.says(PLACED)
    assert "铁东区：\n铁东区政务大厅二楼。" in citizen.heard
    citizen.says("谢谢", "你好")
    citizen.says(PLACED, after=3 * DAY)

    assert "您在哪个区" in citizen.heard


# something else instead


@pytest.mark.parametrize("words", [LAMP, "胜利路58号楼下饭店油烟大，天天往外倒脏水", f"农村{LAMP}"])
def test_a_matter_instead_of_an_answer_is_taken_as_one(citizen: Citizen, words: str) -> None:
    citizen.says(ASKED, words)

    assert citizen.draft.has_what, citizen.story
    assert GENERAL not in citizen.heard
    assert VILLAGE not in citizen.heard


def test_a_matter_with_the_district_that_was_asked_for_is_a_matter(citizen: Citizen) -> None:
    citizen.says(PLACED, LAMP)

    assert "路灯" in citizen.draft.what


def test_a_person_an_emergency_and_progress_go_first(citizen: Citizen) -> None:
    citizen.says(ASKED, "转人工")
    assert citizen.holder is Holder.WAITING
    citizen.says("农村户口")
    assert VILLAGE in citizen.heard, "the answer is still given while a person is awaited"

    other = Citizen(book=(INSURANCE,))
    other.says(ASKED, "农村我家着火了")
    assert "119" in other.heard
    third = Citizen(book=(INSURANCE,))
    third.says(LAMP, "不留", "确认", ASKED, "查进度")
    assert third.ticket.ticket_no in third.heard


def test_another_question_is_answered_as_such_and_the_old_buttons_still_work(citizen: Citizen) -> None:
    citizen.says(ASKED)
    village = citizen.choices[1]
    citizen.says("12345是什么电话")
    entry = questions("anshan").ask("12345是什么电话").best
    assert entry is not None
    assert entry.answer in citizen.heard
    citizen.taps_value(village.value, village.label)

    assert VILLAGE in citizen.heard


def test_nothing_more_is_wanted(citizen: Citizen) -> None:
    citizen.says(ASKED, "不用了谢谢")

    assert citizen.stage is Stage.IDLE
    assert GENERAL not in citizen.heard


def test_a_photo_instead_of_an_answer_is_kept(citizen: Citizen) -> None:
    citizen.says(ASKED)
    citizen.shows()
    citizen.says(LAMP)

    assert citizen.draft.attachments


def test_spoken_words_answer_too_and_a_sticker_leaves_the_question_open(citizen: Citizen) -> None:
    citizen.says(ASKED)
    citizen.does(MessageKind.STICKER)
    citizen.speaks("农村户口")

    assert VILLAGE in citizen.heard, citizen.story


def test_hello_days_later_is_a_greeting(citizen: Citizen) -> None:
    citizen.says(ASKED)
    citizen.says("你好", after=3 * DAY)

    assert GENERAL not in citizen.heard


# beside a draft


@pytest.mark.parametrize(
    ("words", "answer"), [("2", VILLAGE), ("村里的", VILLAGE), ("不清楚", GENERAL), ("好的", GENERAL)]
)
def test_beside_a_draft_it_is_asked_answered_and_the_draft_goes_on(citizen: Citizen, words: str, answer: str) -> None:
    citizen.says(LAMP, ASKED)
    assert "刚才那件事还在" in citizen.heard
    assert citizen.labels == ["城镇户口", "农村户口", "外地户口", "不清楚"]
    citizen.says(words)

    assert answer in citizen.heard, citizen.story
    assert "称呼和电话" in citizen.heard
    assert citizen.draft.what == LAMP
    citizen.says("不留", "确认")
    assert citizen.ticket.content == LAMP


def test_beside_a_card_a_yes_to_the_question_does_not_send_the_card(citizen: Citizen) -> None:
    citizen.says(LAMP, "不留", ASKED, "好的")

    assert not citizen.tickets, citizen.story
    assert GENERAL in citizen.heard
    citizen.says("确认")
    assert citizen.tickets


def test_facts_for_the_draft_go_to_the_draft_though_something_was_asked(citizen: Citizen) -> None:
    citizen.says(LAMP, ASKED, "我姓马，13900001111")

    assert citizen.draft.phone == "13900001111"
    assert citizen.stage is Stage.CONFIRM


def test_the_place_of_the_draft_tells_the_district(citizen: Citizen) -> None:
    citizen.says(LAMP, "请问" + PLACED)

    assert "铁东区政务大厅二楼。" in citizen.heard, citizen.story


# the entries that ship


def test_a_word_that_sounds_like_calling_somebody_is_an_answer_where_it_is_a_case() -> None:
    citizen = Citizen()
    citizen.says("养老保险交满多少年可以领", "职工")

    assert "最低年限是15年" in citizen.heard, citizen.story
    assert citizen.holder is Holder.BOT


def test_a_part_of_a_name_is_that_case_and_a_part_of_two_gets_the_general_answer() -> None:
    citizen = Citizen()
    citizen.says("延迟退休后多大年纪退休", "女职工")
    general = questions("anshan").entry("retirement-age")
    assert general is not None
    assert general.answer in citizen.heard, citizen.story
    assert citizen.holder is Holder.BOT
    citizen.says("你好", "养老保险交满多少年可以领", "城乡居民")
    assert "年满60周岁" in citizen.heard, citizen.story


@pytest.mark.parametrize("entry", [e for e in questions("anshan").knowledge if e.condition], ids=lambda e: e.id)
def test_every_entry_that_ships_asks_once_and_answers_each_case(entry: Entry) -> None:
    assert entry.condition is not None
    for case in entry.condition.cases:
        citizen = Citizen()
        citizen.says(entry.question)
        assert entry.condition.ask in citizen.heard
        citizen.says(case.label)
        assert case.answer in citizen.heard, citizen.story
        assert citizen.stage is Stage.FAQ_VOTE
