"""An operator and a citizen at the same moment: one line, nothing lost, nobody talks over the other."""

import asyncio
from pathlib import Path

from bot.conversation import Holder
from bot.turn import Turn
from channels.message import Address, Message, MessageKind, Speaker
from handoff.desk import ActionKind
from tests.flows.node import serving
from tests.flows.town import at_rest, operator_does

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
