"""Telegram over its own interface: questions, taps, and what happens when a send goes wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.app import Service
from bot.turn import Fate
from channels.message import Message
from handoff.desk import ActionKind
from tests.fakes.telegram import TOO_MANY, Citizen, Fault, TelegramServer
from tests.flows.node import serving, until_true
from tests.flows.town import at_rest, operator_does, telegram_settings, tickets_of


@asynccontextmanager
async def on_telegram(folder: Path) -> AsyncIterator[tuple[Citizen, Service]]:
    """A node that polls, and one citizen."""
    async with TelegramServer() as telegram, serving(folder, **telegram_settings(telegram)) as service:
        yield telegram.citizen(), service


def conversation_of(citizen: Citizen) -> str:
    """His conversation in the record."""
    return f"telegram:main:{citizen.id}"


async def test_a_question_gets_its_curated_answer_with_its_source(tmp_path: Path) -> None:
    async with on_telegram(tmp_path) as (citizen, _):
        await citizen.says("火警电话是多少")

        shown = await citizen.sees("119")
        assert "来源" in shown.text


async def test_a_matter_is_confirmed_by_a_tap_and_becomes_a_ticket(tmp_path: Path) -> None:
    async with on_telegram(tmp_path) as (citizen, service):
        await citizen.says("铁东区解放街道幸福小区5号楼下水井堵了，污水外冒")
        await citizen.sees("称呼和电话")
        await citizen.says("不留")
        await citizen.sees("请核对")
        await citizen.taps("确认提交")
        await citizen.sees("已为您登记")
        await at_rest(service)

        (ticket,) = await tickets_of(service, conversation_of(citizen))
        assert ticket.external_no.startswith("SB"), "the sandbox has given its number"
        await citizen.server.until(lambda: citizen.server.answered_taps)


async def test_a_photo_by_telegram_is_fetched(tmp_path: Path) -> None:
    photo = b"\xff\xd8\xff\xe0 a photo"
    async with on_telegram(tmp_path) as (citizen, service):
        await citizen.photo(photo, caption="铁东区幸福小区5号楼的垃圾没人清运")
        await citizen.sees("称呼和电话")

        async def kept() -> bool:
            (line,) = await service.storage.lines(conversation_of(citizen), limit=1)
            assert isinstance(line.body, Message)
            return bool(line.body.attachments[0].key)

        await until_true(kept)


async def test_a_pause_that_telegram_asks_for_is_kept(tmp_path: Path) -> None:
    async with on_telegram(tmp_path) as (citizen, service):
        citizen.server.next("sendMessage", TOO_MANY)

        await citizen.says("你好")
        await citizen.sees("您好")
        await at_rest(service)

        assert citizen.server.count("sendMessage") == 2
        assert len(citizen.screen) == 1
        (line,) = [one for one in await service.storage.lines(conversation_of(citizen)) if one.fate]
        assert line.fate is Fate.SENT


async def test_what_the_bot_said_before_a_person_came_and_telegram_took_late_says_so(tmp_path: Path) -> None:
    async with on_telegram(tmp_path) as (citizen, service):
        citizen.server.next("sendMessage", replace(TOO_MANY, retry_after=3))
        await citizen.says("火警电话是多少")
        await citizen.server.until(lambda: citizen.server.count("sendMessage") == 1)
        assert await operator_does(service, conversation_of(citizen), ActionKind.REPLY, "您好，我来看看") == "done"
        await citizen.sees("我来看看")

        late, joined, person = citizen.texts
        assert late.startswith("（智能助手稍早的答复）")
        assert "119" in late
        assert "王丽" in joined
        assert person == "【坐席 王丽】您好，我来看看"
        await operator_does(service, conversation_of(citizen), ActionKind.GIVE_BACK)
        await citizen.says("火警电话是多少")
        await at_rest(service)
        answers = [text for text in citizen.texts if "119" in text]
        assert [text.startswith("（智能助手稍早的答复）") for text in answers] == [True, False]


async def test_a_reply_whose_fate_nobody_knows_is_not_sent_again_until_he_writes_and_then_marked(
    tmp_path: Path,
) -> None:
    async with on_telegram(tmp_path) as (citizen, service):
        await citizen.says("人工")
        await citizen.sees("转人工")
        citizen.server.next("sendMessage", Fault(delivered=True, cut=True))

        await operator_does(service, conversation_of(citizen), ActionKind.CLAIM)

        async def unknown() -> bool:
            return bool(await service.storage.deliveries((Fate.UNKNOWN,)))

        await until_true(unknown)
        await operator_does(service, conversation_of(citizen), ActionKind.REPLY, "请讲。")
        await citizen.sees("请讲")
        assert sum("王丽 已接入" in text for text in citizen.texts) == 1
        await citizen.says("楼道灯坏了")
        await citizen.sees("可能重复")
        await at_rest(service)

        assert [("可能重复" in text) for text in citizen.texts if "王丽 已接入" in text] == [False, True]


async def test_who_blocked_the_bot_is_listed_as_refused(tmp_path: Path) -> None:
    async with on_telegram(tmp_path) as (citizen, service):
        await citizen.says("人工")
        await citizen.sees("转人工")
        citizen.blocked = True

        await operator_does(service, conversation_of(citizen), ActionKind.REPLY, "您好。")

        async def refused() -> bool:
            return bool(await service.storage.deliveries((Fate.REFUSED,)))

        await until_true(refused)
