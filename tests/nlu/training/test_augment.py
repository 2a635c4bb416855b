"""Augmentation changes words, never what they mean: places and matters stay where they were."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.interpretation import Intent
from nlu.training.augment import Augmenter, rewritten
from nlu.training.corpus import Example, unmark

MARKED = "领导好，〔双山小区3号楼〕的暖气不热，我单位在〈深沟寺〉‖另外〔南门〕没路灯。"


def example(marked: str = MARKED) -> Example:
    text, spans, cuts = unmark(marked)
    return Example(
        text=text,
        writer="w1",
        where="w1:1",
        intent=Intent.APPEAL,
        spans=spans,
        cuts=cuts,
        path=("城乡建设", "城市建设和市政管理", "冬季采暖"),
    )


def test_places_and_matters_move_with_the_words_before_them() -> None:
    before = example()
    after = rewritten(before, [(0, 0, "在吗"), (0, 4, ""), (4, 11, "绿化街"), (15, 16, "")])

    assert [after.text[s.start : s.end] for s in after.spans] == ["绿化街", "深沟寺", "南门"]
    assert [s.main for s in after.spans] == [True, False, True]
    assert after.text[after.cuts[0] :].startswith("另外")


def test_a_place_that_opens_the_message_stays_one_behind_a_new_opening() -> None:
    after = rewritten(example("〔南门〕没路灯"), [(0, 0, "你好，")])

    assert [after.text[s.start : s.end] for s in after.spans] == ["南门"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_every_change_keeps_labels_and_whole_spans(seed: int) -> None:
    before = example()
    after = Augmenter([before, example("〔太白楼路和共青团路交叉口〕堵车")], ["铁东区", "围子街道"], seed).change(
        before
    )

    assert (after.path, after.intent) == (before.path, before.intent)
    assert all(0 <= span.start < span.end <= len(after.text) for span in after.spans)
    assert all(0 < cut <= len(after.text) for cut in after.cuts)
    for old, new in zip(before.spans, after.spans, strict=True):
        assert old.main == new.main
        assert not after.text[new.start : new.end].startswith("的")
