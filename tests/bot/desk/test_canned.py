"""The replies that ship are ones that the desk would keep, and that the gate lets through."""

import tomllib
from pathlib import Path

import pytest

import bot.desk
from bot.desk.gate import Known, doubts
from handoff.console.replies import fault_in
from handoff.writing import PLACEHOLDERS, CannedReply, filled, unfilled

SHIPPED = [
    CannedReply(**row)
    for row in tomllib.loads((Path(bot.desk.__file__).parent / "canned.toml").read_text("utf-8"))["reply"]
]


@pytest.mark.parametrize("reply", SHIPPED, ids=lambda reply: reply.shortcut)
def test_a_shipped_reply_could_be_kept_and_sent_as_it_is(reply: CannedReply) -> None:
    assert fault_in(reply) == ""

    text = filled(reply.text, dict.fromkeys(PLACEHOLDERS, "甲"))

    assert unfilled(text) == ()
    assert doubts(text, Known(phone="13900001111", place="幸福小区3号楼", kept_type="投诉", read_type="投诉")) == ()


def test_no_two_shipped_replies_have_one_shortcut() -> None:
    assert len({reply.shortcut for reply in SHIPPED}) == len(SHIPPED)
