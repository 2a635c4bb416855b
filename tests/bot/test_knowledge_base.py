"""The knowledge base in use: files under changes, exchanged whole, and kept like the record on every node."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from bot.city import City
from bot.knowledge_base import KnowledgeBase
from bot.knowledge_watch import KnowledgeWatch
from bot.mind import Mind
from bot.storage.entries import EntryVersion
from bot.storage.memory import MemoryStorage
from faq.entry import Decision, Entry
from faq.knowledge import KnowledgeError
from nlu.encoder import SHIPPED, Encoder, Reading
from nlu.interpretation import Gist
from tests.flows.node import eventually
from tests.nlu.deaf import deaf_to

TODAY = date(2026, 11, 26)
CITIES = Path(__file__).resolve().parents[2] / "cities"
FIRE = Entry(id="fire", question="火警电话是多少", answer="打119。")
FUND = Entry(id="fund", question="公积金怎么提取", answer="打12329。")
PARK = Entry(id="park", question="公园年票怎么买", answer="到公园门口。")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return [write(tmp_path / "starter.jsonl", FIRE, FUND), write(tmp_path / "faq.jsonl", PARK)]


@pytest.fixture
def base(files: list[Path]) -> KnowledgeBase:
    return KnowledgeBase(files, lambda: TODAY)


def write(path: Path, *entries: Entry) -> Path:
    rows = ({"id": e.id, "question": e.question, "answer": e.answer} for e in entries)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def said(base: KnowledgeBase, text: str) -> str:
    best = base.ask(text).best
    return best.answer if best else ""


def test_changes_stand_over_the_files_and_what_is_withdrawn_is_not_given(base: KnowledgeBase) -> None:
    changed, made = (
        Entry(id="fire", question="火警电话是多少", answer="新的"),
        Entry(id="new", question="新问题", answer="答"),
    )

    base.amend({"fire": changed, "fund": None, "new": made})

    assert [entry.id for entry in base.knowledge] == ["fire", "park", "new"]
    assert (said(base, "火警电话是多少"), said(base, "公积金怎么提取"), said(base, "新问题")) == ("新的", "", "答")
    assert base.entry("fund") is None
    assert [len(layer) for layer in base.layers] == [2, 1]
    base.amend({})
    assert said(base, "公积金怎么提取") == "打12329。"


def test_files_read_again_stand_under_the_changes_and_a_faulty_one_changes_nothing(
    base: KnowledgeBase, files: list[Path]
) -> None:
    base.amend({"fund": None})
    write(files[0], Entry(id="fire", question="火警电话是多少", answer="改过的文件"), FUND)
    base.reload()
    assert said(base, "火警电话是多少") == "改过的文件"
    assert base.entry("fund") is None

    files[0].write_text("{")
    with pytest.raises(KnowledgeError):
        base.reload()
    assert said(base, "火警电话是多少") == "改过的文件"


def test_a_draft_is_tried_while_everybody_else_is_answered_as_before(base: KnowledgeBase) -> None:
    ask = base.trying(Entry(id="fire", question="火警电话是多少", answer="草稿", variants=("哪儿着火了找谁",)))

    best = ask("哪儿着火了找谁", None).best
    assert best is not None
    assert best.answer == "草稿"
    assert said(base, "火警电话是多少") == "打119。"


def test_questions_asked_while_the_index_is_exchanged_are_all_answered(base: KnowledgeBase) -> None:
    answers: list[str] = []
    asking = Thread(target=lambda: answers.extend(said(base, "火警电话是多少") for _ in range(300)))
    asking.start()
    for number in range(30):
        base.amend({"fire": Entry(id="fire", question="火警电话是多少", answer=f"第{number}稿")})
    asking.join()

    assert len(answers) == 300
    assert "" not in answers


def test_a_question_that_the_model_fails_on_is_answered_by_its_words(base: KnowledgeBase) -> None:
    base.use(deaf_to("多少"))
    assert said(base, "火警电话是多少") == "打119。"

    base.amend({"new": Entry(id="new", question="水费多少钱一吨", answer="三元。")})
    assert said(base, "水费多少钱一吨") == "三元。"


async def test_a_change_made_at_another_node_is_in_force_here_after_the_next_look(base: KnowledgeBase) -> None:
    record = MemoryStorage()
    watch = KnowledgeWatch(record, base, every=0.01)
    running = asyncio.create_task(watch.run())

    await record.keep_entries(
        [EntryVersion.of(Entry(id="fire", question="火警电话是多少", answer="别处改的"), 1, "liu", 0)]
    )
    await eventually(lambda: said(base, "火警电话是多少") == "别处改的")

    running.cancel()


async def test_a_look_that_fails_is_not_the_last(base: KnowledgeBase) -> None:
    failures: Iterator[bool] = iter([True])

    class Away(MemoryStorage):
        async def count_entries(self) -> int:
            if next(failures, False):
                raise OSError("the record is away")
            return await super().count_entries()

    record = Away()
    await record.keep_entries([EntryVersion(entry_id="fire", version=1, fields="", author="liu", at=0)])
    running = asyncio.create_task(KnowledgeWatch(record, base, every=0.01).run())
    await eventually(lambda: base.entry("fire") is None)

    running.cancel()


async def test_an_entry_of_a_later_version_of_the_service_leaves_that_of_the_files_in_force(
    base: KnowledgeBase,
) -> None:
    record = MemoryStorage()
    strange = json.dumps({"id": "fire", "question": "q", "answer": "a", "mood": "new"})
    await record.keep_entries([EntryVersion(entry_id="fire", version=1, fields=strange, author="liu", at=0)])

    await KnowledgeWatch(record, base).refresh()

    assert said(base, "火警电话是多少") == "打119。"


async def test_a_rehearsal_says_what_a_citizen_would_read(base: KnowledgeBase) -> None:
    mind = Mind(City.find("generic", CITIES))

    (known,) = await mind.rehearse("公园年票怎么买", base.ask)
    (unknown,) = await mind.rehearse("请问图书馆的借书证怎么办理？", base.ask)

    assert base.ask("公园年票怎么买").decision is Decision.ANSWER
    assert known.text == "到公园门口。"
    assert [choice.label for choice in known.choices][:2] == ["有用", "没用"]
    assert "没有现成的准确答案" in unknown.text


class Counting(Encoder):
    """The shipped encoder, which remembers what it read."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.seen: list[str] = []

    def read(self, texts: Sequence[str]) -> list[Reading]:
        self.seen += texts
        return super().read(texts)


