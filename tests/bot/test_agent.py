"""What the agent knows before and after it has read."""

from bot.agent import Agent
from bot.dialogue import Dialogue
from channels.message import Address, Message, MessageKind
from nlu.interpretation import Interpretation
from tests.bot.dialogue.harness import mind, questions


class Unread(Exception):
    """The model was asked."""


def _agent() -> Agent:
    async def read(_: str) -> Interpretation:
        raise Unread

    async def count(_: str) -> int:
        return 0

    async def look() -> bool:
        return True

    of = mind("generic")
    dialogue = Dialogue(of.rules, of.texts)
    return Agent(read=read, ask=questions("generic").ask, dialogue=dialogue, ahead=count, attended=look)


async def test_a_cry_for_help_is_hurried_before_the_model_is_asked() -> None:
    address = Address(channel="web", account="main", user="citizen")
    message = Message(id="1", address=address, kind=MessageKind.TEXT, sent_at=0.0, text="我家厨房着火了")

    assert await _agent().is_hurried(message)
