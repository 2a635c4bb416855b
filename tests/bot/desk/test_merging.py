"""A form and what the citizen said since it was opened are put together field by field."""

from dataclasses import replace

import pytest

from bot.desk.merging import merged
from handoff.drafting import Fields

BEGUN = Fields(key="d1", category="1", category_words="a > b > 路灯", place="永乐街道", content="灯坏了", title="")


def test_what_was_left_alone_follows_the_record_and_what_was_typed_stands() -> None:
    typed = replace(BEGUN, title="楼道灯不亮")
    now = replace(BEGUN, phone="13700002222", place="永乐街道2号楼")

    result = merged(typed, BEGUN, now, now)

    assert result.fields == replace(now, title="楼道灯不亮")
    assert (result.touched, result.clashes) == (("title",), ())


@pytest.mark.parametrize(
    ("theirs", "clashes"), [("13700002222", ("phone",)), ("13900001111", ()), ("", ())], ids=["other", "same", "none"]
)
def test_only_what_both_changed_to_different_things_is_asked(theirs: str, clashes: tuple[str, ...]) -> None:
    typed, now = replace(BEGUN, phone="13900001111"), replace(BEGUN, phone=theirs)

    result = merged(typed, BEGUN, now, now)

    assert result.fields.phone == "13900001111"
    assert (result.touched, result.clashes) == (("phone",), clashes)


def test_what_the_operator_gives_up_is_the_records() -> None:
    typed, now = replace(BEGUN, phone="139", place="别处", no_place=""), replace(BEGUN, phone="137", no_place="on")

    result = merged(typed, BEGUN, now, now, take="place")

    assert (result.fields.phone, result.fields.place, result.fields.no_place) == ("139", "永乐街道", "on")


def test_a_category_and_its_words_are_one_thing() -> None:
    typed, now = replace(BEGUN, category="", category_words="供暖"), replace(BEGUN, category="2", category_words="水")

    result = merged(typed, BEGUN, now, now)

    assert (result.fields.category, result.fields.category_words) == ("", "供暖")
    assert result.clashes == ("category",)


def test_line_ends_of_a_browser_and_spaces_at_an_end_are_nobodys_change() -> None:
    begun = replace(BEGUN, content="灯坏了 \n没人管")
    now = replace(begun, content="灯坏了\n没人管\n三天了")

    result = merged(replace(begun, content="灯坏了\r\n没人管"), begun, now, now)

    assert result.fields.content == now.content


def test_what_he_saw_for_a_reason_and_sees_masked_again_has_not_changed() -> None:
    plain, now = replace(BEGUN, content="我叫薛桂芳"), replace(BEGUN, content="我叫薛**")

    alone = merged(plain, plain, now, plain)
    changed = merged(replace(plain, content="薛女士"), plain, now, plain)

    assert alone.fields.content == "我叫薛**"
    assert (changed.fields.content, changed.clashes) == ("薛女士", ())
