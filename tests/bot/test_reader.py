"""Messages that wait at the same moment are read together, in a thread, and whoever waits gets his own reading."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from bot.reader import Reader
from nlu.interpretation import Intent, Interpretation


class Interpreter:
    """Says of each text what it was given, and remembers how it was asked."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.threads: set[int] = set()

    def parse_many(self, texts: Sequence[str]) -> list[Interpretation]:
        self.batches.append(list(texts))
        self.threads.add(threading.get_ident())
        if "broken" in texts:
            raise ValueError("broken")
        return [Interpretation(text=text, intent=Intent.APPEAL, confidence=1.0) for text in texts]


async def test_what_waits_together_is_one_batch_and_each_gets_his_own() -> None:
    interpreter = Interpreter()
    reader = Reader(interpreter.parse_many)

    found = await asyncio.gather(*(reader.read(f"第{number}句") for number in range(20)))

    assert [one.text for one in found] == [f"第{number}句" for number in range(20)]
    assert len(interpreter.batches) == 1
    assert threading.get_ident() not in interpreter.threads


async def test_the_same_text_is_read_once_until_another_encoder_reads() -> None:
    interpreter = Interpreter()
    reader = Reader(interpreter.parse_many)

    await asyncio.gather(reader.read("路灯坏了"), reader.read("路灯坏了"))
    await reader.read("路灯坏了")
    assert interpreter.batches == [["路灯坏了"]]

    reader.forget()
    await reader.read("路灯坏了")
    assert len(interpreter.batches) == 2


async def test_one_who_gives_up_takes_the_reading_from_nobody_else() -> None:
    interpreter = Interpreter()
    reader = Reader(interpreter.parse_many, patience=0.05)
    impatient = asyncio.create_task(reader.read("停水了"))
    patient = asyncio.create_task(reader.read("停水了"))
    await asyncio.sleep(0)
    impatient.cancel()

    assert (await patient).text == "停水了"
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_a_fault_reaches_those_who_waited_and_nobody_after_them() -> None:
    reader = Reader(Interpreter().parse_many)

    with pytest.raises(ValueError, match="broken"):
        await reader.read("broken")
    assert (await reader.read("路灯坏了")).text == "路灯坏了"


async def test_more_than_one_batch_is_read_batch_by_batch() -> None:
    interpreter = Interpreter()
    reader = Reader(interpreter.parse_many)

    await asyncio.gather(*(reader.read(str(number)) for number in range(70)))

    assert [len(batch) for batch in interpreter.batches] == [32, 32, 6]
