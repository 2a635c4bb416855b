"""What WeChat refuses or forgets: tokens, quotas, windows. Nothing that a citizen has to read is lost by it."""

from pathlib import Path

import pytest

from bot.app import Service
from bot.turn import Delivery, Fate
from handoff.desk import ActionKind
from tests.fakes.wechat import Citizen
from tests.fakes.wechat_api import Fault
from tests.flows.node import until_true
from tests.flows.town import at_rest, on_wechat, operator_does

ME = "wechat:main:oCitizen1"


async def _held(service: Service) -> list[Delivery]:
    found: list[Delivery] = []

    async def any_held() -> bool:
        found[:] = await service.storage.deliveries((Fate.HELD,))
        return bool(found)

    await until_true(any_held)
    return found


async def _speaks_to_a_person(service: Service, citizen: Citizen) -> None:
    await citizen.says("人工")
    assert await operator_does(service, ME, ActionKind.CLAIM) == "done"
    await citizen.sees("王丽")


async def test_the_sixth_push_is_held_and_delivered_at_the_next_contact_together_with_the_next(tmp_path: Path) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        await _speaks_to_a_person(service, citizen)
        for number in range(1, 5):
            await operator_does(service, ME, ActionKind.REPLY, f"第{number}句")
            await citizen.sees(f"第{number}句")

        await operator_does(service, ME, ActionKind.REPLY, "第5句，已经没有窗口")
        held = await _held(service)
        await operator_does(service, ME, ActionKind.REPLY, "第6句，排在后面")
        await at_rest(service)
        assert len(held) == 1
        assert not any("第5句" in text or "第6句" in text for text in citizen.texts)
        assert len([call for call in wx.interface.named("send") if call.code == 0]) == 5
        shown = await citizen.says("在吗")

        assert not shown.pushed
        assert shown.text.index("第5句") < shown.text.index("第6句")
        assert "可能重复" not in shown.text
        assert not await service.storage.deliveries((Fate.HELD, Fate.PENDING))


@pytest.mark.parametrize("code", [45015, 45047])
async def test_what_wechat_will_not_take_now_waits_for_the_next_contact(tmp_path: Path, code: int) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        await _speaks_to_a_person(service, citizen)
        wx.faults.next("send", Fault(errcode=code))

        await operator_does(service, ME, ActionKind.REPLY, "请问是几号楼？")
        (held,) = await _held(service)
        await citizen.says("五号楼")
        await citizen.sees("请问是几号楼")
        await at_rest(service)

        assert str(code) in held.error
        assert sum("请问是几号楼" in text for text in citizen.texts) == 1


@pytest.mark.parametrize("how", ["renewed by somebody else", "expired"])
async def test_a_token_that_is_worth_nothing_is_fetched_anew_and_the_reply_arrives_once(
    tmp_path: Path, how: str
) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        await _speaks_to_a_person(service, citizen)

        if how == "expired":
            wx.advance(7300)
        else:
            wx.interface.renew_token()
        await operator_does(service, ME, ActionKind.REPLY, "您好，我来看看。")
        await citizen.sees("我来看看")
        await at_rest(service)

        assert sum("我来看看" in text for text in citizen.texts) == 1
        assert {call.code for call in wx.interface.named("send")} & {40001, 42001}


async def test_an_answer_that_is_lost_leaves_the_reply_unknown_and_it_is_repeated_marked(tmp_path: Path) -> None:
    async with on_wechat(tmp_path) as (wx, service):
        citizen = wx.citizen("oCitizen1")
        await _speaks_to_a_person(service, citizen)
        wx.faults.next("send", Fault(cut="after"))

        await operator_does(service, ME, ActionKind.REPLY, "明天上午去看。")
        await citizen.sees("明天上午去看")

        async def unknown() -> bool:
            return bool(await service.storage.deliveries((Fate.UNKNOWN,)))

        await until_true(unknown)
        shown = await citizen.says("好的")

        assert "（可能重复）" in shown.text
        assert "明天上午去看" in shown.text
        assert not await service.storage.deliveries((Fate.UNKNOWN,))
