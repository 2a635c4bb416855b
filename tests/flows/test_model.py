"""The encoder under a running service: it may be loaded anew amid the talk, and without it rules go on answering."""

import asyncio
import json
import shutil
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from channels.message import Address, Message, MessageKind
from nlu.encoder import SHIPPED
from nlu.model_folder import ENCODER_FILE, MODEL_FILE
from tests.flows.node import serving, starting
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


def broken_copy(folder: Path) -> Path:
    shutil.copytree(SHIPPED, folder)
    (folder / ENCODER_FILE).write_bytes(b"no model")
    return folder


async def test_rules_answer_at_once_while_the_model_is_still_loading(tmp_path: Path) -> None:
    async with starting(tmp_path, SUDA_SETTLE_QUIET="0") as service:
        assert service.warming
        assert not service.warming.done()
        assert await understanding(service.base_url) == "rules"

        await service.warming
        assert await understanding(service.base_url) == "model"


@pytest.mark.parametrize("fault", ["weights", "length", "leaves", "linear"])
async def test_a_bad_folder_amid_the_talk_is_named_in_the_log_and_the_old_model_goes_on(
    tmp_path: Path, fault: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    card = json.loads((folder / MODEL_FILE).read_text("utf-8"))
    async with serving(tmp_path / "var", SUDA_MODEL=str(folder), SUDA_SETTLE_QUIET="0") as service:
        match fault:
            case "weights":
                (folder / ENCODER_FILE).write_bytes(b"no model")
            case "length":
                del card["longest"]
            case "leaves":
                card["leaves"].append(["教育", "学校", "从没学过的"])
            case "linear":
                (folder / "linear-own.npz").write_bytes(b"nothing")
        (folder / MODEL_FILE).write_text(json.dumps(card), "utf-8")

        with capture_logs() as log:
            await service.reload()

        (line,) = [line for line in log if line["action"] == "model_failed"]
        assert str(folder) in line["reason"]
        assert await understanding(service.base_url) == "model"
        await service.inbox.receive(message(1, "铁东区绿化街3号楼下水井堵了"))
        await at_rest(service)
        assert (await service.storage.audit()).put_aside == ()


async def test_a_model_folder_that_cannot_be_used_leaves_the_rules_to_answer(tmp_path: Path) -> None:
    folder = broken_copy(tmp_path / "model")
    async with serving(tmp_path / "var", SUDA_MODEL=str(folder), SUDA_SETTLE_QUIET="0") as service:
        assert await understanding(service.base_url) == "rules"
        await service.inbox.receive(message(1, "火警电话是多少"))
        await at_rest(service)

        lines = await service.storage.lines("web:main:citizen-00001", limit=10)
        assert any("119" in line.body.text for line in lines)
