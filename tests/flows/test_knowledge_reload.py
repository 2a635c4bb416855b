"""A change of the knowledge base is in force without a restart: on every node, and when its files are read again."""

import json
import shutil
from pathlib import Path

from bot.app import Service
from bot.storage.entries import EntryVersion
from channels.message import Address, Message, MessageKind
from faq.entry import Entry
from tests.flows.node import ROOT, eventually, serving
from tests.flows.town import at_rest, words_of

PASS = Entry(id="park-pass", question="公园年票怎么买", answer="到公园门口办。")


async def ask(service: Service, number: int) -> str:
    """What a citizen reads who asks for the pass."""
    address = Address(channel="web", account="main", user=f"citizen{number}")
    message = Message(id=f"m{number}", address=address, kind=MessageKind.TEXT, sent_at=1.0, text=PASS.question)
    await service.inbox.receive(message)
    await at_rest(service)
    return "\n".join(await words_of(service, address.key))


async def test_what_is_kept_at_one_node_is_answered_at_the_other_within_seconds(tmp_path: Path) -> None:
    shared = {"SUDA_DATABASE_URL": f"sqlite:///{tmp_path}/suda.db", "SUDA_SETTLE_WEB_QUIET": "0"}
    async with serving(tmp_path / "a", **shared) as one, serving(tmp_path / "b", **shared) as other:
        assert PASS.answer not in await ask(other, 1)

        await one.storage.keep_entries([EntryVersion.of(PASS, 1, "liumin", 1.0)])

        for node in (one, other):
            base = node._mind.knowledge_base
            await eventually(lambda base=base: base.entry(PASS.id) is not None)  # type: ignore[misc] # bound, not late
        assert PASS.answer in await ask(other, 2)


async def test_files_are_read_again_without_a_restart_and_a_faulty_one_stops_nothing(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "cities" / "generic", tmp_path / "cities" / "generic")
    file = tmp_path / "cities" / "generic" / "faq.jsonl"
    settings = {"SUDA_CITY": "generic", "SUDA_CITIES": str(tmp_path / "cities"), "SUDA_SETTLE_WEB_QUIET": "0"}
    async with serving(tmp_path / "var", **settings) as service:
        with file.open("a", encoding="utf-8") as lines:
            row = {"id": PASS.id, "question": PASS.question, "answer": PASS.answer}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        await service.reload()
        assert PASS.answer in await ask(service, 1)

        file.write_text("{")
        await service.reload()
        assert PASS.answer in await ask(service, 2)


async def test_what_was_kept_is_in_force_from_the_start(tmp_path: Path) -> None:
    async with serving(tmp_path) as before:
        await before.storage.keep_entries([EntryVersion.of(PASS, 1, "liumin", 1.0)])

    async with serving(tmp_path) as after:
        assert after._mind.knowledge_base.entry(PASS.id) == PASS
