"""Who is in a hurry: a cry for help is known by the reflex alone, and waits for no model and nobody else's message."""

import asyncio

import pytest

from bot.agent import Agent
from bot.dialogue import Dialogue
from channels.message import Address, Message, MessageKind
from nlu.interpretation import Interpretation
from tests.bot.dialogue.harness import mind


async def _never(_: str) -> Interpretation:
    await asyncio.Event().wait()
    raise AssertionError("never")


async def _nobody(_: str) -> int:
    return 0


async def _somebody() -> bool:
    return True


def message(text: str) -> Message:
    address = Address(channel="web", account="main", user="zhang")
    return Message(id="1", address=address, kind=MessageKind.TEXT, text=text, sent_at=0.0)


@pytest.mark.parametrize("text", ["楼下着火了快来人", "有人掉河里了，救命", "屋里全是煤气味，人晕过去了"])
async def test_a_cry_for_help_is_hurried_before_any_model_has_read_it(text: str) -> None:
    of = mind("anshan")
    agent = Agent(
        read=_never, ask=of.knowledge_base.ask, dialogue=Dialogue(of.rules, of.texts), ahead=_nobody, attended=_somebody
    )

    async with asyncio.timeout(5):
        assert await agent.is_hurried(message(text))
