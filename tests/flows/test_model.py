"""The encoder under a running service: it may be loaded anew amid the talk, and without it rules go on answering."""

import asyncio
import shutil
from pathlib import Path

import aiohttp

from channels.message import Address, Message, MessageKind
from nlu.encoder import ENCODER_FILE, SHIPPED
from tests.flows.node import serving
from tests.flows.town import at_rest


def message(number: int, text: str) -> Message:
    address = Address(channel="web", account="main", user=f"citizen-{number:05d}")
    return Message(id=f"{address.key}:1", address=address, kind=MessageKind.TEXT, text=text, sent_at=1_790_000_000.0)


async def understanding(url: str) -> str:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/readyz") as answer:
        return str((await answer.json())["understanding"])


async def test_the_encoder_is_loaded_anew_amid_the_talk_and_no_message_is_lost(tmp_path: Path) -> None:
    async with serving(tmp_path, SUDA_SETTLE_QUIET="0") as service:
        assert await understanding(service.base_url) == "model"
        for number in range(60):
            await service.inbox.receive(message(number, f"铁东区绿化街{number + 1}号楼下水井堵了"))
            if number % 10 == 0:
                service.reload()
                await asyncio.sleep(0)
        await at_rest(service)

        report = await service.storage.audit()
        assert report.messages == 60
        assert (report.unhandled, report.outcomeless, report.put_aside) == ((), (), ())
        for number in range(60):
            lines = await service.storage.lines(f"web:main:citizen-{number:05d}", limit=10)
            assert len(lines) >= 2, "every message has its reply"
        assert await understanding(service.base_url) == "model"


async def test_a_model_folder_that_cannot_be_used_leaves_the_rules_to_answer(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    (folder / ENCODER_FILE).write_bytes(b"no model")
    async with serving(tmp_path / "var", SUDA_MODEL=str(folder), SUDA_SETTLE_QUIET="0") as service:
        assert await understanding(service.base_url) == "rules"
        await service.inbox.receive(message(1, "火警电话是多少"))
        await at_rest(service)

        lines = await service.storage.lines("web:main:citizen-00001", limit=10)
        assert any("119" in line.body.text for line in lines)
