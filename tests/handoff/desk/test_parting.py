"""Giving back and closing: the gate before the last word, a matter that nobody filed, and what was typed."""

from dataclasses import replace
from html import unescape

import pytest

from handoff.console.inspection_words import act
from tests.handoff.desk.conftest import CONVERSATION, Browser, House
from tests.handoff.desk.test_queue import chen, head, take

__all__ = ["chen"]  # a fixture

VAGUE = "我们会尽快给您处理"


def told(house: House) -> list[str]:
    """What operators told the citizen."""
    return [line.text for line in house.desk.threads[CONVERSATION].lines if line.who == "operator"]


def unfiled(house: House) -> None:
    """He told a matter, and nobody filed it."""
    thread = house.desk.threads[CONVERSATION]
    house.desk.threads[CONVERSATION] = replace(thread, unfiled="k1", understood=(("事项", "楼下的路灯坏了三天"),))


@pytest.mark.parametrize("kind", ["give_back", "close"])
async def test_a_vague_last_word_goes_by_the_second_press_and_that_is_in_the_audit(
    house: House, wangli: Browser, kind: str
) -> None:
    await take(wangli)
    response = await wangli.act(kind, text=VAGUE)
    assert response.status == 422
    assert "没有说到哪一天" in wangli.page
    assert f"{VAGUE}</textarea>" in wangli.page
    assert head(house)[:2] == ("operator", "wangli")
    assert told(house) == []

    await wangli.act(kind, text=VAGUE, sure=wangli.hidden("sure"))
    assert told(house) == [VAGUE]
    assert head(house)[0] == "bot"
    assert ("wangli", f"{kind}_despite:vague", CONVERSATION) in house.desk.notes


async def test_other_words_than_those_that_were_warned_of_are_looked_at_anew(house: House, wangli: Browser) -> None:
    await take(wangli)
    await wangli.act("close", text=VAGUE)
    response = await wangli.act("close", text="近期会有人联系您", sure=wangli.hidden("sure"))

    assert response.status == 422
    assert head(house)[0] == "operator"


async def test_a_placeholder_that_is_open_is_no_last_word(house: House, wangli: Browser) -> None:
    await take(wangli)
    response = await wangli.act("close", text="工单 {工单号} 已登记")

    assert response.status == 422
    assert "还有没填的：{工单号}" in wangli.page
    assert head(house)[0] == "operator"


async def test_a_matter_that_nobody_filed_is_let_go_by_the_second_press_only(house: House, wangli: Browser) -> None:
    await take(wangli)
    unfiled(house)
    response = await wangli.act("close")
    assert response.status == 422
    assert "“楼下的路灯坏了三天”还没有提交成工单" in wangli.page
    assert "仍然结束" in wangli.page
    assert head(house)[0] == "operator"

    response = await wangli.act("close", text="再见", sure=wangli.hidden("sure"))
    assert response.status == 200
    assert head(house)[0] == "bot"
    assert told(house) == ["再见"], "a word that nobody doubts may come between the presses"
    assert ("wangli", "close_despite:unfiled", CONVERSATION) in house.desk.notes


async def test_given_back_the_matter_stays_and_nothing_is_asked(house: House, wangli: Browser) -> None:
    await take(wangli)
    unfiled(house)

    assert (await wangli.act("give_back")).status == 200
    assert head(house)[0] == "bot"


async def test_a_matter_that_is_told_meanwhile_is_not_let_go(house: House, wangli: Browser) -> None:
    await take(wangli)
    house.desk.meanwhile = lambda: unfiled(house)
    response = await wangli.act("close", text="再见")

    assert response.status == 409
    assert "会话没有结束" in wangli.page
    assert "再见</textarea>" in wangli.page
    assert head(house)[0] == "operator"


# what was typed comes back


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("transfer", {"to": "queue:", "note": "写了半天的备注"}),
        ("give_back", {"text": "写了半天的备注"}),
        ("close", {"text": "写了半天的备注"}),
        ("reply", {"text": "写了半天的备注"}),
    ],
)
async def test_taken_meanwhile_what_was_typed_is_on_the_page(
    house: House, wangli: Browser, chen: Browser, kind: str, form: dict[str, str]
) -> None:
    await take(wangli)
    page = wangli.page
    await chen.get(f"/desk/c/{CONVERSATION}")
    house.desk.heard_of.append("zhaoqiang")
    await chen.act("assign", to="to:zhaoqiang", note="")
    wangli.page = page
    response = await wangli.act(kind, **form)

    assert response.status == 409
    assert "已被 赵强 接管" in wangli.page
    assert unescape(wangli.page).count("写了半天的备注</textarea>") == 1


@pytest.mark.parametrize("kind", ["transfer", "close", "give_back", "reply", "whisper"])
async def test_gone_meanwhile_what_was_typed_is_on_the_page(house: House, chen: Browser, kind: str) -> None:
    await take(chen)
    del house.desk.threads[CONVERSATION]
    response = await chen.act(kind, to="queue:", note="写好的备注", text="写好的备注")

    assert response.status == 404
    assert "会话不存在" in chen.page
    assert "写好的备注</textarea>" in chen.page


async def test_let_go_in_another_tab_the_note_of_a_transfer_is_on_the_page(house: House, wangli: Browser) -> None:
    await take(wangli)
    page = wangli.page
    await wangli.act("transfer", to="queue:", note="")
    wangli.page = page
    response = await wangli.act("transfer", to="group:住建组", note="写好的备注")

    assert response.status == 409
    assert "会话不在您手中" in wangli.page
    assert "写好的备注</textarea>" in wangli.page


async def test_a_refused_transfer_keeps_to_whom_it_was_to_go(house: House, wangli: Browser) -> None:
    await take(wangli)
    response = await wangli.act("transfer", to="group:住建组", note="长" * 501)

    assert response.status == 422
    assert 'value="group:住建组" selected' in wangli.page
    assert "长" * 501 + "</textarea>" in wangli.page


@pytest.mark.parametrize(
    ("act_name", "said"),
    [
        ("close_despite:unfiled+vague", "结束会话（提醒过：有事没有登记、承诺没有日期）"),
        ("reply_sent_despite:asked_back", "回复（提醒过：反问）"),
    ],
)
def test_the_audit_page_says_of_what_somebody_had_been_warned(act_name: str, said: str) -> None:
    assert act(act_name) == said
