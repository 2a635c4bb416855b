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


async def test_a_text_that_cannot_be_read_takes_the_reading_from_nobody_who_waited_with_it() -> None:
    reader = Reader(Interpreter().parse_many)

    first, broken, last = await asyncio.gather(
        reader.read("路灯坏了"), reader.read("broken"), reader.read("停水了"), return_exceptions=True
    )

    assert [one.text for one in (first, last) if isinstance(one, Interpretation)] == ["路灯坏了", "停水了"]
    assert isinstance(broken, ValueError)


async def test_a_reading_under_way_while_the_encoder_is_exchanged_is_not_remembered() -> None:
    begun, exchanged = threading.Event(), threading.Event()
    interpreter = Interpreter()

    def slowly(texts: Sequence[str]) -> list[Interpretation]:
        begun.set()
        exchanged.wait(10)
        return interpreter.parse_many(texts)

    reader = Reader(slowly)
    reading = asyncio.create_task(reader.read("路灯坏了"))
    await asyncio.to_thread(begun.wait, 10)
    await asyncio.to_thread(reader.forget)
    exchanged.set()
    await reading
    await reader.read("路灯坏了")

    assert len(interpreter.batches) == 2


async def test_a_cry_for_help_is_read_while_a_batch_of_others_is_still_in_hand() -> None:
    release = threading.Event()
    interpreter = Interpreter()

    def slowly(texts: Sequence[str]) -> list[Interpretation]:
        if "路灯坏了" in texts:
            release.wait(10)
        return interpreter.parse_many(texts)

    reader = Reader(slowly)
    others = asyncio.create_task(reader.read("路灯坏了"))
    await asyncio.sleep(0.02)

    async with asyncio.timeout(5):
        assert (await reader.read("楼下着火了快来人")).text == "楼下着火了快来人"
    assert not others.done()
    release.set()
    await others


async def test_more_than_one_batch_is_read_batch_by_batch() -> None:
    interpreter = Interpreter()
    reader = Reader(interpreter.parse_many)

    await asyncio.gather(*(reader.read(str(number)) for number in range(70)))

    assert [len(batch) for batch in interpreter.batches] == [32, 32, 6]
