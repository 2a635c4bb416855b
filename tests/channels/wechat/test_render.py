"""What citizens read is whole, tappable, and never more than WeChat takes."""

from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from channels.message import Attachment, MessageKind, Speaker
from channels.wechat.render import LIMIT, fit, merge, merged, passive_xml, pieces, shown
from tests.channels.wechat.harness import reply_for, reply_to

ANYBODY = reply_for("oA1", "").address


def test_an_operator_and_the_system_are_named_and_the_bot_is_not() -> None:
    assert shown(reply_to(ANYBODY, "好")) == "好"
    assert shown(reply_to(ANYBODY, "好", speaker=Speaker.OPERATOR, speaker_name="8号")) == "【坐席 8号】好"
    assert shown(reply_to(ANYBODY, "好", speaker=Speaker.OPERATOR)) == "【坐席】好"
    assert shown(reply_to(ANYBODY, "已办结", speaker=Speaker.SYSTEM)) == "【系统】已办结"


def test_what_may_have_been_read_before_says_so_first() -> None:
    reply = reply_to(ANYBODY, "已办结", speaker=Speaker.SYSTEM, repeated=True)

    assert shown(reply) == "（可能重复）【系统】已办结"


def test_what_the_bot_said_before_a_person_came_says_so_first() -> None:
    late = replace(reply_to(ANYBODY, "12345是政务热线"), belated=True)

    assert shown(late) == "（智能助手稍早的答复）12345是政务热线"
    assert shown(replace(late, repeated=True)) == "（可能重复）（智能助手稍早的答复）12345是政务热线"


def test_choices_are_numbered_links() -> None:
    text = shown(reply_for("oA1", "是吗？", choices=[("y", "是"), ("n/&", "不是")]))

    assert text.split("\n") == [
        "是吗？",
        '1. <a href="weixin://bizmsgmenu?msgmenucontent=%E6%98%AF&msgmenuid=y">是</a>',
        '2. <a href="weixin://bizmsgmenu?msgmenucontent=%E4%B8%8D%E6%98%AF&msgmenuid=n%2F%26">不是</a>',
    ]


def test_a_choice_too_long_for_a_link_still_has_its_number() -> None:
    text = shown(reply_for("oA1", "", choices=[("v", "很" * 300)]))

    assert text == "1. " + "很" * 200


def test_a_link_that_a_citizen_wrote_is_quoted_and_not_live() -> None:
    assert (
        shown(reply_for("oA1", '您说：<a href="http://x">点</a> < A >')) == '您说：＜a href="http://x">点＜/a> ＜ A >'
    )


def test_replies_are_merged_as_far_as_they_fit() -> None:
    replies = [reply_for("oA1", words * 300) for words in "一二三四五"]

    assert fit(replies) == 2
    assert [len(group) for group in merge(replies)] == [2, 2, 1]
    assert merged(replies[:2]) == "一" * 300 + "\n\n" + "二" * 300


def test_a_photo_is_never_merged_with_words() -> None:
    photo = Attachment(id="a1", kind=MessageKind.IMAGE, key="k", mime="image/png")
    words, picture = reply_for("oA1", "照片如下"), replace(reply_for("oA1", ""), attachments=(photo,))

    assert fit([words, picture, words]) == 1
    assert fit([picture, words]) == 0


def test_a_reply_too_long_by_itself_stands_alone() -> None:
    short, long = reply_for("oA1", "短"), reply_for("oA1", "长" * 1000)

    assert fit([long, short]) == 0
    assert merge([short, long, short]) == [[short], [long], [short]]


def test_a_long_text_is_cut_where_a_sentence_ends() -> None:
    sentence = "本市已经安排人员前往现场查看。"
    cut = pieces(reply_for("oA1", sentence * 100))

    assert len(cut) == 3
    assert all(piece.endswith("。") for piece in cut)


def test_a_sentence_without_an_end_is_cut_at_a_pause() -> None:
    first, *_ = pieces(reply_for("oA1", "一二三四五六七八九，" * 100))

    assert first.endswith("，")


def test_a_choice_is_never_cut() -> None:
    cut = pieces(reply_for("oA1", "请选择。" * 165, choices=[(str(n), f"第{n}个") for n in range(12)]))

    assert len(cut) == 2
    assert all(piece.count("<a ") == piece.count("</a>") for piece in cut)
    assert sum(piece.count("</a>") for piece in cut) == 12


ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text("一。，\n a<>&]\x00", max_size=3000)


@given(ANY_TEXT)
def test_no_text_is_longer_than_wechat_takes_and_nothing_of_it_is_lost(text: str) -> None:
    reply = reply_for("oA1", text)
    cut = pieces(reply)

    assert all(0 < len(piece.encode()) <= LIMIT for piece in cut)
    assert "".join("".join(cut).split()) == "".join(shown(reply).split())


@given(ANY_TEXT, st.text(max_size=30))
def test_no_text_breaks_the_xml_around_it(text: str, user: str) -> None:
    told = shown(reply_for("oA1", text))
    root = ElementTree.fromstring(passive_xml(told, user=user, written_to="gh_suda", at=1))

    assert [child.tag for child in root] == ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"]
    assert (root.findtext("Content") or "") == told.replace("\r\n", "\n").replace("\r", "\n")


@given(st.lists(ANY_TEXT, max_size=6))
def test_every_merged_group_fits_or_is_one_alone(texts: list[str]) -> None:
    replies = [reply_for("oA1", text) for text in texts]
    groups = merge(replies)

    assert [reply for group in groups for reply in group] == replies
    assert all(len(group) == 1 or len(merged(group).encode()) <= LIMIT for group in groups)