def counting() -> Counting:
    encoder = Counting.load(SHIPPED)
    assert isinstance(encoder, Counting)
    return encoder


async def test_a_message_is_read_once_for_what_it_means_and_for_what_answers_it() -> None:
    mind, encoder = Mind(City.find("generic", CITIES)), counting()
    mind.interpreter.use(encoder)
    mind.knowledge_base.use(encoder)
    encoder.seen.clear()

    replies = await mind.rehearse("买到过期食品怎么赔偿", mind.knowledge_base.ask)

    assert encoder.seen == ["买到过期食品怎么赔偿"]
    assert "十倍" in replies[0].text


def test_a_reading_of_an_encoder_that_has_gone_counts_for_nothing(base: KnowledgeBase) -> None:
    encoder = counting()
    base.use(encoder)
    encoder.seen.clear()
    strange = Gist(np.ones(3, dtype=np.float32), asks=0.0, encoder="gone")

    answer = base.ask("公园的年票上哪买", strange)

    assert answer == base.ask("公园的年票上哪买")
    assert encoder.seen == ["公园的年票上哪买"] * 2


def test_the_next_start_finds_the_index_where_this_one_kept_it(files: list[Path], tmp_path: Path) -> None:
    KnowledgeBase(files, lambda: TODAY, tmp_path / "kept").use(Encoder.load(SHIPPED))
    encoder = counting()

    again = KnowledgeBase(files, lambda: TODAY, tmp_path / "kept")
    again.use(encoder)

    assert encoder.seen == []
    assert said(again, "公园年票怎么买") == "到公园门口。"
