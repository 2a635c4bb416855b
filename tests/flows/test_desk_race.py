"""An operator and a citizen at the same moment: one line, nothing lost, nobody talks over the other."""

import asyncio
from pathlib import Path

from bot.conversation import Holder
from bot.turn import Fate, Turn
from channels.message import Address, Message, MessageKind, Speaker
from handoff.desk import ActionKind, Thread
from tests.fakes.telegram import Fault, TelegramServer
from tests.flows.node import serving, until_true
from tests.flows.town import at_rest, operator_does, telegram_settings

WHO = Address(channel="web", account="main", user="a-visitor-of-the-race")


def _said(number: int, text: str) -> Message:
    return Message(id=f"race-{number}", address=WHO, kind=MessageKind.TEXT, sent_at=1_790_000_000.0, text=text)


async def test_a_claim_between_deciding_and_committing_makes_the_turn_be_decided_anew(tmp_path: Path) -> None:
    async with serving(tmp_path, SUDA_SETTLE_QUIET="0") as service:
        await service.inbox.receive(_said(1, "人工"))
        await at_rest(service)
        commit, tried = service.storage.commit, 0

        async def commit_late(turn: Turn, now: float) -> None:
            nonlocal tried
            tried += "race-2" in turn.events
            if tried == 1:
                assert await operator_does(service, WHO.key, ActionKind.CLAIM) == "done"
            await commit(turn, now)

        service.storage.commit = commit_late  # type: ignore[method-assign] # the seam between deciding and writing
        await service.inbox.receive(_said(2, "铁东区幸福小区5号楼的路灯坏了"))
        await at_rest(service)

        lines = [line.body for line in await service.storage.lines(WHO.key)]
        said_by_bot = [body for body in lines if getattr(body, "speaker", None) is Speaker.BOT]
        assert tried == 2
        assert len(said_by_bot) == 1, "only the answer to 人工: the bot is silent from the claim on"
        assert [body.text for body in lines if isinstance(body, Message)] == ["人工", "铁东区幸福小区5号楼的路灯坏了"]
        assert (await service.storage.load(WHO.key)).conversation.holder is Holder.OPERATOR
        assert not (await service.storage.audit()).unhandled


async def test_many_claims_and_messages_at_once_lose_nothing_and_one_operator_wins(tmp_path: Path) -> None:
    async with serving(tmp_path, SUDA_SETTLE_QUIET="0") as service:
        await service.inbox.receive(_said(0, "人工"))
        acts = [operator_does(service, WHO.key, ActionKind.REPLY, f"答{number}") for number in range(10)]
        words = [service.inbox.receive(_said(number, f"第{number}句")) for number in range(1, 21)]

        await asyncio.gather(*words, *acts)
        await at_rest(service)

        report = await service.storage.audit()
        lines = [line.body.text for line in await service.storage.lines(WHO.key)]
        assert [text for text in lines if text.startswith("第")] == [f"第{number}句" for number in range(1, 21)]
        assert (report.unhandled, report.outcomeless, report.put_aside) == ((), (), ())
        assert (await service.storage.load(WHO.key)).conversation.operator == "wangli"


async def test_an_answer_of_the_bot_that_was_on_its_way_at_the_claim_comes_first_and_as_its_own(tmp_path: Path) -> None:
    """It was decided before, so it is not lost; on the desk it is on its way, and the citizen sees whose it is."""
    async with TelegramServer() as telegram, serving(tmp_path, **telegram_settings(telegram)) as service:
        citizen = telegram.citizen()
        conversation = f"telegram:main:{citizen.id}"
        telegram.next("sendMessage", Fault(status=429, description="Too Many Requests", retry_after=3))
        await citizen.says("12345是什么电话")

        async def is_postponed() -> bool:
            return any(each.error for each in await service.storage.deliveries((Fate.PENDING,)))

        await until_true(is_postponed)
        assert await operator_does(service, conversation, ActionKind.REPLY, "您好，我来办。") == "done"
        thread = await service.desk.thread(conversation)
        assert isinstance(thread, Thread)
        assert [line.fate for line in thread.lines if line.who == "bot"] == ["pending"]
        assert citizen.screen == []

        await citizen.sees("我来办")
        await at_rest(service)

        (first, *between, last) = [sent.text for sent in citizen.screen]
        assert "12345" in first
        assert "【" not in first[:1], "nobody's name and no 系统 stands before what the bot said"
        assert all(text.startswith("【系统】") for text in between)
        assert last.startswith("【坐席 王丽】")
