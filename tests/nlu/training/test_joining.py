"""Two messages told in one breath: the seam is where the second begins, and every place stays the place it was."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.interpretation import Intent
from nlu.training.corpus import Example, unmark
from nlu.training.joining import Joiner

_HEATING = ("城乡建设", "城市建设和市政管理", "冬季采暖")
_LAMPS = ("城乡建设", "城市建设和市政管理", "路灯")


def _example(marked: str, path: tuple[str, str, str]) -> Example:
    text, spans, cuts = unmark(marked)
    return Example(
        text=text,
        writer="w1",
        where=marked,
        intent=Intent.APPEAL,
        spans=spans,
        cuts=cuts,
        path=path,
        urgent=False,
    )


COLD = _example("〔双山小区3号楼〕暖气不热。", _HEATING)
DARK = _example("你好，〔南门〕没路灯，〈深沟寺〉那边就有", _LAMPS)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000))
def test_a_joined_message_is_cut_where_the_second_begins(seed: int) -> None:
    joined = Joiner([COLD, DARK], seed).join(COLD, DARK)

    (cut,) = joined.cuts
    assert joined.text[:cut].startswith("双山小区3号楼暖气不热")
    assert "没路灯" in joined.text[cut:]
    assert "你好" not in joined.text
    for span in joined.spans:
        assert joined.text[span.start : span.end] in ("双山小区3号楼", "南门", "深沟寺")
    assert joined.text[joined.spans[0].start : joined.spans[0].end] == "双山小区3号楼"


def test_of_its_category_urgency_and_intent_a_joined_message_teaches_nothing() -> None:
    joined = Joiner([COLD, DARK]).join(COLD, DARK)

    assert (joined.path, joined.appeal_type, joined.urgent) == (None, None, None)
    assert joined.told == {"locations", "matters"}


def test_what_is_alike_is_not_joined() -> None:
    assert Joiner([COLD, _example("〔东山〕也不热", _HEATING)]).some(20) == []
    assert len(Joiner([COLD, DARK]).some(60)) > 20


def test_what_was_written_with_two_matters_comes_again_without_its_category() -> None:
    both = _example("〔双山小区〕不热‖路灯也不亮", _HEATING)

    (again,) = Joiner([both]).some(5)

    assert (again.text, again.cuts, again.path) == (both.text, both.cuts, None)
