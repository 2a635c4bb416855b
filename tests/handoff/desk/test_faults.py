"""A supervisor reads what a failure means; the program's own word is the small print."""

import pytest

from handoff.console.faults import FAILURES, meaning
from handoff.console.numbers_words import about, raw_fault
from handoff.numbers import LooseEnd


@pytest.mark.parametrize(
    ("kind", "raw", "words"),
    [
        ("put_aside", "KeyError('street')", "程序出错，请告诉维护人员"),
        ("put_aside", "no step leads from closed to accepted", "承办系统发来的状态与工单现在的状态接不上"),
        ("refused", "WeChat says 45015 response out of time limit", "超过 48 小时没有来信，微信不让发"),
        ("refused", "errcode 45015", "超过 48 小时没有来信，微信不让发"),
        ("refused", "WeChat says 99999 odd", "微信拒收（99999）"),
        ("refused", "the case system answered 422: no such unit", "承办系统拒收或出错（422）"),
        ("refused", "Forbidden: bot was blocked by the user", "市民已屏蔽或注销"),
        (
            "refused",
            "given up after 12 tries: the case system did not answer (TimeoutError)",
            "试了 12 次，已停止：承办系统没有应答",
        ),
        ("unknown", "connection cut", "连接中断，没有等到回执"),
        ("unknown", "WeChat did not answer (TimeoutError)", "连接中断，没有等到回执"),
        ("retrying", "WeChat is not to be reached (ClientConnectorError)", "连不上微信"),
        ("retrying", "something new", "对方暂时没有接收"),
    ],
)
def test_a_failure_is_told_by_what_it_means(kind: str, raw: str, words: str) -> None:
    end = LooseEnd(kind=kind, conversation_id="wechat:main:o1", since=0.0, subject="reply", detail=raw)

    assert meaning(kind, raw) == words
    assert about(end) == f"给市民的回复 · {words}"
    assert raw_fault(end) == raw


@pytest.mark.parametrize("kind", sorted(FAILURES))
def test_no_foreign_word_is_left_of_one_that_nobody_knows(kind: str) -> None:
    assert meaning(kind, "zzz 42").isascii() is False
    assert "zzz" not in meaning(kind, "zzz 42")
    assert meaning(kind, "") == ""


def test_what_is_no_failure_keeps_its_own_words() -> None:
    end = LooseEnd(kind="waiting", conversation_id="web:main:u1", since=0.0, detail="asked")

    assert (about(end), raw_fault(end)) == ("要求人工", "")
